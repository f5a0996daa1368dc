import { isIPv4 } from "node:net";
import {
  type GetReply,
  Manager,
  type ManagerOptions,
  type Ref,
  type SetReply,
  type SharedUdp,
  type Write,
} from "ntcip-ts";
import type { Millis } from "../../config/units.ts";
import type { InFlight } from "../../engine/ports/in-flight.ts";

/** Limits of one exchange; real time, since sockets know no other. */
export interface ExchangeLimits {
  readonly timeout: Millis;
  /** Of a GET. A SET is sent once. */
  readonly tries: number;
}

/** What a make of unit wants otherwise than most. */
export interface Quirks {
  /** Default v1; v3 where a user is given. */
  readonly version?: "v1" | "v2c" | "v3";
  /** SNMPv3 instead of a community. */
  readonly user?: ManagerOptions["user"];
  /** Octets of the largest message it takes. Default 484. */
  readonly maxMessage?: number;
  /** Varbinds of one request; 1 for units that take no more. Default: as many as fit. */
  readonly maxReads?: number;
  readonly maxWrites?: number;
  /** Units of 1202 v01: every SET of a transaction begins with dbTransactionID. */
  readonly transactionIds?: boolean;
  /** Its clock is nobody's business: it has its own source of time. */
  readonly keepsOwnTime?: boolean;
}

export interface SessionOptions {
  /** `udp://address:port`, the address numeric. */
  readonly url: string;
  readonly community: string;
  readonly inFlight: InFlight;
  readonly limits: ExchangeLimits;
  readonly quirks?: Quirks;
  readonly socket?: SharedUdp;
}

/** The only socket of a cabinet. Answers come back in the event of their datagram; an exchange is open until they do. */
export interface Session {
  get(refs: readonly Ref[], done: (reply: GetReply) => void): void;
  set(writes: readonly Write[], done: (reply: SetReply) => void): void;
  /** These go first in every SET from now on. */
  prefix(writes: readonly Write[]): void;
  close(): void;
}

const snmpPort = 161;

/** Throws when the URL names no UDP address. */
export function openSession({ url, community, inFlight, limits, quirks = {}, socket }: SessionOptions): Session {
  const { protocol, hostname, port } = new URL(url);
  const address = hostname === "localhost" ? "127.0.0.1" : hostname;
  if (protocol !== "udp:" || !isIPv4(address)) throw new TypeError(`${url} is not of the form udp://192.0.2.1:161`);
  const manager = new Manager({
    address,
    port: port === "" ? snmpPort : Number(port),
    ...(quirks.user ? {} : { community }),
    ...managerOptions(quirks),
    timeoutMs: limits.timeout,
    tries: limits.tries,
    ...(socket ? { socket } : {}),
  });
  // The follow-up of an answer begins before the exchange ends, so that a stepped run sees no gap between the two.
  const tracked = <T>(done: (reply: T) => void): ((reply: T) => void) => {
    const end = inFlight.begin();
    return (reply) => {
      done(reply);
      end();
    };
  };
  return {
    get: (refs, done) => manager.request(refs, tracked(done)),
    set: (writes, done) => manager.command(writes, tracked(done)),
    prefix: (writes) => {
      manager.prefix = writes;
    },
    close: () => manager.close(),
  };
}

function managerOptions({ version, user, maxMessage, maxReads, maxWrites }: Quirks): Omit<ManagerOptions, "address"> {
  return {
    ...(version === undefined ? {} : { version }),
    ...(user === undefined ? {} : { user }),
    ...(maxMessage === undefined ? {} : { maxMessage }),
    ...(maxReads === undefined ? {} : { maxReads }),
    ...(maxWrites === undefined ? {} : { maxWrites }),
  };
}
