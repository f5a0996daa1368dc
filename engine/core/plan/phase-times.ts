import type { Junction, Phase } from "../../../config/model.ts";
import { splitOf, type TimingPlan } from "../../../config/plan.ts";
import { type Millis, millis } from "../../../config/units.ts";

/** Splits, cycles and offsets are whole seconds: NTCIP 1202 splitTime, patternCycleTime and patternOffsetTime hold no less. */
export const planResolution: Millis = millis(1000);

/** Amber and all-red after a phase's green. */
export const changeTime = (phase: Phase): Millis => millis(phase.amber + phase.allRed);

/** The least split: minimum green, or walk and pedestrian clearance, with amber and all-red; whole seconds up. */
export const minimumSplit = (phase: Phase): Millis =>
  millis(Math.ceil((phase.minGreen + changeTime(phase)) / planResolution) * planResolution);

/** The longest split: maximum green with amber and all-red; whole seconds down. */
export const maximumSplit = (phase: Phase): Millis =>
  millis(Math.floor((phase.maxGreen + changeTime(phase)) / planResolution) * planResolution);

/** Green that a plan gives to a phase. */
export const greenOf = (plan: TimingPlan, phase: Phase): Millis =>
  millis(Math.max(0, splitOf(plan, phase.number) - changeTime(phase)));

export interface SplitBounds {
  readonly low: Millis;
  readonly high: Millis;
}

/** More than its own minimum that a phase is to have, by phase number and cycle; undefined where nothing more is asked. */
export type LeastSplit = (phase: number, cycle: Millis) => Millis | undefined;

/**
 * Bounds of a phase's split in a plan of `cycle`: own minimum and maximum, no red past the junction's maximum, and what
 * `least` asks besides (never beyond the maximum).
 */
export function splitBounds(junction: Junction, phase: Phase, cycle: Millis, least?: LeastSplit): SplitBounds {
  const shortestGreen = cycle - junction.maxRed;
  const forRed = Math.ceil((shortestGreen + changeTime(phase)) / planResolution) * planResolution;
  const high = maximumSplit(phase);
  const asked = Math.min(high, Math.floor((least?.(phase.number, cycle) ?? 0) / planResolution) * planResolution);
  return { low: millis(Math.max(minimumSplit(phase), forRed, asked)), high };
}

export interface Barrier {
  readonly number: number;
  /** Phases of each ring inside the barrier, in the order served. */
  readonly rings: readonly (readonly Phase[])[];
}

/** Barriers in the order served. A stage-based junction has one ring in one barrier. */
export function barriersOf(junction: Junction, sequence: TimingPlan["sequence"] = junction.rings): readonly Barrier[] {
  const phases = new Map(junction.phases.map((phase) => [phase.number, phase]));
  const rings = sequence.map((ring) => ring.map((number) => phases.get(number)!));
  const numbers = [...new Set(rings.flat().map((phase) => phase.barrier))];
  return numbers.map((number) => ({
    number,
    rings: rings.map((ring) => ring.filter((phase) => phase.barrier === number)),
  }));
}

/** Shortest and longest cycle of a junction: its range, its splits' sums, and the patience of people at crossings. */
export function cycleRange(junction: Junction): { readonly low: Millis; readonly high: Millis } | undefined {
  if (junction.phases.some((phase) => minimumSplit(phase) > maximumSplit(phase))) return undefined;
  let low = 0;
  let high = 0;
  for (const barrier of barriersOf(junction)) {
    if (barrier.rings.some((ring) => ring.length === 0)) return undefined;
    low += Math.max(...barrier.rings.map((ring) => ring.reduce((sum, phase) => sum + minimumSplit(phase), 0)));
    high += Math.min(...barrier.rings.map((ring) => ring.reduce((sum, phase) => sum + maximumSplit(phase), 0)));
  }
  low = Math.ceil(Math.max(low, junction.cycleMin) / planResolution) * planResolution;
  high = Math.floor(Math.min(high, junction.cycleMax, longestForCrossings(junction)) / planResolution) * planResolution;
  return low <= high ? { low: millis(low), high: millis(high) } : undefined;
}

/** Walk is sure for its minimum only: whoever just misses it waits for the rest of the cycle. */
function longestForCrossings(junction: Junction): number {
  const waits = junction.crossings.flatMap((crossing) =>
    junction.groups.filter((group) => group.id === crossing.group).map((group) => crossing.maxWait + group.minGreen),
  );
  return Math.min(Number.POSITIVE_INFINITY, ...waits);
}
