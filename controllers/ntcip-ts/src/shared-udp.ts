import dgram from "node:dgram";
import type { DgramModule } from "net-snmp";

type OnMessage = (bytes: Buffer, from: dgram.RemoteInfo) => void;

/** Room for the replies of some hundred units that answer at once; a system's default holds about 300. */
const receiveOctets = 4 << 20;

/** One socket for any number of units. A reply counts only when it comes from the address it was asked of. */
export class SharedUdp {
  readonly #socket = dgram.createSocket("udp4");
  readonly #listeners = new Map<string, Set<OnMessage>>();

  constructor() {
    this.#socket.on("message", (bytes, from) => {
      for (const listener of this.#listeners.get(`${from.address}:${from.port}`) ?? []) listener(bytes, from);
    });
    this.#socket.on("error", () => undefined); // A lost datagram: the exchange it belongs to times out.
    this.#socket.bind(0, () => this.#socket.setRecvBufferSize(receiveOctets));
  }

  /** What the SNMP library takes for a socket of its own. `address` is numeric. */
  facade(address: string, port: number): DgramModule {
    return {
      createSocket: () => {
        const key = `${address}:${port}`;
        const own = new Set<OnMessage>();
        const closing: (() => void)[] = [];
        return {
          ref: () => undefined,
          unref: () => undefined,
          on: (event: string, listener: (...args: never[]) => void) => {
            if (event === "message") {
              const onMessage = listener as unknown as OnMessage;
              own.add(onMessage);
              const all = this.#listeners.get(key) ?? new Set();
              this.#listeners.set(key, all.add(onMessage));
            } else if (event === "close") closing.push(listener as () => void);
          },
          send: (bytes, offset, length, toPort, to, sent) => this.#socket.send(bytes, offset, length, toPort, to, sent),
          close: () => {
            const all = this.#listeners.get(key);
            for (const listener of own) all?.delete(listener);
            if (all?.size === 0) this.#listeners.delete(key);
            for (const listener of closing) listener();
          },
        };
      },
    };
  }

  /** Ends every unit's exchanges: what still waits times out. */
  close(): void {
    this.#socket.close();
  }
}
