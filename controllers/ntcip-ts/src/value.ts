import { type Content, Tag, Writer } from "./ber.ts";
import type { Syntax } from "./object.ts";

/** What an object holds: a number for every numeric kind, octets as bytes, an object identifier as dotted text. */
export type Value = number | Uint8Array | string;

/** SNMP error-status (RFC 1157 §4.1.1 and RFC 3416 §3). */
export const ErrorStatus = {
  noError: 0,
  tooBig: 1,
  noSuchName: 2,
  badValue: 3,
  readOnly: 4,
  genErr: 5,
  noAccess: 6,
  wrongType: 7,
  wrongLength: 8,
  wrongEncoding: 9,
  wrongValue: 10,
  noCreation: 11,
  inconsistentValue: 12,
  resourceUnavailable: 13,
  commitFailed: 14,
  undoFailed: 15,
  authorizationError: 16,
  notWritable: 17,
  inconsistentName: 18,
} as const;

/** RFC 3584 §4.4: what an SNMPv1 central is told instead. */
export const errorStatusV1 = (status: number): number => {
  switch (status) {
    case ErrorStatus.wrongType:
    case ErrorStatus.wrongLength:
    case ErrorStatus.wrongEncoding:
    case ErrorStatus.wrongValue:
    case ErrorStatus.inconsistentValue:
      return ErrorStatus.badValue;
    case ErrorStatus.noAccess:
    case ErrorStatus.notWritable:
    case ErrorStatus.noCreation:
    case ErrorStatus.inconsistentName:
    case ErrorStatus.authorizationError:
      return ErrorStatus.noSuchName;
    case ErrorStatus.resourceUnavailable:
    case ErrorStatus.commitFailed:
    case ErrorStatus.undoFailed:
      return ErrorStatus.genErr;
    default:
      return status;
  }
};

const int32Max = 0x7fffffff;

/** A value as it goes on the wire. */
export interface Wire {
  readonly type: number;
  readonly value: Content;
}

/** Puts a value on the wire. `timeBaseScheduleDate` needs 32 unsigned bits, so it goes as two's complement. */
export function toWire(syntax: Syntax, value: Value): Wire {
  switch (syntax.kind) {
    case "octets":
      return { type: Tag.octets, value: value as Uint8Array };
    case "opaque":
      return { type: Tag.opaque, value: value as Uint8Array };
    case "oid":
      return { type: Tag.oid, value: value as string };
    case "counter":
      return { type: Tag.counter, value: value as number };
    case "gauge":
      return { type: Tag.gauge, value: value as number };
    case "ticks":
      return { type: Tag.timeTicks, value: value as number };
    default:
      return { type: Tag.integer, value: (value as number) > int32Max ? (value as number) | 0 : (value as number) };
  }
}

/** BER of a value by itself, as an Opaque holds it (eventLogValue). */
export function encodeWire(syntax: Syntax, value: Value): Uint8Array {
  const writer = new Writer(64);
  const wire = toWire(syntax, value);
  writer.content(wire.type, wire.value);
  return writer.bytes();
}

/** Reads a value off the wire; undefined when its type is not the object's. Ranges are not judged. */
export function fromWire(syntax: Syntax, { type, value }: Wire): Value | undefined {
  switch (syntax.kind) {
    case "octets":
      return type === Tag.octets && value instanceof Uint8Array ? new Uint8Array(value) : undefined;
    case "opaque":
      return type === Tag.opaque && value instanceof Uint8Array ? new Uint8Array(value) : undefined;
    case "oid":
      return type === Tag.oid && typeof value === "string" ? value : undefined;
    default: {
      const unsigned = type === Tag.counter || type === Tag.gauge || type === Tag.timeTicks;
      if (typeof value !== "number" || !(type === Tag.integer || unsigned)) return undefined;
      return value < 0 && spansUnsigned(syntax) ? value >>> 0 : value;
    }
  }
}

const spansUnsigned = (syntax: Syntax): boolean =>
  syntax.kind === "counter" ||
  syntax.kind === "gauge" ||
  syntax.kind === "ticks" ||
  (syntax.kind === "integer" && syntax.max > int32Max);

/** Judges a SET: the value, or the SNMPv2 error-status it earns. Counter32 and Gauge32 are taken only where a unit may. */
export function accept(syntax: Syntax, varbind: Wire): { readonly value: Value } | { readonly status: number } {
  const wide = spansUnsigned(syntax);
  if ((varbind.type === Tag.counter || varbind.type === Tag.gauge) && !wide) return { status: ErrorStatus.wrongType };
  if (varbind.type === Tag.timeTicks) return { status: ErrorStatus.wrongType };
  const value = fromWire(syntax, varbind);
  if (value === undefined) return { status: ErrorStatus.wrongType };
  switch (syntax.kind) {
    case "integer":
      return (value as number) >= syntax.min && (value as number) <= syntax.max
        ? { value }
        : { status: ErrorStatus.wrongValue };
    case "choice":
      return Object.values(syntax.values).includes(value as number) ? { value } : { status: ErrorStatus.wrongValue };
    case "octets": {
      const { length } = value as Uint8Array;
      return length >= syntax.min && length <= syntax.max ? { value } : { status: ErrorStatus.wrongLength };
    }
    default:
      return { value };
  }
}

export const sameValue = (a: Value, b: Value): boolean =>
  a instanceof Uint8Array && b instanceof Uint8Array
    ? a.length === b.length && a.every((octet, i) => octet === b[i])
    : a === b;
