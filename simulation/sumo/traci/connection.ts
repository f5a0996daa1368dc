import { connect, type Socket } from "node:net";
import { MessageReader, type MessageWriter } from "./codec.ts";

/** What went wrong on the way to SUMO or back, in words. */
export class TraciError extends Error {
  override readonly name = "TraciError";
}

export interface TraciAddress {
  readonly host: string;
  readonly port: number;
}

export interface TraciTimes {
  /** SUMO listens only once its network is loaded; until then it is called again. */
  readonly connectMs: number;
  /** One exchange; a step waits for the other clients too. */
  readonly exchangeMs: number;
}

export const TRACI_TIMES: TraciTimes = { connectMs: 60_000, exchangeMs: 60_000 };

const RETRY_MS = 50;
/** No answer is larger: a hundred thousand subscribed vehicles take a tenth of it. */
const LARGEST_MESSAGE = 256 * 1024 * 1024;

interface Waiting {
  readonly resolve: (reader: MessageReader) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** One socket to one SUMO: whole messages out, whole messages in, in the same order. */
export class TraciConnection {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #times: TraciTimes;
  readonly #waiting: Waiting[] = [];
  #chunks: Buffer[] = [];
  #size = 0;
  #broken: Error | undefined;

  private constructor(socket: Socket, { host, port }: TraciAddress, times: TraciTimes) {
    this.#socket = socket;
    this.#name = `${host}:${port}`;
    this.#times = times;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("error", (error) => this.#fail(`the connection to SUMO at ${this.#name} broke (${error.message})`));
    socket.on("close", () => this.#fail(`SUMO at ${this.#name} closed the connection; its own output says why`));
  }

  /** Calls until SUMO listens, within `times.connectMs`. `alive` says why there is no use in going on, if so. */
  static async open(
    address: TraciAddress,
    times: TraciTimes = TRACI_TIMES,
    alive: () => string | undefined = () => undefined,
  ): Promise<TraciConnection> {
    const started = performance.now();
    for (;;) {
      const socket = await attempt(address).catch((error: NodeJS.ErrnoException) => error);
      if (!(socket instanceof Error)) return new TraciConnection(socket, address, times);
      const dead = alive();
      if (dead !== undefined) throw new TraciError(dead);
      const waited = performance.now() - started;
      const later = ["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT"].includes((socket as NodeJS.ErrnoException).code ?? "");
      if (!later || waited >= times.connectMs)
        throw new TraciError(
          `no SUMO answers at ${address.host}:${address.port} (${socket.message}) after ${Math.round(waited / 1000)} s; start it with --remote-port ${address.port}`,
        );
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Sends messages in one go; their answers, in the same order. More may be sent before they have come. */
  exchange(...messages: readonly MessageWriter[]): readonly Promise<MessageReader>[] {
    this.#socket.cork();
    const answers = messages.map((message) => this.#send(message));
    this.#socket.uncork();
    return answers;
  }

  #send(message: MessageWriter): Promise<MessageReader> {
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#fail(`SUMO at ${this.#name} has not answered for ${this.#times.exchangeMs / 1000} s`),
        this.#times.exchangeMs,
      );
      this.#waiting.push({ resolve, reject, timer });
      this.#socket.write(message.bytes());
    });
  }

  end(): void {
    this.#broken ??= new TraciError(`the connection to SUMO at ${this.#name} is closed`);
    this.#socket.destroy();
  }

  #received(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= 4) {
      const length = this.#joined(4).readInt32BE(0);
      if (length < 4 || length > LARGEST_MESSAGE) {
        this.#fail(`what answers at ${this.#name} does not speak TraCI (a message of ${length} bytes)`);
        return;
      }
      if (this.#size < length) return;
      const all = this.#joined(length);
      this.#chunks = all.length > length ? [all.subarray(length)] : [];
      this.#size -= length;
      const next = this.#waiting.shift();
      if (!next) {
        this.#fail(`SUMO at ${this.#name} sent an answer nobody asked for`);
        return;
      }
      clearTimeout(next.timer);
      next.resolve(new MessageReader(all.subarray(4, length)));
    }
  }

  /** The first chunk, grown until it holds that many bytes. */
  #joined(bytes: number): Buffer {
    if (this.#chunks[0]!.length < bytes) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  #fail(message: string): void {
    this.#broken ??= new TraciError(message);
    this.#socket.destroy();
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      reject(this.#broken);
    }
  }
}

function attempt({ host, port }: TraciAddress): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", reject);
  });
}
