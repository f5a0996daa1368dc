import type { RoadSimulation } from "./simulation.ts";

/** What became of one trip; named as in SUMO's `tripinfo`. */
export interface TripResult {
  readonly id: string;
  readonly departS: number;
  /** Not a number while it is on its way. */
  readonly arrivalS: number;
  /** So far, where it has not arrived. */
  readonly durationS: number;
  readonly timeLossS: number;
  readonly departDelayS: number;
  readonly routeLengthM: number;
}

/** All trips that came onto the network, finished or not. */
export function tripResults({ kernel, trips, log }: RoadSimulation): readonly TripResult[] {
  const { vehicles, lanes, nowS } = kernel;
  const lossS = log.lossS.slice();
  const wayM = log.wayM.slice();
  for (let lane = 0; lane < lanes.count.length; lane++)
    for (let k = 0; k < lanes.count[lane]!; k++) {
      const id = lanes.order[lanes.base[lane]! + k]!;
      lossS[vehicles.trip[id]!] = vehicles.lossS[id]!;
      wayM[vehicles.trip[id]!] = vehicles.odometer[id]!;
    }
  return trips.flatMap(({ id, departS: wishedS }, i) => {
    const departS = log.departedS[i]!;
    if (Number.isNaN(departS)) return [];
    const arrivalS = log.arrivedS[i]!;
    return [
      {
        id,
        departS,
        arrivalS,
        durationS: (Number.isNaN(arrivalS) ? nowS : arrivalS) - departS,
        timeLossS: lossS[i]!,
        departDelayS: departS - wishedS,
        routeLengthM: wayM[i]!,
      },
    ];
  });
}

/** Mean time on the road of the trips that have arrived, s. */
export function meanTravelTimeS(results: readonly TripResult[]): number {
  const done = results.filter(({ arrivalS }) => !Number.isNaN(arrivalS));
  return done.reduce((sum, { durationS }) => sum + durationS, 0) / done.length;
}

/** Vehicles that came onto each edge in each hour, by `hour edge`. */
export function edgeFlows({ kernel, edgeCounts }: RoadSimulation): ReadonlyMap<string, number> {
  const flows = new Map<string, number>();
  edgeCounts.forEach((counts, hour) => {
    counts.forEach((count, edge) => {
      if (count > 0) flows.set(`${hour} ${kernel.net.edgeId[edge]}`, count);
    });
  });
  return flows;
}

/** The GEH statistic of two hourly flows (Design Manual for Roads and Bridges 12.2.1). */
export const geh = (a: number, b: number): number => (a + b === 0 ? 0 : Math.sqrt((2 * (a - b) ** 2) / (a + b)));

/** Share of link-hours whose flows agree to GEH < 5. */
export function gehShare(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const keys = [...new Set([...a.keys(), ...b.keys()])];
  return keys.filter((key) => geh(a.get(key) ?? 0, b.get(key) ?? 0) < 5).length / keys.length;
}
