/**
 * A flow that drifts, seen through counts: a scalar Kalman filter on the rate with Poisson noise, and a two-sided CUSUM
 * that lets go of the past when the flow has stepped. All rates in veh/s, all times in s.
 */
export interface RateFilter {
  readonly mean: number;
  readonly variance: number;
  /** Two-sided CUSUM of the normalised innovations. */
  readonly up: number;
  readonly down: number;
}

/** Demand at one approach wanders by about this share in 15 min (weekday profiles rise and fall by a fifth a quarter hour at the shoulders of a peak). */
const driftPerQuarter = 0.2;
const quarterS = 900;
/** Standard CUSUM design (Montgomery, Introduction to Statistical Quality Control): reference 0.5, decision 4 standard deviations. */
const cusumReference = 0.5;
const cusumDecision = 4;
/** A step worth following at once (FHWA ASCT, responsiveness: +30 %). */
const stepShare = 0.3;
/** Below one vehicle in ten minutes the Poisson noise of the mean says nothing; keeps variances above 0. */
const leastRate = 1 / 600;
/** Cameras count a few percent wrong all the time, and more counting does not mend it. */
export const countBias = 0.05;

export const startRate = (mean: number, sd: number): RateFilter => ({ mean, variance: sd ** 2, up: 0, down: 0 });

/** Time passes without news. */
export function age(filter: RateFilter, seconds: number): RateFilter {
  const drift = ((driftPerQuarter * Math.max(filter.mean, leastRate)) ** 2 * seconds) / quarterS;
  return { ...filter, variance: filter.variance + drift };
}

export interface Count {
  readonly vehicles: number;
  readonly seconds: number;
  /** Share of the vehicles that was looked at, 0..1. */
  readonly weight: number;
  /** More may have arrived than was seen: such a count never lowers the estimate. */
  readonly atLeast: boolean;
}

export function counted(before: RateFilter, { vehicles, seconds, weight, atLeast }: Count): RateFilter {
  const aged = age(before, seconds);
  const rate = vehicles / seconds;
  if (atLeast && rate < aged.mean) return aged;
  const noise = Math.max(aged.mean, leastRate) / seconds / weight;
  const surprise = (rate - aged.mean) / Math.sqrt(aged.variance + noise);
  const up = Math.max(0, aged.up + surprise - cusumReference);
  const down = Math.max(0, aged.down - surprise - cusumReference);
  const stepped = up > cusumDecision || down > cusumDecision;
  const variance = stepped ? Math.max(aged.variance, (stepShare * Math.max(aged.mean, rate)) ** 2) : aged.variance;
  const gain = variance / (variance + noise);
  return {
    mean: Math.max(0, aged.mean + gain * (rate - aged.mean)),
    variance: (1 - gain) * variance,
    up: stepped ? 0 : up,
    down: stepped ? 0 : down,
  };
}

/** Standard deviation with the counting bias that no filter sees. */
export const rateSd = (filter: RateFilter): number => Math.sqrt(filter.variance + (countBias * filter.mean) ** 2);
