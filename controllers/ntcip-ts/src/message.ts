import {
  type Content,
  children,
  type Element,
  type Oid,
  readContent,
  readInteger,
  readOid,
  Tag,
  Writer,
  whole,
} from "./ber.ts";

/** PDU tags (RFC 1157 §4.1, RFC 3416 §3). */
export const PduType = { get: 0xa0, getNext: 0xa1, response: 0xa2, set: 0xa3, getBulk: 0xa5, report: 0xa8 } as const;

export interface Varbind {
  readonly oid: Oid;
  readonly type: number;
  readonly value: Content;
}

export interface Pdu {
  readonly type: number;
  readonly id: number;
  /** error-status, or non-repeaters of a GETBULK. */
  readonly status: number;
  /** error-index, or max-repetitions of a GETBULK. */
  readonly index: number;
  readonly varbinds: readonly Varbind[];
}

/** NTCIP units take 484 octets; this is far above what fits and bounds the work a datagram can ask for. */
const varbindLimit = 128;

/** A PDU whose every length is exact; undefined when it is none. */
export function readPdu(bytes: Uint8Array, pdu: Element): Pdu | undefined {
  const [id, first, second, list, ...more] = children(bytes, pdu) ?? [];
  if (!id || !first || !second || !list || more.length > 0 || list.tag !== Tag.sequence) return undefined;
  const numbers = [id, first, second].map((field) => readInteger(bytes, field));
  const items = children(bytes, list);
  if (numbers.includes(undefined) || !items || items.length > varbindLimit) return undefined;
  const varbinds: Varbind[] = [];
  for (const item of items) {
    const varbind = readVarbind(bytes, item);
    if (!varbind) return undefined;
    varbinds.push(varbind);
  }
  return { type: pdu.tag, id: numbers[0]!, status: numbers[1]!, index: numbers[2]!, varbinds };
}

function readVarbind(bytes: Uint8Array, item: Element): Varbind | undefined {
  if (item.tag !== Tag.sequence) return undefined;
  const [name, value, ...rest] = children(bytes, item) ?? [];
  if (!name || !value || rest.length > 0) return undefined;
  const oid = readOid(bytes, name);
  const content = readContent(bytes, value);
  return oid && content ? { oid, type: value.tag, value: content.value } : undefined;
}

export function writePdu(writer: Writer, { type, id, status, index, varbinds }: Pdu): void {
  const pdu = writer.length;
  for (let i = varbinds.length - 1; i >= 0; i--) writeVarbind(writer, varbinds[i]!);
  writer.wrap(Tag.sequence, pdu);
  writer.integer(index);
  writer.integer(status);
  writer.integer(id);
  writer.wrap(type, pdu);
}

function writeVarbind(writer: Writer, { oid, type, value }: Varbind): void {
  const mark = writer.length;
  writer.content(type, value);
  writer.oid(oid);
  writer.wrap(Tag.sequence, mark);
}

/** SNMPv1 or v2c. */
export interface CommunityMessage {
  readonly version: "v1" | "v2c";
  readonly community: string;
  readonly pdu: Pdu;
}

export const versionNumber = { v1: 0, v2c: 1, v3: 3 } as const;

/** The version of a message, if it says one. */
export function versionOf(bytes: Uint8Array): keyof typeof versionNumber | undefined {
  const message = whole(bytes, Tag.sequence);
  const version = message && children(bytes, message)?.[0];
  const number = version && readInteger(bytes, version);
  return number === 0 ? "v1" : number === 1 ? "v2c" : number === 3 ? "v3" : undefined;
}

export function readCommunityMessage(bytes: Uint8Array): CommunityMessage | undefined {
  const message = whole(bytes, Tag.sequence);
  if (!message) return undefined;
  const [version, community, pdu, ...rest] = children(bytes, message) ?? [];
  if (!version || !community || !pdu || rest.length > 0) return undefined;
  if (community.tag !== Tag.octets || version.end - version.start !== 1) return undefined;
  const number = readInteger(bytes, version);
  const read = number === 0 || number === 1 ? readPdu(bytes, pdu) : undefined;
  if (!read) return undefined;
  return {
    version: number === 0 ? "v1" : "v2c",
    community: Buffer.from(bytes.buffer, bytes.byteOffset + community.start, community.end - community.start).toString(
      "latin1",
    ),
    pdu: read,
  };
}

export function writeCommunityMessage({ version, community, pdu }: CommunityMessage): Buffer {
  const writer = new Writer();
  writePdu(writer, pdu);
  writer.octets(Buffer.from(community, "latin1"));
  writer.integer(versionNumber[version]);
  writer.wrap(Tag.sequence, 0);
  return writer.bytes();
}

/** GET, GETNEXT and SET (RFC 1157 §4.1); v2c adds GETBULK (RFC 3416 §3). Values of exceptions are for answers only. */
export const isRequestPdu = (version: "v1" | "v2c" | "v3", { type, varbinds }: Pdu): boolean =>
  (type === PduType.get ||
    type === PduType.getNext ||
    type === PduType.set ||
    (type === PduType.getBulk && version !== "v1")) &&
  varbinds.every((varbind) => varbind.type < Tag.noSuchObject);

/** An answer; SNMPv1 has no exception values. */
export const isResponsePdu = (version: "v1" | "v2c" | "v3", { type, varbinds }: Pdu): boolean =>
  type === PduType.response && (version !== "v1" || varbinds.every((varbind) => varbind.type < Tag.noSuchObject));

/** Is this datagram one whole SNMPv1 or v2c request, every length exact? */
export function isRequest(bytes: Uint8Array): boolean {
  const message = readCommunityMessage(bytes);
  return message !== undefined && isRequestPdu(message.version, message.pdu);
}
