import { after, type Instant, type Millis, seconds } from "../../config/units.ts";

/**
 * Longest that `hold` delays a green: a turner that has not left by then waits in the box for good. With 6 s a three-signal
 * network locked in one seed of five (`simpang sumo run`, adaptive, 200 m of view); with 15 s in none.
 */
export const longestHold: Millis = seconds(15);
/** `hold` is said anew each second; one that was not, one lost word allowed for, is over. */
export const holdLapses: Millis = seconds(2.5);

/** For how long one cabinet lets its next green wait, whoever goes on asking. */
export class BoxHold {
  #since: Instant | undefined;

  /** May the next green wait at this word? */
  allows(hold: boolean, now: Instant): boolean {
    if (!hold) {
      this.#since = undefined;
      return false;
    }
    this.#since ??= now;
    return now < after(this.#since, longestHold);
  }
}
