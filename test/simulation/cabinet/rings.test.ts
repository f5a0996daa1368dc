import { describe, expect, it } from "vitest";
import { instant } from "../../../config/units.ts";
import { EventLog } from "../../../simulation/cabinet/event-log.ts";
import { Heads } from "../../../simulation/cabinet/heads.ts";
import { Rings, unitPhases } from "../../../simulation/cabinet/rings.ts";
import { testCity } from "../../support/city.ts";

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
