import type { Junction } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { type Millis, millis } from "../../../config/units.ts";
import { fitPlan } from "../plan/fit-plan.ts";
import {
  barriersOf,
  changeTime,
  cycleRange,
  type LeastSplit,
  minimumSplit,
  planResolution,
} from "../plan/phase-times.ts";
import { junctionCost } from "../strategies/corridor-model/junction-cost.ts";
import { searchSplits } from "../strategies/corridor-model/split-search.ts";
import { type CriticalPath, criticalPath } from "../strategies/critical-path.ts";
import { cycleForSaturation, recommendedCycles, websterCycle } from "../traffic/cycle-time.ts";
import { delayOffsets, quick } from "./delay-offsets.ts";
import { type NetworkCost, type PlannedNetwork, type Plans, ratioOf } from "./network.ts";

/** What one junction needs by itself. */
export interface JunctionNeed {
  readonly junction: Junction;
  readonly path: CriticalPath;
  /** (1.5 LTI + 5) / (1 - IFR), s; undefined past the formula's range. */
  readonly websterS: number | undefined;
  /** Shortest cycle at the target degree of saturation, s; undefined: no cycle is enough. */
  readonly saturationS: number | undefined;
  readonly advised: { readonly from: number; readonly to: number };
  readonly range: { readonly low: Millis; readonly high: Millis } | undefined;
}

export function needOf(junction: Junction, network: PlannedNetwork, target: number): JunctionNeed {
  const path = criticalPath(junction, (stream) => ratioOf(network.loads.get(stream)));
  return {
    junction,
    path,
    websterS: websterCycle(path.lostS, path.sum),
    saturationS: cycleForSaturation(path.lostS, path.sum, target),
    advised: recommendedCycles(path.phases.length),
    range: cycleRange(junction),
  };
}

export interface CycleTry {
  readonly cycle: Millis;
  readonly plans: Plans;
  readonly cost: NetworkCost;
  readonly method: "exact" | "ascent";
  /** Junctions that run half of it. */
  readonly halves: readonly string[];
}

const day = 86_400_000;
/** A shorter cycle is taken when a longer one saves less than this: side streets and people on foot gain by it. */
const worthLonger = 0.01;

/** Cycles that every junction can run, whole or half, and that divide a day where any does: offsets then run through midnight without a jump. */
export function possibleCycles(needs: readonly JunctionNeed[]): readonly Millis[] {
  const fits = (need: JunctionNeed, cycle: number): boolean =>
    need.range !== undefined &&
    [cycle, cycle / 2].some((own) => own % planResolution === 0 && own >= need.range!.low && own <= need.range!.high);
  const longest = Math.max(0, ...needs.map(({ range }) => range?.high ?? 0));
  const all: Millis[] = [];
  for (let cycle = 0; cycle <= longest; cycle += planResolution)
    if (cycle > 0 && needs.every((need) => fits(need, cycle))) all.push(millis(cycle));
  const even = all.filter((cycle) => day % cycle === 0);
  return even.length > 0 ? even : all.filter((_, i) => i % 5 === 0);
}

/** The cheapest common cycle with offsets of least delay for each; undefined when no cycle fits all. */
export function chooseCycle(
  network: PlannedNetwork,
  needs: readonly JunctionNeed[],
  only?: Millis,
): { readonly best: CycleTry; readonly tried: readonly CycleTry[] } | undefined {
  const cycles = only === undefined ? possibleCycles(needs) : [only];
  const tried = cycles.flatMap((cycle) => tryCycle(network, needs, cycle) ?? []);
  if (tried.length === 0) return undefined;
  const least = Math.min(...tried.map(({ cost }) => cost.index));
  const first = tried.find(({ cost }) => cost.index <= (1 + worthLonger) * least)!;
  const best = { ...first, ...delayOffsets(network, first.plans) };
  return { best, tried: tried.map((entry) => (entry === first ? best : entry)) };
}

function tryCycle(network: PlannedNetwork, needs: readonly JunctionNeed[], cycle: Millis): CycleTry | undefined {
  const whole = new Map<string, TimingPlan>();
  const mixed = new Map<string, TimingPlan>();
  const halves: string[] = [];
  for (const need of needs) {
    const full = splitsAt(network, need, cycle);
    const half = cycle % (2 * planResolution) === 0 ? splitsAt(network, need, millis(cycle / 2)) : undefined;
    const plan = full ?? half;
    if (!plan) return undefined;
    whole.set(need.junction.id, plan.plan);
    const twice = half && (!full || half.cost < full.cost) ? half : plan;
    mixed.set(need.junction.id, twice.plan);
    if (twice.plan.cycle < cycle) halves.push(need.junction.id);
  }
  const one = delayOffsets(network, whole, quick);
  const halved = (plans: Plans): readonly string[] =>
    [...plans.values()].filter((plan) => plan.cycle < cycle).map((plan) => plan.junction);
  if (halves.length === 0) return { cycle, ...one, halves: [] };
  const other = delayOffsets(network, mixed, quick);
  const better = other.cost.index < one.cost.index ? other : one;
  return { cycle, ...better, halves: halved(better.plans) };
}

/** Where the target cannot be kept in a cycle, the next degree of saturation that can. */
const relaxedTargets = [1, 1.06, 1.12, 1.18] as const;

/**
 * Every phase has what brings it to the target degree of saturation, or the nearest the cycle allows; what is left goes
 * where it saves most waiting. Past all that, equal degrees of saturation on the critical path.
 */
function splitsAt(
  { city, loads }: PlannedNetwork,
  { junction, path }: JunctionNeed,
  cycle: Millis,
): { readonly plan: TimingPlan; readonly cost: number } | undefined {
  const wish = { id: `plan/${junction.id}`, cycle, offset: millis(0), greens: path.ratios };
  const judging = { junction, loads, arrivals: () => undefined, floor: undefined };
  for (const factor of relaxedTargets) {
    const least = leastSplit(junction, path, city.control.targetSaturation * factor);
    const fit = fitPlan(junction, { ...wish, least });
    if (fit.kind !== "fits" || !keeps(fit.plan, least)) continue;
    const { plan, cost } = searchSplits(judging, fit.plan, { stepMs: cycle, noGrowth: new Set(), least });
    return { plan, cost: cost.cost };
  }
  const fit = fitPlan(junction, wish);
  return fit.kind === "fits" ? { plan: fit.plan, cost: junctionCost(judging, fit.plan).cost } : undefined;
}

function leastSplit(junction: Junction, { ratios }: CriticalPath, target: number): LeastSplit {
  const changes = new Map(junction.phases.map((phase) => [phase.number, changeTime(phase)]));
  return (number, cycle) => {
    const needed = ((ratios.get(number) ?? 0) * cycle) / target + (changes.get(number) ?? 0);
    return millis(Math.ceil(needed / planResolution) * planResolution);
  };
}

/** A maximum green may stand in the way of what was asked. */
const keeps = (plan: TimingPlan, least: LeastSplit): boolean =>
  plan.splits.every(({ phase, split }) => split >= (least(phase, plan.cycle) ?? 0));

/** Least cycle of a junction's minima, for a clear word when nothing fits: by phase of its longest ring. */
export function minimaOf(junction: Junction): {
  readonly cycle: Millis;
  readonly phases: readonly { readonly number: number; readonly least: Millis; readonly change: Millis }[];
} {
  const phases = barriersOf(junction).flatMap(({ rings }) =>
    rings
      .reduce((a, b) => (total(b) > total(a) ? b : a), rings[0]!)
      .map((phase) => ({
        number: phase.number,
        least: minimumSplit(phase),
        change: changeTime(phase),
      })),
  );
  return { cycle: millis(phases.reduce((sum, { least }) => sum + least, 0)), phases };
}

const total = (ring: readonly Parameters<typeof minimumSplit>[0][]): number =>
  ring.reduce((sum, phase) => sum + minimumSplit(phase), 0);
