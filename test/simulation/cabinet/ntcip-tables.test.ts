import dgram from "node:dgram";
import { Manager, type ObjectName, objectOf, objects, oidOf, type Ref, ref, type Value } from "ntcip-ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { instant } from "../../../config/units.ts";
import { type NtcipServer, serveNtcip } from "../../../simulation/cabinet/ntcip-server.ts";
import { createVirtualCabinet } from "../../../simulation/cabinet/unit.ts";
import type { VirtualCabinet } from "../../../simulation/cabinet/virtual-cabinet.ts";
import { tool } from "../../controllers/ntcip-ts/snmp-tools.ts";
import { testCity } from "../../support/city.ts";

/** 2026-11-23 04:10:30 UTC, Monday, 12:10:30 in Balikpapan. */
const START = Date.UTC(2026, 10, 23, 4, 10, 30);
const communities = { read: "watch", write: "drive", administrator: "administrator" };

let unit: VirtualCabinet;
let server: NtcipServer;
let at: number;
let central: Manager;

beforeEach(async () => {
  const city = testCity();
  at = START;
  unit = createVirtualCabinet({
    cabinet: city.cabinets.get("cab-b")!,
    junction: city.junctions.get("b")!,
    schedule: city.schedule,
    utcOffset: city.utcOffset,
    start: instant(START),
  });
  server = await serveNtcip({ unit, communities, utcOffset: city.utcOffset, schedule: city.schedule });
  central = new Manager({ address: "127.0.0.1", port: server.port, community: "drive" });
});
afterEach(async () => {
  central.close();
  await server.close();
});

const run = (time: number) => {
  for (const end = at + time; at < end; ) {
    at += 100;
    unit.step(instant(at));
  }
};
const read = async (one: Ref): Promise<Value> => {
  const reply = await central.get(one);
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.values[0]!;
};
const set = async (...writes: readonly (readonly [Ref, Value])[]) => {
  const reply = await central.set(...writes.map(([one, value]) => ({ ref: one, value })));
  expect(reply).toEqual({ ok: true });
};
const inTransaction = async (...writes: readonly (readonly [Ref, Value])[]) => {
  await set([ref("dbCreateTransaction"), 2]);
  for (const write of writes) await set(write);
  await set([ref("dbCreateTransaction"), 3]);
  const verdict = await read(ref("dbVerifyStatus"));
  const why = Buffer.from((await read(ref("dbVerifyError"))) as Uint8Array).toString();
  await set([ref("dbCreateTransaction"), 1]);
  return verdict === 3 ? "stored" : why;
};

/** Instances of the first row of every object the unit answers for. */
async function served(): Promise<readonly Ref[]> {
  const found: Ref[] = [];
  for (const { name, index } of objects) {
    const one: Ref = { name, index: index.map(() => 1) };
    if ((await central.get(one)).ok) found.push(one);
  }
  return found;
}

describe("every object the unit has", () => {
  it("is nearly everything there is", async () => {
    const here = new Set((await served()).map(({ name }) => name));
    const missing = objects.map(({ name }) => name).filter((name) => !here.has(name));
    // Blocks' ids are not public, STMP and roadside units are not there; the log is empty and the communities are secret.
    const known =
      /^(dynObj|ascBlock|spat|ascCurrent|prg|prs|priority|unitMCE|unitUserDefined|maxUserDefined|globalSetIdOID|maxGlobalSetIds|detectorAvgSpeed|detectorSample|eventLog|communityName)/;
    expect(missing.filter((name) => !known.test(name))).toEqual([]);
    expect(here.size).toBeGreaterThan(260);
  });

  it("lies within its syntax", async () => {
    for (const one of await served()) {
      const { syntax } = objectOf(one.name);
      const value = await read(one);
      if (syntax.kind === "integer") {
        expect([one.name, (value as number) >= syntax.min && (value as number) <= syntax.max]).toEqual([
          one.name,
          true,
        ]);
      } else if (syntax.kind === "choice")
        expect([one.name, Object.values(syntax.values)]).toContainEqual(expect.arrayContaining([value]));
    }
  });

  const wired = [
    "phaseWalk phasePedestrianClear phaseYellowChange phaseRedClear phaseOptions phaseRing phaseConcurrency",
    "channelControlSource channelControlType overlapIncludedPhases",
    "coordMaximumMode unitCoordSyncPoint patternCoordSyncPoint globalDaylightSaving timebaseAscPatternSync",
  ]
    .join(" ")
    .split(" ");

  it("that is database takes another value in a transaction and reads it back, or is known to be wired", async () => {
    const refused: string[] = [];
    for (const one of await served()) {
      const object = objectOf(one.name);
      if (object.role !== "database" || object.access !== "read-write") continue;
      // Those make a plan only together.
      if (/^(pattern|split|sequence)/.test(one.name) && one.name !== "patternOptions") continue;
      const other = another(one.name, await read(one));
      if ((await inTransaction([one, other])) === "stored")
        expect([one.name, await read(one)]).toEqual([one.name, other]);
      else refused.push(one.name);
    }
    expect(refused.filter((name) => !wired.includes(name))).toEqual([]);
  });

  it("refuses what is out of range, by its place in the message, and does nothing of the rest", async () => {
    const before = await read(ref("globalSetIDParameter"));
    for (const one of await served()) {
      const { access, syntax } = objectOf(one.name);
      if (access !== "read-write" || (syntax.kind !== "integer" && syntax.kind !== "choice")) continue;
      const beyond = syntax.kind === "integer" ? syntax.max + 1 : 99;
      if (beyond > 2 ** 31 - 1) continue;
      const reply = await central.set({ ref: ref("unitBackupTime"), value: 77 }, { ref: one, value: beyond });
      expect([one.name, reply]).toMatchObject([one.name, { error: { code: "bad-value", ref: { name: one.name } } }]);
    }
    expect(await read(ref("globalSetIDParameter"))).toBe(before);
    expect(unit.backupTime).toBe(60_000);
  });
});

/** Another value the syntax allows, and common sense with it. */
function another(name: ObjectName, value: Value): Value {
  const { syntax } = objectOf(name);
  switch (syntax.kind) {
    case "integer":
      if (name === "eventConfigClass") return 2;
      if (name === "vehicleDetectorOptions" || name === "preemptControl") return (value as number) ^ 1;
      if (name === "channelFlash" || name === "channelDim") return 2;
      return (value as number) < syntax.max ? (value as number) + 1 : (value as number) - 1;
    case "choice":
      return Object.values(syntax.values).find((one) => one > 1 && one !== value) ?? value;
    case "octets":
      return /^preempt\w+(Phase|Ped|Overlap)$/.test(name) ? Uint8Array.of(2, 6) : Uint8Array.of(3, 7);
    case "oid":
      return name === "dayPlanActionNumberOID" ? oidOf(ref("timebaseAscActionNumber", 3)) : oidOf(ref("maxPhases"));
    default:
      return 1_700_000_000;
  }
}

describe("phase timing", () => {
  it("is run by, within what is wired", async () => {
    expect(await inTransaction([ref("phaseMinimumGreen", 2), 12])).toBe("stored");
    expect(await inTransaction([ref("phaseMinimumGreen", 2), 3])).toMatch(/phaseMinimumGreen.2: 3 s is below the 7 s/);
    expect(await inTransaction([ref("phaseMaximum1", 2), 10])).toMatch(/below the minimum green of 12 s/);
    await set([ref("systemPatternControl"), 254]);
    run(60_000);
    // Called away at once, phase 2 still has its twelve seconds.
    await set([ref("phaseControlGroupVehCall", 1), 0b1000_1000], [ref("phaseControlGroupForceOff", 1), 0b0010_0010]);
    while (!(unit.status().greens & 0b10)) run(100);
    const began = at;
    await set([ref("phaseControlGroupForceOff", 1), 0b0010_0010]);
    while (unit.status().greens & 0b10) run(100);
    expect(at - began).toBeGreaterThanOrEqual(12_000);
  });
});

describe("the time base", () => {
  it("shows the cabinet's own week", async () => {
    run(10_000);
    const entry = (await read(ref("timeBaseScheduleTableStatus"))) as number;
    const plan = (await read(ref("dayPlanStatus"))) as number;
    expect(await read(ref("timeBaseScheduleDayPlan", entry))).toBe(plan);
    expect(((await read(ref("timeBaseScheduleDay", entry))) as number) & 4).toBe(4); // Monday
    const action = (await read(ref("timebaseAscActionStatus"))) as number;
    expect(await read(ref("timebaseAscPattern", action))).toBe(1);
  });

  /** From 12:12 local: action 9, which asks for free and special function 3. */
  const program = (weekdays: number): Promise<string> =>
    inTransaction(
      [ref("timebaseAscPattern", 9), 254],
      [ref("timebaseAscSpecialFunction", 9), 0b100],
      [ref("dayPlanHour", 8, 1), 12],
      [ref("dayPlanMinute", 8, 1), 12],
      [ref("dayPlanActionNumberOID", 8, 1), oidOf(ref("timebaseAscActionNumber", 9))],
      [ref("timeBaseScheduleMonth", 5), 1 << 11],
      [ref("timeBaseScheduleDate", 5), 2 ** 23 + 2 ** 31],
      [ref("timeBaseScheduleDay", 5), weekdays],
      [ref("timeBaseScheduleDayPlan", 5), 8],
    );

  it("runs what a central wrote, at the minute it is for", async () => {
    run(60_000);
    expect(unit.status().pattern).toBe(1);
    expect(await program(0b100)).toBe("stored");
    expect(await read(ref("timeBaseScheduleDate", 5))).toBe(2 ** 23 + 2 ** 31);
    run(25_000);
    expect(unit.status().pattern).toBe(1);
    run(10_000);
    expect(unit.status().pattern).toBe(254);
    expect(await read(ref("timeBaseScheduleTableStatus"))).toBe(5);
    expect(await read(ref("timebaseAscActionStatus"))).toBe(9);
    expect(await read(ref("specialFunctionOutputStatus", 3))).toBe(1);
    expect(await read(ref("specialFunctionOutputControl", 3))).toBe(0);
  });

  it("leaves a day alone that its mask does not name", async () => {
    expect(await program(0b1000)).toBe("stored"); // Tuesday only
    run(120_000);
    expect(unit.status().pattern).toBe(1);
    expect(await read(ref("specialFunctionOutputStatus", 3))).toBe(0);
  });

  it("refuses at once (genErr) an action that is none of its own", async () => {
    const reply = await central.set({ ref: ref("dayPlanActionNumberOID", 1, 1), value: oidOf(ref("maxPhases")) });
    expect(reply).toMatchObject({ error: { code: "refused", message: expect.stringContaining("genErr") } });
  });

  it("gives way to a pattern set by hand, which beats the central's", async () => {
    run(30_000);
    await set([ref("systemPatternControl"), 1]);
    await set([ref("coordOperationalMode"), 254]);
    run(10_000);
    expect(unit.status().pattern).toBe(254);
    expect(await read(ref("unitControlStatus"))).toBe(5); // manual
    await set([ref("coordOperationalMode"), 0]);
    run(40_000);
    expect(unit.status().pattern).toBe(1);
    expect(await read(ref("unitControlStatus"))).toBe(2);
  });

  it("activates an action by a central's word", async () => {
    run(60_000);
    await set([ref("timebaseAscPattern", 7), 254]);
    await set([ref("actionPlanControl"), 7]);
    run(5_000);
    expect(unit.status().pattern).toBe(254);
    expect(await read(ref("timebaseAscActionStatus"))).toBe(7);
  });
});

describe("what a central commands besides patterns", () => {
  it("counts system zero from a central's word, and from midnight again afterwards", async () => {
    run(100_000);
    const own = unit.storedPlan(1)!.offset;
    await set([ref("systemSyncControl"), 17]);
    expect(await read(ref("systemSyncControl"))).toBe(17);
    const zero = unit.now() + 17_000;
    const offset = ((await read(ref("patternOffsetTime", 1))) as number) * 1000;
    expect(Math.abs((unit.storedPlan(1)!.offset - zero - offset) % 90_000)).toBe(0);
    const sync = (await read(ref("coordSyncStatus"))) as number;
    run(20_000);
    expect((((await read(ref("coordSyncStatus"))) as number) - sync + 90) % 90).toBe(20);
    await set([ref("systemSyncControl"), 255]);
    expect(unit.storedPlan(1)!.offset).toBe(own);
  });

  it("forces a ring off until it says otherwise", async () => {
    await set([ref("systemPatternControl"), 254], [ref("phaseControlGroupVehCall", 1), 0xff]);
    run(40_000);
    await set([ref("ringControlGroupForceOff", 1), 1]);
    const seen = new Set<number>();
    for (let i = 0; i < 600; i++) {
      run(100);
      seen.add(unit.status().greens & 0x0f);
    }
    expect([...seen].filter((bits) => bits > 0).length).toBeGreaterThanOrEqual(3);
    expect(await read(ref("ringControlGroupForceOff", 1))).toBe(1);
    // The phases' own bits are not the ring's.
    expect(await read(ref("phaseControlGroupForceOff", 1))).toBe(0);
  });

  it("ends a force-off with the green it was for", async () => {
    await set([ref("systemPatternControl"), 254], [ref("phaseControlGroupVehCall", 1), 0x88]);
    run(40_000);
    await set([ref("phaseControlGroupVehCall", 1), 0x22]);
    await set([ref("phaseControlGroupForceOff", 1), 0x88]);
    expect(await read(ref("phaseControlGroupForceOff", 1))).toBe(0x88);
    run(30_000);
    expect(await read(ref("phaseControlGroupForceOff", 1))).toBe(0);
  });

  it("is all taken back by the backup timer, special functions and preempts too", async () => {
    run(20_000);
    await set([ref("unitBackupTime"), 10]);
    await set(
      [ref("specialFunctionOutputControl", 16), 1],
      [ref("ringControlGroupMax2", 1), 3],
      [ref("unitControl"), 0b100],
      [ref("systemSyncControl"), 3],
      [ref("preemptControlState", 2), 1],
      [ref("vehicleDetectorControlGroupActuation", 1), 2],
    );
    expect(await read(ref("specialFunctionOutputStatus", 16))).toBe(1);
    expect(unit.detector(2)).toMatchObject({ present: true, total: 1 });
    run(9_000);
    expect(await read(ref("specialFunctionOutputControl", 16))).toBe(1); // GETs do not feed it, nor do database SETs.
    await set([ref("phasePassage", 1), 25]);
    run(1_500);
    const after = await Promise.all(
      [
        ref("specialFunctionOutputStatus", 16),
        ref("ringControlGroupMax2", 1),
        ref("unitControl"),
        ref("preemptControlState", 2),
        ref("vehicleDetectorControlGroupActuation", 1),
      ].map(read),
    );
    expect(after).toEqual([0, 0, 0, 0, 0]);
    expect(await read(ref("systemSyncControl"))).toBe(255);
    expect(unit.detector(2).present).toBe(false);
  });

  it("takes a preempt through its states", async () => {
    run(30_000);
    expect(await read(ref("preemptState", 1))).toBe(2);
    await set([ref("preemptControlState", 1), 1]);
    run(30_000);
    expect(await read(ref("preemptState", 1))).toBe(6); // dwell
    expect(((await read(ref("shortAlarmStatus"))) as number) & 1).toBe(1);
    await set([ref("preemptControlState", 1), 0]);
    run(60_000);
    expect(await read(ref("preemptState", 1))).toBe(2);
    expect(unit.trips).toBe(0);
  });
});

describe("the event log", () => {
  it("keeps what changed, with its time and value, and clears what a central has read", async () => {
    run(60_000);
    const before = (await read(ref("eventClassNumRowsInLog", 1))) as number;
    await set([ref("systemPatternControl"), 254]);
    run(3_000);
    const rows = (await read(ref("eventClassNumRowsInLog", 1))) as number;
    expect(rows).toBeGreaterThan(before);
    const entries = await Promise.all(
      Array.from({ length: rows }, async (_, i) => [
        await read(ref("eventLogID", 1, i + 1)),
        Buffer.from((await read(ref("eventLogValue", 1, i + 1))) as Uint8Array).toString("hex"),
      ]),
    );
    expect(entries).toContainEqual([2, "020102"]); // unitControlStatus became systemControl
    expect(entries).toContainEqual([1, "020200fe"]); // coordPatternStatus became 254
    const last = await read(ref("eventLogTime", 1, rows));
    await set([ref("eventClassClearTime", 1), last]);
    expect(await read(ref("eventClassNumRowsInLog", 1))).toBe(0);
    expect(await central.get(ref("eventLogTime", 1, 1))).toMatchObject({ error: { code: "no-such-name" } });
  });

  it("watches what a central tells it to", async () => {
    run(60_000);
    await set(
      [ref("eventConfigMode", 9), 3], // greaterThanValue
      [ref("eventConfigCompareValue", 9), 0],
      [ref("eventConfigCompareOID", 9), oidOf(ref("vehicleDetectorStatusGroupActive", 1))],
      [ref("eventConfigLogOID", 9), oidOf(ref("globalTime"))],
      [ref("eventConfigClass", 9), 3],
      [ref("eventConfigAction", 9), 3],
    );
    run(2_000);
    expect(await read(ref("eventClassNumRowsInLog", 3))).toBe(0);
    unit.detect(5, true, 1);
    run(5_000);
    expect(await read(ref("eventClassNumRowsInLog", 3))).toBe(1);
    const clears = { ref: ref("eventConfigCompareOID", 9), value: oidOf(ref("shortAlarmStatus")) };
    expect(await central.set(clears)).toMatchObject({ error: { code: "refused" } });
  });
});

describe("the administrator", () => {
  const ask = (community: string, ...rest: readonly string[]) =>
    tool("snmpget", { port: server.port, community }, ...rest);

  it("alone sees the communities", async () => {
    const user = `.${oidOf(ref("communityNameUser", 2))}`;
    expect((await ask("administrator", user)).out).toContain('"drive"');
    expect((await ask("drive", user)).error).toContain("noSuchName");
    const walk = await tool("snmpwalk", { port: server.port, community: "drive" }, ".1.3.6.1.4.1.1206.4.2.6.5");
    expect(walk.out).not.toContain("drive");
  });

  it("ends a download that somebody left open", async () => {
    await set([ref("dbCreateTransaction"), 2]);
    const state = `.${oidOf(ref("dbCreateTransaction"))}`;
    const end = await tool("snmpset", { port: server.port, community: "administrator" }, state, "i", "1");
    expect(end.code).toBe(0);
    expect(await read(ref("dbCreateTransaction"))).toBe(1);
  });
});

describe("a bulk of everything", () => {
  it("stays within one datagram, whatever is asked", async () => {
    const sizes: number[] = [];
    const proxy = dgram.createSocket("udp4");
    const back = dgram.createSocket("udp4");
    let from: dgram.RemoteInfo | undefined;
    proxy.on("message", (bytes, client) => {
      from = client;
      back.send(bytes, server.port, "127.0.0.1");
    });
    back.on("message", (bytes) => {
      sizes.push(bytes.length);
      proxy.send(bytes, from!.port, from!.address);
    });
    await new Promise<void>((resolve) => proxy.bind(0, "127.0.0.1", resolve));
    const options = { port: proxy.address().port, community: "watch", version: "2c" } as const;
    const walk = await tool("snmpbulkwalk", options, "-Cr1000", ".1.3.6.1.4.1.1206.4.2.1.4.9");
    proxy.close();
    back.close();
    expect(walk.out.trim().split("\n")).toHaveLength(64 * 16 * 6);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1472);
    expect(Math.max(...sizes)).toBeGreaterThan(1200);
  });
});
