import { describe, expect, it } from "vitest";
import { type ConflictFact, deriveJunction } from "../../../config/derive.ts";
import type { Junction, SignalGroup } from "../../../config/model.ts";
import { millis, seconds } from "../../../config/units.ts";
import { Heads } from "../../../simulation/cabinet/heads.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import { testCity } from "../../support/city.ts";
import { broken } from "./lamp-rules.ts";
import { rig, stored } from "./rig.ts";

const vehicle = (id: string, amber = 3): SignalGroup => ({
  id,
  kind: "vehicle",
  minGreen: seconds(7),
  maxGreen: seconds(60),
  amber: seconds(amber),
  clearance: millis(0),
});
const walk: SignalGroup = {
  id: "walk",
  kind: "pedestrian",
  minGreen: seconds(6),
  maxGreen: seconds(60),
  amber: millis(0),
  clearance: seconds(8),
};

/** Main runs on through two stages, the right turn joins it in the second; then the side; then pedestrians alone. */
function overlapping(): Junction {
  const between = (a: string, b: string, there: number, back: number): ConflictFact => ({
    between: [a, b],
    intergreen: [seconds(there), seconds(back)],
  });
  return deriveJunction({
    ...testCity().junctions.get("a")!,
    groups: [vehicle("main"), vehicle("right", 4), vehicle("side"), walk],
    crossings: [{ id: "all", group: "walk", approach: "west", lengthM: 9, button: false, maxWait: seconds(120) }],
    conflicts: [
      between("main", "side", 5, 7),
      between("right", "side", 6, 5),
      between("main", "walk", 5, 3),
      between("right", "walk", 5, 3),
      between("side", "walk", 5, 3),
    ],
    phases: [
      { number: 1, name: "A", ring: 1, barrier: 1, groups: ["main"] },
      { number: 2, name: "B", ring: 1, barrier: 1, groups: ["main", "right"] },
      { number: 3, name: "C", ring: 1, barrier: 1, groups: ["side"] },
      { number: 4, name: "P", ring: 1, barrier: 1, groups: ["walk"] },
    ],
    rings: [[1, 2, 3, 4]],
    coordinatedPhase: 2,
  });
}

describe("signal heads", () => {
  const junction = overlapping();
  const [main, right, side] = [0, 1, 2];

  it("deny a green until every conflicting group's own intergreen has passed", () => {
    const heads = new Heads(junction, 0);
    heads.start(main, 60_000);
    heads.start(right, 60_000);
    expect(heads.mayStart(side, 70_000)).toBe(false);
    heads.stop(main, 70_000);
    heads.stop(right, 70_000);
    heads.tick(73_000);
    expect([heads.lamps[main], heads.lamps[right]]).toEqual([Lamp.red, Lamp.amber]);
    heads.tick(74_000);
    // 5 s after main, but 6 s after the right turn.
    expect(heads.mayStart(side, 75_900)).toBe(false);
    expect(() => heads.start(side, 75_900)).toThrow(/side within an intergreen/);
    expect(heads.lamps[side]).toBe(Lamp.red);
    expect(heads.mayStart(side, 76_000)).toBe(true);
  });

  it("deny a green while a conflicting amber or pedestrian clearance is lit", () => {
    const heads = new Heads(junction, 0);
    heads.start(3, 60_000);
    heads.stop(3, 66_000);
    heads.tick(73_900);
    expect(heads.lamps[3]).toBe(Lamp.clearance);
    expect(heads.mayStart(main, 73_900)).toBe(false);
    heads.tick(74_000);
    expect(heads.mayStart(main, 76_900)).toBe(false);
    expect(heads.mayStart(main, 77_000)).toBe(true);
  });

  it("count everything as just ended after a reset", () => {
    const heads = new Heads(junction, 0);
    heads.reset(50_000);
    expect(heads.mayStart(main, 56_900)).toBe(false);
    expect(heads.mayStart(main, 57_000)).toBe(true);
  });
});

describe("groups that several stages share", () => {
  const junction = overlapping();
  const filmed = (pattern: number, time: number) => {
    const cabinet = rig({ junction, cabinet: { detectors: [] } });
    const plan = stored({ cycle: 100, splits: { 1: 20, 2: 25, 3: 25, 4: 30 }, sequence: [[1, 2, 3, 4]] });
    expect(cabinet.unit.storePlans(new Map([[101, plan]]))).toBeUndefined();
    cabinet.unit.commandPattern(pattern);
    cabinet.run(time);
    expect(cabinet.unit.trips).toBe(0);
    return cabinet.shown;
  };

  it("stay green from one stage to the next, across the opening of a cycle too", () => {
    const shown = filmed(101, 700_000);
    expect(broken(junction, shown)).toEqual([]);
    const greens = shown.filter(({ group, lamp }) => group === 0 && lamp === Lamp.green).slice(1, 6);
    // Stage 1 with 20 s, then stage 2 with 25 s less its change (6 s from the right turn to the side).
    for (const { from, to } of greens) expect((to - from) / 1000).toBe(20 + 25 - 6);
    expect(greens).toHaveLength(5);
  });

  it("give a stage of pedestrians alone its walk each time where there is no button", () => {
    const shown = filmed(101, 700_000);
    const walks = shown.filter(({ group, lamp }) => group === 3 && lamp === Lamp.green);
    expect(walks.length).toBeGreaterThan(4);
    // The walk lasts as long as its clearance still fits before the stage ends.
    for (const { from, to } of walks.slice(1)) expect((to - from) / 1000).toBe(30 - 3 - 8);
  });

  it("keep the rules in free operation, everybody served", () => {
    const shown = filmed(254, 1_800_000);
    expect(broken(junction, shown)).toEqual([]);
    for (let group = 0; group < 4; group++)
      expect(shown.filter((part) => part.group === group && part.lamp === Lamp.green).length).toBeGreaterThan(8);
  });
});
