import type { EmergencyTrip, Incident } from "../../config/incidents.ts";
import type { City } from "../../config/model.ts";
import { after, type Instant, seconds } from "../../config/units.ts";
import type { Random } from "../../engine/ports/random.ts";
import { arrivalStreams } from "../demand/arrivals.ts";
import { busStreams } from "../demand/bus-lines.ts";
import type { Street } from "../street.ts";
import { noDisruptions } from "./disruptions.ts";
import { createEntrances } from "./entrances.ts";
import { createIncidents, lanesToLend } from "./incidents.ts";
import { readLamps } from "./junction-rules.ts";
import { roadNetwork } from "./network.ts";
import { pedestrians } from "./pedestrians.ts";
import { addSensor, noSensors, watch } from "./sensors.ts";
import { hasSiren, sirenStreams } from "./sirens.ts";
import { sweep } from "./sweep.ts";
import { STEP_S, type Traffic } from "./traffic.ts";
import { summarise, TripLog } from "./trips.ts";
import { Vehicles } from "./vehicles.ts";
import { viewOf } from "./view.ts";

export interface StreetOptions {
  readonly city: City;
  readonly random: Random;
  readonly start: Instant;
  /** Times the configured demand; default 1. */
  readonly demandScale?: number;
  /** What goes wrong, and when; default: nothing. */
  readonly incidents?: readonly Incident[];
}

/**
 * The built-in microscopic street: car-following after Krauß on strips one motorcycle wide, mixed traffic, queues that
 * spill back, turns that give way. One step is half a second. A function of city, random and start; the same bytes twice.
 */
export function createStreet(options: StreetOptions): Street {
  const { city, random, start, demandScale = 1, incidents: planned = [] } = options;
  const network = roadNetwork(city, lanesToLend(city, planned));
  const { streams: flows, routes } = arrivalStreams({ city, network, random, start, scale: demandScale });
  const trips = planned.filter((incident): incident is EmergencyTrip => incident.kind === "emergency");
  const streams = [
    ...flows,
    ...busStreams({ city, network, routes, random, start }),
    ...sirenStreams({ network, routes, trips, start, utcOffset: city.utcOffset }),
  ];
  const walkers = pedestrians({ city, network, random, start, scale: demandScale });
  const lamps: (Uint8Array | undefined)[] = network.junctions.map(() => undefined);
  const greenSteps = network.junctions.map(({ junction }) => new Uint8Array(junction.groups.length));
  const vehicles = new Vehicles();
  const main = new TripLog();
  const side = new TripLog();
  const sirens = new TripLog();
  let spillBackS = 0;

  const traffic: Traffic = {
    network,
    routes,
    vehicles,
    order: network.links.map(() => new Int32Array(64)),
    count: new Int32Array(network.links.length),
    laneLoad: network.links.map((link) => new Float64Array(link.laneFirst.length)),
    open: new Uint8Array(network.moves.length),
    inBox: new Int32Array(network.moves.length),
    holding: new Int32Array(network.moves.length),
    straddlers: network.links.map(() => []),
    lastFlashEntryS: new Float64Array(network.junctions.length).fill(-1e9),
    walkedUntilS: network.junctions.map(({ junction }) => new Float64Array(junction.crossings.length)),
    disruptions: noDisruptions(network),
    sirenMove: new Int16Array(network.junctions.length).fill(-1),
    sirenStep: new Int32Array(network.junctions.length).fill(-1e9),
    sensors: network.links.map(noSensors),
    arrived: (id) => {
      const travelS = traffic.nowS - vehicles.wishedS[id]!;
      const delayS = Math.max(0, travelS - vehicles.freeS[id]!);
      (vehicles.main[id] ? main : side).add(delayS, vehicles.stops[id]!, travelS);
      if (hasSiren(traffic, id)) sirens.add(delayS, vehicles.stops[id]!, travelS);
      vehicles.release(id);
      traffic.present--;
    },
    step: 0,
    nowS: 0,
    dice: (Math.floor(random.fork("drivers").next() * 0xffffffff) | 1) >>> 0,
    collisions: 0,
    redLightRunners: 0,
    present: 0,
  };
  const incidents = createIncidents({ traffic, routes, incidents: planned, start, utcOffset: city.utcOffset });
  const entrances = createEntrances(traffic, streams, start, incidents);

  return {
    step: seconds(STEP_S),
    now: () => after(start, seconds(traffic.nowS)),
    presses: walkers.presses,
    attach: (junction, shown) => {
      const index = network.junctions.findIndex((candidate) => candidate.junction.id === junction);
      if (index < 0) throw new Error(`no junction "${junction}" on this street`);
      lamps[index] = shown;
    },
    sensor: (spec) => {
      const link = network.linkIndex.get(spec.link);
      if (link === undefined) throw new Error(`no link "${spec.link}" on this street`);
      return addSensor(traffic.sensors[link]!, network.links[link]!, spec);
    },
    view: (spec) => viewOf(traffic, spec),
    advance: () => {
      traffic.step++;
      traffic.nowS += STEP_S;
      incidents.step();
      readLamps(traffic, lamps, greenSteps);
      walkers.step(traffic.nowS, lamps, traffic.walkedUntilS);
      for (let l = 0; l < network.links.length; l++)
        if (traffic.count[l]! > 0 || traffic.straddlers[l]!.length > 0) sweep(traffic, l);
      entrances.step();
      for (let l = 0; l < network.links.length; l++) {
        watch(traffic, l);
        if (isFull(traffic, l)) spillBackS += STEP_S;
      }
    },
    results: () => {
      const [mainNow, sideNow] = [main.copy(), side.copy()];
      forUnfinished(traffic, entrances.waitingSince(), (isMain, delayS, stops, travelS) =>
        (isMain ? mainNow : sideNow).add(delayS, stops, travelS),
      );
      const arrived = main.count + side.count;
      return {
        vehicles: {
          demanded: entrances.demanded(),
          inserted: entrances.inserted(),
          arrived,
          present: traffic.present,
          waiting: entrances.waiting(),
          rerouted: incidents.rerouted(),
          diverted: incidents.diverted(),
        },
        all: summarise(mainNow, sideNow),
        main: summarise(mainNow),
        side: summarise(sideNow),
        sirens: summarise(sirens),
        pedestrians: walkers.results(traffic.nowS),
        collisions: traffic.collisions,
        redLightRunners: traffic.redLightRunners,
        spillBackS,
      };
    },
  };
}

/** A vehicle stands this near to the beginning of its link: the queue has reached the junction before, m. */
const FULL_M = 12;

function isFull(traffic: Traffic, l: number): boolean {
  const n = traffic.count[l]!;
  if (n === 0 || traffic.network.links[l]!.junction < 0) return false;
  const { pos, speed } = traffic.vehicles;
  const id = traffic.order[l]![n - 1]!;
  return pos[id]! < FULL_M && speed[id]! < 1;
}

/** Trips that have not ended count up to now: what they lost so far, and what they waited to enter. */
function forUnfinished(
  traffic: Traffic,
  waiting: readonly { readonly main: boolean; readonly sinceS: number }[],
  add: (main: boolean, delayS: number, stops: number, travelS: number) => void,
): void {
  const { vehicles, network, nowS } = traffic;
  for (let l = 0; l < network.links.length; l++) {
    for (let k = 0; k < traffic.count[l]!; k++) {
      const id = traffic.order[l]![k]!;
      const v = network.links[l]!.speedMps * vehicles.speedFactor[id]!;
      const free = vehicles.freeS[id]! + Math.max(0, vehicles.pos[id]!) / v;
      const travelS = nowS - vehicles.wishedS[id]!;
      add(vehicles.main[id] === 1, Math.max(0, travelS - free), vehicles.stops[id]!, travelS);
    }
  }
  for (const { main, sinceS } of waiting) add(main, nowS - sinceS, 0, nowS - sinceS);
}
