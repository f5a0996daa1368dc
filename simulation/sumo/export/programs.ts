import type { City, Junction } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { type Instant, type Millis, millis, modulo, toSeconds } from "../../../config/units.ts";
import { type LampInterval, planLamps } from "./plan-lamps.ts";
import { type SignalLink, stateOf } from "./signals.ts";
import { element } from "./xml-text.ts";

const DAY = 86_400_000;

/** Where a plan stands in its cycle at an instant, since the start of its coordinated green. */
export const cyclePosition = (plan: TimingPlan, at: Instant): number =>
  modulo(modulo(at, DAY) - plan.offset, plan.cycle);

/** A timing plan as a SUMO program: position 0 is the start of the coordinated green, time 0 the begin of the run. */
export function tlLogic(options: {
  readonly junction: Junction;
  readonly plan: TimingPlan;
  readonly program: string;
  readonly links: readonly SignalLink[];
  readonly start: Instant;
}): string {
  const { junction, plan, program, links, start } = options;
  // SUMO stands at (t - offset) modulo the cycle.
  const offset = millis(modulo(-cyclePosition(plan, start), plan.cycle));
  return element(
    "tlLogic",
    { id: junction.id, type: "static", programID: program, offset: toSeconds(offset) },
    merged(planLamps(junction, plan), links).map(({ duration, state }) =>
      element("phase", { duration: toSeconds(duration), state }),
    ),
  );
}

/** Intervals that differ only for pedestrians are one. */
function merged(
  intervals: readonly LampInterval[],
  links: readonly SignalLink[],
): readonly { readonly duration: Millis; readonly state: string }[] {
  const phases: { duration: Millis; state: string }[] = [];
  for (const { duration, lamps } of intervals) {
    const state = stateOf(links, lamps);
    const last = phases.at(-1);
    if (last?.state === state) last.duration = millis(last.duration + duration);
    else phases.push({ duration, state });
  }
  return phases;
}

export const planOfSet = (city: City, planSet: string, junction: string): TimingPlan =>
  city.schedule.planSets.get(planSet)!.plans.get(junction)!;
