import { type Instant, type Millis, millis, modulo, seconds } from "./units.ts";

/**
 * A timing plan for one junction. A phase is one entry of a ring; a stage-based junction is one ring whose phases are
 * its stages, so one form serves both.
 */
export interface TimingPlan {
  readonly id: string;
  readonly junction: string;
  readonly cycle: Millis;
  /** Start of green of the coordinated phase against UTC midnight, modulo the cycle; [0, cycle). */
  readonly offset: Millis;
  /** Green + amber + all-red of each phase; each ring adds up to the cycle. Ordered by phase number. */
  readonly splits: readonly PhaseSplit[];
  /** Phase numbers of each ring in the order served. */
  readonly sequence: readonly (readonly number[])[];
}

export interface PhaseSplit {
  readonly phase: number;
  readonly split: Millis;
}

/** The split of `phase`, or 0 when the plan leaves it out. */
export const splitOf = (plan: TimingPlan, phase: number): Millis =>
  plan.splits.find((entry) => entry.phase === phase)?.split ?? (0 as Millis);

const day = seconds(86_400);

/** The plan's offset against the Unix epoch instead of the UTC midnight before `at`, modulo the cycle. */
export const epochOffset = (plan: TimingPlan, at: Instant): Millis =>
  millis(modulo(plan.offset + Math.floor(at / day) * day, plan.cycle));

/** Same times and order; the id is a name, not a time. */
export function samePlan(a: TimingPlan, b: TimingPlan): boolean {
  return (
    a.junction === b.junction &&
    a.cycle === b.cycle &&
    a.offset === b.offset &&
    a.splits.length === b.splits.length &&
    a.splits.every((entry) => splitOf(b, entry.phase) === entry.split) &&
    JSON.stringify(a.sequence) === JSON.stringify(b.sequence)
  );
}
