import { isIPv4 } from "node:net";
import snmp, { type Session, type WireVarbind } from "net-snmp";
import { describe, objectOf, oidOf, type Ref } from "./objects.ts";
import type { Write } from "./responder.ts";
import { SharedUdp } from "./shared-udp.ts";
import { ErrorStatus, fromWire, sizeOf, toWire, type Value } from "./value.ts";

export interface ManagerOptions {
  /** Numeric IPv4. */
  readonly address: string;
  /** Default 161; some makes answer on 501. */
  readonly port?: number;
  readonly community: string;
  /** Default v1, which every unit speaks. */
  readonly version?: "v1" | "v2c";
  /** Of one message, ms. Default 1000. */
  readonly timeoutMs?: number;
  /** Messages sent for one GET before it counts as timed out. A SET is sent once. Default 3. */
  readonly tries?: number;
  /** Default: a socket of its own, closed with the manager. */
  readonly socket?: SharedUdp;
}

/**
 * `unknown`: a SET that nobody answered; it may or may not have been done. `timeout`: a GET that nobody answered.
 * The others are the unit's own words, or what was wrong with its answer.
 */
export type SnmpCode =
  | "unknown"
  | "timeout"
  | "too-big"
  | "no-such-name"
  | "bad-value"
  | "read-only"
  | "refused"
  | "malformed"
  | "closed"
  | "busy"
  | "not-sent";

export interface SnmpError {
  readonly code: SnmpCode;
  readonly message: string;
  /** The object it is about, where the unit said so. */
  readonly ref: Ref | undefined;
}

export type GetReply =
  | { readonly ok: true; readonly values: readonly Value[] }
  | { readonly ok: false; readonly error: SnmpError };
export type SetReply = { readonly ok: true } | { readonly ok: false; readonly error: SnmpError };

/** NTCIP 1103 units take at least this many octets. */
const messageLimit = 484;
/** What fits a SET of splitTime into that, and what clients in the field send. */
const setLimit = 18;
const getLimit = 32;
/** Around the varbind list. */
const envelope = 40;
/** Of the longest text in an answer that packing allows for. */
const octetsAllowance = 24;
const integerAllowance = 5;
/** Requests that may wait behind the one in flight. */
const queueLimit = 64;

type Job = () => void;

/** Reads and writes one unit. One message is in flight at a time; the rest wait in order. Errors are values. */
export class Manager {
  readonly #session: Session;
  readonly #socket: SharedUdp | undefined;
  readonly #tries: number;
  readonly #budget: number;
  readonly #waiting: Job[] = [];
  #abort: () => void = () => undefined;
  #busy: boolean = false;
  #closed: boolean = false;

  constructor(options: ManagerOptions) {
    const { address, port = 161, community } = options;
    if (!isIPv4(address)) throw new TypeError(`${address} is no IPv4 address; names are not looked up`);
    const shared = options.socket ?? new SharedUdp();
    this.#socket = options.socket ? undefined : shared;
    this.#tries = options.tries ?? 3;
    this.#budget = messageLimit - envelope - Buffer.byteLength(community);
    this.#session = snmp.createSession(address, community, {
      port,
      version: options.version === "v2c" ? 1 : 0,
      retries: 0,
      timeout: options.timeoutMs ?? 1000,
      reportOidMismatchErrors: true,
      dgramModule: shared.facade(address, port),
    });
    this.#session.on("error", () => undefined); // A datagram that is no SNMP; the exchange times out.
  }

  /** Values in the order asked. Calls back once, from the socket's own event. */
  request(refs: readonly Ref[], done: (reply: GetReply) => void): void {
    this.#enqueue((settle) => this.#getAll(pack(refs, this.#budget, getLimit, expectedSize), [], settle), done);
  }

  /**
   * Several messages when it does not fit one, in order, stopping at the first that fails: only a transaction makes
   * such a SET all or nothing.
   */
  command(writes: readonly Write[], done: (reply: SetReply) => void): void {
    const sized = ({ ref, value }: Write) => sizeOf(oidOf(ref), wire({ ref, value }).value);
    this.#enqueue((settle) => this.#setAll(pack(writes, this.#budget, setLimit, sized), settle), done);
  }

  get(...refs: readonly Ref[]): Promise<GetReply> {
    return new Promise((resolve) => this.request(refs, resolve));
  }

  set(...writes: readonly Write[]): Promise<SetReply> {
    return new Promise((resolve) => this.command(writes, resolve));
  }

  /** What is in flight or waiting ends with `closed`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#session.close();
    this.#abort();
    for (const job of this.#waiting.splice(0)) job();
    this.#socket?.close();
  }

  #enqueue<R extends { readonly ok: boolean }>(
    start: (settle: (reply: R | Failed) => void) => void,
    done: (reply: R | Failed) => void,
  ): void {
    const job = () => {
      if (this.#closed) return done(failure("closed", "the session is closed"));
      let settled = false;
      const settle = (reply: R | Failed): void => {
        if (settled) return;
        settled = true;
        done(reply); // What it asks for next waits its turn.
        this.#busy = false;
        this.#waiting.shift()?.();
      };
      this.#busy = true;
      // A socket closed before it was ready never calls back.
      this.#abort = () => settle(failure("closed", "the session is closed"));
      start(settle);
    };
    if (!this.#busy) job();
    else if (this.#waiting.length < queueLimit) this.#waiting.push(job);
    else done(failure("busy", `${queueLimit} requests wait already`));
  }

  #getAll(packs: readonly (readonly Ref[])[], values: readonly Value[], settle: (reply: GetReply) => void): void {
    const [refs, ...rest] = packs;
    if (!refs) {
      settle({ ok: true, values });
      return;
    }
    this.#session.retries = this.#tries - 1;
    this.#session.get(refs.map(oidOf), (error, varbinds) => {
      if (error && isTooBig(error) && refs.length > 1) return this.#getAll([...halves(refs), ...rest], values, settle);
      if (error || !varbinds) return settle({ ok: false, error: errorOf(error, refs, "timeout", this.#closed) });
      const decoded = decode(refs, varbinds);
      if ("error" in decoded) return settle({ ok: false, error: decoded.error });
      this.#getAll(rest, [...values, ...decoded.values], settle);
    });
  }

  #setAll(packs: readonly (readonly Write[])[], settle: (reply: SetReply) => void): void {
    const [writes, ...rest] = packs;
    if (!writes) {
      settle({ ok: true });
      return;
    }
    this.#session.retries = 0;
    this.#session.set(writes.map(wire), (error) => {
      if (error && isTooBig(error) && writes.length > 1) return this.#setAll([...halves(writes), ...rest], settle);
      const refs = writes.map(({ ref }) => ref);
      if (error) return settle({ ok: false, error: errorOf(error, refs, "unknown", this.#closed) });
      this.#setAll(rest, settle);
    });
  }
}

type Failed = { readonly ok: false; readonly error: SnmpError };

const failure = (code: SnmpCode, message: string, ref?: Ref): Failed => ({ ok: false, error: { code, message, ref } });

const wire = ({ ref, value }: Write): WireVarbind => toWire(oidOf(ref), objectOf(ref.name).syntax, value);

/** An answer is bigger than its question: packing counts what the answer may hold. */
function expectedSize(ref: Ref): number {
  const { kind } = objectOf(ref.name).syntax;
  return sizeOf(oidOf(ref), null) + (kind === "octets" || kind === "oid" ? octetsAllowance : integerAllowance);
}

export function pack<T>(
  items: readonly T[],
  budget: number,
  limit: number,
  sized: (item: T) => number,
): readonly (readonly T[])[] {
  const packs: T[][] = [];
  let room = 0;
  for (const item of items) {
    const size = sized(item);
    const last = packs.at(-1);
    if (last && size <= room && last.length < limit) {
      last.push(item);
      room -= size;
    } else {
      packs.push([item]);
      room = budget - size;
    }
  }
  return packs;
}

const halves = <T>(items: readonly T[]): readonly (readonly T[])[] => {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
};

const isTooBig = (error: Error): boolean =>
  error instanceof snmp.RequestFailedError && error.status === ErrorStatus.tooBig;

function decode(
  refs: readonly Ref[],
  varbinds: readonly WireVarbind[],
): { readonly values: readonly Value[] } | { readonly error: SnmpError } {
  const values: Value[] = [];
  for (const [i, ref] of refs.entries()) {
    const varbind = varbinds[i]!;
    if (varbind.type >= 0x80) return { error: { code: "no-such-name", message: `${describe(ref)} is not there`, ref } };
    const value = fromWire(objectOf(ref.name).syntax, varbind);
    if (value === undefined)
      return { error: { code: "malformed", message: `${describe(ref)} came with type ${varbind.type}`, ref } };
    values.push(value);
  }
  return { values };
}

const codes: Readonly<Record<number, SnmpCode>> = {
  [ErrorStatus.tooBig]: "too-big",
  [ErrorStatus.noSuchName]: "no-such-name",
  [ErrorStatus.noCreation]: "no-such-name",
  [ErrorStatus.inconsistentName]: "no-such-name",
  [ErrorStatus.badValue]: "bad-value",
  [ErrorStatus.wrongType]: "bad-value",
  [ErrorStatus.wrongLength]: "bad-value",
  [ErrorStatus.wrongEncoding]: "bad-value",
  [ErrorStatus.wrongValue]: "bad-value",
  [ErrorStatus.inconsistentValue]: "bad-value",
  [ErrorStatus.readOnly]: "read-only",
  [ErrorStatus.notWritable]: "read-only",
  [ErrorStatus.noAccess]: "read-only",
};

function errorOf(error: Error | null, refs: readonly Ref[], unanswered: SnmpCode, closed: boolean): SnmpError {
  if (closed) return { code: "closed", message: "the session is closed", ref: undefined };
  if (error instanceof snmp.RequestFailedError) {
    const ref = refs.find((one) => error.message.endsWith(`: ${oidOf(one)}`));
    const status = Object.entries(ErrorStatus).find(([, number]) => number === error.status)?.[0] ?? error.status;
    const about = ref ? describe(ref) : refs.map(describe).join(", ");
    return { code: codes[error.status] ?? "refused", message: `${status} for ${about}`, ref };
  }
  if (error?.name === "RequestTimedOutError")
    return { code: unanswered, message: `no answer about ${refs.map(describe).join(", ")}`, ref: undefined };
  // An answer nobody can read says as little about a SET as no answer.
  const code = error?.name !== "ResponseInvalidError" ? "not-sent" : unanswered === "unknown" ? "unknown" : "malformed";
  return { code, message: error?.message ?? "empty answer", ref: undefined };
}
