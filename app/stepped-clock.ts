import { Observable, type SchedulerAction, type SchedulerLike, Subscription } from "rxjs";
import { type Instant, instant, type Millis } from "../config/units.ts";
import type { Clock } from "../engine/ports/clock.ts";

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

/**
 * Time that moves only when told to. Everything due runs in order of (instant, order of asking), inside `advanceTo`.
 * RxJS's own virtual scheduler keeps every action it ever ran; this one forgets them.
 */
export class SteppedClock implements Clock {
  #now: Instant;
  #order = 0;
  /** Binary heap on (at, order). */
  readonly #heap: Due[] = [];
  readonly scheduler: SchedulerLike;

  constructor(start: Instant) {
    this.#now = start;
    const clock = this;
    this.scheduler = {
      now: () => clock.#now,
      schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
        const action = new Subscription() as SchedulerAction<T>;
        let due: Due | undefined;
        action.schedule = (nextState?: T, nextDelay = 0) => {
          if (due) due.cancelled = true;
          if (!action.closed)
            due = clock.#push(clock.#now + Math.max(0, nextDelay), () => work.call(action, nextState));
          return action;
        };
        action.add(() => {
          if (due) due.cancelled = true;
        });
        return action.schedule(state, delay);
      },
    };
  }

  now(): Instant {
    return this.#now;
  }

  ticks(period: Millis): Observable<Instant> {
    return new Observable<Instant>((subscriber) => {
      let due: Due | undefined;
      const next = () => {
        const at = (Math.floor(this.#now / period) + 1) * period;
        due = this.#push(at, () => {
          subscriber.next(this.#now);
          if (!subscriber.closed) next();
        });
      };
      next();
      return () => {
        if (due) due.cancelled = true;
      };
    });
  }

  /** Runs all that is due up to and at `to`, then stands there. */
  advanceTo(to: Instant): void {
    for (let due = this.#heap[0]; due && due.at <= to; due = this.#heap[0]) {
      this.#pop();
      if (due.cancelled) continue;
      if (due.at > this.#now) this.#now = instant(due.at);
      due.run();
    }
    this.#now = to;
  }

  #push(at: number, run: () => void): Due {
    const due: Due = { at, order: this.#order++, run, cancelled: false };
    const heap = this.#heap;
    let i = heap.push(due) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(due, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = due;
    return due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
