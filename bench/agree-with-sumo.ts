import { readNet } from "../simulation/sumo/net.ts";
import { toRoad } from "../simulation/sumo/to-road.ts";
import { readTrips } from "../simulation/sumo/to-road-trips.ts";
import { edgeFlows, gehShare, meanTravelTimeS, tripResults } from "../simulation/traffic/lanes/results.ts";
import { createRoadSimulation } from "../simulation/traffic/lanes/simulation.ts";
import { runSumo } from "./sumo-outcome.ts";

export interface AgreementCase {
  /** For SUMO's output. */
  readonly folder: string;
  readonly net: string;
  readonly routes: string;
  readonly beginS: number;
  readonly endS: number;
  readonly seeds: readonly number[];
}

/** Means over the seeds: travel time of ours and SUMO's, share of link-hours with GEH < 5, arrived of both, pairs that changed places in ours. */
export interface Agreement {
  readonly own: number;
  readonly sumo: number;
  readonly share: number;
  readonly arrived: number;
  readonly sumoArrived: number;
  readonly arrangements: number;
}

export async function agreement({ folder, net, routes, beginS, endS, seeds }: AgreementCase): Promise<Agreement> {
  const { road, programs } = toRoad(await readNet(net));
  const { trips } = await readTrips(routes, road, { beginS, endS });
  const sum = { own: 0, sumo: 0, share: 0, arrived: 0, sumoArrived: 0, arrangements: 0 };
  for (const seed of seeds) {
    const simulation = createRoadSimulation({ road, programs, trips, seed, beginS });
    while (simulation.kernel.nowS < endS) simulation.step();
    const outcome = runSumo({ folder, net, routes, beginS, endS, seed });
    sum.own += meanTravelTimeS(tripResults(simulation));
    sum.sumo += outcome.meanTravelTimeS;
    sum.share += gehShare(edgeFlows(simulation), outcome.flows);
    sum.arrived += simulation.counts().arrived;
    sum.sumoArrived += outcome.arrived;
    sum.arrangements += simulation.kernel.arrangements;
  }
  const n = seeds.length;
  return {
    own: sum.own / n,
    sumo: sum.sumo / n,
    share: sum.share / n,
    arrived: sum.arrived / n,
    sumoArrived: sum.sumoArrived / n,
    arrangements: sum.arrangements / n,
  };
}
