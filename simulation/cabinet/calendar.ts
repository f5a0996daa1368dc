import type { PlanSet, Schedule } from "../../config/model.ts";
import { epochOffset, type TimingPlan } from "../../config/plan.ts";
import { type Instant, type Millis, modulo } from "../../config/units.ts";
import type { StoredPlan } from "./virtual-cabinet.ts";

const DAY = 86_400_000;

/** The plan set in force at the cabinet's own time: an event of the calendar first, then the first entry of the day. */
export function localPlanSet(schedule: Schedule, at: Instant, utcOffset: Millis): PlanSet | undefined {
  const event = schedule.events.find(({ from, to }) => from <= at && at < to);
  const local = at + utcOffset;
  const time = modulo(local, DAY);
  // 1970-01-01 was a Thursday.
  const day = modulo(Math.floor(local / DAY) + 4, 7);
  const entry = schedule.entries.find(({ days, from, to }) => days.includes(day) && from <= time && time < to);
  const id = event?.planSet ?? entry?.planSet;
  return id === undefined ? undefined : schedule.planSets.get(id);
}

/** A scheduled plan as the cabinet keeps it on the UTC day of `at`. */
export const storedPlan = (plan: TimingPlan, planId: number, at: Instant): StoredPlan => ({
  planId,
  cycle: plan.cycle,
  offset: epochOffset(plan, at),
  splits: new Map(plan.splits.map(({ phase, split }) => [phase, split])),
  sequence: plan.sequence,
});
