import dgram from "node:dgram";

/** What becomes of a datagram; `n` counts from 1 in its direction. Bytes replace it; a reply of the proxy's own answers. */
export interface Tamper {
  readonly request?: (bytes: Buffer, n: number) => "pass" | "drop" | { readonly reply: Buffer };
  readonly reply?: (bytes: Buffer, n: number) => "pass" | "drop" | "hold" | Buffer;
}

/** Between one central and one unit on loopback. A held reply goes out after the next one, as a late one would. */
export async function openProxy(target: number, tamper: () => Tamper) {
  const front = dgram.createSocket("udp4");
  const back = dgram.createSocket("udp4");
  const counts = { requests: 0, replies: 0 };
  let client: dgram.RemoteInfo | undefined;
  let held: Buffer[] = [];
  const answer = (bytes: Buffer) => client && front.send(bytes, client.port, client.address);
  front.on("message", (bytes, from) => {
    client = from;
    counts.requests++;
    const fate = tamper().request?.(bytes, counts.requests) ?? "pass";
    if (fate === "pass") back.send(bytes, target, "127.0.0.1");
    else if (fate !== "drop") answer(fate.reply);
  });
  back.on("message", (bytes) => {
    counts.replies++;
    const fate = tamper().reply?.(bytes, counts.replies) ?? "pass";
    if (fate === "hold") {
      held.push(bytes);
      return;
    }
    if (fate !== "drop") answer(fate === "pass" ? bytes : fate);
    for (const late of held) answer(late);
    held = [];
  });
  const bound = (socket: dgram.Socket) => new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  await Promise.all([bound(front), bound(back)]);
  const closed = (socket: dgram.Socket) => new Promise<void>((resolve) => socket.close(() => resolve()));
  return {
    url: `udp://127.0.0.1:${front.address().port}`,
    counts,
    close: async () => {
      await Promise.all([closed(front), closed(back)]);
    },
  };
}

/** Where the octets of an object identifier stand in a datagram, or -1. */
export function findOid(bytes: Buffer, oid: string): number {
  const [first, second, ...rest] = oid.split(".").map(Number);
  const octets = [
    first! * 40 + second!,
    ...rest.flatMap((part) => (part < 0x80 ? [part] : [0x80 | (part >> 7), part & 0x7f])),
  ];
  return bytes.indexOf(Buffer.from([0x06, octets.length, ...octets]));
}

const setTag = 0xa3;
const replyTag = 0xa2;

/** Is this SNMPv1 datagram a SET? Short lengths of the community and long ones of the PDU are both met. */
export const isSet = (bytes: Buffer): boolean => bytes[pduAt(bytes)] === setTag;

function pduAt(bytes: Buffer): number {
  const body = bytes[1]! < 0x80 ? 2 : 2 + (bytes[1]! & 0x7f);
  const community = body + 3;
  return community + 2 + bytes[community + 1]!;
}

/** The unit's no to this request: error-status and error-index in an echo. */
export function refusal(request: Buffer, status: number, index = 1): Buffer {
  const reply = Buffer.from(request);
  const pdu = pduAt(reply);
  reply[pdu] = replyTag;
  const id = pdu + (reply[pdu + 1]! < 0x80 ? 2 : 2 + (reply[pdu + 1]! & 0x7f));
  const error = id + 2 + reply[id + 1]!;
  reply[error + 2] = status;
  reply[error + 5] = index;
  return reply;
}
