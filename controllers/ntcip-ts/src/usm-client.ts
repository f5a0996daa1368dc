import { randomBytes, randomInt } from "node:crypto";
import { type Pdu, PduType } from "./message.ts";
import type { Read, Security } from "./security.ts";
import { open, timeWindowSeconds } from "./usm-agent.ts";
import { checkUser, digestLength, encrypt, type LocalKeys, localKeys, saltLength, type UsmUser } from "./usm-keys.ts";
import {
  Flag,
  isAuthentic,
  readScopedPdu,
  readV3Message,
  type V3Message,
  writeScopedPdu,
  writeV3Message,
} from "./usm-message.ts";

const nothing = Buffer.alloc(0);
/** Octets of a message around its varbinds, digest and user name. */
const envelope = 158;

const reasons: Readonly<Record<string, string>> = {
  "1.3.6.1.6.3.15.1.1.1.0": "the unit does not take this security level of the user",
  "1.3.6.1.6.3.15.1.1.3.0": "the unit does not know the user",
  "1.3.6.1.6.3.15.1.1.5.0": "the unit finds the signature wrong: another password or protocol",
  "1.3.6.1.6.3.15.1.1.6.0": "the unit cannot decrypt: another password or protocol",
};
const notInTimeWindows = "1.3.6.1.6.3.15.1.1.2.0";
const unknownEngineIds = "1.3.6.1.6.3.15.1.1.4.0";

/** What is known of the unit's engine. The time is the unit's, at `at` of our monotonic clock (ms). */
interface Engine {
  readonly id: Buffer;
  readonly keys: LocalKeys;
  boots: number;
  time: number;
  at: number;
}

/** The other engine of RFC 3414: asks a unit who it is and what time it has, then signs and encrypts for it. */
export class UsmClient implements Security {
  readonly version = "v3";
  /** With the longest engine ids and times; the digest and the name are the user's. */
  readonly overhead: number;
  readonly #user: UsmUser;
  #engine: Engine | undefined;

  constructor(user: UsmUser) {
    checkUser(user);
    this.#user = user;
    this.overhead = envelope + digestLength(user.auth.protocol) + Buffer.byteLength(user.name);
  }

  /** The request, or while the unit's engine is unknown the question for it. */
  write(pdu: Pdu): { readonly bytes: Buffer; readonly asks: boolean } {
    const engine = this.#engine;
    const level = engine ? Flag.auth | (engine.keys.priv ? Flag.priv : 0) : 0;
    const plain = writeScopedPdu({
      contextEngineId: engine?.id ?? nothing,
      contextName: "",
      pdu: engine ? pdu : { type: PduType.get, id: pdu.id, status: 0, index: 0, varbinds: [] },
    });
    const moment = engine ? { boots: engine.boots, time: timeOf(engine) } : { boots: 0, time: 0 };
    const salt = engine?.keys.priv ? randomBytes(saltLength) : nothing;
    const bytes = writeV3Message(
      {
        id: pdu.id,
        maxSize: 65_507,
        flags: level | Flag.reportable,
        engineId: engine?.id ?? nothing,
        ...moment,
        user: engine ? this.#user.name : "",
        salt,
        data: engine?.keys.priv ? encrypt(engine.keys.priv, { ...moment, salt }, plain) : plain,
      },
      engine?.keys,
    );
    return { bytes, asks: engine !== undefined };
  }

  read(bytes: Uint8Array, id: number): Read | undefined {
    const message = readV3Message(bytes);
    if (message?.id !== id) return undefined;
    return (message.flags & Flag.auth) === 0 ? this.#unsigned(message) : this.#signed(message, bytes);
  }

  /** Only a report may come unsigned, and it teaches nothing but who the unit says it is. */
  #unsigned(message: V3Message): Read | undefined {
    const pdu = readScopedPdu(message.data)?.pdu;
    if (pdu?.type !== PduType.report) return undefined;
    const stat = pdu.varbinds[0]?.oid.join(".") ?? "";
    if (stat !== unknownEngineIds) return { kind: "refused", why: reasons[stat] ?? `the unit reports ${stat}` };
    const id = Buffer.from(message.engineId);
    if (id.length < 5 || id.length > 32) return undefined;
    const { boots, time } = message;
    this.#engine = { id, keys: localKeys(this.#user, id), boots, time, at: performance.now() };
    return { kind: "again" };
  }

  #signed(message: V3Message, bytes: Uint8Array): Read | undefined {
    const engine = this.#engine;
    if (!engine?.id.equals(message.engineId) || message.user !== this.#user.name) return undefined;
    if (!isAuthentic(engine.keys, bytes, message)) return undefined;
    const known = { boots: engine.boots, time: timeOf(engine) };
    learn(engine, message);
    const plain = open(message, engine.keys);
    const pdu = plain && readScopedPdu(plain)?.pdu;
    if (!pdu) return undefined;
    if (pdu.type === PduType.report)
      return pdu.varbinds[0]?.oid.join(".") === notInTimeWindows ? { kind: "again" } : undefined;
    // An answer below the level asked for, or from another time, is a forgery or a replay.
    if (engine.keys.priv && (message.flags & Flag.priv) === 0) return undefined;
    if (message.boots !== engine.boots || message.time < known.time - timeWindowSeconds) return undefined;
    return { kind: "answer", pdu };
  }
}

const timeOf = ({ time, at }: Engine): number => time + Math.floor((performance.now() - at) / 1000);

/** RFC 3414 §3.2 (7b): the unit's time only goes forward. */
function learn(engine: Engine, { boots, time }: V3Message): void {
  if (boots < engine.boots || (boots === engine.boots && time <= timeOf(engine) - 1)) return;
  engine.boots = boots;
  engine.time = time;
  engine.at = performance.now();
}

export const firstId = (): number => randomInt(1, 0x7fff_0000);
