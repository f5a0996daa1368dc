import { describe, expect, it } from "vitest";
import type { TimingPlan } from "../../../../config/plan.ts";
import { type Millis, millis, seconds } from "../../../../config/units.ts";
import { type GuardRequest, guard } from "../../../../engine/core/guard/guard.ts";
import { ago, cabinetOf, capabilities, faults, planOf, planRequest, withControl, withSplits } from "./support.ts";

const a = planOf("a"); // 90 s: 45, 17, 28; offset 0
const c = planOf("c"); // 90 s: 62, 28; offset 75
const ms = (value: number): Millis => value as Millis;
/** The control's steps: cycle 8 s, offset 8 s, split 6 s; 3 cycles of transition. */
const change = (plan: TimingPlan, inForce: TimingPlan, changes: Partial<GuardRequest> = {}) =>
  faults(planRequest(plan, { inForce, ...changes }));

describe("invariant 5: change is bounded", () => {
  it.each([
    [5999, []],
    [6000, []],
    [6001, ["5 split-step"]],
    [-5999, []],
    [-6000, []],
    [-6001, ["5 split-step"]],
  ])("judges a split change of %i ms against 6 s", (step, expected) => {
    expect(change(withSplits(a, { 1: 45_000 - step, 3: 28_000 + step }), a)).toEqual(expected);
  });

  it.each([
    [7999, []],
    [8000, []],
    [8001, ["5 cycle-step"]],
    [-7999, []],
    [-8000, []],
    [-8001, ["5 cycle-step"]],
  ])("judges a cycle change of %i ms against 8 s", (step, expected) => {
    const half = Math.trunc(step / 2);
    const plan = { ...withSplits(a, { 1: 45_000 + half, 3: 28_000 + step - half }), cycle: ms(90_000 + step) };
    expect(change(plan, a)).toEqual(expected);
  });

  it.each([
    [75_000, 82_999, []],
    [75_000, 83_000, []],
    [75_000, 83_001, ["5 offset-step"]],
    [75_000, 67_000, []],
    [75_000, 66_999, ["5 offset-step"]],
    // Round the cycle of 90 s.
    [85_000, 2999, []],
    [85_000, 3000, []],
    [85_000, 3001, ["5 offset-step"]],
    [3000, 85_000, []],
    [3000, 84_999, ["5 offset-step"]],
    [0, 45_000, ["5 offset-step"]],
  ])("judges an offset change from %i to %i ms against 8 s", (from, to, expected) => {
    expect(change({ ...c, offset: ms(to) }, { ...c, offset: ms(from) })).toEqual(expected);
  });

  it("measures the offset round the new cycle when the cycle changes", () => {
    const before = { ...c, offset: ms(88_000) };
    const plan = { ...withSplits(c, { 1: 58_000, 2: 24_000 }), cycle: ms(82_000) };
    expect(change({ ...plan, offset: ms(14_000) }, before)).toEqual([]); // 88 is 6 round 82
    expect(change({ ...plan, offset: ms(14_001) }, before)).toEqual(["5 offset-step"]);
  });

  it("names the change, both values and the step", () => {
    const plan = { ...withSplits(a, { 1: 45_000 + 9000 }), cycle: ms(99_000), offset: ms(9000) };
    const verdict = guard(planRequest(plan, { inForce: a }));
    expect(verdict.allowed ? [] : verdict.denials.map(({ message }) => message)).toEqual([
      "the cycle would change by 9 s, from 90 s to 99 s; the step is 8 s: go there in several changes",
      "the offset would change by 9 s, from 0 s to 9 s; the step is 8 s: go there in several changes",
      "the split of phase 1 would change by 9 s; the step is 6 s: go there in several changes",
    ]);
  });

  it("keeps the order of phases", () => {
    expect(change({ ...a, sequence: [[2, 1, 3]] }, a)).toEqual(["5 sequence-change"]);
  });

  it("denies when a step is no number", () => {
    const control = withControl({ cycleStep: ms(Number.NaN), offsetStep: ms(Number.NaN), splitStep: ms(Number.NaN) });
    expect(change(a, a, { control })).toEqual(["5 cycle-step", "5 offset-step", "5 split-step"]);
  });

  const far = { ...withSplits(a, { 1: 65_000, 2: 20_000, 3: 35_000 }), cycle: ms(120_000), offset: ms(60_000) };

  it("lets the scheduled plan in whatever the step, also by another name and with nothing in force", () => {
    expect(change(far, a)).toEqual(["5 cycle-step", "5 offset-step", "5 split-step"]);
    expect(change(far, a, { scheduled: { ...far, id: "rush" } })).toEqual([]);
    expect(change(far, a, { scheduled: { ...far, id: "rush" }, inForce: undefined })).toEqual([]);
    expect(change({ ...a, sequence: [[2, 1, 3]] }, a, { scheduled: { ...a, sequence: [[2, 1, 3]] } })).toEqual([]);
  });

  it("spares the scheduled plan nothing else", () => {
    const wrong = { ...far, cycle: ms(119_000) };
    expect(change(wrong, a, { scheduled: wrong })).toEqual(["4 ring-sum"]);
  });

  it("does not take another junction's scheduled plan for this one's", () => {
    expect(change(far, a, { scheduled: { ...far, junction: "c" } })).toContain("5 cycle-step");
  });

  it("measures from the scheduled plan while the cabinet runs its own schedule", () => {
    const local = { inForce: undefined, cabinet: cabinetOf("a", { mode: "local" as const }) };
    const near = withSplits(a, { 1: 44_000, 3: 29_000 });
    expect(change(near, a, { ...local, scheduled: a })).toEqual([]);
    expect(change(near, a, { ...local, scheduled: far })).toContain("5 split-step");
    expect(change(near, a, { ...local, scheduled: undefined })).toEqual(["5 base-unknown"]);
  });

  it("knows no base when the cabinet is under central control without a plan of ours", () => {
    expect(change(a, a, { inForce: undefined, scheduled: withSplits(a, { 1: 44_000, 3: 29_000 }) })).toEqual([
      "5 base-unknown",
    ]);
  });

  it("lets the plan come back, and no other, that the engine's own calls interrupted", () => {
    const called = { inForce: undefined, scheduled: far, interrupted: a };
    expect(change(a, a, called)).toEqual([]);
    expect(change({ ...a, offset: ms(1000) }, a, called)).toEqual(["5 base-unknown"]);
    expect(change({ ...a, junction: "c" }, a, { ...called, interrupted: { ...a, junction: "c" } })).not.toEqual([]);
    // A plan that runs since is what counts.
    expect(change(a, a, { ...called, inForce: far })).toContain("5 split-step");
    const cabinet = cabinetOf("a", { inTransition: true });
    expect(change(a, a, { ...called, cabinet, transitionSince: ago(270_001) })).toEqual(["5 transition-too-long"]);
  });

  it("knows no base from another junction", () => {
    expect(change(a, { ...a, junction: "c" })).toEqual(["5 base-unknown"]);
  });
});

describe("invariant 5: a transition ends", () => {
  const moving = (junction: string) => cabinetOf(junction, { inTransition: true });

  it.each([
    [0, []],
    [269_999, []],
    [270_000, []], // 3 cycles of 90 s
    [270_001, ["5 transition-too-long"]],
    [-1, ["5 transition-too-long"]],
  ])("judges a transition of %i ms", (lasted, expected) => {
    expect(change(a, a, { cabinet: moving("a"), transitionSince: ago(lasted) })).toEqual(expected);
  });

  it("denies while nobody knows since when", () => {
    expect(change(a, a, { cabinet: moving("a") })).toEqual(["5 transition-unknown"]);
  });

  it("does not look back at a transition that is over", () => {
    expect(change(a, a, { transitionSince: ago(1_000_000) })).toEqual([]);
  });

  it("counts cycles of the plan that runs, and holds the scheduled plan to it too", () => {
    const short = { ...withSplits(a, { 1: 25_000, 2: 14_000, 3: 21_000 }), cycle: ms(60_000) };
    const request = { cabinet: moving("a"), scheduled: a, transitionSince: ago(180_001) };
    expect(change(a, short, request)).toEqual(["5 transition-too-long"]);
    expect(change(a, short, { ...request, transitionSince: ago(180_000) })).toEqual([]);
  });

  it("counts cycles of the plan sent where no other is known", () => {
    const request = { cabinet: moving("a"), scheduled: a, inForce: undefined };
    expect(change(a, a, { ...request, transitionSince: ago(270_000) })).toEqual([]);
    expect(change(a, a, { ...request, transitionSince: ago(270_001) })).toEqual(["5 transition-too-long"]);
  });

  it("says how long it lasted and how long it may", () => {
    const verdict = guard(planRequest(a, { cabinet: moving("a"), transitionSince: ago(300_000) }));
    expect(verdict.allowed ? [] : verdict.denials.map(({ message }) => message)).toEqual([
      "the cabinet has been in transition for 300 s; 3 cycles are 270 s: release it or wait until it is in step",
    ]);
  });
});

describe("the limits of a change and of the cabinet together", () => {
  it("are all listed", () => {
    const cabinet = cabinetOf("a", {
      inTransition: true,
      capabilities: { ...capabilities, resolution: seconds(1), planDownload: false },
    });
    const plan = { ...a, offset: millis(8500) };
    expect(change(plan, a, { cabinet })).toEqual([
      "5 transition-unknown",
      "5 offset-step",
      "8 no-plan-download",
      "8 resolution",
    ]);
  });
});
