import type { WireVarbind } from "net-snmp";
import type { Syntax } from "./object.ts";

/** What an object holds: a number for every numeric kind, octets as bytes, an object identifier as dotted text. */
export type Value = number | Uint8Array | string;

/** BER tags of the SMI types (RFC 1155 and RFC 2578 §7.1). */
export const Tag = {
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  counter: 0x41,
  gauge: 0x42,
  timeTicks: 0x43,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const;

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

const int32Max = 0x7fffffff;

/** Puts a value on the wire. `timeBaseScheduleDate` needs 32 unsigned bits, so it goes as two's complement. */
export function toWire(oid: string, syntax: Syntax, value: Value): WireVarbind {
  switch (syntax.kind) {
    case "octets":
      return { oid, type: Tag.octets, value: Buffer.from(value as Uint8Array) };
    case "oid":
      return { oid, type: Tag.oid, value: value as string };
    case "counter":
      return { oid, type: Tag.counter, value: value as number };
    case "gauge":
      return { oid, type: Tag.gauge, value: value as number };
    default:
      return {
        oid,
        type: Tag.integer,
        value: (value as number) > int32Max ? (value as number) | 0 : (value as number),
      };
  }
}

/** Reads a value off the wire; undefined when its type is not the object's. Ranges are not judged. */
export function fromWire(syntax: Syntax, { type, value }: WireVarbind): Value | undefined {
  switch (syntax.kind) {
    case "octets":
      return type === Tag.octets && Buffer.isBuffer(value) ? new Uint8Array(value) : undefined;
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
  syntax.kind === "counter" || syntax.kind === "gauge" || (syntax.kind === "integer" && syntax.max > int32Max);

/** Judges a SET: the value, or the SNMPv2 error-status it earns. Counter32 and Gauge32 are taken only where a unit may. */
export function accept(syntax: Syntax, varbind: WireVarbind): { readonly value: Value } | { readonly status: number } {
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

/** Octets of one varbind in BER: what packing is counted in. */
export function sizeOf(oid: string, value: WireVarbind["value"]): number {
  return sequence(sequence(oidSize(oid)) + sequence(contentSize(value)));
}

const sequence = (content: number): number => content + (content < 0x80 ? 2 : content < 0x100 ? 3 : 4);

function contentSize(value: WireVarbind["value"]): number {
  if (typeof value === "number") {
    let octets = 1;
    for (let rest = value; rest < -0x80 || rest >= 0x80; rest = Math.floor(rest / 0x100)) octets++;
    return octets;
  }
  if (typeof value === "string") return oidSize(value);
  return value instanceof Uint8Array ? value.length : 0;
}

function oidSize(oid: string): number {
  let octets = -1; // The first two parts share one octet.
  for (const part of oid.split(".")) {
    octets++;
    for (let rest = Number(part); rest >= 0x80; rest = Math.floor(rest / 0x80)) octets++;
  }
  return octets;
}
