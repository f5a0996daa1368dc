import type { City } from "../../config/model.ts";
import { type Instant, modulo } from "../../config/units.ts";
import type { Random } from "../../engine/ports/random.ts";
import { factorAt } from "../demand/arrivals.ts";
import { Lamp } from "../lamps.ts";
import type { StreetResults } from "../street.ts";
import type { RoadNetwork } from "./network.ts";
import { percentile } from "./trips.ts";

/** Walking speed, m/s: what MKJI 1997 uses for clearance times. */
const WALK_MPS = 1.2;
/** A crossing has two carriageways; turning traffic waits for those who walk on the one it enters. */
const CARRIAGEWAY_SHARE = 0.5;
const DAY_MS = 86_400_000;

interface Kerb {
  readonly junction: number;
  readonly crossing: number;
  readonly group: number;
  readonly crossS: number;
  readonly perHour: number;
  readonly profile: readonly { readonly at: number; readonly factor: number }[];
  readonly random: Random;
  /** Arrival times of those who wait, s since the start. */
  readonly waiting: number[];
  nextS: number;
}

export interface Pedestrians {
  /** Arrivals, and walkers where the lamp shows walk. */
  step(nowS: number, lamps: readonly (Uint8Array | undefined)[], walkedUntilS: readonly Float64Array[]): void;
  readonly presses: { junction: string; crossing: number }[];
  results(nowS: number): StreetResults["pedestrians"];
}

/** Poisson arrivals at each crossing with demand; they press the button, wait for walk, and walk. */
export function pedestrians(options: {
  readonly city: City;
  readonly network: RoadNetwork;
  readonly random: Random;
  readonly start: Instant;
  readonly scale: number;
}): Pedestrians {
  const { city, network, random, start, scale } = options;
  const waits: number[] = [];
  const presses: { junction: string; crossing: number }[] = [];
  const kerbs = (city.demand?.pedestrians ?? []).map((demand): Kerb => {
    const junction = network.junctions.findIndex((candidate) => candidate.junction.id === demand.junction);
    const facts = network.junctions[junction]!.junction;
    const crossing = facts.crossings.findIndex((candidate) => candidate.id === demand.crossing);
    const kerb: Kerb = {
      junction,
      crossing,
      group: facts.groups.findIndex((group) => group.id === facts.crossings[crossing]!.group),
      crossS: facts.crossings[crossing]!.lengthM / WALK_MPS,
      perHour: demand.perHour * scale,
      profile: city.demand!.profiles.get(demand.profile) ?? [],
      random: random.fork(`pedestrians/${demand.junction}/${demand.crossing}`),
      waiting: [],
      nextS: 0,
    };
    kerb.nextS = gapS(kerb, 0, start, city.utcOffset);
    return kerb;
  });
  return {
    presses,
    step: (nowS, lamps, walkedUntilS) => {
      presses.length = 0;
      for (const kerb of kerbs) {
        let pressed = false;
        while (kerb.nextS <= nowS) {
          kerb.waiting.push(kerb.nextS);
          pressed = true;
          kerb.nextS += gapS(kerb, kerb.nextS, start, city.utcOffset);
        }
        const walk = lamps[kerb.junction]?.[kerb.group] === Lamp.green;
        if (walk && kerb.waiting.length > 0) {
          for (const since of kerb.waiting) waits.push(Math.max(0, nowS - since));
          kerb.waiting.length = 0;
          walkedUntilS[kerb.junction]![kerb.crossing] = nowS + kerb.crossS * CARRIAGEWAY_SHARE;
        } else if (pressed || (kerb.waiting.length > 0 && !walk)) {
          // Whoever still waits presses again: a call lost in a restart is made once more.
          presses.push({ junction: network.junctions[kerb.junction]!.junction.id, crossing: kerb.crossing });
        }
      }
    },
    results: (nowS) => {
      const still = kerbs.flatMap((kerb) => kerb.waiting.map((since) => nowS - since));
      const all = Float64Array.from([...waits, ...still]).sort();
      return {
        served: waits.length,
        waiting: still.length,
        meanWaitS: all.length > 0 ? all.reduce((total, wait) => total + wait, 0) / all.length : 0,
        p95WaitS: percentile(all, 0.95),
        maxWaitS: all.at(-1) ?? 0,
      };
    },
  };
}

function gapS(kerb: Kerb, atS: number, start: Instant, utcOffset: number): number {
  const factor = factorAt(kerb.profile, modulo(start + atS * 1000 + utcOffset, DAY_MS));
  const perSecond = (kerb.perHour * Math.max(factor, 1e-3)) / 3600;
  return perSecond > 0 ? -Math.log(1 - kerb.random.next()) / perSecond : Number.POSITIVE_INFINITY;
}
