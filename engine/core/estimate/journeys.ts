import type { Uncertain } from "../strategy.ts";
import { calibrateDispersion, type Dispersion } from "../traffic/platoon.ts";

/** Journeys between two cameras, newest last: matched plates (hashed elsewhere), or times fitted to counts. Plain data. */
export interface Journeys {
  readonly times: readonly { readonly atS: number; readonly journeyS: number }[];
}

export const noJourneys: Journeys = { times: [] };

/** A quarter of an hour, and no more than this many. */
const windowS = 900;
const most = 200;
/** Robust limits: beyond this many median deviations somebody stopped on the way, or two plates were taken for one. */
const outlierDeviations = 3.5;
/** Median deviation to standard deviation, normal spread. */
const perMedianDeviation = 1.4826;

export function journeySeen(before: Journeys, atS: number, journeyS: number): Journeys {
  if (!(journeyS > 0) || !Number.isFinite(journeyS)) return before;
  return { times: [...before.times.filter((entry) => entry.atS > atS - windowS), { atS, journeyS }].slice(-most) };
}

export interface JourneyEstimate {
  readonly meanS: Uncertain;
  /** Spread of single journeys. */
  readonly spreadS: Uncertain;
  readonly dispersion: Dispersion;
  readonly matched: number;
  readonly leftOut: number;
}

/** Undefined below five journeys: too few to tell a spread. */
export function journeyEstimate({ times }: Journeys, stepS = 1): JourneyEstimate | undefined {
  const all = times.map(({ journeyS }) => journeyS);
  const middle = median(all);
  const scale = perMedianDeviation * median(all.map((value) => Math.abs(value - middle)));
  // Detours and stops only ever lengthen a journey, false matches do either.
  const kept = all.filter((value) => Math.abs(value - middle) <= outlierDeviations * Math.max(scale, 0.02 * middle));
  const n = kept.length;
  if (n < 5) return undefined;
  const mean = kept.reduce((a, b) => a + b, 0) / n;
  const spread = Math.sqrt(kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  return {
    meanS: { mean, sd: spread / Math.sqrt(n) },
    spreadS: { mean: spread, sd: spread / Math.sqrt(2 * (n - 1)) },
    dispersion: calibrateDispersion(mean, spread, stepS),
    matched: n,
    leftOut: all.length - n,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

export interface Fitted {
  /** Mean and standard deviation of the journey, s. */
  readonly meanS: number;
  readonly spreadS: number;
  /** Share of the variance downstream that the platoons upstream explain. */
  readonly explained: number;
}

/** Smoothing shares tried: standard deviations from about 1 to 60 steps. */
const shares = [1, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05, 0.03];

/**
 * Journey by counts alone, where nobody is recognised: the shift and smoothing of Robertson's recurrence that make counts
 * upstream look most like counts downstream (least squares, any turning share). Equal steps; undefined when nothing fits.
 */
export function fitJourney(
  upstream: readonly number[],
  downstream: readonly number[],
  { stepS, longestS }: { readonly stepS: number; readonly longestS: number },
): Fitted | undefined {
  const n = Math.min(upstream.length, downstream.length);
  let best: Fitted | undefined;
  for (const share of shares) {
    const smooth = new Float64Array(n);
    let value = upstream[0] ?? 0;
    for (let t = 0; t < n; t++) {
      value = share * upstream[t]! + (1 - share) * value;
      smooth[t] = value;
    }
    for (let shift = 0; shift * stepS <= longestS && shift < n / 2; shift++) {
      const explained = correlation(smooth, downstream, shift, n) ** 2;
      const meanS = stepS * (shift + (1 - share) / share);
      if (meanS > longestS || !(explained > (best?.explained ?? 0))) continue;
      best = { meanS, spreadS: (stepS * Math.sqrt(1 - share)) / share, explained };
    }
  }
  return best;
}

function correlation(from: Float64Array, to: readonly number[], shift: number, n: number): number {
  let [a, b, aa, bb, ab] = [0, 0, 0, 0, 0];
  const count = n - shift;
  for (let t = shift; t < n; t++) {
    const [x, y] = [from[t - shift]!, to[t]!];
    a += x;
    b += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  const spread = Math.sqrt((aa - (a * a) / count) * (bb - (b * b) / count));
  return spread > 0 ? Math.max(0, (ab - (a * b) / count) / spread) : 0;
}
