/** Delay formulas of Webster (1958) and the Highway Capacity Manual. Flows and capacities in pcu/h, times in s. */

export interface SignalService {
  readonly flowPcuh: number;
  readonly capacityPcuh: number;
  readonly greenS: number;
  readonly cycleS: number;
}

/** Webster's three-term delay, s/pcu; undefined from saturation up, where it has no value. */
export function websterDelay({ flowPcuh, capacityPcuh, greenS, cycleS }: SignalService): number | undefined {
  const x = flowPcuh / capacityPcuh;
  if (x >= 1 || flowPcuh <= 0) return flowPcuh <= 0 && x < 1 ? uniformDelay({ greenS, cycleS }, 0) : undefined;
  const ratio = greenS / cycleS;
  const q = flowPcuh / 3600;
  const random = x ** 2 / (2 * q * (1 - x));
  const correction = 0.65 * (cycleS / q ** 2) ** (1 / 3) * x ** (2 + 5 * ratio);
  return uniformDelay({ greenS, cycleS }, x) + random - correction;
}

/** d1: delay with even arrivals, s/pcu. */
export function uniformDelay(
  signal: { readonly greenS: number; readonly cycleS: number },
  degreeOfSaturation: number,
): number {
  const ratio = signal.greenS / signal.cycleS;
  return ratio >= 1 ? 0 : (0.5 * signal.cycleS * (1 - ratio) ** 2) / (1 - Math.min(1, degreeOfSaturation) * ratio);
}

/** A signal that serves nobody counts as one that serves one an hour: delay is then huge, not undefined. */
const leastCapacity = 1;
/** A degree of saturation is told up to this. */
const highestDegree = 10;

/** HCM k of a fixed-time signal: green does not follow the demand inside a cycle. */
export const fixedTimeVariance = 0.5;

/**
 * HCM d2: what randomness and overflow add over the analysis period, s/pcu. `filtering` is I, 1 for random arrivals,
 * less below an upstream signal.
 */
export function incrementalDelay(
  degreeOfSaturation: number,
  capacityPcuh: number,
  { periodH = 0.25, variance = fixedTimeVariance, filtering = 1 } = {},
): number {
  const excess = degreeOfSaturation - 1;
  const random = (8 * variance * filtering * degreeOfSaturation) / (Math.max(leastCapacity, capacityPcuh) * periodH);
  return 900 * periodH * (excess + Math.sqrt(excess ** 2 + random));
}

/** HCM I below an upstream signal that runs at `upstreamSaturation`. */
export const filteringFactor = (upstreamSaturation: number): number =>
  Math.max(0.09, 1 - 0.91 * Math.min(1, upstreamSaturation) ** 2.68);

/** HCM k of an actuated signal: its green follows the demand, the more the shorter its gaps (`leastVariance`, 0.04 at 2 s or less). */
export const actuatedVariance = (degreeOfSaturation: number, leastVariance = 0.04): number =>
  Math.min(
    fixedTimeVariance,
    Math.max(leastVariance, (1 - 2 * leastVariance) * (degreeOfSaturation - 0.5) + leastVariance),
  );

/** HCM PF from the share that arrives on green; `early` is f_PA, 0.93 and 1.15 for platoons that come early and late in green. */
export const progressionFactor = (arrivalsOnGreen: number, greenRatio: number, early = 1): number =>
  greenRatio >= 1 ? 1 : ((1 - Math.min(1, Math.max(0, arrivalsOnGreen))) * early) / (1 - greenRatio);

export interface InitialQueue {
  /** d3: what the queue that stands at the start adds over the period, s/pcu. */
  readonly delayS: number;
  /** Hours of the period in which it is still being served. */
  readonly servedH: number;
  /** Left of it at the end, pcu. */
  readonly left: number;
}

/** HCM d3 (2000, appendix F of ch. 16): area between cumulative curves of the initial queue, per vehicle that could be served. */
export function initialQueueDelay(
  queuePcu: number,
  degreeOfSaturation: number,
  { capacityPcuh, periodH = 0.25 }: { readonly capacityPcuh: number; readonly periodH?: number },
): InitialQueue {
  if (queuePcu <= 0) return { delayS: 0, servedH: 0, left: 0 };
  const capacity = Math.max(leastCapacity, capacityPcuh);
  const spare = capacity * (1 - Math.min(1, degreeOfSaturation));
  const servedH = spare * periodH > queuePcu ? queuePcu / spare : periodH;
  const left = Math.max(0, queuePcu - spare * periodH);
  return { delayS: (1800 * (queuePcu + left) * servedH) / (capacity * periodH), servedH, left };
}

export interface Arriving {
  /** P, measured; undefined: by chance. */
  readonly onGreen?: number;
  readonly early?: number;
  readonly initialQueuePcu?: number;
  readonly periodH?: number;
  readonly variance?: number;
  readonly filtering?: number;
}

/** HCM control delay d1 PF + d2 + d3, s/pcu. While an initial queue is served, arrivals meet a saturated signal (d1 at x = 1, no PF). */
export function controlDelay(service: SignalService, arriving: Arriving = {}): number {
  const { onGreen, early, initialQueuePcu = 0, periodH = 0.25, variance, filtering } = arriving;
  const { flowPcuh, capacityPcuh, greenS, cycleS } = service;
  const x = flowPcuh <= 0 ? 0 : Math.min(highestDegree, flowPcuh / Math.max(leastCapacity, capacityPcuh));
  const factor = onGreen === undefined ? 1 : progressionFactor(onGreen, greenS / cycleS, early);
  const { delayS, servedH } = initialQueueDelay(initialQueuePcu, x, { capacityPcuh, periodH });
  const queued = servedH / periodH;
  const uniform = uniformDelay(service, 1) * queued + uniformDelay(service, x) * factor * (1 - queued);
  const spread = {
    periodH,
    ...(variance === undefined ? {} : { variance }),
    ...(filtering === undefined ? {} : { filtering }),
  };
  return uniform + incrementalDelay(x, capacityPcuh, spread) + delayS;
}
