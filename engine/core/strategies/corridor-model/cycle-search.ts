import type { Control, Junction } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import { type Millis, millis } from "../../../../config/units.ts";
import { fitPlan } from "../../plan/fit-plan.ts";
import { planResolution } from "../../plan/phase-times.ts";
import { cycleForSaturation } from "../../traffic/cycle-time.ts";
import { type CriticalPath, criticalPath } from "../critical-path.ts";
import { loadRatio } from "./load.ts";
import { searchOffsets } from "./offset-search.ts";
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
  /** Predicted cost of the present cycle and of the chosen one, both with their best greens and offsets. */
  readonly present: number;
  readonly chosen: number;
  /** The junction that needs the longest cycle, and what it needs to stay at the target; undefined: more than any cycle. */
  readonly critical: string;
  readonly needed: Millis | undefined;
  readonly path: CriticalPath;
}

/** Cycles tried either side of the present one, in steps: two, so that one bad platoon fit in between does not stop a better cycle. */
const stepsAside = 2;

/** The corridor's best cycle within a few steps of the present one. */
export function searchCycle(search: CycleSearch): CycleChoice {
  const { scenario, free, cycle, range, scheduled, control } = search;
  const needs = scenario.junctions
    .filter(({ id }) => free.has(id))
    .map((junction) => {
      const path = criticalPath(junction, (stream) => loadRatio(scenario.loads.get(stream)));
      return { junction, path, needS: cycleForSaturation(path.lostS, path.sum, control.targetSaturation) };
    });
  const critical = needs.reduce((a, b) => ((b.needS ?? Infinity) > (a.needS ?? Infinity) ? b : a));
  const needed = critical.needS === undefined ? undefined : wholeUp(critical.needS * 1000);
  // Longer than the schedule's is only for saturation: side streets and people on foot pay for it.
  const { low } = range;
  const high = Math.min(range.high, Math.max(scheduled, needed ?? range.high));
  const tries = new Set<number>();
  for (let k = -stepsAside; k <= stepsAside; k++) {
    const tried = cycle + k * control.cycleStep;
    tries.add(Math.min(high, Math.max(low, Math.round(tried / planResolution) * planResolution)));
  }
  const present = costAt(search, cycle);
  let best = { cycle, cost: cycle > high ? Number.POSITIVE_INFINITY : present };
  for (const tried of [...tries].sort((a, b) => a - b)) {
    if (tried === cycle) continue;
    const cost = costAt(search, millis(tried));
    if (cost < best.cost) best = { cycle: millis(tried), cost };
  }
  return {
    cycle: best.cycle,
    present,
    chosen: best.cost,
    critical: critical.junction.id,
    needed,
    path: critical.path,
  };
}

const wholeUp = (time: number): Millis => millis(Math.ceil(time / planResolution) * planResolution);

/** Predicted cost of the corridor at a cycle, with greens by flow ratio and the best offsets. */
function costAt({ scenario, free }: CycleSearch, cycle: Millis): number {
  const plans = new Map<string, TimingPlan>();
  for (const junction of scenario.junctions) {
    const plan = scenario.plans.get(junction.id);
    if (plan) plans.set(junction.id, free.has(junction.id) ? (planAt(scenario, junction, plan, cycle) ?? plan) : plan);
  }
  const held = new Set(scenario.junctions.filter(({ id }) => !free.has(id)).map(({ id }) => id));
  const trial = { ...scenario, plans };
  return predict({ ...trial, plans: searchOffsets(trial, held) }).cost;
}

/** A plan of another cycle with greens by flow ratio. */
export function planAt(
  scenario: Scenario,
  junction: Junction,
  plan: TimingPlan,
  cycle: Millis,
): TimingPlan | undefined {
  const { ratios } = criticalPath(junction, (stream) => loadRatio(scenario.loads.get(stream)));
  const fit = fitPlan(junction, {
    id: plan.id,
    cycle,
    offset: plan.offset,
    greens: ratios,
    least: scenario.kept.get(junction.id),
  });
  return fit.kind === "fits" ? fit.plan : undefined;
}
