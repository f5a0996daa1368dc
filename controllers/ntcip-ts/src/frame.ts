/**
 * Is this datagram one whole SNMPv1 or v2c request, every length exact? The library's reader forgives what it does not
 * understand (short lists, lengths past the end); an agent that moves a cabinet may not.
 */
export function isRequest(bytes: Uint8Array): boolean {
  const message = element(bytes, 0, bytes.length);
  if (!message || message.tag !== sequenceTag || message.end !== bytes.length) return false;
  const [version, community, pdu, ...rest] = children(bytes, message) ?? [];
  if (!version || !community || !pdu || rest.length > 0) return false;
  if (version.tag !== integerTag || version.end - version.start !== 1 || community.tag !== octetsTag) return false;
  const allowed = bytes[version.start] === 0 ? requestsV1 : bytes[version.start] === 1 ? requestsV2c : [];
  if (!allowed.includes(pdu.tag)) return false;
  const [id, first, second, list, ...more] = children(bytes, pdu) ?? [];
  if (!id || !first || !second || !list || more.length > 0 || list.tag !== sequenceTag) return false;
  if (![id, first, second].every((field) => field.tag === integerTag && isInt32(field))) return false;
  const varbinds = children(bytes, list);
  return varbinds !== undefined && varbinds.length <= varbindLimit && varbinds.every((one) => isVarbind(bytes, one));
}

const integerTag = 0x02;
const octetsTag = 0x04;
const oidTag = 0x06;
const sequenceTag = 0x30;
/** GET, GETNEXT and SET (RFC 1157 §4.1); v2c adds GETBULK (RFC 3416 §3). */
const requestsV1: readonly number[] = [0xa0, 0xa1, 0xa3];
const requestsV2c: readonly number[] = [...requestsV1, 0xa5];
/** NTCIP units take 484 octets; this is far above what fits and bounds the work a datagram can ask for. */
const varbindLimit = 128;
/** RFC 3416 §2.5.1: at most 128 parts, each below 2^32. */
const oidPartLimit = 128;

interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

function element(bytes: Uint8Array, at: number, limit: number): Element | undefined {
  if (at + 2 > limit) return undefined;
  let length = bytes[at + 1]!;
  let start = at + 2;
  if (length >= 0x80) {
    const octets = length - 0x80;
    if (octets < 1 || octets > 2 || start + octets > limit) return undefined;
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 0x100 + bytes[start++]!;
  }
  return start + length > limit ? undefined : { tag: bytes[at]!, start, end: start + length };
}

function children(bytes: Uint8Array, parent: Element): readonly Element[] | undefined {
  const found: Element[] = [];
  for (let at = parent.start; at < parent.end; ) {
    const child = element(bytes, at, parent.end);
    if (!child) return undefined;
    found.push(child);
    at = child.end;
  }
  return found;
}

const isInt32 = ({ start, end }: Element): boolean => end - start >= 1 && end - start <= 4;

function isVarbind(bytes: Uint8Array, varbind: Element): boolean {
  if (varbind.tag !== sequenceTag) return false;
  const [name, value, ...rest] = children(bytes, varbind) ?? [];
  return (
    name !== undefined &&
    value !== undefined &&
    rest.length === 0 &&
    name.tag === oidTag &&
    isOid(bytes, name) &&
    isValue(bytes, value)
  );
}

function isValue(bytes: Uint8Array, value: Element): boolean {
  const length = value.end - value.start;
  switch (value.tag) {
    case 0x02: // INTEGER
      return isInt32(value);
    case 0x41: // Counter32, Gauge32, TimeTicks: 32 bits and a sign octet
    case 0x42:
    case 0x43:
      return length >= 1 && (length <= 4 || (length === 5 && bytes[value.start] === 0));
    case 0x04: // OCTET STRING, Opaque
    case 0x44:
      return true;
    case 0x05: // NULL
      return length === 0;
    case 0x06:
      return isOid(bytes, value);
    case 0x40: // IpAddress
      return length === 4;
    default:
      return false;
  }
}

function isOid(bytes: Uint8Array, { start, end }: Element): boolean {
  if (end === start || bytes[end - 1]! >= 0x80) return false;
  let parts = 1;
  let part = 0;
  for (let i = start; i < end; i++) {
    part = part * 0x80 + (bytes[i]! & 0x7f);
    if (part > 0xffffffff) return false;
    if (bytes[i]! < 0x80) {
      parts++;
      part = 0;
    }
  }
  return parts <= oidPartLimit;
}
