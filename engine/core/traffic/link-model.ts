/**
 * A link as a channel of kinematic waves (Newell 1993; link transmission model, Yperman 2007) in whole steps of 1 s: who
 * enters needs its free-flow time to the stop line, and room that opens there needs the wave's time to reach the
 * entrance. Storage is finite, so a queue that reaches the entrance holds up whoever wants to enter: spill-back.
 */
export interface LinkSettings {
  readonly lengthM: number;
  readonly speedMps: number;
  /** Standing queue that fills it, pcu. */
  readonly storagePcu: number;
}

/** A queue dissolves backwards at about this speed (15 to 20 km/h in urban streets), m/s. */
export const waveMps = 5;

/** Cumulative curves of one link, filled step by step; the only mutable thing here. */
export interface LinkState {
  readonly travelSteps: number;
  readonly waveSteps: number;
  readonly storagePcu: number;
  /** pcu up to the start of each step. */
  readonly entered: Float64Array;
  readonly left: Float64Array;
}

export const startLink = ({ lengthM, speedMps, storagePcu }: LinkSettings, steps: number): LinkState => ({
  travelSteps: Math.max(1, Math.round(lengthM / Math.max(0.1, speedMps))),
  waveSteps: Math.max(1, Math.round(lengthM / waveMps)),
  storagePcu: Math.max(0, storagePcu),
  entered: new Float64Array(steps + 1),
  left: new Float64Array(steps + 1),
});

const at = (curve: Float64Array, step: number): number => (step < 0 ? 0 : curve[step]!);

/** Reached the stop line by the end of step `t`, cumulative pcu. */
export const reached = ({ entered, travelSteps }: LinkState, t: number): number => at(entered, t + 1 - travelSteps);

/** Room for those who want to enter in step `t`, pcu. */
export const receiving = ({ entered, left, storagePcu, waveSteps }: LinkState, t: number): number =>
  Math.max(0, at(left, t + 1 - waveSteps) + storagePcu - entered[t]!);

/** On the link at the start of step `t`, pcu. */
export const occupied = ({ entered, left }: LinkState, t: number): number => entered[t]! - left[t]!;

/** Ends step `t` with what entered and left in it. */
export function passStep(
  link: LinkState,
  t: number,
  { entering, leaving }: { readonly entering: number; readonly leaving: number },
): void {
  link.entered[t + 1] = link.entered[t]! + entering;
  link.left[t + 1] = link.left[t]! + leaving;
}
