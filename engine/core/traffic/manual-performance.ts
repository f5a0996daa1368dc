/** Queue, stops and delay of the Indonesian manual (MKJI 1997 ch. 2, PKJI 2023 ch. 5). Flows in pcu/h, times in s. */

export interface Service {
  readonly flowPcuh: number;
  readonly capacityPcuh: number;
  readonly greenS: number;
  readonly cycleS: number;
  /** Share of the flow that turns. */
  readonly turningShare: number;
}

export interface Performance {
  readonly degreeOfSaturation: number;
  readonly greenRatio: number;
  /** Left over from earlier greens, pcu. */
  readonly queueLeft: number;
  /** Arrives in red, pcu. */
  readonly queueInRed: number;
  readonly stopsPerPcu: number;
  readonly trafficDelayS: number;
  readonly geometricDelayS: number;
  readonly delayS: number;
}

/** PKJI 2023 prints the cycle where the capacity belongs in NQ1, and its example was worked that way; for regression only. */
export type OverflowVariant = "capacity" | "pkji-as-printed";

/** DS below this leaves no queue behind (MKJI 1997). */
const noOverflowBelow = 0.5;
/** Share of queued vehicles that stop once more than they queue (MKJI 1997, NS = 0.9 NQ 3600 / (Q c)). */
const stopFactor = 0.9;
/** Slowing to turn without a stop, and stopping, s (MKJI 1997, DG). */
export const turnDelayS = 6;
const stopDelayS = 4;

/**
 * GR DS is flow over saturation flow: at 1 the green never ends the queue of its own arrivals and the formulas of NQ2
 * and DT have no value. Above this they are held, so that a hopeless approach costs much and never something undefined.
 */
export const highestFlowRatio = 0.99;
/** A degree of saturation is told up to this. */
const highestDegree = 10;

export const greenCapacity = (saturationPcuh: number, greenS: number, cycleS: number): number =>
  (saturationPcuh * greenS) / cycleS;

/** NQ1, pcu. */
export function overflowQueue(degreeOfSaturation: number, scale: number): number {
  if (degreeOfSaturation <= noOverflowBelow || scale <= 0) return 0;
  const excess = degreeOfSaturation - 1;
  return 0.25 * scale * (excess + Math.sqrt(excess ** 2 + (8 * (degreeOfSaturation - noOverflowBelow)) / scale));
}

/** Flow over capacity; nothing to serve is 0, and more than anything could serve is as much as is told. */
const degreeOf = (flowPcuh: number, capacityPcuh: number): number =>
  flowPcuh <= 0 ? 0 : capacityPcuh > 0 ? Math.min(highestDegree, flowPcuh / capacityPcuh) : highestDegree;

/** Valid while the queue's own green limits it; not when a full exit does (DS > 1 for outside reasons). */
export function manualPerformance(service: Service, variant: OverflowVariant = "capacity"): Performance {
  const { flowPcuh, capacityPcuh, greenS, cycleS, turningShare } = service;
  const x = degreeOf(flowPcuh, capacityPcuh);
  const ratio = greenS / cycleS;
  const rest = 1 - Math.min(highestFlowRatio, ratio * x);
  const queueLeft = overflowQueue(x, variant === "capacity" ? capacityPcuh : cycleS);
  const queueInRed = (((cycleS * (1 - ratio)) / rest) * flowPcuh) / 3600;
  const stopsPerPcu = flowPcuh > 0 ? (stopFactor * (queueLeft + queueInRed) * 3600) / (flowPcuh * cycleS) : 0;
  const trafficDelayS =
    (cycleS * 0.5 * (1 - ratio) ** 2) / rest + (capacityPcuh > 0 ? (queueLeft * 3600) / capacityPcuh : 0);
  const stopping = stoppingShare(stopsPerPcu);
  const geometricDelayS = (1 - stopping) * turningShare * turnDelayS + stopping * stopDelayS;
  return {
    degreeOfSaturation: x,
    greenRatio: ratio,
    queueLeft,
    queueInRed,
    stopsPerPcu,
    trafficDelayS,
    geometricDelayS,
    delayS: trafficDelayS + geometricDelayS,
  };
}

/** PSV: nobody stops more than once here. */
export const stoppingShare = (stopsPerPcu: number): number => Math.min(stopsPerPcu, 1);

/** Mean delay of a junction; a left turn on red counts in the sum and in the divisor, with its turning delay. */
export function junctionDelay(
  approaches: readonly { readonly flowPcuh: number; readonly delayS: number }[],
  leftOnRedPcuh: number,
): number {
  const flow = approaches.reduce((total, approach) => total + approach.flowPcuh, leftOnRedPcuh);
  const delay = approaches.reduce(
    (total, approach) => total + approach.flowPcuh * approach.delayS,
    leftOnRedPcuh * turnDelayS,
  );
  return flow > 0 ? delay / flow : 0;
}

/** Queue length, m: 20 m2 a pcu over the width of the entry (MKJI 1997). */
export const queueAreaPerPcuM2 = 20;
export const queueLengthM = (queuePcu: number, entryM: number): number => (queuePcu * queueAreaPerPcuM2) / entryM;

/** Delay of Kep. Dirjen Hubdat 273/HK.105/DRJD/96: 0.9 (c A + B / q), q in pcu/s; undefined from DS 1 up. */
export function decree273Delay(service: Omit<Service, "turningShare">): number | undefined {
  const x = service.flowPcuh / service.capacityPcuh;
  if (x >= 1) return undefined;
  const ratio = service.greenS / service.cycleS;
  const a = (1 - ratio) ** 2 / (2 * (1 - ratio * x));
  const b = x ** 2 / (2 * (1 - x));
  return 0.9 * (service.cycleS * a + b / (service.flowPcuh / 3600));
}
