import type { BandStops } from "./band-stops.ts";
import type { Layout } from "./layout.ts";
import type { Learned } from "./learned.ts";
import { type Queues, queueStride, startLoss } from "./queues.ts";
import { type Foe, type Ways, waysOf } from "./ways.ts";

export interface Settings {
  /** How far ahead a plan reaches, s; 40 to 90 in COP (Sen and Head 1997). */
  readonly horizon: number;
  /** From green to the first of a standing queue at the stop line, s. */
  readonly startLoss: number;
  /** Seconds of amber that a discharging queue still uses. */
  readonly amberUse: number;
  /** From the first to the second of a standing queue, s. */
  readonly secondHeadway: number;
  /** Of a change of stage, beyond the time it takes, vehicle-seconds: it has to be worth something. */
  readonly switchCost: number;
  /** Of a stop, beyond the standing, s a vehicle; less for whoever is held up for under 4 s. */
  readonly stopCost: number;
  /** A turner needs this much time before the next vehicle that comes against it, s (HCM: critical headway of permitted turns 4.5 s). */
  readonly gap: number;
  /** A full exit is taken to stay full for this long, s. */
  readonly fullFor: number;
  /**
   * Whoever stands at red at the horizon waits on for so long, s: half of a usual red. With 12 s one lane with a phase of its
   * own was put off again and again on a junction of five stages, since each detour costs more than it spares within the horizon.
   */
  readonly terminalWait: number;
}

/** One setting for every street; what names no source was chosen by runs in SUMO, on low seeds of cologne3, ingolstadt7 and the corridor. */
export const settings: Settings = {
  horizon: 70,
  startLoss,
  amberUse: 1.2,
  secondHeadway: 3,
  switchCost: 1,
  stopCost: 1,
  gap: 4,
  fullFor: 8,
  terminalWait: 30,
};

export interface Departure {
  readonly lane: number;
  readonly at: number;
  readonly weight: number;
}

/** `served` of a lane that has been green: the next to go is not the first of a standing queue. */
const underWay = 0.5;
/** More than pass any lane in which somebody has no green, and fewer than pass one in which all have. */
const enough = 1e6;
/** Whoever still stands at the stop line so long after the start of green has none for where it wants to go, s. */
const stuckAfterS = 4;

/** The lanes' state on one path: next vehicle, earliest next departure, turners held in the box. */
export class Walk {
  readonly layout: Layout;
  readonly queues: Queues;
  readonly learned: Learned;
  readonly set: Settings;
  readonly next: Int32Array;
  readonly free: Float64Array;
  readonly held: Float64Array;
  /** Served since the lane's green began. */
  readonly served: Float64Array;
  cost = 0;
  log: Departure[] | undefined = undefined;
  private readonly stops: BandStops | undefined;
  private readonly ways: readonly (readonly Ways[])[];
  /** The same as long as full exits are full. */
  private waysNow: readonly (readonly Ways[])[];

  constructor(layout: Layout, queues: Queues, learned: Learned, set: Settings, stops?: BandStops) {
    this.stops = stops;
    this.layout = layout;
    this.queues = queues;
    this.learned = learned;
    this.set = set;
    this.next = new Int32Array(queues.size);
    this.free = new Float64Array(queues.size);
    this.held = new Float64Array(queues.size);
    this.served = new Float64Array(queues.size);
    this.ways = waysOf(layout, learned.share);
    this.waysNow = this.ways;
  }

  /** `green`: for how long the present stage has shown it, s; `full`: movements whose exit is full, for now. */
  begin({ green, full }: { readonly green: number; readonly full: readonly boolean[] }): void {
    const { served, queues } = this;
    this.waysNow = full.includes(true) ? waysOf(this.layout, this.learned.share, full) : this.ways;
    this.next.fill(0);
    this.free.fill(0);
    served.fill(underWay);
    if (green - queues.age >= stuckAfterS)
      for (let lane = 0; lane < served.length; lane++) if (queues.standsFirst[lane]) served[lane] = enough;
    this.held.set(this.queues.inBox);
    this.cost = 0;
  }

  /** Green of the lanes of `stage` that were not open before starts at `at`; others may have it for other movements now. */
  open(before: number, stage: number, at: number): void {
    const { stages } = this.layout;
    const from = stages[before]!.open;
    const to = stages[stage]!.open;
    for (let lane = 0; lane < this.free.length; lane++) {
      if (to[lane]!.length > 0 && from[lane]!.length === 0) {
        this.free[lane] = Math.max(this.free[lane]!, at + this.set.startLoss);
        this.served[lane] = 0;
      } else if (to[lane]!.length > 0 && to[lane]!.length !== from[lane]!.length) this.served[lane] = underWay;
    }
  }

  /** One second from whole second `t` with the greens of `stage`; `only`: of those lanes that `only` has open too. */
  second(t: number, stage: number, only: number, until: number): void {
    const { layout, held } = this;
    const open = layout.stages[stage]!.open;
    const ways = (t < this.set.fullFor ? this.waysNow : this.ways)[stage]!;
    const other = only >= 0 ? layout.stages[only]!.open : open;
    for (let lane = 0; lane < held.length; lane++) {
      const turns = open[lane]!;
      const goes = turns.length > 0 && (only < 0 || other[lane]!.length > 0);
      if (held[lane]! > 0) {
        // Turners in the box leave one after the other once nothing comes against them.
        const blocked = goes ? this.blockedTurners(ways[lane]!, t) : 0;
        const leave = Math.min(held[lane]!, (1 - blocked) / 2);
        this.cost += held[lane]!;
        held[lane]! -= leave;
      }
      const end = goes ? t + 1 : only >= 0 && turns.length > 0 ? Math.min(until, t + 1) : -1;
      if (end < 0) continue;
      this.discharge(lane, ways[lane]!, { t, end });
    }
  }

  /** Who of one lane crosses the stop line from whole second `t` until `end`. */
  private discharge(lane: number, ways: Ways, { t, end }: { readonly t: number; readonly end: number }): void {
    const { queues, learned, set, next, free, held, served, stops } = this;
    const n = queues.count[lane]!;
    const at = lane * queueStride;
    let k = next[lane]!;
    if (k >= n || queues.arrival[at + k]! >= end) return;
    let barred = this.barred(lane, ways.turning);
    // Time passes for a lane only as far as nobody bars it.
    if (free[lane]! > t) free[lane]! += barred * (end - t);
    let meeting = -1;
    while (k < n) {
      if (barred >= 0.5 || Math.floor(served[lane]!) >= ways.passing) free[lane] = Math.max(free[lane]!, end);
      const arrival = queues.arrival[at + k]!;
      const leaves = arrival > free[lane]! ? arrival : free[lane]!;
      if (leaves >= end) break;
      if (meeting < 0) {
        meeting = 0;
        for (const { share, foes } of ways.across) meeting += share * this.meets(foes, t);
      }
      const weight = queues.weight[at + k]!;
      const delay = leaves - arrival;
      this.cost += weight * (delay + set.stopCost * Math.min(1, delay / 4));
      if (stops) this.cost += weight * stops.cost[at + k]! * Math.min(1, delay / 4);
      const load = queues.load[at + k]!;
      held[lane]! += load * meeting;
      const headway = served[lane]! < underWay ? set.secondHeadway : learned.headway[lane]!;
      served[lane]! += load;
      free[lane] = leaves + load * headway;
      barred = this.barred(lane, ways.turning);
      if (this.log) this.log.push({ lane, at: leaves, weight });
      k++;
    }
    next[lane] = k;
  }

  /** Share of time in which turners in the box bar their lane: there is room for one, the next of them waits at the stop line. */
  private barred(lane: number, turning: number): number {
    const waiting = this.held[lane]!;
    if (waiting <= 0.01) return 0;
    // Where all turn, the next one waits; where few do, at random, at least two have to have come.
    const two = 1 - Math.exp(-waiting) * (1 + waiting);
    return turning * Math.min(1, waiting) + (1 - turning) * two;
  }

  private blockedTurners({ across }: Ways, t: number): number {
    let most = 0;
    for (const { foes } of across) most = Math.max(most, this.meets(foes, t));
    return most;
  }

  /** Chance that one of these comes within the gap that a turner needs. */
  private meets(foes: readonly Foe[], t: number): number {
    const { queues, next, free } = this;
    const until = t + this.set.gap;
    let clear = 1;
    for (const { lane, share } of foes) {
      const at = lane * queueStride;
      const n = queues.count[lane]!;
      let i = next[lane]!;
      let time = Math.max(i < n ? queues.arrival[at + i]! : Infinity, free[lane]!);
      let weight = 0;
      while (time < until && i < n) {
        weight += queues.weight[at + i]!;
        const before = queues.load[at + i]!;
        i++;
        time = Math.max(i < n ? queues.arrival[at + i]! : Infinity, time + 2 * before);
      }
      clear *= 1 - share * Math.min(1, weight);
    }
    return 1 - clear;
  }

  /** Cost so far, of those who wait at `t`, and of what it will take to serve them. */
  worth(t: number, stage: number): number {
    const { queues, learned, next, set, stops } = this;
    const open = this.layout.stages[stage]!.open;
    let total = this.cost;
    for (let lane = 0; lane < next.length; lane++) {
      const arrived = queues.arrivedBy[lane * (queues.horizon + 1) + t]!;
      const k = next[lane]!;
      if (arrived <= k) continue;
      const sums = lane * (queueStride + 1);
      const queue = queues.weightBefore[sums + arrived]! - queues.weightBefore[sums + k]!;
      const moment = queues.momentBefore[sums + arrived]! - queues.momentBefore[sums + k]!;
      total += queue * t - moment;
      const wait = open[lane]!.length > 0 ? 0 : set.terminalWait;
      const load = queues.loadBefore[sums + arrived]! - queues.loadBefore[sums + k]!;
      total += queue * (wait + set.stopCost + (load * learned.headway[lane]!) / 2);
      if (stops) total += stops.before[sums + arrived]! - stops.before[sums + k]!;
    }
    return total;
  }
}
