/**
 * Units live in types for time and in names for everything else (`lengthM`, `speedMps`, `flowVph`).
 * Durations and instants are whole milliseconds, so that sums and comparisons are exact.
 */
declare const unit: unique symbol;

/** A duration in whole milliseconds. */
export type Millis = number & { readonly [unit]: "ms" };

/** An instant: whole milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number & { readonly [unit]: "utc-ms" };

/** Rounds to the nearest whole millisecond. */
export const millis = (value: number): Millis => Math.round(value) as Millis;

/** Seconds to whole milliseconds. */
export const seconds = (value: number): Millis => Math.round(value * 1000) as Millis;

export const toSeconds = (value: Millis): number => value / 1000;

export const instant = (value: number): Instant => Math.round(value) as Instant;

/** The instant `delay` after `at`. */
export const after = (at: Instant, delay: Millis): Instant => (at + delay) as Instant;

/** How long from `from` to `to`; negative when `to` is the earlier. */
export const between = (from: Instant, to: Instant): Millis => (to - from) as Millis;

export const sum = (values: Iterable<Millis>): Millis => {
  let total = 0;
  for (const value of values) total += value;
  return total as Millis;
};

/** `value` modulo `modulus`, always in [0, modulus). */
export const modulo = (value: number, modulus: number): number => ((value % modulus) + modulus) % modulus;

/** km/h to m/s. */
export const kmh = (value: number): number => value / 3.6;
