import { modulo } from "../../../config/units.ts";
import type { Uncertain } from "../strategy.ts";

/**
 * Arrivals folded on the cycle: in each bin a rate with Poisson noise, the past forgotten cycle by cycle (gamma filter). It
 * begins anew when the cycle changes. Plain data; seconds and vehicles.
 */
export interface CyclicArrivals {
  readonly cycleS: number;
  readonly binS: number;
  /** Vehicles and seconds seen in each bin, weighted by how fresh they are. */
  readonly vehicles: readonly number[];
  readonly seconds: readonly number[];
  /** Variance of those vehicles: fading weights and shared-out counts vary less than whole ones. */
  readonly variance: readonly number[];
}

/** Platoons are 20 to 40 s long; TRANSYT and SCOOT fold on 1 to 4 s. */
const defaultBinS = 3;
/** Cycles after which what was seen counts 1/e: a quarter of an hour of them. */
const memoryCycles = 10;
/** What is believed of a bin before it is seen: this many seconds of even arrivals. */
const priorSeconds = 3;

export function startCyclic(cycleS: number, evenRate: number, binS = defaultBinS): CyclicArrivals {
  const bins = Math.max(1, Math.round(cycleS / binS));
  return {
    cycleS,
    binS: cycleS / bins,
    vehicles: Array.from({ length: bins }, () => priorSeconds * Math.max(0, evenRate)),
    seconds: Array.from({ length: bins }, () => priorSeconds),
    variance: Array.from({ length: bins }, () => priorSeconds * Math.max(0, evenRate)),
  };
}

export interface ArrivalsSeen {
  /** Second of the cycle at which the period began. */
  readonly fromS: number;
  readonly lengthS: number;
  readonly vehicles: number;
}

/** One counted period, shared out over the bins it touches. */
export function cyclicSeen(
  before: CyclicArrivals,
  { fromS, lengthS, vehicles: counted }: ArrivalsSeen,
): CyclicArrivals {
  if (!(lengthS > 0) || !(counted >= 0)) return before;
  const { cycleS, binS } = before;
  const vehicles = [...before.vehicles];
  const seconds = [...before.seconds];
  const variance = [...before.variance];
  const end = fromS + lengthS;
  for (let at = fromS; at < end - 1e-9; ) {
    const inCycle = modulo(at, cycleS);
    const bin = Math.min(vehicles.length - 1, Math.floor(inCycle / binS + 1e-9));
    const part = Math.min(end - at, Math.max(1e-6, (bin + 1) * binS - inCycle));
    // A bin forgets as it is looked at: unseen ones keep what they knew.
    const keep = Math.exp(-part / (binS * memoryCycles));
    vehicles[bin] = vehicles[bin]! * keep + (counted * part) / lengthS;
    variance[bin] = variance[bin]! * keep ** 2 + counted * (part / lengthS) ** 2;
    seconds[bin] = seconds[bin]! * keep + part;
    at += part;
  }
  return { ...before, vehicles, seconds, variance };
}

/** Counts of few vehicles are never sure of 0: a quarter of one. */
const leastVariance = 0.25;

/** Vehicles/s in each bin. */
export const cyclicRates = ({ vehicles, seconds, variance }: CyclicArrivals): readonly Uncertain[] =>
  vehicles.map((n, i) => ({ mean: n / seconds[i]!, sd: Math.sqrt(variance[i]! + leastVariance) / seconds[i]! }));

/** Share of the arrivals that comes in some part of the cycle, such as a green: P of the delay formulas. */
export function shareWithin(
  arrivals: CyclicArrivals,
  window: { readonly fromS: number; readonly lengthS: number },
): Uncertain {
  let inside = 0;
  let all = 0;
  let variance = 0;
  const { cycleS, binS } = arrivals;
  const bins = cyclicRates(arrivals).map(({ mean, sd }, i) => {
    const since = modulo(i * binS - window.fromS, cycleS);
    // Overlap of the bin with the window, which may run past the end of the cycle.
    const overlap =
      Math.max(0, Math.min(window.lengthS, since + binS) - since) +
      Math.max(0, Math.min(window.lengthS, since + binS - cycleS));
    const part = Math.min(1, overlap / binS);
    all += mean;
    inside += part * mean;
    return { part, sd };
  });
  if (all <= 0) return { mean: window.lengthS / cycleS, sd: 0.5 };
  const share = inside / all;
  for (const { part, sd } of bins) variance += (((part - share) * sd) / all) ** 2;
  return { mean: share, sd: Math.sqrt(variance) };
}
