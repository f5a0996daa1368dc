import type { Junction } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { millis, modulo, seconds } from "../../../config/units.ts";
import type { ImportReport } from "../input-fault.ts";
import type { SumoSignal } from "./signal.ts";

/**
 * The program as a timing plan. SUMO begins a program `offset` after second 0, so the first stage starts `lead + offset`
 * into the cycle. Where the rules ask for more than the program gives (a longer amber, a
 * longer minimum green), greens are cut where there is most, and the cycle grows only when that is not enough.
 */
export function programPlan({ junction, stages }: SumoSignal, report: ImportReport): TimingPlan {
  const { program, greenS, changeS, leadS } = stages;
  const wanted = greenS.map((green, i) => seconds(green + changeS[i]!) as number);
  const least = junction.phases.map((phase) => phase.minGreen + phase.amber + phase.allRed);
  const most = junction.phases.map((phase) => phase.maxGreen + phase.amber + phase.allRed);
  const splits = wanted.map((split, i) => Math.min(Math.max(split, least[i]!), most[i]!));
  const own = wanted.reduce((a, b) => a + b, 0);
  let over = splits.reduce((a, b) => a + b, 0) - own;
  while (over > 0) {
    const spare = splits.map((split, i) => split - least[i]!);
    const i = spare.indexOf(Math.max(...spare));
    if (spare[i]! <= 0) break;
    const cut = Math.min(over, spare[i]!, 1000);
    splits[i]! -= cut;
    over -= cut;
  }
  const cycle = splits.reduce((a, b) => a + b, 0);
  if (splits.some((split, i) => split !== wanted[i]))
    report.note("a program's greens were changed to keep minimum green, amber and all-red", `signal ${junction.id}`);
  return {
    id: `program/${junction.id}`,
    junction: junction.id,
    cycle: millis(cycle),
    offset: millis(modulo(seconds(leadS + program.offsetS), cycle)),
    splits: splits.map((split, i) => ({ phase: i + 1, split: millis(split) })),
    sequence: junction.rings,
  };
}

/** Longest cycle that the plan and its junction agree on. */
export const fitsJunction = (plan: TimingPlan, junction: Junction): Junction =>
  plan.cycle <= junction.cycleMax ? junction : { ...junction, cycleMax: plan.cycle };
