import { octetsOf, type Ref, ref, SplitMode, type Write } from "ntcip-ts";
import type { Junction } from "../../config/model.ts";
import { epochOffset, splitOf, type TimingPlan } from "../../config/plan.ts";
import { type Instant, type Millis, modulo, seconds } from "../../config/units.ts";

/** What a unit said of itself; read once. */
export interface UnitLimits {
  readonly maxPhases: number;
  readonly maxPatterns: number;
  readonly maxSplits: number;
  readonly maxSequences: number;
  readonly maxRings: number;
  /** Minutes past local midnight from which patterns count; 65535: from the start of a scheduled action. */
  readonly patternSync: number;
  /** Its standard time less UTC. */
  readonly zone: Millis;
}

/** Rows the engine writes. */
export interface Slot {
  readonly pattern: number;
  readonly split: number;
  readonly sequence: number;
}

/** Splits and cycles are INTEGER 0..255 s on the wire (NTCIP 1202 splitTime, patternCycleTime). */
export const longestTime = seconds(255);
/** Shorter cycles leave no room for clearances (NTCIP practice: 30..255 s). */
export const shortestCycle = seconds(30);

const day = seconds(86_400);
const noSync = 65_535;

/** The engine's two slots are the unit's last rows; it writes the one that neither runs nor is called. */
export function chooseSlot(limits: UnitLimits, running: number, called: number): Slot {
  const slots = [0, 1].map((back) => ({
    pattern: limits.maxPatterns - back,
    split: limits.maxSplits - back,
    sequence: limits.maxSequences - back,
  }));
  const idle = slots.filter(({ pattern }) => pattern !== running);
  return idle.find(({ pattern }) => pattern !== called) ?? idle[0]!;
}

/** Why NTCIP 1202 cannot say this plan to this unit. Whether it is a safe plan is for the guard and the unit. */
export function planFault(
  plan: TimingPlan,
  junction: Junction,
  limits: UnitLimits,
): { readonly code: string; readonly detail: string } | undefined {
  const no = (code: string, detail: string) => ({ code, detail });
  const tenths = (time: Millis) => `${time / 1000} s`;
  if (plan.junction !== junction.id)
    return no("junction", `the plan is for ${plan.junction}, the cabinet at ${junction.id}`);
  if (limits.maxPatterns < 2 || limits.maxSplits < 2 || limits.maxSequences < 2)
    return no("slots", "the unit has no two patterns, splits and sequences to alternate between");
  if (limits.patternSync === noSync)
    return no("sync", "the unit's patterns count from scheduled actions, not from midnight");
  if (plan.cycle % 1000 !== 0 || plan.cycle < shortestCycle || plan.cycle > longestTime)
    return no("cycle-range", `cycle ${tenths(plan.cycle)}; whole seconds within 30..255 s`);
  const rings = Math.min(limits.maxRings, junction.rings.length);
  if (plan.sequence.length > rings) return no("rings", `${plan.sequence.length} rings; the unit has ${rings}`);
  for (const { phase, split } of plan.splits) {
    if (split % 1000 !== 0 || split <= 0 || split > longestTime)
      return no("split-range", `split ${tenths(split)} of phase ${phase}; whole seconds within 1..255 s`);
  }
  const known = new Set(junction.phases.map(({ number }) => number));
  const named = [...plan.splits.map(({ phase }) => phase), ...plan.sequence.flat()];
  const astray = named.find((phase) => phase < 1 || phase > limits.maxPhases || !known.has(phase));
  if (astray !== undefined)
    return no(
      "phase-range",
      `phase ${astray}; the unit has ${limits.maxPhases}, junction ${junction.id} ${known.size}`,
    );
  if (splitOf(plan, junction.coordinatedPhase) === 0)
    return no("coordinated-phase", `the coordinated phase ${junction.coordinatedPhase} has no split`);
  return undefined;
}

/** Every value of the plan's rows but the pattern's split number, in the order units take them. */
export function rowsOf(
  plan: TimingPlan,
  {
    junction,
    limits,
    slot,
    at,
  }: { readonly junction: Junction; readonly limits: UnitLimits; readonly slot: Slot; readonly at: Instant },
): readonly Write[] {
  const writes: Write[] = [];
  const write = (to: Ref, value: Write["value"]) => writes.push({ ref: to, value });
  for (let ring = 1; ring <= limits.maxRings; ring++)
    write(ref("sequenceData", slot.sequence, ring), octetsOf(plan.sequence[ring - 1] ?? []));
  const coordinated = coordinatedPhases(plan, junction);
  for (let phase = 1; phase <= limits.maxPhases; phase++) {
    const split = splitOf(plan, phase);
    write(ref("splitTime", slot.split, phase), split / 1000);
    write(ref("splitMode", slot.split, phase), split > 0 ? recall(phase, junction) : SplitMode.phaseOmitted);
  }
  for (let phase = 1; phase <= limits.maxPhases; phase++)
    write(ref("splitCoordPhase", slot.split, phase), coordinated.includes(phase) ? 1 : 0);
  write(ref("patternCycleTime", slot.pattern), plan.cycle / 1000);
  write(ref("patternOffsetTime", slot.pattern), offsetSeconds(plan, { junction, limits, at }));
  write(ref("patternSequenceNumber", slot.pattern), slot.sequence);
  return writes;
}

/** A split is a promise to whoever waits, seen or not: it is served, and a crossing without a button with it. */
function recall(number: number, junction: Junction): number {
  const groups = junction.phases.find((phase) => phase.number === number)?.groups ?? [];
  const unasked = junction.crossings.some(({ group, button }) => !button && groups.includes(group));
  return unasked ? SplitMode.maximumVehicleAndPedestrianRecall : SplitMode.maximumVehicleRecall;
}

/**
 * The junction's own coordinated phase and, in every other ring, the phase beside it: the first that starts with it or
 * after it, so that local zero is its own start wherever the rings allow.
 */
export function coordinatedPhases(plan: TimingPlan, junction: Junction): readonly number[] {
  const own = junction.coordinatedPhase;
  const start = startInBarrier(plan, junction, own);
  const others = plan.sequence
    .filter((ring) => !ring.includes(own))
    .flatMap((ring) => {
      const beside = ring.filter(
        (phase) => splitOf(plan, phase) > 0 && barrierOf(junction, phase) === barrierOf(junction, own),
      );
      return beside.find((phase) => startInBarrier(plan, junction, phase) >= start) ?? beside.at(-1) ?? [];
    });
  return [own, ...others];
}

const barrierOf = (junction: Junction, number: number): number | undefined =>
  junction.phases.find((phase) => phase.number === number)?.barrier;

/** Since the rings crossed the barrier together. */
function startInBarrier(plan: TimingPlan, junction: Junction, number: number): number {
  const ring = plan.sequence.find((phases) => phases.includes(number)) ?? [];
  return ring
    .slice(0, ring.indexOf(number))
    .filter((phase) => barrierOf(junction, phase) === barrierOf(junction, number))
    .reduce((total, phase) => total + splitOf(plan, phase), 0);
}

/**
 * patternOffsetTime: local zero, the start of the first coordinated phase, lags system zero by this. System zero is the
 * unit's midnight plus timebaseAscPatternSync; where the cycle does not divide a day it moves at every midnight.
 */
export function offsetSeconds(
  plan: TimingPlan,
  { junction, limits, at }: { readonly junction: Junction; readonly limits: UnitLimits; readonly at: Instant },
): number {
  const systemZero = Math.floor((at + limits.zone) / day) * day - limits.zone + seconds(limits.patternSync * 60);
  const first = Math.min(...coordinatedPhases(plan, junction).map((phase) => startInBarrier(plan, junction, phase)));
  const lead = first - startInBarrier(plan, junction, junction.coordinatedPhase);
  const offset = modulo(epochOffset(plan, at) + lead - systemZero, plan.cycle);
  return modulo(Math.round(offset / 1000), plan.cycle / 1000);
}
