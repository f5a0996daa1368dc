import { describe, expect, it } from "vitest";
import { after, type Instant, instant, seconds } from "../../../../config/units.ts";
import type { PhaseState, ReachableStatus } from "../../../../engine/core/cabinet.ts";
import { noTurns, overdue, type PhaseTurns, turnsSeen } from "../../../../engine/core/strategies/phase-turns.ts";
import { greenLeft, leastGreen } from "../../../../engine/core/strategies/walk-calls.ts";
import { testCity } from "../../../support/city.ts";

/** Stages 1, 2 and 3; the crossing with its button goes with 3. Walk 5 s and clearance 9 s, 120 s at most to wait. */
const junction = testCity().junctions.get("a")!;
const start = instant(Date.UTC(2026, 10, 23, 1));
const [main, , side] = junction.phases;

const statusOf = (green: number, walkCalls: readonly number[] | undefined): ReachableStatus => ({
  kind: "reachable",
  junction: "a",
  at: start,
  mode: "central",
  capabilities: {
    planDownload: true,
    secondBySecond: true,
    maxPhases: 8,
    cycleMin: seconds(30),
    cycleMax: seconds(200),
    resolution: seconds(1),
  },
  pattern: 254,
  inTransition: false,
  phases: Object.fromEntries(
    junction.phases.map(({ number }): [number, PhaseState] => [number, number === green ? "green" : "red"]),
  ),
  ...(walkCalls && { walkCalls }),
  cyclePosition: undefined,
  elapsed: undefined,
  clockError: undefined,
  faults: [],
});

interface Span {
  readonly green: number;
  readonly lasting: number;
  readonly calls?: readonly number[];
}

/** What is known after these, one second after the other. */
function seenAfter(spans: readonly Span[]): { readonly turns: PhaseTurns; readonly now: Instant } {
  let turns = noTurns;
  let now = start;
  for (const { green, lasting, calls } of spans)
    for (let t = 0; t < lasting; t++) {
      now = after(now, seconds(1));
      turns = turnsSeen(turns, junction, statusOf(green, calls), now);
    }
  return { turns, now };
}

/** Who is overdue if what is green stays. */
const must = (spans: readonly Span[]) => {
  const { turns, now } = seenAfter(spans);
  return overdue(junction, turns, { now, tick: seconds(1), first: [] }).map(({ number }) => number);
};
const round = (calls: readonly number[] | undefined): readonly Span[] =>
  [2, 3, 1].map((green) => ({ green, lasting: 20, ...(calls && { calls }) }));

describe("a walk that is called by a button", () => {
  it("takes time of a green to come only where somebody has called it, or may have", () => {
    expect(leastGreen(junction, side!, seenAfter(round([])).turns)).toBeLessThan(side!.minGreen);
    expect(leastGreen(junction, side!, seenAfter(round([3])).turns)).toBe(side!.minGreen);
    expect(leastGreen(junction, side!, seenAfter(round(undefined)).turns)).toBe(side!.minGreen);
    expect(leastGreen(junction, main!, seenAfter(round([])).turns)).toBe(main!.minGreen);
  });

  it("keeps its green until people have crossed, and no other", () => {
    const walking = seenAfter([
      ...round([]),
      { green: 1, lasting: 3, calls: [3] },
      { green: 3, lasting: 4, calls: [] },
    ]);
    // Walk and clearance from the first second of green, seen at its first poll.
    expect(greenLeft(junction, side!, walking.turns, walking.now)).toBe(side!.minGreen - 3000);
    const nobody = seenAfter([...round([]), { green: 3, lasting: 4, calls: [] }]);
    expect(greenLeft(junction, side!, nobody.turns, nobody.now)).toBeLessThan(side!.minGreen - 3000);
    const late = seenAfter([...round([]), { green: 3, lasting: 10, calls: [3] }, { green: 3, lasting: 1, calls: [] }]);
    expect(greenLeft(junction, side!, late.turns, late.now)).toBe(side!.minGreen);
  });

  it("has to begin within the patience of whoever called, and of nobody else", () => {
    const uncalled = [...round([]), { green: 2, lasting: 1, calls: [] }, { green: 1, lasting: 100, calls: [] }];
    expect(must(uncalled)).not.toContain(3);
    const called = (lasting: number): readonly Span[] => [
      ...round([]),
      { green: 2, lasting: 1, calls: [] },
      { green: 1, lasting, calls: [3] },
    ];
    expect(must(called(60))).toEqual([]);
    expect(must(called(118))).toContain(3);
    for (let lasting = 60; lasting <= 118; lasting++)
      if (must(called(lasting)).includes(3)) {
        // In time: what is green ends, and the walk begins, before 120 s are over; and no sooner than it must.
        expect(lasting).toBeLessThanOrEqual(120 - 5);
        expect(lasting).toBeGreaterThan(80);
        break;
      }
  });

  it("may be waited for since the last start of green where the cabinet tells nothing", () => {
    const unsaid = [...round(undefined), { green: 1, lasting: 95 }];
    expect(must(unsaid)).toContain(3);
  });
});
