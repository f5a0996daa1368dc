import dgram from "node:dgram";
import { type AgentUser, type AuthProtocol, Manager, ref } from "ntcip-ts";
import { afterEach, describe, expect, it } from "vitest";
import { UsmAgent } from "../../../controllers/ntcip-ts/src/usm-agent.ts";
import { UsmClient } from "../../../controllers/ntcip-ts/src/usm-client.ts";
import { localKeys, sign } from "../../../controllers/ntcip-ts/src/usm-keys.ts";
import { openPeerAgent, peerGet, peerSet } from "./net-snmp-peer.ts";
import { tool } from "./snmp-tools.ts";
import { openTestUnit, type TestUnit } from "./test-agent.ts";

const engineId = Buffer.from("800004b604cab1", "hex");
const secret = { auth: "correct horse", priv: "battery staple" };
const central: AgentUser = {
  name: "central",
  auth: { protocol: "sha", password: secret.auth },
  priv: { protocol: "aes", password: secret.priv },
  access: "write",
};
const reader: AgentUser = { name: "reader", auth: { protocol: "sha256", password: secret.auth }, access: "read" };
const long: AgentUser = { ...central, name: "long", auth: { protocol: "sha512", password: secret.auth } };

const pattern = ".1.3.6.1.4.1.1206.4.2.1.4.14.0";
const cycle = ".1.3.6.1.4.1.1206.4.2.1.4.7.1.2.1";
const splits = [1, 2].map((phase) => `.1.3.6.1.4.1.1206.4.2.1.4.9.1.3.1.${phase}`);
const state = ".1.3.6.1.4.1.1206.4.2.6.2.1.0";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(): Promise<TestUnit> {
  const unit = await openTestUnit({ v3: { users: [central, reader, long], engineId } });
  closers.push(() => unit.agent.close());
  return unit;
}

const authPriv = (name: string, protocol = "SHA", { auth, priv } = secret) => [
  ...["-u", name, "-l", "authPriv", "-a", protocol, "-A", auth],
  ...["-x", "AES", "-X", priv],
];
const authOnly = (name: string, protocol: string) => [
  "-u",
  name,
  "-l",
  "authNoPriv",
  "-a",
  protocol,
  "-A",
  secret.auth,
];

describe("keys", () => {
  // RFC 3414 §A.3.2: "maplesyrup" for engine 00..02.
  it("are made as the standard's example has it", () => {
    const user = { ...central, auth: { protocol: "sha" as const, password: "maplesyrup" } };
    const keys = localKeys(user, Buffer.from("000000000000000000000002", "hex"));
    expect(keys.auth.toString("hex")).toBe("6695febc9288e36282235fc7151f128497b38f3f");
  });

  it.each([
    ["sha", 12],
    ["sha224", 16],
    ["sha256", 24],
    ["sha384", 32],
    ["sha512", 48],
  ] as const)("of %s sign with %d octets (RFC 7860 §4.1)", (protocol: AuthProtocol, length) => {
    const keys = localKeys({ ...central, auth: { protocol, password: secret.auth } }, engineId);
    expect(sign(keys, Buffer.of(1, 2, 3))).toHaveLength(length);
  });

  it("are not made of a password anybody could guess", () => {
    const user = { ...central, auth: { protocol: "sha" as const, password: "short" } };
    expect(() => new UsmClient(user)).toThrow(/at least 8/);
    expect(() => new UsmAgent({ users: [user], engineId })).toThrow(/at least 8/);
  });
});

describe("Debian's tools over SNMPv3", () => {
  it.each([
    ["authPriv with SHA-1", authPriv("central")],
    ["authPriv with SHA-512", authPriv("long", "SHA-512")],
    ["authNoPriv with SHA-256", authOnly("reader", "SHA-256")],
  ])("read: %s", async (_, user) => {
    const { agent } = await open();
    const answer = await tool("snmpget", { port: agent.address().port, user }, cycle, pattern);
    expect(answer).toMatchObject({ code: 0, out: `${cycle} = INTEGER: 60\n${pattern} = INTEGER: 0\n` });
  });

  it("write, walk and read in bulk", async () => {
    const unit = await open();
    const options = { port: unit.agent.address().port, user: authPriv("central") };
    expect((await tool("snmpset", options, pattern, "i", "7")).code).toBe(0);
    expect(unit.acted).toEqual([{ ref: ref("systemPatternControl"), value: 7 }]);
    const lines = async (name: "snmpwalk" | "snmpbulkwalk") =>
      (await tool(name, options, ".1.3.6.1.4.1.1206")).out.split("\n").filter((line) => line.includes(" = "));
    expect((await lines("snmpwalk")).length).toBeGreaterThan(unit.values.size);
    expect((await lines("snmpbulkwalk")).map((line) => line.split(" ")[0])).toEqual(
      (await lines("snmpwalk")).map((line) => line.split(" ")[0]),
    );
  });

  it("drive a transaction that no community and no other user gets at", async () => {
    const unit = await open();
    const { port } = unit.agent.address();
    const options = { port, user: authPriv("central") };
    const set = (...rest: readonly string[]) => tool("snmpset", options, ...rest);
    expect((await set(state, "i", "2")).code).toBe(0);
    expect((await set(cycle, "i", "90", splits[0]!, "i", "60", splits[1]!, "i", "30")).code).toBe(0);
    expect((await tool("snmpset", { port, community: "operator" }, cycle, "i", "70")).error).toContain("genError");
    const other = await tool("snmpset", { port, user: authPriv("long", "SHA-512") }, state, "i", "1");
    expect(other.error).toContain("genError");
    expect((await set(state, "i", "3")).code).toBe(0);
    expect((await set(state, "i", "1")).code).toBe(0);
    expect(unit.value(ref("patternCycleTime", 1))).toBe(90);
  });

  it.each([
    [
      "a wrong signing password",
      authPriv("central", "SHA", { ...secret, auth: "wrong horse!" }),
      /Authentication fail/i,
    ],
    ["a user nobody set up", authPriv("nobody"), /Unknown user name/],
    ["a level below the user's", authOnly("central", "SHA"), /security level/i],
    ["a context it does not have", [...authPriv("central"), "-n", "elsewhere"], /Bad context/],
    ["a wrong encrypting password", authPriv("central", "SHA", { ...secret, priv: "wrong staple" }), /ecrypt|Timeout/i],
  ])("refused: %s", async (_, user, why) => {
    const unit = await open();
    const answer = await tool("snmpset", { port: unit.agent.address().port, user }, pattern, "i", "7");
    expect(answer.code).not.toBe(0);
    expect(answer.error).toMatch(why);
    expect(unit.acted).toEqual([]);
  });

  it("refused: a write by a user who may read", async () => {
    const unit = await open();
    const user = authOnly("reader", "SHA-256");
    const answer = await tool("snmpset", { port: unit.agent.address().port, user }, pattern, "i", "7");
    expect(answer.error).toContain("noAccess");
    expect(unit.acted).toEqual([]);
  });
});

describe("a manager with a user", () => {
  const manage = (unit: TestUnit, user: AgentUser, options: { readonly timeoutMs?: number } = {}) => {
    const manager = new Manager({ address: "127.0.0.1", port: unit.agent.address().port, user, ...options });
    closers.push(() => manager.close());
    return manager;
  };

  it("finds the unit's engine, reads and writes", async () => {
    const unit = await open();
    const manager = manage(unit, central);
    expect(await manager.get(ref("patternCycleTime", 1))).toEqual({ ok: true, values: [60] });
    expect(await manager.set({ ref: ref("systemPatternControl"), value: 9 })).toEqual({ ok: true });
    expect(unit.value(ref("systemPatternControl"))).toBe(9);
  });

  it("keeps its messages within 484 octets, encrypted and signed", async () => {
    const sizes: number[] = [];
    const answer = new UsmAgent({ users: [long], engineId });
    const socket = dgram.createSocket("udp4");
    socket.on("message", (bytes, from) => {
      sizes.push(bytes.length);
      const got = answer.receive(bytes);
      if (got)
        socket.send("report" in got ? got.report : got.answer({ ...got.pdu, type: 0xa2 }), from.port, from.address);
    });
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    closers.push(() => socket.close());
    const manager = new Manager({ address: "127.0.0.1", port: socket.address().port, user: long });
    closers.push(() => manager.close());
    const rows = Array.from({ length: 40 }, (_, i) => ({ ref: ref("splitTime", 250, i + 1), value: 255 }));
    expect(await manager.set(...rows)).toEqual({ ok: true });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(484);
  });

  it.each([
    ["the password is wrong", { ...central, auth: { ...central.auth, password: "wrong horse!" } }, /signature wrong/],
    ["nobody set the user up", { ...central, name: "nobody" }, /not know the user/],
  ])("says so when %s", async (_, user, why) => {
    const unit = await open();
    const reply = await manage(unit, user).get(ref("maxPhases"));
    expect(reply).toMatchObject({ ok: false, error: { code: "not-authentic", message: expect.stringMatching(why) } });
  });

  it("follows a unit that was started again, its clock back at zero", async () => {
    let boots = 1;
    let clock = 0;
    const make = () => new UsmAgent({ users: [central], engineId, boots, now: () => clock });
    let agent = make();
    const client = new UsmClient(central);
    const ask = (id: number): string => {
      for (let i = 0; i < 4; i++) {
        const got = agent.receive(client.write({ type: 0xa0, id, status: 0, index: 0, varbinds: [] }).bytes);
        if (!got) return "silence";
        const bytes = "report" in got ? got.report : got.answer({ ...got.pdu, type: 0xa2 });
        const read = client.read(bytes, id);
        if (read?.kind !== "again") return read?.kind ?? "nothing";
      }
      return "again and again";
    };
    expect(ask(1)).toBe("answer");
    clock = 10_000_000;
    expect(ask(2)).toBe("answer");
    boots = 2;
    agent = make();
    expect(ask(3)).toBe("answer");
  });
});

describe("the window of time", () => {
  it("lets no message in that is older than 150 s, and says what time it is", () => {
    let clock = 0;
    const agent = new UsmAgent({ users: [central], engineId, now: () => clock });
    const client = new UsmClient(central);
    const get = { type: 0xa0, status: 0, index: 0, varbinds: [] };
    const hello = agent.receive(client.write({ ...get, id: 1 }).bytes);
    if (!hello || !("report" in hello)) throw new Error("no report");
    expect(client.read(hello.report, 1)).toEqual({ kind: "again" });
    const { bytes } = client.write({ ...get, id: 2 });
    expect(agent.receive(bytes)).toMatchObject({ user: "central" });
    clock = 150_000;
    expect(agent.receive(bytes)).toMatchObject({ user: "central" });
    clock = 151_000;
    const late = agent.receive(bytes);
    if (!late || !("report" in late)) throw new Error("an old message was let in");
    expect(client.read(late.report, 2)).toEqual({ kind: "again" });
  });

  it("an octet changed anywhere in a signed message is not let in", () => {
    const agent = new UsmAgent({ users: [central], engineId, now: () => 0 });
    const client = new UsmClient(central);
    const hello = agent.receive(client.write({ type: 0xa0, id: 1, status: 0, index: 0, varbinds: [] }).bytes);
    if (!hello || !("report" in hello)) throw new Error("no report");
    client.read(hello.report, 1);
    const { bytes } = client.write({ type: 0xa3, id: 2, status: 0, index: 0, varbinds: [] });
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i]! ^= 1;
      expect(agent.receive(changed) ?? { report: true }).toHaveProperty("report");
    }
  });
});

describe("npm's net-snmp, which shares no code with us", () => {
  it("reads and writes our agent", async () => {
    const unit = await open();
    const { port } = unit.agent.address();
    expect(await peerGet(port, central, cycle.slice(1))).toEqual([60]);
    expect(await peerSet(port, central, pattern.slice(1), 12)).toEqual([12]);
    expect(unit.value(ref("systemPatternControl"))).toBe(12);
  });

  it("is read and written by our manager", async () => {
    const peer = await openPeerAgent(central, "1.3.6.1.4.1.1206.4.2.1.4.14");
    closers.push(() => peer.close());
    const manager = new Manager({ address: "127.0.0.1", port: peer.port, user: central });
    closers.push(() => manager.close());
    expect(await manager.get(ref("systemPatternControl"))).toEqual({ ok: true, values: [5] });
    expect(await manager.set({ ref: ref("systemPatternControl"), value: 77 })).toEqual({ ok: true });
    expect(peer.value()).toBe(77);
  });
});
