import type { City } from "../../config/model.ts";
import type { Instant, Millis } from "../../config/units.ts";

/** Classes a camera tells apart on the simulated street. */
export interface ByClass {
  readonly car: number;
  readonly hv: number;
  readonly mc: number;
}

interface Window {
  readonly from: Instant;
  readonly to: Instant;
}

/** What goes wrong on request. Several may hold at once. */
export type CameraFault =
  /** Shares of vehicles not counted, and vehicles counted that were not there, per hour and detector. */
  | { readonly kind: "miscount"; readonly missed: ByClass; readonly falsePerHour: ByClass }
  /** Sends nothing: power or line down. */
  | ({ readonly kind: "silent" } & Window)
  /** Sends the values of the period before the window again and again. */
  | ({ readonly kind: "stuck" } & Window)
  /** Sends nought: lens covered, or turned away. */
  | ({ readonly kind: "blind" } & Window)
  /** Turned away from its home preset, and says so; of scenes, which have a word for it. */
  | ({ readonly kind: "away" } & Window)
  /** Device clock minus true time. */
  | { readonly kind: "clock-offset"; readonly offset: Millis }
  /** This share of the messages is sent twice. */
  | { readonly kind: "duplicate"; readonly share: number };

/** By camera id. */
export type CameraFaults = ReadonlyMap<string, readonly CameraFault[]>;

/**
 * Visible-light video misses 3.9-4.8 % of vehicles at night (Journal of Advanced Transportation 2017, article 5142732,
 * table 4); we take less for clear days. Motorcycles hide behind cars; unlit two-wheelers were missed far more often at
 * night in the same paper, but Indonesian motorcycles drive with their lamps on: 20 % is our assumption.
 */
export const MISSED_BY_DAY: ByClass = { car: 0.03, hv: 0.02, mc: 0.06 };
export const MISSED_AT_NIGHT: ByClass = { car: 0.045, hv: 0.04, mc: 0.2 };
/** Shadows and split objects; our assumption. */
export const FALSE_PER_HOUR: ByClass = { car: 4, hv: 0.5, mc: 4 };
/** Standard deviation of the count of standing vehicles, as a share; our assumption. */
export const QUEUE_NOISE = 0.1;
/** Local hours of darkness near the equator. */
export const NIGHT = { from: 18, to: 6 } as const;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export function isNight(city: Pick<City, "utcOffset">, at: Instant): boolean {
  const local = (((at + city.utcOffset) % DAY_MS) / HOUR_MS) % 24;
  return local >= NIGHT.from || local < NIGHT.to;
}

/** Is a fault of this kind on? */
export const within = (
  faults: readonly CameraFault[],
  kind: "silent" | "stuck" | "blind" | "away",
  at: Instant,
): boolean => faults.some((fault) => fault.kind === kind && at >= fault.from && at < fault.to);
