import { asyncScheduler, Observable } from "rxjs";
import { type Instant, instant, type Millis } from "../config/units.ts";
import type { Clock } from "../engine/ports/clock.ts";

/** The real time of this machine. A tick that comes late is skipped, never replayed; `onLate` hears by how much. */
export function wallClock(onLate: (late: Millis) => void = () => undefined): Clock {
  const now = (): Instant => instant(Date.now());
  return {
    now,
    scheduler: asyncScheduler,
    ticks: (period) =>
      new Observable<Instant>((subscriber) => {
        let timer: NodeJS.Timeout;
        const plan = () => {
          const at = (Math.floor(now() / period) + 1) * period;
          timer = setTimeout(() => {
            const late = now() - at;
            if (late >= period) onLate(late as Millis);
            subscriber.next(instant(at));
            if (!subscriber.closed) plan();
          }, at - now());
        };
        plan();
        return () => clearTimeout(timer);
      }),
  };
}
