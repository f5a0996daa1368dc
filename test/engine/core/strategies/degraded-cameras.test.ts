import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { boxHolds } from "../../../../engine/core/strategies/rolling-horizon/box.ts";
import { stillThere } from "../../../../engine/core/strategies/rolling-horizon/late-picture.ts";
import { layoutOf } from "../../../../engine/core/strategies/rolling-horizon/layout.ts";
import { type UnseenLanes, watchUnseen } from "../../../../engine/core/strategies/rolling-horizon/unseen.ts";
import type { BoxVehicle, JunctionView } from "../../../../engine/core/view.ts";
import { testCity } from "../../../support/city.ts";
import { start } from "./paper-city.ts";

const city = testCity();
const junction = city.junctions.get("a")!;
const layout = layoutOf(city, junction);
const pace = { headway: 2, startLoss: 1 };
/** `n` who have stood at the line since before the picture. */
const standing = (n: number, age: number) => Array.from({ length: n }, () => ({ arrival: -age, weight: 1 }));

describe("a picture that comes late", () => {
  it("still shows who had no green", () => {
    expect(stillThere(standing(6, 5), undefined, { ...pace, age: 5 })).toHaveLength(6);
    expect(stillThere(standing(6, 5), { from: -30, to: -20 }, { ...pace, age: 5 })).toHaveLength(6);
  });

  it("is short by those who left on green since, one a headway", () => {
    expect(stillThere(standing(6, 5), { from: -30, to: 0 }, { ...pace, age: 5 })).toHaveLength(3);
    // Green for the last 2 s only, of which the first needs one.
    expect(stillThere(standing(6, 5), { from: -2, to: 0 }, { ...pace, age: 5 })).toHaveLength(5);
    expect(stillThere(standing(6, 0), { from: -30, to: 0 }, { ...pace, age: 0 })).toHaveLength(6);
  });

  it("loses nobody who could not be at the line yet, whatever came before", () => {
    const random = seededRandom(1, "late");
    for (let n = 0; n < 500; n++) {
      const age = random.next() * 8;
      const seen = Array.from({ length: 10 }, () => ({ arrival: random.next() * 20 - age, weight: 1 }));
      const green = { from: -random.next() * 20, to: -random.next() * 4 };
      const there = stillThere(seen, green, { ...pace, age });
      for (const one of seen) if (one.arrival > green.to) expect(there).toContain(one);
      const window = Math.max(0, Math.min(age, -green.from) + green.to);
      expect(seen.length - there.length).toBeLessThanOrEqual(Math.floor(window / pace.headway) + 1);
    }
  });

  it("of the box says nothing of those who moved, and still names those who stood", () => {
    const movement = junction.movements.find(({ approach }) => approach === "north")!;
    const view = (speedMps: number): JunctionView => ({
      junction: "a",
      at: start,
      approaches: [],
      exits: [],
      box: [{ approach: "north", lane: 0, movements: [movement.id], speedMps }],
    });
    const change = { from: 2, to: 0 };
    expect(boxHolds(layout, view(2), change).meeting).toBe(1);
    expect(boxHolds(layout, view(2), { ...change, age: 5 }).meeting).toBe(0);
    expect(boxHolds(layout, view(0), { ...change, age: 5 }).meeting).toBe(1);
  });
});

describe("an approach without a camera", () => {
  const lane = layout.lanes.findIndex(({ approach }) => junction.approaches[approach]!.id === "north");
  const inSight = junction.approaches.filter(({ id }) => id !== "north");

  /** Cycles of 60 s with 25 s of green; discharge one in 2 s. Every second: what is thought, and what is true. */
  function street(perSecond: number, cycles: number, seed: number) {
    const random = seededRandom(seed, "unseen");
    let thought: UnseenLanes | undefined;
    let queue = 0;
    let free = 0;
    const leaving: number[] = [];
    const seconds: { readonly queue: number; readonly thought: number; readonly rate: number }[] = [];
    for (let t = 0; t < cycles * 60; t++) {
      if (random.next() < perSecond) queue++;
      const open = t % 60 < 25;
      if (open && t % 60 >= 1 && queue > 0 && t >= free) {
        queue--;
        free = t + 2;
        leaving.push(t);
      }
      const driving = leaving.filter((at) => t - at < 3);
      const box = driving.map((): BoxVehicle => ({ approach: "north", lane: 0, movements: [], speedMps: 8 }));
      const view: JunctionView = {
        junction: "a",
        at: start,
        approaches: inSight.map(({ id }) => ({ approach: id, rangeM: 100, vehicles: [], crossed: [] })),
        exits: [],
        box,
      };
      thought = watchUnseen(thought, layout, view, { open: layout.lanes.map(() => open), seconds: 1 });
      seconds.push({ queue, thought: thought[lane]!.queue, rate: thought[lane]!.rate });
    }
    return { thought: thought!, seconds };
  }

  it("is counted by whom the box shows, and only it", () => {
    const { thought } = street(0.1, 3, 1);
    layout.lanes.forEach(({ approach }, l) => {
      expect(thought[l] === undefined).toBe(junction.approaches[approach]!.id !== "north");
    });
  });

  it.each([0.05, 0.1, 0.15])("of %f veh/s is known by its rate and nearly by its queue", (perSecond) => {
    const { seconds } = street(perSecond, 60, 2);
    const late = seconds.slice(20 * 60);
    const mean = (of: (second: (typeof seconds)[number]) => number) =>
      late.reduce((sum, second) => sum + of(second), 0) / late.length;
    expect(mean(({ rate }) => rate) / perSecond).toBeGreaterThan(0.75);
    expect(mean(({ rate }) => rate) / perSecond).toBeLessThan(1.35);
    expect(mean((second) => Math.abs(second.thought - second.queue))).toBeLessThan(2);
  });

  it("that gets less green than it needs is never thought empty while somebody drives out of it", () => {
    const { seconds } = street(0.4, 20, 3);
    const late = seconds.slice(5 * 60);
    expect(late.filter(({ queue, thought }) => queue > 5 && thought < 1)).toEqual([]);
    expect(late.every(({ rate, thought }) => Number.isFinite(rate) && Number.isFinite(thought))).toBe(true);
  });
});
