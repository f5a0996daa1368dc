import dgram from "node:dgram";

type OnMessage = (bytes: Buffer) => void;

/** Room for the replies of some thousand units that answer at once; a system's default holds about 300. */
const receiveOctets = 4 << 20;

/** One unit's share of a socket. */
export interface Line {
  /** Calls back with why it could not be sent. */
  send(bytes: Uint8Array, failed: (error: Error) => void): void;
  close(): void;
}

/** One socket for any number of units. A datagram reaches only those who talk with the address it came from. */
export class SharedUdp {
  readonly #socket = dgram.createSocket("udp4");
  readonly #listeners = new Map<string, Set<OnMessage>>();
  #closed: boolean = false;

  constructor() {
    this.#socket.on("message", (bytes, from) => {
      for (const listener of this.#listeners.get(`${from.address}:${from.port}`) ?? []) listener(bytes);
    });
    this.#socket.on("error", () => undefined); // A lost datagram: the exchange it belongs to times out.
    this.#socket.unref(); // What waits for an answer has a timer that keeps the process.
    this.#socket.bind(0, () => {
      if (!this.#closed) this.#socket.setRecvBufferSize(receiveOctets);
    });
  }

  /** `address` is numeric. */
  open(address: string, port: number, onMessage: OnMessage): Line {
    const key = `${address}:${port}`;
    const all = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, all.add(onMessage));
    return {
      send: (bytes, failed) => {
        if (this.#closed) return failed(new Error("the socket is closed"));
        this.#socket.send(bytes, port, address, (error) => error && failed(error));
      },
      close: () => {
        all.delete(onMessage);
        if (all.size === 0) this.#listeners.delete(key);
      },
    };
  }

  /** Ends every unit's exchanges: what still waits times out. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}
