import { describe, expect, it } from "vitest";
import { instant, millis } from "../../../config/units.ts";
import { checkPlan } from "../../../simulation/cabinet/plan-check.ts";
import { storedPlan } from "../../../simulation/cabinet/stored-plan.ts";
import type { StoredPlan } from "../../../simulation/cabinet/virtual-cabinet.ts";
import { plans, testCity } from "../../support/city.ts";
import { dual, MIDNIGHT, rig, stages, stored } from "./rig.ts";

const { junctions } = testCity();
const check = (junction: string, plan: StoredPlan) => {
  const fault = checkPlan(junctions.get(junction)!, plan);
  return fault && [fault.code, fault.phase];
};
// a: every phase 3 s amber and 2 s all-red; greens at least 7, 7 and 14 s, at most 60 s; cycle 50..140 s.
const a = (splits: Readonly<Record<number, number>>, cycle = 90, sequence: readonly (readonly number[])[] = stages) =>
  stored({ cycle, splits, sequence });
const even = { 1: 15, 2: 35, 3: 15, 4: 25, 5: 15, 6: 35, 7: 15, 8: 25 };
const b = (splits: Readonly<Record<number, number>>, sequence: readonly (readonly number[])[] = dual) =>
  stored({ cycle: 90, splits, sequence });

describe("checking a plan", () => {
  it.each(plans.map((plan) => [plan.id, plan] as const))("takes the scheduled plan %s", (_, plan) => {
    expect(check(plan.junction, storedPlan(plan, 1, instant(MIDNIGHT)))).toBeUndefined();
  });

  it.each<[string, StoredPlan, readonly [string, number] | undefined]>([
    ["a cycle at its minimum", a({ 1: 17, 2: 14, 3: 19 }, 50), undefined],
    ["a cycle below its minimum", a({ 1: 16, 2: 14, 3: 19 }, 49), ["cycle-range", 0]],
    ["a cycle above its maximum", a({ 1: 65, 2: 40, 3: 36 }, 141), ["cycle-range", 0]],
    ["a cycle that is no number", { ...a({ 1: 45, 2: 17, 3: 28 }), cycle: millis(Number.NaN) }, ["cycle-range", 0]],
    ["splits short of the cycle", a({ 1: 44, 2: 17, 3: 28 }), ["cycle-sum", 0]],
    ["splits over the cycle", a({ 1: 46, 2: 17, 3: 28 }), ["cycle-sum", 0]],
    ["a split at its least", a({ 1: 59, 2: 12, 3: 19 }), undefined],
    ["a split below minimum green, amber and all-red", a({ 1: 60, 2: 11, 3: 19 }), ["split-too-short", 2]],
    ["a split that cuts walk and clearance", a({ 1: 60, 2: 12, 3: 18 }), ["split-too-short", 3]],
    ["a negative split", a({ 1: 65, 2: -1, 3: 26 }), ["split-too-short", 2]],
    ["a coordinated green at its maximum", a({ 1: 65, 2: 12, 3: 23 }, 100), undefined],
    ["a coordinated green above its maximum", a({ 1: 66, 2: 12, 3: 22 }, 100), ["split-too-long", 1]],
    ["a phase nobody knows", a({ 1: 45, 2: 17, 3: 28, 9: 10 }, 100, [[1, 2, 3, 9]]), ["unknown-phase", 9]],
    ["an unknown phase in the sequence alone", a({ 1: 45, 2: 17, 3: 28 }, 90, [[1, 2, 3, 4]]), ["unknown-phase", 4]],
    ["a phase with a split that is not listed", a({ 1: 45, 2: 17, 3: 28 }, 90, [[1, 3]]), ["sequence", 2]],
    ["a phase listed twice", a({ 1: 45, 2: 17, 3: 28 }, 90, [[1, 2, 3, 2]]), ["sequence", 2]],
    ["no coordinated phase", a({ 2: 45, 3: 45 }, 90, [[2, 3]]), ["sequence", 1]],
    ["a phase left out on purpose", a({ 1: 45, 3: 45 }, 90, [[1, 3]]), undefined],
    ["another order of the stages", a({ 1: 45, 2: 17, 3: 28 }, 90, [[3, 2, 1]]), undefined],
    ["a ring too many", a({ 1: 45, 2: 17, 3: 28 }, 90, [[1, 2], [3]]), ["sequence", 0]],
    ["an offset at the cycle", { ...a({ 1: 45, 2: 17, 3: 28 }), offset: millis(90_000) }, ["offset", 0]],
    ["a negative offset", { ...a({ 1: 45, 2: 17, 3: 28 }), offset: millis(-1) }, ["offset", 0]],
    ["an offset just below the cycle", { ...a({ 1: 45, 2: 17, 3: 28 }), offset: millis(89_999) }, undefined],
  ])("stages: %s", (_, plan, expected) => {
    expect(check("a", plan)).toEqual(expected);
  });

  it.each<[string, StoredPlan, readonly [string, number] | undefined]>([
    ["rings that line up", b(even), undefined],
    [
      "lead and lag turned round",
      b(even, [
        [2, 1, 3, 4],
        [6, 5, 8, 7],
      ]),
      undefined,
    ],
    ["rings with other splits inside one barrier", b({ ...even, 1: 20, 2: 30 }), undefined],
    ["barriers that do not line up", b({ ...even, 6: 36, 8: 24 }), ["barrier", 0]],
    ["a ring that does not add up", b({ ...even, 6: 36 }), ["cycle-sum", 0]],
    [
      "barriers mixed inside a ring",
      b(even, [
        [1, 3, 2, 4],
        [5, 6, 7, 8],
      ]),
      ["barrier", 2],
    ],
    [
      "a phase in the other ring",
      b(even, [
        [1, 6, 3, 4],
        [5, 2, 7, 8],
      ]),
      ["sequence", 6],
    ],
    [
      "the other barrier first in both rings",
      b(even, [
        [3, 4, 1, 2],
        [7, 8, 5, 6],
      ]),
      undefined,
    ],
    [
      "one ring begun elsewhere in the same circle",
      b(even, [
        [1, 2, 3, 4],
        [7, 8, 5, 6],
      ]),
      undefined,
    ],
  ])("rings: %s", (_, plan, expected) => {
    expect(check("b", plan)).toEqual(expected);
  });
});

describe("storing plans", () => {
  const good = a({ 1: 45, 2: 17, 3: 28 });
  const bad = a({ 1: 44, 2: 17, 3: 28 });

  it("stores all or none", () => {
    const { unit } = rig({ junction: "a" });
    expect(
      unit.storePlans(
        new Map([
          [101, good],
          [102, bad],
        ]),
      )?.code,
    ).toBe("cycle-sum");
    expect(unit.storedPlan(101)).toBeUndefined();
    expect(
      unit.storePlans(
        new Map([
          [101, good],
          [102, good],
        ]),
      ),
    ).toBeUndefined();
    expect(unit.storedPlan(102)).toEqual(good);
  });

  it.each([0, 254, 255, 1.5, -1])("refuses slot %s", (slot) => {
    const { unit } = rig({ junction: "a" });
    expect(unit.storePlans(new Map([[slot, good]]))?.code).toBe("slot");
    expect(unit.storedPlan(slot)).toBeUndefined();
  });

  it("keeps its own copy: nobody changes a plan after it was checked", () => {
    const { unit } = rig({ junction: "a" });
    const splits = new Map(good.splits);
    unit.storePlans(new Map([[101, { ...good, splits }]]));
    splits.set(1, millis(1));
    expect(unit.storedPlan(101)).toEqual(good);
  });
});
