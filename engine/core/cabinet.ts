import type { TimingPlan } from "../../config/plan.ts";
import type { Instant, Millis } from "../../config/units.ts";

/** What a cabinet can be asked to do. Unknown until its first good poll. */
export interface Capabilities {
  readonly planDownload: boolean;
  /** Takes `serve`: calls, holds and force-offs for the next seconds. */
  readonly secondBySecond: boolean;
  readonly maxPhases: number;
  readonly cycleMin: Millis;
  readonly cycleMax: Millis;
  /** Splits and cycles are whole multiples of this. */
  readonly resolution: Millis;
}

export type CabinetMode =
  | "dark"
  | "startup"
  | "flash"
  | "all-red"
  | "local"
  | "central"
  | "manual"
  | "preempt"
  | "fault-flash";

export type PhaseState = "red" | "amber" | "green";

/** What a good poll said; `unreachable` when polls fail. */
export type CabinetStatus = ReachableStatus | UnreachableStatus;

export interface ReachableStatus {
  readonly kind: "reachable";
  readonly junction: string;
  /** Engine clock at the answer. */
  readonly at: Instant;
  readonly mode: CabinetMode;
  readonly capabilities: Capabilities;
  /** Cabinet's number of the plan it runs: NTCIP pattern (254 free) or Modbus plan id; 0 unknown. */
  readonly pattern: number;
  /** True while it moves from one plan or offset to another. */
  readonly inTransition: boolean;
  /** State of each phase by phase number. */
  readonly phases: Readonly<Record<number, PhaseState>>;
  /** Phases whose walk somebody has called and that is still to come; absent where the protocol does not say. */
  readonly walkCalls?: readonly number[];
  /** Since local zero; undefined where the protocol does not say. */
  readonly cyclePosition: Millis | undefined;
  /** In the present interval; undefined where the protocol does not say. */
  readonly elapsed: Millis | undefined;
  /** Cabinet's clock minus the engine's; undefined where it cannot be read. */
  readonly clockError: Millis | undefined;
  /** Latched or present faults, in field words. */
  readonly faults: readonly string[];
}

export interface UnreachableStatus {
  readonly kind: "unreachable";
  readonly junction: string;
  readonly at: Instant;
  readonly since: Instant;
  readonly reason: string;
}

export type Action =
  /** Download to the shadow, verify, commit, verify, and run it. */
  | { readonly kind: "plan"; readonly plan: TimingPlan }
  /** Second by second: serve exactly these phases now; go there by the cabinet's own minimum and clearance times. */
  | {
      readonly kind: "serve";
      readonly phases: readonly number[];
      /**
       * While a change is under way: not the next green yet, somebody is still in the box. Said anew each second, bounded by
       * the cabinet; one that cannot wait so leaves it out.
       */
      readonly hold?: true;
    }
  /** Feeds the cabinet's watchdog with whatever is in force. */
  | { readonly kind: "keep-alive" }
  /** Hand back to local control. Always allowed. */
  | { readonly kind: "release" };

export interface Command {
  readonly id: string;
  readonly junction: string;
  readonly at: Instant;
  readonly action: Action;
}

export type Outcome = { readonly command: string; readonly junction: string; readonly at: Instant } & (
  | { readonly result: "accepted"; readonly detail: string }
  /** The cabinet said no, or read-back differs; not to be repeated unchanged. */
  | { readonly result: "refused"; readonly code: string; readonly detail: string }
  /** Nobody knows; the driver has rolled back where it could, and the street runs an unmixed plan. */
  | { readonly result: "lost"; readonly code: string; readonly detail: string }
);
