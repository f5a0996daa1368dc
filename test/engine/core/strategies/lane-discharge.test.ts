import { describe, expect, it } from "vitest";
import type { Junction } from "../../../../config/model.ts";
import { instant, seconds } from "../../../../config/units.ts";
import type { Layout } from "../../../../engine/core/strategies/rolling-horizon/layout.ts";
import { nothingLearned } from "../../../../engine/core/strategies/rolling-horizon/learned.ts";
import { queuesOf } from "../../../../engine/core/strategies/rolling-horizon/queues.ts";
import { settings, Walk } from "../../../../engine/core/strategies/rolling-horizon/walk.ts";
import type { SeenVehicle } from "../../../../engine/core/view.ts";

/**
 * Two approaches that face each other. `a` has two lanes: 0 for through and right, 1 for a left turn across `b`, whose only
 * lane is 2. Stage 0 opens everything, the left turn giving way; stage 1 opens the right turn of `a` alone.
 */
const lane = (approach: number, index: number, movements: readonly number[]) => ({
  approach,
  index,
  speedMps: 14,
  lengthM: 300,
  movements,
});
const movement = (
  id: string,
  turn: "left" | "through" | "right",
  lanes: readonly number[],
  yieldsTo: number[] = [],
) => ({
  id,
  group: id,
  exit: id,
  turn,
  lanes,
  yieldsTo,
});
const free = (m: number) => ({ movement: m, foes: [] });
const stage = (open: Layout["stages"][number]["open"]) => ({
  phases: [1],
  open,
  groups: new Set<string>(),
  least: 3,
  most: 60,
});
const layout: Layout = {
  junction: { approaches: ["a", "b"].map((id, a) => ({ id, lanes: [{}, {}].slice(a) })) } as unknown as Junction,
  lanes: [lane(0, 0, [0, 1]), lane(0, 1, [2]), lane(1, 0, [3])],
  firstLane: [0, 2],
  movements: [
    movement("a-through", "through", [0]),
    movement("a-right", "right", [0]),
    movement("a-left", "left", [1], [3]),
    movement("b-through", "through", [2]),
  ],
  stages: [stage([[free(0), free(1)], [{ movement: 2, foes: [3] }], [free(3)]]), stage([[free(1)], [], []])],
  change: [],
  follows: [],
  amber: [],
  least: [],
};

const standing = (count: number, lanes: readonly number[]): readonly SeenVehicle[] =>
  Array.from({ length: count }, (_, k) => ({
    distanceM: 2 + 7 * k,
    speedMps: 0,
    lengthM: 4.5,
    vehicleClass: "car",
    lanes,
  }));

interface Scene {
  readonly a?: readonly SeenVehicle[];
  readonly b?: readonly SeenVehicle[];
  /** Share of lane 0 that turns right. */
  readonly right?: number;
  /** Crossings of each lane so far. */
  readonly crossed?: readonly number[];
}

function walkOf({ a = [], b = [], right = 0.5, crossed = [3, 3, 3] }: Scene): Walk {
  const learned = {
    ...nothingLearned(layout),
    rate: [0, 0, 0],
    share: [[1 - right, right], [1], [1]],
    crossed,
  };
  const approach = (id: string, vehicles: readonly SeenVehicle[]) => ({
    approach: id,
    rangeM: 200,
    vehicles,
    crossed: [],
  });
  const view = {
    junction: "j",
    at: instant(seconds(0)),
    approaches: [approach("a", a), approach("b", b)],
    exits: [],
    box: [],
  };
  const none = layout.lanes.map(() => []);
  const sources = { view, age: 0, learned, pcu: () => 1, announced: none, redFor: [0, 0, 0] };
  return new Walk(layout, queuesOf(layout, { ...sources, horizon: settings.horizon }), learned, settings);
}

/** Who has left each lane after so many seconds of a stage that has shown green for `green` s. */
function left(
  walk: Walk,
  at: { readonly stage: number; readonly forS: number; readonly green?: number; readonly full?: readonly boolean[] },
): number[] {
  walk.begin({ green: at.green ?? 0, full: at.full ?? [] });
  for (let t = 0; t < at.forS; t++) walk.second(t, at.stage, -1, 0);
  return [...walk.next];
}

describe("a turn across others", () => {
  const turners = standing(6, [1]);

  it("is made at the pace of a lane when nobody comes", () => {
    expect(left(walkOf({ a: turners }), { stage: 0, forS: 15 })[1]).toBe(6);
  });

  it("waits, the first in the box and the others behind the stop line, while a queue comes the other way", () => {
    const walk = walkOf({ a: turners, b: standing(10, [0]) });
    expect(left(walk, { stage: 0, forS: 15 })[1]).toBe(1);
  });

  it("is made once that queue has gone", () => {
    const walk = walkOf({ a: turners, b: standing(5, [0]) });
    expect(left(walk, { stage: 0, forS: 12 })[1]).toBeLessThanOrEqual(2);
    expect(left(walk, { stage: 0, forS: 30 })[1]).toBe(6);
  });
});

describe("a lane with green for some of its vehicles", () => {
  const queue = standing(8, [0]);

  it.each([
    { right: 1, passes: 8 },
    { right: 0.75, passes: 3 },
    { right: 0.5, passes: 1 },
    { right: 0.2, passes: 0 },
  ])("lets $passes of 8 pass where $right of them have it, then somebody bars it", ({ right, passes }) => {
    expect(left(walkOf({ a: queue, right }), { stage: 1, forS: 40 })[0]).toBe(passes);
  });

  it("is barred by whoever still stands first some time after its start, until others get green", () => {
    const walk = walkOf({ a: queue, right: 0.75 });
    expect(left(walk, { stage: 1, forS: 20, green: 10 })[0]).toBe(0);
    walk.open(1, 0, 20);
    for (let t = 20; t < 40; t++) walk.second(t, 0, -1, 0);
    expect(walk.next[0]).toBe(8);
  });

  it("is not barred by whoever stands first where all have green", () => {
    expect(left(walkOf({ a: queue }), { stage: 0, forS: 20, green: 10 })[0]).toBe(8);
  });

  it("is barred wholly by a full exit of all that have green", () => {
    const full = layout.movements.map((_, m) => m === 1);
    expect(left(walkOf({ a: queue, right: 1 }), { stage: 1, forS: settings.fullFor, full })[0]).toBe(0);
  });
});

describe("a vehicle that can still choose its lane", () => {
  it("is counted on the lanes in the shares in which they are used", () => {
    const far = standing(8, [0, 1]).map((one) => ({ ...one, distanceM: one.distanceM + 80 }));
    expect([...walkOf({ a: far, crossed: [30, 10, 0] }).queues.count]).toEqual([6, 2, 0]);
    expect([...walkOf({ a: far, crossed: [20, 20, 0] }).queues.count]).toEqual([4, 4, 0]);
  });
});
