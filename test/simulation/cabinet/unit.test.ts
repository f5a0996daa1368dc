import { describe, expect, it } from "vitest";
import type { PlanSet, Schedule } from "../../../config/model.ts";
import { instant, millis, seconds } from "../../../config/units.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import { plans } from "../../support/city.ts";
import { bit, MIDNIGHT, rig, stages, stored } from "./rig.ts";

const dayPlan = plans.find((plan) => plan.junction === "a")!;
const nightSet: PlanSet = {
  id: "night",
  slot: 2,
  plans: new Map([
    [
      "a",
      {
        ...dayPlan,
        id: "night/a",
        cycle: seconds(60),
        splits: [
          { phase: 1, split: seconds(25) },
          { phase: 2, split: seconds(15) },
          { phase: 3, split: seconds(20) },
        ],
      },
    ],
  ]),
};
const daySet: PlanSet = { id: "day", slot: 1, plans: new Map([["a", dayPlan]]) };
const HOUR = 3_600_000;
const everyDay = [0, 1, 2, 3, 4, 5, 6];

function scheduleOf(parts: Partial<Schedule>): Schedule {
  return {
    planSets: new Map([
      ["day", daySet],
      ["night", nightSet],
    ]),
    entries: [{ days: everyDay, from: millis(0), to: millis(24 * HOUR), planSet: "day" }],
    events: [],
    ...parts,
  };
}

describe("starting up", () => {
  it("flashes, shows all red, then runs the scheduled plan in step", () => {
    const cabinet = rig({ junction: "a", start: MIDNIGHT + 7000 });
    expect(cabinet.unit.status().mode).toBe("startup");
    expect([...cabinet.unit.lamps]).toEqual([6, 6, 6, 6]);
    cabinet.run(3000);
    expect([...cabinet.unit.lamps]).toEqual([1, 1, 1, 1]);
    cabinet.run(4900);
    expect([...cabinet.unit.lamps]).toEqual([1, 1, 1, 1]);
    cabinet.run(100);
    expect(cabinet.lamp("main")).toBe(Lamp.green);
    expect(cabinet.unit.status()).toMatchObject({
      mode: "local",
      pattern: 1,
      inTransition: false,
      cyclePosition: 15_000,
    });
  });

  it("waits for the next phase where too little green is left of the present one", () => {
    // Phase 1 ends its green 40 s into the cycle; at 36 s its minimum of 7 s no longer fits, phase 2 begins at 45 s.
    const cabinet = rig({ junction: "a", start: MIDNIGHT + 28_000 });
    cabinet.run(60_000);
    expect(cabinet.greens("main-right")[0]).toBe(MIDNIGHT + 45_000);
    expect(cabinet.greens("main")).toEqual([]);
  });

  it("comes back by itself after a power loss, without commands but with its plans and its clock", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.run(100_000);
    const night = stored({ cycle: 60, splits: { 1: 25, 2: 15, 3: 20 }, sequence: stages });
    expect(cabinet.unit.storePlans(new Map([[101, night]]))).toBeUndefined();
    cabinet.unit.commandPattern(101);
    cabinet.run(200_000);
    expect(cabinet.unit.status()).toMatchObject({ mode: "central", pattern: 101 });
    cabinet.unit.inject({ kind: "reboot" });
    expect([...cabinet.unit.lamps]).toEqual([0, 0, 0, 0]);
    expect(cabinet.unit.commandedPattern).toBe(0);
    expect(cabinet.unit.status().mode).toBe("startup");
    cabinet.run(40_000);
    expect(cabinet.unit.status()).toMatchObject({ mode: "local", pattern: 1 });
    expect(cabinet.unit.storedPlan(101)).toEqual(night);
    expect(cabinet.unit.now()).toBe(cabinet.at());
    expect(cabinet.unit.trips).toBe(0);
  });
});

describe("its own calendar", () => {
  it("changes plan sets at the local hour", () => {
    const evening = MIDNIGHT + 9 * HOUR + 1_800_000;
    const schedule = scheduleOf({
      entries: [
        { days: everyDay, from: millis(0), to: millis(18 * HOUR), planSet: "day" },
        { days: everyDay, from: millis(18 * HOUR), to: millis(24 * HOUR), planSet: "night" },
      ],
    });
    const cabinet = rig({ junction: "a", start: evening, schedule });
    // 17:30 in Balikpapan is 09:30 UTC.
    cabinet.run(1_799_000);
    expect(cabinet.unit.status().pattern).toBe(1);
    cabinet.run(120_000);
    expect(cabinet.unit.status()).toMatchObject({ pattern: 2, mode: "local" });
  });

  it("lets an event of the calendar override the day, and comes back after it", () => {
    const schedule = scheduleOf({
      events: [
        { name: "match", from: instant(MIDNIGHT + 600_000), to: instant(MIDNIGHT + 1_200_000), planSet: "night" },
      ],
    });
    const cabinet = rig({ junction: "a", schedule });
    cabinet.run(599_000);
    expect(cabinet.unit.status().pattern).toBe(1);
    cabinet.run(200_000);
    expect(cabinet.unit.status().pattern).toBe(2);
    cabinet.run(600_000);
    expect(cabinet.unit.status().pattern).toBe(1);
  });

  it("runs free where the schedule holds no plan for it", () => {
    const schedule = scheduleOf({ planSets: new Map([["day", { id: "day", slot: 1, plans: new Map() }]]) });
    const cabinet = rig({ junction: "a", schedule });
    cabinet.run(60_000);
    expect(cabinet.unit.status()).toMatchObject({ pattern: 254, mode: "local" });
    expect(cabinet.lamp("main")).toBe(Lamp.green);
  });

  it("runs free, and says so, where the scheduled plan is not safe", () => {
    const unsafe = { ...dayPlan, cycle: seconds(40) };
    const schedule = scheduleOf({
      planSets: new Map([["day", { id: "day", slot: 1, plans: new Map([["a", unsafe]]) }]]),
    });
    const cabinet = rig({ junction: "a", schedule });
    cabinet.run(60_000);
    expect(cabinet.unit.status()).toMatchObject({ pattern: 254, faults: ["plan-rejected"] });
  });

  it("counts offsets from UTC midnight again each day, where the cycle does not divide it", () => {
    // 86 400 s is 987 cycles of 87.5 s and 37.5 s more.
    const odd = {
      ...dayPlan,
      cycle: seconds(87.5),
      splits: [
        { phase: 1, split: seconds(42.5) },
        { phase: 2, split: seconds(17) },
        { phase: 3, split: seconds(28) },
      ],
    };
    const schedule = scheduleOf({
      planSets: new Map([["day", { id: "day", slot: 1, plans: new Map([["a", odd]]) }]]),
    });
    const cabinet = rig({ junction: "a", start: MIDNIGHT - 300_000, schedule });
    const written = rig({ junction: "a", start: MIDNIGHT - 300_000, schedule });
    const own = stored({ cycle: 60, splits: { 1: 25, 2: 15, 3: 20 }, sequence: stages });
    written.unit.storePlans(new Map([[1, own]]));
    written.run(900_000);
    expect(written.unit.storedPlan(1)).toEqual(own);
    cabinet.run(900_000);
    const mains = cabinet.greens("main");
    const before = mains.filter((at) => at < MIDNIGHT);
    const after = mains.filter((at) => at > MIDNIGHT + 300_000);
    expect(before.length).toBeGreaterThan(1);
    expect(after.length).toBeGreaterThan(1);
    // Nothing is out of step on either side but by a step of the machine.
    for (const at of before.slice(1)) expect((at - (MIDNIGHT - 86_400_000)) % 87_500).toBe(0);
    for (const at of after) expect((at - MIDNIGHT) % 87_500).toBe(0);
  });
});

describe("the watchdog", () => {
  const commanded = () => {
    const cabinet = rig({ junction: "a", cabinet: { backupTime: seconds(60) } });
    cabinet.unit.storePlans(new Map([[101, stored({ cycle: 60, splits: { 1: 25, 2: 15, 3: 20 }, sequence: stages })]]));
    cabinet.run(20_000);
    cabinet.unit.commandPattern(101);
    return cabinet;
  };

  it("goes back to local control after exactly the backup time, and says why", () => {
    const cabinet = commanded();
    cabinet.run(59_900);
    expect(cabinet.unit.commandedPattern).toBe(101);
    expect(cabinet.unit.watchdogAge()).toBe(59_900);
    cabinet.run(100);
    expect(cabinet.unit.commandedPattern).toBe(0);
    expect(cabinet.unit.status()).toMatchObject({ mode: "local", faults: ["watchdog-expired"] });
    cabinet.run(200_000);
    expect(cabinet.unit.status()).toMatchObject({ pattern: 1, faults: ["watchdog-expired"] });
    cabinet.unit.feedWatchdog();
    expect(cabinet.unit.status().faults).toEqual([]);
  });

  it("takes back control bits that came without a pattern", () => {
    const cabinet = rig({ junction: "a", cabinet: { backupTime: seconds(60) } });
    cabinet.unit.setControl({ omit: bit(2) });
    cabinet.run(60_000);
    expect(cabinet.unit.control.omit).toBe(0);
    expect(cabinet.unit.status().faults).toEqual(["watchdog-expired"]);
  });

  it("clears control bits as well", () => {
    const cabinet = commanded();
    cabinet.unit.setControl({ hold: bit(1), omit: bit(2, 3) });
    cabinet.run(60_000);
    expect(cabinet.unit.control).toEqual({
      vehicleCall: 0,
      pedestrianCall: 0,
      hold: 0,
      forceOff: 0,
      omit: 0,
      pedestrianOmit: 0,
      stopTime: 0,
    });
  });

  it("stays with the engine while it is fed", () => {
    const cabinet = commanded();
    cabinet.run(600_000, (at) => {
      if (at % 20_000 === 0) cabinet.unit.feedWatchdog();
    });
    expect(cabinet.unit.status()).toMatchObject({ mode: "central", pattern: 101, faults: [] });
  });

  it("has nothing to say after a release", () => {
    const cabinet = commanded();
    cabinet.unit.setControl({ hold: 0 });
    cabinet.unit.commandPattern(0);
    cabinet.run(200_000);
    expect(cabinet.unit.status()).toMatchObject({ mode: "local", faults: [] });
  });
});

describe("hands on the cabinet", () => {
  it("holds the present phase under manual control, whatever it is told", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.until(() => cabinet.lamp("side") === Lamp.green);
    cabinet.unit.inject({ kind: "manual", on: true });
    cabinet.unit.commandPattern(254);
    cabinet.unit.setControl({ vehicleCall: bit(1), forceOff: bit(3), hold: bit(1) });
    cabinet.run(300_000);
    expect(cabinet.lamp("side")).toBe(Lamp.green);
    expect(cabinet.unit.status().mode).toBe("manual");
    cabinet.unit.inject({ kind: "manual", on: false });
    cabinet.run(30_000);
    expect(cabinet.lamp("main")).toBe(Lamp.green);
    expect(cabinet.unit.status().mode).toBe("central");
  });

  it("flashes at once at the switch, and starts up again", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.run(30_000);
    cabinet.unit.inject({ kind: "flash", on: true });
    cabinet.run(100);
    expect([...cabinet.unit.lamps]).toEqual([6, 6, 6, 6]);
    expect(cabinet.unit.status()).toMatchObject({ mode: "flash", pattern: 255 });
    cabinet.unit.inject({ kind: "flash", on: false });
    cabinet.run(100);
    expect(cabinet.unit.status().mode).toBe("startup");
    cabinet.run(40_000);
    expect(cabinet.unit.status()).toMatchObject({ mode: "local", pattern: 1 });
    expect(cabinet.unit.trips).toBe(0);
  });

  it("ends its greens before a commanded flash", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.until(() => cabinet.lamp("main") === Lamp.green);
    cabinet.unit.commandPattern(255);
    cabinet.until(() => cabinet.unit.status().mode === "flash", 30_000);
    const main = cabinet.shown.filter((part) => part.group === 0).map((part) => part.lamp);
    expect(main.slice(-4)).toEqual([Lamp.green, Lamp.amber, Lamp.red, Lamp.flash]);
  });

  it("reports an open door", () => {
    const cabinet = rig({ junction: "c" });
    cabinet.unit.inject({ kind: "door", open: true });
    expect(cabinet.unit.status().faults).toEqual(["door-open"]);
    cabinet.unit.inject({ kind: "door", open: false });
    expect(cabinet.unit.status().faults).toEqual([]);
  });
});

describe("detectors", () => {
  it("counts and measures occupancy by closed periods, with a sequence", () => {
    const cabinet = rig({ junction: "c" });
    cabinet.unit.setDetectorPeriod(seconds(10));
    cabinet.run(10_000);
    const sequence = cabinet.unit.detectorSequence;
    // 1.5 s of presence twice in ten seconds.
    cabinet.run(10_000, (at) => {
      const t = at % 10_000;
      if (t === 1000 || t === 5000) cabinet.unit.detect(1, true, 1);
      if (t === 2500 || t === 6500) cabinet.unit.detect(1, false, 0);
    });
    expect(cabinet.unit.detectorSequence).toBe(sequence + 1);
    expect(cabinet.unit.detector(1)).toEqual({ present: false, total: 2, volume: 2, occupancy: 0.3, fault: "ok" });
    cabinet.run(10_000);
    expect(cabinet.unit.detector(1)).toEqual({ present: false, total: 2, volume: 0, occupancy: 0, fault: "ok" });
    expect(cabinet.unit.detector(99)).toEqual({ present: false, total: 0, volume: 0, occupancy: 0, fault: "ok" });
  });

  it("carries presence over from one period to the next", () => {
    const cabinet = rig({ junction: "c" });
    cabinet.unit.setDetectorPeriod(seconds(10));
    cabinet.run(10_000);
    cabinet.unit.detect(1, true, 1);
    cabinet.run(20_000);
    expect(cabinet.unit.detector(1)).toMatchObject({ present: true, volume: 0, occupancy: 1 });
  });
});

describe("calls", () => {
  it("are kept from those who come while the lamps flash", () => {
    const cabinet = rig({ junction: "c" });
    cabinet.until(() => cabinet.lamp("main") === Lamp.green);
    cabinet.unit.inject({ kind: "flash", on: true });
    cabinet.run(1000);
    expect(cabinet.unit.status().vehicleCalls).toBe(0);
    cabinet.unit.detect(1, true, 1);
    cabinet.unit.detect(1, false, 0);
    expect(cabinet.unit.status().vehicleCalls).toBe(bit(1));
  });
});

describe("clock", () => {
  it("drifts by what was asked, and keeps its offset by its own clock", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.unit.inject({ kind: "clock-drift", partsPerMillion: 1000 });
    cabinet.run(1_000_000);
    expect(cabinet.unit.now() - cabinet.at()).toBe(1000);
    expect(cabinet.unit.status()).toMatchObject({ inTransition: false });
    const own = cabinet.unit.now() - cabinet.unit.status().cyclePosition - MIDNIGHT;
    expect(Math.abs(((own + 45_000) % 90_000) - 45_000)).toBeLessThanOrEqual(100);
    // Its interval timers keep true: no amber is cut by drift.
    const ambers = cabinet.shown.filter((part) => part.lamp === Lamp.amber).map(({ from, to }) => to - from);
    expect(new Set(ambers)).toEqual(new Set([3000]));
  });

  it("moves back into step after it was set", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.run(100_000);
    cabinet.unit.setClock(instant(cabinet.at() + 12_000));
    cabinet.run(270_000);
    const [last] = cabinet.greens("main").slice(-1);
    expect((last! + 12_000 - MIDNIGHT) % 90_000).toBe(0);
    expect(cabinet.unit.trips).toBe(0);
  });
});
