import type { City, Junction } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { scheduledPlanSet } from "../../../config/schedule.ts";
import { after, type Instant, type Millis, modulo } from "../../../config/units.ts";
import { Lamp } from "../../lamps.ts";
import { lampsAt, planLamps } from "./plan-lamps.ts";
import { cyclePosition } from "./programs.ts";

const MINUTE = 60_000;
const SECOND = 1000;
/** A change of plan waits this long for a second in which both plans allow it. */
const LONGEST_WAIT = 30 * MINUTE;
/** Longer than any intergreen a file may hold (20 s). */
const LOOK = 25 * SECOND;

/** When the plan set in force changes inside a run, oldest first; the first holds at the start. */
export interface PlanPeriod {
  readonly from: Instant;
  readonly planSet: string;
}

/** Schedules change at whole minutes. */
export function planPeriods(city: City, start: Instant, duration: Millis): readonly PlanPeriod[] {
  const end = after(start, duration);
  const periods: PlanPeriod[] = [];
  for (let at = start; at < end; at = nextMinute(at)) {
    const planSet = scheduledPlanSet(city.schedule, city.utcOffset, at).id;
    if (periods.at(-1)?.planSet !== planSet) periods.push({ from: at, planSet });
  }
  return periods;
}

const nextMinute = (at: Instant): Instant => ((Math.floor(at / MINUTE) + 1) * MINUTE) as Instant;

/**
 * The first second from `due` at which one plan may give way to another at once: no green is cut to red, no amber cut
 * short, and no green begins within an intergreen. A real cabinet moves its offset over some cycles instead; SUMO cannot.
 */
export function safeChange(
  junction: Junction,
  plans: { readonly before: TimingPlan; readonly next: TimingPlan },
  due: Instant,
): Instant | undefined {
  const [before, next] = [lampsFrom(junction, plans.before), lampsFrom(junction, plans.next)];
  for (let at: number = Math.ceil(due / SECOND) * SECOND; at <= due + LONGEST_WAIT; at += SECOND)
    if (safeAt(junction, (t) => (t < at ? before(t) : next(t)), at)) return at as Instant;
  return undefined;
}

function lampsFrom(junction: Junction, plan: TimingPlan): (at: number) => Uint8Array {
  const intervals = planLamps(junction, plan);
  return (at) => lampsAt(intervals, modulo(cyclePosition(plan, at as Instant), plan.cycle));
}

/** Looks at each group's lamps through the change, second by second. */
function safeAt(junction: Junction, lamps: (at: number) => Uint8Array, change: number): boolean {
  const { groups, conflicts, intergreen } = junction;
  const lostAt = new Float64Array(groups.length).fill(Number.NEGATIVE_INFINITY);
  let last = lamps(change - LOOK);
  const since = new Float64Array(groups.length).fill(Number.NEGATIVE_INFINITY);
  for (let at = change - LOOK + SECOND; at < change + LOOK; at += SECOND) {
    const now = lamps(at);
    for (const [g, group] of groups.entries()) {
      const [was, is] = [last[g]!, now[g]!];
      if (was === is) continue;
      const tail = group.kind === "vehicle" ? group.amber : group.clearance;
      if (was === Lamp.green && is === Lamp.red && tail > 0) return false;
      if ((was === Lamp.amber || was === Lamp.clearance) && (is !== Lamp.red || at - since[g]! < tail)) return false;
      if (was === Lamp.red && is !== Lamp.green) return false;
      if (was === Lamp.green && at - since[g]! < group.minGreen) return false;
      if (was === Lamp.green && group.kind === "vehicle") lostAt[g] = at;
      if (was === Lamp.clearance) lostAt[g] = at;
      since[g] = at;
    }
    for (let a = 0; a < groups.length; a++) {
      if (now[a] !== Lamp.green) continue;
      for (let b = 0; b < groups.length; b++) {
        if (!conflicts[b * groups.length + a]) continue;
        if (now[b] !== Lamp.red || (last[a] !== Lamp.green && at - lostAt[b]! < intergreen[b * groups.length + a]!))
          return false;
      }
    }
    last = now;
  }
  return true;
}
