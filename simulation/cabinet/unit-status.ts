import { millis } from "../../config/units.ts";
import { Lamp } from "../lamps.ts";
import type { Calls } from "./calls.ts";
import type { Condition } from "./condition.ts";
import type { Operation } from "./operation.ts";
import { type Overlap, overlapBits } from "./overlaps.ts";
import type { Rings } from "./rings.ts";
import type { StoredPlan, UnitStatus } from "./virtual-cabinet.ts";

/** What a cabinet says of itself is said of these. */
export interface StatusParts extends Pick<UnitStatus, "preempt" | "faults"> {
  readonly at: number;
  /** The conflict monitor has tripped and nobody has been there since. */
  readonly latched: boolean;
  readonly condition: Condition;
  readonly manual: boolean;
  /** A centre has called a pattern. */
  readonly commanded: boolean;
  /** Plan of the pattern that is commanded or scheduled. */
  readonly wanted: StoredPlan | undefined;
  readonly rings: Rings;
  readonly calls: Calls;
  readonly operation: Operation;
  readonly phaseBits: number;
  readonly overlaps: readonly Overlap[];
  readonly lamps: Uint8Array;
}

export function statusOf(parts: StatusParts): UnitStatus {
  const { at, preempt, faults, condition, wanted, rings, calls, operation, phaseBits } = parts;
  const { overlaps, lamps } = parts;
  const first = rings.rings[0]!;
  const greens = rings.mask("green");
  const ambers = rings.mask("amber");
  const plan = operation.running;
  return {
    mode: modeOf(parts),
    pattern: operation.pattern,
    plan,
    pending: plan !== undefined && plan !== wanted,
    inTransition: condition === "running" && operation.inTransition,
    greens,
    ambers,
    reds: phaseBits & ~greens & ~ambers,
    walks: rings.walks(Lamp.green),
    pedClears: rings.walks(Lamp.clearance),
    phaseOns: greens | ambers | rings.mask("clear"),
    phaseNexts: rings.nexts,
    minimums: rings.minimums(at),
    vehicleCalls: calls.vehicleCalls & ~greens,
    pedestrianCalls: calls.pedestrianCalls,
    overlapGreens: overlapBits(overlaps, lamps, Lamp.green),
    overlapAmbers: overlapBits(overlaps, lamps, Lamp.amber),
    preempt,
    intervalElapsed: millis(at - first.since),
    minRemaining: millis(rings.minimumRemaining(first, at)),
    cyclePosition: millis(plan ? operation.cyclePosition(at) : 0),
    cycleCounter: operation.cycleCounter,
    faults,
  };
}

function modeOf({ latched, condition, manual, preempt, commanded }: StatusParts): UnitStatus["mode"] {
  if (latched) return "fault-flash";
  if (condition === "flash") return "flash";
  if (condition !== "running") return "startup";
  if (manual) return "manual";
  if (preempt > 0) return "preempt";
  return commanded ? "central" : "local";
}
