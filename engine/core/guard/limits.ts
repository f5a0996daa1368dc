import type { Junction, Phase, SignalGroup } from "../../../config/model.ts";
import { type Millis, millis } from "../../../config/units.ts";

/** What a split and a green of one phase must keep to, worked out again from the signal groups. */
export interface PhaseLimits {
  readonly minGreen: Millis;
  readonly maxGreen: Millis;
  /** Amber + all-red, as the cabinet runs them after this phase. */
  readonly clearance: Millis;
  readonly minSplit: Millis;
  readonly maxSplit: Millis;
  /** Its demand may not stand at red for longer. */
  readonly maxRed: Millis;
}

const groupsOf = (junction: Junction, phase: Phase): readonly SignalGroup[] =>
  junction.groups.filter((group) => phase.groups.includes(group.id));

/** The stricter of the phase's own figures and those of its groups; pedestrian minima go before a vehicle maximum. */
export function limitsOf(junction: Junction, phase: Phase): PhaseLimits {
  const groups = groupsOf(junction, phase);
  const vehicles = groups.filter((group) => group.kind === "vehicle");
  const minGreen = Math.max(phase.minGreen, ...groups.map((group) => group.minGreen + group.clearance));
  const greenEnds = (vehicles.length > 0 ? vehicles : groups).map((group) => group.maxGreen);
  const maxGreen = Math.max(minGreen, Math.min(phase.maxGreen, ...greenEnds));
  const clearance = phase.amber + phase.allRed;
  // Whoever misses the walk waits through the clearance too, which is part of the phase's green.
  const crossingWaits = junction.crossings.flatMap((crossing) =>
    groups.filter((group) => group.id === crossing.group).map((group) => crossing.maxWait - group.clearance),
  );
  return {
    minGreen: millis(minGreen),
    maxGreen: millis(maxGreen),
    clearance: millis(clearance),
    minSplit: millis(minGreen + clearance),
    maxSplit: millis(maxGreen + clearance),
    maxRed: millis(Math.min(junction.maxRed, ...crossingWaits)),
  };
}

/**
 * Red that people at a phase's crossings accept after a green of `green`: whoever presses just after it began may get no
 * walk any more in it, and waits until the next. Endless where nobody walks.
 */
export const walkRed = (junction: Junction, phase: Phase, green: number): number =>
  Math.min(
    Number.POSITIVE_INFINITY,
    ...junction.crossings.filter(({ group }) => phase.groups.includes(group)).map(({ maxWait }) => maxWait - green),
  );

/**
 * The longest cycle in which nobody on foot waits past the crossing's limit: walk is sure for its minimum only, so
 * whoever just misses it waits for the rest of the cycle.
 */
export function longestCycle(junction: Junction): Millis {
  const forCrossings = junction.crossings.flatMap((crossing) =>
    junction.groups.filter((group) => group.id === crossing.group).map((group) => crossing.maxWait + group.minGreen),
  );
  return millis(Math.min(junction.cycleMax, ...forCrossings));
}

/** Does a lane or a crossing depend on this phase? */
export const hasDemand = (junction: Junction, phase: Phase): boolean =>
  junction.streams.some((stream) => stream.phases.includes(phase.number)) ||
  junction.crossings.some((crossing) => phase.groups.includes(crossing.group));

/** Phases of different rings run together inside one barrier; all others follow each other. */
export const runTogether = (a: Phase, b: Phase): boolean => a.ring !== b.ring && a.barrier === b.barrier;
