import type { TimingPlan } from "../../../../config/plan.ts";
import { type Instant, type Millis, millis, modulo } from "../../../../config/units.ts";
import { offsetChange, steppedOffset } from "../../plan/bounded-step.ts";
import { cyclePosition } from "../../plan/green-windows.ts";

const second = 1000;
const day = 86_400_000;

/**
 * How far a cabinet is out of step when it takes up `to` at the next start of its coordinated green under `from`: what
 * its transition has to make good, in [0, cycle / 2].
 */
export function misstep(from: TimingPlan, to: TimingPlan, now: Instant): Millis {
  const zero = now + (from.cycle - cyclePosition(from, now));
  const late = modulo((zero % day) - to.offset, to.cycle);
  return millis(Math.min(late, to.cycle - late));
}

/**
 * Moves all offsets of a corridor together, which changes nothing between its junctions, so that the worst change from
 * what runs is as small as it can be. `measure` says how much one junction is moved by a plan.
 */
export function rotateToward(
  plans: ReadonlyMap<string, TimingPlan>,
  running: ReadonlyMap<string, TimingPlan>,
  measure: (from: TimingPlan, to: TimingPlan) => number,
): { readonly plans: ReadonlyMap<string, TimingPlan>; readonly worst: number } {
  const cycle = Math.max(...[...plans.values()].map((plan) => plan.cycle));
  let best: { plans: ReadonlyMap<string, TimingPlan>; worst: number; total: number } | undefined;
  for (let turn = 0; turn < cycle; turn += second) {
    let worst = 0;
    let total = 0;
    const turned = new Map<string, TimingPlan>();
    for (const [id, plan] of plans) {
      const next = { ...plan, offset: millis(modulo(plan.offset + turn, plan.cycle)) };
      const moved = measure(running.get(id)!, next);
      worst = Math.max(worst, moved);
      total += moved;
      turned.set(id, next);
    }
    if (!best || worst < best.worst || (worst === best.worst && total < best.total))
      best = { plans: turned, worst, total };
  }
  return best ?? { plans, worst: 0 };
}

/** Change of the offset alone. */
const offsetDistance = (from: TimingPlan, to: TimingPlan): number =>
  Math.abs(offsetChange(from.offset, to.offset, to.cycle));

/** What a change of cycle disturbs at one junction: its misstep now, and what one offset step leaves for later. */
export function disturbance(
  from: TimingPlan,
  to: TimingPlan,
  step: { readonly offset: Millis; readonly now: Instant },
): number {
  const offset = steppedOffset({ from: from.offset, to: to.offset, cycle: to.cycle, offsetStep: step.offset });
  const first = { ...to, offset };
  return misstep(from, first, step.now) + offsetDistance(first, to);
}
