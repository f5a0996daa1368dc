import { oidOf, ref, SplitMode, type Write } from "ntcip-ts";
import { describe, expect, it } from "vitest";
import { instant, millis, seconds } from "../../../config/units.ts";
import {
  chooseSlot,
  coordinatedPhases,
  offsetSeconds,
  planFault,
  rowsOf,
  type UnitLimits,
} from "../../../controllers/ntcip/plan-rows.ts";
import { testCity } from "../../support/city.ts";
import { otherPlan, planFor } from "./rig.ts";

const city = testCity();
const junction = city.junctions.get("b")!;
const limits: UnitLimits = {
  maxPhases: 8,
  maxPatterns: 20,
  maxSplits: 10,
  maxSequences: 16,
  maxRings: 4,
  patternSync: 0,
  zone: seconds(8 * 3600),
};
const at = instant(Date.UTC(2026, 10, 23, 4));

describe("the slot", () => {
  it.each([
    [1, 1, 20],
    [20, 20, 19],
    [19, 19, 20],
    [1, 20, 19],
    [20, 19, 19],
    [19, 20, 20],
    [254, 0, 20],
  ])("while %d runs and %d is called is pattern %d", (running, called, pattern) => {
    const slot = chooseSlot(limits, running, called);
    expect(slot).toEqual({ pattern, split: pattern - 10, sequence: pattern - 4 });
  });
});

describe("the offset from the unit's midnight", () => {
  // Monday 2026-11-23, 12:00 in Balikpapan; local midnight is 16:00 UTC of the day before, 57,600 s after UTC midnight.
  it.each([
    // 28,800 s back to UTC midnight of today: 28,800 = 320 x 90, so the offset stays.
    ["a cycle that divides the 8 h", { cycle: seconds(90), offset: seconds(32) }, limits, 32],
    // 28,800 mod 100 = 0.
    ["another", { cycle: seconds(100), offset: seconds(17) }, limits, 17],
    // UTC midnight is 28,800 s after local midnight: 28,800 mod 84 = 72; 72 + 30 - 84 = 18.
    ["a cycle that does not", { cycle: seconds(84), offset: seconds(30) }, limits, 18],
    // A unit on UTC: the two midnights are one.
    ["a unit on UTC", { cycle: seconds(84), offset: seconds(30) }, { ...limits, zone: seconds(0) }, 30],
    // System zero ten minutes after midnight: 600 mod 84 = 12 s less.
    ["a sync point", { cycle: seconds(84), offset: seconds(30) }, { ...limits, patternSync: 10 }, 6],
    ["part of a second", { cycle: seconds(90), offset: millis(89_700) }, limits, 0],
  ])("with %s", (_, changes, of, expected) => {
    const plan = planFor("b", changes);
    expect(offsetSeconds(plan, { junction, limits: of, at })).toBe(expected);
  });

  it("is that of the first coordinated phase, which may start before the junction's own", () => {
    const early = otherPlan.splits.map((entry) => (entry.phase === 5 ? { phase: 5, split: seconds(10) } : entry));
    const plan = { ...otherPlan, splits: early };
    expect(coordinatedPhases(plan, junction)).toEqual([2, 6]);
    // Phase 6 starts 10 s after the barrier, phase 2 after 16 s.
    expect(offsetSeconds(plan, { junction, limits, at })).toBe(17 - 6);
    expect(offsetSeconds(otherPlan, { junction, limits, at })).toBe(17);
  });
});

describe("the rows of a plan", () => {
  const slot = { pattern: 20, split: 10, sequence: 16 };
  const rows = rowsOf(otherPlan, { junction, limits, slot, at });
  const value = (name: Parameters<typeof ref>[0], ...index: number[]): Write["value"] | undefined =>
    rows.find((write) => oidOf(write.ref) === oidOf(ref(name, ...index)))?.value;

  it("say each thing once", () => {
    expect(new Set(rows.map((write) => oidOf(write.ref))).size).toBe(rows.length);
  });

  it("empty the rings the junction does not have", () => {
    expect([1, 2, 3, 4].map((ring) => [...(value("sequenceData", 16, ring) as Uint8Array)])).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [],
      [],
    ]);
  });

  it("hold whole seconds, recall what is served and omit what is not", () => {
    const without = { ...otherPlan, splits: otherPlan.splits.filter(({ phase }) => phase !== 3) };
    const fewer = rowsOf(without, { junction, limits, slot, at });
    const of = (name: Parameters<typeof ref>[0]) =>
      fewer.filter((write) => write.ref.name === name).map((write) => write.value);
    expect(of("splitTime")).toEqual([16, 40, 0, 28, 18, 38, 17, 27]);
    expect(of("splitMode")).toEqual([4, 4, SplitMode.phaseOmitted, 4, 4, 4, 4, 4]);
    expect(of("splitCoordPhase")).toEqual([0, 1, 0, 0, 0, 1, 0, 0]);
  });

  it("recall the walk of a crossing without a button", () => {
    const unasked = { ...junction, crossings: junction.crossings.map((crossing) => ({ ...crossing, button: false })) };
    const modes = rowsOf(otherPlan, { junction: unasked, limits, slot, at })
      .filter((write) => write.ref.name === "splitMode")
      .map((write) => write.value);
    expect(modes).toEqual([4, 4, 4, SplitMode.maximumVehicleAndPedestrianRecall, 4, 4, 4, 4]);
  });

  it("are not made for a unit that counts from scheduled actions, or has no two slots", () => {
    expect(planFault(otherPlan, junction, limits)).toBeUndefined();
    expect(planFault(otherPlan, junction, { ...limits, patternSync: 65_535 })).toMatchObject({ code: "sync" });
    expect(planFault(otherPlan, junction, { ...limits, maxPatterns: 1 })).toMatchObject({ code: "slots" });
    expect(planFault(otherPlan, junction, { ...limits, maxPhases: 7 })).toMatchObject({ code: "phase-range" });
  });

  it.each([
    [254_000, undefined],
    [255_000, undefined],
    [256_000, "cycle-range"],
    [30_000, undefined],
    [29_000, "cycle-range"],
    [90_001, "cycle-range"],
  ])("take a cycle of %d ms: %s", (cycle, code) => {
    expect(planFault({ ...otherPlan, cycle: millis(cycle) }, junction, limits)?.code).toBe(code);
  });
});
