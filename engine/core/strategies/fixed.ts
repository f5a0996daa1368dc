import { samePlan } from "../../../config/plan.ts";
import { seconds } from "../../../config/units.ts";
import type { Strategy, Wanted } from "../strategy.ts";
import { takesPlans } from "./cabinet-standing.ts";

/** The scheduled plans, nothing else: the baseline everything is measured against. */
export const fixed: Strategy = {
  name: "fixed",
  period: seconds(5),
  start: () => undefined,
  decide: ({ corridor, scheduled, inForce, cabinets }) => ({
    memory: undefined,
    wanted: corridor.junctions.flatMap((junction): readonly Wanted[] => {
      const plan = scheduled.get(junction);
      const running = inForce.get(junction);
      if (!plan || !takesPlans(cabinets.get(junction)) || (running && samePlan(running, plan))) return [];
      const reason = {
        code: "scheduled",
        text: `The schedule asks for plan ${plan.id}: cycle ${plan.cycle / 1000} s, offset ${plan.offset / 1000} s.`,
        values: { plan: plan.id, cycle_s: plan.cycle / 1000, offset_s: plan.offset / 1000 },
      };
      return [{ junction, action: { kind: "plan", plan }, reasons: [reason] }];
    }),
  }),
};
