import type { City } from "../../config/model.ts";
import type { Instant } from "../../config/units.ts";
import { Lamp } from "../../simulation/lamps.ts";
import type { World } from "../../simulation/world.ts";

/** Where arrivals are judged, upstream of the stop line, m: an advance detector's place (FHWA Signal Timing Manual: about 400 ft). */
export const JUDGED_AT_M = 100;

/** Vehicles that come along the corridor's links, and those of them that would reach the stop line at green. */
export interface GreenShare {
  readonly vehicles: number;
  /** NaN where nobody came. */
  readonly onGreen: number;
}

export interface ArrivalsOnGreen {
  /** After each step of the world. */
  step(): void;
  /** Both directions of all corridors. */
  shares(): { readonly forward: GreenShare; readonly backward: GreenShare };
}

interface Line {
  readonly direction: "forward" | "backward";
  readonly travelMs: number;
  readonly crossed: () => number;
  readonly green: () => boolean;
  seen: number;
  /** When those who have crossed reach the stop line, first come first. */
  readonly due: Instant[];
}

/**
 * Arrivals on green as signal performance measures have them: whoever crosses a line upstream is taken to reach the stop line
 * after its free travel time, and is asked what shows then. Before the world's first step.
 */
export function arrivalsOnGreen(city: City, world: World): ArrivalsOnGreen {
  const lines = [...city.corridors.values()].flatMap((corridor) =>
    (["forward", "backward"] as const).flatMap((direction) =>
      corridor[direction].map((link) => lineOf({ city, world, direction, link })),
    ),
  );
  const counts = { forward: { vehicles: 0, green: 0 }, backward: { vehicles: 0, green: 0 } };
  return {
    step: () => {
      const now = world.now();
      for (const line of lines) {
        const total = line.crossed();
        for (; line.seen < total; line.seen++) line.due.push((now + line.travelMs) as Instant);
        while (line.due.length > 0 && line.due[0]! <= now) {
          line.due.shift();
          counts[line.direction].vehicles++;
          if (line.green()) counts[line.direction].green++;
        }
      }
    },
    shares: () => ({ forward: shareOf(counts.forward), backward: shareOf(counts.backward) }),
  };
}

const shareOf = ({ vehicles, green }: { readonly vehicles: number; readonly green: number }): GreenShare => ({
  vehicles,
  onGreen: green / vehicles,
});

interface Place {
  readonly city: City;
  readonly world: World;
  readonly direction: "forward" | "backward";
  readonly link: string;
}

function lineOf({ city, world, direction, link }: Place): Line {
  const road = city.links.get(link)!;
  const junction = [...city.junctions.values()].find(({ node }) => node === road.to)!;
  const approach = junction.approaches.find((own) => own.link === link)!;
  const through = junction.movements.find((own) => own.approach === approach.id && own.turn === "through");
  const lanes = approach.lanes.flatMap(({ movements }, i) => (through && movements.includes(through.id) ? [i] : []));
  const group = junction.groups.findIndex(({ id }) => id === through?.group);
  const distanceM = Math.min(JUDGED_AT_M, road.lengthM / 2);
  const { crossed } = world.street.sensor({ link, lanes, from: "stop-line", distanceM, zoneM: 0 });
  const { lamps } = world.cabinets.get(junction.id)!;
  return {
    direction,
    travelMs: (1000 * distanceM) / road.speedMps,
    crossed: () => crossed.car + crossed.hv + crossed.mc,
    green: () => lamps[group] === Lamp.green,
    seen: 0,
    due: [],
  };
}
