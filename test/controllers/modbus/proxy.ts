import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** What the wire does with message `at` (1-based, counted over all connections). */
export interface Fault {
  readonly at: number;
  /** `drop-request`, `drop-reply`: swallowed. `cut-before`, `cut-after`: the connection dies before the request reaches the server, or after it did and before the reply. */
  readonly does: "drop-request" | "drop-reply" | "cut-before" | "cut-after";
  /** Nothing passes any more afterwards. */
  readonly forGood?: boolean;
}

/** A wire between client and Modbus server that fails on request. One request is outstanding at a time, so a chunk is a message. */
export async function proxy(port: number, fault?: Fault) {
  let messages = 0;
  let dead = false;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (dead) return client.destroy();
    const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
    let replies = 0;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (request) => {
      messages++;
      const hit = fault?.at === messages ? fault : undefined;
      if (hit?.forGood) dead = true;
      if (hit?.does === "cut-before") return client.destroy();
      if (hit?.does === "drop-request") return;
      upstream.write(request);
      replies = hit ? messages : 0;
    });
    upstream.on("data", (reply) => {
      if (replies === messages && fault?.does === "drop-reply") return;
      if (replies === messages && fault?.does === "cut-after") return client.destroy();
      client.write(reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages: () => messages,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
