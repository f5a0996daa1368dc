import { createSocket, type Socket } from "node:dgram";
import type { Carry } from "./reply-faults.ts";

/** Peers a wire keeps apart; the one silent longest is forgotten. */
const peers = 256;

export interface UdpWire {
  readonly port: number;
  close(): Promise<void>;
}

/** A faulty wire before a server that speaks UDP: requests pass, replies are carried by `carry`. Rejects when the port is taken. */
export async function udpWire(options: {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
  /** Port of the server, on the same host. */
  readonly to: number;
  readonly carry: Carry;
}): Promise<UdpWire> {
  const { host, to, carry } = options;
  const front = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    front.once("error", reject);
    front.bind(options.port, host, resolve);
  });
  front.on("error", () => undefined);
  let open = true;
  const behind = new Map<string, Socket>();
  const send = (bytes: Uint8Array, port: number, address: string) => {
    if (open) front.send(bytes, port, address);
  };
  front.on("message", (request, { port, address }) => {
    const peer = `${address}:${port}`;
    let socket = behind.get(peer);
    if (!socket) {
      socket = createSocket("udp4");
      socket.on("error", () => undefined);
      socket.on("message", (reply) => carry(reply, (bytes) => send(bytes, port, address)));
      const [oldest] = behind.keys();
      if (behind.size >= peers && oldest !== undefined) {
        behind.get(oldest)!.close();
        behind.delete(oldest);
      }
    }
    behind.delete(peer);
    behind.set(peer, socket);
    socket.send(request, to, host);
  });
  return {
    port: front.address().port,
    close: async () => {
      open = false;
      for (const socket of behind.values()) socket.close();
      await new Promise<void>((resolve) => front.close(() => resolve()));
    },
  };
}
