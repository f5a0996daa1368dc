import type { Control, Junction } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import type { Instant } from "../../../config/units.ts";
import type { CabinetStatus, Command } from "../cabinet.ts";

/** All that the guard judges by. What is absent is unknown, and the unknown is denied. */
export interface GuardRequest {
  readonly command: Command;
  readonly junction: Junction;
  readonly control: Control;
  /** Newest status of the junction's cabinet. */
  readonly cabinet: CabinetStatus | undefined;
  /** Plan last accepted by the cabinet; undefined: it runs its own schedule. */
  readonly inForce: TimingPlan | undefined;
  /** Plan that second-by-second calls of ours interrupted there and that was in force until then. */
  readonly interrupted?: TimingPlan | undefined;
  /** Plan that the schedule asks for at `now`. */
  readonly scheduled: TimingPlan | undefined;
  readonly now: Instant;
  /** When the newest reading of this junction arrived, by the engine's clock. */
  readonly newestReading: Instant | undefined;
  /** Since when the cabinet has been in transition without a break; needed to judge a plan while it is. */
  readonly transitionSince?: Instant | undefined;
  /** Needed for `serve`: when each phase was last seen green. A phase without an entry was never seen green. */
  readonly lastGreen?: ReadonlyMap<number, Instant> | undefined;
  /** Needed for `serve`: start of the present green of each phase that is green. */
  readonly greenSince?: ReadonlyMap<number, Instant> | undefined;
  /** Needed for `serve` where people walk: start of the present or last green of each phase; absent: only reds are judged. */
  readonly began?: ReadonlyMap<number, Instant> | undefined;
  /** For `serve`: since when each phase's walk has been called; undefined: the cabinet does not say, so somebody may wait. */
  readonly walkCalledSince?: ReadonlyMap<number, Instant> | undefined;
  /** The command stands in the audit trail, on disk. */
  readonly auditWritten: boolean;
  readonly target: "virtual" | "real";
}

/** Numbers as in DESIGN §4. */
export type Invariant = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

export interface Denial {
  readonly invariant: Invariant;
  /** Stable word. */
  readonly code: string;
  /** What is wrong, its value, the limit it broke, and the mend. */
  readonly message: string;
}

export type Verdict =
  | { readonly allowed: true }
  /** Every fault found, in order of the invariants. */
  | { readonly allowed: false; readonly denials: readonly Denial[] };

/** A duration or instant for a message: seconds, exact to the millisecond. */
export const shown = (value: number): string => (Number.isFinite(value) ? `${value / 1000} s` : "an unknown time");

/** False for anything that is not a number inside [min, max]. */
export const within = (value: number, min: number, max: number): boolean => value >= min && value <= max;
