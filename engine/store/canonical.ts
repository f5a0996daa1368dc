import { instant } from "../../config/units.ts";
import type { Event, EventKind, Json } from "../ports/event-store.ts";

const kinds: Readonly<Record<EventKind, true>> = {
  run: true,
  reading: true,
  view: true,
  scene: true,
  observation: true,
  health: true,
  estimate: true,
  status: true,
  cabinet: true,
  decision: true,
  denial: true,
  command: true,
  outcome: true,
  alarm: true,
  human: true,
};

/** An event that no store can keep: a bug of whoever made it, so it is never spooled or tried again. */
export class InvalidEventError extends Error {
  override readonly name = "InvalidEventError";
}

/** JSON with keys in order of their code units at every level; otherwise as `JSON.stringify` (no NaN, no `undefined`). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return value === undefined ? "null" : JSON.stringify(value);
  const fields: string[] = [];
  for (const key of Object.keys(value).sort((a, b) => (a < b ? -1 : 1))) {
    const field = (value as Readonly<Record<string, unknown>>)[key];
    if (field !== undefined) fields.push(`${JSON.stringify(key)}:${canonicalJson(field)}`);
  }
  return `{${fields.join(",")}}`;
}

/** One event as one line without its line feed; the same event always gives the same bytes. Throws `InvalidEventError`. */
export function eventLine(event: Event): string {
  assertEvent(event);
  const { at, kind, subject, data } = event;
  return `{"at":${at},"kind":"${kind}","subject":${JSON.stringify(subject)},"data":${canonicalJson(data)}}`;
}

/** Throws `InvalidEventError` for what no store can keep. */
export function assertEvent(event: Event): void {
  const fault = faultOf(event);
  if (fault) throw new InvalidEventError(fault);
}

/** The event in a line, or what is wrong with the line. */
export function parseEventLine(line: string): Event | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "not JSON";
  }
  const fault = faultOf(value);
  if (fault) return fault;
  const { at, kind, subject, data } = value as { at: number; kind: EventKind; subject: string; data: Json };
  return { at: instant(at), kind, subject, data };
}

function faultOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "not an event";
  const { at, kind, subject, data } = value as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(at)) return `"at" is ${String(at)}; it must be whole milliseconds`;
  if (typeof kind !== "string" || !Object.hasOwn(kinds, kind)) return `"kind" is ${String(kind)}, which is unknown`;
  if (typeof subject !== "string") return `"subject" is ${String(subject)}; it must be text`;
  return data === undefined ? '"data" is missing' : undefined;
}
