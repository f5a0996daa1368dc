/** BER (X.690 §8) as far as SNMP uses it. Reading forgives nothing: every length must be exact. */

/** An object identifier by its parts. */
export type Oid = readonly number[];

/** What a varbind holds on the wire; OBJECT IDENTIFIER as dotted text. */
export type Content = number | Uint8Array | string | null;

export const Tag = {
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  ipAddress: 0x40,
  counter: 0x41,
  gauge: 0x42,
  timeTicks: 0x43,
  opaque: 0x44,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const;

/** RFC 3416 §2.5.1: at most 128 parts, each below 2^32. */
const oidPartLimit = 128;
const partMax = 0xffffffff;

export interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

export function element(bytes: Uint8Array, at: number, limit: number): Element | undefined {
  if (at + 2 > limit) return undefined;
  let length = bytes[at + 1]!;
  let start = at + 2;
  if (length >= 0x80) {
    const octets = length - 0x80;
    if (octets < 1 || octets > 3 || start + octets > limit) return undefined;
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 0x100 + bytes[start++]!;
  }
  return start + length > limit ? undefined : { tag: bytes[at]!, start, end: start + length };
}

/** The one element these bytes are; undefined when they are less or more. */
export function whole(bytes: Uint8Array, tag: number): Element | undefined {
  const found = element(bytes, 0, bytes.length);
  return found && found.tag === tag && found.end === bytes.length ? found : undefined;
}

export function children(bytes: Uint8Array, parent: Element): readonly Element[] | undefined {
  const found: Element[] = [];
  for (let at = parent.start; at < parent.end; ) {
    const child = element(bytes, at, parent.end);
    if (!child) return undefined;
    found.push(child);
    at = child.end;
  }
  return found;
}

/** INTEGER of at most 32 bits. */
export function readInteger(bytes: Uint8Array, { tag, start, end }: Element): number | undefined {
  if (tag !== Tag.integer || end - start < 1 || end - start > 4) return undefined;
  let value = bytes[start]! >= 0x80 ? -1 : 0;
  for (let i = start; i < end; i++) value = (value << 8) | bytes[i]!;
  return value;
}

export const readOctets = (bytes: Uint8Array, { tag, start, end }: Element): Uint8Array | undefined =>
  tag === Tag.octets ? bytes.subarray(start, end) : undefined;

/** Counter32, Gauge32 and TimeTicks: 32 bits and perhaps a sign octet. */
function readUnsigned(bytes: Uint8Array, { start, end }: Element): number | undefined {
  const length = end - start;
  if (length < 1 || length > 5 || (length === 5 && bytes[start] !== 0)) return undefined;
  let value = 0;
  for (let i = start; i < end; i++) value = value * 0x100 + bytes[i]!;
  return value;
}

export function readOid(bytes: Uint8Array, { tag, start, end }: Element): Oid | undefined {
  if (tag !== Tag.oid || end === start || bytes[end - 1]! >= 0x80) return undefined;
  const parts: number[] = [];
  let part = 0;
  for (let i = start; i < end; i++) {
    part = part * 0x80 + (bytes[i]! & 0x7f);
    if (part > partMax) return undefined;
    if (bytes[i]! >= 0x80) continue;
    if (parts.length === 0) {
      const first = Math.min(2, Math.floor(part / 40));
      parts.push(first, part - first * 40);
    } else parts.push(part);
    part = 0;
  }
  return parts.length <= oidPartLimit ? parts : undefined;
}

/** The value of a varbind; undefined when it is none SNMP knows. */
export function readContent(bytes: Uint8Array, item: Element): { readonly value: Content } | undefined {
  const value = content(bytes, item);
  return value === undefined ? undefined : { value };
}

function content(bytes: Uint8Array, item: Element): Content | undefined {
  switch (item.tag) {
    case Tag.integer:
      return readInteger(bytes, item);
    case Tag.counter:
    case Tag.gauge:
    case Tag.timeTicks:
      return readUnsigned(bytes, item);
    case Tag.octets:
    case Tag.opaque:
      return bytes.subarray(item.start, item.end);
    case Tag.ipAddress:
      return item.end - item.start === 4 ? bytes.subarray(item.start, item.end) : undefined;
    case Tag.oid:
      return readOid(bytes, item)?.join(".");
    case Tag.null:
    case Tag.noSuchObject:
    case Tag.noSuchInstance:
    case Tag.endOfMibView:
      return item.end === item.start ? null : undefined;
    default:
      return undefined;
  }
}

/** Writes from the end towards the start, so that every length is known when it is written. */
export class Writer {
  #bytes: Buffer;
  #at: number;

  constructor(capacity = 512) {
    this.#bytes = Buffer.allocUnsafe(capacity);
    this.#at = capacity;
  }

  /** Octets written so far; also a mark for `wrap`. */
  get length(): number {
    return this.#bytes.length - this.#at;
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#at -= bytes.length;
    this.#bytes.set(bytes, this.#at);
  }

  /** Makes one element of all that was written since `mark`. */
  wrap(tag: number, mark: number): void {
    const length = this.length - mark;
    this.#room(5);
    if (length < 0x80) this.#bytes[--this.#at] = length;
    else {
      let octets = 0;
      for (let rest = length; rest > 0; rest >>>= 8) {
        this.#bytes[--this.#at] = rest & 0xff;
        octets++;
      }
      this.#bytes[--this.#at] = 0x80 | octets;
    }
    this.#bytes[--this.#at] = tag;
  }

  /** Any whole number from -2^31 to 2^32 - 1, in the fewest octets. */
  integer(value: number, tag: number = Tag.integer): void {
    const mark = this.length;
    this.#room(8);
    let rest = value;
    do {
      this.#bytes[--this.#at] = rest & 0xff;
      rest = Math.floor(rest / 0x100);
    } while (rest !== 0 && rest !== -1);
    const sign = this.#bytes[this.#at]! >= 0x80;
    if (rest === 0 && sign) this.#bytes[--this.#at] = 0;
    else if (rest === -1 && !sign) this.#bytes[--this.#at] = 0xff;
    this.wrap(tag, mark);
  }

  octets(value: Uint8Array, tag: number = Tag.octets): void {
    const mark = this.length;
    this.raw(value);
    this.wrap(tag, mark);
  }

  oid(parts: Oid): void {
    const mark = this.length;
    this.#room(parts.length * 5 + 8);
    for (let i = parts.length - 1; i >= 1; i--) this.#part(i === 1 ? parts[0]! * 40 + parts[1]! : parts[i]!);
    this.wrap(Tag.oid, mark);
  }

  content(tag: number, value: Content): void {
    if (typeof value === "number") this.integer(value, tag);
    else if (typeof value === "string") this.oid(partsOf(value));
    else if (value === null) this.octets(nothing, tag);
    else this.octets(value, tag);
  }

  bytes(): Buffer {
    return this.#bytes.subarray(this.#at);
  }

  #part(part: number): void {
    this.#bytes[--this.#at] = part & 0x7f;
    for (let rest = Math.floor(part / 0x80); rest > 0; rest = Math.floor(rest / 0x80))
      this.#bytes[--this.#at] = 0x80 | (rest & 0x7f);
  }

  #room(octets: number): void {
    if (octets <= this.#at) return;
    const grown = Buffer.allocUnsafe(2 * this.#bytes.length + octets);
    const at = grown.length - this.length;
    grown.set(this.#bytes.subarray(this.#at), at);
    this.#bytes = grown;
    this.#at = at;
  }
}

const nothing = new Uint8Array(0);

export const partsOf = (dotted: string): Oid => dotted.split(".").map(Number);

export function compareOids(a: Oid, b: Oid): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Octets of one varbind: what packing is counted in. */
export function sizeOf(oid: string | Oid, value: Content): number {
  const name = typeof oid === "string" ? partsOf(oid) : oid;
  return sequence(sequence(oidSize(name)) + sequence(contentSize(value)));
}

const sequence = (size: number): number => size + (size < 0x80 ? 2 : size < 0x100 ? 3 : 4);

function contentSize(value: Content): number {
  if (typeof value === "number") {
    let octets = 1;
    for (let rest = value; rest < -0x80 || rest >= 0x80; rest = Math.floor(rest / 0x100)) octets++;
    return octets;
  }
  if (typeof value === "string") return oidSize(partsOf(value));
  return value === null ? 0 : value.length;
}

function oidSize(parts: Oid): number {
  let octets = -1; // The first two parts share one octet.
  for (const part of parts) {
    octets++;
    for (let rest = part; rest >= 0x80; rest = Math.floor(rest / 0x80)) octets++;
  }
  return octets;
}
