import { connect, type Socket } from "node:net";
import modbus from "modbus-serial";
import { after, type Instant, type Millis, millis, seconds } from "../../config/units.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import { type DeviceError, lost, refused } from "./device-error.ts";
import type { Span } from "./register-map.ts";

type Client = InstanceType<typeof modbus.default>;

interface Line {
  readonly socket: Socket;
  readonly client: Client;
}

export interface SessionOptions {
  /** `tcp://host:port`. */
  readonly url: string;
  readonly unitId: number;
  /** Of one connection attempt and of one request, wall time. */
  readonly deadline: Millis;
  /** Back-off is counted in engine time. */
  readonly clock: Clock;
  readonly maxReadRegisters: number;
  readonly maxWriteRegisters: number;
  /** 0..1: spreads the reconnects of many cabinets after a common outage. */
  readonly spread: number;
}

/** First pause after a failure, doubled each time up to the cap (our choice: a cabinet is back within a poll or two of its network). */
const backoffFirst = seconds(1);
const backoffCap = seconds(30);

/** Exceptions that say "not now": acknowledge, busy, gateway; V1.1b3 §7. The others say "never". */
const passing = new Set([4, 5, 6, 10, 11]);

/**
 * The only socket: one connection, one request on it at a time, each under its own deadline. The library is never trusted to
 * settle a call: a late, closed or destroyed one is abandoned with its connection. Calls reject with `DeviceError` only.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #host: string;
  readonly #port: number;
  #line: Line | undefined;
  #connecting: Socket | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #failures = 0;
  #retryAt: Instant | undefined;
  #closed: boolean = false;

  /** Throws when the url is not `tcp://host:port`. */
  constructor(options: SessionOptions) {
    const match = /^tcp:\/\/(\[[0-9a-fA-F:]+\]|[^/:]+):(\d{1,5})$/.exec(options.url);
    const port = Number(match?.[2]);
    if (!match || port < 1 || port > 65535)
      throw new Error(`url: ${JSON.stringify(options.url)} is not tcp://host:port with a port of 1..65535`);
    this.#options = options;
    this.#host = match[1]!.replace(/^\[|\]$/g, "");
    this.#port = port;
  }

  /** The next request may connect at once, back-off or not: for commands, which do not come every second. */
  hurry(): void {
    this.#retryAt = undefined;
  }

  /** All registers of a span, in as many requests as the device needs. */
  async read(span: Span): Promise<readonly number[]> {
    const registers: number[] = [];
    for (let at = 0; at < span.count; at += this.#options.maxReadRegisters) {
      const address = span.address + at;
      const count = Math.min(this.#options.maxReadRegisters, span.count - at);
      const { data } = await this.#request((client) =>
        span.table === "input"
          ? client.readInputRegisters(address, count)
          : client.readHoldingRegisters(address, count),
      );
      if (data.length !== count) throw this.#abandon(lost("bad-reply", `${data.length} of ${count} registers came`));
      registers.push(...data);
    }
    return registers;
  }

  /** FC 16, in as many requests as the device needs. */
  async write(address: number, values: readonly number[]): Promise<void> {
    for (let at = 0; at < values.length; at += this.#options.maxWriteRegisters) {
      const part = values.slice(at, at + this.#options.maxWriteRegisters);
      const reply = await this.#request((client) => client.writeRegisters(address + at, part));
      if (reply.address !== address + at || reply.length !== part.length)
        throw this.#abandon(
          lost("bad-reply", `wrote ${part.length} at ${address + at}, the reply names another range`),
        );
    }
  }

  async readCoil(address: number): Promise<boolean> {
    const { data } = await this.#request((client) => client.readCoils(address, 1));
    if (data[0] === undefined) throw this.#abandon(lost("bad-reply", "no coil came"));
    return data[0];
  }

  async writeCoil(address: number, on: boolean): Promise<void> {
    const reply = await this.#request((client) => client.writeCoil(address, on));
    if (reply.address !== address || reply.state !== on)
      throw this.#abandon(lost("bad-reply", `wrote coil ${address}, the reply names another`));
  }

  /** Drops the connection; what is pending and what follows rejects as lost. */
  close(): void {
    this.#closed = true;
    this.#connecting?.destroy();
    this.#line?.socket.destroy();
  }

  #request<T>(call: (client: Client) => Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => this.#exchange(call));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #exchange<T>(call: (client: Client) => Promise<T>): Promise<T> {
    let line = this.#line;
    if (!line) line = await this.#open();
    try {
      const reply = await settle(line.socket, this.#options.deadline, () => call(line.client));
      this.#failures = 0;
      return reply;
    } catch (error) {
      const exception = (error as { modbusCode?: unknown }).modbusCode;
      if (typeof exception === "number") {
        this.#failures = 0;
        const text = `Modbus exception ${exception}`;
        throw passing.has(exception) ? lost(`exception-${exception}`, text) : refused(`exception-${exception}`, text);
      }
      throw this.#abandon(
        error instanceof Silence ? lost(error.code, error.message) : lost("bad-reply", String(error), error),
      );
    }
  }

  async #open(): Promise<Line> {
    const { clock, deadline, unitId } = this.#options;
    if (this.#closed) throw lost("closed", "the driver is closed");
    if (this.#retryAt !== undefined && clock.now() < this.#retryAt)
      throw lost("backing-off", `waits until ${new Date(this.#retryAt).toISOString()} before it connects again`);
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    socket.on("error", () => undefined); // "close" follows; an error nobody listens to would end the process
    this.#connecting = socket;
    try {
      await settle(socket, deadline, () => new Promise<void>((resolve) => socket.once("connect", () => resolve())));
      const client = new modbus.default();
      client.on("error", () => undefined); // a port error without a listener would end the process
      client.setTimeout(deadline);
      client.setID(unitId);
      await client.linkTCP(socket, { port: this.#port });
      this.#line = { socket, client };
      socket.once("close", () => {
        if (this.#line?.socket === socket) this.#line = undefined;
      });
      return this.#line;
    } catch (error) {
      socket.destroy();
      throw this.#abandon(lost("no-connection", `${this.#options.url}: ${(error as Error).message}`, error));
    } finally {
      this.#connecting = undefined;
    }
  }

  /** After a failure nobody knows what still comes on this connection, so the next request gets a fresh one. */
  #abandon(error: DeviceError): DeviceError {
    this.#line?.socket.destroy();
    this.#line = undefined;
    const pause = Math.min(backoffCap, backoffFirst * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#retryAt = after(this.#options.clock.now(), millis(pause * (0.75 + 0.5 * this.#options.spread)));
    return error;
  }
}

/** The peer or the line went quiet. */
class Silence extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Runs one call; rejects when it fails, when the deadline passes or when the socket closes, whatever the call itself does. */
function settle<T>(socket: Socket, deadline: Millis, call: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const end = (finish: () => void) => {
      clearTimeout(timer);
      socket.off("close", closed);
      socket.off("error", failed);
      finish();
    };
    const failed = (error: Error) => end(() => reject(new Silence("disconnected", error.message)));
    const closed = () => end(() => reject(new Silence("disconnected", "the connection closed")));
    const timer = setTimeout(() => end(() => reject(new Silence("timeout", `no answer in ${deadline} ms`))), deadline);
    socket.on("close", closed);
    socket.on("error", failed);
    if (socket.destroyed) return closed();
    call().then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error as Error)),
    );
  });
}
