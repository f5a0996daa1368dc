import type { Junction, Phase } from "../../../config/model.ts";
import { runTogether } from "./limits.ts";
import { type Denial, shown } from "./request.ts";

/** Ordered pairs of groups, one of each phase, that may not be green together. Groups unknown to the junction conflict. */
function conflictsBetween(junction: Junction, a: Phase, b: Phase): readonly (readonly [string, string, number])[] {
  const n = junction.groups.length;
  const index = new Map(junction.groups.map((group, i) => [group.id, i]));
  return a.groups.flatMap((from) =>
    b.groups.flatMap((to) => {
      const i = index.get(from);
      const j = index.get(to);
      if (i === undefined || j === undefined) return [[from, to, Number.POSITIVE_INFINITY] as const];
      return junction.conflicts[i * n + j] === 0 ? [] : [[from, to, junction.intergreen[i * n + j]!] as const];
    }),
  );
}

/**
 * Invariant 1 of the junction itself: no conflict inside a phase or between phases that rings run together, and each
 * phase's amber and all-red cover the intergreens to every phase that may follow. Invariant 2: its amber covers its groups'.
 */
export function checkPhases(junction: Junction): readonly Denial[] {
  const denials: Denial[] = [];
  for (const phase of junction.phases) {
    const short = junction.groups.filter((group) => phase.groups.includes(group.id) && group.amber > phase.amber);
    for (const group of short)
      denials.push({
        invariant: 2,
        code: "amber-too-short",
        message: `phase ${phase.number} has ${shown(phase.amber)} of amber; group ${group.id} needs ${shown(group.amber)}: give the phase the group's amber`,
      });
    for (const other of junction.phases) {
      const pairs = conflictsBetween(junction, phase, other);
      if (phase === other || runTogether(phase, other)) {
        // Each pair of phases is met twice, once from either side; say it once.
        if (phase.number <= other.number) denials.push(...together(phase, other, pairs));
      } else denials.push(...following(phase, other, pairs));
    }
  }
  return denials;
}

function together(
  phase: Phase,
  other: Phase,
  pairs: readonly (readonly [string, string, number])[],
): readonly Denial[] {
  const where = phase === other ? `phase ${phase.number}` : `phases ${phase.number} and ${other.number}`;
  return pairs
    .filter(([a, b]) => phase !== other || a <= b)
    .map(([a, b]) => ({
      invariant: 1,
      code: "conflicting-greens",
      message: `${where} would show green to conflicting groups ${a} and ${b}; 0 conflicts are allowed: separate them in the junction's phases`,
    }));
}

function following(
  phase: Phase,
  other: Phase,
  pairs: readonly (readonly [string, string, number])[],
): readonly Denial[] {
  const clearance = phase.amber + phase.allRed;
  return pairs
    .filter(([, , intergreen]) => !(clearance >= intergreen))
    .map(([a, b, intergreen]) => ({
      invariant: 1,
      code: "intergreen-too-short",
      message: `${a} (phase ${phase.number}) to ${b} (phase ${other.number}) has ${shown(clearance)} of amber and all-red; the intergreen is ${shown(intergreen)}: lengthen the phase's all-red`,
    }));
}
