import { samePlan, splitOf, type TimingPlan } from "../../../config/plan.ts";
import { between, modulo } from "../../../config/units.ts";
import { type Denial, type GuardRequest, shown } from "./request.ts";

/** Is this, time for time, the plan that the schedule asks for now? */
export const isScheduled = (plan: TimingPlan, { scheduled, junction }: GuardRequest): boolean =>
  scheduled !== undefined && scheduled.junction === junction.id && samePlan(plan, scheduled);

/** Is this, time for time, what ran before the engine's own calls interrupted it? */
const isReturn = (plan: TimingPlan, { interrupted, inForce, junction }: GuardRequest): boolean =>
  inForce === undefined && interrupted?.junction === junction.id && samePlan(plan, interrupted);

/** The shorter way round the cycle from one offset to the other. */
function offsetChange(from: number, to: number, cycle: number): number {
  const forward = modulo(to - from, cycle);
  return Math.min(forward, cycle - forward);
}

/** What runs now: the plan in force, or the scheduled one where the cabinet runs its own schedule. */
function baseOf({ inForce, cabinet, scheduled }: GuardRequest): TimingPlan | undefined {
  if (inForce) return inForce;
  return cabinet?.kind === "reachable" && cabinet.mode === "local" ? scheduled : undefined;
}

/**
 * Invariant 5. A plan of a strategy stays within the steps of what runs now. A change to the scheduled plan may be of any size, and a
 * return to what the engine's own calls interrupted is none; no plan is sent into a
 * transition that has gone on for too long.
 */
export function checkChange(plan: TimingPlan, request: GuardRequest): readonly Denial[] {
  const base = baseOf(request);
  const denials: Denial[] = [...checkTransition(plan, base, request)];
  if (isScheduled(plan, request) || isReturn(plan, request)) return denials;
  if (!base || base.junction !== request.junction.id) {
    denials.push({
      invariant: 5,
      code: "base-unknown",
      message: `no plan of junction ${request.junction.id} is known to run there, so a change has no limit: send the scheduled plan first`,
    });
    return denials;
  }
  const { cycleStep, offsetStep, splitStep } = request.control;
  const cycle = Math.abs(plan.cycle - base.cycle);
  if (!(cycle <= cycleStep))
    denials.push({
      invariant: 5,
      code: "cycle-step",
      message: `the cycle would change by ${shown(cycle)}, from ${shown(base.cycle)} to ${shown(plan.cycle)}; the step is ${shown(cycleStep)}: go there in several changes`,
    });
  const offset = offsetChange(base.offset, plan.offset, plan.cycle);
  if (!(offset <= offsetStep))
    denials.push({
      invariant: 5,
      code: "offset-step",
      message: `the offset would change by ${shown(offset)}, from ${shown(base.offset)} to ${shown(plan.offset)}; the step is ${shown(offsetStep)}: go there in several changes`,
    });
  for (const { number: phase } of request.junction.phases) {
    const change = Math.abs(splitOf(plan, phase) - splitOf(base, phase));
    if (!(change <= splitStep))
      denials.push({
        invariant: 5,
        code: "split-step",
        message: `the split of phase ${phase} would change by ${shown(change)}; the step is ${shown(splitStep)}: go there in several changes`,
      });
  }
  if (JSON.stringify(plan.sequence) !== JSON.stringify(base.sequence))
    denials.push({
      invariant: 5,
      code: "sequence-change",
      message: `the order would change from ${JSON.stringify(base.sequence)} to ${JSON.stringify(plan.sequence)}; only the schedule may do that: keep the order`,
    });
  return denials;
}

function checkTransition(
  plan: TimingPlan,
  base: TimingPlan | undefined,
  { cabinet, transitionSince, now, control }: GuardRequest,
): readonly Denial[] {
  if (cabinet?.kind !== "reachable" || !cabinet.inTransition) return [];
  if (transitionSince === undefined)
    return [
      {
        invariant: 5,
        code: "transition-unknown",
        message: "the cabinet is in transition, since when is unknown: wait until it is in step",
      },
    ];
  const lasted = between(transitionSince, now);
  const limit = control.transitionCycles * (base ?? plan).cycle;
  if (lasted >= 0 && lasted <= limit) return [];
  return [
    {
      invariant: 5,
      code: "transition-too-long",
      message: `the cabinet has been in transition for ${shown(lasted)}; ${control.transitionCycles} cycles are ${shown(limit)}: release it or wait until it is in step`,
    },
  ];
}
