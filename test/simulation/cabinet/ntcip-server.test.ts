import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { epochOffset, type TimingPlan } from "../../../config/plan.ts";
import { instant, seconds } from "../../../config/units.ts";
import { type NtcipServer, serveNtcip } from "../../../simulation/cabinet/ntcip-server.ts";
import { createVirtualCabinet } from "../../../simulation/cabinet/unit.ts";
import type { VirtualCabinet } from "../../../simulation/cabinet/virtual-cabinet.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import { tool } from "../../controllers/ntcip-ts/snmp-tools.ts";
import { plans, testCity } from "../../support/city.ts";

const asc = ".1.3.6.1.4.1.1206.4.2.1";
const global = ".1.3.6.1.4.1.1206.4.2.6";
const oids = {
  transaction: `${global}.2.1.0`,
  verifyStatus: `${global}.2.6.0`,
  verifyError: `${global}.2.7.0`,
  setId: `${global}.1.1.0`,
  time: `${global}.3.1.0`,
  zone: `${global}.3.5.0`,
  cycle: (pattern: number) => `${asc}.4.7.1.2.${pattern}`,
  offset: (pattern: number) => `${asc}.4.7.1.3.${pattern}`,
  splitNumber: (pattern: number) => `${asc}.4.7.1.4.${pattern}`,
  sequenceNumber: (pattern: number) => `${asc}.4.7.1.5.${pattern}`,
  splitTime: (split: number, phase: number) => `${asc}.4.9.1.3.${split}.${phase}`,
  splitMode: (split: number, phase: number) => `${asc}.4.9.1.4.${split}.${phase}`,
  splitCoord: (split: number, phase: number) => `${asc}.4.9.1.5.${split}.${phase}`,
  patternStatus: `${asc}.4.10.0`,
  freeStatus: `${asc}.4.11.0`,
  cycleStatus: `${asc}.4.12.0`,
  syncStatus: `${asc}.4.13.0`,
  systemPattern: `${asc}.4.14.0`,
  systemSync: `${asc}.4.15.0`,
  sequence: (sequence: number, ring: number) => `${asc}.7.3.1.3.${sequence}.${ring}`,
  backupTime: `${asc}.3.3.0`,
  controlStatus: `${asc}.3.5.0`,
  flashStatus: `${asc}.3.6.0`,
  shortAlarm: `${asc}.3.9.0`,
  status: (column: number, group = 1) => `${asc}.1.4.1.${column}.${group}`,
  control: (column: number, group = 1) => `${asc}.1.5.1.${column}.${group}`,
} as const;

/** 2026-11-23 04:10:30 UTC, Monday, 12:10:30 in Balikpapan. */
const START = Date.UTC(2026, 10, 23, 4, 10, 30);
const LOCAL_MIDNIGHT = Date.UTC(2026, 10, 22, 16);
const communities = { read: "watch", write: "drive" };

let unit: VirtualCabinet;
let server: NtcipServer;
let at: number;

async function serve(junction: "a" | "b"): Promise<void> {
  const city = testCity();
  at = START;
  unit = createVirtualCabinet({
    cabinet: city.cabinets.get(`cab-${junction}`)!,
    junction: city.junctions.get(junction)!,
    schedule: city.schedule,
    utcOffset: city.utcOffset,
    start: instant(START),
  });
  server = await serveNtcip({ unit, communities, utcOffset: city.utcOffset });
}

beforeEach(() => serve("b"));
afterEach(() => server.close());

const step = () => {
  at += 100;
  unit.step(instant(at));
};
const run = (time: number) => {
  for (const end = at + time; at < end; ) step();
};
const read = (...names: readonly string[]) =>
  tool("snmpget", { port: server.port, community: communities.read }, ...names);
const write = (...rest: readonly string[]) =>
  tool("snmpset", { port: server.port, community: communities.write }, ...rest);
const number = async (oid: string): Promise<number> => Number((await read(oid)).out.split(": ")[1]);
const done = async (...rest: readonly string[]): Promise<void> => {
  const answer = await write(...rest);
  expect(answer.error).toBe("");
  expect(answer.code).toBe(0);
};

describe("Debian's tools read a virtual cabinet", () => {
  it("its lamps, phase by phase", async () => {
    run(120_000);
    for (let i = 0; i < 8; i++) {
      run(11_300);
      const { greens, ambers, reds } = unit.status();
      const shown = await Promise.all([4, 3, 2].map((column) => number(oids.status(column))));
      expect(shown).toEqual([greens, ambers, reds]);
      const greenChannels = unit.lamps.reduce((bits, lamp, i) => bits | (lamp === Lamp.green && i < 8 ? 1 << i : 0), 0);
      expect(await number(`${asc}.8.4.1.4.1`)).toBe(greenChannels);
    }
  });

  it("its lamps, channel by channel: one colour each, as its groups show them", async () => {
    const groups = unit.lamps.length;
    expect(await number(`${asc}.8.1.0`)).toBeGreaterThanOrEqual(groups);
    const colours = [[Lamp.red, Lamp.redAmber], [Lamp.amber, Lamp.clearance], [Lamp.green]];
    for (let look = 0; look < 8; look++) {
      run(13_700);
      const names = [2, 3, 4].flatMap((column) => [1, 2].map((group) => `${asc}.8.4.1.${column}.${group}`));
      const bits = (await read(...names)).out
        .trim()
        .split("\n")
        .map((line) => Number(line.split(": ")[1]));
      for (let n = 0; n < groups; n++)
        expect(colours.map((_, i) => (bits[2 * i + (n >> 3)]! >> (n & 7)) & 1)).toEqual(
          colours.map((lamps) => (lamps.includes(unit.lamps[n] as never) ? 1 : 0)),
        );
    }
  });

  it("the plan of its own schedule as pattern 1", async () => {
    run(60_000);
    const plan = plans.find((one) => one.junction === "b")!;
    expect(await number(oids.cycle(1))).toBe(90);
    const splits = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((phase) => number(oids.splitTime(1, phase))));
    expect(splits).toEqual([15, 35, 15, 25, 15, 35, 15, 25]);
    expect((await read(oids.sequence(1, 1), oids.sequence(1, 2))).out).toContain("Hex-STRING: 05 06 07 08");
    // Local zero, counted from local midnight, is the same instant as the plan's from UTC midnight.
    const zero = LOCAL_MIDNIGHT + (await number(oids.offset(1))) * 1000;
    expect((zero - epochOffset(plan, instant(START))) % 90_000).toBe(0);
    expect(await number(oids.patternStatus)).toBe(1);
    expect(await number(oids.freeStatus)).toBe(2);
    expect(await number(oids.controlStatus)).toBe(6);
  });

  it("its cycle counting down and its sync counting up", async () => {
    run(200_000);
    const down = await number(oids.cycleStatus);
    const up = await number(oids.syncStatus);
    expect(up).toBe(Math.floor(((unit.now() - LOCAL_MIDNIGHT) % 90_000) / 1000));
    run(1_000);
    const step = async (before: number, oid: string) => ((await number(oid)) - before + 90) % 90;
    expect(await step(down, oids.cycleStatus)).toBe(89);
    expect(await step(up, oids.syncStatus)).toBe(1);
  });

  it("its clock and zone, and sets it", async () => {
    run(10_000);
    expect(await number(oids.time)).toBe(Math.floor(unit.now() / 1000));
    expect(await number(oids.zone)).toBe(8 * 3600);
    for (const type of ["i", "u"]) {
      await done(oids.time, type, "1795000000");
      expect(unit.now()).toBe(1_795_000_000_000);
    }
  });

  it("volume and occupancy with the sequence of their periods", async () => {
    const volume = (channel: number) => `${asc}.2.5.4.1.1.${channel}`;
    const occupancy = (channel: number) => `${asc}.2.5.4.1.2.${channel}`;
    const sequence = `${asc}.2.5.1.0`;
    await done(`${asc}.2.5.2.0`, "i", "30");
    run(60_000);
    const before = await number(sequence);
    unit.detect(2, true, 7);
    while ((await number(sequence)) === before) run(10_000);
    expect(await number(volume(2))).toBe(7);
    expect(await number(occupancy(2))).toBeGreaterThan(0);
    expect(await number(`${asc}.2.4.1.2.1`)).toBe(0b10);
    expect(await number(volume(64))).toBe(0);
  });

  it("local zero once in shortAlarmStatus: reading clears it", async () => {
    run(100_000);
    await number(oids.shortAlarm);
    run(95_000);
    expect((await number(oids.shortAlarm)) & 4).toBe(4);
    expect((await number(oids.shortAlarm)) & 4).toBe(0);
  });

  it("no coordination alarm while it runs its own schedule: nobody has called a pattern", async () => {
    for (let minute = 0; minute < 12; minute++) {
      run(60_000);
      expect((await number(oids.shortAlarm)) & 16).toBe(0);
    }
  });

  it("from end to end by a walk and by bulks, the same both ways", { timeout: 60_000 }, async () => {
    const options = { port: server.port, community: communities.read } as const;
    const walk = async (version: "1" | "2c") =>
      (await tool("snmpwalk", { ...options, version }, asc)).out
        .split("\n")
        .filter((line) => line.startsWith(asc) && !line.includes("No more variables"));
    const [one, two] = [await walk("1"), await walk("2c")];
    expect(one.length).toBeGreaterThan(2_000);
    const names = (lines: readonly string[]) => lines.map((line) => line.split(" ")[0]);
    expect(names(one)).toEqual(names(two));
    const bulk = await tool("snmpbulkget", { ...options, version: "2c" }, "-Cr20", `${asc}.1`);
    expect(names(bulk.out.trim().split("\n"))).toEqual(names(one).slice(0, 20));
  });

  it("not with another community, and not what is not there", async () => {
    const stranger = await tool("snmpget", { port: server.port, community: "public" }, oids.time);
    expect(stranger.error).toMatch(/Timeout/);
    expect((await read(`${asc}.99.1.0`)).error).toContain("noSuchName");
    expect((await read(`${asc}.6.1.1`)).error).toContain("noSuchName");
  });
});

describe("Debian's tools drive a virtual cabinet", () => {
  const other: Pick<TimingPlan, "cycle" | "splits"> = {
    cycle: seconds(100),
    splits: [16, 40, 16, 28, 18, 38, 17, 27].map((split, i) => ({ phase: i + 1, split: seconds(split) })),
  };

  const rows = (row: number, splits = other.splits): readonly (readonly string[])[] => [
    ...splits.map(({ phase, split }) => [oids.splitTime(row, phase), "i", `${split / 1000}`]),
    ...splits.map(({ phase }) => [oids.splitMode(row, phase), "i", "4"]),
    ...[2, 6].map((phase) => [oids.splitCoord(row, phase), "i", "1"]),
    [oids.sequence(row, 1), "x", "01020304"],
    [oids.sequence(row, 2), "x", "05060708"],
    [oids.cycle(row), "i", "100"],
    [oids.offset(row), "i", "30"],
    [oids.splitNumber(row), "i", `${row}`],
    [oids.sequenceNumber(row), "i", `${row}`],
  ];

  const download = async (row: number): Promise<void> => {
    await done(oids.transaction, "i", "2");
    for (const one of rows(row)) await done(...one);
    await done(oids.transaction, "i", "3");
    expect(await number(oids.transaction)).toBe(6);
    expect(await number(oids.verifyStatus)).toBe(3);
    expect(unit.storedPlan(row)).toBeUndefined();
    await done(oids.transaction, "i", "1");
  };

  it("with a plan downloaded by hand, which it then runs with its offset from local midnight", async () => {
    run(20_000);
    const before = await number(oids.setId);
    await download(5);
    expect(await number(oids.setId)).not.toBe(before);
    await done(oids.systemPattern, "i", "5");
    expect(await number(oids.systemPattern)).toBe(5);
    expect(await number(oids.controlStatus)).toBe(2);
    for (let i = 0; i < 30; i++) {
      run(20_000);
      unit.feedWatchdog();
    }
    expect(await number(oids.patternStatus)).toBe(5);
    expect(await number(oids.freeStatus)).toBe(2);
    // In step, phase 2 turned green at local zero: 30 s after a multiple of the cycle from local midnight. Phase 6 starts
    // 18 s after its barrier, phase 2 only 16 s: it is the first.
    const { cyclePosition } = unit.status();
    expect((unit.now() - cyclePosition - LOCAL_MIDNIGHT - 30_000) % 100_000).toBe(0);
    expect(await number(oids.cycleStatus)).toBe(Math.ceil((100_000 - cyclePosition) / 1000));
  });

  it("counts local zero from the first coordinated phase, where that is not the junction's own", async () => {
    run(20_000);
    const splits = other.splits.map(({ phase, split }) => ({
      phase,
      split: phase === 5 ? seconds(15) : phase === 6 ? seconds(41) : split,
    }));
    await done(oids.transaction, "i", "2");
    for (const one of rows(6, splits)) await done(...one);
    await done(oids.transaction, "i", "3");
    await done(oids.transaction, "i", "1");
    // Phase 6 starts 15 s after the barrier, the junction's own phase 2 after 16 s: a second after local zero.
    const zero = LOCAL_MIDNIGHT + 30_000;
    expect(unit.storedPlan(6)!.offset).toBe((zero + 1_000) % 100_000);
  });

  it.each([
    ["splits that miss the cycle", [oids.splitTime(5, 4), "i", "29"], /add up/],
    ["a split below its minimum", [oids.splitTime(5, 1), "i", "3"], /below/],
    ["an offset of a whole cycle", [oids.offset(5), "i", "100"], /offset/],
    ["a sequence against the rings", [oids.sequence(5, 1), "x", "01020508"], /ring|sequence/],
    ["no coordinated phase", [oids.splitCoord(5, 2), "i", "0", oids.splitCoord(5, 6), "i", "0"], /coordinated/],
    ["a coordinated phase beyond the barrier", [oids.splitCoord(5, 4), "i", "1"], /coordinated phase 4/],
    ["a split table it does not have", [oids.splitNumber(5), "i", "65"], /patternSplitNumber/],
    ["an omitted coordinated phase", [oids.splitMode(5, 2), "i", "7"], /coordinated|add up|barrier/],
    ["another yellow", [`${asc}.1.2.1.8.1`, "i", "99"], /phaseYellowChange.1 is wired/],
  ])("but verification finds %s, and nothing is stored", async (_, change, why) => {
    await done(oids.transaction, "i", "2");
    for (const one of rows(5)) await done(...one);
    await done(...change);
    await done(oids.transaction, "i", "3");
    expect(await number(oids.verifyStatus)).toBe(2);
    expect((await read(oids.verifyError)).out).toMatch(why);
    await done(oids.transaction, "i", "1");
    expect(unit.storedPlan(5)).toBeUndefined();
    expect(await number(oids.cycle(5))).toBe(0);
  });

  it("into the running pattern, which changes at local zero", async () => {
    run(60_000);
    await download(5);
    await done(oids.systemPattern, "i", "5");
    for (let i = 0; i < 20; i++) {
      run(20_000);
      unit.feedWatchdog();
    }
    const before = unit.status().plan;
    await done(oids.splitTime(5, 3), "i", "17", oids.splitTime(5, 4), "i", "27");
    expect(unit.status().plan).toBe(before);
    for (let i = 0; i < 6; i++) {
      run(20_000);
      unit.feedWatchdog();
    }
    expect(unit.status().plan!.splits.get(3)).toBe(17_000);
  });

  it("row by row outside a transaction: stored at once, and a pattern they spoil runs free until they are mended", async () => {
    run(60_000);
    expect(await number(oids.patternStatus)).toBe(1);
    await done(oids.systemPattern, "i", "1");
    await done(oids.splitTime(1, 3), "i", "16");
    expect(await number(oids.splitTime(1, 3))).toBe(16);
    run(1_000);
    expect(await number(oids.patternStatus)).toBe(254);
    expect(await number(oids.freeStatus)).toBe(9); // splitOverrun: 91 s in a cycle of 90
    await done(oids.offset(1), "i", "90");
    run(1_000);
    expect(await number(oids.freeStatus)).toBe(10); // invalidOffset
    await done(oids.offset(1), "i", "0", oids.splitTime(1, 3), "i", "15");
    run(60_000);
    expect(await number(oids.patternStatus)).toBe(1);
    // Sequences belong to a transaction whatever they say.
    expect((await write(oids.sequence(1, 1), "x", "02010304")).error).toContain("genError");
  });

  it("and what a ring leaves of the cycle goes to its coordinated phase", async () => {
    run(20_000);
    const coordinated = [oids.splitCoord(1, 2), "i", "1", oids.splitCoord(1, 6), "i", "1"];
    await done(...coordinated, oids.splitTime(1, 3), "i", "12", oids.splitTime(1, 7), "i", "12");
    expect(unit.storedPlan(1)!.splits.get(2)).toBe(38_000);
    expect(await number(oids.splitTime(1, 2))).toBe(35);
  });

  it("phase by phase, in free operation", async () => {
    run(20_000);
    await done(oids.systemPattern, "i", "254", oids.control(2), "i", "119", oids.control(4), "i", "136");
    await done(oids.control(5), "i", "119", oids.control(6), "i", "136");
    expect(unit.control).toMatchObject({ omit: 0x77, hold: 0x88, forceOff: 0x77, vehicleCall: 0x88 });
    run(50_000);
    expect(await number(oids.status(4))).toBe(0x88);
    expect(await number(oids.freeStatus)).toBe(3);
    expect(await number(oids.control(4))).toBe(0x88);
  });

  it("with sixteen special functions, each by itself", async () => {
    run(20_000);
    expect(await number(`${asc}.3.13.0`)).toBe(16);
    const [commanded, shown] = [3, 4].map((column) => (row: number) => `${asc}.3.14.1.${column}.${row}`);
    for (let row = 1; row <= 16; row += 3) await done(commanded!(row), "i", "1");
    run(1_000);
    for (let row = 1; row <= 16; row++) expect(await number(shown!(row)), `${row}`).toBe(row % 3 === 1 ? 1 : 0);
    await done(commanded!(7), "i", "0");
    run(1_000);
    expect(await number(shown!(7))).toBe(0);
    expect(await number(shown!(16))).toBe(1);
    expect((await write(commanded!(17), "i", "1")).error).toContain("noSuchName");
  });

  it("to flash and back", async () => {
    run(20_000);
    await done(oids.systemPattern, "i", "255");
    run(40_000);
    expect(await number(oids.flashStatus)).toBe(3);
    expect(await number(oids.patternStatus)).toBe(255);
    await done(oids.systemPattern, "i", "0");
    run(30_000);
    expect(await number(oids.flashStatus)).toBe(2);
  });

  it("and a pattern nobody stored runs free, and says why", async () => {
    run(20_000);
    await done(oids.systemPattern, "i", "44");
    run(40_000);
    expect(await number(oids.patternStatus)).toBe(254);
    expect(await number(oids.freeStatus)).toBe(7);
  });

  it.each([
    ["another reserved bit of unitControl", `${asc}.3.10.0`, "2"],
    ["a reserved bit of unitControl", `${asc}.3.10.0`, "1"],
  ])("but refuses %s", async (_, oid, value) => {
    expect((await write(oid, "i", value)).error).toContain("badValue");
  });
});

describe("the backup timer", () => {
  const commanded = async (feed: () => Promise<unknown>): Promise<number> => {
    run(20_000);
    await done(oids.backupTime, "i", "10");
    await done(oids.systemPattern, "i", "1");
    for (let i = 0; i < 4; i++) {
      run(4_000);
      await feed();
    }
    return number(oids.systemPattern);
  };

  it.each([
    ["a SET of systemPatternControl", () => write(oids.systemPattern, "i", "1"), 1],
    ["a SET of a phase control group", () => write(oids.control(7), "i", "0"), 1],
    ["a SET of systemSyncControl", () => write(oids.systemSync, "i", "255"), 1],
    ["a GET", () => read(oids.systemPattern), 0],
    ["a database SET", () => write(oids.backupTime, "i", "10"), 0],
    ["a transaction", () => write(oids.transaction, "i", "2"), 0],
    ["the clock", async () => done(oids.time, "i", `${await number(oids.time)}`), 0],
  ])("and %s every 4 s", async (_, feed, pattern) => {
    expect(await commanded(feed)).toBe(pattern);
  });

  it("on expiry shows backup mode and zeroes what was commanded", async () => {
    run(20_000);
    await done(oids.backupTime, "i", "10");
    await done(oids.systemPattern, "i", "254", oids.control(4), "i", "136");
    run(11_000);
    expect(await number(oids.controlStatus)).toBe(4);
    expect(await number(oids.control(4))).toBe(0);
    await done(oids.systemPattern, "i", "1");
    expect(await number(oids.controlStatus)).toBe(2);
  });
});

describe("the port", () => {
  it("is a free one when none is named, and busy is an error", async () => {
    expect(server.url).toBe(`udp://127.0.0.1:${server.port}`);
    await expect(serveNtcip({ unit, port: server.port })).rejects.toThrow(/EADDRINUSE/);
  });

  it("is a stage-based junction's too: one ring", async () => {
    await server.close();
    await serve("a");
    run(60_000);
    expect(await number(`${asc}.7.1.0`)).toBe(4);
    expect(await number(`${asc}.1.1.0`)).toBe(16);
    expect((await read(oids.sequence(1, 2))).out).toContain('""');
    expect((await read(oids.sequence(1, 1))).out).toContain("Hex-STRING: 01 02 03");
  });
});
