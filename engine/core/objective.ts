import type { ObjectiveName } from "../../config/model.ts";

/** What an objective adds to a plain sum of delays; a weight of 0 adds nothing. */
export interface ObjectiveWeights {
  /** A stop on a coordinated movement counts as this much waiting, s. */
  readonly stopS: number;
  /** Waiting counts d (1 + convex d / 60 s): who waits long counts for more than those who wait little. */
  readonly convex: number;
  /** Who asks for more than a green gives counts as waiting this long for each pcu left over, s. */
  readonly unservedS: number;
  /** Each pcu by which a queue is longer than its share of the link allows counts as this many that wait. */
  readonly tooLong: number;
}

const none: ObjectiveWeights = { stopS: 0, convex: 0, unservedS: 0, tooLong: 0 };

/**
 * Assumed, each large enough to change a plan and no larger: a stop as two plain delays of a short red; a minute's wait
 * counted double; who is not served at all as waiting for an hour, so that the most are served; a pcu in the way of a
 * junction behind as ten.
 */
export const objectiveWeights: Readonly<Record<ObjectiveName, ObjectiveWeights>> = {
  balanced: none,
  "smooth-flow": { ...none, stopS: 20 },
  "access-equity": { ...none, convex: 1 },
  throughput: { ...none, unservedS: 3600 },
  "queue-limits": { ...none, tooLong: 10 },
};

/** From this share of a link's storage on, its queue counts as too long: the rest is for a platoon on its way. */
export const queueLimitShare = 0.6;
