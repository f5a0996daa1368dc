import { between, type Instant } from "../../../config/units.ts";

/** Discharge at saturation, pcu/h of green, all lanes of a stream. */
export interface Saturation {
  readonly mean: number;
  readonly variance: number;
}

export interface Green {
  readonly since: Instant;
  readonly until: Instant;
  /** Vehicles standing when it began. */
  readonly queued: number | undefined;
  /** They filled the view: at least that many stood. */
  readonly queueWasFull: boolean;
  readonly passed: readonly { readonly end: Instant; readonly vehicles: number; readonly pcu: number }[];
  /** Vehicles left standing when it was over. */
  readonly left: number;
}

/** Until the first vehicle moves (HCM start-up lost time). */
export const startUpLostS = 2;
/** Shorter discharges say more about who stood first than about the flow. */
const leastDischargeS = 8;
/** A queue left after green: more than stragglers. */
const leftOver = 3;
/** Weather, light and drivers move saturation flow by about this much in an hour. */
const driftPerHour = 0.05;
/** No lane does better than this multiple of its present estimate, nor worse: one odd green moves it by a bounded step. */
const oddGreen = 0.5;

/** Learns from the part of a green in which a queue discharged; a green without one leaves the estimate as it is. */
export function saturationSeen(before: Saturation, green: Green): Saturation {
  const part = discharging(green);
  if (!part || part.seconds < leastDischargeS || part.vehicles <= 0) return before;
  const rate = (part.pcu * 3600) / (part.seconds - startUpLostS);
  const seen = Math.min(before.mean * (1 + oddGreen), Math.max(before.mean * (1 - oddGreen), rate));
  // Discharge headways are steadier than arrivals; Poisson is the cautious bound.
  const noise = before.mean ** 2 / part.vehicles;
  const aged = before.variance + ((driftPerHour * before.mean) ** 2 * between(green.since, green.until)) / 3_600_000;
  const gain = aged / (aged + noise);
  return { mean: before.mean + gain * (seen - before.mean), variance: (1 - gain) * aged };
}

/** The whole green when a queue outlasted it, else the periods in which those passed who stood at its beginning. */
function discharging(
  green: Green,
): { readonly seconds: number; readonly vehicles: number; readonly pcu: number } | undefined {
  const { since, until, queued, passed, left } = green;
  if (queued === undefined) return undefined;
  const all = { seconds: between(since, until) / 1000, ...totals(passed) };
  if (queued > leftOver && left > leftOver) return all;
  let vehicles = 0;
  let pcu = 0;
  let end: Instant | undefined;
  for (const entry of passed) {
    if (entry.end > until || vehicles + entry.vehicles > queued) break;
    vehicles += entry.vehicles;
    pcu += entry.pcu;
    end = entry.end;
  }
  return end === undefined ? undefined : { seconds: between(since, end) / 1000, vehicles, pcu };
}

function totals(passed: Green["passed"]): { readonly vehicles: number; readonly pcu: number } {
  return passed.reduce((sum, entry) => ({ vehicles: sum.vehicles + entry.vehicles, pcu: sum.pcu + entry.pcu }), {
    vehicles: 0,
    pcu: 0,
  });
}
