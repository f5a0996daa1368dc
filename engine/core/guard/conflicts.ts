import type { Junction, Phase } from "../../../config/model.ts";
import { runTogether } from "./limits.ts";
import { type Denial, shown } from "./request.ts";

/** From group, to group, intergreen in ms. */
type Pair = readonly [string, string, number];

/** Ordered pairs of groups, one of each phase, that may not be green together. A group that nobody knows conflicts with all. */
function conflictsBetween(junction: Junction, index: ReadonlyMap<string, number>, a: Phase, b: Phase): readonly Pair[] {
  const { conflicts, intergreen } = junction;
  const n = junction.groups.length;
  return a.groups.flatMap((from) =>
    b.groups.flatMap((to): readonly Pair[] => {
      const i = index.get(from) ?? Number.NaN;
      const j = index.get(to) ?? Number.NaN;
      // Nothing but a 0 both ways round says that two groups may be green together.
      if (conflicts[i * n + j] === 0 && conflicts[j * n + i] === 0) return [];
      return [[from, to, intergreen[i * n + j] ?? Number.POSITIVE_INFINITY]];
    }),
  );
}

/**
 * Invariant 1 of the junction itself: no conflict inside a phase or between phases that rings run together, and each
 * phase's amber and all-red cover the intergreens to every phase that may follow. Invariant 2: its amber covers its groups'.
 */
export function checkPhases(junction: Junction): readonly Denial[] {
  const denials: Denial[] = [];
  const index = new Map(junction.groups.map((group, i) => [group.id, i]));
  for (const phase of junction.phases) {
    const short = junction.groups.filter((group) => phase.groups.includes(group.id) && group.amber > phase.amber);
    for (const group of short)
      denials.push({
        invariant: 2,
        code: "amber-too-short",
        message: `phase ${phase.number} has ${shown(phase.amber)} of amber; group ${group.id} needs ${shown(group.amber)}: give the phase the group's amber`,
      });
    for (const other of junction.phases) {
      const pairs = conflictsBetween(junction, index, phase, other);
      if (phase === other || runTogether(phase, other)) {
        // Each pair of phases is met twice, once from either side; say it once.
        if (phase.number <= other.number) denials.push(...together(phase, other, pairs));
      } else denials.push(...following(phase, other, pairs));
    }
  }
  return denials;
}

function together(phase: Phase, other: Phase, pairs: readonly Pair[]): readonly Denial[] {
  const where = phase === other ? `phase ${phase.number}` : `phases ${phase.number} and ${other.number}`;
  return pairs
    .filter(([a, b]) => phase !== other || a <= b)
    .map(([a, b]) => ({
      invariant: 1,
      code: "conflicting-greens",
      message: `${where} would show green to conflicting groups ${a} and ${b}; 0 conflicts are allowed: separate them in the junction's phases`,
    }));
}

function following(phase: Phase, other: Phase, pairs: readonly Pair[]): readonly Denial[] {
  const clearance = phase.amber + phase.allRed;
  return pairs
    .filter(([, , intergreen]) => !(clearance >= intergreen))
    .map(([a, b, intergreen]) => ({
      invariant: 1,
      code: "intergreen-too-short",
      message: `${a} (phase ${phase.number}) to ${b} (phase ${other.number}) has ${shown(clearance)} of amber and all-red; the intergreen is ${shown(intergreen)}: lengthen the phase's all-red`,
    }));
}
