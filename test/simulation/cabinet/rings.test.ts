import { describe, expect, it } from "vitest";
import { instant } from "../../../config/units.ts";
import { Coordinator } from "../../../simulation/cabinet/coordinator.ts";
import { EventLog } from "../../../simulation/cabinet/event-log.ts";
import { Heads } from "../../../simulation/cabinet/heads.ts";
import { Rings, unitPhases } from "../../../simulation/cabinet/rings.ts";
import { testCity } from "../../support/city.ts";
import { stored } from "./rig.ts";

describe("a plan that is held up", () => {
  it("gives a late phase its minimum green, and opens the next cycle when everybody is ready", () => {
    const junction = testCity().junctions.get("c")!;
    const phases = unitPhases(junction);
    const heads = new Heads(junction, 0);
    const log = new EventLog(() => instant(0));
    const calls = { wantsWalk: () => false, walkStarted: () => {}, greenStarted: () => {}, greenEnded: () => {} };
    const rings = new Rings({ junction, phases, heads, log, calls });
    const coordinator = new Coordinator({ rings, log, coordinatedPhase: 1, calendar: (at) => at });
    const plan = stored({ cycle: 90, splits: { 1: 62, 2: 28 }, sequence: [[1, 2]] });
    // Something keeps the side street's head green where the plan knows nothing of it.
    heads.start(1, 80_000);
    const film: string[] = [];
    coordinator.pickUp(plan, 90_000);
    for (let at = 90_000; at < 260_000; at += 100) {
      if (at === 145_000) heads.stop(1, at);
      rings.tick(at);
      coordinator.tick(plan, at);
      const now = ["-", "r", "", "g", "y"][heads.lamps[0]!]!;
      if (!film.at(-1)?.endsWith(now)) film.push(`${at / 1000}${now}`);
    }
    // Due at 90 s until 147 s; free only 5 s after 145 s.
    expect(film.slice(0, 4)).toEqual(["90r", "150g", "157y", "160r"]);
    expect(Number.parseFloat(film[4]!)).toBeGreaterThanOrEqual(180);
  });
});

describe("rings and barriers", () => {
  // A junction whose matrix forgets that phases across the barrier cross: the barrier alone must keep them apart.
  const junction = testCity().junctions.get("b")!;
  const lax = { ...junction, conflicts: new Uint8Array(junction.conflicts.length) };
  const phases = unitPhases(lax);
  const phase = (number: number) => phases.find((candidate) => candidate.number === number)!;
  const ringsOf = () =>
    new Rings({
      junction: lax,
      phases,
      heads: new Heads(lax, 0),
      log: new EventLog(() => instant(0)),
      calls: { wantsWalk: () => false, walkStarted: () => {}, greenStarted: () => {}, greenEnded: () => {} },
    });

  it("deny a phase while a ring is active on the other side, its amber and all-red included", () => {
    const rings = ringsOf();
    rings.start(phase(2), 10_000);
    expect(rings.mayStart(phase(6), 10_000)).toBe(true);
    expect(rings.mayStart(phase(8), 10_000)).toBe(false);
    rings.end(rings.rings[0]!, 20_000, -1);
    rings.tick(24_900);
    expect(rings.mayStart(phase(8), 24_900)).toBe(false);
    rings.tick(25_000);
    expect(rings.mayStart(phase(8), 25_000)).toBe(true);
  });

  it("run amber, then all-red, then nothing", () => {
    const rings = ringsOf();
    rings.start(phase(2), 0);
    rings.end(rings.rings[0]!, 10_000, -1);
    expect(rings.mask("amber")).toBe(0b10);
    rings.tick(12_900);
    expect(rings.mask("amber")).toBe(0b10);
    rings.tick(13_000);
    expect([rings.mask("amber"), rings.mask("clear")]).toEqual([0, 0b10]);
    rings.tick(15_000);
    expect([rings.mask("clear"), rings.allRed]).toEqual([0, true]);
  });
});
