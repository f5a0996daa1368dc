import type { Corridor, ObjectiveName, PlanSet, Schedule, WeeklyHours } from "./model.ts";
import { type Instant, type Millis, modulo } from "./units.ts";

const day = 86_400_000;

/**
 * The plan set in force at an instant: an event of the calendar if one holds, else the first entry of the local
 * weekday and hour. Throws on a schedule with a gap, which a checked set never has.
 */
export function scheduledPlanSet(schedule: Schedule, utcOffset: Millis, at: Instant): PlanSet {
  const event = schedule.events.find(({ from, to }) => from <= at && at < to);
  const id = event?.planSet ?? schedule.entries.find((entry) => holds(entry, utcOffset, at))?.planSet;
  const planSet = id === undefined ? undefined : schedule.planSets.get(id);
  if (!planSet) throw new Error(`no plan set is scheduled at ${new Date(at).toISOString()}`);
  return planSet;
}

/** What a corridor is run for at an instant. */
export const objectiveAt = ({ objectives }: Corridor, utcOffset: Millis, at: Instant): ObjectiveName =>
  objectives?.entries.find((entry) => holds(entry, utcOffset, at))?.objective ?? objectives?.usual ?? "balanced";

function holds({ days, from, to }: WeeklyHours, utcOffset: Millis, at: Instant): boolean {
  const local = at + utcOffset;
  // 1970-01-01 was a Thursday (4).
  const weekday = modulo(Math.floor(local / day) + 4, 7);
  const time = modulo(local, day);
  return days.includes(weekday) && from <= time && time < to;
}
