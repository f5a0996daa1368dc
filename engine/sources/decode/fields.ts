import type { Instant } from "../../../config/units.ts";
import type { ReadingFault } from "../../core/reading.ts";
import { parseInstant } from "./instants.ts";
import { cut, show } from "./show.ts";

// Fields of our own JSON formats. Each reader gives the value or `undefined`, and adds what is wrong and its mend to `wrong`.

const MAX_NAME = 128;

export type Fields = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function unknownKeys(fields: Fields, known: ReadonlySet<string>, wrong: string[], prefix = ""): void {
  for (const key of Object.keys(fields)) {
    if (!known.has(key)) wrong.push(`unknown key "${prefix}${cut(key)}"; leave it out`);
  }
}

export const isWhole = (value: unknown, max: number): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= max;

export function name(fields: Fields, key: string, wrong: string[]): string | undefined {
  const value = fields[key];
  if (typeof value === "string" && value.length > 0 && value.length <= MAX_NAME) return value;
  wrong.push(`${key} is ${show(value)}; send a text of 1 to ${MAX_NAME} characters`);
  return undefined;
}

export function time(fields: Fields, key: string, wrong: string[]): Instant | undefined {
  const value = fields[key];
  const at = typeof value === "string" ? parseInstant(value, "required") : undefined;
  if (at === undefined)
    wrong.push(`${key} is ${show(value)}; send an ISO 8601 instant with zone, e.g. 2026-02-02T23:00:00Z`);
  return at;
}

export function whole(fields: Fields, key: string, max: number, wrong: string[]): number | undefined {
  const value = fields[key];
  if (value === undefined || isWhole(value, max)) return value;
  wrong.push(`${key} is ${show(value)}; send a whole number from 0 to ${max}, or leave it out`);
  return undefined;
}

export function number(fields: Fields, key: string, max: number, wrong: string[], prefix = ""): number | undefined {
  const value = fields[key];
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= 0 && value <= max) return value;
  wrong.push(`${prefix}${key} is ${show(value)}; send a number from 0 to ${max}, or leave it out`);
  return undefined;
}

export function flag(fields: Fields, key: string, wrong: string[], prefix = ""): boolean | undefined {
  const value = fields[key];
  if (value === undefined || typeof value === "boolean") return value;
  wrong.push(`${prefix}${key} is ${show(value)}; send true or false, or leave it out`);
  return undefined;
}

/** Names as a message lists them, the first few. */
export const list = (names: ReadonlySet<string>): string => {
  const all = [...names].sort();
  return all.length > 8 ? `${all.slice(0, 8).join(", ")} and ${all.length - 8} more` : all.join(", ") || "none";
};

export const fault = (
  at: { readonly receivedAt: Instant; readonly camera?: string | undefined; readonly detector?: string | undefined },
  code: ReadingFault["code"],
  message: string,
): ReadingFault => ({
  kind: "fault",
  code,
  message,
  source: at.camera ?? "",
  detector: at.detector ?? "",
  receivedAt: at.receivedAt,
});
