import type { Control, Junction } from "../../../config/model.ts";
import { splitOf, type TimingPlan } from "../../../config/plan.ts";
import { type Millis, millis, modulo } from "../../../config/units.ts";
import { divide, wholeOffset } from "./fit-plan.ts";
import { barriersOf, cycleRange, type LeastSplit, planResolution, splitBounds } from "./phase-times.ts";

export type Steps = Pick<Control, "cycleStep" | "offsetStep" | "splitStep">;

/** From one offset to another the short way round, in (-cycle / 2, cycle / 2]. */
export function offsetChange(from: Millis, to: Millis, cycle: Millis): Millis {
  const forward = modulo(to - from, cycle);
  return millis(forward > cycle / 2 ? forward - cycle : forward);
}

const clamp = (value: number, limit: number): number => Math.min(limit, Math.max(-limit, value));
const wholeDown = (time: number): number => Math.floor(time / planResolution) * planResolution;

/**
 * The valid plan nearest to `to` that one plan change may reach from `from`: cycle, offset and every split moved by no
 * more than their steps. When the wanted cycle cannot be made of such splits, the nearest cycle to it that can.
 * `from` itself when nothing else is in reach (also when `from` breaks the junction's own limits by more than a step).
 */
export function boundedStep(
  junction: Junction,
  from: TimingPlan,
  to: TimingPlan,
  steps: Steps,
  least?: LeastSplit,
): TimingPlan {
  const range = cycleRange(junction);
  if (!range || from.sequence.length !== junction.rings.length) return from;
  const wanted = Math.min(range.high, Math.max(range.low, to.cycle));
  const reach = clamp(wanted - from.cycle, wholeDown(steps.cycleStep));
  const towards = Math.sign(reach);
  for (let change = Math.abs(reach); change >= 0; change -= planResolution) {
    const cycle = millis(Math.round((from.cycle + towards * change) / planResolution) * planResolution);
    const splits = splitsWithin({ junction, from, to, cycle, splitStep: steps.splitStep, least });
    if (!splits) continue;
    return {
      id: to.id,
      junction: to.junction,
      cycle,
      offset: steppedOffset({ from: from.offset, to: to.offset, cycle, offsetStep: steps.offsetStep }),
      splits,
      sequence: from.sequence,
    };
  }
  return from;
}

interface Reach {
  readonly from: TimingPlan;
  readonly to: TimingPlan;
  readonly cycle: Millis;
}

interface SplitReach extends Reach {
  readonly junction: Junction;
  readonly splitStep: Millis;
  readonly least: LeastSplit | undefined;
}

function splitsWithin({ junction, from, to, cycle, splitStep, least }: SplitReach) {
  return divide({
    barriers: barriersOf(junction, from.sequence),
    cycleS: cycle / 1000,
    levels: [-cycle / 1000, cycle / 1000],
    parts: (phases) =>
      phases.map((phase) => {
        const bounds = splitBounds(junction, phase, cycle, least);
        const present = splitOf(from, phase.number);
        const wanted = splitOf(to, phase.number) / 1000;
        const high = Math.floor(Math.min(bounds.high, present + splitStep) / planResolution);
        // What is asked beyond the hard bounds is approached a step at a time.
        const hard = splitBounds(junction, phase, cycle).low;
        const soft = Math.ceil(Math.max(bounds.low, present - splitStep) / planResolution);
        return {
          low: Math.max(Math.min(soft, high), Math.ceil(Math.max(hard, present - splitStep) / planResolution)),
          high,
          wish: (level) => wanted + level,
        };
      }),
  });
}

/** As far from one offset to another as one step goes, the short way round; whole seconds in [0, cycle). */
export function steppedOffset(move: {
  readonly from: Millis;
  readonly to: Millis;
  readonly cycle: Millis;
  readonly offsetStep: Millis;
}): Millis {
  const { from, to, cycle, offsetStep } = move;
  const target = from + clamp(offsetChange(from, to, cycle), offsetStep);
  const rounded = wholeOffset(target, cycle);
  // Rounding a fractional present offset may overshoot the step by less than a second: then one second less.
  const taken = offsetChange(from, rounded, cycle);
  if (Math.abs(taken) <= offsetStep) return rounded;
  return wholeOffset(target - Math.sign(taken) * planResolution, cycle);
}
