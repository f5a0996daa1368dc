import { afterEach, describe, expect, it } from "vitest";
import { epochOffset } from "../../../config/plan.ts";
import { instant, millis, seconds } from "../../../config/units.ts";
import { openNtcip } from "../../../controllers/ntcip/driver.ts";
import type { Action } from "../../../engine/core/cabinet.ts";
import { untracked } from "../../../engine/ports/in-flight.ts";
import { isSet } from "./proxy.ts";
import { openRig, otherPlan, planFor, type Rig, SLOTS, START } from "./rig.ts";

const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});
async function start(junction: "a" | "b" = "b"): Promise<Rig> {
  const rig = await openRig({ junction });
  rigs.push(rig);
  await rig.run(20_000);
  return rig;
}

const plan: Action = { kind: "plan", plan: otherPlan };
const release: Action = { kind: "release" };
const alive: Action = { kind: "keep-alive" };

describe("status over NTCIP", () => {
  it("comes once a poll and says what the lamps, the mode and the clock are", async () => {
    const rig = await start("a");
    const seen = rig.statuses();
    await rig.run(10_000);
    expect(seen).toHaveLength(10);
    const { cyclePosition } = rig.unit.status();
    const last = seen.at(-1)!;
    expect(last).toMatchObject({
      kind: "reachable",
      junction: "a",
      at: rig.clock.now(),
      mode: "local",
      pattern: 1,
      inTransition: false,
      phases: { 1: "green", 2: "red", 3: "red" },
      clockError: 0,
      faults: [],
      capabilities: { planDownload: true, secondBySecond: true, resolution: 1000, cycleMin: 50_000, cycleMax: 140_000 },
    });
    if (last.kind !== "reachable") throw new Error("unreachable");
    expect(Math.abs(last.cyclePosition! - cyclePosition)).toBeLessThanOrEqual(1000);
  });

  it("is shared by its subscribers: one poll for all", async () => {
    const rig = await start();
    const [first, second] = [rig.statuses(), rig.statuses()];
    rig.spoil({});
    await rig.run(5_000);
    expect([first.length, second.length]).toEqual([5, 5]);
    // Two to ask what the unit has, one more for the length of the running cycle.
    expect(rig.proxy.counts.requests).toBe(8);
  });

  it("follows a cabinet to flash, to a policeman and to a conflict", async () => {
    const rig = await start();
    const seen = rig.statuses();
    rig.unit.inject({ kind: "manual", on: true });
    await rig.run(2_000);
    expect(seen.at(-1)).toMatchObject({ mode: "manual" });
    rig.unit.inject({ kind: "flash", on: true });
    await rig.run(2_000);
    expect(seen.at(-1)).toMatchObject({ mode: "flash" });
    rig.unit.inject({ kind: "clear" });
    await rig.run(1_000);
    expect(seen.at(-1)).toMatchObject({ mode: "startup" });
    await rig.run(30_000);
    rig.unit.inject({ kind: "stuck-green", group: 1 });
    rig.unit.inject({ kind: "stuck-green", group: 3 });
    await rig.run(60_000);
    expect(seen.at(-1)).toMatchObject({ mode: "fault-flash", faults: ["critical-alarm", "conflict"] });
  });

  it("tells a clock that is off", async () => {
    const rig = await start();
    const seen = rig.statuses();
    rig.unit.setClock(instant(rig.clock.now() + 7_000));
    await rig.run(2_000);
    expect(seen.at(-1)).toMatchObject({ clockError: 7_000 });
  });
});

describe("a plan over NTCIP", () => {
  it.each([
    ["b", otherPlan],
    ["a", planFor("a", { offset: seconds(33) })],
  ] as const)("at junction %s is downloaded, verified, read back, called and run", async (junction, wanted) => {
    const rig = await start(junction);
    const outcome = await rig.send({ kind: "plan", plan: wanted });
    expect(outcome).toMatchObject({ result: "accepted", detail: `pattern ${SLOTS[0]} is called, 1 runs still` });
    const stored = rig.unit.storedPlan(SLOTS[0])!;
    expect(stored).toMatchObject({
      cycle: wanted.cycle,
      sequence: wanted.sequence,
      offset: epochOffset(wanted, START),
      splits: new Map(wanted.splits.map(({ phase, split }) => [phase, split])),
    });
    for (let i = 0; i < 30; i++) {
      await rig.run(10_000);
      expect(await rig.send(alive)).toMatchObject({ result: "accepted" });
    }
    const status = rig.unit.status();
    expect(status).toMatchObject({ mode: "central", pattern: SLOTS[0], inTransition: false });
    // Start of green of the coordinated phase, counted from UTC midnight.
    const opened = rig.unit.now() - status.cyclePosition;
    expect((opened - epochOffset(wanted, START)) % wanted.cycle).toBe(0);
  });

  it("takes the two engine slots in turn and never the running pattern", async () => {
    const rig = await start();
    const slots: (number | undefined)[] = [];
    let previous = 0;
    for (let i = 0; i < 4; i++) {
      const offset = seconds(20 + i);
      const running = rig.unit.status().plan;
      expect((await rig.send({ kind: "plan", plan: { ...otherPlan, offset } })).result).toBe("accepted");
      expect(rig.unit.status().plan).toBe(running);
      slots.push(rig.unit.commandedPattern);
      expect(rig.unit.commandedPattern).not.toBe(previous);
      for (let j = 0; j < 15; j++) {
        await rig.run(20_000);
        await rig.send(alive);
      }
      previous = rig.unit.status().pattern;
      expect(previous).toBe(rig.unit.commandedPattern);
    }
    expect(slots).toEqual([64, 63, 64, 63]);
  });

  it("leaves every other row of the cabinet as it was", async () => {
    const rig = await start();
    const before = Array.from({ length: 62 }, (_, i) => rig.unit.storedPlan(i + 1));
    await rig.send(plan);
    expect(Array.from({ length: 62 }, (_, i) => rig.unit.storedPlan(i + 1))).toEqual(before);
  });

  it("brings its own watchdog time where the cabinet's is another", async () => {
    const rig = await start();
    rig.unit.setBackupTime(seconds(600));
    await rig.send(plan);
    expect(rig.unit.backupTime).toBe(rig.spec.backupTime);
  });

  it.each([
    ["cycle-range", { cycle: seconds(256) }],
    ["cycle-range", { cycle: seconds(29) }],
    ["cycle-range", { cycle: millis(90_500) }],
    ["split-range", { splits: [{ phase: 1, split: seconds(256) }] }],
    ["split-range", { splits: [{ phase: 1, split: millis(15_100) }] }],
    ["phase-range", { splits: [{ phase: 9, split: seconds(15) }] }],
    ["phase-range", { sequence: [[1, 2, 3, 4, 12]] }],
    ["rings", { sequence: [[1], [2], [3]] }],
    ["coordinated-phase", { splits: [{ phase: 1, split: seconds(15) }] }],
    ["junction", { junction: "a" }],
  ])("that cannot be said is refused before anything is written (%s)", async (code, changes) => {
    const rig = await start();
    rig.spoil({ request: (bytes) => (isSet(bytes) ? "drop" : "pass") });
    expect(await rig.send({ kind: "plan", plan: { ...otherPlan, ...changes } })).toMatchObject({
      result: "refused",
      code,
    });
  });

  it("that the cabinet cannot run is refused in the cabinet's words, and nothing stays", async () => {
    const rig = await start();
    const short = otherPlan.splits.map(({ phase, split }) => ({
      phase,
      split: phase === 1 || phase === 5 ? seconds(4) : phase === 2 || phase === 6 ? seconds(52) : split,
    }));
    const outcome = await rig.send({ kind: "plan", plan: { ...otherPlan, splits: short } });
    expect(outcome).toMatchObject({ result: "refused", code: "verify-failed" });
    expect(outcome).toMatchObject({ detail: expect.stringContaining("pattern 64") });
    expect(rig.unit.storedPlan(64)).toBeUndefined();
    expect(rig.unit.commandedPattern).toBe(0);
    expect((await rig.send(plan)).result).toBe("accepted");
  });

  it("is handed back when a policeman has the cabinet", async () => {
    const rig = await start();
    rig.unit.inject({ kind: "manual", on: true });
    await rig.run(1_000);
    expect(await rig.send(plan)).toMatchObject({ result: "refused", code: "not-in-control" });
    expect(rig.unit.commandedPattern).toBe(0);
    expect(await rig.send(alive)).toMatchObject({ result: "refused", code: "nothing-in-force" });
  });
});

describe("the watchdog", () => {
  it("is fed by keep-alive, and by nothing else: silence hands the cabinet back", async () => {
    const rig = await start();
    await rig.send(plan);
    for (let i = 0; i < 5; i++) {
      await rig.run(40_000);
      expect((await rig.send(alive)).result).toBe("accepted");
    }
    expect(rig.unit.status().mode).toBe("central");
    const seen = rig.statuses(); // Polls go on, and do not feed it.
    await rig.run(61_000);
    expect(rig.unit.commandedPattern).toBe(0);
    expect(seen.at(-1)).toMatchObject({ mode: "local", faults: ["watchdog-expired"] });
    expect(await rig.send(alive)).toMatchObject({ result: "refused", code: "released" });
    expect(rig.unit.commandedPattern).toBe(0);
    expect(await rig.send(alive)).toMatchObject({ result: "refused", code: "nothing-in-force" });
  });

  it("does not keep a plan alive that somebody changed", async () => {
    const rig = await start();
    await rig.send(plan);
    const neighbour = await openRigDriver(rig);
    expect((await neighbour(plan)).result).toBe("accepted");
    expect(await rig.send(alive)).toMatchObject({ result: "refused" });
  });
});

/** A second central on the same cabinet. */
async function openRigDriver(rig: Rig) {
  const { spec, junction, server, clock, city } = rig;
  const other = openNtcip({
    spec,
    junction,
    url: server.url,
    community: "public",
    clock,
    inFlight: rig.exchanges,
    utcOffset: city.utcOffset,
  });
  return async (action: Action) => {
    const results: { readonly result: string }[] = [];
    other
      .send({ id: "x", junction: junction.id, at: clock.now(), action })
      .subscribe((outcome) => results.push(outcome));
    await rig.exchanges.idle();
    while (results.length === 0) await rig.run(100);
    other.close();
    return results[0]!;
  };
}

describe("second by second", () => {
  it("serves exactly the phases asked for, and goes there by the cabinet's own times", async () => {
    const rig = await start();
    expect((await rig.send({ kind: "serve", phases: [4, 8] })).result).toBe("accepted");
    const greens = async (): Promise<number> => {
      for (let i = 0; i < 6; i++) {
        await rig.run(10_000);
        await rig.send(alive);
      }
      return rig.unit.status().greens;
    };
    expect(await greens()).toBe(0b1000_1000);
    expect(rig.unit.status()).toMatchObject({ mode: "central", pattern: 254 });
    expect((await rig.send({ kind: "serve", phases: [2, 5] })).result).toBe("accepted");
    expect(await greens()).toBe(0b0001_0010);
    expect(rig.unit.trips).toBe(0);
    expect((await rig.send(release)).result).toBe("accepted");
    expect(rig.unit.commandedPattern).toBe(0);
    expect(Object.values(rig.unit.control).every((mask) => mask === 0)).toBe(true);
  });

  it("gives way to a plan without leaving a phase held", async () => {
    const rig = await start();
    await rig.send({ kind: "serve", phases: [4, 8] });
    await rig.send(plan);
    expect(Object.values(rig.unit.control).every((mask) => mask === 0)).toBe(true);
    expect(rig.unit.commandedPattern).toBe(64);
  });

  it.each([
    ["unknown-phase", [9]],
    ["unknown-phase", []],
    ["phases", [1, 2]],
    ["phases", [2, 8]],
  ])("refuses with %s to serve %j", async (code, phases) => {
    const rig = await start();
    expect(await rig.send({ kind: "serve", phases })).toMatchObject({ result: "refused", code });
    expect(rig.unit.commandedPattern).toBe(0);
  });
});

describe("commands in a row", () => {
  it("are done one after the other", async () => {
    const rig = await start();
    const first = rig.begin(plan);
    const second = rig.begin({ kind: "serve", phases: [4] });
    const last = await rig.send({ kind: "serve", phases: [2, 6] });
    expect([first.outcome()!.result, second.outcome()!.result, last.result]).toEqual([
      "accepted",
      "accepted",
      "accepted",
    ]);
    expect(rig.unit.control.hold).toBe(0b0010_0010);
  });

  it("are bounded", async () => {
    const rig = await start();
    const all = Array.from({ length: 12 }, () => rig.begin({ kind: "serve", phases: [4] }));
    await rig.run(2_000);
    expect(
      all.map(({ outcome }) => outcome()).filter((one) => one?.result === "refused" && one.code === "busy"),
    ).toHaveLength(3);
  });

  it("are dropped by a release that comes after them", async () => {
    const rig = await start();
    await rig.send(plan);
    const running = rig.begin({ kind: "serve", phases: [4] });
    const waiting = rig.begin(plan);
    const released = await rig.send(release);
    await rig.run(1_000);
    expect(running.outcome()).toBeDefined();
    expect(waiting.outcome()).toMatchObject({ result: "refused", code: "superseded" });
    expect(released.result).toBe("accepted");
    expect(rig.unit.commandedPattern).toBe(0);
  });

  it("finish although nobody listens any more", async () => {
    const rig = await start();
    const subscription = rig.driver().send({ id: "x", junction: "b", at: rig.clock.now(), action: plan }).subscribe();
    subscription.unsubscribe();
    await rig.run(5_000);
    expect(rig.unit.commandedPattern).toBe(64);
  });

  it("end with `closed` when the driver is closed", async () => {
    const rig = await start();
    const running = rig.begin(plan);
    const waiting = rig.begin(release);
    rig.driver().close();
    expect(running.outcome()).toMatchObject({ result: "lost", code: "closed" });
    expect(waiting.outcome()).toMatchObject({ result: "lost", code: "closed" });
    expect(await rig.send(release)).toMatchObject({ result: "lost", code: "closed" });
  });

  it("for another junction are refused", async () => {
    const rig = await start();
    const seen: unknown[] = [];
    rig
      .driver()
      .send({ id: "x", junction: "a", at: rig.clock.now(), action: release })
      .subscribe((outcome) => seen.push(outcome));
    await rig.run(200);
    expect(seen).toMatchObject([{ result: "refused", code: "junction" }]);
  });
});

it.each(["tcp://127.0.0.1:161", "udp://cabinet.example:161"])("refuses the address %s", async (url) => {
  const { spec, junction, clock, city } = await start();
  const rest = { spec, junction, clock, community: "x", inFlight: untracked, utcOffset: city.utcOffset };
  expect(() => openNtcip({ ...rest, url })).toThrow(/udp:\/\//);
});
