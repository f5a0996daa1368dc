import type { Junction } from "../../../config/model.ts";
import { type Millis, millis } from "../../../config/units.ts";
import { cycleRange, planResolution } from "../plan/phase-times.ts";
import type { Knowledge } from "../strategy.ts";
import { takesPlans } from "./cabinet-standing.ts";

/** Cycles that every junction and its cabinet can run; undefined when there is none. Cabinets that do not listen have no say. */
export function commonRange(
  junctions: readonly Junction[],
  { cabinets }: Pick<Knowledge, "cabinets">,
): { readonly low: Millis; readonly high: Millis } | undefined {
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  for (const junction of junctions) {
    const range = cycleRange(junction);
    if (!range) return undefined;
    const status = cabinets.get(junction.id);
    if (!takesPlans(status)) continue;
    low = Math.max(low, range.low, status.capabilities.cycleMin);
    high = Math.min(high, range.high, status.capabilities.cycleMax);
  }
  low = Math.ceil(low / planResolution) * planResolution;
  high = Math.floor(high / planResolution) * planResolution;
  return low <= high && Number.isFinite(high) ? { low: millis(low), high: millis(high) } : undefined;
}
