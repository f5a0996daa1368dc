import type { Observable, SchedulerLike } from "rxjs";
import type { Instant, Millis } from "../../config/units.ts";

/** The only thing that knows the time. */
export interface Clock {
  now(): Instant;
  /** Hot; emits at whole multiples of `period` since the epoch; never completes. A late tick is skipped, not replayed. */
  ticks(period: Millis): Observable<Instant>;
  /** For every operator that waits. */
  readonly scheduler: SchedulerLike;
}
