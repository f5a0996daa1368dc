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
  return (0.5 * signal.cycleS * (1 - ratio) ** 2) / (1 - Math.min(1, degreeOfSaturation) * ratio);
}

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
  const random = (8 * variance * filtering * degreeOfSaturation) / (capacityPcuh * periodH);
  return 900 * periodH * (excess + Math.sqrt(excess ** 2 + random));
}

/** HCM I below an upstream signal that runs at `upstreamSaturation`. */
export const filteringFactor = (upstreamSaturation: number): number =>
  Math.max(0.09, 1 - 0.91 * Math.min(1, upstreamSaturation) ** 2.68);

/** HCM PF from the share that arrives on green. */
export const progressionFactor = (arrivalsOnGreen: number, greenRatio: number): number =>
  (1 - arrivalsOnGreen) / (1 - greenRatio);

/** HCM control delay without an initial queue, s/pcu. */
export function controlDelay(service: SignalService, arrivalsOnGreen?: number): number {
  const x = service.flowPcuh / service.capacityPcuh;
  const ratio = service.greenS / service.cycleS;
  const factor = arrivalsOnGreen === undefined ? 1 : progressionFactor(arrivalsOnGreen, ratio);
  return uniformDelay(service, x) * factor + incrementalDelay(x, service.capacityPcuh);
}
