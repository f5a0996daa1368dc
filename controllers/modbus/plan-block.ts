import { epochOffset, splitOf, type TimingPlan } from "../../config/plan.ts";
import { type Instant, type Millis, millis, modulo, sum, toSeconds } from "../../config/units.ts";
import { crc16, type PlanBlock, PointReader, type StageBlock } from "./codec.ts";
import { refused } from "./device-error.ts";
import type { Point, RegisterMap } from "./register-map.ts";

/** What the cabinet itself holds to, for one stage. */
export interface StageLimits {
  readonly minGreen: Millis;
  readonly amber: Millis;
  readonly allRed: Millis;
  readonly maxGreen: Millis;
}

/** What a plan needs of the junction it is for. */
export interface PlanSite {
  readonly id: string;
  readonly form: "stages" | "rings";
  readonly coordinatedPhase: number;
  readonly phases: readonly SitePhase[];
}

export interface SitePhase {
  readonly number: number;
  /** Undefined: the cabinet's own. */
  readonly amber: Millis | undefined;
  readonly allRed: Millis | undefined;
  readonly redAmber?: Millis;
  readonly minGreen: Millis;
  readonly maxGreen: Millis;
}

/** Limits by stage number; a stage that is all zero is not fitted and is left out. Undefined: the map has none. */
export type Limits = ReadonlyMap<number, StageLimits> | undefined;

const none: StageLimits = { minGreen: millis(0), amber: millis(0), allRed: millis(0), maxGreen: millis(Infinity) };

export function limitsOf(registers: readonly number[], map: RegisterMap): Limits {
  if (!map.limits) return undefined;
  const { first, stride, count, points } = map.limits.repeat;
  const limits = new Map<number, StageLimits>();
  for (let i = 0; i < count; i++) {
    const read = new PointReader(points, registers, map.wordOrder, first + i * stride);
    const time = (name: keyof StageLimits): Millis | undefined => read.time(name);
    const [minGreen, amber, allRed, maxGreen] = [time("minGreen"), time("amber"), time("allRed"), time("maxGreen")];
    if ((minGreen ?? 0) + (amber ?? 0) + (allRed ?? 0) + (maxGreen ?? 0) === 0) continue;
    limits.set(i + 1, {
      minGreen: minGreen ?? none.minGreen,
      amber: amber ?? none.amber,
      allRed: allRed ?? none.allRed,
      maxGreen: maxGreen ?? none.maxGreen,
    });
  }
  return limits;
}

/**
 * Plans do not lapse by date: `validUntil` is the last second the register can say. What hands the street back when the engine
 * falls silent or is unsure is the heartbeat, within `backupTime`; a date would need hidden downloads of an unchanged plan.
 */
const noLapse = 0xffffffff;

/** Controllers number their own plans from 1; ours start past them where the register is wide enough, so that the two cannot be confused. */
const firstPlanId = 256;

const pointOf = (map: RegisterMap, name: string): Point | undefined => map.plan.points[name];

/** Number a plan goes by in the cabinet, from its name: the same after a restart. */
export function planIdOf(plan: Pick<TimingPlan, "id">, map?: RegisterMap): number {
  const point = map && pointOf(map, "planId");
  const last = point?.max ?? 0xffff;
  const first = Math.max(point?.min ?? 1, last >= 2 * firstPlanId ? firstPlanId : 1);
  return first + (crc16(new TextEncoder().encode(plan.id)) % Math.max(1, last - first + 1));
}

export interface Wanted {
  readonly plan: TimingPlan;
  readonly site: PlanSite;
  readonly limits: Limits;
  readonly map: RegisterMap;
  readonly seq: number;
  readonly at: Instant;
}

/**
 * The plan in the controller's terms, checked against the junction and the cabinet's own limits. The coordinated phase's stage
 * comes first, because the offset is that of the first listed stage; where the layout has no stage numbers, stage 1 does and the
 * offset moves with it. Throws a refused `DeviceError`.
 */
export function blockOf(wanted: Wanted): PlanBlock {
  const { plan, site, map, seq, at } = wanted;
  if (plan.junction !== site.id)
    throw refused("other-junction", `plan ${plan.id} is for junction ${plan.junction}, this cabinet is at ${site.id}`);
  const ring = ringOf(plan, site);
  const named = "stageNo" in map.plan.stages.points;
  const order = named ? rotated(ring, site.coordinatedPhase) : rotated(ring, 1);
  if (!named && order.some((number, i) => number !== i + 1))
    throw refused("stage-list", `this layout names no stages: they run as 1, 2, 3…, the plan says ${ring.join(", ")}`);
  const stages = order.map((number) => stageOf(wanted, number));
  const lengths = stages.map(({ redAmber, green, amber, allRed }) => millis(redAmber + green + amber + allRed));
  const total = sum(lengths);
  if (total !== plan.cycle)
    throw refused("cycle-sum", `splits add up to ${toSeconds(total)} s, the cycle is ${toSeconds(plan.cycle)} s`);
  const before = sum(lengths.slice(0, order.indexOf(site.coordinatedPhase)));
  return {
    planId: planIdOf(plan, map),
    planSeq: seq,
    cycle: plan.cycle,
    offset: millis(modulo(epochOffset(plan, at) - before, plan.cycle)),
    validFrom: 0,
    validUntil: Math.min(noLapse, pointOf(map, "validUntil")?.max ?? noLapse),
    stages,
  };
}

const rotated = (ring: readonly number[], first: number): readonly number[] => {
  const at = Math.max(0, ring.indexOf(first));
  return [...ring.slice(at), ...ring.slice(0, at)];
};

function ringOf(plan: TimingPlan, site: PlanSite): readonly number[] {
  const [ring, ...others] = plan.sequence;
  if (site.form !== "stages" || !ring || others.length > 0)
    throw refused("unsupported", "the register map holds one list of stages, not rings");
  if (!ring.includes(site.coordinatedPhase))
    throw refused("stage-list", `coordinated phase ${site.coordinatedPhase} is not in the sequence ${ring.join(", ")}`);
  if (new Set(ring).size !== ring.length)
    throw refused("stage-list", `a phase is served twice in ${ring.join(", ")}; this layout serves each once`);
  return ring;
}

function stageOf({ plan, site, limits, map }: Wanted, number: number): StageBlock {
  const phase = site.phases.find((entry) => entry.number === number);
  if (!phase) throw refused("stage-list", `junction ${site.id} has no phase ${number}`);
  const limit = limits ? limits.get(number) : none;
  if (!limit) throw refused("stage-list", `the cabinet has no stage ${number}`);
  const where = `stage ${number}`;
  const clearance = (part: "amber" | "allRed"): Millis => {
    const time = phase[part] ?? (limits && map.limits?.repeat.points[part] ? limit[part] : undefined);
    if (time === undefined)
      throw refused(
        "clearance-unknown",
        `${where}: neither the plan nor the cabinet's limits say its ${part}; give ${part === "amber" ? "amber_s" : "all_red_s"}`,
      );
    if (time < limit[part])
      throw refused(
        "clearance-too-short",
        `${where}: ${part} ${toSeconds(time)} s is below the cabinet's ${toSeconds(limit[part])} s`,
      );
    return time;
  };
  const [amber, allRed, redAmber] = [clearance("amber"), clearance("allRed"), phase.redAmber ?? millis(0)];
  if (redAmber > 0 && !map.plan.stages.points["redAmber"])
    throw refused("not-representable", `${where}: the layout has no red-amber, the junction wants ${redAmber} ms`);
  const green = millis(splitOf(plan, number) - redAmber - amber - allRed);
  const least = Math.max(phase.minGreen - redAmber, limit.minGreen, 0);
  if (green < least || green <= 0)
    throw refused("green-too-short", `${where}: green ${toSeconds(green)} s is below ${least / 1000} s`);
  if (green > limit.maxGreen)
    throw refused(
      "green-too-long",
      `${where}: green ${toSeconds(green)} s is above the cabinet's ${toSeconds(limit.maxGreen)} s`,
    );
  const most = Math.min(phase.maxGreen, limit.maxGreen);
  return {
    stageNo: number,
    green,
    amber,
    allRed,
    redAmber,
    minGreen: millis(least),
    maxGreen: Number.isFinite(most) ? millis(Math.max(green, most)) : green,
    coordinated: number === site.coordinatedPhase,
  };
}
