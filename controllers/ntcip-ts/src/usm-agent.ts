import { randomBytes } from "node:crypto";
import { type Oid, partsOf, Tag } from "./ber.ts";
import { isRequestPdu, type Pdu, PduType } from "./message.ts";
import { checkUser, decrypt, encrypt, type LocalKeys, localKeys, saltLength, type UsmUser } from "./usm-keys.ts";
import {
  Flag,
  isAuthentic,
  readScopedPdu,
  readV3Message,
  type ScopedPdu,
  type V3Message,
  writeScopedPdu,
  writeV3Message,
} from "./usm-message.ts";

/** A user and what it may do. It must come at the level it is set up for, no lower. */
export interface AgentUser extends UsmUser {
  readonly access: "read" | "write";
}

export interface UsmAgentOptions {
  readonly users: readonly AgentUser[];
  /** 5 to 32 octets, another one for every unit. */
  readonly engineId: Uint8Array;
  /** Times the engine was started; must rise with every start. Default 1. */
  readonly boots?: number;
  /** Monotonic milliseconds. Default: those of the process. */
  readonly now?: () => number;
}

/** A request as it came: who asks, and how to answer. */
export interface V3Request {
  readonly user: string;
  readonly mayWrite: boolean;
  readonly pdu: Pdu;
  /** Octets the asker takes. */
  readonly maxSize: number;
  answer(pdu: Pdu): Buffer;
}

/** RFC 3414 §2.2.3. */
export const timeWindowSeconds = 150;

const stats = "1.3.6.1.6.3.15.1.1";
const statOids = {
  unsupportedSecLevels: partsOf(`${stats}.1.0`),
  notInTimeWindows: partsOf(`${stats}.2.0`),
  unknownUserNames: partsOf(`${stats}.3.0`),
  unknownEngineIds: partsOf(`${stats}.4.0`),
  wrongDigests: partsOf(`${stats}.5.0`),
  decryptionErrors: partsOf(`${stats}.6.0`),
  /** snmpUnknownContexts of RFC 3413. */
  unknownContexts: partsOf("1.3.6.1.6.3.12.1.5.0"),
} as const satisfies Readonly<Record<string, Oid>>;
type Stat = keyof typeof statOids;

interface Known {
  readonly user: AgentUser;
  readonly keys: LocalKeys;
}

/** The authoritative engine of RFC 3414: knows the users, the time, and what to report about messages it cannot take. */
export class UsmAgent {
  readonly #users = new Map<string, Known>();
  readonly #engineId: Uint8Array;
  readonly #boots: number;
  readonly #now: () => number;
  readonly #started: number;
  readonly #counts: Record<Stat, number> = {
    unsupportedSecLevels: 0,
    notInTimeWindows: 0,
    unknownUserNames: 0,
    unknownEngineIds: 0,
    wrongDigests: 0,
    decryptionErrors: 0,
    unknownContexts: 0,
  };

  constructor({ users, engineId, boots = 1, now = () => performance.now() }: UsmAgentOptions) {
    if (engineId.length < 5 || engineId.length > 32) throw new RangeError("an engine id has 5 to 32 octets");
    this.#engineId = engineId;
    this.#boots = boots;
    this.#now = now;
    this.#started = now();
    for (const user of users) {
      checkUser(user);
      this.#users.set(user.name, { user, keys: localKeys(user, engineId) });
    }
  }

  /** RFC 3414 §3.2. A report goes back only where the sender asked for one. */
  receive(bytes: Uint8Array): V3Request | { readonly report: Buffer } | undefined {
    const message = readV3Message(bytes);
    if (!message) return undefined;
    if (!Buffer.from(message.engineId).equals(this.#engineId)) return this.#report(message, "unknownEngineIds");
    const known = this.#users.get(message.user);
    if (!known) return this.#report(message, "unknownUserNames");
    const wanted = Flag.auth | (known.user.priv ? Flag.priv : 0);
    if ((message.flags & (Flag.auth | Flag.priv)) !== wanted) return this.#report(message, "unsupportedSecLevels");
    if (!isAuthentic(known.keys, bytes, message)) return this.#report(message, "wrongDigests");
    if (message.boots !== this.#boots || Math.abs(message.time - this.#time()) > timeWindowSeconds)
      return this.#report(message, "notInTimeWindows", known);
    const plain = open(message, known.keys);
    const scoped = plain && readScopedPdu(plain);
    if (!scoped) return known.keys.priv ? this.#report(message, "decryptionErrors") : undefined;
    return this.#request(message, known, scoped);
  }

  #request(message: V3Message, known: Known, scoped: ScopedPdu): V3Request | { readonly report: Buffer } | undefined {
    const here = Buffer.from(scoped.contextEngineId).equals(this.#engineId);
    if (!here || !isRequestPdu("v3", scoped.pdu)) return undefined;
    if (scoped.contextName !== "") return this.#report(message, "unknownContexts", known, scoped.pdu.id);
    const { user } = known;
    return {
      user: user.name,
      mayWrite: user.access === "write",
      pdu: scoped.pdu,
      maxSize: message.maxSize,
      answer: (pdu) => this.#write(message, known, { ...scoped, pdu }),
    };
  }

  #time = (): number => Math.floor((this.#now() - this.#started) / 1000);

  #report(message: V3Message, stat: Stat, known?: Known, id?: number): { readonly report: Buffer } | undefined {
    this.#counts[stat]++;
    if ((message.flags & Flag.reportable) === 0) return undefined;
    const asked = id ?? ((message.flags & Flag.priv) === 0 ? readScopedPdu(message.data)?.pdu.id : undefined);
    const pdu: Pdu = {
      type: PduType.report,
      id: asked ?? 0,
      status: 0,
      index: 0,
      varbinds: [{ oid: statOids[stat], type: Tag.counter, value: this.#counts[stat] }],
    };
    const scoped: ScopedPdu = { contextEngineId: this.#engineId, contextName: "", pdu };
    // A context is refused to a user who is known, as its request came; a time is signed only, and all else in the clear.
    if (known && id !== undefined) return { report: this.#write(message, known, scoped) };
    const keys = known && { ...known.keys, priv: undefined };
    return { report: this.#write({ ...message, flags: keys ? Flag.auth : 0 }, keys && { ...known, keys }, scoped) };
  }

  #write(message: V3Message, known: Known | undefined, scoped: ScopedPdu): Buffer {
    const moment = { boots: this.#boots, time: this.#time() };
    const plain = writeScopedPdu(scoped);
    const salt = known?.keys.priv ? randomBytes(saltLength) : Buffer.alloc(0);
    return writeV3Message(
      {
        id: message.id,
        maxSize: 65_507,
        flags: message.flags & (Flag.auth | Flag.priv),
        engineId: this.#engineId,
        ...moment,
        user: message.user,
        salt,
        data: known?.keys.priv ? encrypt(known.keys.priv, { ...moment, salt }, plain) : plain,
      },
      known?.keys,
    );
  }
}

/** The scoped PDU in the clear; undefined where it cannot be had. */
export function open(message: V3Message, keys: LocalKeys): Uint8Array | undefined {
  if ((message.flags & Flag.priv) === 0) return message.data;
  if (!keys.priv || message.salt.length !== saltLength) return undefined;
  return decrypt(keys.priv, message, message.data);
}
