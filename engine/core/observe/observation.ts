import type { VehicleClass } from "../../../config/model.ts";
import type { Instant } from "../../../config/units.ts";
import type { Counts } from "../reading.ts";

/**
 * A judged reading: what one detector saw in one half-open period of true (UTC) time. A period nobody saw has no
 * observation; a quiet road has one with zeros. `quality` 0 means: keep it for history, decide nothing with it.
 */
export interface Observation {
  readonly source: string;
  readonly detector: string;
  readonly start: Instant;
  readonly end: Instant;
  /** Vehicles that crossed, whole numbers. A class that is absent is not counted by this detector; absent is not zero. */
  readonly counts: Counts;
  /** Share of the period with a vehicle in the zone, 0..1; left out when it cannot be trusted. */
  readonly occupancy?: number;
  readonly speedKmh?: number;
  /** Vehicles standing in the zone at the end of the period. */
  readonly queueVeh?: number;
  /** A vehicle stood in the zone at the end of the period. */
  readonly presence?: boolean;
  /** Weight for estimates, 0..1. */
  readonly quality: number;
  readonly flags: readonly ObservationFlag[];
}

export type ObservationFlag =
  /** Came after a newer period, inside the reorder window. */
  | "late"
  /** Too late for control; quality 0. */
  | "history-only"
  /** Counts scaled up from the share of the period that was seen. */
  | "scaled"
  /** Placed by arrival time, because the device's clock is ahead. */
  | "re-stamped"
  /** Overlaps a period already taken: the device's clock was set meanwhile. */
  | "clock-jump"
  /** Some counts are of classes we do not know; they are in `counts.unknown`. */
  | "unknown-class"
  /** Nothing crossed a line that is occupied: a queue stands on it, the road is not empty. */
  | "congestion"
  /** More events than can physically pass; cut to the bound. */
  | "chatter"
  /** A running total was away for several periods; the count covers all of them. */
  | "long-interval"
  /** The detector is suspect or failed. */
  | "suspect";

export type HealthState = "ok" | "suspect" | "failed" | "silent";

/** Why a detector is not ok, in stable words. */
export type HealthCode =
  | "never-heard"
  | "heard"
  | "silent"
  | "stuck-value"
  | "stuck-off"
  | "stuck-on"
  | "clock-skew"
  | "impossible-flow"
  | "invalid-messages"
  | "partial-view"
  /** A PTZ camera away from its home preset. */
  | "turned-away"
  | "recovered";

export interface Health {
  readonly state: HealthState;
  readonly code: HealthCode;
  /** One sentence with numbers. */
  readonly reason: string;
  readonly since: Instant;
}

export interface HealthChange extends Health {
  readonly detector: string;
  readonly before: HealthState;
}

export type FindingCode =
  | "duplicate"
  | "conflict"
  | "late"
  | "too-late"
  | "missing"
  | "partial"
  | "impossible-flow"
  | "chatter"
  | "clock-skew"
  | "clock-jump"
  | "replay"
  | "reset"
  | "wrap"
  | "unknown-class"
  | "invalid"
  | "unknown-detector";

/** What was found wrong with one reading, or with the absence of one. Rejected readings leave only this. */
export interface Finding {
  readonly at: Instant;
  readonly detector: string;
  readonly code: FindingCode;
  readonly message: string;
  /** The period it is about, by the device's clock. */
  readonly start?: Instant;
  readonly end?: Instant;
  /** Device clock minus engine clock for `clock-skew`, s; whole hours when a wrong time zone explains it. */
  readonly skewS?: number;
}

/** Vehicles of all classes. */
export function totalOf(counts: Counts): number {
  let total = 0;
  for (const key in counts) total += counts[key as VehicleClass] ?? 0;
  return total;
}
