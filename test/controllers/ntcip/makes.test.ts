import { type AgentUser, oidOf, ref } from "ntcip-ts";
import { afterEach, describe, expect, it } from "vitest";
import { instant } from "../../../config/units.ts";
import type { Quirks } from "../../../controllers/ntcip/session.ts";
import type { Action } from "../../../engine/core/cabinet.ts";
import { findOid, isSet } from "./proxy.ts";
import { openRig, otherPlan, planFor, type Rig } from "./rig.ts";

const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});
async function start(options: Parameters<typeof openRig>[0]): Promise<Rig> {
  const rig = await openRig(options);
  rigs.push(rig);
  await rig.run(20_000);
  return rig;
}

const plan: Action = { kind: "plan", plan: otherPlan };
const capabilities = (rig: Rig) => {
  const seen = rig.statuses();
  return async () => {
    await rig.run(3_000);
    const last = seen.at(-1)!;
    return last.kind === "reachable" ? last.capabilities : last.reason;
  };
};

interface Message {
  readonly octets: number;
  /** 0 is v1, 1 is v2c. */
  readonly version: number;
  readonly varbinds: number;
}

/** Every NTCIP object stands below 1.3.6.1.4.1.1206: as many of these, as many varbinds. */
function messageOf(bytes: Buffer): Message {
  const nema = Buffer.from([0x2b, 6, 1, 4, 1, 0x89, 0x36]);
  const body = bytes[1]! < 0x80 ? 2 : 2 + (bytes[1]! & 0x7f);
  let varbinds = 0;
  for (let at = bytes.indexOf(nema); at >= 0; at = bytes.indexOf(nema, at + 1)) varbinds++;
  return { octets: bytes.length, version: bytes[body + 2]!, varbinds };
}

describe("a unit that can less", () => {
  it("without phase control takes plans, and is not steered second by second", async () => {
    const rig = await start({ without: /^phaseControlGroup/ });
    expect(await capabilities(rig)()).toMatchObject({ planDownload: true, secondBySecond: false });
    expect(await rig.send({ kind: "serve", phases: [4, 8] })).toMatchObject({ code: "no-phase-control" });
    expect(await rig.send(plan)).toMatchObject({ result: "accepted" });
    expect(rig.unit.commandedPattern).toBe(64);
    expect(await rig.send({ kind: "keep-alive" })).toMatchObject({ result: "accepted" });
    rig.restart(); // Its successor has asked nothing of the unit yet.
    expect(await rig.send({ kind: "release" })).toMatchObject({ result: "accepted" });
    expect(rig.unit.commandedPattern).toBe(0);
  });

  it("without transactions takes them row by row, read back", async () => {
    const rig = await start({ without: /^db/ });
    expect(await rig.send(plan)).toMatchObject({ result: "accepted" });
    expect(rig.unit.storedPlan(64)).toMatchObject({ cycle: otherPlan.cycle });
    expect(rig.unit.commandedPattern).toBe(64);
  });

  it("without room for plans is called one it holds, if it is the same", async () => {
    const rig = await start({ without: /^maxSplits$/ });
    expect(await rig.send({ kind: "plan", plan: planFor("b") })).toMatchObject({ result: "accepted" });
    expect(rig.unit.commandedPattern).toBe(1);
    expect(await rig.send(plan)).toMatchObject({ result: "refused", code: "no-such-plan" });
  });

  it("without either is called one it holds, and nothing else is asked of it", async () => {
    const rig = await start({ without: /^(phaseControlGroup|maxSplits$)/ });
    expect(await capabilities(rig)()).toMatchObject({ planDownload: true, secondBySecond: false });
    expect(await rig.send({ kind: "plan", plan: planFor("b") })).toMatchObject({ result: "accepted" });
    expect(rig.unit.commandedPattern).toBe(1);
    expect(await rig.send({ kind: "serve", phases: [4, 8] })).toMatchObject({ code: "no-phase-control" });
  });

  it("without pattern calls is watched", async () => {
    const rig = await start({ without: /^system/ });
    expect(await capabilities(rig)()).toMatchObject({ planDownload: false, secondBySecond: false });
    expect(await rig.send(plan)).toMatchObject({ result: "refused", code: "watch-only" });
  });

  it("that says little of itself is still seen", async () => {
    const rig = await start({ without: /^(global|local|unit|short|coordCycle|controller|system|phaseControl|max)/ });
    const seen = rig.statuses();
    await rig.run(5_000);
    const last = seen.at(-1)!;
    expect(last).toMatchObject({ kind: "reachable", clockError: undefined, cyclePosition: undefined, mode: "local" });
    if (last.kind !== "reachable") throw new Error("unreachable");
    const greens = Object.entries(last.phases).filter(([, state]) => state === "green");
    expect(greens.reduce((bits, [phase]) => bits | (1 << (Number(phase) - 1)), 0)).toBe(rig.unit.status().greens);
  });
});

describe("a unit that wants things otherwise", () => {
  it("takes one varbind at a time", async () => {
    const rig = await start({ maxMessage: 76 });
    const seen = rig.statuses();
    expect(await rig.send(plan)).toMatchObject({ result: "accepted" });
    await rig.run(2_000);
    expect(seen.at(-1)).toMatchObject({ kind: "reachable" });
  });

  it.each<[string, Quirks, (message: Message) => boolean]>([
    ["one varbind a request", { maxReads: 1, maxWrites: 1 }, ({ varbinds }) => varbinds === 1],
    ["messages of 150 octets", { maxMessage: 150 }, ({ octets }) => octets <= 150],
    ["SNMPv2c", { version: "v2c" }, ({ version }) => version === 1],
  ])("is set to %s, and is asked no otherwise", async (_, quirks, holds) => {
    const rig = await start({ quirks });
    const sent: Message[] = [];
    rig.spoil({
      request: (bytes) => {
        sent.push(messageOf(bytes));
        return "pass";
      },
    });
    const seen = rig.statuses();
    expect(await rig.send(plan)).toMatchObject({ result: "accepted" });
    await rig.run(2_000);
    expect(seen.at(-1)).toMatchObject({ kind: "reachable" });
    expect(sent.length).toBeGreaterThan(5);
    expect(sent.filter((message) => !holds(message))).toEqual([]);
  });

  it("takes SNMPv3 only", async () => {
    const user: AgentUser = {
      name: "central",
      auth: { protocol: "sha256", password: "correct horse" },
      priv: { protocol: "aes", password: "battery staple" },
      access: "write",
    };
    const rig = await start({ users: [user], quirks: { user } });
    expect(await rig.send(plan)).toMatchObject({ result: "accepted" });
    expect(rig.unit.commandedPattern).toBe(64);
  });

  it("wants dbTransactionID first in every SET of a transaction, and in none outside", async () => {
    const rig = await start({ quirks: { transactionIds: true } });
    const id = oidOf(ref("dbTransactionID"));
    const row = oidOf(ref("splitTime", 64, 1));
    const call = oidOf(ref("systemPatternControl"));
    const sets: { readonly id: number; readonly row: number; readonly call: number }[] = [];
    rig.spoil({
      request: (bytes) => {
        if (isSet(bytes)) sets.push({ id: findOid(bytes, id), row: findOid(bytes, row), call: findOid(bytes, call) });
        return "pass";
      },
    });
    expect(await rig.send(plan)).toMatchObject({ result: "accepted" });
    const rows = sets.filter((one) => one.row >= 0);
    expect(rows.length).toBeGreaterThan(0);
    for (const one of rows) expect(one.id).toBeGreaterThan(0);
    for (const one of rows) expect(one.id).toBeLessThan(one.row);
    const calls = sets.filter((one) => one.call >= 0);
    expect(calls.length).toBeGreaterThan(0);
    for (const one of calls) expect(one.id).toBe(-1);
  });
});

describe("the unit's clock", () => {
  it("is set before a plan whose offset counts from it", async () => {
    const rig = await start({});
    rig.unit.setClock(instant(rig.clock.now() + 40_000));
    expect(await rig.send(plan)).toMatchObject({ result: "accepted" });
    expect(Math.abs(rig.unit.now() - rig.clock.now())).toBeLessThanOrEqual(1_000);
  });

  it("is left alone where it is nobody's business, or near enough", async () => {
    const rig = await start({ quirks: { keepsOwnTime: true } });
    rig.unit.setClock(instant(rig.clock.now() + 40_000));
    await rig.send(plan);
    expect(rig.unit.now() - rig.clock.now()).toBe(40_000);
    const other = await start({});
    other.unit.setClock(instant(other.clock.now() + 1_500));
    await other.send(plan);
    expect(other.unit.now() - other.clock.now()).toBe(1_500);
  });
});
