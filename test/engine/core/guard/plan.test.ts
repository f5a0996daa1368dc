import { describe, expect, it } from "vitest";
import type { Junction } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import { type Millis, millis, seconds } from "../../../../config/units.ts";
import { guard } from "../../../../engine/core/guard/guard.ts";
import { cabinetOf, capabilities, faults, junctionOf, planOf, planRequest, withPhase, withSplits } from "./support.ts";

const a = planOf("a"); // splits 45, 17, 28 of 90 s; phase 3 has the crossing: 14 s of walk and clearance
const b = planOf("b"); // dual ring: 1 15, 2 35 | 3 15, 4 25 (crossing); 5 15, 6 35 | 7 15, 8 25
const c = planOf("c"); // splits 62, 28 of 90 s
const judge = (plan: TimingPlan, junction: Junction = junctionOf(plan.junction)) =>
  faults(planRequest(plan, { junction }));
const ms = (value: number): Millis => value as Millis;

/** Marks two groups as conflicting, both ways round. */
function conflicting(junction: Junction, one: string, other: string, intergreen: number): Junction {
  const n = junction.groups.length;
  const i = junction.groups.findIndex((group) => group.id === one);
  const j = junction.groups.findIndex((group) => group.id === other);
  const conflicts = junction.conflicts.slice();
  const times = junction.intergreen.slice();
  conflicts[i * n + j] = conflicts[j * n + i] = 1;
  times[i * n + j] = times[j * n + i] = intergreen;
  return { ...junction, conflicts, intergreen: times };
}

describe("a plan that is in order", () => {
  it.each([a, b, c])("is allowed at junction $junction", (plan) => {
    expect(guard(planRequest(plan))).toEqual({ allowed: true });
  });

  it("may swap phases inside a barrier", () => {
    const swapped = {
      ...b,
      sequence: [
        [2, 1, 3, 4],
        [5, 6, 8, 7],
      ],
    };
    expect(judge(swapped)).toEqual([]);
  });

  it("may bring the rings to different times inside a barrier", () => {
    expect(judge(withSplits(b, { 1: 20_000, 2: 30_000 }))).toEqual([]);
  });
});

describe("invariant 1: no conflict, no short intergreen", () => {
  it("refuses two conflicting groups in one phase, and says so once", () => {
    const junction = conflicting(junctionOf("b"), "p4", "walk", 5000);
    const verdict = guard(planRequest(b, { junction }));
    expect(verdict.allowed ? [] : verdict.denials.filter(({ code }) => code === "conflicting-greens")).toEqual([
      {
        invariant: 1,
        code: "conflicting-greens",
        message:
          "phase 4 would show green to conflicting groups p4 and walk; 0 conflicts are allowed: separate them in the junction's phases",
      },
    ]);
  });

  it("refuses two conflicting groups in phases that the rings run together", () => {
    const verdict = guard(planRequest(b, { junction: conflicting(junctionOf("b"), "p2", "p5", 5000) }));
    expect(verdict.allowed ? [] : verdict.denials.map(({ message }) => message)).toEqual([
      "phases 2 and 5 would show green to conflicting groups p2 and p5; 0 conflicts are allowed: separate them in the junction's phases",
    ]);
  });

  it.each([
    [1 * 9 + 4], // p2 with p5
    [4 * 9 + 1], // p5 with p2
  ])("believes a conflict that the matrix names only one way round, at %i", (at) => {
    const junction = junctionOf("b");
    const conflicts = junction.conflicts.slice();
    conflicts[at] = 1;
    expect(judge(b, { ...junction, conflicts })).toEqual(["1 conflicting-greens"]);
  });

  it("refuses a group that conflicts with itself", () => {
    expect(judge(c, conflicting(junctionOf("c"), "main", "main", 0))).toContain("1 conflicting-greens");
  });

  it("refuses a phase with a group that the junction does not have, beside and before all others", () => {
    const junction = withPhase(junctionOf("c"), 1, { groups: ["main", "ghost"] });
    const verdict = guard(planRequest(c, { junction }));
    expect(verdict.allowed ? [] : verdict.denials.map(({ message }) => message.split(";")[0])).toEqual([
      "phase 1 would show green to conflicting groups ghost and main",
      "phase 1 would show green to conflicting groups ghost and ghost",
      "ghost (phase 1) to side (phase 2) has 5 s of amber and all-red",
      "side (phase 2) to ghost (phase 1) has 5 s of amber and all-red",
    ]);
  });

  it.each([
    [4999, []],
    [5000, []],
    [5001, ["1 intergreen-too-short"]],
  ])("judges an intergreen of %i ms against 5 s of amber and all-red", (intergreen, expected) => {
    expect(judge(c, conflicting(junctionOf("c"), "side", "main", intergreen))).toEqual(expected);
  });

  it("says which groups have too short an intergreen", () => {
    const junction = junctionOf("c");
    const times = junction.intergreen.slice();
    times[1] = 6000; // main to side
    const verdict = guard(planRequest(c, { junction: { ...junction, intergreen: times } }));
    expect(verdict).toEqual({
      allowed: false,
      denials: [
        {
          invariant: 1,
          code: "intergreen-too-short",
          message:
            "main (phase 1) to side (phase 2) has 5 s of amber and all-red; the intergreen is 6 s: lengthen the phase's all-red",
        },
      ],
    });
  });

  it("asks for no intergreen between groups that may be green together", () => {
    const junction = junctionOf("c");
    expect(
      judge(c, { ...junction, conflicts: new Uint8Array(4), intergreen: junction.intergreen.map(() => 9000) }),
    ).toEqual([]);
  });

  it("refuses a plan of another junction", () => {
    const plan = { ...c, junction: "a" };
    expect(
      faults({ ...planRequest(c), command: { ...planRequest(c).command, action: { kind: "plan", plan } } }),
    ).toContain("1 wrong-junction");
  });
});

describe("invariant 2: amber, all-red, minimum green, walk and clearance are kept", () => {
  it.each([
    // 7 s of minimum green, 5 s of amber and all-red
    [a, { 1: 50_001, 2: 11_999 }, ["2 split-too-short"]],
    [a, { 1: 50_000, 2: 12_000 }, []],
    [a, { 1: 49_999, 2: 12_001 }, []],
    // 5 s of walk, 9 s of clearance, 5 s of all-red
    [a, { 1: 54_001, 3: 18_999 }, ["2 split-too-short"]],
    [a, { 1: 54_000, 3: 19_000 }, []],
    [a, { 1: 53_999, 3: 19_001 }, []],
  ])("judges a split at its least, %#", (plan, splits, expected) => {
    expect(judge(withSplits(plan, splits))).toEqual(expected);
  });

  it("says value, limit and mend", () => {
    const verdict = guard(planRequest(withSplits(a, { 1: 54_001, 3: 18_999 })));
    expect(verdict.allowed ? [] : verdict.denials.map(({ message }) => message)).toEqual([
      "phase 3 has a split of 18.999 s; minimum green or walk and clearance 14 s with amber and all-red 5 s need 19 s: lengthen the split",
    ]);
  });

  it("takes the groups' minima where the phase's own are looser", () => {
    const junction = withPhase(junctionOf("a"), 3, { minGreen: seconds(1) });
    expect(judge(withSplits(a, { 1: 54_001, 3: 18_999 }), junction)).toEqual(["2 split-too-short"]);
  });

  it("takes the phase's minimum where it is stricter than the groups'", () => {
    const junction = withPhase(junctionOf("a"), 2, { minGreen: millis(12_001) });
    expect(judge(a, junction)).toEqual(["2 split-too-short"]);
    expect(judge(a, withPhase(junctionOf("a"), 2, { minGreen: seconds(12) }))).toEqual([]);
  });

  it.each([
    [2999, ["2 amber-too-short"]],
    [3000, []],
  ])("judges a phase amber of %i ms against its groups' 3 s", (amber, expected) => {
    const phase = { amber: millis(amber), allRed: millis(5000 - amber) };
    expect(judge(c, withPhase(junctionOf("c"), 1, phase))).toEqual(expected);
  });

  it("looks only at the ambers of the phase's own groups", () => {
    const junction = junctionOf("c");
    const slow = junction.groups.map((group) => (group.id === "side" ? { ...group, amber: seconds(4) } : group));
    const mended = withPhase({ ...junction, groups: slow }, 2, { amber: seconds(4), allRed: seconds(1) });
    expect(judge(c, mended)).toEqual([]);
  });

  it("refuses a split that is no number", () => {
    expect(judge(withSplits(a, { 1: Number.NaN }))).toEqual(
      expect.arrayContaining(["2 split-too-short", "3 green-too-long", "3 red-too-long", "4 not-whole", "4 ring-sum"]),
    );
  });
});

describe("invariant 3: greens end, nobody waits too long", () => {
  it.each([
    [59_999, []],
    [60_000, []],
    [60_001, ["3 green-too-long"]],
  ])("judges a green of %i ms against 60 s", (green, expected) => {
    const split = green + 5000;
    expect(judge({ ...withSplits(c, { 1: split }), cycle: ms(split + 28_000) })).toEqual(expected);
  });

  it("takes the groups' maximum where the phase's own is looser", () => {
    const plan = { ...withSplits(c, { 1: 65_001 }), cycle: ms(93_001) };
    expect(judge(plan, withPhase(junctionOf("c"), 1, { maxGreen: seconds(90) }))).toEqual(["3 green-too-long"]);
  });

  it("takes the phase's maximum where it is stricter", () => {
    const limited = (maxGreen: number) => withPhase(junctionOf("c"), 1, { maxGreen: millis(maxGreen) });
    expect(judge(c, limited(56_999))).toEqual(["3 green-too-long"]);
    expect(judge(c, limited(57_000))).toEqual([]);
  });

  it("lets a pedestrian minimum go before a vehicle maximum", () => {
    const junction = junctionOf("a");
    const short = junction.groups.map((group) => (group.id === "side" ? { ...group, maxGreen: seconds(10) } : group));
    const plan = withSplits(a, { 1: 54_000, 3: 19_000 });
    expect(judge(plan, { ...junction, groups: short })).toEqual([]);
    expect(judge(withSplits(a, { 1: 53_999, 3: 19_001 }), { ...junction, groups: short })).toEqual([
      "3 green-too-long",
    ]);
  });

  it("does not bound a phase by a pedestrian group's maximum when it has vehicles", () => {
    const junction = junctionOf("a");
    const short = junction.groups.map((group) => (group.id === "walk" ? { ...group, maxGreen: seconds(15) } : group));
    expect(judge(a, { ...junction, groups: short })).toEqual([]);
  });

  it("bounds a phase of pedestrians alone by their own maximum", () => {
    const junction = withPhase(junctionOf("a"), 3, { groups: ["walk"] });
    const short = junction.groups.map((group) => (group.id === "walk" ? { ...group, maxGreen: seconds(15) } : group));
    expect(judge(a, { ...junction, groups: short })).toEqual(["3 green-too-long"]);
  });

  it.each([
    // Phase 2 of c: 90 s of cycle less 23 s of green.
    [66_999, ["3 red-too-long"]],
    [67_000, []],
    [67_001, []],
  ])("judges 67 s of red against a maximum of %i ms", (maxRed, expected) => {
    expect(judge(c, { ...junctionOf("c"), maxRed: millis(maxRed) })).toEqual(expected);
  });

  it("says which phase is red for too long", () => {
    const verdict = guard(planRequest(c, { junction: { ...junctionOf("c"), maxRed: seconds(60) } }));
    expect(verdict.allowed ? [] : verdict.denials.map(({ message }) => message)).toEqual([
      "phase 2 would be red for 67 s; the maximum red is 60 s: lengthen its split or shorten the cycle",
    ]);
  });

  it.each([
    // 5 s of walk are sure; the rest of the cycle is waiting.
    [84_999, ["3 crossing-waits-too-long"]],
    [85_000, []],
    [85_001, []],
  ])("judges a cycle of 90 s against a crossing's maximum wait of %i ms", (maxWait, expected) => {
    const junction = junctionOf("a");
    const crossings = junction.crossings.map((crossing) => ({ ...crossing, maxWait: millis(maxWait) }));
    expect(judge(a, { ...junction, crossings })).toEqual(expected);
  });

  it("counts on the walk of the crossing's own group alone", () => {
    const junction = junctionOf("a");
    const groups = junction.groups.map((group) => (group.id === "main" ? { ...group, minGreen: seconds(1) } : group));
    const crossings = junction.crossings.map((crossing) => ({ ...crossing, maxWait: seconds(85) }));
    expect(judge(a, { ...junction, groups, crossings })).toEqual([]);
  });

  it("does not blame the crossings when the junction's own longest cycle is the limit", () => {
    const junction = { ...junctionOf("a"), cycleMax: seconds(89) };
    const crossings = junction.crossings.map((crossing) => ({ ...crossing, maxWait: seconds(84) }));
    expect(judge(a, { ...junction, crossings })).toEqual(["4 cycle-range"]);
  });

  it("refuses a plan that leaves out a phase with lanes", () => {
    const plan: TimingPlan = { ...c, splits: [{ phase: 1, split: c.cycle }], sequence: [[1]] };
    expect(judge(plan)).toEqual(["2 split-too-short", "3 green-too-long", "3 starved", "4 sequence"]);
  });

  it("refuses a phase in a ring without a split", () => {
    expect(judge({ ...c, splits: [{ phase: 1, split: c.cycle }] })).toContain("3 starved");
  });

  it("refuses a phase with a split in no ring", () => {
    expect(judge({ ...c, sequence: [[1]] })).toEqual(["3 starved", "4 sequence"]);
  });

  it("works out no red for a phase that is never served", () => {
    const junction = { ...junctionOf("c"), maxRed: seconds(60) };
    expect(judge({ ...c, sequence: [[1]] }, junction)).toEqual(["3 starved", "4 sequence"]);
  });

  it("refuses to leave out a phase that serves a crossing alone", () => {
    const junction = withPhase({ ...junctionOf("a"), streams: [] }, 3, { groups: ["walk"] });
    expect(judge({ ...a, sequence: [[1, 2]] }, junction)).toContain("3 starved");
  });

  it("does not speak of starving where nobody depends on the phase", () => {
    const junction = { ...junctionOf("c"), streams: [] };
    expect(judge({ ...c, sequence: [[1]] }, junction)).toEqual(["4 sequence"]);
  });
});

describe("invariant 4: a plan adds up", () => {
  it.each([
    [39_999, ["4 cycle-range"]],
    [40_000, []],
    [40_001, []],
    [139_999, []],
    [140_000, []],
    [140_001, ["4 cycle-range"]],
  ])("judges a cycle of %i ms against 40 to 140 s", (cycle, expected) => {
    const junction = withPhase(junctionOf("c"), 1, { maxGreen: seconds(200) });
    const groups = junction.groups.map((group) => ({ ...group, maxGreen: seconds(200) }));
    const plan = { ...withSplits(c, { 1: cycle - 27_000, 2: 27_000 }), cycle: ms(cycle), offset: ms(0) };
    expect(judge(plan, { ...junction, groups })).toEqual(expected);
  });

  it.each([
    [-1, ["4 offset-range"]],
    [0, []],
    [1, []],
    [89_999, []],
    [90_000, ["4 offset-range"]],
    [Number.NaN, ["4 not-whole", "4 offset-range"]],
  ])("judges an offset of %d ms in a cycle of 90 s", (offset, expected) => {
    expect(judge({ ...c, offset: ms(offset) }).filter((fault) => fault.startsWith("4"))).toEqual(expected);
  });

  it.each([
    ["cycle", { ...c, cycle: ms(90_000.5) }],
    ["offset", { ...c, offset: ms(0.5) }],
    ["splits", withSplits(c, { 1: 61_999.5, 2: 28_000.5 })],
  ])("refuses parts of a millisecond in the %s", (_what, plan) => {
    expect(judge(plan)).toContain("4 not-whole");
  });

  it.each([-1, 1])("refuses a ring that misses the cycle by %i ms", (error) => {
    expect(judge(withSplits(c, { 1: 62_000 + error }))).toEqual(["4 ring-sum"]);
  });

  it("refuses rings that reach a barrier at different times", () => {
    expect(judge(withSplits(b, { 2: 34_000, 3: 16_000 }))).toEqual(["4 barrier"]);
    expect(judge(withSplits(b, { 6: 35_001, 8: 24_999 }))).toEqual(["4 barrier"]);
  });

  it("names ring and sum", () => {
    const verdict = guard(planRequest(withSplits(b, { 6: 36_000 })));
    expect(verdict.allowed ? [] : verdict.denials.map(({ message }) => message)).toEqual([
      "splits of ring 2 add up to 91 s; the cycle is 90 s: make them equal",
      "splits up to barrier 1 take 50 s and 51 s in the rings; they must be equal: let all rings cross it together",
    ]);
  });

  it.each<[string, TimingPlan["sequence"]]>([
    [
      "a phase twice",
      [
        [1, 2, 3, 4, 4],
        [5, 6, 7, 8],
      ],
    ],
    [
      "a phase left out",
      [
        [1, 2, 3, 4],
        [5, 6, 7],
      ],
    ],
    [
      "a phase of the other ring",
      [
        [1, 2, 3, 8],
        [5, 6, 7, 4],
      ],
    ],
    [
      "an unknown phase",
      [
        [1, 2, 3, 4, 9],
        [5, 6, 7, 8],
      ],
    ],
    [
      "phases across the barrier",
      [
        [1, 3, 2, 4],
        [5, 6, 7, 8],
      ],
    ],
    [
      "barriers in another order",
      [
        [3, 4, 1, 2],
        [7, 8, 5, 6],
      ],
    ],
    [
      "rings exchanged",
      [
        [5, 6, 7, 8],
        [1, 2, 3, 4],
      ],
    ],
    ["a ring missing", [[1, 2, 3, 4]]],
    ["a ring too many", [[1, 2, 3, 4], [5, 6, 7, 8], []]],
    ["a third ring with phases", [[1, 2, 3, 4], [5, 6, 7, 8], [1]]],
  ])("refuses %s", (_what, sequence) => {
    expect(judge({ ...b, sequence })).toContain("4 sequence");
  });

  it("refuses splits for a phase twice", () => {
    expect(judge({ ...c, splits: [...c.splits, { phase: 2, split: seconds(28) }] })).toEqual(["4 unknown-phase"]);
  });

  it("refuses splits for a phase that the junction does not have", () => {
    expect(judge({ ...c, splits: [...c.splits, { phase: 3, split: seconds(0) }] })).toEqual(["4 unknown-phase"]);
  });

  it("refuses an offset that refers to a phase in no ring", () => {
    expect(judge(c, { ...junctionOf("c"), coordinatedPhase: 7 })).toEqual(["4 coordinated-phase"]);
  });

  it("lists every fault, in order of the invariants", () => {
    const plan = { ...withSplits(b, { 1: 11_000, 6: 70_001 }), offset: seconds(90) };
    expect(judge(plan)).toEqual(["2 split-too-short", "3 green-too-long", "4 offset-range", "4 ring-sum", "4 barrier"]);
  });
});

describe("invariant 8: the cabinet can hold the whole plan", () => {
  const limited = (changes: Partial<typeof capabilities>) =>
    faults(planRequest(c, { cabinet: cabinetOf("c", { capabilities: { ...capabilities, ...changes } }) }));

  it.each<[string, Partial<typeof capabilities>, readonly string[]]>([
    ["no download", { planDownload: false }, ["8 no-plan-download"]],
    ["no second-by-second, which a plan does not need", { secondBySecond: false }, []],
    ["shortest cycle one too long", { cycleMin: millis(90_001) }, ["8 cabinet-cycle-range"]],
    ["shortest cycle just met", { cycleMin: millis(90_000) }, []],
    ["longest cycle just met", { cycleMax: millis(90_000) }, []],
    ["longest cycle one too short", { cycleMax: millis(89_999) }, ["8 cabinet-cycle-range"]],
    ["whole seconds", { resolution: seconds(1) }, []],
    ["coarser than the splits", { resolution: seconds(4) }, ["8 resolution"]],
    ["no resolution known", { resolution: millis(0) }, ["8 resolution"]],
    ["one phase too few", { maxPhases: 1 }, ["8 too-many-phases"]],
    ["just enough phases", { maxPhases: 2 }, []],
  ])("judges a cabinet with %s", (_name, changes, expected) => {
    expect(limited(changes)).toEqual(expected);
  });

  it.each([
    ["offset", { ...c, offset: ms(75_500) }],
    ["splits", withSplits(c, { 1: 61_500, 2: 28_500 })],
    ["cycle", { ...withSplits(c, { 1: 62_500 }), cycle: ms(90_500) }],
  ])("refuses half a second in the %s for a cabinet of whole seconds", (_what, plan) => {
    const cabinet = cabinetOf("c", { capabilities: { ...capabilities, resolution: seconds(1) } });
    expect(faults(planRequest(plan, { cabinet }))).toEqual(["8 resolution"]);
  });

  it("refuses phase 0", () => {
    expect(judge({ ...c, splits: [...c.splits, { phase: 0, split: seconds(0) }] })).toContain("8 too-many-phases");
  });
});
