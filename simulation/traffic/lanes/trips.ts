import type { Kernel } from "./kernel.ts";
import { roll } from "./kernel.ts";
import type { VehicleType } from "./vehicle-types.ts";

/** Which lane of its first edge a vehicle appears on: an index, the first it may use, any, the emptiest, or the emptiest of those that lead on. */
export type DepartLane = number | "first" | "random" | "free" | "best";

/** A wish to drive. */
export interface TripInput {
  readonly id: string;
  readonly departS: number;
  readonly type: VehicleType;
  /** Edge ids. */
  readonly edges: readonly string[];
  readonly departLane?: DepartLane;
  /** m/s, or as fast as is allowed and safe; default 0. */
  readonly departSpeed?: number | "max";
  /** Of the front, m from the beginning of the edge; default: its own length. */
  readonly departPosM?: number;
}

/** What became of the trips, by trip index in order of departure. Not a number: not yet. */
export interface TripLog {
  readonly departedS: Float64Array;
  readonly arrivedS: Float64Array;
  readonly lossS: Float64Array;
  readonly wayM: Float64Array;
}

export interface PlannedTrips {
  readonly inputs: readonly TripInput[];
  readonly wishedS: Float64Array;
  readonly type: Uint16Array;
  readonly node: Int32Array;
  readonly factor: Float32Array;
  readonly log: TripLog;
}

/** Sorts trips by departure, finds their routes and draws each driver's wanted speed. */
export function planTrips(kernel: Kernel, trips: readonly TripInput[], types: readonly VehicleType[]): PlannedTrips {
  const inputs = trips
    .map((trip, at) => ({ trip, at }))
    .sort((a, b) => a.trip.departS - b.trip.departS || a.at - b.at)
    .map(({ trip }) => trip);
  const typeIndex = new Map(types.map((type, i) => [type, i]));
  const n = inputs.length;
  const node = new Int32Array(n);
  const factor = new Float32Array(n);
  inputs.forEach((trip, i) => {
    const edges = trip.edges.map((id) => {
      const edge = kernel.net.edgeIndex.get(id);
      if (edge === undefined) throw new Error(`trip ${trip.id}: edge ${id} is not in the network`);
      return edge;
    });
    try {
      node[i] = kernel.routes.add(edges, kernel.types.classBit[typeIndex.get(trip.type)!]!);
    } catch (error) {
      throw new Error(`trip ${trip.id} cannot be driven: ${(error as Error).message}`);
    }
    factor[i] = wantedSpeedFactor(kernel, trip.type);
  });
  const nothing = () => new Float64Array(n).fill(Number.NaN);
  return {
    inputs,
    wishedS: Float64Array.from(inputs, ({ departS }) => departS),
    type: Uint16Array.from(inputs, ({ type }) => typeIndex.get(type)!),
    node,
    factor,
    log: { departedS: nothing(), arrivedS: nothing(), lossS: nothing(), wayM: nothing() },
  };
}

function wantedSpeedFactor(kernel: Kernel, { speedFactor }: VehicleType): number {
  const { mean, deviation, min, max } = speedFactor;
  if (deviation === 0) return mean;
  for (let tries = 0; tries < 100; tries++) {
    const normal = Math.sqrt(-2 * Math.log(1 - roll(kernel))) * Math.cos(2 * Math.PI * roll(kernel));
    const factor = mean + deviation * normal;
    if (factor >= min && factor <= max) return factor;
  }
  return mean;
}
