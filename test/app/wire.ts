import { createSocket, type RemoteInfo } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";

/** A wire to a cabinet that counts the requests on it, and tells when the wanted one is about to pass. */
export interface Wire {
  readonly url: string;
  readonly requests: number;
  /** Calls `then` instead of passing request `n` (from 1, of those that count) on; every later one is dropped too. */
  cutAt(n: number, then: () => void, counts?: (request: Buffer) => boolean): void;
  /** Passes everything on again, and counts from 0. */
  mend(): void;
  close(): Promise<void>;
}

class Cut {
  requests = 0;
  #at = Number.POSITIVE_INFINITY;
  #then: () => void = () => undefined;
  #counts: (request: Buffer) => boolean = () => true;

  arm(n: number, then: () => void, counts: (request: Buffer) => boolean = () => true): void {
    this.requests = 0;
    this.#at = n;
    this.#then = then;
    this.#counts = counts;
  }

  /** May this request pass? */
  passes(request: Buffer): boolean {
    if (this.requests < this.#at && this.#counts(request)) {
      this.requests++;
      if (this.requests === this.#at) this.#then();
    }
    return this.requests < this.#at;
  }
}

/** UDP: one datagram is one request. */
export async function udpWire(target: { readonly host: string; readonly port: number }): Promise<Wire> {
  const cut = new Cut();
  const front = createSocket("udp4");
  const back = createSocket("udp4");
  let client: RemoteInfo | undefined;
  front.on("message", (message, from) => {
    client = from;
    if (cut.passes(message)) back.send(message, target.port, target.host);
  });
  back.on("message", (message) => {
    if (client) front.send(message, client.port, client.address);
  });
  for (const socket of [front, back]) {
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  }
  return {
    url: `udp://127.0.0.1:${front.address().port}`,
    get requests() {
      return cut.requests;
    },
    cutAt: (n, then, counts) => cut.arm(n, then, counts),
    mend: () => cut.arm(Number.POSITIVE_INFINITY, () => undefined),
    close: async () => {
      front.close();
      back.close();
    },
  };
}

/** TCP: one chunk from the client is one request, since a Modbus master waits for each answer. */
export async function tcpWire(target: { readonly host: string; readonly port: number }): Promise<Wire> {
  const cut = new Cut();
  const sockets = new Set<Socket>();
  const server = createServer((front) => {
    const back = connect(target.port, target.host);
    for (const socket of [front, back]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => sockets.delete(socket));
    }
    front.on("data", (chunk) => {
      if (cut.passes(chunk)) back.write(chunk);
    });
    back.on("data", (chunk) => front.write(chunk));
    front.on("close", () => back.destroy());
    back.on("close", () => front.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `tcp://127.0.0.1:${port}`,
    get requests() {
      return cut.requests;
    },
    cutAt: (n, then, counts) => cut.arm(n, then, counts),
    mend: () => cut.arm(Number.POSITIVE_INFINITY, () => undefined),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
