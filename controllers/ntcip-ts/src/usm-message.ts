import { children, type Element, readInteger, readOctets, Tag, Writer, whole } from "./ber.ts";
import { type Pdu, readPdu, versionNumber, writePdu } from "./message.ts";
import { digestLength, isSigned, type LocalKeys, sign } from "./usm-keys.ts";

/** An SNMPv3 message (RFC 3412 §6) with the parameters of the user-based security model (RFC 3414 §2.4). */
export interface V3Message {
  readonly id: number;
  readonly maxSize: number;
  readonly flags: number;
  readonly engineId: Uint8Array;
  readonly boots: number;
  readonly time: number;
  readonly user: string;
  readonly digest: Uint8Array;
  readonly salt: Uint8Array;
  /** The scoped PDU: plain, or as it came under encryption. */
  readonly data: Uint8Array;
  /** Where the digest stands in the datagram. */
  readonly digestAt: number;
}

export interface ScopedPdu {
  readonly contextEngineId: Uint8Array;
  readonly contextName: string;
  readonly pdu: Pdu;
}

export const Flag = { auth: 1, priv: 2, reportable: 4 } as const;
const usm = 3;

export function readV3Message(bytes: Uint8Array): V3Message | undefined {
  const message = whole(bytes, Tag.sequence);
  const [version, header, security, data, ...rest] = (message && children(bytes, message)) ?? [];
  if (!version || !header || !security || !data || rest.length > 0) return undefined;
  if (readInteger(bytes, version) !== versionNumber.v3 || header.tag !== Tag.sequence || security.tag !== Tag.octets)
    return undefined;
  const head = readHeader(bytes, header);
  const parameters = head && readParameters(bytes, security);
  if (!parameters) return undefined;
  const encrypted = (head.flags & Flag.priv) !== 0;
  if (data.tag !== (encrypted ? Tag.octets : Tag.sequence)) return undefined;
  // Plain, the whole sequence is the scoped PDU; its header begins where the parameters end.
  return { ...head, ...parameters, data: bytes.subarray(encrypted ? data.start : security.end, data.end) };
}

function readHeader(bytes: Uint8Array, header: Element) {
  const [id, maxSize, flags, model, ...rest] = children(bytes, header) ?? [];
  if (!id || !maxSize || !flags || !model || rest.length > 0) return undefined;
  const numbers = [id, maxSize, model].map((one) => readInteger(bytes, one));
  const octets = readOctets(bytes, flags);
  if (numbers.includes(undefined) || octets?.length !== 1 || numbers[2] !== usm) return undefined;
  if ((octets[0]! & (Flag.auth | Flag.priv)) === Flag.priv) return undefined; // Encrypted and unsigned is no level.
  if (numbers[0]! < 0 || numbers[1]! < 484) return undefined;
  return { id: numbers[0]!, maxSize: numbers[1]!, flags: octets[0]! };
}

function readParameters(bytes: Uint8Array, security: Element) {
  const list = whole(bytes.subarray(security.start, security.end), Tag.sequence);
  if (!list) return undefined;
  const parts = children(bytes, {
    tag: Tag.sequence,
    start: security.start + list.start,
    end: security.start + list.end,
  });
  const [engine, boots, time, user, digest, salt, ...rest] = parts ?? [];
  if (!engine || !boots || !time || !user || !digest || !salt || rest.length > 0) return undefined;
  const octets = [engine, user, digest, salt].map((one) => readOctets(bytes, one));
  const numbers = [boots, time].map((one) => readInteger(bytes, one));
  if (octets.includes(undefined) || numbers.some((one) => one === undefined || one < 0)) return undefined;
  return {
    engineId: octets[0]!,
    boots: numbers[0]!,
    time: numbers[1]!,
    user: Buffer.from(octets[1]!).toString("utf8"),
    digest: octets[2]!,
    salt: octets[3]!,
    digestAt: digest.start,
  };
}

export function readScopedPdu(bytes: Uint8Array): ScopedPdu | undefined {
  const scoped = whole(bytes, Tag.sequence);
  const [engine, context, pdu, ...rest] = (scoped && children(bytes, scoped)) ?? [];
  if (!engine || !context || !pdu || rest.length > 0) return undefined;
  const contextEngineId = readOctets(bytes, engine);
  const contextName = readOctets(bytes, context);
  const read = readPdu(bytes, pdu);
  if (!contextEngineId || !contextName || !read) return undefined;
  return { contextEngineId, contextName: Buffer.from(contextName).toString("utf8"), pdu: read };
}

export function writeScopedPdu({ contextEngineId, contextName, pdu }: ScopedPdu): Buffer {
  const writer = new Writer();
  writePdu(writer, pdu);
  writer.octets(Buffer.from(contextName));
  writer.octets(contextEngineId);
  writer.wrap(Tag.sequence, 0);
  return writer.bytes();
}

export type Unsigned = Omit<V3Message, "digest" | "digestAt">;

/** The datagram, signed where keys are given. */
export function writeV3Message(message: Unsigned, keys: LocalKeys | undefined): Buffer {
  const writer = new Writer(message.data.length + 256);
  if (message.flags & Flag.priv) writer.octets(message.data);
  else writer.raw(message.data);
  const security = writer.length;
  writer.octets(message.salt);
  const blank = Buffer.alloc(keys ? digestLength(keys.protocol) : 0);
  writer.octets(blank);
  const digestEnd = writer.length;
  writer.octets(Buffer.from(message.user));
  writer.integer(message.time);
  writer.integer(message.boots);
  writer.octets(message.engineId);
  writer.wrap(Tag.sequence, security);
  writer.wrap(Tag.octets, security);
  const header = writer.length;
  writer.integer(usm);
  writer.octets(Uint8Array.of(message.flags));
  writer.integer(message.maxSize);
  writer.integer(message.id);
  writer.wrap(Tag.sequence, header);
  writer.integer(versionNumber.v3);
  writer.wrap(Tag.sequence, 0);
  const bytes = writer.bytes();
  if (keys) {
    // The digest is the content of the element that ended, seen from the end, at `digestEnd`.
    const at = bytes.length - digestEnd + 2;
    bytes.set(sign(keys, bytes), at);
  }
  return bytes;
}

export const isAuthentic = (keys: LocalKeys, bytes: Uint8Array, { digest, digestAt }: V3Message): boolean =>
  isSigned(keys, bytes, digest, digestAt);
