import { between, type Instant } from "../../../config/units.ts";

/** Discharge at saturation, pcu/h of green, all lanes of a stream. */
export interface Saturation {
  readonly mean: number;
  readonly variance: number;
}

/** One period of one line. */
export interface Passed {
  readonly end: Instant;
  readonly vehicles: number;
  readonly pcu: number;
  /** Vehicles standing in its view at the end. */
  readonly standing: number;
}

/** What one line saw of a green. */
export interface Green {
  readonly since: Instant;
  readonly until: Instant;
  /** Vehicles standing when it began. */
  readonly queued: number;
  /** pcu of one vehicle. */
  readonly pcuPerVehicle: number;
  readonly passed: readonly Passed[];
  /** Vehicles left standing when it was over. */
  readonly left: number;
  /** Share of the stream's width that the line covers. */
  readonly width: number;
}

/** Until the first vehicle moves (HCM start-up lost time). */
export const startUpLostS = 2;
/**
 * A queue counts when it should take this long to go. It is judged before it goes: to pick discharges by how long they
 * took would pick the slow ones.
 */
const leastQueueS = 10;
/** A queue left after green: more than stragglers. */
const leftOver = 3;
/** Weather, light and drivers move saturation flow by about this much in an hour. */
const driftPerHour = 0.05;
/** No lane does better than this multiple of its present estimate, nor worse: one odd green moves it by a bounded step. */
const oddGreen = 0.5;

/** Learns from the part of a green in which a lane's queue discharged; a green without one leaves the estimate as it is. */
export function saturationSeen(before: Saturation, green: Green): Saturation {
  const lane = (before.mean * green.width) / 3600;
  if (green.queued * green.pcuPerVehicle < lane * leastQueueS) return before;
  const part = discharging(green);
  if (!part || part.seconds <= 0 || part.vehicles <= 0) return before;
  const rate = (part.pcu * 3600) / part.seconds / green.width;
  const seen = Math.min(before.mean * (1 + oddGreen), Math.max(before.mean * (1 - oddGreen), rate));
  // Discharge headways are steadier than arrivals; Poisson is the cautious bound.
  const noise = before.mean ** 2 / part.vehicles;
  const aged = before.variance + ((driftPerHour * before.mean) ** 2 * between(green.since, green.until)) / 3_600_000;
  const gain = aged / (aged + noise);
  return { mean: before.mean + gain * (seen - before.mean), variance: (1 - gain) * aged };
}

interface Part {
  /** Effective: without the start-up loss, and with the amber that makes it good when the queue outlasts the green. */
  readonly seconds: number;
  readonly vehicles: number;
  readonly pcu: number;
}

/** The whole green when a queue outlasted it, else the periods in which the queue of its beginning went. */
function discharging({ since, until, queued, passed, left }: Green): Part | undefined {
  const outlasted = queued > leftOver && left > leftOver;
  let vehicles = 0;
  let pcu = 0;
  let end: Instant | undefined;
  for (const entry of passed) {
    // Saturated to its end: somebody of the queue is still to come. A period in which nobody passed is a gap or a full exit.
    const busy = entry.vehicles > 0 && (entry.standing > 0 || vehicles + entry.vehicles < queued);
    if (!outlasted && (entry.end > until || !busy)) break;
    vehicles += entry.vehicles;
    pcu += entry.pcu;
    end = entry.end;
  }
  if (outlasted) return { seconds: between(since, until) / 1000, vehicles, pcu };
  return end === undefined ? undefined : { seconds: between(since, end) / 1000 - startUpLostS, vehicles, pcu };
}
