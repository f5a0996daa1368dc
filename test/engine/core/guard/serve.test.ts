import { describe, expect, it } from "vitest";
import type { Junction } from "../../../../config/model.ts";
import { type Instant, instant, millis, seconds } from "../../../../config/units.ts";
import type { PhaseState } from "../../../../engine/core/cabinet.ts";
import { type GuardRequest, guard } from "../../../../engine/core/guard/guard.ts";
import { ago, cabinetOf, capabilities, faults, junctionOf, requestOf, withPhase } from "./support.ts";

/** Ages in ms by phase number. */
type Ages = Readonly<Record<number, number>>;
const instants = (ages: Ages): ReadonlyMap<number, Instant> =>
  new Map(Object.entries(ages).map(([phase, age]) => [Number(phase), ago(age)]));

interface Scene {
  readonly junction?: Junction;
  /** Phases green now, with how long. */
  readonly green?: Ages;
  /** All others: red for this long. */
  readonly red: Ages;
  readonly changes?: Partial<GuardRequest>;
}

function serving(id: string, phases: readonly number[], { junction, green = {}, red, changes }: Scene): GuardRequest {
  const states: Record<number, PhaseState> = {};
  for (const phase of Object.keys(green)) states[Number(phase)] = "green";
  return requestOf(
    id,
    { kind: "serve", phases },
    {
      junction: junction ?? junctionOf(id),
      cabinet: cabinetOf(id, { phases: states }),
      lastGreen: instants({ ...red, ...Object.fromEntries(Object.keys(green).map((phase) => [phase, 0])) }),
      greenSince: instants(green),
      ...changes,
    },
  );
}
const judge = (id: string, phases: readonly number[], scene: Scene) => faults(serving(id, phases, scene));

/** Nobody has waited for long. */
const calm: Scene = { red: { 1: 1000, 2: 1000, 3: 1000, 4: 1000, 5: 1000, 6: 1000, 7: 1000, 8: 1000 } };

describe("invariant 1: what is served together may be", () => {
  it.each([[[1]], [[2, 6]], [[2, 5]], [[1, 5]], [[1, 6]], [[4, 8]], [[3, 7]], [[8, 4]], [[7]]])(
    "allows %j",
    (phases) => {
      expect(guard(serving("b", phases, calm))).toEqual({ allowed: true });
    },
  );

  it.each([
    [[1, 2], ["1 not-together"]], // one ring
    [[2, 8], ["1 not-together"]], // across the barrier
    [[2, 6, 5], ["1 not-together"]],
    [[2, 2], ["1 not-together"]],
    [[9], ["1 unknown-phase"]],
    [
      [2, 6, 0],
      ["1 unknown-phase", "8 too-many-phases"],
    ],
    [[], ["3 serve-nothing"]],
  ])("refuses %j", (phases, expected) => {
    expect(judge("b", phases, calm)).toEqual(expected);
  });

  it("refuses two stages at once", () => {
    expect(judge("a", [1, 3], calm)).toEqual(["1 not-together"]);
  });

  it("refuses phases whose groups conflict, whatever rings and barriers say", () => {
    const junction = junctionOf("b");
    const conflicts = junction.conflicts.slice();
    const n = junction.groups.length;
    conflicts[1 * n + 5] = conflicts[5 * n + 1] = 1; // p2 and p6
    const mended = { ...junction, conflicts, intergreen: junction.intergreen.map(() => 5000) };
    expect(judge("b", [2, 6], { ...calm, junction: mended })).toEqual(["1 conflicting-greens"]);
  });

  it("refuses while a phase's amber and all-red do not cover an intergreen", () => {
    const junction = withPhase(junctionOf("c"), 2, { allRed: millis(1999) });
    expect(judge("c", [1], { ...calm, junction })).toEqual(["1 intergreen-too-short"]);
  });

  it("says which phases of which rings", () => {
    const verdict = guard(serving("b", [2, 8], calm));
    expect(verdict.allowed ? [] : verdict.denials.map(({ message }) => message)).toEqual([
      "phases 2 (ring 1, barrier 1) and 8 (ring 2, barrier 2) may not run together: serve one phase of each ring inside one barrier",
    ]);
  });
});

describe("invariant 3: greens end by their maximum", () => {
  it.each([
    [0, []],
    [59_999, []],
    [60_000, ["3 green-too-long"]],
    [60_001, ["3 green-too-long"]],
    [-1, ["3 green-too-long"]],
  ])("judges going on with a green of %i ms against 60 s", (age, expected) => {
    expect(judge("c", [1], { green: { 1: age }, red: { 2: 1000 } })).toEqual(expected);
  });

  it("lets another phase follow a green at its maximum", () => {
    expect(judge("c", [2], { green: { 1: 60_000 }, red: { 2: 70_000 } })).toEqual([]);
  });

  it("denies when the start of a green is unknown", () => {
    const request = serving("c", [1], { green: { 1: 1000 }, red: { 2: 1000 }, changes: { greenSince: new Map() } });
    const verdict = guard(request);
    expect(verdict.allowed ? [] : verdict.denials.map(({ message }) => message)).toEqual([
      "phase 1 has been green for an unknown time; its maximum is 60 s: serve another phase",
      // How long it still has to stay is then unknown as well.
      "phase 2 has been red for 1 s and would be for an unknown time at the earliest; its maximum is 150 s: serve it first",
    ]);
  });
});

describe("invariant 3: nobody on foot waits past the crossing's limit", () => {
  const walks = junctionOf("a").phases.find(({ groups }) => groups.includes("walk"))!.number;
  const others = [1, 2, 3].filter((number) => number !== walks);
  const scene = (begunS: number, redS: number): Scene => ({
    green: { [others[0]!]: 30_000 },
    red: { [walks]: 1000 * redS, [others[1]!]: 40_000 },
    changes: { began: instants({ [walks]: 1000 * begunS, [others[0]!]: 30_000, [others[1]!]: 60_000 }) },
  });

  it.each([
    // 120 s from the start of one walk to the start of the next, 5 s of them to clear what is green.
    [114, 50, []],
    [115, 50, []],
    [116, 50, ["3 red-too-long"]],
    [116, 109, ["3 red-too-long"]],
  ])("with the last walk begun %i s ago and red for %i s", (begunS, redS, expected) => {
    expect(judge("a", [others[0]!], scene(begunS, redS))).toEqual(expected);
    expect(judge("a", [walks], scene(begunS, redS))).toEqual([]);
  });
});

describe("invariant 3: nobody waits past the maximum red", () => {
  /** Junction c: 7 s of minimum green, 5 s of amber and all-red, 150 s of maximum red. */
  it.each([
    // Stage 1 is green and past its minimum: 5 s until stage 2 could be green.
    [20_000, 144_999, []],
    [20_000, 145_000, []],
    [20_000, 145_001, ["3 red-too-long"]],
    // Green for 2 s: 5 s of minimum, then 5 s.
    [2000, 140_000, []],
    [2000, 140_001, ["3 red-too-long"]],
    [7000, 145_000, []],
    [6999, 145_000, ["3 red-too-long"]],
  ])("with stage 1 green for %i ms and stage 2 red for %i ms", (green, red, expected) => {
    expect(judge("c", [1], { green: { 1: green }, red: { 2: red } })).toEqual(expected);
  });

  it.each([
    // Nothing is green: 7 s of minimum and 5 s.
    [{}, 138_000, []],
    [{}, 138_001, ["3 red-too-long"]],
    // Stage 2 of a is green and has to clear first: 5 s more.
    [{ 2: 20_000 }, 133_000, []],
    [{ 2: 20_000 }, 133_001, ["3 red-too-long"]],
  ])("when stage 1 is yet to begin, %#", (green, red, expected) => {
    const maxWait = seconds(500);
    const junction = junctionOf("a");
    const relaxed = { ...junction, crossings: junction.crossings.map((crossing) => ({ ...crossing, maxWait })) };
    const others = "2" in green ? {} : { 2: 1000 };
    expect(judge("a", [1], { junction: relaxed, green, red: { 1: 500, 3: red, ...others } })).toEqual(expected);
  });

  it("lets the one who has waited longest be served before others who are late too", () => {
    const red = { 1: 160_000, 2: 170_000, 3: 165_000 };
    expect(judge("a", [2], { red })).toEqual([]);
    expect(judge("a", [3], { red })).toEqual(["3 red-too-long"]);
    expect(judge("a", [1], { red })).toEqual(["3 red-too-long"]);
  });

  it("lets either of two be served that have waited equally long", () => {
    const red = { 1: 170_000, 2: 170_000, 3: 1000 };
    expect(judge("a", [1], { red })).toEqual([]);
    expect(judge("a", [2], { red })).toEqual([]);
  });

  it("does not let a phase that is green count as one who waits", () => {
    expect(judge("c", [1], { green: { 1: 10_000 }, red: { 1: 999_000, 2: 150_000 } })).toEqual(["3 red-too-long"]);
  });

  it("does not let a phase on which nobody depends go before the late", () => {
    const junction = junctionOf("c");
    const idle = { ...junction, streams: junction.streams.map((stream) => ({ ...stream, phases: [2] })) };
    expect(judge("c", [1], { junction: idle, red: { 1: 200_000, 2: 160_000 } })).toEqual(["3 red-too-long"]);
  });

  it("does not wait for a phase on which nobody depends", () => {
    const junction = junctionOf("c");
    const idle = { ...junction, streams: junction.streams.map((stream) => ({ ...stream, phases: [1] })) };
    expect(judge("c", [1], { junction: idle, red: { 1: 1000, 2: 900_000 } })).toEqual([]);
  });

  it("serves first whoever was never seen green", () => {
    expect(judge("c", [1], { red: { 1: 1000 } })).toEqual(["3 red-too-long"]);
    expect(judge("c", [2], { red: { 1: 1000 } })).toEqual([]);
    expect(judge("a", [3], { red: { 2: 149_000 } })).toEqual([]);
  });

  it("takes never for longer than any time, also when the clock has only begun", () => {
    const now = instant(1000);
    const start = { now, newestReading: now, lastGreen: new Map([[1, instant(500)]]) };
    const at = (phases: readonly number[]) => {
      const request = serving("c", phases, { ...calm, changes: { ...start, cabinet: cabinetOf("c", { at: now }) } });
      return faults({ ...request, command: { ...request.command, at: now } });
    };
    expect(at([1])).toEqual(["3 red-too-long"]);
    expect(at([2])).toEqual([]);
  });

  it("counts the red of a phase that is green from now on", () => {
    const junction = { ...junctionOf("c"), maxRed: seconds(17) }; // 5 s to clear, 7 s of minimum, 5 s to clear
    expect(judge("c", [2], { junction, green: { 1: 20_000 }, red: { 2: 0 } })).toEqual([]);
  });

  it("does not believe a last green in the future", () => {
    expect(judge("c", [1], { red: { 1: 1000, 2: -1 } })).toEqual(["3 red-too-long"]);
    expect(judge("c", [1], { red: { 1: 1000, 2: 0 } })).toEqual([]);
  });

  it("does not count those in the way who can run together with the one who waits", () => {
    // Phases 2 and 6 served; 5 can follow 6 only, and both can run beside 2 and 1.
    const red = { 1: 1000, 3: 1000, 4: 1000, 5: 145_000, 7: 1000, 8: 1000 };
    expect(judge("b", [2, 6], { green: { 2: 1000, 6: 20_000 }, red })).toEqual([]);
    expect(judge("b", [2, 6], { green: { 2: 1000, 6: 20_000 }, red: { ...red, 5: 145_001 } })).toEqual([
      "3 red-too-long",
    ]);
    // 4 is behind the barrier and needs both to end: 6 s of minimum and 5 s for phase 2.
    const crossing = { ...red, 5: 1000, 4: 100_000 };
    expect(judge("b", [2, 6], { green: { 2: 1000, 6: 20_000 }, red: crossing })).toEqual([]);
    expect(judge("b", [2, 6], { green: { 2: 1000, 6: 20_000 }, red: { ...crossing, 4: 100_001 } })).toEqual([
      "3 red-too-long",
    ]);
  });

  it("asks nothing of a late phase that the set leaves room for", () => {
    // 5 can start beside 2 at any moment, so serving 2 alone makes nobody later; but 5 is late already past 150 s.
    const red = { 1: 1000, 3: 1000, 4: 1000, 5: 150_000, 6: 1000, 7: 1000, 8: 1000 };
    expect(judge("b", [2], { green: { 2: 1000 }, red })).toEqual([]);
    expect(judge("b", [2], { green: { 2: 1000 }, red: { ...red, 5: 150_001 } })).toEqual(["3 red-too-long"]);
  });

  it("counts only those greens that must end before the phase can begin", () => {
    // 6 stays green beside 1; nothing has to clear for 1, so 2 could follow after 7 + 5 s.
    const red = { 1: 1000, 2: 138_000, 3: 1000, 4: 1000, 5: 1000, 7: 1000, 8: 1000 };
    expect(judge("b", [1], { green: { 6: 20_000 }, red })).toEqual([]);
    expect(judge("b", [1], { green: { 6: 20_000 }, red: { ...red, 2: 138_001 } })).toEqual(["3 red-too-long"]);
  });

  it.each([
    // 120 s of maximum wait less 9 s in which nobody may start to cross; 5 s until stage 1 has cleared.
    [106_000, []],
    [106_001, ["3 red-too-long"]],
  ])("keeps a crossing's maximum wait with stage 3 red for %i ms", (red, expected) => {
    expect(judge("a", [1], { green: { 1: 20_000 }, red: { 2: 1000, 3: red } })).toEqual(expected);
  });

  it.each([
    // Stage 3 may be red for the junction's 150 s where nobody has called its walk; whoever has called waits 120 s at most.
    ["nobody has called", {}, 145_000, []],
    ["nobody has called", {}, 145_001, ["3 red-too-long"]],
    ["somebody called 115 s ago", { 3: 115_000 }, 116_000, []],
    ["somebody called longer ago", { 3: 115_001 }, 116_000, ["3 red-too-long"]],
    ["somebody has only just called", { 3: 1000 }, 145_000, []],
  ])("keeps a crossing's maximum wait from the call on where the cabinet tells: %s", (_, called, red, expected) => {
    const changes = { walkCalledSince: instants(called) };
    expect(judge("a", [1], { green: { 1: 20_000 }, red: { 2: 1000, 3: red }, changes })).toEqual(expected);
  });

  it("denies when the history is unknown", () => {
    const request = serving("c", [1], calm);
    expect(faults({ ...request, lastGreen: undefined })).toEqual(["3 history-unknown"]);
    expect(faults({ ...request, greenSince: undefined })).toEqual(["3 history-unknown"]);
  });

  it("says who, how long and what the maximum is", () => {
    const verdict = guard(serving("c", [1], { green: { 1: 20_000 }, red: { 2: 150_000 } }));
    expect(verdict.allowed ? [] : verdict.denials.map(({ message }) => message)).toEqual([
      "phase 2 has been red for 150 s and would be for 155 s at the earliest; its maximum is 150 s: serve it first",
    ]);
  });
});

describe("invariant 8: the cabinet can be called second by second", () => {
  const limited = (changes: Partial<typeof capabilities>) =>
    judge("c", [2], {
      ...calm,
      changes: { cabinet: cabinetOf("c", { capabilities: { ...capabilities, ...changes } }) },
    });

  it.each<[string, Partial<typeof capabilities>, readonly string[]]>([
    ["no such control", { secondBySecond: false }, ["8 no-second-by-second"]],
    ["no download, which serving does not need", { planDownload: false }, []],
    ["too few phases", { maxPhases: 1 }, ["8 too-many-phases"]],
    ["just enough phases", { maxPhases: 2 }, []],
    ["an unknown number of phases", { maxPhases: Number.NaN }, ["8 too-many-phases"]],
  ])("judges a cabinet with %s", (_name, changes, expected) => {
    expect(limited(changes)).toEqual(expected);
  });
});
