/**
 * Cyclic profiles: flow per step of one cycle, the last step followed by the first. Platoons spread on their way by
 * Robertson's recurrence (TRRL LR 253, 1969): q'(t) = F q(t - beta T) + (1 - F) q'(t - 1), F = 1 / (1 + alpha beta T).
 */
export type CyclicProfile = Float64Array;

/** Alpha 0.35 and beta 0.8 are TRANSYT's defaults for moderate friction; both belong to a link and are to be calibrated. */
export interface Dispersion {
  readonly alpha: number;
  readonly beta: number;
  /** F itself, where it was measured: alpha cannot carry it once beta is 0. */
  readonly share?: number;
}
export const defaultDispersion: Dispersion = { alpha: 0.35, beta: 0.8 };

/** Rounds a wanted profile until the recurrence repeats itself; its memory fades by (1 - F) a step. */
const settled = 1e-6;

/** The profile `travelSteps` (mean journey, in steps) downstream; keeps the total. */
export function disperse(
  departures: CyclicProfile,
  travelSteps: number,
  dispersion: Dispersion = defaultDispersion,
): CyclicProfile {
  const n = departures.length;
  const arrivals = new Float64Array(n);
  const first = dispersion.beta * travelSteps;
  const shift = Math.round(first);
  const share = dispersion.share ?? 1 / (1 + dispersion.alpha * first);
  const rounds = Math.ceil(Math.log(settled) / Math.log(Math.max(1 - share, settled)) / n) + 1;
  let previous = 0;
  for (let t = 0; t < n; t++) previous += departures[t]! / n;
  for (let round = 0; round < rounds; round++) {
    for (let t = 0; t < n; t++) {
      const source = (((t - shift) % n) + n) % n;
      previous = share * departures[source]! + (1 - share) * previous;
      arrivals[t] = previous;
    }
  }
  return arrivals;
}

/**
 * Alpha and beta from measured journeys between two cameras, all in s or all in steps: mean and standard deviation of a
 * geometric distribution shifted by beta times the mean, in steps of `step`. Journeys without any spread do not disperse.
 */
export function calibrateDispersion(mean: number, sd: number, step = 1): Dispersion {
  const variance = sd ** 2;
  const share = variance > 0 ? (step * (Math.sqrt(step ** 2 + 4 * variance) - step)) / (2 * variance) : 1;
  // More spread than a shift of 0 allows: the whole journey is geometric.
  const beta = Math.max(0, 1 - (step * (1 - share)) / (share * mean));
  return { beta, alpha: beta > 0 ? (1 / share - 1) / ((beta * mean) / step) : 0, share };
}

export interface QueueResult {
  /** Waiting summed over one settled cycle, pcu seconds (steps of 1 s). */
  readonly waiting: number;
  /** Arrivals that found a queue or a red, pcu a cycle. */
  readonly stopped: number;
  /** Longest it gets, pcu. */
  readonly longest: number;
  /** Leaving the stop line, pcu a step. */
  readonly departures: CyclicProfile;
}

/**
 * Vertical queue over one cycle in steps of 1 s, settled: arrivals wait while the capacity of the step is used up.
 * Arrivals beyond the cycle's capacity are scaled down to it; what saturation adds is `incrementalDelay`'s part.
 */
export function cyclicQueue(arrivals: CyclicProfile, capacity: CyclicProfile): QueueResult {
  const n = arrivals.length;
  let inflow = 0;
  let outflow = 0;
  for (let t = 0; t < n; t++) {
    inflow += arrivals[t]!;
    outflow += capacity[t]!;
  }
  const scale = inflow > outflow ? outflow / inflow : 1;
  const departures = new Float64Array(n);
  let queue = 0;
  // The first round finds the queue at the cycle's start; below capacity it has then settled.
  for (let t = 0; t < n; t++) queue = Math.max(0, queue + arrivals[t]! * scale - capacity[t]!);
  let waiting = 0;
  let stopped = 0;
  let longest = 0;
  for (let t = 0; t < n; t++) {
    const arriving = arrivals[t]! * scale;
    const leaving = Math.min(queue + arriving, capacity[t]!);
    // With a queue ahead, or no room this step, an arrival stops.
    stopped += queue > 0 ? arriving : Math.max(0, arriving - leaving);
    queue += arriving - leaving;
    waiting += queue;
    longest = Math.max(longest, queue);
    departures[t] = leaving;
  }
  return { waiting, stopped, longest, departures };
}
