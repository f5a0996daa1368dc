import type { Junction, Phase } from "../../../../config/model.ts";
import { type PhaseSplit, splitOf, type TimingPlan } from "../../../../config/plan.ts";
import { millis } from "../../../../config/units.ts";
import { barriersOf, type LeastSplit, splitBounds } from "../../plan/phase-times.ts";
import { type Judging, type JunctionCost, junctionCost } from "./junction-cost.ts";

export interface SplitLimits {
  /** Furthest from the present split. */
  readonly stepMs: number;
  /** Phases that may not grow: their exit is full. */
  readonly noGrowth: ReadonlySet<number>;
  readonly least: LeastSplit | undefined;
}

/** First coarse, then fine, s. */
const moveSizes = [2, 1] as const;
/** Rounds of each size: more than any step limit can use. */
const rounds = 12;

/**
 * The cheapest splits near the present ones: seconds move between phases of one ring inside a barrier, or between
 * barriers in all rings at once, as long as that pays. Cycle and offset stay; every plan on the way is valid.
 */
export function searchSplits(
  judging: Judging,
  plan: TimingPlan,
  limits: SplitLimits,
): { plan: TimingPlan; cost: JunctionCost } {
  const { junction } = judging;
  const bounds = new Map(
    junction.phases.map((phase) => {
      const { low, high } = splitBounds(junction, phase, plan.cycle, limits.least);
      const present = splitOf(plan, phase.number);
      const most = limits.noGrowth.has(phase.number) ? present : present + limits.stepMs;
      return [
        phase.number,
        { low: Math.max(Math.min(low, present), present - limits.stepMs), high: Math.min(high, most) },
      ];
    }),
  );
  let best = plan;
  let cost = junctionCost(judging, plan);
  const moves = movesOf(junction, plan.sequence);
  for (const size of moveSizes) {
    for (let round = 0; round < rounds; round++) {
      const better = improve({ judging, bounds, moves, size, from: best, cost });
      if (!better) break;
      best = better.plan;
      cost = better.cost;
    }
  }
  return { plan: best, cost };
}

/** Phases that lose and phases that gain, together. */
interface Move {
  readonly less: readonly number[];
  readonly more: readonly number[];
}

function movesOf(junction: Junction, sequence: TimingPlan["sequence"]): readonly Move[] {
  const barriers = barriersOf(junction, sequence);
  const moves: Move[] = [];
  for (const { rings } of barriers) {
    for (const ring of rings)
      for (const a of ring) for (const b of ring) if (a !== b) moves.push({ less: [a.number], more: [b.number] });
  }
  for (const a of barriers)
    for (const b of barriers)
      if (a !== b)
        for (const less of oneOfEach(a.rings)) for (const more of oneOfEach(b.rings)) moves.push({ less, more });
  return moves;
}

/** Every way to take one phase of each ring. */
const oneOfEach = (rings: readonly (readonly Phase[])[]): readonly (readonly number[])[] =>
  rings.reduce<readonly (readonly number[])[]>(
    (ways, ring) => ways.flatMap((way) => ring.map((phase) => [...way, phase.number])),
    [[]],
  );

interface Improving {
  readonly judging: Judging;
  readonly bounds: ReadonlyMap<number, { readonly low: number; readonly high: number }>;
  readonly moves: readonly Move[];
  readonly size: number;
  readonly from: TimingPlan;
  readonly cost: JunctionCost;
}

/** The best single move, if any pays. */
function improve({ judging, bounds, moves, size, from, cost }: Improving) {
  let best: { plan: TimingPlan; cost: JunctionCost } | undefined;
  for (const move of moves) {
    const splits = moved(from.splits, move, size * 1000, bounds);
    if (!splits) continue;
    const plan = { ...from, splits };
    const next = junctionCost(judging, plan);
    if (next.cost < (best?.cost ?? cost).cost - 1e-9) best = { plan, cost: next };
  }
  return best;
}

function moved(splits: readonly PhaseSplit[], { less, more }: Move, by: number, bounds: Improving["bounds"]) {
  const result: PhaseSplit[] = [];
  for (const { phase, split } of splits) {
    const change = less.includes(phase) ? -by : more.includes(phase) ? by : 0;
    const next = split + change;
    const { low, high } = bounds.get(phase)!;
    if (change !== 0 && (next < low || next > high)) return undefined;
    result.push({ phase, split: millis(next) });
  }
  return result;
}
