import { createServer } from "node:net";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import type { TimingPlan } from "../../../config/plan.ts";
import { after, millis, seconds } from "../../../config/units.ts";
import { openModbus } from "../../../controllers/modbus/driver.ts";
import { profileA } from "../../../controllers/modbus/register-map.ts";
import type { CabinetStatus, ReachableStatus } from "../../../engine/core/cabinet.ts";
import { untracked } from "../../../engine/ports/in-flight.ts";
import { at, memoryController } from "./memory-controller.ts";
import { otherPlan, type Rig, rig, slot, thirdPlan } from "./rig.ts";

const open: { close(): Promise<void> }[] = [];
const make = async (options?: Parameters<typeof rig>[0]): Promise<Rig> => {
  const made = await rig(options);
  open.push(made);
  return made;
};
const liar = async () => {
  const made = await memoryController();
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const made of open.splice(0)) await made.close();
});

const beatFor = async (site: Rig, driver: ReturnType<Rig["open"]>, time: number) => {
  for (let t = 0; t < time; t += 15) {
    await site.run(seconds(15));
    expect(await site.ask(driver, { kind: "keep-alive" })).toMatchObject({ result: "accepted" });
  }
};

const withSplits = (cycle: number, splits: readonly number[]): TimingPlan => ({
  ...otherPlan,
  cycle: seconds(cycle),
  splits: splits.map((split, i) => ({ phase: i + 1, split: seconds(split) })),
});

describe("downloading a plan", () => {
  it("commits it, and the cabinet runs it from its next cycle", async () => {
    const site = await make();
    const driver = site.open();
    expect(await site.reached(driver)).toMatchObject({ mode: "local", pattern: 1, faults: [], inTransition: false });

    const outcome = await site.ask(driver, { kind: "plan", plan: otherPlan });
    expect(outcome).toMatchObject({ result: "accepted", junction: "a" });
    expect(outcome.detail).toMatch(/^pending: /);
    expect(await site.reached(driver)).toMatchObject({ mode: "central", inTransition: true, faults: [] });

    await beatFor(site, driver, 180);
    const running = site.unit.status().plan!;
    expect(running.cycle).toBe(otherPlan.cycle);
    expect([...running.splits]).toEqual(otherPlan.splits.map(({ phase, split }) => [phase, split]));
    await beatFor(site, driver, 300);
    const status = await site.reached(driver);
    expect(status).toMatchObject({ mode: "central", inTransition: false, faults: [] });
    expect(status.pattern).toBeGreaterThanOrEqual(256);
    expect(site.unit.trips).toBe(0);
  });

  it("starts the coordinated green at the plan's offset against UTC midnight", async () => {
    const site = await make();
    const driver = site.open();
    expect(await site.ask(driver, { kind: "plan", plan: thirdPlan })).toMatchObject({ result: "accepted" });
    await beatFor(site, driver, 600);
    // 100 s divides a day, so the epoch and midnight say the same: green of phase 1 begins 17 s past every 100 s.
    const green: number[] = [];
    let before = site.unit.status().greens;
    for (let i = 0; i < 300; i++) {
      await site.run(seconds(0.5));
      if (i % 40 === 0) await site.ask(driver, { kind: "keep-alive" });
      const { greens } = site.unit.status();
      if (greens & 1 && !(before & 1)) green.push((site.clock.now() / 1000) % 100);
      before = greens;
    }
    expect(green.length).toBeGreaterThan(0);
    for (const second of green) expect(Math.abs(second - 17)).toBeLessThanOrEqual(0.5);
  });

  it("is in transition until the cabinet's cycle keeps the offset", async () => {
    const site = await make();
    const driver = site.open();
    await site.ask(driver, { kind: "plan", plan: thirdPlan });
    const told: boolean[] = [];
    for (let i = 0; i < 40; i++) {
      await beatFor(site, driver, 15);
      const { inTransition } = await site.reached(driver);
      const { pending, inTransition: moving, plan } = site.unit.status();
      expect(inTransition).toBe(pending || moving || plan?.cycle !== thirdPlan.cycle);
      told.push(inTransition);
    }
    expect(told[0]).toBe(true);
    expect(told.at(-1)).toBe(false);
  });

  it("lists the coordinated stage first, wherever the ring starts", async () => {
    const site = await make();
    const driver = site.open();
    const turned = { ...otherPlan, sequence: [[3, 1, 2]] };
    expect(await site.ask(driver, { kind: "plan", plan: turned })).toMatchObject({ result: "accepted" });
    expect(site.unit.storedPlan(slot)!.sequence).toEqual([[1, 2, 3]]);
  });

  it("goes on from the sequence number the cabinet has, even in a fresh driver", async () => {
    const site = await make();
    const first = site.open();
    expect((await site.ask(first, { kind: "plan", plan: otherPlan })).detail).toContain("sequence 1,");
    expect((await site.ask(first, { kind: "plan", plan: thirdPlan })).detail).toContain("sequence 2,");
    const second = site.open();
    expect((await site.ask(second, { kind: "plan", plan: otherPlan })).detail).toContain("sequence 3,");
  });

  it.each([
    ["a green below the minimum", withSplits(80, [43, 11, 26]), "green-too-short"],
    ["a green above the maximum", withSplits(140, [98, 15, 27]), "green-too-long"],
    ["splits that do not add up", withSplits(81, [40, 15, 25]), "cycle-sum"],
    ["a phase the junction lacks", { ...otherPlan, sequence: [[1, 2, 3, 4]] }, "stage-list"],
    ["a sequence without the coordinated phase", { ...otherPlan, sequence: [[2, 3]] }, "stage-list"],
    ["a phase served twice", { ...otherPlan, sequence: [[1, 2, 1, 3]] }, "stage-list"],
    ["two rings", { ...otherPlan, sequence: [[1, 2], [3]] }, "unsupported"],
    ["a plan of another junction", { ...otherPlan, junction: "c" }, "other-junction"],
    ["times finer than the registers", { ...otherPlan, offset: millis(17_050) }, "not-representable"],
  ])("refuses %s before it writes anything", async (_, plan, code) => {
    const site = await make();
    const device = await liar();
    const driver = site.open({ url: device.url });
    const writes: number[] = [];
    device.hooks.write = (address) => writes.push(address);
    expect(await site.ask(driver, { kind: "plan", plan })).toMatchObject({ result: "refused", code });
    expect(writes).toEqual([]);
  });

  it.each<[string, (input: Uint16Array) => void, string]>([
    ["takes fewer stages", (input) => input.set([2], 3), "stage-list"],
    ["lacks a stage", (input) => input.set([0, 0, 0, 0], 48), "stage-list"],
    ["has a longer amber", (input) => input.set([31], 41), "clearance-too-short"],
    ["has a longer all-red", (input) => input.set([21], 42), "clearance-too-short"],
    ["has a longer minimum green", (input) => input.set([351], 40), "green-too-short"],
    ["reports a conflict", (input) => input.set([1], 7), "fault"],
    ["reports a dead lamp", (input) => input.set([2], 7), "fault"],
  ])("writes nothing to a cabinet that %s", async (_, change, code) => {
    const site = await make();
    const device = await liar();
    change(device.input);
    const writes: number[] = [];
    device.hooks.write = (address) => writes.push(address);
    const outcome = await site.ask(site.open({ url: device.url }), { kind: "plan", plan: otherPlan });
    expect(outcome).toMatchObject({ result: "refused", code });
    expect(writes).toEqual([]);
  });

  it("leaves a cabinet alone that is under manual control, in flash or in fault", async () => {
    const site = await make();
    const driver = site.open();
    site.unit.inject({ kind: "manual", on: true });
    await site.run(seconds(1));
    expect(await site.ask(driver, { kind: "plan", plan: otherPlan })).toMatchObject({
      result: "refused",
      code: "mode",
    });
    site.unit.inject({ kind: "manual", on: false });
    site.unit.inject({ kind: "flash", on: true });
    await site.run(seconds(1));
    expect(await site.ask(driver, { kind: "plan", plan: otherPlan })).toMatchObject({
      result: "refused",
      code: "mode",
    });
    expect(site.unit.storedPlan(slot)).toBeUndefined();
  });

  it("names the cabinet's refusal and does not try again", async () => {
    const site = await make();
    const driver = site.open();
    // The cabinet's own range is narrower than what the register map can tell the driver about.
    const outcome = await site.ask(driver, { kind: "plan", plan: withSplits(45, [13, 13, 19]) });
    expect(outcome).toMatchObject({ result: "refused", code: "cycle-range" });
    expect(site.unit.storedPlan(slot)).toBeUndefined();
  });

  it("reports refusals of the commit by their name and register", async () => {
    const site = await make();
    const device = await liar();
    const driver = site.open({ url: device.url });
    let commits = 0;
    device.hooks.write = (address) => {
      if (address !== at.commit) return;
      commits++;
      device.input.set([23, device.holding[at.commit + 1]!, 13], at.result);
    };
    const outcome = await site.ask(driver, { kind: "plan", plan: otherPlan });
    expect(outcome).toMatchObject({ result: "refused", code: "green-too-short" });
    expect(outcome.detail).toContain("register 13");
    expect(commits).toBe(1);
  });

  it("does not commit what reads back differently", async () => {
    const site = await make();
    const device = await liar();
    const driver = site.open({ url: device.url });
    const writes: number[] = [];
    device.hooks.write = (address) => {
      writes.push(address);
      if (address === at.shadow) device.holding[at.shadow + 13]! ^= 1;
    };
    expect(await site.ask(driver, { kind: "plan", plan: otherPlan })).toMatchObject({
      result: "refused",
      code: "read-back-differs",
    });
    expect(writes).not.toContain(at.commit);
  });

  it("refuses when what runs is not what was sent", async () => {
    const site = await make();
    const device = await liar();
    const driver = site.open({ url: device.url });
    device.hooks.write = (address) => {
      if (address !== at.commit) return;
      device.apply();
      device.input[at.active + 20]! ^= 1;
      device.input.set([3, device.holding[at.commit + 1]!, 0xffff], at.result);
    };
    expect(await site.ask(driver, { kind: "plan", plan: otherPlan })).toMatchObject({
      result: "refused",
      code: "read-back-differs",
    });
  });

  it("waits while the cabinet validates, and is lost when it never says", async () => {
    const site = await make();
    const device = await liar();
    const driver = site.open({ url: device.url });
    device.hooks.write = (address) => {
      if (address === at.commit) device.input.set([1, device.holding[at.commit + 1]!, 0xffff], at.result);
    };
    const before = site.clock.now();
    expect(await site.ask(driver, { kind: "plan", plan: otherPlan })).toMatchObject({
      result: "lost",
      code: "not-applied",
    });
    expect(site.clock.now() - before).toBeGreaterThan(2 * site.junction.cycleMax);
  });

  it("gives way at once to a release while it waits", async () => {
    const site = await make();
    const device = await liar();
    const driver = site.open({ url: device.url });
    device.hooks.write = (address) => {
      if (address === at.commit) device.input.set([1, device.holding[at.commit + 1]!, 0xffff], at.result);
    };
    const results: string[] = [];
    const command = (id: string) => ({ id, junction: "a", at: site.clock.now() });
    driver
      .send({ ...command("p"), action: { kind: "plan", plan: otherPlan } })
      .subscribe((outcome) => results.push(outcome.result === "accepted" ? outcome.detail : outcome.code));
    await site.exchanges.idle();
    expect(results).toEqual([]);
    driver
      .send({ ...command("r"), action: { kind: "release" } })
      .subscribe((outcome) => results.push(outcome.result === "accepted" ? outcome.detail : outcome.code));
    await site.exchanges.idle();
    expect(results).toEqual(["superseded", "released"]);
    expect(device.coils[2]).toBe(1);
  });

  it("takes 'stale' for an answer only when the commit went out once", async () => {
    const site = await make();
    const device = await liar();
    const driver = site.open({ url: device.url });
    device.hooks.write = (address) => {
      if (address === at.commit) device.input.set([18, device.holding[at.commit + 1]!, 2], at.result);
    };
    expect(await site.ask(driver, { kind: "plan", plan: otherPlan })).toMatchObject({
      result: "refused",
      code: "stale-sequence",
    });
  });
});

describe("status", () => {
  it("shows the stage, its lamps and the cabinet's clock", async () => {
    const site = await make();
    const driver = site.open();
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const status = await site.reached(driver);
      const { greens, ambers } = site.unit.status();
      for (const { number } of site.junction.phases) {
        const bit = 1 << (number - 1);
        expect(status.phases[number]).toBe(greens & bit ? "green" : ambers & bit ? "amber" : "red");
        seen.add(`${number} ${status.phases[number]}`);
      }
      expect(status.clockError).toBe(0);
      await site.run(seconds(1.5));
    }
    expect([...seen].sort()).toEqual(expect.arrayContaining(["1 green", "2 green", "3 green", "1 red", "3 amber"]));
  });

  it("tells how far the cabinet's clock is off", async () => {
    const site = await make();
    site.unit.setClock(after(site.unit.now(), seconds(4.2)));
    expect((await site.reached(site.open())).clockError).toBe(4200);
  });

  it("reports faults and modes of the cabinet", async () => {
    const site = await make();
    const driver = site.open();
    site.unit.inject({ kind: "door", open: true });
    await site.run(seconds(1));
    expect((await site.reached(driver)).faults).toEqual(["door-open"]);
    site.unit.inject({ kind: "stuck-green", group: 2 });
    await site.run(seconds(60));
    expect(await site.reached(driver)).toMatchObject({ mode: "fault-flash" });
    expect((await site.reached(driver)).faults).toContain("conflict");
  });

  it("is asked for at its own place in the period, so that many do not answer at once", async () => {
    const site = await make();
    for (const phase of [millis(0), millis(500)]) {
      const driver = site.open({ phase });
      const times: number[] = [];
      const subscription = driver.status$.subscribe(({ at }) => times.push(at % 1000));
      await site.run(seconds(5));
      subscription.unsubscribe();
      expect(times.length).toBeGreaterThanOrEqual(4);
      expect(new Set(times)).toEqual(new Set([phase]));
    }
  });

  it("is unreachable, since when and why, and comes back by itself", async () => {
    const site = await make();
    const driver = site.open();
    expect(await site.reached(driver)).toMatchObject({ kind: "reachable" });
    await site.server.close();
    let tries = 0;
    const gone = createServer((socket) => {
      tries++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => gone.listen(Number(new URL(site.server.url).port), "127.0.0.1", resolve));
    onTestFinished(() => void gone.close());
    const statuses: CabinetStatus[] = [];
    driver.status$.subscribe((status) => statuses.push(status));
    await site.run(seconds(120));
    expect(statuses).toHaveLength(120);
    const [first] = statuses;
    for (const status of statuses)
      expect(status).toMatchObject({ kind: "unreachable", since: first!.at, reason: expect.stringMatching(/\w+: /) });
    // Back-off is capped: in two minutes it has tried more than a few times, and far from each second.
    expect(tries).toBeGreaterThan(4);
    expect(tries).toBeLessThan(15);
  });

  it.each([
    ["a torn block", (input: Uint16Array) => input.set([7], at.sampleA), "torn-read"],
    ["another device", (input: Uint16Array) => input.set([0x4155], 0), "other-device"],
    ["another version", (input: Uint16Array) => input.set([0x0200], at.version), "other-device"],
    ["a mode the map does not list", (input: Uint16Array) => input.set([57], at.mode), "bad-status"],
    ["a result the map does not list", (input: Uint16Array) => input.set([99], at.result), "bad-status"],
  ])("believes nothing of %s", async (_, spoil, code) => {
    const site = await make();
    const device = await liar();
    spoil(device.input);
    const status = await site.poll(site.open({ url: device.url }));
    expect(status).toMatchObject({ kind: "unreachable", reason: expect.stringContaining(code) });
  });

  it("reads a block again that changed under the read", async () => {
    const site = await make();
    const device = await liar();
    let reads = 0;
    device.hooks.read = (address) => {
      if (address === 0) device.input[at.sampleA] = ++reads < 3 ? reads : device.input[at.sampleB]!;
    };
    expect(await site.poll(site.open({ url: device.url }))).toMatchObject({ kind: "reachable" });
    expect(reads).toBe(3);
  });

  /** The controller that lies has no clock. */
  const ofThePlan = ({ faults }: ReachableStatus) => faults.filter((fault) => fault !== "clock-off");

  it("says when a pending plan is never applied, is refused late, or runs otherwise than sent", async () => {
    const site = await make();
    for (const [lie, fault] of [
      [() => undefined, "plan-not-applied"],
      [(device: Awaited<ReturnType<typeof liar>>) => device.input.set([28], at.result), "plan-refused-mode-refuses"],
      [
        (device: Awaited<ReturnType<typeof liar>>) => {
          device.apply();
          device.input[at.active + 3]! += 1;
        },
        "plan-differs",
      ],
    ] as const) {
      const device = await liar();
      const driver = site.open({ url: device.url });
      device.hooks.write = (address) => {
        if (address === at.commit) device.input.set([2, device.holding[at.commit + 1]!, 0xffff], at.result);
      };
      expect((await site.ask(driver, { kind: "plan", plan: otherPlan })).detail).toMatch(/^pending/);
      expect(ofThePlan(await site.reached(driver))).toEqual([]);
      lie(device);
      if (fault === "plan-not-applied") await site.run(millis(2 * site.junction.cycleMax + seconds(11)));
      expect(ofThePlan(await site.reached(driver))).toEqual([fault]);
    }
  });

  it("says when the cabinet runs another central plan than the one sent last", async () => {
    const site = await make();
    const device = await liar();
    const driver = site.open({ url: device.url });
    device.hooks.write = (address) => {
      if (address !== at.commit) return;
      device.apply();
      device.input.set([3, device.holding[at.commit + 1]!, 0xffff], at.result);
    };
    expect((await site.ask(driver, { kind: "plan", plan: otherPlan })).detail).toMatch(/^running/);
    expect(ofThePlan(await site.reached(driver))).toEqual([]);
    device.input[at.planSeq] = 77;
    expect(ofThePlan(await site.reached(driver))).toEqual(["plan-differs"]);
  });
});

describe("keeping a cabinet, and giving it back", () => {
  it("sets the cabinet's silence limit and changes the counter each time", async () => {
    const site = await make();
    const driver = site.open();
    site.unit.setBackupTime(seconds(300));
    for (const counter of [1, 2, 3])
      expect(await site.ask(driver, { kind: "keep-alive" })).toMatchObject({ detail: `heartbeat ${counter}` });
    expect(site.unit.backupTime).toBe(seconds(60));
    expect(site.unit.watchdogAge()).toBe(0);
    expect(await site.ask(site.open(), { kind: "keep-alive" })).toMatchObject({ detail: "heartbeat 4" });
  });

  it("skips 0 when the counter wraps", async () => {
    const site = await make();
    const device = await liar();
    device.input[at.heartbeatEcho] = 0xffff;
    expect(await site.ask(site.open({ url: device.url }), { kind: "keep-alive" })).toMatchObject({
      detail: "heartbeat 1",
    });
  });

  it("leaves the cabinet to its local plan when the engine falls silent", async () => {
    const site = await make();
    const driver = site.open();
    await site.ask(driver, { kind: "plan", plan: otherPlan });
    await beatFor(site, driver, 120);
    expect(await site.reached(driver)).toMatchObject({ mode: "central" });
    await site.run(seconds(61));
    expect(await site.reached(driver)).toMatchObject({ mode: "local", faults: ["watchdog-expired"] });
    await site.run(seconds(180));
    expect(await site.reached(driver)).toMatchObject({ mode: "local", pattern: 1 });
    expect(site.unit.trips).toBe(0);
  });

  it("releases to local control, and can take over again", async () => {
    const site = await make();
    const driver = site.open();
    await site.ask(driver, { kind: "plan", plan: otherPlan });
    await beatFor(site, driver, 120);
    expect(await site.ask(driver, { kind: "release" })).toMatchObject({ result: "accepted", detail: "released" });
    expect(await site.reached(driver)).toMatchObject({ mode: "local" });
    expect(await site.ask(driver, { kind: "plan", plan: thirdPlan })).toMatchObject({ result: "accepted" });
    await beatFor(site, driver, 240);
    expect(site.unit.status()).toMatchObject({ mode: "central", plan: { cycle: thirdPlan.cycle } });
  });

  it("has nothing to release where the cabinet is local already", async () => {
    const site = await make();
    expect(await site.ask(site.open(), { kind: "release" })).toMatchObject({
      result: "accepted",
      detail: "already out of central control: local",
    });
  });

  it("says so when a cabinet ignores the release", async () => {
    const site = await make();
    const device = await liar();
    device.input[at.mode] = 5;
    device.hooks.deafCoils = true;
    expect(await site.ask(site.open({ url: device.url }), { kind: "release" })).toMatchObject({
      result: "refused",
      code: "release-ignored",
    });
  });

  it("takes plans only: serving phases second by second is refused", async () => {
    const site = await make();
    const driver = site.open();
    expect(await site.ask(driver, { kind: "serve", phases: [1] })).toMatchObject({
      result: "refused",
      code: "unsupported",
    });
    const status = await site.reached(driver);
    expect(status.capabilities).toMatchObject({
      planDownload: true,
      secondBySecond: false,
      maxPhases: 8,
      resolution: 100,
    });
  });

  it("is lost when closed", async () => {
    const site = await make();
    const driver = site.open();
    driver.close();
    expect(await site.ask(driver, { kind: "keep-alive" })).toMatchObject({ result: "lost", code: "closed" });
  });

  it("refuses to open what cannot work, naming it", async () => {
    const site = await make();
    const options = {
      spec: site.cabinet,
      junction: site.junction,
      url: site.server.url,
      map: profileA,
      clock: site.clock,
      inFlight: untracked,
    };
    expect(() => openModbus({ ...options, url: "udp://127.0.0.1:502" })).toThrow(
      /udp:\/\/127.0.0.1:502.*tcp:\/\/host:port/,
    );
    expect(() => openModbus({ ...options, url: "tcp://127.0.0.1:70000" })).toThrow(/1\.\.65535/);
    expect(() => openModbus({ ...options, spec: { ...site.cabinet, backupTime: seconds(2) } })).toThrow(
      /backupTime 2000 ms.*50\.\.6000/,
    );
    expect(() => openModbus({ ...options, spec: { ...site.cabinet, junction: "c" } })).toThrow(/junction is c/);
  });
});
