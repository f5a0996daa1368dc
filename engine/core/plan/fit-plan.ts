import type { Junction, Phase } from "../../../config/model.ts";
import type { PhaseSplit, TimingPlan } from "../../../config/plan.ts";
import { type Millis, millis, modulo } from "../../../config/units.ts";
import { apportion, type Part } from "./apportion.ts";
import {
  type Barrier,
  barriersOf,
  changeTime,
  cycleRange,
  type LeastSplit,
  planResolution,
  splitBounds,
} from "./phase-times.ts";

export interface PlanWish {
  readonly id: string;
  readonly cycle: Millis;
  readonly offset: Millis;
  /** Wanted green by phase number, in any unit: only the proportions count. Absent phases want none beyond their minimum. */
  readonly greens: ReadonlyMap<number, number>;
  readonly least?: LeastSplit | undefined;
}

export type Fit =
  | { readonly kind: "fits"; readonly plan: TimingPlan }
  /** `cycle`: the nearest cycle that would fit; undefined when none does. */
  | { readonly kind: "infeasible"; readonly reason: string; readonly cycle: Millis | undefined };

/** Even an unwanted phase takes a part of time that nobody else may use. */
const leastWeight = 1e-6;

/**
 * A plan of exactly `cycle` with greens in the wanted proportions as far as minima, maxima and barriers allow; whole
 * seconds, each ring adds up to the cycle, barriers line up.
 */
export function fitPlan(junction: Junction, wish: PlanWish): Fit {
  const range = cycleRange(junction);
  if (!range) return infeasible("minimum splits, maximum splits and the cycle range leave no cycle", undefined);
  const cycle = Math.round(wish.cycle / planResolution) * planResolution;
  if (cycle < range.low) return infeasible(`cycle ${s(cycle)} is under the least of ${s(range.low)}`, range.low);
  if (cycle > range.high) return infeasible(`cycle ${s(cycle)} is over the most of ${s(range.high)}`, range.high);
  // A wish that is no number (counts gone wrong, a division by nothing) is no wish.
  const wished = (green: number | undefined): number => (green !== undefined && Number.isFinite(green) ? green : 0);
  const largest = Math.max(leastWeight, ...[...wish.greens.values()].map(wished));
  const weigh = (phase: Phase): number => Math.max(leastWeight, wished(wish.greens.get(phase.number)) / largest);
  const parts = (phases: readonly Phase[]): readonly Part[] =>
    phases.map((phase) => {
      const { low, high } = splitBounds(junction, phase, millis(cycle), wish.least);
      const fixed = changeTime(phase) / 1000;
      return { low: low / 1000, high: high / 1000, wish: (level) => fixed + level * weigh(phase) };
    });
  const splits = divide({
    barriers: barriersOf(junction),
    cycleS: cycle / 1000,
    parts,
    levels: [0, cycle / leastWeight],
  });
  if (!splits) return infeasible(`minimum green or maximum red leave no room in a cycle of ${s(cycle)}`, range.low);
  return {
    kind: "fits",
    plan: {
      id: wish.id,
      junction: junction.id,
      cycle: millis(cycle),
      offset: wholeOffset(wish.offset, cycle),
      splits,
      sequence: junction.rings,
    },
  };
}

interface Division {
  readonly barriers: readonly Barrier[];
  readonly cycleS: number;
  readonly parts: (phases: readonly Phase[]) => readonly Part[];
  /** Range of the wishes' common level. */
  readonly levels: readonly [number, number];
}

/** First the barriers share the cycle by their longest ring, then each ring's phases share their barrier. */
export function divide({ barriers, cycleS, parts, levels }: Division): readonly PhaseSplit[] | undefined {
  const lengths = apportion(
    cycleS,
    barriers.map((barrier) => barrierPart(barrier.rings.map(parts))),
    levels,
  );
  if (!lengths) return undefined;
  const splits: PhaseSplit[] = [];
  for (const [i, barrier] of barriers.entries()) {
    for (const ring of barrier.rings) {
      const shares = apportion(lengths[i]!, parts(ring), levels);
      if (!shares) return undefined;
      for (const [k, phase] of ring.entries()) splits.push({ phase: phase.number, split: millis(shares[k]! * 1000) });
    }
  }
  return splits.sort((a, b) => a.phase - b.phase);
}

/** What a barrier wants: its longest ring at each level, each phase within its own bounds. */
function barrierPart(rings: readonly (readonly Part[])[]): Part {
  const total = (ring: readonly Part[], value: (part: Part) => number): number =>
    ring.reduce((sum, part) => sum + value(part), 0);
  return {
    low: Math.max(...rings.map((ring) => total(ring, (part) => part.low))),
    high: Math.min(...rings.map((ring) => total(ring, (part) => part.high))),
    wish: (level) =>
      Math.max(
        ...rings.map((ring) => total(ring, (part) => Math.min(part.high, Math.max(part.low, part.wish(level))))),
      ),
  };
}

export const wholeOffset = (offset: number, cycle: number): Millis =>
  millis(modulo(Math.round(offset / planResolution) * planResolution, cycle));

const s = (time: number): string => `${time / 1000} s`;
const infeasible = (reason: string, cycle: Millis | undefined): Fit => ({ kind: "infeasible", reason, cycle });
