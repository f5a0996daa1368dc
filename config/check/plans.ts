import { buildJunction, linkOf, planOf } from "../build.ts";
import { type Path, show } from "../fault.ts";
import type { Junction, Phase } from "../model.ts";
import { splitOf, type TimingPlan } from "../plan.ts";
import type { PlanEntry, PlanSetEntry } from "../schema/plans.ts";
import { toSeconds } from "../units.ts";
import { type Context, idsAt, refers, unique } from "./context.ts";
import { barriers } from "./phases.ts";

const file = "plans.yaml";
const secondsADay = 86_400;

/** Every plan set has a plan for every junction, and every plan fits its junction. */
export function checkPlans(context: Context): void {
  const { findings, files, junctionIds, junctions } = context;
  if (!files.plans) return;
  const sets = files.plans.plan_sets;
  unique(findings, file, idsAt(["plan_sets"], sets), "plan set id");
  unique(
    findings,
    file,
    sets.map((set, i) => ({ value: set.slot, path: ["plan_sets", i, "slot"] })),
    "slot",
  );
  const sound = soundJunctions(context);
  for (const junction of sound.values()) checkCycleLimits(context, junction);
  for (const [i, set] of sets.entries()) {
    const path: Path = ["plan_sets", i];
    const corridor = files.corridors?.corridors.some(({ junctions: chain }) => chain.length > 1) ?? false;
    if (corridor && secondsADay % set.cycle_s !== 0)
      findings.warn(
        file,
        [...path, "cycle_s"],
        `a cycle of ${set.cycle_s} s does not divide a day, so offsets jump at UTC midnight; nearest that do: ${nearestDivisors(set.cycle_s)}`,
      );
    for (const id of junctions.keys())
      if (!Object.hasOwn(set.plans, id))
        findings.fault(
          file,
          [...path, "plans"],
          `plan set ${show(set.id)} has no plan for junction ${show(id)}; add one`,
        );
    for (const [id, plan] of Object.entries(set.plans)) {
      const at = [...path, "plans", id];
      if (!refers(findings, { file, path: at }, { id, what: "junction", known: junctionIds })) continue;
      const junction = sound.get(id);
      if (junction) checkPlan(context, { set, plan, junction, at });
    }
  }
}

/** Junctions whose own file holds no fault, as the model has them. */
function soundJunctions({ findings, files, links }: Context): ReadonlyMap<string, Junction> {
  const modelled = new Map([...(links?.values() ?? [])].map((link) => [link.id, linkOf(link)]));
  return new Map(
    [...files.junctions]
      .filter(([name]) => !findings.faultsIn(name))
      .map(([, entry]) => [entry.id, buildJunction(entry, modelled)]),
  );
}

const needOf = (phase: Phase): number => toSeconds(phase.minGreen) + toSeconds(phase.amber) + toSeconds(phase.allRed);

/** The shortest cycle the junction's file allows must hold the minimum of every phase. */
function checkCycleLimits({ findings, files }: Context, junction: Junction): void {
  const barrierNumbers = [...new Set(junction.phases.map((phase) => phase.barrier))];
  const need = barrierNumbers.reduce((total, barrier) => {
    const rings = junction.rings.map((ring) =>
      junction.phases
        .filter((phase) => phase.barrier === barrier && ring.includes(phase.number))
        .reduce((sum, phase) => sum + needOf(phase), 0),
    );
    return total + Math.max(...rings);
  }, 0);
  const [name] = [...files.junctions].find(([, entry]) => entry.id === junction.id)!;
  if (toSeconds(junction.cycleMin) < need)
    findings.fault(
      name,
      ["cycle_min_s"],
      `${toSeconds(junction.cycleMin)} s is below the ${need} s that the minimum greens, walks and clearances need; raise it`,
    );
}

interface PlanCase {
  readonly set: PlanSetEntry;
  readonly plan: PlanEntry;
  readonly junction: Junction;
  readonly at: Path;
}

function checkPlan(context: Context, { set, plan: entry, junction, at }: PlanCase): void {
  const { findings } = context;
  const fault = (path: Path, message: string): void => findings.fault(file, [...at, ...path], message);
  const plan = planOf(set, junction.id, entry, junction.rings);
  const cycle = toSeconds(plan.cycle);
  const [least, most] = [toSeconds(junction.cycleMin), toSeconds(junction.cycleMax)];
  if (cycle < least || cycle > most)
    fault(
      entry.cycle_s === undefined ? [] : ["cycle_s"],
      `a cycle of ${cycle} s is outside the junction's ${least} to ${most} s; change it or the limits`,
    );
  if (![set.cycle_s, set.cycle_s * 2, set.cycle_s / 2].includes(cycle))
    findings.warn(
      file,
      [...at, "cycle_s"],
      `a cycle of ${cycle} s is not equal to, half or double the set's ${set.cycle_s} s: no green wave passes here`,
    );
  if (plan.offset >= plan.cycle)
    fault(["offset_s"], `${entry.offset_s} s is not below the cycle of ${cycle} s; write ${entry.offset_s % cycle}`);
  const complete = checkSplits(junction, plan, fault);
  const ordered = entry.sequence === undefined || checkSequence(junction, entry.sequence, fault);
  if (complete && ordered) {
    checkSums(junction, plan, fault);
    checkReds(junction, plan, fault);
  }
}

type Report = (path: Path, message: string) => void;

function checkSplits(junction: Junction, plan: TimingPlan, fault: Report): boolean {
  let complete = true;
  for (const { phase: number } of plan.splits) {
    if (junction.phases.some((phase) => phase.number === number)) continue;
    fault(
      ["splits_s", String(number)],
      `no phase ${number} at junction ${show(junction.id)}; known: ${junction.phases.map((phase) => phase.number).join(", ")}`,
    );
    complete = false;
  }
  for (const phase of junction.phases) {
    const path = ["splits_s", String(phase.number)];
    if (!plan.splits.some((split) => split.phase === phase.number)) {
      fault(["splits_s"], `no split for phase ${phase.number}; write at least ${needOf(phase)}`);
      complete = false;
      continue;
    }
    const split = toSeconds(splitOf(plan, phase.number));
    const change = toSeconds(phase.amber) + toSeconds(phase.allRed);
    if (split < needOf(phase))
      fault(
        path,
        `${split} s is below the ${needOf(phase)} s that phase ${phase.number} needs (minimum green or walk and clearance ${toSeconds(phase.minGreen)} s, amber ${toSeconds(phase.amber)} s, all-red ${toSeconds(phase.allRed)} s); lengthen it`,
      );
    if (split - change > toSeconds(phase.maxGreen))
      fault(
        path,
        `a green of ${split - change} s is above the maximum of ${toSeconds(phase.maxGreen)} s of phase ${phase.number}; shorten it`,
      );
  }
  return complete;
}

function checkSequence(junction: Junction, sequence: readonly (readonly number[])[], fault: Report): boolean {
  const barrierOf = new Map(junction.phases.map((phase) => [phase.number, phase.barrier]));
  const sorted = (ring: readonly number[]): string => [...ring].sort((a, b) => a - b).join();
  let right = sequence.length === junction.rings.length;
  if (!right)
    fault(
      ["sequence"],
      `${sequence.length} rings, but the junction has ${junction.rings.length}; write one row per ring`,
    );
  for (const [i, ring] of sequence.entries()) {
    const own = junction.rings[i];
    if (!own) continue;
    if (sorted(ring) !== sorted(own)) {
      fault(
        ["sequence", i],
        `ring ${i + 1} holds phases ${sorted(ring)}, the junction's holds ${sorted(own)}; serve each of them once`,
      );
      right = false;
    } else if (barriers(ring, barrierOf).join() !== barriers(own, barrierOf).join()) {
      fault(
        ["sequence", i],
        `ring ${i + 1} passes barriers ${barriers(ring, barrierOf).join(", ")}, the junction ${barriers(own, barrierOf).join(", ")}; keep to its order`,
      );
      right = false;
    }
  }
  return right;
}

function checkSums(junction: Junction, plan: TimingPlan, fault: Report): void {
  const cycle = toSeconds(plan.cycle);
  for (const [i, ring] of junction.rings.entries()) {
    const sum = ring.reduce((total, phase) => total + toSeconds(splitOf(plan, phase)), 0);
    if (sum !== cycle)
      fault(
        ["splits_s"],
        `ring ${i + 1} adds up to ${sum} s, the cycle is ${cycle} s; ${sum > cycle ? "take away" : "add"} ${Math.abs(sum - cycle)} s`,
      );
  }
  for (const barrier of new Set(junction.phases.map((phase) => phase.barrier))) {
    const sums = junction.rings.map((ring) =>
      junction.phases
        .filter((phase) => phase.barrier === barrier && ring.includes(phase.number))
        .reduce((total, phase) => total + toSeconds(splitOf(plan, phase.number)), 0),
    );
    if (new Set(sums).size > 1)
      fault(
        ["splits_s"],
        `barrier ${barrier} is reached after ${sums.join(" and ")} s in the rings; make its phases add up to the same`,
      );
  }
}

function checkReds(junction: Junction, plan: TimingPlan, fault: Report): void {
  for (const group of junction.groups) {
    const green = junction.phases
      .filter((phase) => phase.groups.includes(group.id))
      .reduce(
        (total, phase) =>
          total + toSeconds(splitOf(plan, phase.number)) - toSeconds(phase.amber) - toSeconds(phase.allRed),
        0,
      );
    const red = toSeconds(plan.cycle) - (group.kind === "vehicle" ? green : toSeconds(group.minGreen));
    const waits = junction.crossings
      .filter((crossing) => crossing.group === group.id)
      .map((crossing) => toSeconds(crossing.maxWait));
    const limit = Math.min(toSeconds(junction.maxRed), ...waits);
    if (red > limit)
      fault(
        ["splits_s"],
        `group ${show(group.id)} waits up to ${red} s at red, above the limit of ${limit} s; lengthen its green or shorten the cycle`,
      );
  }
}

function nearestDivisors(cycle: number): string {
  const divisors = Array.from({ length: 226 }, (_, i) => i + 30).filter((value) => secondsADay % value === 0);
  const below = divisors.findLast((value) => value < cycle);
  const above = divisors.find((value) => value > cycle);
  return [below, above].filter((value) => value !== undefined).join(" and ");
}
