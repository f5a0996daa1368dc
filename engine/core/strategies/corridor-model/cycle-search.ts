import type { Control, Junction, Phase } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import { type Millis, millis } from "../../../../config/units.ts";
import { boundedStep } from "../../plan/bounded-step.ts";
import { fitPlan } from "../../plan/fit-plan.ts";
import { barriersOf, changeTime, greenOf, minimumSplit, planResolution } from "../../plan/phase-times.ts";
import { type CriticalPath, criticalPath } from "../critical-path.ts";
import { loadRatio } from "./load.ts";
import { type OffsetReach, searchOffsets } from "./offset-search.ts";
import { predict, type Scenario } from "./prediction.ts";

export interface CycleSearch {
  readonly scenario: Scenario;
  /** Junctions whose plan may change. */
  readonly free: ReadonlySet<string>;
  readonly cycle: Millis;
  readonly range: { readonly low: Millis; readonly high: Millis };
  /** Longest cycle of the schedule: more than that is only for saturation. */
  readonly scheduled: Millis;
  readonly control: Control;
}

export interface CycleChoice {
  readonly cycle: Millis;
  readonly plans: ReadonlyMap<string, TimingPlan>;
  /** Predicted cost. */
  readonly cost: number;
}

/** The junction that needs the longest cycle, and what it needs to stay at the target; undefined: more than any cycle. */
export interface CycleNeed {
  readonly junction: string;
  readonly cycle: Millis | undefined;
  readonly path: CriticalPath;
}

export function criticalNeed({ scenario, free, range, control }: CycleSearch): CycleNeed {
  const needs = scenario.junctions
    .filter(({ id }) => free.has(id))
    .map((junction) => {
      const path = criticalPath(junction, (stream) => loadRatio(scenario.loads.get(stream)));
      return {
        junction: junction.id,
        path,
        cycle: shortestCycle(junction, path.ratios, range, control.targetSaturation),
      };
    });
  return needs.reduce((a, b) => ((b.cycle ?? Infinity) > (a.cycle ?? Infinity) ? b : a));
}

/** Shortest cycle in which every phase has its minimum and no more than the target saturation. */
function shortestCycle(
  junction: Junction,
  ratios: ReadonlyMap<number, number>,
  range: CycleSearch["range"],
  target: number,
): Millis | undefined {
  const barriers = barriersOf(junction);
  for (let cycle = range.low; cycle <= range.high; cycle = millis(cycle + planResolution)) {
    const split = (phase: Phase): number =>
      Math.max(minimumSplit(phase), (ratios.get(phase.number)! * cycle) / target + changeTime(phase));
    const needed = barriers.reduce(
      (sum, { rings }) =>
        sum + Math.max(...rings.map((ring) => ring.reduce((total, phase) => total + split(phase), 0))),
      0,
    );
    if (needed <= cycle) return cycle;
  }
  return undefined;
}

/**
 * The better of the two cycles one step away, as they would run right after the step; undefined when neither may be:
 * longer than the schedule's is only for saturation, since side streets and people on foot pay for it, and shorter than
 * the critical junction needs is for nobody.
 */
export function searchCycle(search: CycleSearch, need: CycleNeed): CycleChoice | undefined {
  const { cycle, range, scheduled, control } = search;
  const high = Math.min(range.high, Math.max(scheduled, need.cycle ?? range.high));
  const low = Math.max(range.low, need.cycle ?? range.high);
  let best: CycleChoice | undefined;
  for (const step of [-control.cycleStep, control.cycleStep]) {
    const tried =
      Math.round(Math.min(high, Math.max(Math.min(low, cycle), cycle + step)) / planResolution) * planResolution;
    if (Math.sign(tried - cycle) !== Math.sign(step)) continue;
    const choice = stepTo(search, millis(tried));
    if (!best || choice.cost < best.cost) best = choice;
  }
  return best;
}

/** Every free junction one bounded step towards a cycle; offsets within half a step, the rest is left to turn all together. */
function stepTo({ scenario, free, control }: CycleSearch, cycle: Millis): CycleChoice {
  const plans = new Map(scenario.plans);
  for (const junction of scenario.junctions) {
    const plan = scenario.plans.get(junction.id);
    const wished = plan && free.has(junction.id) ? planAt(scenario, junction, plan, cycle) : undefined;
    if (!plan || !wished) continue;
    plans.set(junction.id, boundedStep(junction, plan, wished, control, scenario.kept.get(junction.id)));
  }
  const reach: OffsetReach = (id) => (free.has(id) ? control.offsetStep / 2 : 0);
  const timed = searchOffsets({ ...scenario, plans }, reach);
  return { cycle, plans: timed, cost: predict({ ...scenario, plans: timed }).cost };
}

/** A plan of another cycle with its greens in the same proportions. */
export function planAt(
  scenario: Scenario,
  junction: Junction,
  plan: TimingPlan,
  cycle: Millis,
): TimingPlan | undefined {
  const greens = new Map(junction.phases.map((phase) => [phase.number, greenOf(plan, phase)]));
  const { offset, id } = plan;
  const fit = fitPlan(junction, { id, cycle, offset, greens, least: scenario.kept.get(junction.id) });
  return fit.kind === "fits" ? fit.plan : undefined;
}
