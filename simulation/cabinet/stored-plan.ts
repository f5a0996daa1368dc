import { epochOffset, type TimingPlan } from "../../config/plan.ts";
import type { Instant } from "../../config/units.ts";
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
  JSON.stringify(a.sequence) === JSON.stringify(b.sequence);
