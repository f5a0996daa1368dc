import { type Instant, instant } from "../../config/units.ts";

/** The machine's step, ms. */
export const STEP = 100;

/**
 * A cabinet's clock: interval timers that keep true (`ticked`, monotonic) and a calendar that can be set and may run fast
 * or slow. Plans, logs and the schedule use the calendar. Drift is kept away from the timers because it comes to less
 * than a step there, and the film of the lamps would show a whole step.
 */
export class OwnClock {
  /** The timers at the last tick, ms; starts at the world's time. */
  ticked: number;
  #shift = 0;
  #drift = 0;
  #driftFrom: number;

  constructor(start: Instant) {
    this.ticked = this.#driftFrom = start;
  }

  /** The calendar at the last tick. */
  now(): Instant {
    return this.calendar(this.ticked);
  }

  /** The calendar when the timers stand at `at`. */
  calendar(at: number): Instant {
    return instant(at + this.#shift + (at - this.#driftFrom) * this.#drift);
  }

  set(to: Instant): void {
    this.#shift += to - this.now();
  }

  drift(partsPerMillion: number): void {
    this.#shift += (this.ticked - this.#driftFrom) * this.#drift;
    this.#driftFrom = this.ticked;
    this.#drift = partsPerMillion / 1e6;
  }

  /** How many ticks are due when the world stands at `at`. */
  due(at: Instant): number {
    return Math.floor((at - this.ticked) / STEP);
  }
}
