import { between } from "../../../../config/units.ts";
import type { ApproachView, JunctionView } from "../../view.ts";
import { type GreenTime, stillThere } from "./late-picture.ts";
import type { Layout } from "./layout.ts";
import type { Learned } from "./learned.ts";
import type { PcuOf } from "./pcu.ts";
import type { UnseenLanes } from "./unseen.ts";

/** Vehicles of one lane beyond this many cannot be served within the horizon. */
export const queueStride = 72;
/** How briskly drivers gain speed, m/s². */
const acceleration = 2;
/** Drivers keep somewhat below the limit on the mean. */
const ofLimit = 0.95;
/** From green to the first of a standing queue, s. */
export const startLoss = 0.5;
/** Expected vehicles are lumped over this long, s. */
const lump = 2;

/** The expectation of vehicles that no camera of this junction sees yet. */
export interface Announced {
  /** Seconds from now at the stop line, unhindered. */
  readonly arrival: number;
  readonly weight: number;
  /** In passenger-car units; undefined: of the lane's usual mix. */
  readonly load?: number;
}

/** Who comes to each lane and when, if nothing stood in the way: the demand side of one decision. */
export interface Queues {
  readonly size: number;
  readonly count: Int32Array;
  /** `arrival[lane * queueStride + i]`, s from now, ascending within a lane. */
  readonly arrival: Float64Array;
  /** Vehicles, whose waiting counts. */
  readonly weight: Float64Array;
  /** The same in passenger-car units, which take the lane's time. */
  readonly load: Float64Array;
  readonly loadBefore: Float64Array;
  /** Sums of weight, and of weight times arrival, before each vehicle: `[lane * (queueStride + 1) + i]`. */
  readonly weightBefore: Float64Array;
  readonly momentBefore: Float64Array;
  /** How many have arrived by each whole second: `[lane * (horizon + 1) + t]`. */
  readonly arrivedBy: Int32Array;
  /** Turners standing in the box, by the lane they came from. */
  readonly inBox: Float64Array;
  /** By lane: 1 where somebody stands at the stop line. */
  readonly standsFirst: Uint8Array;
  /** Of the picture, s. */
  readonly age: number;
  /** Vehicles seen by lane, for the record. */
  readonly seen: readonly number[];
  readonly horizon: number;
}

/** Least time to cover `distance` m from `speed` with a limit of `limit` m/s. */
export function travelTime(distance: number, speed: number, limit: number): number {
  if (distance <= 0) return 0;
  const most = ofLimit * limit;
  const v = Math.min(speed, most);
  const toLimit = (most * most - v * v) / (2 * acceleration);
  if (distance <= toLimit) return (Math.sqrt(v * v + 2 * acceleration * distance) - v) / acceleration;
  return (most - v) / acceleration + (distance - toLimit) / most;
}

export interface Sources {
  readonly view: JunctionView;
  /** Of the view, s. */
  readonly age: number;
  /** By lane: what is thought of those that nobody sees. */
  readonly unseen?: UnseenLanes;
  /** By lane: its green while the view was on its way; absent where it comes at once. */
  readonly greens?: readonly (GreenTime | undefined)[];
  readonly learned: Learned;
  readonly pcu: PcuOf;
  /** By lane. */
  readonly announced: readonly (readonly Announced[])[];
  /** Since each lane was last green, s: what stands where no camera looks. */
  readonly redFor: readonly number[];
  readonly horizon: number;
}

export function queuesOf(layout: Layout, sources: Sources): Queues {
  const { view, horizon } = sources;
  const entries: Announced[][] = layout.lanes.map(() => []);
  const seen = layout.lanes.map(() => 0);
  layout.junction.approaches.forEach((approach, a) => {
    const own = view.approaches.find((candidate) => candidate.approach === approach.id);
    const lanes = approach.lanes.map((_, i) => layout.firstLane[a]! + i);
    if (own && own.rangeM > 0) see(layout, own, sources, { lanes, entries, seen });
    expect(layout, own, sources, { lanes, entries });
  });
  return pack(layout, { entries, seen, view, age: sources.age, learned: sources.learned, horizon });
}

/** Each vehicle in sight; who can still choose, on the lanes in the shares in which they are used. */
function see(
  layout: Layout,
  own: ApproachView,
  { view, age: newest, greens, learned, pcu }: Sources,
  to: {
    readonly lanes: readonly number[];
    readonly entries: Announced[][];
    readonly seen: number[];
  },
): void {
  // A slower camera's picture of this approach may be older than the newest.
  const age = newest + between(own.at ?? view.at, view.at) / 1000;
  const choose = laneChoice(to.lanes.map((lane) => learned.crossed[lane]!));
  for (const vehicle of own.vehicles) {
    // Whoever still waits at another signal is announced by that one.
    if (vehicle.behind !== undefined) continue;
    const lane = to.lanes[choose(vehicle.lanes)];
    if (lane === undefined) continue;
    const load = pcu(vehicle.vehicleClass);
    to.seen[lane]! += 1;
    const time = travelTime(vehicle.distanceM, vehicle.speedMps, layout.lanes[lane]!.speedMps);
    to.entries[lane]!.push({ arrival: time - age, weight: 1, load });
  }
  for (const lane of to.lanes) {
    const there = stillThere(to.entries[lane]!, greens?.[lane], { headway: learned.headway[lane]!, startLoss, age });
    to.entries[lane] = there.map((one) => ({ ...one, arrival: Math.max(0, one.arrival) }));
  }
}

/** Of the lanes open to one vehicle after the other, that which is furthest behind its share of `used`. */
function laneChoice(used: readonly number[]): (open: readonly number[]) => number {
  const due = used.map(() => 0);
  return (open) => {
    if (open.length === 1) return open[0]!;
    const total = open.reduce((sum, lane) => sum + used[lane]!, 0);
    let chosen = open[0]!;
    for (const lane of open) {
      due[lane]! += used[lane]! / total;
      if (due[lane]! > due[chosen]!) chosen = lane;
    }
    due[chosen]! -= 1;
    return chosen;
  };
}

/** What neighbours announce, and where they announce nothing the mean rate from the end of the view on. */
function expect(
  layout: Layout,
  own: ApproachView | undefined,
  { learned, announced, redFor, horizon, age, unseen }: Sources,
  to: { readonly lanes: readonly number[]; readonly entries: Announced[][] },
): void {
  const told = to.lanes.some((lane) => announced[lane]!.length > 0);
  for (const lane of to.lanes) {
    const bins = new Float64Array(Math.ceil(horizon / lump) + 1);
    for (const { arrival, weight } of announced[lane]!) {
      if (arrival >= 0 && arrival < horizon) bins[Math.floor(arrival / lump)]! += weight;
    }
    const rate = unseen?.[lane]?.rate ?? learned.rate[lane]!;
    const blind = !own || own.rangeM <= 0;
    if (!told) {
      const from = blind ? 0 : Math.max(0, own.rangeM / layout.lanes[lane]!.speedMps - age);
      for (let bin = Math.ceil(from / lump); bin * lump < horizon; bin++) bins[bin]! += rate * lump;
    }
    if (blind) bins[0]! += unseen?.[lane]?.queue ?? Math.min(20, rate * redFor[lane]!);
    const whole = to.entries[lane]!;
    bins.forEach((weight, bin) => {
      for (let rest = weight; rest > 0.01; rest -= 1)
        whole.push({ arrival: (bin + 0.5) * lump, weight: Math.min(1, rest) });
    });
  }
}

interface Lists {
  readonly entries: readonly Announced[][];
  readonly seen: readonly number[];
  readonly view: JunctionView;
  readonly age: number;
  readonly learned: Learned;
  readonly horizon: number;
}

function pack(layout: Layout, { entries, seen, view, age, learned, horizon }: Lists): Queues {
  const size = layout.lanes.length;
  const count = new Int32Array(size);
  const arrival = new Float64Array(size * queueStride);
  const weight = new Float64Array(size * queueStride);
  const load = new Float64Array(size * queueStride);
  const loadBefore = new Float64Array(size * (queueStride + 1));
  const weightBefore = new Float64Array(size * (queueStride + 1));
  const momentBefore = new Float64Array(size * (queueStride + 1));
  const arrivedBy = new Int32Array(size * (horizon + 1));
  for (let lane = 0; lane < size; lane++) {
    const list = entries[lane]!.sort((a, b) => a.arrival - b.arrival);
    const n = Math.min(queueStride, list.length);
    count[lane] = n;
    const at = lane * queueStride;
    const sums = lane * (queueStride + 1);
    for (let i = 0; i < n; i++) {
      const one = list[i]!;
      arrival[at + i] = one.arrival;
      weight[at + i] = one.weight;
      load[at + i] = one.load ?? one.weight * learned.pcu[lane]!;
      loadBefore[sums + i + 1] = loadBefore[sums + i]! + load[at + i]!;
      weightBefore[sums + i + 1] = weightBefore[sums + i]! + one.weight;
      momentBefore[sums + i + 1] = momentBefore[sums + i]! + one.weight * one.arrival;
    }
    let arrived = 0;
    for (let t = 0; t <= horizon; t++) {
      while (arrived < n && arrival[at + arrived]! <= t) arrived++;
      arrivedBy[lane * (horizon + 1) + t] = arrived;
    }
  }
  const inBox = standingTurners(layout, view);
  const vehicles = { weight, weightBefore, momentBefore, load, loadBefore };
  const standsFirst = firstStanding(layout, view);
  return { size, count, arrival, ...vehicles, arrivedBy, inBox, standsFirst, age, seen, horizon };
}

/** At the stop line: nearer than this, m, and slower, m/s. */
const first = { withinM: 8, mps: 0.5 };

function firstStanding(layout: Layout, view: JunctionView): Uint8Array {
  const stands = new Uint8Array(layout.lanes.length);
  layout.junction.approaches.forEach(({ id }, a) => {
    for (const { behind, lanes, distanceM, speedMps } of view.approaches.find((own) => own.approach === id)?.vehicles ??
      [])
      if (behind === undefined && lanes.length === 1 && distanceM < first.withinM && speedMps < first.mps)
        stands[layout.firstLane[a]! + lanes[0]!] = 1;
  });
  return stands;
}

function standingTurners(layout: Layout, view: JunctionView): Float64Array {
  const inBox = new Float64Array(layout.lanes.length);
  for (const vehicle of view.box) {
    const a = layout.junction.approaches.findIndex((approach) => approach.id === vehicle.approach);
    const lane = layout.firstLane[a]! + vehicle.lane;
    if (a >= 0 && vehicle.speedMps <= 2 && lane < inBox.length) inBox[lane]! += 1;
  }
  return inBox;
}
