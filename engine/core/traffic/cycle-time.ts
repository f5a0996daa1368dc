/**
 * Cycle and green of Webster (Road Research Technical Paper 39, 1958), which MKJI 1997 and PKJI 2023 take over:
 * cua = (1.5 LTI + 5) / (1 - IFR), g_i = (cua - LTI) FR_i / IFR. Times in s.
 */

/** Above this sum of flow ratios the formula is invalid: the caller caps the cycle and says so. */
export const highestFlowRatioSum = 0.9;

/** Undefined when `flowRatioSum` is past the formula's range. */
export function websterCycle(lostTimeS: number, flowRatioSum: number): number | undefined {
  return flowRatioSum > highestFlowRatioSum ? undefined : (1.5 * lostTimeS + 5) / (1 - flowRatioSum);
}

/** Shortest cycle in which every critical movement stays at or below `saturation`; undefined when no cycle does. */
export function cycleForSaturation(lostTimeS: number, flowRatioSum: number, saturation: number): number | undefined {
  return flowRatioSum >= saturation ? undefined : lostTimeS / (1 - flowRatioSum / saturation);
}

/** Greens in proportion to the critical flow ratios; equal when there is no flow at all. */
export function websterGreens(cycleS: number, lostTimeS: number, flowRatios: readonly number[]): readonly number[] {
  const total = flowRatios.reduce((a, b) => a + b, 0);
  return flowRatios.map((ratio) => (cycleS - lostTimeS) * (total > 0 ? ratio / total : 1 / flowRatios.length));
}

/** Above this a cycle is to be avoided whatever the number of phases (MKJI 1997), s. */
export const longestCycleS = 130;

/** Recommended cycles by number of phases, s (MKJI 1997): avoid more than 130. */
export function recommendedCycles(phases: number): { readonly from: number; readonly to: number } {
  if (phases <= 2) return { from: 40, to: 80 };
  if (phases === 3) return { from: 50, to: 100 };
  return { from: 80, to: 130 };
}
