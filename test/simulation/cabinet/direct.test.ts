import { describe, expect, it } from "vitest";
import { SteppedClock } from "../../../app/stepped-clock.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { instant, millis, seconds } from "../../../config/units.ts";
import type { Action, CabinetStatus, Outcome } from "../../../engine/core/cabinet.ts";
import { directController } from "../../../simulation/cabinet/direct.ts";
import { createVirtualCabinet } from "../../../simulation/cabinet/unit.ts";
import { plans, testCity } from "../../support/city.ts";
import { MIDNIGHT } from "./rig.ts";

function connected(junction: string) {
  const city = testCity();
  const spec = city.cabinets.get(`cab-${junction}`)!;
  const clock = new SteppedClock(instant(MIDNIGHT));
  const unit = createVirtualCabinet({
    cabinet: spec,
    junction: city.junctions.get(junction)!,
    schedule: city.schedule,
    utcOffset: city.utcOffset,
    start: clock.now(),
  });
  const field = directController({ unit, spec, clock });
  let sent = 0;
  const send = (action: Action): Outcome => {
    const outcomes: Outcome[] = [];
    field.send({ id: `c${++sent}`, junction, at: clock.now(), action }).subscribe((outcome) => outcomes.push(outcome));
    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]).toMatchObject({ command: `c${sent}`, junction, at: clock.now() });
    return outcomes[0]!;
  };
  const run = (time: number, each?: () => void) => {
    for (const end = clock.now() + time; clock.now() < end; ) {
      each?.();
      clock.advanceTo(instant(clock.now() + 100));
      unit.step(clock.now());
    }
  };
  return { field, unit, clock, send, run };
}

const planFor = (junction: string, changes: Partial<TimingPlan> = {}): TimingPlan => ({
  ...plans.find((plan) => plan.junction === junction)!,
  ...changes,
});

describe("the direct controller", () => {
  it("polls while subscribed, once each poll period", () => {
    const { field, clock, run } = connected("a");
    const seen: CabinetStatus[] = [];
    const subscription = field.status$.subscribe((status) => seen.push(status));
    run(20_000);
    expect(seen).toHaveLength(20);
    expect(seen.at(-1)).toMatchObject({
      kind: "reachable",
      junction: "a",
      at: clock.now(),
      mode: "local",
      pattern: 1,
      clockError: -100,
      phases: { 1: "green", 2: "red", 3: "red" },
      faults: [],
    });
    subscription.unsubscribe();
    run(5_000);
    expect(seen).toHaveLength(20);
  });

  it("downloads, reads back and runs a plan, its offset counted from UTC midnight", () => {
    const { send, unit, run } = connected("a");
    run(20_000);
    expect(send({ kind: "plan", plan: planFor("a", { offset: seconds(33) }) }).result).toBe("accepted");
    run(500_000, () => unit.feedWatchdog());
    const status = unit.status();
    expect(status).toMatchObject({ mode: "central", pattern: 101, inTransition: false });
    expect((unit.now() - status.cyclePosition - MIDNIGHT - 33_000) % 90_000).toBe(0);
  });

  it("never writes over the pattern that runs", () => {
    const { send, unit, run } = connected("a");
    run(20_000);
    for (let i = 0; i < 6; i++) {
      const running = unit.status().pattern;
      const before = unit.storedPlan(running);
      send({ kind: "plan", plan: planFor("a", { offset: seconds(i) }) });
      expect(unit.commandedPattern).not.toBe(running);
      expect(unit.storedPlan(running)).toBe(before);
      // Sometimes before the plan just sent has begun.
      run(i % 2 ? 10_000 : 200_000, () => unit.feedWatchdog());
    }
    expect([101, 102]).toContain(unit.status().pattern);
  });

  it.each<[string, Partial<TimingPlan>, string]>([
    ["a cycle that does not add up", { cycle: seconds(91) }, "cycle-sum"],
    ["an unknown phase", { sequence: [[1, 2, 3, 9]] }, "unknown-phase"],
    ["a time finer than the cabinet's", { splits: [{ phase: 1, split: millis(45_050) }] }, "resolution"],
  ])("passes on that the cabinet refuses %s", (_, changes, code) => {
    const { send, unit, run } = connected("a");
    run(20_000);
    expect(send({ kind: "plan", plan: planFor("a", changes) })).toMatchObject({ result: "refused", code });
    expect(unit.commandedPattern).toBe(0);
    expect(unit.storedPlan(101)).toBeUndefined();
  });

  it("refuses plans while somebody else has the cabinet", () => {
    const { send, unit, run } = connected("a");
    run(20_000);
    unit.inject({ kind: "manual", on: true });
    expect(send({ kind: "plan", plan: planFor("a") })).toMatchObject({ result: "refused", code: "mode" });
  });

  it("serves phases second by second over NTCIP", () => {
    const { send, unit, run } = connected("b");
    run(20_000);
    for (const phases of [
      [4, 8],
      [2, 6],
      [1, 6],
      [3, 7],
    ]) {
      run(30_000, () => {
        expect(send({ kind: "serve", phases }).result).toBe("accepted");
      });
      const mask = phases.reduce((bits, phase) => bits | (1 << (phase - 1)), 0);
      expect(unit.status().greens).toBe(mask);
    }
    expect(unit.trips).toBe(0);
  });

  it.each([
    ["phases of one ring", [1, 2], "phases"],
    ["phases across a barrier", [2, 8], "phases"],
    ["an unknown phase", [2, 17], "unknown-phase"],
    ["no phase at all", [], "unknown-phase"],
  ])("refuses to serve %s", (_, phases, code) => {
    const { send, unit } = connected("b");
    expect(send({ kind: "serve", phases })).toMatchObject({ result: "refused", code });
    expect(unit.commandedPattern).toBe(0);
  });

  it("refuses second-by-second control to a cabinet that takes plans only", () => {
    const { send } = connected("a");
    expect(send({ kind: "serve", phases: [1] })).toMatchObject({ result: "refused", code: "unsupported" });
  });

  it("keeps the cabinet by keep-alives, loses it without, and hands it back by release", () => {
    const { send, unit, run } = connected("a");
    run(20_000);
    send({ kind: "plan", plan: planFor("a", { offset: seconds(5) }) });
    run(300_000, () => send({ kind: "keep-alive" }));
    expect(unit.status().mode).toBe("central");
    run(60_000);
    expect(unit.status()).toMatchObject({ mode: "local", faults: ["watchdog-expired"] });
    send({ kind: "plan", plan: planFor("a", { offset: seconds(5) }) });
    expect(send({ kind: "release" }).result).toBe("accepted");
    run(200_000);
    expect(unit.status()).toMatchObject({ mode: "local", pattern: 1, faults: [] });
  });

  it("lets go of everything it held when it releases", () => {
    const { send, unit, run } = connected("b");
    send({ kind: "serve", phases: [4, 8] });
    run(20_000);
    send({ kind: "release" });
    expect(unit.commandedPattern).toBe(0);
    expect(Object.values(unit.control)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    run(120_000);
    expect(unit.status()).toMatchObject({ mode: "local", pattern: 1, faults: [] });
  });

  it("goes from second-by-second control back to a plan without what was held", () => {
    const { send, unit, run } = connected("b");
    run(20_000);
    send({ kind: "serve", phases: [4, 8] });
    run(20_000);
    send({ kind: "plan", plan: planFor("b") });
    expect(unit.control.hold).toBe(0);
    run(60_000, () => send({ kind: "keep-alive" }));
    expect(unit.status()).toMatchObject({ pattern: 101, inTransition: false });
  });
});
