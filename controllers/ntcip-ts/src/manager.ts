import { isIPv4 } from "node:net";
import { compareOids, sizeOf, Tag } from "./ber.ts";
import { type Pdu, PduType, type Varbind } from "./message.ts";
import { describe, objectOf, partsOfRef, type Ref, type Write } from "./objects.ts";
import { communitySecurity } from "./security.ts";
import { type Ended, Session } from "./session.ts";
import { SharedUdp } from "./shared-udp.ts";
import { UsmClient } from "./usm-client.ts";
import type { UsmUser } from "./usm-keys.ts";
import { ErrorStatus, fromWire, toWire, type Value } from "./value.ts";

export interface ManagerOptions {
  /** Numeric IPv4. */
  readonly address: string;
  /** Default 161; some makes answer on 501. */
  readonly port?: number;
  /** For v1 and v2c. */
  readonly community?: string;
  /** For v3; a manager with a user speaks v3. */
  readonly user?: UsmUser;
  /** Default v1, which every unit speaks; v3 where a user is given. */
  readonly version?: "v1" | "v2c" | "v3";
  /** Of one message, ms. Default 1000. */
  readonly timeoutMs?: number;
  /** Messages sent for one GET before it counts as timed out. A SET is sent once. Default 3. */
  readonly tries?: number;
  /** Octets of the largest message either way. Default 484, which every unit takes. */
  readonly maxMessage?: number;
  /** Varbinds of one GET; 1 for units that know no more. Default 32. */
  readonly maxReads?: number;
  /** Varbinds of one SET. Default 18, what fits a SET of splitTime into 484 octets. */
  readonly maxWrites?: number;
  /** Default: a socket of its own, closed with the manager. */
  readonly socket?: SharedUdp;
}

/**
 * `unknown`: a SET that nobody answered; it may or may not have been done. `timeout`: a GET that nobody answered.
 * `not-authentic`: an SNMPv3 unit does not take the user. The others are the unit's own words, or what was wrong with
 * its answer.
 */
export type SnmpCode =
  | "unknown"
  | "timeout"
  | "too-big"
  | "no-such-name"
  | "bad-value"
  | "read-only"
  | "refused"
  | "not-authentic"
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
/** Of the longest text in an answer that packing allows for. */
const octetsAllowance = 24;
const integerAllowance = 5;
/** Requests that may wait behind the one in flight. */
const queueLimit = 64;

type Job = () => void;

/** Reads and writes one unit. One message is in flight at a time; the rest wait in order. Errors are values. */
export class Manager {
  /** Go first in every SET message: units of 1202 v01 want their dbTransactionID there. */
  prefix: readonly Write[] = [];
  readonly #session: Session;
  readonly #socket: SharedUdp | undefined;
  readonly #tries: number;
  readonly #budget: number;
  readonly #waiting: Job[] = [];
  #maxReads: number;
  #maxWrites: number;
  /** The unit takes a Counter32 object (globalTime) as INTEGER only, as the v03 file has it. */
  #countsAsInteger: boolean = false;
  #abort: () => void = () => undefined;
  #busy: boolean = false;
  #closed: boolean = false;

  constructor(options: ManagerOptions) {
    const { address, port = 161, maxMessage = messageLimit } = options;
    if (!isIPv4(address)) throw new TypeError(`${address} is no IPv4 address; names are not looked up`);
    const security = securityOf(options);
    const shared = options.socket ?? new SharedUdp();
    this.#socket = options.socket ? undefined : shared;
    this.#tries = options.tries ?? 3;
    this.#maxReads = options.maxReads ?? getLimit;
    this.#maxWrites = options.maxWrites ?? setLimit;
    this.#budget = maxMessage - security.overhead;
    this.#session = new Session({ address, port, security, timeoutMs: options.timeoutMs ?? 1000, socket: shared });
  }

  /** Values in the order asked. Calls back once, from the socket's own event. */
  request(refs: readonly Ref[], done: (reply: GetReply) => void): void {
    this.#enqueue((settle) => this.#getAll(pack(refs, this.#budget, this.#maxReads, expectedSize), [], settle), done);
  }

  /**
   * Several messages when it does not fit one, in order, stopping at the first that fails: only a transaction makes
   * such a SET all or nothing.
   */
  command(writes: readonly Write[], done: (reply: SetReply) => void): void {
    this.#enqueue((settle) => {
      const prefix = this.prefix.reduce((total, write) => total + writtenSize(write), 0);
      const most = Math.max(1, this.#maxWrites - this.prefix.length);
      this.#setAll(pack(writes, this.#budget - prefix, most, writtenSize), settle);
    }, done);
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
    const asked = refs.map((ref): Varbind => ({ oid: partsOfRef(ref), type: Tag.null, value: null }));
    const done = (ended: Ended): void => {
      const answer = judge(ended, refs, asked, "timeout");
      if ("error" in answer && answer.error.code === "too-big" && refs.length > 1) {
        this.#maxReads = Math.ceil(refs.length / 2);
        this.#getAll([...halves(refs), ...rest], values, settle);
      } else if ("error" in answer) settle({ ok: false, error: answer.error });
      else {
        const decoded = decode(refs, answer.varbinds);
        if ("error" in decoded) settle({ ok: false, error: decoded.error });
        else this.#getAll(rest, [...values, ...decoded.values], settle);
      }
    };
    this.#session.request(PduType.get, asked, { tries: this.#tries, done });
  }

  #setAll(packs: readonly (readonly Write[])[], settle: (reply: SetReply) => void): void {
    const [writes, ...rest] = packs;
    if (!writes) {
      settle({ ok: true });
      return;
    }
    const all = [...this.prefix, ...writes];
    const asked = all.map(({ ref, value }) => this.#wire(ref, value));
    const refs = all.map(({ ref }) => ref);
    const done = (ended: Ended): void => {
      const answer = judge(ended, refs, asked, "unknown");
      if (!("error" in answer)) {
        this.#setAll(rest, settle);
        return;
      }
      const { code, ref } = answer.error;
      if (code === "too-big" && writes.length > 1) {
        this.#maxWrites = this.prefix.length + Math.ceil(writes.length / 2);
        this.#setAll([...halves(writes), ...rest], settle);
      } else if (code === "bad-value" && ref && isCounter(ref) && !this.#countsAsInteger) {
        this.#countsAsInteger = true;
        this.#setAll(packs, settle);
      } else settle({ ok: false, error: answer.error });
    };
    this.#session.request(PduType.set, asked, { tries: 1, done });
  }

  #wire(ref: Ref, value: Value): Varbind {
    const oid = partsOfRef(ref);
    if (this.#countsAsInteger && isCounter(ref)) return { oid, type: Tag.integer, value: (value as number) | 0 };
    return { oid, ...toWire(objectOf(ref.name).syntax, value) };
  }
}

type Failed = { readonly ok: false; readonly error: SnmpError };

const failure = (code: SnmpCode, message: string, ref?: Ref): Failed => ({ ok: false, error: { code, message, ref } });

function securityOf({ version, community, user }: ManagerOptions) {
  if (user) {
    if (version !== undefined && version !== "v3")
      throw new TypeError("a user is for SNMPv3, a community for v1 and v2c");
    return new UsmClient(user);
  }
  if (version === "v3" || community === undefined)
    throw new TypeError(version === "v3" ? "SNMPv3 needs a user" : "SNMPv1 and v2c need a community");
  return communitySecurity(version ?? "v1", community);
}

const isCounter = ({ name }: Ref): boolean => objectOf(name).syntax.kind === "counter";

const writtenSize = ({ ref, value }: Write): number =>
  sizeOf(partsOfRef(ref), toWire(objectOf(ref.name).syntax, value).value);

/** An answer is bigger than its question: packing counts what the answer may hold. */
function expectedSize(ref: Ref): number {
  const { kind } = objectOf(ref.name).syntax;
  const long = kind === "octets" || kind === "oid" || kind === "opaque";
  return sizeOf(partsOfRef(ref), null) + (long ? octetsAllowance : integerAllowance);
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

/** The varbinds of an answer that is one, about what was asked and in that order. */
function judge(
  ended: Ended,
  refs: readonly Ref[],
  asked: readonly Varbind[],
  unanswered: "timeout" | "unknown",
): { readonly varbinds: readonly Varbind[] } | { readonly error: SnmpError } {
  const about = () => refs.map(describe).join(", ");
  switch (ended.kind) {
    case "silence":
      return failure(ended.asked ? unanswered : "timeout", `no answer about ${about()}`);
    case "not-sent":
      return failure("not-sent", ended.why);
    case "refused":
      return failure("not-authentic", ended.why);
    case "answer":
      break;
  }
  const { status, index, varbinds } = ended.pdu;
  if (status !== ErrorStatus.noError) return { error: statusError(ended.pdu, refs[index - 1], about()) };
  const same =
    varbinds.length === asked.length && varbinds.every(({ oid }, i) => compareOids(oid, asked[i]!.oid) === 0);
  // An answer nobody can read says as little about a SET as no answer.
  return same
    ? { varbinds }
    : failure(unanswered === "unknown" ? "unknown" : "malformed", `an answer about something else than ${about()}`);
}

function decode(
  refs: readonly Ref[],
  varbinds: readonly Varbind[],
): { readonly values: readonly Value[] } | { readonly error: SnmpError } {
  const values: Value[] = [];
  for (const [i, ref] of refs.entries()) {
    const varbind = varbinds[i]!;
    if (varbind.type >= Tag.noSuchObject) return failure("no-such-name", `${describe(ref)} is not there`, ref);
    const value = fromWire(objectOf(ref.name).syntax, varbind);
    if (value === undefined) return failure("malformed", `${describe(ref)} came with type ${varbind.type}`, ref);
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

function statusError({ status }: Pdu, ref: Ref | undefined, about: string): SnmpError {
  const name = Object.entries(ErrorStatus).find(([, number]) => number === status)?.[0] ?? `error-status ${status}`;
  return { code: codes[status] ?? "refused", message: `${name} for ${ref ? describe(ref) : about}`, ref };
}
