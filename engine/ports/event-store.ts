import type { Observable } from "rxjs";
import type { Instant } from "../../config/units.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type EventKind =
  | "run" // start and end of a run, with configuration hash, seed and strategy
  | "reading"
  | "view" // what cameras saw of a junction in one second
  | "scene" // objects seen around a junction, packed
  | "observation"
  | "health"
  | "estimate"
  | "status"
  | "cabinet" // what a cabinet itself logged (high-resolution codes)
  | "decision"
  | "denial"
  | "command"
  | "outcome"
  | "alarm"
  | "human"; // an action by a person

/** One line of history. `subject` is a junction, detector, corridor or run id. */
export interface Event {
  readonly at: Instant;
  readonly kind: EventKind;
  readonly subject: string;
  readonly data: Json;
}

export interface Query {
  readonly kinds?: readonly EventKind[];
  readonly subject?: string;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly limit?: number;
}

export interface EventStore {
  /** Cold; completes when the batch is durable; errors when it is not (the caller spools). */
  append(batch: readonly Event[]): Observable<void>;
  /** Cold; in order of time, then of arrival. */
  query(query: Query): Observable<Event>;
  /** Flushes and closes. */
  close(): Promise<void>;
}
