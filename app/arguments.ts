import { InvalidArgumentError } from "commander";
import { type Instant, instant, type Millis, seconds } from "../config/units.ts";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `90s`, `30m`, `1h`. */
export function duration(text: string): Millis {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text);
  if (!match || Number(match[1]) <= 0) throw new InvalidArgumentError("Give a time above 0 such as 90s, 30m or 1h.");
  return seconds(Number(match[1]) * SECONDS[match[2]!]!);
}

/** `max`, or how many times real time. Infinity is as fast as it goes. */
export function speed(text: string): number {
  if (text === "max") return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError("Give a number above 0, such as 10, or max.");
  return value;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError("Give a whole number, 0 or more.");
  return value;
}

export function factor(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 10)
    throw new InvalidArgumentError("Give a number above 0, at most 10.");
  return value;
}

export function port(text: string): number {
  const value = wholeNumber(text);
  if (value > 65_535) throw new InvalidArgumentError("Give a port from 0 (any free one) to 65535.");
  return value;
}

/** A Modbus unit. */
export function unit(text: string): number {
  const value = wholeNumber(text);
  if (value < 1 || value > 255) throw new InvalidArgumentError("Give a Modbus unit from 1 to 255.");
  return value;
}

/** `1..10`, `3`, or `1,4,9`. */
export function seeds(text: string): readonly number[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  if (range) {
    const [from, to] = [Number(range[1]), Number(range[2])];
    if (from > to || to - from >= 1000)
      throw new InvalidArgumentError("Give a rising range of at most 1000 seeds, such as 1..10.");
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  }
  return text.split(",").map(wholeNumber);
}

export const names = (text: string): readonly string[] => text.split(",").map((name) => name.trim());

export interface Hours {
  /** Minutes since local midnight. */
  readonly fromMin: number;
  readonly toMin: number;
}

/** `07:00-09:00`, on one day. */
export function hours(text: string): Hours {
  const match = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/.exec(text);
  const [fromMin, toMin] = match
    ? [Number(match[1]) * 60 + Number(match[2]), Number(match[3]) * 60 + Number(match[4])]
    : [0, 0];
  if (fromMin >= toMin || toMin > 1440)
    throw new InvalidArgumentError("Give local hours of one day such as 07:00-09:00.");
  return { fromMin, toMin };
}

/** Local wall time of the city, `2026-02-03T07:00`; kept as text until the configuration says where the city is. */
export function localTime(text: string): string {
  if (Number.isNaN(utc(text))) throw new InvalidArgumentError("Give local time such as 2026-02-03T07:00.");
  return text;
}

/** The instant of a checked local time. */
export const instantOf = (text: string, utcOffset: Millis): Instant => instant(utc(text) - utcOffset);

const utc = (text: string): number =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text) ? Date.parse(`${text}Z`) : Number.NaN;
