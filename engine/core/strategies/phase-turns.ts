import type { Junction, Phase } from "../../../config/model.ts";
import { between, type Instant, type Millis, millis } from "../../../config/units.ts";
import type { ReachableStatus } from "../cabinet.ts";
import { mayFollow } from "../guard/order.ts";
import { changeTime, minimumSplit } from "../plan/phase-times.ts";
import { greenLeft, noWalks, uncalled, type Walks, walksSeen } from "./walk-calls.ts";

/** What each phase of a junction has had, by its number, as polls have shown it. */
export interface PhaseTurns extends Walks {
  /** First sight of the cabinet. */
  readonly since: Instant | undefined;
  readonly greenSince: ReadonlyMap<number, Instant>;
  /** Start of the present or last green. */
  readonly began: ReadonlyMap<number, Instant>;
  /** Last instant it was seen green; a phase without an entry never was. */
  readonly lastGreen: ReadonlyMap<number, Instant>;
}

export const noTurns: PhaseTurns = {
  since: undefined,
  greenSince: new Map(),
  began: new Map(),
  lastGreen: new Map(),
  ...noWalks,
};

export function turnsSeen(before: PhaseTurns, junction: Junction, status: ReachableStatus, now: Instant): PhaseTurns {
  const greenSince = new Map<number, Instant>();
  const began = new Map(before.began);
  const lastGreen = new Map(before.lastGreen);
  for (const { number } of junction.phases) {
    if (status.phases[number] === "green") {
      const since = before.greenSince.get(number) ?? now;
      greenSince.set(number, since);
      began.set(number, since);
      lastGreen.set(number, now);
    }
  }
  return { since: before.since ?? now, greenSince, began, lastGreen, ...walksSeen(before, status, now) };
}

/** The cabinet's own plan has shown every phase green, or has had the time to: from here on reds can be kept in bounds. */
export const watched = (junction: Junction, { since, lastGreen }: PhaseTurns, now: Instant): boolean =>
  junction.phases.every(({ number }) => lastGreen.has(number)) ||
  (since !== undefined && between(since, now) > junction.maxRed);

export const greenFor = ({ greenSince }: PhaseTurns, phase: Phase, now: Instant): Millis => {
  const since = greenSince.get(phase.number);
  return since === undefined ? millis(0) : between(since, now);
};

/** The longest red of a phase: the junction's, or what people at its crossings accept less the clearance they wait through. */
export function longestRed(junction: Junction, phase: Phase): Millis {
  const waits = junction.crossings.flatMap((crossing) =>
    junction.groups
      .filter((group) => group.id === crossing.group && phase.groups.includes(group.id))
      .map((group) => crossing.maxWait - group.clearance),
  );
  return millis(Math.min(junction.maxRed, ...waits));
}

/**
 * How long people at a phase's crossings accept from the start of one green to the start of the next: whoever presses just
 * after it began may get no walk any more in this green. Endless where nobody walks.
 */
export const longestWalkCycle = (junction: Junction, phase: Phase): number =>
  Math.min(
    Number.POSITIVE_INFINITY,
    ...junction.crossings.filter(({ group }) => phase.groups.includes(group)).map(({ maxWait }) => maxWait),
  );

/**
 * The red phases (one of each ring at most) that have to be served next if every phase is to have its green within its
 * longest red; empty while there is time for any other choice. In the order of their deadlines, each waits for those
 * before it, two rings serving theirs side by side. `first`: phases that are meant to be served before (none: those green
 * stay); absent: whichever.
 */
export function overdue(
  junction: Junction,
  turns: PhaseTurns,
  at: { readonly now: Instant; readonly tick: Millis; readonly first?: readonly Phase[] },
): readonly Phase[] {
  const green = junction.phases.filter((phase) => turns.greenSince.has(phase.number));
  const reds = junction.phases
    .filter((phase) => !turns.greenSince.has(phase.number))
    .map((phase) => ({
      phase,
      left: timeLeft(junction, phase, turns, at.now),
    }))
    .sort((a, b) => (a.left === b.left ? a.phase.number - b.phase.number : a.left - b.left));
  // What runs must first end, any other choice holds for its own minimum, and deciding and obeying take a tick each.
  const ending = green.map((phase) => greenLeft(junction, phase, turns, at.now) + changeTime(phase));
  const other = Math.max(0, ...(at.first ?? junction.phases).map(minimumSplit));
  let before = Math.max(0, ...ending) + other + 2 * at.tick;
  const sets: Phase[][] = [];
  let late = false;
  for (const { phase, left } of reds) {
    const beside = sets.find((set) =>
      set.every((entry) => entry.barrier === phase.barrier && entry.ring !== phase.ring),
    );
    if (beside) {
      beside.push(phase);
      continue;
    }
    late ||= left <= before;
    before += minimumSplit(phase);
    sets.push([phase]);
  }
  return late ? sets[0]! : [];
}

/** Nobody knows how long a phase has been red that was never seen green: it may be overdue. */
function timeLeft(junction: Junction, phase: Phase, turns: PhaseTurns, now: Instant): number {
  const last = turns.lastGreen.get(phase.number);
  if (last === undefined) return Number.NEGATIVE_INFINITY;
  const red = between(last, now);
  if (uncalled(junction, phase, turns)) return junction.maxRed - red;
  const called = turns.calledSince?.get(phase.number);
  const waits = called ?? turns.began.get(phase.number) ?? last;
  return Math.min(
    (called === undefined ? longestRed(junction, phase) : junction.maxRed) - red,
    longestWalkCycle(junction, phase) - between(waits, now),
  );
}

/** Every set of phases that may run together: one of each ring, inside one barrier, in ring order. */
export function phaseSets(junction: Junction): readonly (readonly Phase[])[] {
  const barriers = [...new Set(junction.phases.map((phase) => phase.barrier))];
  const byNumber = new Map(junction.phases.map((phase) => [phase.number, phase]));
  return barriers.flatMap((barrier) =>
    junction.rings
      .map((ring) => ring.map((number) => byNumber.get(number)!).filter((phase) => phase.barrier === barrier))
      .reduce<readonly (readonly Phase[])[]>(
        (sets, ring) => (ring.length === 0 ? sets : sets.flatMap((set) => ring.map((phase) => [...set, phase]))),
        [[]],
      ),
  );
}

export const numbersOf = (phases: readonly Phase[]): readonly number[] => phases.map((phase) => phase.number);

/** Where the order of stages is fixed, may this set follow what is green? */
export const follows = (junction: Junction, green: readonly Phase[], set: readonly Phase[]): boolean =>
  green.every((from) => set.every((to) => mayFollow(junction, { from: from.number, to: to.number })));
