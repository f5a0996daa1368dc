import { describe, expect, it } from "vitest";
import { instant, millis, seconds } from "../../../config/units.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import { broken } from "./lamp-rules.ts";
import { dual, MIDNIGHT, type Rig, rig, stages, stored } from "./rig.ts";

const dayA = { cycle: 90, splits: { 1: 45, 2: 17, 3: 28 }, sequence: stages };
const dayB = {
  cycle: 90,
  offset: 32,
  splits: { 1: 15, 2: 35, 3: 15, 4: 25, 5: 15, 6: 35, 7: 15, 8: 25 },
  sequence: dual,
};

/** Runs under engine command with one plan, then sends another. */
function changed(junction: string, from: Parameters<typeof stored>[0], to: Parameters<typeof stored>[0]): Rig {
  const cabinet = rig({ junction });
  cabinet.unit.storePlans(new Map([[101, stored(from)]]));
  cabinet.unit.commandPattern(101);
  cabinet.run(200_000);
  expect(cabinet.unit.storePlans(new Map([[102, stored(to)]]))).toBeUndefined();
  cabinet.unit.commandPattern(102);
  return cabinet;
}

/** Distance of an instant from an offset, ms, in (-cycle/2, cycle/2]. */
const error = (at: number, offset: number, cycle: number): number => {
  const late = (((at - offset) % cycle) + cycle) % cycle;
  return late > cycle / 2 ? late - cycle : late;
};

describe("coordinated operation", () => {
  it.each(["a", "b", "c"])(
    "starts the coordinated green of %s exactly at its offset, cycle after cycle",
    (junction) => {
      const cabinet = rig({ junction, start: MIDNIGHT + 12_300 });
      cabinet.run(30 * 60_000);
      const { plan } = cabinet.unit.status();
      const phase = cabinet.junction.phases.find(({ number }) => number === cabinet.junction.coordinatedPhase)!;
      const greens = cabinet.greens(phase.groups[0]!).slice(1);
      expect(greens.length).toBeGreaterThan(17);
      for (const at of greens) expect(error(at, plan!.offset, plan!.cycle)).toBe(0);
      expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
    },
  );

  it("gives every phase its split less amber and all-red", () => {
    const cabinet = rig({ junction: "b" });
    cabinet.run(400_000);
    for (const [group, length] of [
      ["p1", 10],
      ["p2", 30],
      ["p3", 10],
      ["p4", 20],
      ["p5", 10],
      ["p6", 30],
      ["p7", 10],
      ["p8", 20],
    ] as const) {
      const index = cabinet.junction.groups.findIndex(({ id }) => id === group);
      const lengths = cabinet.shown
        .filter((part) => part.group === index && part.lamp === Lamp.green)
        .slice(1, 4)
        .map(({ from, to }) => (to - from) / 1000);
      expect(lengths, group).toEqual([length, length, length]);
    }
  });

  it("keeps its plan while the engine is silent", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.run(3_600_000);
    expect(cabinet.unit.status()).toMatchObject({ mode: "local", pattern: 1, inTransition: false, faults: [] });
  });

  it("changes plans at local zero and not before, whole", () => {
    const cabinet = changed("a", dayA, { cycle: 60, splits: { 1: 25, 2: 15, 3: 20 }, sequence: stages });
    const before = cabinet.unit.status();
    expect(before).toMatchObject({ pattern: 101, pending: true });
    cabinet.until(() => {
      const { pattern, plan } = cabinet.unit.status();
      // Number and plan move together.
      expect([pattern, plan!.cycle]).toEqual(pattern === 101 ? [101, 90_000] : [102, 60_000]);
      return pattern === 102;
    }, 90_000);
    expect(cabinet.unit.status()).toMatchObject({ pending: false, cyclePosition: 0 });
    expect(cabinet.greens("main").at(-1)).toBe(cabinet.at());
    // The last cycle of the old plan ran its splits to the end.
    const side = cabinet.shown.filter((part) => part.group === 2 && part.lamp === Lamp.green).at(-1)!;
    expect(side.to - side.from).toBe(23_000);
  });

  it("takes a plan stored over the running one at the next local zero", () => {
    const cabinet = changed("a", dayA, dayA);
    cabinet.until(() => cabinet.unit.status().pattern === 102);
    cabinet.run(10_000);
    cabinet.unit.storePlans(new Map([[102, stored({ ...dayA, splits: { 1: 35, 2: 17, 3: 38 } })]]));
    expect(cabinet.unit.status().pending).toBe(true);
    cabinet.run(75_000);
    expect(cabinet.unit.status().pending).toBe(true);
    cabinet.run(5_000);
    expect(cabinet.unit.status().pending).toBe(false);
    cabinet.run(90_000);
    const main = cabinet.shown.filter((part) => part.group === 0 && part.lamp === Lamp.green).slice(-2);
    expect(main.map(({ from, to }) => to - from)).toContain(30_000);
  });

  it.each([1, 5, 10, 20, 30, 44, 45, 46, 60, 75, 89])(
    "reaches an offset moved by %i s within three cycles, then holds it exactly",
    (offset) => {
      for (const [junction, plan] of [
        ["a", dayA],
        ["b", dayB],
      ] as const) {
        const moved = { ...plan, offset: ((("offset" in plan ? plan.offset : 0) ?? 0) + offset) % 90 };
        const cabinet = changed(junction, plan, moved);
        cabinet.until(() => cabinet.unit.status().pattern === 102, 90_000);
        const opened = cabinet.at();
        expect(cabinet.unit.status().inTransition).toBe(true);
        cabinet.run(900_000);
        const phase = cabinet.junction.phases.find(({ number }) => number === cabinet.junction.coordinatedPhase)!;
        const greens = cabinet.greens(phase.groups[0]!).filter((at) => at >= opened);
        for (const at of greens.slice(3)) expect(error(at, moved.offset * 1000, 90_000)).toBe(0);
        const lengths = greens.slice(1).map((at, i) => at - greens[i]!);
        for (const length of lengths) {
          expect(length).toBeGreaterThanOrEqual(0.8 * 90_000);
          expect(length).toBeLessThanOrEqual(1.2 * 90_000);
        }
        expect(cabinet.unit.status().inTransition).toBe(false);
        expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
      }
    },
  );

  it("goes the long way round where that takes fewer cycles", () => {
    // 24 s late: greens can give up 7 s a cycle, and take 10 s (a fifth of the cycle).
    const tight = { cycle: 50, splits: { 1: 19, 2: 12, 3: 19 }, sequence: stages };
    const cabinet = changed("a", tight, { ...tight, offset: 26 });
    cabinet.until(() => cabinet.unit.status().pattern === 102);
    const opened = cabinet.at();
    cabinet.run(300_000);
    const greens = cabinet.greens("main").filter((at) => at >= opened);
    expect(greens.slice(1, 5).map((at, i) => at - greens[i]!)).toEqual([60_000, 60_000, 56_000, 50_000]);
    expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
  });

  it("runs another order of phases from the cycle that opens it", () => {
    const cabinet = changed("b", dayB, {
      ...dayB,
      sequence: [
        [2, 1, 4, 3],
        [6, 5, 8, 7],
      ],
    });
    cabinet.run(900_000);
    const greens = cabinet.greens("p2").slice(-3);
    for (const at of greens) {
      expect(error(at, 32_000, 90_000)).toBe(0);
      const p1 = cabinet.greens("p1").find((start) => start > at);
      if (p1 !== undefined) expect(p1 - at).toBe(35_000);
    }
    expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
  });

  it("serves a pattern with another cycle in step with its own offset", () => {
    const cabinet = changed("b", dayB, {
      cycle: 100,
      offset: 17,
      splits: { 1: 20, 2: 40, 3: 15, 4: 25, 5: 25, 6: 35, 7: 20, 8: 20 },
      sequence: dual,
    });
    cabinet.run(1_000_000);
    for (const at of cabinet.greens("p2").slice(-4)) expect(error(at, 17_000, 100_000)).toBe(0);
    expect(cabinet.unit.trips).toBe(0);
  });

  it("picks up in step after free operation, through all red", () => {
    const cabinet = rig({ junction: "b" });
    cabinet.unit.commandPattern(254);
    cabinet.run(100_000);
    cabinet.unit.commandPattern(0);
    cabinet.until(() => cabinet.unit.status().pattern === 1, 60_000);
    expect(cabinet.unit.status().inTransition).toBe(false);
    cabinet.run(400_000);
    for (const at of cabinet.greens("p2").slice(-3)) expect(error(at, 32_000, 90_000)).toBe(0);
    expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
  });

  it("treats a number without a plan as free", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.unit.commandPattern(77);
    cabinet.run(60_000);
    expect(cabinet.unit.status()).toMatchObject({ mode: "central", pattern: 254 });
  });
});

describe("pedestrians under a plan", () => {
  it("walk only when called, at the start of green, with walk and clearance whole and cleared before amber", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.run(300_000);
    expect(cabinet.greens("walk")).toEqual([]);
    expect(cabinet.lamp("walk")).toBe(Lamp.red);
    cabinet.until(() => cabinet.lamp("side") === Lamp.red && cabinet.lamp("main") === Lamp.green);
    cabinet.unit.pressButton(0);
    expect(cabinet.unit.status().pedestrianCalls).toBe(0b100);
    cabinet.run(300_000);
    expect(cabinet.greens("walk")).toHaveLength(1);
    const [start] = cabinet.greens("walk");
    expect(cabinet.greens("side")).toContain(start);
    const film = cabinet.shown.filter((part) => part.group === 3 && part.from >= start!);
    expect(film.map(({ lamp }) => lamp)).toEqual([Lamp.green, Lamp.clearance, Lamp.red]);
    expect(film[0]!.to - film[0]!.from).toBeGreaterThanOrEqual(5_000);
    expect(film[1]!.to - film[1]!.from).toBe(9_000);
    const amber = cabinet.shown.find(({ group, lamp, from }) => group === 2 && lamp === Lamp.amber && from > start!)!;
    expect(film[1]!.to).toBeLessThanOrEqual(amber.from);
    expect(cabinet.unit.status().pedestrianCalls).toBe(0);
  });

  it("do not keep a press made during the walk it asks for", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.unit.pressButton(0);
    cabinet.until(() => cabinet.lamp("walk") === Lamp.green);
    cabinet.unit.pressButton(0);
    expect(cabinet.unit.status().pedestrianCalls).toBe(0);
    cabinet.run(180_000);
    expect(cabinet.greens("walk")).toHaveLength(1);
  });

  it("keep a press made during the clearance for the next green", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.unit.pressButton(0);
    cabinet.until(() => cabinet.lamp("walk") === Lamp.clearance);
    cabinet.unit.pressButton(0);
    cabinet.run(180_000);
    expect(cabinet.greens("walk")).toHaveLength(2);
  });
});

describe("setting the clock during a plan", () => {
  it("never moves a lamp by itself", () => {
    const cabinet = rig({ junction: "b" });
    cabinet.run(100_000);
    for (const jump of [-40_000, 3_000, 86_400_000, -7_777]) {
      cabinet.unit.setClock(instant(cabinet.unit.now() + jump));
      cabinet.run(300_000);
    }
    expect(cabinet.unit.trips).toBe(0);
    expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
  });

  it("keeps minimum greens where the clock is set back by less than a step", () => {
    // Every green but one at its minimum; each correction of 60 ms would come out of the first of them.
    const cabinet = rig({ junction: "a" });
    const tight = stored({ cycle: 50, splits: { 1: 12, 2: 12, 3: 26 }, sequence: stages });
    cabinet.unit.storePlans(new Map([[101, tight]]));
    cabinet.unit.commandPattern(101);
    for (let i = 0; i < 40; i++) {
      cabinet.unit.setClock(instant(cabinet.unit.now() + 60));
      cabinet.run(50_000);
    }
    expect(broken(cabinet.junction, cabinet.shown)).toEqual([]);
  });

  it("lets a plan of whole seconds settle at the tenth below an odd clock", () => {
    const cabinet = rig({ junction: "a" });
    cabinet.unit.setClock(instant(cabinet.unit.now() + millis(37)));
    cabinet.run(seconds(600));
    const { cyclePosition, inTransition } = cabinet.unit.status();
    expect(inTransition).toBe(false);
    expect(error(cabinet.unit.now() - cyclePosition, 0, 90_000)).toBe(0);
  });
});
