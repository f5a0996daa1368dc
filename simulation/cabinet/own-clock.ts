import { type Instant, instant } from "../../config/units.ts";

/** The machine's step, ms of the cabinet's own clock. */
export const STEP = 100;

/**
 * A cabinet's clock: an oscillator that may run fast or slow, and a calendar that can be set. Timers use the oscillator
 * (`ticked`, monotonic); plans, logs and the schedule use the calendar.
 */
export class OwnClock {
  /** Oscillator at the last tick, ms; equal to the world's time at the start. */
  ticked: number;
  #drift = 0;
  #worldBase: number;
  #ownBase: number;
  #world: number;
  #shift = 0;

  constructor(start: Instant) {
    this.ticked = this.#worldBase = this.#ownBase = this.#world = start;
  }

  /** The calendar at the last tick. */
  now(): Instant {
    return this.calendar(this.ticked);
  }

  calendar(at: number): Instant {
    return instant(at + this.#shift);
  }

  set(to: Instant): void {
    this.#shift = to - this.ticked;
  }

  drift(partsPerMillion: number): void {
    this.#ownBase = this.#own(this.#world);
    this.#worldBase = this.#world;
    this.#drift = partsPerMillion / 1e6;
  }

  /** The world stands at `at`; how many ticks that makes. */
  due(at: Instant): number {
    this.#world = Math.max(this.#world, at);
    return Math.floor((this.#own(this.#world) - this.ticked) / STEP);
  }

  #own(world: number): number {
    return this.#ownBase + (world - this.#worldBase) * (1 + this.#drift);
  }
}
