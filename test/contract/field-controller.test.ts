import { describe, expect, it, onTestFinished } from "vitest";
import { instant, seconds } from "../../config/units.ts";
import { noReplyFaults, type ReplyFaults } from "../../simulation/cabinet/reply-faults.ts";
import type { InjectedFault } from "../../simulation/cabinet/virtual-cabinet.ts";
import { testCity } from "../support/city.ts";
import { type Bench, openBench, type Protocol, protocols, runs, shape, wanted } from "./benches.ts";

const scheduled = testCity().schedule.planSets.get("day")!.plans.get("a")!;
const plan = { kind: "plan", plan: wanted } as const;

async function bench(protocol: Protocol, seed?: number): Promise<Bench> {
  const made = await openBench(protocol, seed);
  onTestFinished(() => made.close());
  return made;
}

/** What runs is the whole of one of the plans, and no lamp has been wrong. */
function expectWhole(site: Bench) {
  expect([shape(wanted), shape(scheduled), undefined]).toContainEqual(runs(site));
  expect(site.unit.trips).toBe(0);
}

/** Any field controller, whatever it speaks: what the engine may count on. */
describe.each(protocols)("a field controller over %s", (protocol) => {
  it("tells what the cabinet does", async () => {
    const site = await bench(protocol);
    for (let i = 0; i < 15; i++) {
      const status = await site.seen();
      const { greens, ambers, mode } = site.unit.status();
      expect(status).toMatchObject({ junction: "a", mode, pattern: 1, at: site.clock.now() });
      for (const { number } of site.junction.phases) {
        const bit = 1 << (number - 1);
        expect(status.phases[number]).toBe(greens & bit ? "green" : ambers & bit ? "amber" : "red");
      }
      expect(Math.abs(status.clockError ?? 0)).toBeLessThanOrEqual(1000);
      expect(status.capabilities).toMatchObject({ planDownload: true });
      await site.run(seconds(6));
    }
  });

  it("tells who has called a walk, where the protocol does, until it begins", async () => {
    const site = await bench(protocol);
    const walking = site.junction.phases.find(({ groups }) => groups.includes("walk"))!.number;
    const calls = async () => (await site.seen()).walkCalls;
    if (protocol === "modbus") return expect(await calls()).toBeUndefined();
    while (site.unit.status().greens & (1 << (walking - 1))) await site.run(seconds(1));
    expect(await calls()).toEqual([]);
    site.unit.pressButton(0);
    expect(await calls()).toEqual([walking]);
    for (let t = 0; t < 120 && site.unit.status().pedestrianCalls > 0; t++) await site.run(seconds(1));
    expect(site.unit.status().greens).toBe(1 << (walking - 1));
    expect(await calls()).toEqual([]);
  });

  it("downloads a plan, which then runs whole, in step, for as long as it is kept", async () => {
    const site = await bench(protocol);
    expect(await site.ask(plan)).toMatchObject({ result: "accepted" });
    await site.keep(seconds(600));
    expect(runs(site)).toEqual(shape(wanted));
    expect(await site.seen()).toMatchObject({ mode: "central", inTransition: false, faults: [] });
    expect(site.unit.status().plan!.offset % wanted.cycle).toBe(site.unit.status().plan!.offset);
    expectWhole(site);
  });

  it("loses the cabinet to its own plan within the backup time of the engine's silence, and takes it again", async () => {
    const site = await bench(protocol);
    await site.ask(plan);
    await site.keep(seconds(200));
    expect(site.unit.status().mode).toBe("central");
    await site.run(site.spec.backupTime + seconds(1));
    expect(site.unit.status().mode).toBe("local");
    const fallen = await site.seen();
    expect(fallen.mode).toBe("local");
    expect(fallen.faults).toContain("watchdog-expired");
    await site.run(seconds(300));
    expect(runs(site)).toEqual(shape(scheduled));
    expect(await site.ask(plan)).toMatchObject({ result: "accepted" });
    await site.keep(seconds(300));
    expect(runs(site)).toEqual(shape(wanted));
    expectWhole(site);
  });

  it("releases at once, always, as often as it is asked", async () => {
    const site = await bench(protocol);
    expect(await site.ask({ kind: "release" })).toMatchObject({ result: "accepted" });
    await site.ask(plan);
    await site.keep(seconds(100));
    for (let i = 0; i < 2; i++) {
      expect(await site.ask({ kind: "release" })).toMatchObject({ result: "accepted" });
      expect(site.unit.status().mode).toBe("local");
    }
    await site.run(seconds(300));
    expect(runs(site)).toEqual(shape(scheduled));
  });

  it("serves phases second by second where it says so, and refuses where not", async () => {
    const site = await bench(protocol);
    const { capabilities } = await site.seen();
    for (const number of [2, 3, 1]) {
      const outcome = await site.ask({ kind: "serve", phases: [number] });
      if (!capabilities.secondBySecond) {
        expect(outcome).toMatchObject({ result: "refused", code: "unsupported" });
        continue;
      }
      expect(outcome).toMatchObject({ result: "accepted" });
      for (let t = 0; t < 60; t += 5) {
        await site.run(seconds(5));
        await site.ask({ kind: "keep-alive" });
      }
      expect(site.unit.status().greens).toBe(1 << (number - 1));
    }
    expect(await site.ask({ kind: "serve", phases: [9] })).toMatchObject({ result: "refused" });
    expectWhole(site);
  });

  it("lets the next green wait while that is said, where it serves second by second, and never for good", async () => {
    const site = await bench(protocol);
    const held = { kind: "serve", phases: [2], hold: true } as const;
    if (!(await site.seen()).capabilities.secondBySecond) {
      expect(await site.ask(held)).toMatchObject({ result: "refused", code: "unsupported" });
      return;
    }
    /** From phase 1 to phase 2, waiting for so many seconds of the change. */
    const change = async (wait: number): Promise<number> => {
      await site.ask({ kind: "serve", phases: [1] });
      await site.run(seconds(50));
      expect(site.unit.status().greens).toBe(1);
      for (let t = 0; t < 60; t++) {
        expect(await site.ask(t < wait ? held : { kind: "serve", phases: [2] })).toMatchObject({ result: "accepted" });
        await site.run(seconds(1));
        if (site.unit.status().greens === 2) return t;
      }
      throw new Error("no green in a minute");
    };
    const plain = await change(0);
    expect(await change(plain + 6)).toBeGreaterThanOrEqual(plain + 6);
    expect(await change(60)).toBeLessThanOrEqual(20);
    // Nobody says anything any more: it goes on by itself.
    await site.ask({ kind: "serve", phases: [1] });
    await site.run(seconds(50));
    for (let t = 0; t < plain + 3; t++) {
      await site.ask(held);
      await site.run(seconds(1));
    }
    expect(site.unit.status().greens).toBe(0);
    await site.run(seconds(6));
    expect(site.unit.status().greens).toBe(2);
    expectWhole(site);
  });

  it.each<[string, { readonly splits: readonly number[]; readonly junction?: string }]>([
    ["a green below its minimum", { splits: [40, 10, 30] }],
    ["splits that do not add up", { splits: [40, 15, 26] }],
    ["a stage the junction lacks", { splits: [30, 15, 25, 10] }],
    ["another junction's plan", { splits: [40, 15, 25], junction: "c" }],
  ])("refuses %s and changes nothing", async (_, { splits, junction = "a" }) => {
    const site = await bench(protocol);
    const bad = {
      ...wanted,
      junction,
      splits: splits.map((split, i) => ({ phase: i + 1, split: seconds(split) })),
      sequence: [splits.map((_, i) => i + 1)],
    };
    const outcome = await site.ask({ kind: "plan", plan: bad });
    expect(outcome).toMatchObject({ result: "refused", code: expect.stringMatching(/^[a-z][a-z0-9-]*$/) });
    await site.run(seconds(200));
    expect(site.unit.status()).toMatchObject({ mode: "local", pattern: 1 });
    expect(runs(site)).toEqual(shape(scheduled));
  });

  it.each<[string, InjectedFault, string]>([
    ["the panel", { kind: "manual", on: true }, "manual"],
    ["the flash switch", { kind: "flash", on: true }, "flash"],
    ["a preempt", { kind: "preempt", number: 2, on: true }, "preempt"],
    ["a conflict", { kind: "stuck-green", group: 2 }, "fault-flash"],
  ])("stands back for %s, and says so", async (_, fault, mode) => {
    const site = await bench(protocol);
    site.unit.inject(fault);
    await site.run(seconds(60));
    expect(site.unit.status().mode).toBe(mode);
    expect((await site.seen()).mode).toBe(mode);
    const outcome = await site.ask(plan);
    if (mode !== "preempt") expect(outcome).toMatchObject({ result: "refused" });
    expect(site.unit.status().mode).toBe(mode);
    expect(await site.ask({ kind: "release" })).toMatchObject({ result: "accepted" });
    site.unit.inject({ kind: "clear" });
    await site.run(seconds(300));
    expect(await site.ask(plan)).toMatchObject({ result: "accepted" });
    await site.keep(seconds(300));
    expect(runs(site)).toEqual(shape(wanted));
  });

  it.each<[string, InjectedFault]>([
    ["takes no plan", { kind: "refuse", on: true }],
    ["reads back other values", { kind: "lie", on: true }],
  ])("is told no by a cabinet that %s, and leaves what runs", async (_, fault) => {
    const site = await bench(protocol);
    site.unit.inject(fault);
    const outcome = await site.ask(plan);
    expect(outcome).toMatchObject({ result: "refused" });
    site.unit.inject({ kind: "clear" });
    await site.run(seconds(200));
    expect(runs(site)).toEqual(shape(scheduled));
    expect(await site.ask(plan)).toMatchObject({ result: "accepted" });
  });

  it("shows a clock that runs wrong", async () => {
    const site = await bench(protocol);
    site.unit.setClock(instant(site.unit.now() + 7000));
    await site.run(seconds(2));
    const { clockError } = await site.seen();
    expect(Math.abs(clockError! - 7000)).toBeLessThanOrEqual(1000);
    site.unit.inject({ kind: "clock-drift", partsPerMillion: 2000 });
    await site.run(seconds(1000));
    expect(Math.abs((await site.seen()).clockError! - 9000)).toBeLessThanOrEqual(1000);
  });

  it.each<[string, InjectedFault, number]>([
    ["a burnt-out lamp", { kind: "lamp-failure", group: 0 }, 5],
    ["a stuck detector", { kind: "stuck-detector", channel: 1, present: true }, 720],
    ["its door open", { kind: "door", open: true }, 5],
  ])("goes on with %s in the cabinet", async (_, fault, after) => {
    const site = await bench(protocol);
    await site.ask(plan);
    site.unit.inject(fault);
    await site.keep(seconds(after));
    expect(site.unit.status().faults.length).toBeGreaterThan(0);
    const seen = await site.seen();
    expect(seen.mode).toBe("central");
    expect(seen.faults.length).toBeGreaterThan(0);
    expectWhole(site);
  });

  it.each([1, 2, 4, 7, 11, 16])(
    "survives a reboot at reply %i of a download: no half plan, and the next one runs",
    async (n) => {
      const site = await bench(protocol);
      site.watchReplies((count) => {
        if (count === n) site.unit.inject({ kind: "reboot" });
      });
      if (protocol === "direct") site.unit.inject({ kind: "reboot" });
      const outcome = await site.ask(plan);
      site.watchReplies(() => undefined);
      await site.run(seconds(200));
      expectWhole(site);
      if (outcome.result !== "accepted") expect(runs(site)).not.toEqual(shape(wanted));
      expect(await site.ask(plan)).toMatchObject({ result: "accepted" });
      await site.keep(seconds(300));
      expect(runs(site)).toEqual(shape(wanted));
      expectWhole(site);
    },
  );
});

describe.each(["ntcip", "modbus"] as const)("a cabinet's clock, %s", (protocol) => {
  const off = (site: Bench) => Math.abs(site.unit.now() - site.clock.now());

  it("is named when it is off, and left alone while the cabinet is its own", async () => {
    const site = await bench(protocol);
    site.unit.setClock(instant(site.unit.now() + 7000));
    await site.run(seconds(60));
    expect((await site.seen()).faults).toContain("clock-off");
    expect(off(site)).toBe(7000);
  });

  it("is set while it runs our plan, and the plan goes on in step", async () => {
    const site = await bench(protocol);
    await site.ask(plan);
    await site.keep(seconds(200));
    const subscription = site.field.status$.subscribe();
    site.unit.setClock(instant(site.unit.now() - 40_000));
    await site.keep(seconds(10));
    expect(off(site)).toBeLessThanOrEqual(1000);
    await site.keep(seconds(400));
    expect(await site.seen()).toMatchObject({ mode: "central", inTransition: false, faults: [] });
    subscription.unsubscribe();
    expectWhole(site);
  });

  it("that runs away is set at most once in a quarter of an hour", async () => {
    const site = await bench(protocol);
    await site.ask(plan);
    await site.keep(seconds(200));
    const subscription = site.field.status$.subscribe();
    for (let n = 0; n < 2; n++) {
      site.unit.setClock(instant(site.unit.now() + 20_000));
      await site.keep(seconds(10));
    }
    expect(off(site)).toBeGreaterThan(19_000);
    await site.keep(seconds(900));
    expect(off(site)).toBeLessThanOrEqual(1000);
    subscription.unsubscribe();
    expectWhole(site);
  });
});

/** Faults of the wire, for those who have one. */
describe.each(["ntcip", "modbus"] as const)("a field controller over a bad wire, %s", (protocol) => {
  const faults: readonly [string, Partial<ReplyFaults>][] = [
    ["loses one reply in ten", { drop: 0.1 }],
    ["is slow", { delay: 40, jitter: 40 }],
    ["doubles replies", { duplicate: 0.5 }],
    ["reorders replies", { reorder: 0.1 }],
    ["does all of it", { drop: 0.05, delay: 10, jitter: 30, duplicate: 0.1, reorder: 0.05 }],
  ];

  it.each(faults)("that %s: what it says is so", async (_, fault) => {
    const site = await bench(protocol);
    Object.assign(site.wire, fault);
    const outcome = await site.ask(plan);
    expect(outcome).toMatchObject({ result: "accepted" });
    for (let t = 0; t < 240; t += 15) {
      await site.run(seconds(15));
      await site.ask({ kind: "keep-alive" });
      expectWhole(site);
    }
    expect(runs(site)).toEqual(shape(wanted));
    expect(await site.ask({ kind: "release" })).toMatchObject({ result: "accepted" });
    expect(site.unit.status().mode).toBe("local");
  });

  it("that is dead: everything is lost, nothing is accepted, and all is well when it is back", async () => {
    const site = await bench(protocol);
    site.wire.drop = 1;
    expect(await site.poll()).toMatchObject({ kind: "unreachable" });
    expect(await site.ask(plan)).toMatchObject({ result: "lost" });
    expect(await site.ask({ kind: "release" })).toMatchObject({ result: "lost" });
    Object.assign(site.wire, noReplyFaults);
    expect((await site.seen()).kind).toBe("reachable");
    expect(await site.ask(plan)).toMatchObject({ result: "accepted" });
    await site.keep(seconds(300));
    expect(runs(site)).toEqual(shape(wanted));
  });
});
