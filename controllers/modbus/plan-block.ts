import type { Junction } from "../../config/model.ts";
import { epochOffset, splitOf, type TimingPlan } from "../../config/plan.ts";
import { type Instant, type Millis, millis, sum, toSeconds } from "../../config/units.ts";
import { crc16, type PlanBlock, PointReader, type StageBlock } from "./codec.ts";
import { refused } from "./device-error.ts";
import type { RegisterMap } from "./register-map.ts";

/** What the cabinet itself holds to, for one stage. */
export interface StageLimits {
  readonly minGreen: Millis;
  readonly amber: Millis;
  readonly allRed: Millis;
  readonly maxGreen: Millis;
}

/** Limits by stage number; a stage that is all zero is not fitted and is left out. */
export function limitsOf(registers: readonly number[], map: RegisterMap): ReadonlyMap<number, StageLimits> {
  const { first, stride, count, points } = map.limits.repeat;
  const limits = new Map<number, StageLimits>();
  for (let i = 0; i < count; i++) {
    const read = new PointReader(points, registers, map.wordOrder, first + i * stride);
    const [minGreen, amber, allRed, maxGreen] = (["minGreen", "amber", "allRed", "maxGreen"] as const).map(
      (name) => read.time(name) ?? millis(0),
    ) as [Millis, Millis, Millis, Millis];
    if (minGreen + amber + allRed + maxGreen > 0) limits.set(i + 1, { minGreen, amber, allRed, maxGreen });
  }
  return limits;
}

/**
 * Plans do not lapse by date: `validUntil` is the last second the register can say. What hands the street back when the engine
 * falls silent or is unsure is the heartbeat, within `backupTime`; a date would need hidden downloads of an unchanged plan.
 */
const noLapse = 0xffffffff;

/** Controllers number their own plans from 1; ours start past them, so the two cannot be confused in `activePlanId`. */
const firstPlanId = 256;

/** Number a plan goes by in the cabinet, 256..65535, from its name: the same after a restart. */
export const planIdOf = (plan: TimingPlan): number =>
  firstPlanId + (crc16(new TextEncoder().encode(plan.id)) % (0x10000 - firstPlanId));

/**
 * The plan in the controller's terms, checked against the junction and the cabinet's own limits. The coordinated phase's stage
 * comes first, because the offset is that of the first listed stage. Throws a refused `DeviceError`.
 */
export function blockOf({
  plan,
  junction,
  limits,
  seq,
  at,
}: {
  readonly plan: TimingPlan;
  readonly junction: Junction;
  readonly limits: ReadonlyMap<number, StageLimits>;
  readonly seq: number;
  readonly at: Instant;
}): PlanBlock {
  if (plan.junction !== junction.id)
    throw refused(
      "other-junction",
      `plan ${plan.id} is for junction ${plan.junction}, this cabinet is at ${junction.id}`,
    );
  const [ring, ...others] = plan.sequence;
  if (junction.form !== "stages" || !ring || others.length > 0)
    throw refused("unsupported", "the register map holds one list of stages, not rings");
  const first = ring.indexOf(junction.coordinatedPhase);
  if (first < 0)
    throw refused(
      "stage-list",
      `coordinated phase ${junction.coordinatedPhase} is not in the sequence ${ring.join(", ")}`,
    );
  if (new Set(ring).size !== ring.length)
    throw refused("stage-list", `a phase is served twice in ${ring.join(", ")}; this layout serves each once`);

  const order = [...ring.slice(first), ...ring.slice(0, first)];
  const stages = order.map((number) => stageOf({ plan, junction, limits, number }));
  const total = sum(stages.map((stage) => millis(stage.green + stage.amber + stage.allRed)));
  if (total !== plan.cycle)
    throw refused("cycle-sum", `splits add up to ${toSeconds(total)} s, the cycle is ${toSeconds(plan.cycle)} s`);
  return {
    planId: planIdOf(plan),
    planSeq: seq,
    cycle: plan.cycle,
    offset: epochOffset(plan, at),
    validFrom: 0,
    validUntil: noLapse,
    stages,
  };
}

function stageOf({
  plan,
  junction,
  limits,
  number,
}: {
  readonly plan: TimingPlan;
  readonly junction: Junction;
  readonly limits: ReadonlyMap<number, StageLimits>;
  readonly number: number;
}): StageBlock {
  const phase = junction.phases.find((entry) => entry.number === number);
  if (!phase) throw refused("stage-list", `junction ${junction.id} has no phase ${number}`);
  const limit = limits.get(number);
  if (!limit) throw refused("stage-list", `the cabinet has no stage ${number}`);
  const green = millis(splitOf(plan, number) - phase.amber - phase.allRed);
  const where = `stage ${number}`;
  const least = Math.max(phase.minGreen, limit.minGreen);
  if (green < least)
    throw refused("green-too-short", `${where}: green ${toSeconds(green)} s is below ${least / 1000} s`);
  if (green > limit.maxGreen)
    throw refused(
      "green-too-long",
      `${where}: green ${toSeconds(green)} s is above the cabinet's ${toSeconds(limit.maxGreen)} s`,
    );
  for (const part of ["amber", "allRed"] as const) {
    if (phase[part] < limit[part])
      throw refused(
        "clearance-too-short",
        `${where}: ${part} ${toSeconds(phase[part])} s is below the cabinet's ${toSeconds(limit[part])} s`,
      );
  }
  return {
    stageNo: number,
    green,
    amber: phase.amber,
    allRed: phase.allRed,
    minGreen: millis(least),
    maxGreen: millis(Math.max(green, Math.min(phase.maxGreen, limit.maxGreen))),
    coordinated: number === junction.coordinatedPhase,
  };
}
