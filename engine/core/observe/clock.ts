import type { Millis } from "../../../config/units.ts";
import type { ObserveSettings } from "./settings.ts";

/** What to do with a reading, going by its device's clock. */
export type ClockVerdict =
  | { readonly kind: "fits" }
  /** Move the reading by this much. */
  | { readonly kind: "restamp"; readonly shift: Millis }
  | { readonly kind: "reject"; readonly skewS: number; readonly message: string };

const HOUR_MS = 3_600_000;
/** Zones lie from UTC-12 to UTC+14. */
const MOST_HOURS = 14;

/**
 * `offset` is the device's instant minus the arrival, ms; `before` the offsets of the last readings taken. The future
 * cannot be seen, so a clock ahead shows at once; a clock behind shows only by a lag that stays the same, because late
 * messages are normal and a backlog's lag shrinks.
 */
export function judgeClock(
  offset: number,
  before: readonly number[],
  period: Millis,
  settings: ObserveSettings,
): ClockVerdict {
  const tolerance = Math.max(settings.aheadAtLeast, settings.aheadShare * period);
  const zone = Math.max(settings.zoneTolerance, 2 * period);
  if (offset > tolerance) {
    // Against what this device usually shows while its clock is right; its line's lag is in there.
    const usual = before.filter((value) => value <= tolerance);
    const skew = offset - (usual.length > 0 ? median(usual) : 0);
    const hours = Math.round(skew / HOUR_MS);
    if (isZone(skew, hours, zone)) return wrongZone(hours);
    if (offset > settings.restampLimit) return wrongClock(skew, "ahead");
    return { kind: "restamp", shift: -median([...before.filter((value) => value > tolerance), offset]) as Millis };
  }
  const limit = Math.max(settings.behindLimit, 2 * period);
  if (-offset <= limit) return { kind: "fits" };
  const hours = Math.round(offset / HOUR_MS);
  const whole = isZone(offset, hours, zone);
  if (before.length === 0) return whole ? wrongZone(hours) : { kind: "fits" };
  const steady =
    before.length >= settings.clockWindow &&
    before.every((value) => Math.abs(value - offset) <= Math.max(tolerance, period / 2));
  if (!steady) return { kind: "fits" };
  return whole ? wrongZone(hours) : wrongClock(offset, "behind");
}

const isZone = (skew: number, hours: number, tolerance: number): boolean =>
  hours !== 0 && Math.abs(hours) <= MOST_HOURS && Math.abs(skew - hours * HOUR_MS) <= tolerance;

function wrongZone(hours: number): ClockVerdict {
  const way = hours > 0 ? "ahead" : "behind";
  return {
    kind: "reject",
    skewS: hours * 3600,
    message: `device clock is ${Math.abs(hours)} h ${way}: local time labelled as UTC, or a wrong zone; set the zone in the camera`,
  };
}

function wrongClock(skew: number, way: "ahead" | "behind"): ClockVerdict {
  const skewS = Math.round(skew / 1000);
  return { kind: "reject", skewS, message: `device clock is ${Math.abs(skewS)} s ${way}; set up NTP in the camera` };
}

/** Of at least one value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
