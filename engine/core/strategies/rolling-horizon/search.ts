import type { Layout } from "./layout.ts";
import type { Departure, Settings, Walk } from "./walk.ts";

/** Beyond this only every other second is tried for a change, s from now: half the work, and far ahead little is known. */
const everySecondUntil = 30;

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

export interface Outlook {
  readonly plan: readonly PlannedStage[];
  /** Vehicle-seconds of delay to the horizon and beyond it. */
  readonly cost: number;
  readonly departures: readonly Departure[];
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
    walk.begin(start);
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
        if (!served || (t > everySecondUntil && t % 2 === 1)) continue;
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
    walk.begin(start);
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
