import { afterEach, describe, expect, it } from "vitest";
import { seconds } from "../../../config/units.ts";
import { otherPlan, type Rig, rig, slot, thirdPlan } from "./rig.ts";

const open: Rig[] = [];
const make = async (options?: Parameters<typeof rig>[0]): Promise<Rig> => {
  const made = await rig(options);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const made of open.splice(0)) await made.close();
});

describe("downloading a plan", () => {
  it("commits it, and the cabinet runs it from its next cycle", async () => {
    const site = await make();
    const driver = site.open();
    expect(await site.reached(driver)).toMatchObject({ mode: "local", pattern: 1, faults: [], inTransition: false });

    const outcome = await site.ask(driver, { kind: "plan", plan: otherPlan });
    expect(outcome).toMatchObject({ result: "accepted", junction: "a" });
    expect(outcome.result === "accepted" && outcome.detail).toMatch(/^pending: /);
    expect(await site.reached(driver)).toMatchObject({ mode: "central", inTransition: true, faults: [] });

    for (let i = 0; i < 12; i++) {
      await site.run(seconds(15));
      expect(await site.ask(driver, { kind: "keep-alive" })).toMatchObject({ result: "accepted" });
    }
    const running = site.unit.status().plan!;
    expect(running.cycle).toBe(otherPlan.cycle);
    expect([...running.splits]).toEqual(otherPlan.splits.map(({ phase, split }) => [phase, split]));
    const status = await site.reached(driver);
    expect(status).toMatchObject({ mode: "central", inTransition: false, faults: [] });
    expect(status.pattern).toBeGreaterThanOrEqual(256);
  });
});
