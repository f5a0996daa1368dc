import type { Junction } from "../../config/model.ts";
import type { PlanFault, StoredPlan } from "./virtual-cabinet.ts";

/** Pattern numbers a plan can be stored under (NTCIP 1202: 254 is free, 255 flash). */
export const LAST_PATTERN = 253;

const fault = (code: PlanFault["code"], phase: number, message: string): PlanFault => ({ code, phase, message });

/**
 * The first reason why this cabinet cannot run the plan safely, or undefined. The coordinated phase is held to its
 * maximum green like any other.
 */
export function checkPlan(junction: Junction, plan: StoredPlan): PlanFault | undefined {
  return (
    checkCycle(junction, plan) ??
    checkSequence(junction, plan) ??
    checkSplits(junction, plan) ??
    checkSums(junction, plan)
  );
}

function checkCycle(junction: Junction, { cycle, offset }: StoredPlan): PlanFault | undefined {
  if (!Number.isInteger(cycle) || cycle < junction.cycleMin || cycle > junction.cycleMax)
    return fault("cycle-range", 0, `cycle ${cycle} ms is not within ${junction.cycleMin}..${junction.cycleMax} ms`);
  if (!Number.isInteger(offset) || offset < 0 || offset >= cycle)
    return fault("offset", 0, `offset ${offset} ms is not within 0..${cycle - 1} ms`);
  return undefined;
}

/** Every served phase once, in its own ring, barriers whole and in the same circle in every ring. */
function checkSequence(junction: Junction, plan: StoredPlan): PlanFault | undefined {
  const phases = new Map(junction.phases.map((phase) => [phase.number, phase]));
  for (const number of [...plan.splits.keys(), ...plan.sequence.flat()])
    if (!phases.has(number)) return fault("unknown-phase", number, `junction ${junction.id} has no phase ${number}`);
  if (plan.sequence.length !== junction.rings.length)
    return fault("sequence", 0, `${plan.sequence.length} rings given, the junction has ${junction.rings.length}`);
  const served = (number: number): boolean => (plan.splits.get(number) ?? 0) !== 0;
  const listed = plan.sequence.flat().filter(served);
  for (const [number] of plan.splits)
    if (served(number) && listed.filter((other) => other === number).length !== 1)
      return fault("sequence", number, `phase ${number} has a split and must stand in the sequence once`);
  if (!listed.includes(junction.coordinatedPhase))
    return fault(
      "sequence",
      junction.coordinatedPhase,
      `the coordinated phase ${junction.coordinatedPhase} is not served`,
    );
  let circle: readonly number[] | undefined;
  for (const [r, ring] of plan.sequence.entries()) {
    const barriers: number[] = [];
    for (const number of ring.filter(served)) {
      if (!junction.rings[r]!.includes(number))
        return fault("sequence", number, `phase ${number} does not belong to ring ${r + 1}`);
      const { barrier } = phases.get(number)!;
      if (barriers.at(-1) === barrier) continue;
      if (barriers.includes(barrier))
        return fault("barrier", number, `phase ${number} comes back to barrier ${barrier} in ring ${r + 1}`);
      barriers.push(barrier);
    }
    circle ??= barriers;
    if (!sameCircle(circle, barriers))
      return fault("barrier", 0, `ring ${r + 1} crosses the barriers in another order than ring 1`);
  }
  return undefined;
}

/** Of the barriers both rings serve. */
function sameCircle(a: readonly number[], b: readonly number[]): boolean {
  const left = a.filter((barrier) => b.includes(barrier));
  const right = b.filter((barrier) => a.includes(barrier));
  const turn = left.indexOf(right[0]!);
  return right.every((barrier, i) => barrier === left[(turn + i) % left.length]);
}

function checkSplits(junction: Junction, plan: StoredPlan): PlanFault | undefined {
  for (const phase of junction.phases) {
    const split = plan.splits.get(phase.number) ?? 0;
    if (split === 0) continue;
    const green = split - phase.amber - phase.allRed;
    const least = phase.minGreen + phase.amber + phase.allRed;
    if (!Number.isInteger(split) || green < phase.minGreen)
      return fault("split-too-short", phase.number, `split ${split} ms of phase ${phase.number} is below ${least} ms`);
    if (green > phase.maxGreen)
      return fault(
        "split-too-long",
        phase.number,
        `green ${green} ms of phase ${phase.number} is above its maximum ${phase.maxGreen} ms`,
      );
  }
  return undefined;
}

/** Each ring adds up to the cycle; inside each barrier the rings take the same time. */
function checkSums(junction: Junction, plan: StoredPlan): PlanFault | undefined {
  const barrierOf = new Map(junction.phases.map((phase) => [phase.number, phase.barrier]));
  const sums = plan.sequence.map((ring) => {
    const byBarrier = new Map<number, number>();
    for (const number of ring) {
      const split = plan.splits.get(number) ?? 0;
      if (split > 0) byBarrier.set(barrierOf.get(number)!, (byBarrier.get(barrierOf.get(number)!) ?? 0) + split);
    }
    return byBarrier;
  });
  const barriers = [...new Set(sums.flatMap((byBarrier) => [...byBarrier.keys()]))];
  for (const [r, byBarrier] of sums.entries()) {
    // A ring with nothing to serve inside a barrier rests there as long as the others take.
    const resting = barriers
      .filter((barrier) => !byBarrier.has(barrier))
      .map((barrier) => Math.max(...sums.map((other) => other.get(barrier) ?? 0)));
    const sum = [...byBarrier.values(), ...resting].reduce((a, b) => a + b, 0);
    if (sum !== plan.cycle)
      return fault("cycle-sum", 0, `the splits of ring ${r + 1} add up to ${sum} ms, the cycle is ${plan.cycle} ms`);
  }
  for (const barrier of barriers) {
    const times = sums.flatMap((byBarrier) => byBarrier.get(barrier) ?? []);
    if (times.some((time) => time !== times[0]))
      return fault("barrier", 0, `the rings take ${times.join(" and ")} ms inside barrier ${barrier}`);
  }
  return undefined;
}
