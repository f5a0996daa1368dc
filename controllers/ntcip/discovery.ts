import { type Ref, ref, type SnmpError } from "ntcip-ts";
import { type Millis, seconds } from "../../config/units.ts";
import type { UnitLimits } from "./plan-rows.ts";
import { type Ending, endingOf, get, type Script } from "./script.ts";

/**
 * How far a unit can be driven: second by second, by downloaded splits, by the choice of a pattern it holds, or not at all.
 * Each level has those after it.
 */
export type Level = "seconds" | "splits" | "patterns" | "watch";

export interface Unit {
  readonly level: Level;
  /** Has dbCreateTransaction. */
  readonly transactions: boolean;
  /** Has ringControlGroupStopTime: its next green can be made to wait. */
  readonly stopsTime: boolean;
  readonly limits: UnitLimits;
  /** Standards it claims, where it says so. */
  readonly standards: string;
}

const sizes = ["maxPhases", "maxPatterns", "maxSplits", "maxSequences", "maxRings", "timebaseAscPatternSync"] as const;

/** What the unit is and has; asked once. A unit that lacks an object is driven without it. */
export function* discover(utcOffset: Millis): Script<Unit | Ending> {
  const asked = yield* optional([
    ...sizes.map((name) => ref(name)),
    ref("systemPatternControl"),
    ref("phaseControlGroupHold", 1),
    ref("dbCreateTransaction"),
    ref("controllerStandardTimeZone"),
    ref("ringControlGroupStopTime", 1),
  ]);
  if ("error" in asked) return endingOf(asked.error, "asking what the unit has");
  const [maxPhases, maxPatterns, maxSplits, maxSequences, maxRings, patternSync, ...rest] = asked.values;
  const [pattern, hold, transaction, zone, stopTime] = rest;
  const told = yield* get(ref("controllerBaseStandards"));
  const limits: UnitLimits = {
    maxPhases: number(maxPhases) ?? 0,
    maxPatterns: number(maxPatterns) ?? 0,
    maxSplits: number(maxSplits) ?? 0,
    maxSequences: number(maxSequences) ?? 0,
    maxRings: number(maxRings) ?? 0,
    patternSync: number(patternSync) ?? 0,
    zone: zone === undefined ? utcOffset : seconds(zone as number),
  };
  return {
    level: levelOf({ limits, pattern: pattern !== undefined, hold: hold !== undefined }),
    transactions: transaction !== undefined,
    stopsTime: stopTime !== undefined,
    limits,
    standards: told.ok ? Buffer.from(told.values[0] as Uint8Array).toString("latin1") : "",
  };
}

function levelOf({
  limits,
  pattern,
  hold,
}: {
  readonly limits: UnitLimits;
  readonly pattern: boolean;
  readonly hold: boolean;
}): Level {
  if (!pattern) return "watch";
  if (hold) return "seconds";
  return limits.maxPatterns >= 2 && limits.maxSplits >= 2 && limits.maxSequences >= 2 ? "splits" : "patterns";
}

/** May plans be written: two rows of each kind to alternate between. */
export const takesPlans = ({ level, limits }: Unit): boolean =>
  (level === "seconds" || level === "splits") &&
  limits.maxPatterns >= 2 &&
  limits.maxSplits >= 2 &&
  limits.maxSequences >= 2;

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** Values of what is there; what is not reads undefined. SNMPv1 names one missing object at a time. */
export function* optional(
  refs: readonly Ref[],
  absent: Set<string> = new Set(),
): Script<{ readonly values: readonly (number | string | Uint8Array | undefined)[] } | { readonly error: SnmpError }> {
  const keyOf = ({ name, index }: Ref): string => `${name}.${index.join(".")}`;
  for (;;) {
    const there = refs.filter((one) => !absent.has(keyOf(one)));
    if (there.length === 0) return { values: refs.map(() => undefined) };
    const reply = yield* get(...there);
    if (reply.ok) {
      const values = new Map(there.map((one, i) => [keyOf(one), reply.values[i]!]));
      return { values: refs.map((one) => values.get(keyOf(one))) };
    }
    const { code, ref: missing } = reply.error;
    // Each turn takes one object away, so this ends.
    if (code !== "no-such-name" || !missing || absent.has(keyOf(missing))) return { error: reply.error };
    absent.add(keyOf(missing));
  }
}
