import dgram from "node:dgram";
import { Manager, oidOf, ref } from "ntcip-ts";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import type { Random } from "../../../engine/ports/random.ts";
import { fuzzAgent, fuzzManager } from "../../support/snmp-fuzz.ts";
import { openTestUnit, readCommunity, type TestUnit, writeCommunity } from "./test-agent.ts";

type Bytes = readonly number[];

const tlv = (tag: number, ...content: readonly Bytes[]): Bytes => {
  const flat = content.flat();
  return [tag, ...(flat.length < 0x80 ? [flat.length] : [0x81, flat.length]), ...flat];
};
const integer = (value: number): Bytes => tlv(2, value < 0x80 ? [value] : [value >> 8, value & 0xff]);
const oid = (text: string): Bytes =>
  tlv(
    6,
    [0x2b],
    text
      .split(".")
      .slice(2)
      .flatMap((part) => (Number(part) < 0x80 ? [Number(part)] : [0x80 | (Number(part) >> 7), Number(part) & 0x7f])),
  );

function datagram(pdu: number, community: string, version: number, names: readonly string[], value: Bytes): Bytes {
  const list = names.map((name) => tlv(0x30, oid(name), value));
  const fields = pdu === 0xa5 ? [integer(1), integer(0), integer(20)] : [integer(1), integer(0), integer(0)];
  return tlv(0x30, integer(version), tlv(4, [...Buffer.from(community)]), tlv(pdu, ...fields, tlv(0x30, ...list)));
}

const controls = [oidOf(ref("systemPatternControl")), oidOf(ref("phaseControlGroupForceOff", 1))];
const set = (community: string) => datagram(0xa3, community, 0, controls, integer(9));
const seedsOf = (community: string): readonly Bytes[] => [
  set(community),
  datagram(0xa0, community, 0, controls, [5, 0]),
  datagram(0xa1, community, 1, controls, [5, 0]),
  datagram(0xa5, community, 1, controls, [5, 0]),
  datagram(0xa3, community, 1, [oidOf(ref("dbCreateTransaction"))], integer(2)),
];

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);

function flip(bytes: Bytes, random: Random): Bytes {
  const next = [...bytes];
  for (let n = 1 + below(random, 4); n > 0; n--) next[below(random, next.length)] = below(random, 256);
  return next;
}

/** Adds, takes away or cuts: every such message breaks a length somewhere. */
function tear(bytes: Bytes, random: Random): Bytes {
  const at = 2 + below(random, bytes.length - 2); // Not the outermost length, which might be lengthened lawfully.
  switch (below(random, 3)) {
    case 0:
      return [...bytes.slice(0, at), below(random, 256), ...bytes.slice(at)];
    case 1:
      return [...bytes.slice(0, at), ...bytes.slice(at + 1)];
    default:
      return bytes.slice(0, at);
  }
}

async function bombard(unit: TestUnit, messages: Iterable<Bytes>): Promise<void> {
  const { port } = unit.agent.address();
  const socket = dgram.createSocket("udp4");
  const manager = new Manager({ address: "127.0.0.1", port, community: readCommunity });
  try {
    let sent = 0;
    for (const message of messages) {
      socket.send(Uint8Array.from(message), port, "127.0.0.1");
      // Still there, and nothing is dropped for want of room.
      if (++sent % 50 === 0) expect(await manager.get(ref("maxPhases"))).toEqual({ ok: true, values: [2] });
    }
  } finally {
    manager.close();
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
}

function* repeat(count: number, make: () => Bytes): Generator<Bytes> {
  for (let i = 0; i < count; i++) yield make();
}

describe("datagrams nobody meant", () => {
  it.each([1, 2, 3])("SEED=%i: torn messages change nothing, whoever signs them", async (seed) => {
    const unit = await openTestUnit();
    try {
      const random = seededRandom(seed);
      const before = new Map(unit.values);
      const seeds = seedsOf(writeCommunity);
      await bombard(
        unit,
        repeat(1500, () => tear(seeds[below(random, seeds.length)]!, random)),
      );
      expect(unit.values).toEqual(before);
      expect(unit.acted).toEqual([]);
      await bombard(
        unit,
        repeat(50, () => set(writeCommunity)),
      );
      expect(unit.acted).toHaveLength(100); // The same message whole does act.
    } finally {
      await unit.agent.close();
    }
  });

  it.each([4, 5, 6])("SEED=%i: flipped octets never let a reader write, nor a value out of range", async (seed) => {
    const unit = await openTestUnit();
    try {
      const random = seededRandom(seed);
      const before = new Map(unit.values);
      const reading = seedsOf(readCommunity);
      await bombard(
        unit,
        repeat(1500, () => flip(reading[below(random, reading.length)]!, random)),
      );
      expect(unit.values).toEqual(before);
      const writing = seedsOf(writeCommunity);
      await bombard(
        unit,
        repeat(1500, () => flip(writing[below(random, writing.length)]!, random)),
      );
      for (const { value } of unit.acted) expect(value).toBeOneOf(Array.from({ length: 256 }, (_, i) => i));
      expect(unit.stored).toEqual([]);
    } finally {
      await unit.agent.close();
    }
  });
});

describe("mutated messages of every version", () => {
  it.each([
    ["the agent", fuzzAgent],
    ["the manager", fuzzManager],
  ] as const)("SEED=7: 20 000 of them at %s: no crash, no nonsense", (_, fuzz) => {
    const { messages, accepted, faults } = fuzz(20_000, seededRandom(7));
    expect(faults).toEqual([]);
    // Some are harmless and some are not understood: the others would prove nothing.
    expect(accepted).toBeGreaterThan(500);
    expect(accepted).toBeLessThan(messages / 2);
  });
});
