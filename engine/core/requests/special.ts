import type { City, Corridor, PlanSet } from "../../../config/model.ts";
import { samePlan, type TimingPlan } from "../../../config/plan.ts";
import { scheduledPlanSet } from "../../../config/schedule.ts";
import type { Instant } from "../../../config/units.ts";
import { takesPlans } from "../strategies/cabinet-standing.ts";
import type { Knowledge, Wanted } from "../strategy.ts";
import type { RequestBook } from "./book.ts";

/** The plan set that is to run: an operator's while it lasts, else the schedule's; and whether it is to run as written. */
export function planSetFor(
  { schedule, utcOffset }: City,
  now: Instant,
  { special }: RequestBook,
): { readonly planSet: PlanSet; readonly asWritten: boolean } {
  const own = special && now < special.until ? schedule.planSets.get(special.planSet) : undefined;
  const planSet = own ?? scheduledPlanSet(schedule, utcOffset, now);
  return { planSet, asWritten: own !== undefined || planSet.special === true };
}

/** After a special plan set each junction first goes to the schedule's plan; only then may a strategy go on from it. */
export function returning(known: Knowledge, special: PlanSet | undefined): readonly Wanted[] {
  if (!special) return [];
  return known.corridor.junctions.flatMap((junction): readonly Wanted[] => {
    const plan = known.scheduled.get(junction);
    const running = known.inForce.get(junction);
    const left = special.plans.get(junction);
    if (!plan || !running || !left || !samePlan(running, left) || samePlan(plan, left)) return [];
    if (!takesPlans(known.cabinets.get(junction))) return [];
    const text = `The special plan set ${special.id} is over: scheduled plan ${plan.id}.`;
    return [planWanted(junction, plan, { code: "special-over", text, values: { plan: plan.id } })];
  });
}

/** Every junction runs the special plan set as written. */
export function asWritten(known: Knowledge, corridor: Corridor, planSet: PlanSet): readonly Wanted[] {
  return corridor.junctions.flatMap((junction): readonly Wanted[] => {
    const plan = known.scheduled.get(junction);
    const running = known.inForce.get(junction);
    if (!plan || !takesPlans(known.cabinets.get(junction)) || (running && samePlan(running, plan))) return [];
    const text = `Special plan set ${planSet.id} runs as written: plan ${plan.id}.`;
    return [planWanted(junction, plan, { code: "special-plan", text, values: { plan: plan.id } })];
  });
}

const planWanted = (junction: string, plan: TimingPlan, reason: Wanted["reasons"][number]): Wanted => ({
  junction,
  action: { kind: "plan", plan },
  reasons: [reason],
});
