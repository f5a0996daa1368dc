import { epochOffset, type TimingPlan } from "../../config/plan.ts";
import { type Instant, type Millis, millis } from "../../config/units.ts";
import type { StoredPlan } from "./virtual-cabinet.ts";

/** A timing plan as a cabinet keeps it on the UTC day of `at`; see `epochOffset`. */
export const storedPlan = (plan: TimingPlan, planId: number, at: Instant): StoredPlan => ({
  planId,
  cycle: plan.cycle,
  offset: epochOffset(plan, at),
  splits: new Map(plan.splits.map(({ phase, split }) => [phase, split])),
  sequence: plan.sequence,
});

export const sameStoredPlan = (a: StoredPlan, b: StoredPlan): boolean =>
  a.planId === b.planId &&
  a.cycle === b.cycle &&
  a.offset === b.offset &&
  a.splits.size === b.splits.size &&
  [...a.splits].every(([phase, split]) => b.splits.get(phase) === split) &&
  JSON.stringify(a.sequence) === JSON.stringify(b.sequence) &&
  JSON.stringify([...(a.modes ?? [])]) === JSON.stringify([...(b.modes ?? [])]);

const distortions = new WeakMap<StoredPlan, StoredPlan>();

/** What a cabinet that reads back other values than it took makes of a plan: a second goes from one phase to another. */
export function distorted(plan: StoredPlan): StoredPlan {
  const known = distortions.get(plan);
  if (known) return known;
  const [[a, splitA], [b, splitB]] = [...plan.splits] as [[number, Millis], [number, Millis]];
  const splits = new Map([...plan.splits, [a, millis(splitA - 1000)], [b, millis(splitB + 1000)]]);
  const other = { ...plan, splits };
  distortions.set(plan, other);
  return other;
}
