import {
  type Answering,
  answering,
  type Device,
  type Instance,
  objectOf,
  oidOf,
  type Ref,
  ref,
  Tag,
  type Value,
  type Write,
} from "ntcip-ts";
import { partsOf } from "../../controllers/ntcip-ts/src/ber.ts";
import {
  isRequestPdu,
  type Pdu,
  PduType,
  readCommunityMessage,
  writeCommunityMessage,
} from "../../controllers/ntcip-ts/src/message.ts";
import { communitySecurity } from "../../controllers/ntcip-ts/src/security.ts";
import { UsmClient } from "../../controllers/ntcip-ts/src/usm-client.ts";
import type { Random } from "../../engine/ports/random.ts";

export interface Fuzzed {
  readonly messages: number;
  /** Answered by the agent, or believed by the manager. */
  readonly accepted: number;
  /** What must not be, each with the message that did it, in hex. */
  readonly faults: readonly string[];
}

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);

/** Flips, inserts, deletes, cuts, doubles; mostly one of them, sometimes several. */
export function mutate(seed: Uint8Array, random: Random): Uint8Array {
  let bytes = Uint8Array.from(seed);
  for (let n = 1 + (below(random, 4) === 0 ? below(random, 6) : 0); n > 0 && bytes.length > 0; n--) {
    const at = below(random, bytes.length);
    switch (below(random, 6)) {
      case 0:
        bytes[at] = below(random, 256);
        break;
      case 1:
        bytes[at]! ^= 1 << below(random, 8);
        break;
      case 2: // Numbers that matter to lengths and signs.
        bytes[at] = [0, 1, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xfe, 0xff][below(random, 9)]!;
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), below(random, 256), ...bytes.subarray(at)]);
        break;
      case 4:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
        break;
      default:
        bytes = bytes.slice(0, at);
    }
  }
  return bytes;
}

const reader = "public";
const writer = "operator";
const user = {
  name: "central",
  auth: { protocol: "sha", password: "correct horse" },
  priv: { protocol: "aes", password: "battery staple" },
  access: "write",
} as const;

const start: readonly (readonly [Ref, Value])[] = [
  [ref("maxPhases"), 8],
  [ref("globalTime"), 1_700_000_000],
  [ref("splitTime", 1, 1), 40],
  [ref("sequenceData", 1, 1), Uint8Array.of(1, 2, 3, 4)],
  [ref("systemPatternControl"), 0],
  [ref("phaseControlGroupForceOff", 1), 0],
  [ref("channelFlash", 1), 4],
  [ref("moduleDeviceNode", 1), "1.3.6.1.4.1.1206.4.2.1"],
  [ref("timeBaseScheduleDate", 1), 0],
];

/** An agent over a map; every write it lets through is judged here once more, by the standard's own words. */
class Unit {
  readonly values = new Map<string, Value>(start.map(([one, value]) => [oidOf(one), value]));
  readonly faults: string[] = [];
  writes = 0;
  readonly answer: Answering;

  constructor(now: () => number) {
    const take = (writes: readonly Write[]) => {
      for (const write of writes) this.#take(write);
    };
    const device: Device = { check: () => undefined, store: take, mayAct: () => true, act: take };
    const instances = start.map(([one]): Instance => ({ ref: one, read: () => this.values.get(oidOf(one))! }));
    this.answer = answering({
      device,
      instances,
      communities: { read: reader, write: [writer] },
      v3: { users: [user], engineId: Buffer.from("800004b6047531", "hex"), now },
    });
  }

  #take({ ref: one, value }: Write): void {
    this.writes++;
    const { syntax } = objectOf(one.name);
    const sound =
      syntax.kind === "integer"
        ? Number.isInteger(value) && (value as number) >= syntax.min && (value as number) <= syntax.max
        : syntax.kind === "choice"
          ? Object.values(syntax.values).includes(value as number)
          : syntax.kind === "octets"
            ? value instanceof Uint8Array && value.length >= syntax.min && value.length <= syntax.max
            : syntax.kind === "oid"
              ? typeof value === "string"
              : Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
    if (!sound) this.faults.push(`${one.name} took ${value}`);
    if (one.name === "channelFlash" && (value as number) & 0xf1) this.faults.push(`channelFlash took ${value}`);
    this.values.set(oidOf(one), value);
  }
}

const asked: readonly Ref[] = [
  ref("systemPatternControl"),
  ref("phaseControlGroupForceOff", 1),
  ref("channelFlash", 1),
];

function pdu(type: number, id: number): Pdu {
  const varbinds = asked.map((one) => ({
    oid: partsOf(oidOf(one)),
    type: type === PduType.set ? 2 : 5,
    value: type === PduType.set ? 4 : null,
  }));
  return { type, id, status: 0, index: type === PduType.getBulk ? 20 : 0, varbinds };
}

/** Messages a central sends, of every version. */
function requests(client: UsmClient): readonly Uint8Array[] {
  const plain = (["v1", "v2c"] as const).flatMap((version) =>
    [reader, writer].flatMap((community) =>
      [PduType.get, PduType.getNext, PduType.set, ...(version === "v2c" ? [PduType.getBulk] : [])].map((type, i) =>
        writeCommunityMessage({ version, community, pdu: pdu(type, 1000 + i) }),
      ),
    ),
  );
  const signed = [PduType.get, PduType.set, PduType.getBulk].map((type, i) => client.write(pdu(type, 2000 + i)).bytes);
  const hello = new UsmClient(user).write(pdu(PduType.get, 3000)).bytes;
  return [...plain, ...signed, hello];
}

/** A client that knows the unit's engine, and what it then sends with everybody else. */
function introduce(unit: Unit): { readonly client: UsmClient; readonly sent: readonly Uint8Array[] } {
  const client = new UsmClient(user);
  const hello = unit.answer(client.write(pdu(PduType.get, 1)).bytes);
  if (!hello || client.read(hello, 1)?.kind !== "again") throw new Error("the unit does not know its own user");
  return { client, sent: requests(client) };
}

function attempt(count: number, one: (told: (what: string, bytes: Uint8Array) => void) => boolean): Fuzzed {
  const faults: string[] = [];
  let accepted = 0;
  for (let n = 0; n < count && faults.length < faultLimit; n++) {
    try {
      if (one((what, bytes) => faults.push(`${what}: ${Buffer.from(bytes).toString("hex")}`))) accepted++;
    } catch (error) {
      faults.push(`message ${n}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  return { messages: count, accepted, faults };
}

const faultLimit = 20;
const longestAnswer = 1500;

/** The agent: answers are bounded, and only a whole SET by who may write changes anything, and that within its range. */
export function fuzzAgent(count: number, random: Random): Fuzzed {
  const unit = new Unit(() => 0);
  const { sent } = introduce(unit);
  return attempt(count, (told) => {
    const bytes = mutate(sent[below(random, sent.length)]!, random);
    const before = unit.writes;
    const answer = unit.answer(bytes);
    if (answer && answer.length > longestAnswer) told(`an answer of ${answer.length} octets`, bytes);
    const message = readCommunityMessage(bytes);
    const mayWrite =
      message?.community === writer && message.pdu.type === PduType.set && isRequestPdu("v1", message.pdu);
    const unchanged = sent.some((one) => Buffer.compare(one, bytes) === 0);
    if (unit.writes > before && !mayWrite && !unchanged) told("a write nobody may do", bytes);
    for (const fault of unit.faults.splice(0)) told(fault, bytes);
    return answer !== undefined;
  });
}

const ids = [1000, 1001, 1002, 1003, 2000, 2001, 2002, 3000] as const;

/** The manager: it believes only answers to what it asked, and of signed ones only those that nobody touched. */
export function fuzzManager(count: number, random: Random): Fuzzed {
  const unit = new Unit(() => 0);
  const { client, sent } = introduce(unit);
  const replies = sent.flatMap((bytes) => unit.answer(bytes) ?? []);
  const securities = [communitySecurity("v1", reader), communitySecurity("v2c", writer), client];
  const waiting = securities.flatMap((security) => ids.map((id) => ({ security, id })));
  // Whom each reply is for: only there does a small change come as far as the manager's last checks.
  const meant = replies.map((reply) =>
    waiting.filter(({ security, id }) => security.read(reply, id)?.kind === "answer"),
  );
  return attempt(count, (told) => {
    const which = below(random, replies.length);
    const bytes = mutate(replies[which]!, random);
    const own = meant[which]!;
    const ask = own.length > 0 && below(random, 4) > 0 ? own : waiting;
    const { security, id } = ask[below(random, ask.length)]!;
    const read = security.read(bytes, id);
    if (read?.kind !== "answer") return false;
    const unchanged = replies.some((one) => Buffer.compare(one, bytes) === 0);
    if (read.pdu.id !== id || read.pdu.type !== PduType.response) told("an answer to another question", bytes);
    if (security.version === "v3" && !unchanged) told("a signed answer that was changed", bytes);
    if (security.version === "v1" && read.pdu.varbinds.some(({ type }) => type >= Tag.noSuchObject))
      told("an exception value in SNMPv1", bytes);
    return true;
  });
}
