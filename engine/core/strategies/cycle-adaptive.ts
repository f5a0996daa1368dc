import type { Junction } from "../../../config/model.ts";
import { samePlan, type TimingPlan } from "../../../config/plan.ts";
import { between, type Instant, type Millis, millis, seconds } from "../../../config/units.ts";
import { boundedStep, offsetChange } from "../plan/bounded-step.ts";
import type { Knowledge, Reason, Strategy, Wanted } from "../strategy.ts";
import { isUnknown, mayChange, runningPlan, scheduledFirst, takesPlans } from "./cabinet-standing.ts";
import { commonRange } from "./common-cycle.ts";
import { criticalNeed, planAt, searchCycle } from "./corridor-model/cycle-search.ts";
import { equityFloor, type JunctionCost } from "./corridor-model/junction-cost.ts";
import { blockedShare, loadsOf } from "./corridor-model/load.ts";
import { searchOffsets } from "./corridor-model/offset-search.ts";
import {
  forThroughput,
  notOversaturated,
  type Oversaturation,
  oversaturationSeen,
} from "./corridor-model/oversaturation.ts";
import { type Prediction, predict, type Scenario } from "./corridor-model/prediction.ts";
import { searchSplits } from "./corridor-model/split-search.ts";
import { disturbance, rotateToward } from "./corridor-model/transition.ts";
import { keepUnseen } from "./corridor-model/unseen.ts";
import * as reasons from "./cycle-adaptive-reasons.ts";

/** Cycle and offsets are thought over this often (SCOOT's cycle optimiser: 5 min), twice as often under saturation. */
const reviewEvery = seconds(300);
/** Cycles over which saturation is averaged (FHWA ASCT: ignore a one-cycle spike, respond within three). */
const cyclesAveraged = 3;
/** Before the first change: cycles that every signal is watched for, once whoever enters now has driven the corridor. */
const cyclesWatched = 3;
/** Predicted gains below these are within the model's error and not worth a download: splits alone need no transition. */
const splitGain = 0.02;
const offsetGain = 0.03;
const cycleGain = 0.03;

interface Memory {
  readonly since: Instant | undefined;
  readonly reviewed: Instant | undefined;
  /** End of the last look at the splits. */
  readonly round: Instant | undefined;
  /** The corridor's cycle. */
  readonly cycle: Millis | undefined;
  /** Degree of saturation of each stream, averaged over some cycles. */
  readonly degrees: ReadonlyMap<string, number>;
  readonly oversaturation: Oversaturation;
  /** Where the offsets are going, at that cycle. */
  readonly offsets: ReadonlyMap<string, Millis>;
  /** A change of cycle that waits for a moment when it disturbs little. */
  readonly pending: Pending | undefined;
  readonly changed: ReadonlyMap<string, Instant>;
}

interface Pending {
  readonly since: Instant;
  readonly cycle: Millis;
  readonly plans: ReadonlyMap<string, TimingPlan>;
  readonly reasons: readonly Reason[];
}

/** What one tick sees. */
interface Scene {
  readonly known: Knowledge;
  readonly junctions: readonly Junction[];
  readonly running: ReadonlyMap<string, TimingPlan>;
  /** Junctions whose cabinets take plans. */
  readonly free: ReadonlySet<string>;
}

/**
 * Small bounded steps from what runs: once a cycle the splits that cost least waiting, every few minutes the corridor's
 * cycle and offsets by a platoon model, never below anybody's minimum and, for side streets and people on foot, not
 * below what the schedule gives them.
 */
export const cycleAdaptive: Strategy<Memory> = {
  name: "cycle-adaptive",
  period: seconds(5),
  start: () => ({
    since: undefined,
    reviewed: undefined,
    round: undefined,
    cycle: undefined,
    degrees: new Map(),
    oversaturation: notOversaturated,
    offsets: new Map(),
    pending: undefined,
    changed: new Map(),
  }),
  decide: (known, before) => {
    const unknown = known.corridor.junctions.filter((id) => isUnknown(known, id));
    const first = unknown.flatMap((id) => scheduledFirst(known, id));
    const { memory, wanted } = decideKnown(known, before);
    return { memory, wanted: [...first, ...wanted] };
  },
};

/** For junctions whose plan is known. */
function decideKnown(
  known: Knowledge,
  before: Memory,
): { readonly memory: Memory; readonly wanted: readonly Wanted[] } {
  const scene = look(known);
  if (scene.free.size === 0) return { memory: before, wanted: [] };
  let memory = settle(before, scene);
  const due = memory.round === undefined || between(memory.round, known.now) >= memory.cycle!;
  if (between(memory.since!, known.now) < listening(known, memory.cycle!))
    return { memory: due ? watched(memory, scene) : memory, wanted: [] };
  if (reviewDue(memory, scene)) memory = review(memory, scene);
  if (memory.pending) {
    const change = changeCycle(memory, memory.pending, scene);
    if (change) return change;
  }
  return due ? adjust(memory, scene) : { memory, wanted: [] };
}

function look(known: Knowledge): Scene {
  const junctions = known.corridor.junctions.map((id) => known.city.junctions.get(id)!);
  const running = new Map(
    junctions.flatMap(({ id }) => {
      const plan = runningPlan(known, id);
      return plan ? [[id, plan] as const] : [];
    }),
  );
  const free = junctions
    .filter(({ id }) => running.has(id) && takesPlans(known.cabinets.get(id)) && !isUnknown(known, id))
    .map(({ id }) => id);
  return { known, junctions, running, free: new Set(free) };
}

/** The corridor's cycle is the one it runs; after a fall-back to the schedule that is the schedule's. */
function settle(memory: Memory, { known, running, free }: Scene): Memory {
  const cycles = [...free].map((id) => running.get(id)!.cycle);
  const kept = memory.cycle !== undefined && cycles.includes(memory.cycle);
  const cycle = kept ? memory.cycle : millis(Math.max(...cycles));
  return { ...memory, since: memory.since ?? known.now, cycle, offsets: kept ? memory.offsets : new Map() };
}

/** What enters the corridor has reached its end, and every signal has been watched for some cycles. */
function listening({ city, corridor }: Knowledge, cycle: Millis): Millis {
  const lengthM = corridor.forward.reduce((sum, link) => sum + (city.links.get(link)?.lengthM ?? 0), 0);
  return millis(cyclesWatched * cycle + (1000 * lengthM) / corridor.progressionMps);
}

function reviewDue(memory: Memory, { known, free, junctions }: Scene): boolean {
  if (memory.pending) return false;
  if (memory.reviewed === undefined) return true;
  const saturated = worstDegree(memory, { junctions, free }) > known.city.control.targetSaturation;
  return between(memory.reviewed, known.now) >= (saturated ? reviewEvery / 2 : reviewEvery);
}

/** Highest averaged degree of saturation where something can be done about it. */
const worstDegree = ({ degrees }: Memory, { junctions, free }: Pick<Scene, "junctions" | "free">): number =>
  Math.max(
    0,
    ...junctions
      .filter(({ id }) => free.has(id))
      .flatMap(({ streams }) => streams.map((stream) => degrees.get(stream.id) ?? 0)),
  );

function scenarioOf(
  { known, junctions, running }: Scene,
  { degrees, oversaturation }: Pick<Memory, "degrees" | "oversaturation">,
): Scenario {
  const loads = forThroughput(loadsOf(known, junctions, running, degrees), oversaturation);
  const floors = new Map(
    junctions.flatMap((junction) => {
      const plan = known.scheduled.get(junction.id);
      return plan ? [[junction.id, equityFloor({ junction, loads, arrivals: () => undefined }, plan)] as const] : [];
    }),
  );
  const kept = new Map(
    junctions.map((junction) => [junction.id, keepUnseen(junction, known.scheduled.get(junction.id), known)]),
  );
  return { city: known.city, corridor: known.corridor, junctions, loads, plans: running, floors, kept };
}

/** Is another cycle better? If not, are other offsets? Both as they would run after one step, not as they might become. */
function review(memory: Memory, scene: Scene): Memory {
  const { known, junctions, free } = scene;
  const { control } = known.city;
  const scenario = scenarioOf(scene, memory);
  const present = predict(scenario).cost;
  const reviewed = { ...memory, reviewed: known.now };
  const cycle = memory.cycle!;
  const range = commonRange(junctions, known);
  if (range) {
    const scheduled = millis(Math.max(...[...known.scheduled.values()].map((plan) => plan.cycle)));
    const search = { scenario, free, cycle, range, scheduled, control };
    const need = criticalNeed(search);
    const choice = searchCycle(search, need);
    const short = need.cycle === undefined || need.cycle > cycle;
    // Flows are counted as they leave, so that a saturated green hides what still waits: while anybody runs above the target,
    // capacity is not given away, whatever the model says.
    const saturated = memory.oversaturation.since.size > 0 || worstDegree(memory, scene) > control.targetSaturation;
    const margin = short && choice && choice.cycle > cycle ? 0 : cycleGain;
    if (choice && choice.cost < (1 - margin) * present && !(saturated && choice.cycle < cycle)) {
      const plans = new Map([...choice.plans].filter(([id]) => free.has(id)));
      const gain = 1 - choice.cost / present;
      const why = reasons.cycle({ need, gain, from: cycle, to: choice.cycle, target: control.targetSaturation });
      return { ...reviewed, pending: { since: known.now, cycle: choice.cycle, plans, reasons: [why] } };
    }
  }
  const moves = (id: string): boolean => free.has(id) && scene.running.get(id)!.cycle === cycle;
  const plans = searchOffsets(scenario, (id) => (moves(id) ? control.offsetStep : 0));
  if (predict({ ...scenario, plans }).cost > (1 - offsetGain) * present) return reviewed;
  return {
    ...reviewed,
    offsets: new Map([...plans].filter(([id]) => moves(id)).map(([id, plan]) => [id, plan.offset])),
  };
}

/**
 * Cabinets count their cycles from midnight, so another cycle puts them out of step by an amount that depends on the
 * moment. Waits for one when all can go over nearly in step; the longer it waits, the less particular it is.
 */
function changeCycle(memory: Memory, pending: Pending, { known, junctions, running, free }: Scene) {
  const { now, city } = known;
  const plans = new Map([...pending.plans].filter(([id]) => free.has(id) && running.has(id)));
  const waitedCycles = between(pending.since, now) / memory.cycle!;
  const tolerance = city.control.cycleStep * (1 + waitedCycles);
  const measure = (from: TimingPlan, to: TimingPlan) => disturbance(from, to, { offset: city.control.offsetStep, now });
  const turned = rotateToward(plans, running, measure);
  if (turned.worst > tolerance) return undefined;
  const changed = new Map(memory.changed);
  const wanted = junctions.flatMap((junction): readonly Wanted[] => {
    const from = running.get(junction.id);
    const target = turned.plans.get(junction.id);
    if (!from || !target) return [];
    const plan = named(boundedStep(junction, from, target, city.control), known);
    if (samePlan(plan, from)) return [];
    changed.set(junction.id, now);
    return [{ junction: junction.id, action: { kind: "plan", plan }, reasons: pending.reasons }];
  });
  const offsets = new Map([...turned.plans].map(([id, plan]) => [id, plan.offset]));
  return { memory: { ...memory, cycle: pending.cycle, offsets, pending: undefined, changed, round: now }, wanted };
}

function averaged(before: Memory["degrees"], { known, junctions }: Scene): Memory["degrees"] {
  const degrees = new Map(before);
  for (const { id } of junctions.flatMap((junction) => junction.streams)) {
    const seen = known.streams.get(id)?.degreeOfSaturation;
    if (seen === undefined || !Number.isFinite(seen)) degrees.delete(id);
    else degrees.set(id, (degrees.get(id) ?? seen) + (seen - (degrees.get(id) ?? seen)) / cyclesAveraged);
  }
  return degrees;
}

/** A cycle that is only watched: the first review is to know who is saturated. */
function watched(before: Memory, scene: Scene): Memory {
  const { state: oversaturation } = oversaturationSeen(before.oversaturation, scene.known, scene.junctions);
  return { ...before, degrees: averaged(before.degrees, scene), oversaturation, round: scene.known.now };
}

/** Once a cycle: splits, and one step of the offset where it is on its way. */
function adjust(before: Memory, scene: Scene) {
  const { known, junctions, running, free } = scene;
  const { state: oversaturation, reasons: states } = oversaturationSeen(before.oversaturation, known, junctions);
  const memory = { ...before, degrees: averaged(before.degrees, scene), oversaturation };
  const scenario = scenarioOf(scene, memory);
  const prediction = predict(scenario);
  const changed = new Map(memory.changed);
  const wanted = junctions.flatMap((junction): readonly Wanted[] => {
    const status = known.cabinets.get(junction.id);
    const from = running.get(junction.id);
    if (!free.has(junction.id) || !from || !takesPlans(status)) return [];
    if (!mayChange(status, from, changed.get(junction.id), known.now)) return [];
    const found =
      from.cycle === memory.cycle
        ? adjustSplits({ known, scenario, prediction, junction, from, offset: memory.offsets.get(junction.id) })
        : catchUp({ known, scenario, junction, from, cycle: memory.cycle! });
    if (!found || samePlan(found.plan, from)) return [];
    changed.set(junction.id, known.now);
    return [
      {
        junction: junction.id,
        action: { kind: "plan", plan: named(found.plan, known) },
        reasons: states.has(junction.id) ? [...found.reasons, states.get(junction.id)!] : found.reasons,
      },
    ];
  });
  return { memory: { ...memory, changed, round: known.now }, wanted };
}

interface Adjusting {
  readonly known: Knowledge;
  readonly scenario: Scenario;
  readonly junction: Junction;
  readonly from: TimingPlan;
}

interface Found {
  readonly plan: TimingPlan;
  readonly reasons: readonly Reason[];
}

function adjustSplits(
  adjusting: Adjusting & { readonly prediction: Prediction; readonly offset: Millis | undefined },
): Found | undefined {
  const { known, scenario, prediction, junction, from, offset } = adjusting;
  const { control } = known.city;
  const before = prediction.junctions.get(junction.id);
  if (!before) return undefined;
  const full = fullExits(known, scenario, junction);
  const judging = {
    junction,
    loads: scenario.loads,
    arrivals: (id: string) => prediction.arrivals.get(id),
    floor: scenario.floors.get(junction.id),
  };
  const limits = { stepMs: control.splitStep, noGrowth: full, least: scenario.kept.get(junction.id) };
  const better = searchSplits(judging, from, limits);
  const worthwhile = pays(before, better.cost, control.targetSaturation);
  const towards = offset === undefined ? from.offset : offset;
  const splits = worthwhile ? better.plan.splits : from.splits;
  const plan = boundedStep(junction, from, { ...from, splits, offset: towards }, control);
  const said: Reason[] = [];
  if (worthwhile)
    said.push(reasons.splits({ junction, from, to: plan, before, after: better.cost, streams: known.streams }));
  const move = offsetChange(from.offset, plan.offset, plan.cycle);
  if (move !== 0) said.push(reasons.offset({ junction: junction.id, move, to: plan.offset, target: towards }));
  if (full.size > 0) said.push(reasons.fullExit({ junction: junction.id, phases: [...full] }));
  return { plan, reasons: said };
}

/** Saturated phases are helped at once, others when it is worth a download. */
const pays = (before: JunctionCost, after: JunctionCost, target: number): boolean =>
  after.cost < (1 - splitGain) * before.cost || (before.saturation > target && after.saturation < before.saturation);

/** Phases whose greens lead mostly into full links. */
function fullExits(known: Knowledge, { loads }: Scenario, junction: Junction): ReadonlySet<number> {
  const blocked = junction.streams.filter((stream) => {
    const load = loads.get(stream.id);
    return load !== undefined && blockedShare(load.wiring, known.exitFill) > 1 / 2;
  });
  return new Set(blocked.flatMap((stream) => stream.phases));
}

/** A junction that missed a change of cycle, or came back, goes where the corridor is. */
function catchUp({
  known,
  scenario,
  junction,
  from,
  cycle,
}: Adjusting & { readonly cycle: Millis }): Found | undefined {
  const wished = planAt(scenario, junction, from, cycle);
  if (!wished) return undefined;
  const plan = boundedStep(junction, from, wished, known.city.control, scenario.kept.get(junction.id));
  return {
    plan,
    reasons: [reasons.catchUp({ junction: junction.id, from: from.cycle, to: plan.cycle, corridor: cycle })],
  };
}

const named = (plan: TimingPlan, { now }: Knowledge): TimingPlan => ({
  ...plan,
  id: `cycle-adaptive/${plan.junction}/${now / 1000}`,
});
