import { after, type Instant, type Millis, millis, seconds } from "../../config/units.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import { type DeviceError, lost, refused } from "./device-error.ts";
import { BadReply, type Call, ModbusException } from "./pdu.ts";
import { openRtu, type SerialSettings } from "./rtu-wire.ts";
import { connectTcp } from "./tcp-wire.ts";
import { Silence, type Wire } from "./wire.ts";

export interface LineOptions {
  readonly url: string;
  /** Of one connection attempt and of one request, wall time. */
  readonly deadline: Millis;
  /** Back-off is counted in engine time. */
  readonly clock: Clock;
  /** 0..1: spreads the reconnects of many cabinets after a common outage. */
  readonly spread: number;
}

/** First pause after a failure, doubled each time up to the cap (our choice: a cabinet is back within a poll or two of its network). */
const backoffFirst = seconds(1);
const backoffCap = seconds(30);
/** A connection that has said nothing to so many requests in a row is given up (our choice). */
const silencesBorne = 2;

/** Exceptions that say "not now": failure, acknowledge, busy, gateway; V1.1b3 §7. The others say "never". */
const passing = new Set([4, 5, 6, 10, 11]);

type Place =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "rtu"; readonly settings: SerialSettings };

/**
 * One TCP connection or serial line, shared by the cabinets on it: one request at a time, each under its own deadline, and a
 * connection is opened when it is needed. Calls reject with `DeviceError` only.
 */
export class Line {
  readonly #options: LineOptions;
  readonly #place: Place;
  #wire: Wire | undefined;
  #abandonConnect: (() => void) | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #failures = 0;
  #silences = 0;
  #retryAt: Instant | undefined;
  #closed: boolean = false;

  /** Throws when the url is neither `tcp://host:port` nor `rtu:///dev/…`. */
  constructor(options: LineOptions) {
    this.#options = options;
    this.#place = placeOf(options.url);
  }

  get serial(): boolean {
    return this.#place.kind === "rtu";
  }

  /** The next request may connect at once, back-off or not: for commands, which do not come every second. */
  hurry(): void {
    this.#retryAt = undefined;
  }

  request<T>(unit: number, call: Call<T>): Promise<T> {
    const turn = this.#queue.then(() => this.#exchange(unit, call));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Drops the connection; what is pending and what follows rejects as lost. */
  close(): void {
    this.#closed = true;
    this.#abandonConnect?.();
    this.#wire?.close();
  }

  async #exchange<T>(unit: number, call: Call<T>): Promise<T> {
    if (this.#closed) throw lost("closed", "the driver is closed");
    const wire = this.#wire?.open ? this.#wire : await this.#open();
    try {
      const reply = call.read(await wire.exchange(unit, call, this.#options.deadline));
      this.#failures = this.#silences = 0;
      return reply;
    } catch (error) {
      throw await this.#failed(wire, error);
    }
  }

  /** A device that says no is there; a bad reply or a second silence costs it the connection. */
  async #failed(wire: Wire, error: unknown): Promise<DeviceError> {
    if (error instanceof ModbusException) {
      this.#failures = this.#silences = 0;
      const code = `exception-${error.code}`;
      return passing.has(error.code) ? lost(code, error.message) : refused(code, error.message);
    }
    if (error instanceof BadReply) return this.#abandon(lost("bad-reply", error.message));
    if (!(error instanceof Silence)) return this.#abandon(lost("internal", String(error), error));
    const fault = lost(error.code, error.message);
    if (error.code !== "timeout") return this.#abandon(fault);
    if (!wire.numbered) await drained(this.#options.deadline);
    else if (++this.#silences >= silencesBorne) return this.#abandon(fault);
    return fault;
  }

  async #open(): Promise<Wire> {
    const { clock, deadline, url } = this.#options;
    if (this.#retryAt !== undefined && clock.now() < this.#retryAt)
      throw lost("backing-off", `waits until ${new Date(this.#retryAt).toISOString()} before it connects again`);
    try {
      const wire = await this.#connect(deadline);
      if (this.#closed) {
        wire.close();
        throw new Silence("disconnected", "the driver is closed");
      }
      this.#silences = 0;
      this.#wire = wire;
      return wire;
    } catch (error) {
      throw this.#abandon(lost("no-connection", `${url}: ${(error as Error).message}`, error));
    } finally {
      this.#abandonConnect = undefined;
    }
  }

  #connect(deadline: Millis): Promise<Wire> {
    if (this.#place.kind === "rtu") return openRtu(this.#place.settings);
    const { wire, abandon } = connectTcp(this.#place, deadline);
    this.#abandonConnect = abandon;
    return wire;
  }

  /** After a failure nobody knows what still comes on this connection, so the next request gets a fresh one. */
  #abandon(error: DeviceError): DeviceError {
    this.#wire?.close();
    this.#wire = undefined;
    const pause = Math.min(backoffCap, backoffFirst * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#retryAt = after(this.#options.clock.now(), millis(pause * (0.75 + 0.5 * this.#options.spread)));
    return error;
  }
}

/** Lines by url, each opened once and closed with its last cabinet. */
export class Lines {
  readonly #shared = new Map<string, { readonly line: Line; users: number }>();

  take(url: string, make: () => Line): Line {
    const shared = this.#shared.get(url) ?? { line: make(), users: 0 };
    shared.users++;
    this.#shared.set(url, shared);
    return shared.line;
  }

  leave(url: string): void {
    const shared = this.#shared.get(url);
    if (!shared || --shared.users > 0) return;
    this.#shared.delete(url);
    shared.line.close();
  }
}

/** A late reply on a line without numbers would pass for the next one's: wait until it must be over. */
const drained = (deadline: Millis): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(deadline, 250)));

function placeOf(url: string): Place {
  const tcp = /^tcp:\/\/(\[[0-9a-fA-F:]+\]|[^/:]+):(\d{1,5})$/.exec(url);
  if (tcp) {
    const port = Number(tcp[2]);
    if (port >= 1 && port <= 65535) return { kind: "tcp", host: tcp[1]!.replace(/^\[|\]$/g, ""), port };
  }
  if (url.startsWith("rtu:")) return { kind: "rtu", settings: serialSettings(url) };
  throw new Error(
    `url: ${JSON.stringify(url)} is not tcp://host:port with a port of 1..65535, nor rtu:///dev/ttyS0?baud=19200`,
  );
}

/** `rtu:///dev/ttyUSB0?baud=9600&parity=none&stop=2&data=8`. Throws, naming what is wrong. */
export function serialSettings(url: string): SerialSettings {
  const no = (what: string): Error =>
    new Error(`url: ${JSON.stringify(url)}: ${what}; such as rtu:///dev/ttyS0?baud=9600&parity=even&stop=1`);
  const match = /^rtu:\/\/(\/[^?#]+)(?:\?([^#]*))?$/.exec(url);
  if (!match) throw no("a serial line is rtu:// and the path of its device");
  const given = new URLSearchParams(match[2] ?? "");
  const known = ["baud", "parity", "stop", "data"];
  const odd = [...given.keys()].find((key) => !known.includes(key));
  if (odd !== undefined) throw no(`${odd} is none of ${known.join(", ")}`);
  const choice = <T extends string | number>(key: string, choices: readonly T[], usual: T): T => {
    const text = given.get(key);
    if (text === null) return usual;
    const found = choices.find((value) => String(value) === text);
    if (found === undefined) throw no(`${key}=${text} is none of ${choices.join(", ")}`);
    return found;
  };
  return {
    path: decodeURIComponent(match[1]!),
    baudRate: choice("baud", [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200], 19_200),
    parity: choice("parity", ["none", "even", "odd"] as const, "even"),
    stopBits: choice("stop", [1, 2] as const, 1),
    dataBits: choice("data", [7, 8] as const, 8),
  };
}
