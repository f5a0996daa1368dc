import type { Junction, Phase } from "../../../config/model.ts";
import { between } from "../../../config/units.ts";
import type { ReachableStatus } from "../cabinet.ts";
import { hasDemand, limitsOf, runTogether, walkRed } from "./limits.ts";
import { mayFollow } from "./order.ts";
import { type Denial, type GuardRequest, shown, within } from "./request.ts";

/** Invariant 1 of a set of phases to serve together: known, one of each ring, all inside one barrier. */
export function checkServed(numbers: readonly number[], junction: Junction): readonly Denial[] {
  const denials: Denial[] = [];
  const known = junction.phases.map((phase) => phase.number);
  if (numbers.length === 0)
    denials.push({
      invariant: 3,
      code: "serve-nothing",
      message: "0 phases would be served, so everybody waits; at least 1 is needed: serve a phase or release",
    });
  const unknown = numbers.filter((number) => !known.includes(number));
  if (unknown.length > 0)
    denials.push({
      invariant: 1,
      code: "unknown-phase",
      message: `phase ${unknown.join(", ")} is not one of ${known.join(", ")}: serve phases of the junction`,
    });
  numbers.forEach((number, i) => {
    for (const other of numbers.slice(i + 1)) {
      const a = junction.phases.find((phase) => phase.number === number);
      const b = junction.phases.find((phase) => phase.number === other);
      if (a && b && !runTogether(a, b))
        denials.push({
          invariant: 1,
          code: "not-together",
          message: `phases ${number} (ring ${a.ring}, barrier ${a.barrier}) and ${other} (ring ${b.ring}, barrier ${b.barrier}) may not run together: serve one phase of each ring inside one barrier`,
        });
    }
  });
  return denials;
}

/** What is known of the present greens. */
interface Scene {
  readonly junction: Junction;
  readonly isGreen: (phase: Phase) => boolean;
  /** How long a phase that is green has been so. */
  readonly greenFor: (phase: Phase) => number;
  /** How long a phase has been red; endless when it was never seen green. */
  readonly redFor: (phase: Phase) => number;
  /** How long it may be red this time, by its cars and by who walks. */
  readonly maxRed: (phase: Phase) => number;
}

/** Invariant 3 of `serve`, by what each phase has had so far. */
export function checkTurns(
  numbers: readonly number[],
  cabinet: ReachableStatus,
  { junction, now, lastGreen, greenSince, began, walkCalledSince }: GuardRequest,
): readonly Denial[] {
  if (!lastGreen || !greenSince)
    return [
      {
        invariant: 3,
        code: "history-unknown",
        message: "when each phase was last green is unknown, so no maximum can be kept: watch the cabinet first",
      },
    ];
  const isGreen = (phase: Phase): boolean => cabinet.phases[phase.number] === "green";
  const scene: Scene = {
    junction,
    isGreen,
    greenFor: (phase) => between(greenSince.get(phase.number) ?? (Number.NaN as typeof now), now),
    redFor: (phase) => (isGreen(phase) ? 0 : between(lastGreen.get(phase.number) ?? (-Infinity as typeof now), now)),
    maxRed: (phase) => {
      const red = scene.redFor(phase);
      if (walkCalledSince && walksByButton(junction, phase)) {
        const called = walkCalledSince.get(phase.number);
        const patience = walkRed(junction, phase, 0);
        return Math.min(junction.maxRed, called === undefined ? Infinity : red + patience - between(called, now));
      }
      const last = lastGreen.get(phase.number);
      const first = began?.get(phase.number);
      const green = last === undefined || first === undefined ? 0 : between(first, last);
      return Math.min(limitsOf(junction, phase).maxRed, walkRed(junction, phase, green));
    },
  };
  const served = junction.phases.filter((phase) => numbers.includes(phase.number));
  return [...checkGreens(served, scene), ...checkReds(served, scene), ...checkOrder(served, scene)];
}

/** Who walks here has pressed a button, so where the cabinet tells of calls, nobody waits where nobody called. */
const walksByButton = ({ crossings }: Junction, { groups }: Phase): boolean =>
  crossings.every(({ group, button }) => button || !groups.includes(group));

/** Stages of a fixed order follow each other in it. */
function checkOrder([to]: readonly Phase[], scene: Scene): readonly Denial[] {
  const { junction, redFor } = scene;
  if (!junction.fixedOrder || !to) return [];
  const from = junction.phases.reduce((a, b) => (redFor(b) < redFor(a) ? b : a));
  // Where no stage was seen green yet, any may be the first.
  if (!Number.isFinite(redFor(from))) return [];
  if (mayFollow(junction, { from: from.number, to: to.number }) || isLate(to, scene)) return [];
  return [
    {
      invariant: 3,
      code: "out-of-order",
      message: `phase ${to.number} may not follow phase ${from.number} in the fixed order ${junction.rings[0]!.join(", ")}, in which one stage at most is passed over: serve one between first`,
    },
  ];
}

/**
 * The longest red is above the order: whoever is within two rounds of shortest greens of it goes first. One round is what
 * the order may cost, the other what runs and the strategies' own allowance.
 */
function isLate(to: Phase, { junction, redFor, maxRed }: Scene): boolean {
  const round = junction.phases.reduce((sum, phase) => sum + limitsOf(junction, phase).minSplit, 0);
  return hasDemand(junction, to) && redFor(to) + 2 * round > maxRed(to);
}

function checkGreens(served: readonly Phase[], { junction, isGreen, greenFor }: Scene): readonly Denial[] {
  const denials: Denial[] = [];
  for (const phase of served.filter(isGreen)) {
    const { maxGreen } = limitsOf(junction, phase);
    const green = greenFor(phase);
    // At its maximum it has to end, so going on is denied from that very millisecond.
    if (!within(green, 0, maxGreen - 1))
      denials.push({
        invariant: 3,
        code: "green-too-long",
        message: `phase ${phase.number} has been green for ${shown(green)}; its maximum is ${shown(maxGreen)}: serve another phase`,
      });
  }
  return denials;
}

/**
 * Whoever could no longer be served in time if this were obeyed goes first, unless this serves one who has waited
 * even longer.
 */
function checkReds(served: readonly Phase[], scene: Scene): readonly Denial[] {
  const { junction, redFor } = scene;
  const longest = Math.max(...served.filter((phase) => hasDemand(junction, phase)).map(redFor));
  const denials: Denial[] = [];
  for (const phase of junction.phases) {
    if (served.includes(phase) || !hasDemand(junction, phase)) continue;
    const maxRed = scene.maxRed(phase);
    const red = redFor(phase);
    const earliest = red + untilFree(phase, served, scene);
    // A last green in the future is no knowledge, and is denied.
    if (red >= 0 && (earliest <= maxRed || red <= longest)) continue;
    denials.push({
      invariant: 3,
      code: "red-too-long",
      message: `phase ${phase.number} has been red for ${shown(red)} and would be for ${shown(earliest)} at the earliest; its maximum is ${shown(maxRed)}: serve it first`,
    });
  }
  return denials;
}

/** The least time until `waiting` can be green once `served` is obeyed: minima and clearances of those in its way. */
function untilFree(waiting: Phase, served: readonly Phase[], { junction, isGreen, greenFor }: Scene): number {
  const times = served
    .filter((phase) => !runTogether(phase, waiting))
    .map((phase) => {
      const { minGreen, clearance } = limitsOf(junction, phase);
      if (isGreen(phase)) return Math.max(0, minGreen - greenFor(phase)) + clearance;
      const ending = junction.phases.filter(
        (other) => isGreen(other) && !served.includes(other) && !runTogether(other, phase),
      );
      return Math.max(0, ...ending.map((other) => limitsOf(junction, other).clearance)) + minGreen + clearance;
    });
  return Math.max(0, ...times);
}
