import type { Layout } from "./layout.ts";
import type { Learned } from "./learned.ts";
import { type Queues, queueStride } from "./queues.ts";

export interface Settings {
  readonly horizon: number;
  readonly startLoss: number;
  /** Seconds of amber that a discharging queue still uses. */
  readonly amberUse: number;
  /** From the first to the second of a standing queue, s. */
  readonly secondHeadway: number;
  readonly switchCost: number;
  readonly stopCost: number;
  readonly gap: number;
  /** A full exit is taken to stay full for this long, s. */
  readonly fullFor: number;
  /**
   * Whoever stands at red at the horizon waits on for so long, s: half of a usual red. With 12 s one lane with a phase of its
   * own was put off again and again on a junction of five stages, since each detour costs more than it spares within the horizon.
   */
  readonly terminalWait: number;
}

export const settings: Settings = {
  horizon: 70,
  startLoss: 0.5,
  amberUse: 1.2,
  secondHeadway: 3,
  switchCost: 1,
  stopCost: 1,
  gap: 4,
  fullFor: 8,
  terminalWait: 30,
};

export interface Start {
  readonly stage: number;
  /** Seconds that it has been green. */
  readonly green: number;
  /** Seconds for which none of its phases may end yet, and until the first of them must; absent: by the stage's own limits. */
  readonly bounds?: { readonly least: number; readonly most: number };
  /** Seconds until its green starts: it is still being changed to. */
  readonly wait: number;
  /** By movement: its exit is full, nobody leaves that way for now. */
  readonly full: readonly boolean[];
}

export interface PlannedStage {
  readonly stage: number;
  /** Seconds from now: start and end of green. */
  readonly from: number;
  readonly to: number;
}

export interface Departure {
  readonly lane: number;
  readonly at: number;
  readonly weight: number;
}

export interface Outlook {
  readonly plan: readonly PlannedStage[];
  /** Vehicle-seconds of delay to the horizon and beyond it. */
  readonly cost: number;
  readonly departures: readonly Departure[];
}

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
  full: readonly boolean[] = [];

  constructor(layout: Layout, queues: Queues, learned: Learned, set: Settings) {
    this.layout = layout;
    this.queues = queues;
    this.learned = learned;
    this.set = set;
    this.next = new Int32Array(queues.size);
    this.free = new Float64Array(queues.size);
    this.held = new Float64Array(queues.size);
    this.served = new Float64Array(queues.size);
  }

  begin(): void {
    this.next.fill(0);
    this.free.fill(0);
    this.served.fill(3);
    this.held.set(this.queues.inBox);
    this.cost = 0;
  }

  /** Green of the lanes of `stage` that were not open before starts at `at`. */
  open(before: number, stage: number, at: number): void {
    const { stages } = this.layout;
    const from = stages[before]!.open;
    const to = stages[stage]!.open;
    for (let lane = 0; lane < this.free.length; lane++) {
      if (to[lane]!.length > 0 && from[lane]!.length === 0) {
        this.free[lane] = Math.max(this.free[lane]!, at + this.set.startLoss);
        this.served[lane] = 0;
      }
    }
  }

  /** One second from whole second `t` with the greens of `stage`; `only`: of those lanes that `only` has open too. */
  second(t: number, stage: number, only: number, until: number): void {
    const { layout, queues, learned, set, next, free, held, served } = this;
    const open = layout.stages[stage]!.open;
    const other = only >= 0 ? layout.stages[only]!.open : open;
    for (let lane = 0; lane < next.length; lane++) {
      const turns = open[lane]!;
      const goes = turns.length > 0 && (only < 0 || other[lane]!.length > 0);
      if (held[lane]! > 0) {
        // Turners in the box leave one after the other once nothing comes against them.
        const blocked = goes ? this.blockedTurners(lane, turns, t) : 0;
        const leave = Math.min(held[lane]!, (1 - blocked) / 2);
        this.cost += held[lane]!;
        held[lane]! -= leave;
      }
      const end = goes ? t + 1 : only >= 0 && turns.length > 0 ? Math.min(until, t + 1) : -1;
      if (end < 0) continue;
      const n = queues.count[lane]!;
      const at = lane * queueStride;
      let k = next[lane]!;
      if (k >= n) continue;
      const shares = learned.share[lane]!;
      const movements = layout.lanes[lane]!.movements;
      let slow = -1;
      let closed = 0;
      while (k < n) {
        const arrival = queues.arrival[at + k]!;
        const leaves = arrival > free[lane]! ? arrival : free[lane]!;
        if (leaves >= end) break;
        if (slow < 0) {
          // Share of turners who must wait for a gap now, and of those who have no green.
          slow = 0;
          let green = 0;
          for (const turn of turns) {
            if (this.full[turn.movement] && t < set.fullFor) continue;
            const share = shares[movements.indexOf(turn.movement)]!;
            green += share;
            if (turn.foes.length > 0) slow += share * this.meets(turn.foes, t);
          }
          closed = 1 - green;
        }
        const weight = queues.weight[at + k]!;
        const delay = leaves - arrival;
        this.cost += weight * (delay + set.stopCost * Math.min(1, delay / 4));
        const load = queues.load[at + k]!;
        held[lane]! += load * slow;
        const e = held[lane]!;
        // One turner can wait in the box; a second one bars the lane.
        let jam = e > 0.01 ? 1 - Math.exp(-e) * (1 + e) : 0;
        jam = Math.min(0.95, jam + closed * 0.8);
        const headway = served[lane]! < 0.5 ? set.secondHeadway : learned.headway[lane]!;
        served[lane]! += load;
        free[lane] = leaves + (load * headway) / (1 - jam);
        if (this.log) this.log.push({ lane, at: leaves, weight });
        k++;
      }
      next[lane] = k;
    }
  }

  private blockedTurners(lane: number, turns: Layout["stages"][number]["open"][number], t: number): number {
    let most = 0;
    for (const turn of turns) if (turn.foes.length > 0) most = Math.max(most, this.meets(turn.foes, t));
    return lane >= 0 ? most : 0;
  }

  /** Chance that a vehicle of one of these movements comes within the gap that a turner needs. */
  private meets(foes: readonly number[], t: number): number {
    const { layout, queues, learned, next, free } = this;
    let clear = 1;
    for (const foe of foes) {
      for (const lane of layout.movements[foe]!.lanes) {
        const share = learned.share[lane]![layout.lanes[lane]!.movements.indexOf(foe)]!;
        const k = next[lane]!;
        const at = lane * queueStride;
        const until = t + this.set.gap;
        let i = k;
        let time = Math.max(i < queues.count[lane]! ? queues.arrival[at + i]! : Infinity, free[lane]!);
        let weight = 0;
        while (time < until && i < queues.count[lane]!) {
          weight += queues.weight[at + i]!;
          const before = queues.load[at + i]!;
          i++;
          time = Math.max(i < queues.count[lane]! ? queues.arrival[at + i]! : Infinity, time + 2 * before);
        }
        clear *= 1 - share * Math.min(1, weight);
      }
    }
    return 1 - clear;
  }

  /** Cost so far, of those who wait at `t`, and of what it will take to serve them. */
  worth(t: number, stage: number): number {
    const { queues, learned, next, set } = this;
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
    }
    return total;
  }
}

/** Dynamic programme over (second, stage): the best known path to each, its lanes' state carried along. */
export class Search {
  readonly walk: Walk;
  readonly layout: Layout;
  readonly set: Settings;
  private readonly best: Float64Array;
  private readonly cost: Float64Array;
  private readonly next: Int32Array;
  private readonly free: Float64Array;
  private readonly held: Float64Array;
  private readonly served: Float64Array;
  private readonly run: Float64Array;
  private readonly parent: Int32Array;
  private readonly size: number;
  private readonly stages: number;

  constructor(walk: Walk) {
    this.walk = walk;
    this.layout = walk.layout;
    this.set = walk.set;
    this.stages = walk.layout.stages.length;
    this.size = walk.queues.size;
    const nodes = (this.set.horizon + 1) * this.stages;
    this.best = new Float64Array(nodes).fill(Infinity);
    this.cost = new Float64Array(nodes);
    this.run = new Float64Array(nodes);
    this.parent = new Int32Array(nodes).fill(-1);
    this.next = new Int32Array(nodes * this.size);
    this.free = new Float64Array(nodes * this.size);
    this.held = new Float64Array(nodes * this.size);
    this.served = new Float64Array(nodes * this.size);
  }

  private load(node: number): void {
    const { walk, size } = this;
    // Short rows: a loop beats making views of them.
    for (let lane = 0, i = node * size; lane < size; lane++, i++) {
      walk.next[lane] = this.next[i]!;
      walk.free[lane] = this.free[i]!;
      walk.held[lane] = this.held[i]!;
      walk.served[lane] = this.served[i]!;
    }
    walk.cost = this.cost[node]!;
  }

  private offer(t: number, stage: number, run: number, parent: number): void {
    const { walk, size } = this;
    const node = t * this.stages + stage;
    const worth = walk.worth(t, stage);
    if (worth >= this.best[node]!) return;
    this.best[node] = worth;
    this.cost[node] = walk.cost;
    this.run[node] = run;
    this.parent[node] = parent;
    for (let lane = 0, i = node * size; lane < size; lane++, i++) {
      this.next[i] = walk.next[lane]!;
      this.free[i] = walk.free[lane]!;
      this.held[i] = walk.held[lane]!;
      this.served[i] = walk.served[lane]!;
    }
  }

  /** Walks from `t` through the change from `a` to `b` and b's least green, or to the horizon. Returns where it ends. */
  private changeTo(a: number, b: number, t: number): number {
    const { layout, set, walk } = this;
    const change = layout.change[a]![b]!;
    const amber = Math.min(layout.amber[a]![b]!, set.amberUse);
    const start = Math.min(set.horizon, t + Math.ceil(change));
    for (let s = t; s < start; s++) walk.second(s, a, b, t + amber);
    walk.open(a, b, t + change);
    const end = Math.min(set.horizon, Math.ceil(t + change + Math.max(1, layout.least[a]![b]!)));
    for (let s = start; s < end; s++) walk.second(s, b, -1, 0);
    walk.cost += set.switchCost;
    return end;
  }

  solve(start: Start): Outlook {
    const { layout, set, walk, stages } = this;
    walk.full = start.full;
    walk.begin();
    let t0 = 0;
    let run = start.green;
    if (start.wait > 0) {
      t0 = Math.min(set.horizon, Math.ceil(start.wait));
      for (let lane = 0; lane < walk.free.length; lane++) {
        if (layout.stages[start.stage]!.open[lane]!.length > 0) {
          walk.free[lane] = start.wait + set.startLoss;
          walk.served[lane] = 0;
        }
      }
      run = 0;
    } else if (start.green < 3) {
      // The queue is still getting under way.
      for (let lane = 0; lane < walk.free.length; lane++) {
        walk.free[lane] = Math.max(0, set.startLoss - start.green);
      }
    }
    this.offer(t0, start.stage, run, -1);
    const own = start.bounds && {
      least: start.green + start.bounds.least,
      most: start.green + start.bounds.most,
    };
    for (let t = t0; t < set.horizon; t++) {
      for (let s = 0; s < stages; s++) {
        const node = t * stages + s;
        if (this.best[node] === Infinity) continue;
        const green = this.run[node]!;
        const present = s === start.stage && green === start.green + t - t0;
        const { least, most } = (present ? own : undefined) ?? layout.stages[s]!;
        // A stage changed to has been walked through its least green.
        const served = !present || green >= least;
        if (green + 1 <= most || stages === 1) {
          this.load(node);
          walk.second(t, s, -1, 0);
          this.offer(t + 1, s, green + 1, node);
        }
        if (!served || (t > 30 && t % 2 === 1)) continue;
        for (let b = 0; b < stages; b++) {
          if (b === s || !layout.follows[s]![b]) continue;
          this.load(node);
          const end = this.changeTo(s, b, t);
          const grown = end - t - Math.ceil(layout.change[s]![b]!);
          this.offer(end, b, Math.max(0, grown), node);
        }
      }
    }
    return this.outlook(start);
  }

  private outlook(start: Start): Outlook {
    const { set, stages, layout } = this;
    const last = set.horizon * stages;
    let best = last + start.stage;
    for (let s = 0; s < stages; s++) {
      if (this.best[last + s]! < this.best[best]!) best = last + s;
    }
    const plan: PlannedStage[] = [];
    for (let node = best; node >= 0; node = this.parent[node]!) {
      const t = Math.floor(node / stages);
      const s = node % stages;
      const from = t - this.run[node]!;
      const top = plan[0];
      if (!top) plan.unshift({ stage: s, from, to: t });
      else if (top.stage === s) plan[0] = { ...top, from };
      else {
        // A change that the horizon cuts off starts its green beyond it.
        const opens = t + Math.ceil(layout.change[s]![top.stage]!);
        plan[0] = { ...top, from: Math.max(top.from, opens), to: Math.max(top.to, opens) };
        plan.unshift({ stage: s, from, to: t });
      }
    }
    return { plan, cost: this.best[best]!, departures: this.replay(start, plan) };
  }

  /** Who leaves when on this plan: what neighbours are told. */
  private replay(start: Start, plan: readonly PlannedStage[]): readonly Departure[] {
    const { walk, set, layout } = this;
    walk.begin();
    walk.log = [];
    plan.forEach((entry, i) => {
      const before = plan[i - 1];
      if (before) {
        const amber = Math.min(layout.amber[before.stage]![entry.stage]!, set.amberUse);
        for (let s = Math.max(0, before.to); s < entry.from && s < set.horizon; s++)
          walk.second(s, before.stage, entry.stage, before.to + amber);
        walk.open(before.stage, entry.stage, entry.from);
      } else if (start.wait > 0 || start.green < 3) {
        const free = (start.wait > 0 ? start.wait : -start.green) + set.startLoss;
        walk.free.fill(Math.max(0, free));
      }
      for (let s = Math.max(0, entry.from); s < entry.to; s++) walk.second(s, entry.stage, -1, 0);
    });
    const log = walk.log;
    walk.log = undefined;
    return log;
  }
}
