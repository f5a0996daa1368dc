import type { VehicleClass } from "../../config/model.ts";
import type { Instant, Millis } from "../../config/units.ts";

export type Counts = Readonly<Partial<Record<VehicleClass, number>>>;

/**
 * What a source sent, decoded but not yet judged. The three shapes of `config` feeds: one vehicle, a period's counts,
 * a running total. `receivedAt` is the engine's clock, all other instants are the device's.
 */
export type Reading = PeriodReading | TotalReading | CrossingReading | ReadingFault;

interface Common {
  /** Camera or device id. */
  readonly source: string;
  readonly detector: string;
  readonly receivedAt: Instant;
  readonly seq?: number;
}

export interface PeriodReading extends Common {
  readonly kind: "period";
  /** Half-open period. */
  readonly start: Instant;
  readonly end: Instant;
  /** Non-negative whole numbers by class. */
  readonly counts: Counts;
  /** Counts of classes we do not know, by the device's name for them. */
  readonly unknownClasses?: Readonly<Record<string, number>>;
  /** Share of the period with a vehicle in the zone, 0..1. */
  readonly occupancy?: number;
  readonly speedKmh?: number;
  /** Vehicles standing in the zone at the end of the period. */
  readonly queueVeh?: number;
  /** A vehicle stood in the zone at the end of the period. */
  readonly presence?: boolean;
  /** Of the period really seen; absent: all of it. */
  readonly observed?: Millis;
}

export interface TotalReading extends Common {
  readonly kind: "total";
  readonly at: Instant;
  /** Objects since the device's last reset. */
  readonly total: number;
  readonly vehicleClass: VehicleClass;
  /** The broker says it is a stored message. */
  readonly retained: boolean;
}

export interface CrossingReading extends Common {
  readonly kind: "crossing";
  readonly at: Instant;
  readonly vehicleClass: VehicleClass;
  readonly id?: string;
}

/** A message that could not be decoded: kept, counted and shown, never guessed at. */
export interface ReadingFault extends Common {
  readonly kind: "fault";
  readonly code: "invalid" | "too-large" | "unknown-detector" | "not-for-this-source";
  readonly message: string;
}
