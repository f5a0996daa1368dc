import type { City, Corridor } from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import type { Instant } from "../../config/units.ts";
import type { CabinetMode, CabinetStatus, Command } from "../core/cabinet.ts";
import type { EstimatorState } from "../core/estimate/estimator.ts";
import type { ObserveState } from "../core/observe/observe.ts";
import type { SceneState } from "../core/observe/scenes.ts";
import type { RequestBook } from "../core/requests/book.ts";
import type { Knowledge, Reason, Strategy } from "../core/strategy.ts";
import type { JunctionView } from "../core/view.ts";
import type { Event } from "../ports/event-store.ts";

/** What the engine has asked of one cabinet, and what came of it. */
export interface Hand {
  /** Sent, no outcome yet. */
  readonly pending: Command | undefined;
  /** Last plan the cabinet accepted, while it is believed to run. */
  readonly plan: TimingPlan | undefined;
  /** Phases last asked for second by second, while that is in force. */
  readonly serving: readonly number[] | undefined;
  /** The last such call asked the next green to wait. */
  readonly held: boolean;
  /** Plan that a call for the next seconds took the place of; a return to it is no change. */
  readonly interrupted: TimingPlan | undefined;
  /** When cameras last showed the junction. */
  readonly watched: Instant | undefined;
  /** Something of ours may be in force there and has not been handed back. */
  readonly claimed: boolean;
  /** A cabinet that accepted may still be seen in local control until then; undefined once it was seen in central. */
  readonly settlingUntil: Instant | undefined;
  /** The engine leaves the cabinet alone until then, and why. */
  readonly standBackUntil: Instant;
  readonly standBackReason: string;
  /** Commands lost in a row. */
  readonly lost: number;
  /** When the cabinet's watchdog was last fed, by any command. */
  readonly lastFeed: Instant;
  /** JSON of the action the cabinet refused last: not repeated unchanged until something there has changed. */
  readonly refused: string | undefined;
  /** The action the guard denied last, and when it may be proposed again. */
  readonly denied: { readonly action: string; readonly until: Instant } | undefined;
  readonly transitionSince: Instant | undefined;
  /** As last polled. */
  readonly mode: CabinetMode | "unreachable" | undefined;
}

/** All that changes while a corridor is controlled. Plain data, so that it can be kept, compared and replayed. */
export interface CorridorState {
  readonly observe: ObserveState;
  readonly scenes: SceneState;
  readonly estimator: EstimatorState;
  readonly memory: unknown;
  readonly cabinets: ReadonlyMap<string, CabinetStatus>;
  /** Newest view of each junction that has one. */
  readonly views: ReadonlyMap<string, JunctionView>;
  readonly hands: ReadonlyMap<string, Hand>;
  /** Last instant each phase was seen green, by junction. */
  readonly lastGreen: ReadonlyMap<string, ReadonlyMap<number, Instant>>;
  /** Start of the present green of each phase that is green. */
  readonly greenSince: ReadonlyMap<string, ReadonlyMap<number, Instant>>;
  /** Start of the present or last green of each phase. */
  readonly began: ReadonlyMap<string, ReadonlyMap<number, Instant>>;
  /** Since when each phase's walk has been called, by junction whose cabinet says so. */
  readonly walkCalledSince: ReadonlyMap<string, ReadonlyMap<number, Instant>>;
  /** When a reading that may decide something last came in, by junction. */
  readonly newestReading: ReadonlyMap<string, Instant>;
  /** Prefix of command ids: tells the commands of one run from those of another in the same audit trail. */
  readonly commandPrefix: string;
  readonly commandCount: number;
  readonly alarms: ReadonlySet<string>;
  readonly requests: RequestBook;
}

/** A command that wants to be sent; the guard has not seen it yet. */
export interface Proposal {
  readonly command: Command;
  readonly reasons: readonly Reason[];
}

/** What one tick gives. */
export interface Turn {
  readonly state: CorridorState;
  readonly events: readonly Event[];
  readonly proposals: readonly Proposal[];
  readonly known: Knowledge;
}

export interface Setting {
  readonly city: City;
  readonly corridor: Corridor;
  readonly strategy: Strategy;
  /** False: watch and decide, send nothing (shadow). */
  readonly dispatch: boolean;
}
