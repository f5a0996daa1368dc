import { describe, expect, it, type TestContext } from "vitest";
import { seconds } from "../../../config/units.ts";
import type { StoredPlan } from "../../../simulation/cabinet/virtual-cabinet.ts";
import { testCity } from "../../support/city.ts";
import { at, Hush, memoryController } from "./memory-controller.ts";
import { type Fault, proxy } from "./proxy.ts";
import { otherPlan, type Rig, rig, slot, thirdPlan } from "./rig.ts";

/** Messages of one download to a cabinet that has a plan already: status, limits, status for the echo, heartbeat, shadow, read back, coil, commit, status. */
const messages = 9;
const every = Array.from({ length: messages }, (_, i) => i + 1);

/** A cabinet that runs `otherPlan` from a driver that has since died, and the wire to it. */
async function siteWith({ onTestFinished }: TestContext, fault?: Fault) {
  const site = await rig();
  const before = site.open();
  await site.ask(before, { kind: "plan", plan: otherPlan });
  for (let i = 0; i < 10; i++) {
    await site.run(seconds(15));
    await site.ask(before, { kind: "keep-alive" });
  }
  before.close();
  expect(site.unit.status().plan).toBe(site.unit.storedPlan(slot));
  const wire = await proxy(site.server.port, fault);
  onTestFinished(async () => {
    await wire.close();
    await site.close();
  });
  return { site, wire, driver: site.open({ url: wire.url }) };
}

const shape = (plan: StoredPlan | undefined) => plan && { cycle: plan.cycle, splits: [...plan.splits] };
const wanted = (plan: typeof otherPlan) => ({
  cycle: plan.cycle,
  splits: plan.splits.map(({ phase, split }) => [phase, split]),
});

const scheduled = testCity().schedule.planSets.get("day")!.plans.get("a")!;

/** Half a plan is a plan that is neither. */
function expectWhole(site: Rig) {
  for (const plan of [site.unit.storedPlan(slot), site.unit.status().plan])
    expect([otherPlan, thirdPlan, scheduled].map(wanted)).toContainEqual(shape(plan));
}

async function keep(site: Rig, driver: ReturnType<Rig["open"]>, time: number) {
  for (let t = 0; t < time; t += 15) {
    await site.run(seconds(15));
    expectWhole(site);
    await site.ask(driver, { kind: "keep-alive" });
  }
}

describe("a download over a wire that fails", () => {
  it("takes as many messages as these tests break one by one", async (context) => {
    const { site, wire, driver } = await siteWith(context);
    expect(await site.ask(driver, { kind: "plan", plan: thirdPlan })).toMatchObject({ result: "accepted" });
    expect(wire.messages()).toBe(messages);
  });

  it.concurrent.for(
    every.flatMap((at) =>
      (["drop-request", "drop-reply", "cut-before", "cut-after"] as const).map((does) => ({ at, does })),
    ),
  )("succeeds although message $at is met by: $does", async (fault, context) => {
    const { site, driver } = await siteWith(context, fault);
    expect(await site.ask(driver, { kind: "plan", plan: thirdPlan })).toMatchObject({ result: "accepted" });
    expectWhole(site);
    await keep(site, driver, 240);
    expect(shape(site.unit.status().plan)).toEqual(wanted(thirdPlan));
    expect(await site.reached(driver)).toMatchObject({ mode: "central", faults: [] });
  });

  it.concurrent.for(
    every.flatMap((n) => (["cut-before", "cut-after"] as const).map((does) => ({ at: n, does, forGood: true }))),
  )(
    "tells the truth when the wire is gone for good at message $at, $does, and a fresh driver recovers",
    async (fault, context) => {
      const { site, driver } = await siteWith(context, fault);
      const seqBefore = site.unit.storedPlan(slot);
      const outcome = await site.ask(driver, { kind: "plan", plan: thirdPlan });
      expectWhole(site);
      // Only the commit's way back may be in doubt: before it, nothing is taken; in any case nothing is called accepted.
      expect(outcome).toMatchObject({ result: "lost" });
      const reached = fault.at === messages || (fault.at === messages - 1 && fault.does === "cut-after");
      expect(site.unit.storedPlan(slot) === seqBefore).toBe(!reached);

      const fresh = site.open();
      expect(await site.ask(fresh, { kind: "plan", plan: thirdPlan })).toMatchObject({ result: "accepted" });
      await keep(site, fresh, 240);
      expect(shape(site.unit.status().plan)).toEqual(wanted(thirdPlan));
      expect(await site.reached(fresh)).toMatchObject({ mode: "central", faults: [] });
    },
  );

  it.concurrent.for([1, 2])("releases although message %i of it is lost", async (message, context) => {
    const { site, driver } = await siteWith(context, { at: message, does: "drop-reply" });
    expect(await site.ask(driver, { kind: "release" })).toMatchObject({ result: "accepted" });
    expect(site.unit.status().mode).toBe("local");
  });

  it.concurrent.for([
    ["is running after all", true],
    ["never runs", false],
  ] as const)(
    "waits to see what runs when a commit sent twice is called stale, and the plan %s",
    async ([, runs], { onTestFinished }) => {
      const site = await rig();
      const device = await memoryController();
      onTestFinished(async () => {
        await device.close();
        await site.close();
      });
      const driver = site.open({ url: device.url });
      let commits = 0;
      let reads = 0;
      device.hooks.write = (address) => {
        if (address !== at.commit) return;
        commits++;
        // The first one is held up on its way; it overtakes nothing and arrives just before the second.
        if (commits === 1) throw new Hush();
        device.input.set([18, device.holding[at.commit + 1]!, 2], at.result);
        reads = 0;
      };
      device.hooks.read = (address) => {
        if (address === 0 && commits === 2 && ++reads === 5 && runs) device.apply();
      };
      const outcome = await site.ask(driver, { kind: "plan", plan: thirdPlan });
      expect(commits).toBe(2);
      if (runs) expect(outcome).toMatchObject({ result: "accepted", detail: expect.stringMatching(/^running/) });
      else expect(outcome).toMatchObject({ result: "lost", code: "not-applied" });
    },
  );
});
