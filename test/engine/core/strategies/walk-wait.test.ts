import { describe, expect, it } from "vitest";
import { after, type Instant, instant, seconds } from "../../../../config/units.ts";
import { noTurns, overdue, type PhaseTurns } from "../../../../engine/core/strategies/phase-turns.ts";
import { testCity } from "../../../support/city.ts";

const junction = testCity().junctions.get("a")!;
const walks = junction.phases.find(({ groups }) => groups.includes("walk"))!;
const now = instant(Date.UTC(2026, 10, 20, 23));
const ago = (s: number): Instant => after(now, seconds(-s));

/** The walk's phase began so long ago and was green for so long; all others ran since. */
function turns(begunS: number, greenS: number): PhaseTurns {
  const others = junction.phases.filter((phase) => phase !== walks).map(({ number }) => number);
  return {
    ...noTurns,
    since: ago(600),
    greenSince: new Map([[others[0]!, ago(20)]]),
    began: new Map([[walks.number, ago(begunS)], ...others.map((number): [number, Instant] => [number, ago(20)])]),
    lastGreen: new Map([
      [walks.number, ago(begunS - greenS)],
      ...others.map((number): [number, Instant] => [number, now]),
    ]),
  };
}
const due = (given: PhaseTurns) => overdue(junction, given, { now, tick: seconds(1) }).map(({ number }) => number);

describe("who pressed just after a walk began", () => {
  it("is served within the crossing's limit however long that green was", () => {
    expect(due(turns(110, 10))).toEqual([walks.number]);
    expect(due(turns(110, 60))).toEqual([walks.number]);
    expect(due(turns(110, 90))).toEqual([walks.number]);
  });

  it("waits for no more than what is really served before", () => {
    const dueIf = (begunS: number, first: readonly (typeof walks)[]) =>
      overdue(junction, turns(begunS, 10), { now, tick: seconds(1), first }).map(({ number }) => number);
    const third = junction.phases.find(
      ({ number }) => number !== walks.number && !turns(60, 10).greenSince.has(number),
    )!;
    const latest = (first: readonly (typeof walks)[]): number => {
      let begunS = 60;
      while (dueIf(begunS, first).length === 0) begunS++;
      return begunS;
    };
    // Those green are past their least: amber and all-red, and two ticks to decide and obey.
    expect(latest([])).toBe(120 - 5 - 2);
    expect(latest([third])).toBe(120 - 5 - 2 - (third.minGreen + third.amber + third.allRed) / 1000);
  });

  it("is not hurried while there is time for others", () => {
    expect(due(turns(40, 10))).toEqual([]);
  });
});
