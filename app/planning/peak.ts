import type { ClassFlow } from "../../engine/core/network/flows.ts";

/** What the HCM takes in busy urban streets where nobody counted quarter hours. */
export const defaultPeakFactor = 0.92;
/** Counts of a few vehicles make any quarter hour look like a peak. */
const leastPeakFactor = 0.7;
const quarterMin = 15;

/** Mean flow over the flow of the busiest quarter hour, all movements together; undefined unless everything was counted in quarter hours. */
export function peakFactorOf(
  rows: readonly { readonly fromMin: number; readonly toMin: number; readonly counts: ClassFlow }[],
): number | undefined {
  const quarters = new Map<number, number>();
  for (const { fromMin, toMin, counts } of rows) {
    if (toMin - fromMin !== quarterMin || fromMin % quarterMin !== 0) return undefined;
    quarters.set(fromMin, (quarters.get(fromMin) ?? 0) + counts.car + counts.hv + counts.mc);
  }
  if (quarters.size < 2) return undefined;
  const most = Math.max(...quarters.values());
  const mean = [...quarters.values()].reduce((a, b) => a + b, 0) / quarters.size;
  return most > 0 ? Math.max(leastPeakFactor, mean / most) : undefined;
}
