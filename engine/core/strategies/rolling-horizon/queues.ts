import type { JunctionView } from "../../view.ts";
import type { Layout } from "./layout.ts";
import type { Learned } from "./learned.ts";

/** Vehicles of one lane beyond this many cannot be served within the horizon. */
const most = 72;
/** How briskly drivers gain speed, m/s². */
const acceleration = 2;

/** A vehicle (or the expectation of one) that a neighbour has announced. */
export interface Announced {
  /** Seconds from now at the stop line, unhindered. */
  readonly arrival: number;
  readonly weight: number;
}

/** Who comes to each lane and when, if nothing stood in the way: the demand side of one decision. */
export interface Queues {
  readonly size: number;
  readonly count: Int32Array;
  /** `arrival[lane * most + i]`, s from now, ascending within a lane. */
  readonly arrival: Float64Array;
  readonly weight: Float64Array;
  /** Sums of weight, and of weight times arrival, before each vehicle: `[lane * (most + 1) + i]`. */
  readonly weightBefore: Float64Array;
  readonly momentBefore: Float64Array;
  /** How many have arrived by each whole second: `[lane * (horizon + 1) + t]`. */
  readonly arrivedBy: Int32Array;
  /** Turners standing in the box, by the lane they came from. */
  readonly inBox: Float64Array;
  readonly horizon: number;
}

export const queueStride = most;

/** Least time to cover `distance` from `speed` with a limit of `limit`. */
export function travelTime(distance: number, speed: number, limit: number): number {
  if (distance <= 0) return 0;
  const v = Math.min(speed, limit);
  const toLimit = (limit * limit - v * v) / (2 * acceleration);
  if (distance <= toLimit) return (Math.sqrt(v * v + 2 * acceleration * distance) - v) / acceleration;
  return (limit - v) / acceleration + (distance - toLimit) / limit;
}

interface Entry {
  readonly arrival: number;
  readonly weight: number;
}

export interface Sources {
  readonly view: JunctionView;
  readonly learned: Learned;
  /** By lane. */
  readonly announced: readonly (readonly Announced[])[];
  readonly horizon: number;
}

export function queuesOf(layout: Layout, { view, learned, announced, horizon }: Sources): Queues {
  const { lanes, firstLane } = layout;
  const entries: Entry[][] = lanes.map(() => []);
  const loads = new Float64Array(lanes.length);
  view.approaches.forEach((approach, a) => {
    const first = firstLane[a]!;
    const known = announced.slice(first, first + layout.junction.approaches[a]!.lanes.length);
    const told = known.some((list) => list.length > 0);
    for (const vehicle of approach.vehicles) {
      // Whoever still waits at another signal is announced by that one, if it announces at all.
      if (vehicle.behind !== undefined) continue;
      const lane = leastLoaded(first, vehicle.lanes, loads);
      loads[lane]! += 1;
      const arrival = travelTime(vehicle.distanceM, vehicle.speedMps, 0.95 * lanes[lane]!.speedMps);
      entries[lane]!.push({ arrival, weight: 1 });
    }
    for (let i = 0; i < known.length; i++) {
      const lane = first + i;
      for (const one of known[i]!) entries[lane]!.push(one);
      if (told) continue;
      // Beyond the view: the mean rate, as parts of vehicles spread evenly.
      const from = approach.rangeM / lanes[lane]!.speedMps;
      const rate = learned.rate[lane]!;
      if (rate <= 0) continue;
      const step = 4;
      for (let t = from + step / 2; t < horizon; t += step) entries[lane]!.push({ arrival: t, weight: rate * step });
    }
  });
  return pack(layout, entries, view, horizon);
}

function leastLoaded(first: number, lanes: readonly number[], loads: Float64Array): number {
  let best = first + lanes[0]!;
  for (const index of lanes) if (loads[first + index]! < loads[best]!) best = first + index;
  return best;
}

function pack(layout: Layout, entries: readonly Entry[][], view: JunctionView, horizon: number): Queues {
  const size = layout.lanes.length;
  const count = new Int32Array(size);
  const arrival = new Float64Array(size * most);
  const weight = new Float64Array(size * most);
  const weightBefore = new Float64Array(size * (most + 1));
  const momentBefore = new Float64Array(size * (most + 1));
  const arrivedBy = new Int32Array(size * (horizon + 1));
  const inBox = new Float64Array(size);
  for (let lane = 0; lane < size; lane++) {
    const list = entries[lane]!;
    list.sort((a, b) => a.arrival - b.arrival);
    const n = Math.min(most, list.length);
    count[lane] = n;
    const at = lane * most;
    const sums = lane * (most + 1);
    for (let i = 0; i < n; i++) {
      const { arrival: a, weight: w } = list[i]!;
      arrival[at + i] = a;
      weight[at + i] = w;
      weightBefore[sums + i + 1] = weightBefore[sums + i]! + w;
      momentBefore[sums + i + 1] = momentBefore[sums + i]! + w * a;
    }
    let arrived = 0;
    for (let t = 0; t <= horizon; t++) {
      while (arrived < n && arrival[at + arrived]! <= t) arrived++;
      arrivedBy[lane * (horizon + 1) + t] = arrived;
    }
  }
  for (const vehicle of view.box) {
    const a = layout.junction.approaches.findIndex((approach) => approach.id === vehicle.approach);
    if (a < 0 || vehicle.speedMps > 2) continue;
    inBox[layout.firstLane[a]! + vehicle.lane]! += 1;
  }
  return { size, count, arrival, weight, weightBefore, momentBefore, arrivedBy, inBox, horizon };
}
