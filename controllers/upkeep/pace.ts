import { after, type Instant, type Millis, millis, seconds } from "../../config/units.ts";

/** While a change is under way a cabinet is asked so often, where its own period is longer. */
const changePeriod = seconds(1);
/** Periods left out, at most, between two tries of a cabinet that does not answer. */
const longestPause = 15;
/** Of a tick: ticks of a busy machine come some milliseconds late, and the one after is not skipped for it. */
const tickSlack = 0.1;

/** How often to look whether a poll is due; every period is a whole number of these. */
export const paceTick = (period: Millis): Millis => (period % changePeriod === 0 ? changePeriod : period);

/**
 * When a cabinet is asked next: each period; each second while a change is under way; after a pause that doubles up to 15
 * periods while it is silent; and one that takes more than half a period to answer, such as many on one slow line, gets as
 * long a pause as it took, so that commands find the line free half of the time.
 */
export class Pace {
  readonly #period: Millis;
  readonly #tick: Millis;
  #asked: Instant | undefined;
  #next: Instant | undefined;
  #silences = 0;

  constructor(period: Millis) {
    this.#period = period;
    this.#tick = paceTick(period);
  }

  /** At a tick: is it time? `changing`: a plan is being loaded, or the cabinet is in transition. */
  due(now: Instant, changing: boolean): boolean {
    if (this.#asked === undefined || this.#next === undefined) return true;
    const soon = changing && this.#silences === 0 ? after(this.#asked, this.#tick) : this.#next;
    return after(now, millis(this.#tick * tickSlack)) >= soon;
  }

  answered(asked: Instant, now: Instant): void {
    const took = now - asked;
    this.#silences = 0;
    this.#asked = asked;
    this.#next = took > this.#period / 2 ? after(now, millis(took)) : after(asked, this.#period);
  }

  silent(asked: Instant): void {
    const pause = Math.min(longestPause, 2 ** this.#silences - 1);
    this.#silences++;
    this.#asked = asked;
    this.#next = after(asked, millis((1 + pause) * this.#period));
  }
}
