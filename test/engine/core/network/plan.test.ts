import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import type { City, Junction } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import { millis, seconds } from "../../../../config/units.ts";
import { directionsOf, greenWindow, measureBand } from "../../../../engine/core/network/bands.ts";
import { delayOffsets, fromFirst, quick } from "../../../../engine/core/network/delay-offsets.ts";
import { countedLoads, flowKey } from "../../../../engine/core/network/flows.ts";
import { evaluate, junctionsOf, type PlannedNetwork } from "../../../../engine/core/network/network.ts";
import { phaseOrders } from "../../../../engine/core/network/orders.ts";
import { chooseCycle, needOf, possibleCycles } from "../../../../engine/core/network/timing.ts";
import { plans as dayPlans, testCity } from "../../../support/city.ts";
import { planFaults } from "../plan/support.ts";

const city = testCity();

/** Counts at every movement: `main` veh/h straight on along the corridor, a tenth of it elsewhere. */
function network(main: number, ids: readonly string[] = ["a", "b", "c"], given: City = city): PlannedNetwork {
  const whole = given.corridors.get("main")!;
  const from = whole.junctions.indexOf(ids[0]!);
  const corridor = {
    ...whole,
    junctions: ids,
    forward: whole.forward.slice(from, from + ids.length - 1),
    backward: whole.backward.slice(from, from + ids.length - 1),
  };
  const junctions = junctionsOf(given, [corridor]);
  const flows = new Map(
    junctions.flatMap((junction) =>
      junction.movements.map(({ id, approach, turn }) => {
        const along = turn === "through" && ["east", "west"].includes(approach);
        const share = (along ? 1 : 0.1) * main;
        return [flowKey(junction.id, id), { car: 0.4 * share, hv: 0.03 * share, mc: 0.57 * share, um: 0 }] as const;
      }),
    ),
  );
  const { loads } = countedLoads(given, junctions, flows, { friction: "medium", measured: new Map() });
  return { city: given, corridors: [corridor], junctions, loads };
}

const day = new Map(dayPlans.map((plan) => [plan.junction, plan]));
const at = (id: string, offsetS: number): TimingPlan => ({ ...day.get(id)!, offset: seconds(offsetS % 90) });

describe("bands", () => {
  const two = network(800, ["a", "b"]);
  const [there, back] = directionsOf(two) as [ReturnType<typeof directionsOf>[0], ReturnType<typeof directionsOf>[0]];

  it("follow the streams that run through, with their travel times", () => {
    expect(there.stops.map(({ stream }) => stream.approach)).toEqual(["west", "west"]);
    expect(back.stops.map(({ stream }) => stream.approach)).toEqual(["east", "east"]);
    const { progressionMps } = two.corridors[0]!;
    expect(there.stops[1]!.travelS).toBeCloseTo(450 / progressionMps, 6);
  });

  it("are as wide as two greens shifted by the journey overlap, by hand", () => {
    // Simultaneous greens of a and b in both directions: what one direction gains by an offset the other loses.
    const windows = two.junctions.map((junction) =>
      greenWindow(junction, day.get(junction.id)!, there.stops.find((stop) => stop.junction === junction)!.stream),
    );
    const travel = there.stops[1]!.travelS;
    const [a, b] = windows as [(typeof windows)[0], (typeof windows)[0]];
    for (const offset of [0, 17, 40, 71]) {
      const plans = new Map([
        ["a", at("a", 0)],
        ["b", at("b", offset)],
      ]);
      // Green of b as seen from a: it begins so much after the green of a.
      const lag = offset + b.startS - a.startS - travel;
      const overlap = (shift: number): number =>
        Math.max(0, Math.min(a.lengthS, shift + b.lengthS) - Math.max(0, shift));
      const expected = Math.max(...[-180, -90, 0, 90, 180].map((turn) => overlap(lag + turn)));
      expect(measureBand(there, plans).widthS).toBeCloseTo(expected, 0);
    }
  });

  it("depend on differences of offsets only, and wrap at the cycle", () => {
    const width = (turn: number): number =>
      measureBand(
        there,
        new Map([
          ["a", at("a", turn)],
          ["b", at("b", 50 + turn)],
        ]),
      ).widthS;
    for (const turn of [1, 45, 89, 90]) expect(width(turn)).toBe(width(0));
  });

  it("pass a junction of half the cycle in one of its two greens", () => {
    const half = { ...day.get("b")!, cycle: seconds(90), offset: seconds(0) };
    const full = {
      ...day.get("a")!,
      cycle: seconds(180),
      splits: day.get("a")!.splits.map(({ phase, split }) => ({ phase, split: millis(2 * split) })),
    };
    const wide = measureBand(
      there,
      new Map([
        ["a", full],
        ["b", half],
      ]),
    ).widthS;
    expect(wide).toBeGreaterThan(5);
    expect(wide).toBeLessThanOrEqual(greenWindow(two.junctions[1]!, half, there.stops[1]!.stream).lengthS);
    const odd = { ...half, cycle: seconds(80) };
    expect(
      measureBand(
        there,
        new Map([
          ["a", full],
          ["b", odd],
        ]),
      ).widthS,
    ).toBe(0);
  });
});

describe("orders of stages", () => {
  it("are all that the junction allows, each once, its own first", () => {
    const [a, b] = [city.junctions.get("a")!, city.junctions.get("b")!];
    expect(phaseOrders(a)).toEqual([[[1, 2, 3]], [[1, 3, 2]]]);
    const ring = phaseOrders(b);
    expect(ring).toHaveLength(16);
    expect(new Set(ring.map((order) => JSON.stringify(order))).size).toBe(16);
    expect(ring[0]).toEqual(b.rings);
    for (const sequence of ring) expect(planFaults(b, { ...day.get("b")!, sequence })).toEqual([]);
  });

  it("stay as they are where a turn that gives way could be caught in the box", () => {
    const b = city.junctions.get("b")!;
    const yielding: Junction = {
      ...b,
      movements: b.movements.map((movement, i) => (i === 0 ? { ...movement, yieldsTo: ["x"] } : movement)),
    };
    expect(phaseOrders(yielding)).toEqual([b.rings]);
  });
});

describe("offsets by delay", () => {
  it("of two signals are those of every offset tried", () => {
    const two = network(700, ["a", "b"]);
    const found = delayOffsets(
      two,
      new Map([
        ["a", at("a", 0)],
        ["b", at("b", 3)],
      ]),
    );
    let least = Number.POSITIVE_INFINITY;
    for (let offset = 0; offset < 90; offset++)
      least = Math.min(
        least,
        evaluate(
          two,
          new Map([
            ["a", at("a", 0)],
            ["b", at("b", offset)],
          ]),
        ).index,
      );
    expect(found.method).toBe("exact");
    // The tables leave out what one direction's platoons do to the other's; that is worth less than this.
    expect(found.cost.index).toBeLessThanOrEqual(1.01 * least);
    expect(found.cost.index).toBeGreaterThanOrEqual(least - 1e-6);
  });

  it.each([1, 2, 3])("are never worse than those given, and stay sound (SEED=%i)", (seed) => {
    const random = seededRandom(seed);
    const three = network(400 + 600 * random.next());
    const given = new Map(dayPlans.map(({ junction }) => [junction, at(junction, Math.floor(random.next() * 90))]));
    const before = evaluate(three, given).index;
    const found = delayOffsets(three, given, quick);
    expect(found.cost.index).toBeLessThanOrEqual(before + 1e-9);
    const turned = fromFirst(three, found.plans);
    expect(turned.get("a")!.offset).toBe(0);
    // Queues near saturation settle a little differently from another second on.
    expect(Math.abs(evaluate(three, turned).index / found.cost.index - 1)).toBeLessThan(0.001);
    for (const junction of three.junctions) expect(planFaults(junction, turned.get(junction.id)!)).toEqual([]);
  });
});

describe("the common cycle", () => {
  it("is short in light traffic, longer in heavy traffic, and keeps the target where any cycle does", () => {
    const [light, heavy] = [400, 1100].map((main) => {
      const given = network(main);
      const needs = given.junctions.map((junction) => needOf(junction, given, 0.85));
      return chooseCycle(given, needs)!.best;
    });
    expect(light!.cycle).toBeLessThan(heavy!.cycle);
    expect(light!.cost.saturation).toBeLessThanOrEqual(0.86);
  });

  it("divides a day where it can, and every plan is sound at every cycle tried", () => {
    const given = network(800);
    const needs = given.junctions.map((junction) => needOf(junction, given, 0.85));
    const cycles = possibleCycles(needs);
    expect(cycles.every((cycle) => 86_400_000 % cycle === 0)).toBe(true);
    for (const { plans } of chooseCycle(given, needs)!.tried)
      for (const junction of given.junctions) expect(planFaults(junction, plans.get(junction.id)!)).toEqual([]);
  });

  it("lets a junction run half of it that cannot run the whole", () => {
    const c = { ...city.junctions.get("c")!, cycleMax: seconds(60), cycleMin: seconds(30) };
    const other: City = { ...city, junctions: new Map([...city.junctions, ["c", c]]) };
    const given = network(500, ["a", "b", "c"], other);
    const needs = given.junctions.map((junction) => needOf(junction, given, 0.85));
    const found = chooseCycle(given, needs, seconds(90))!;
    expect(found.best.halves).toEqual(["c"]);
    expect(found.best.plans.get("c")!.cycle).toBe(45_000);
    expect(planFaults(c, found.best.plans.get("c")!)).toEqual([]);
  });

  it("does not exist where minima do not fit", () => {
    const a = { ...city.junctions.get("a")!, cycleMin: seconds(100), cycleMax: seconds(110) };
    const b = { ...city.junctions.get("b")!, cycleMin: seconds(60), cycleMax: seconds(70) };
    const other: City = { ...city, junctions: new Map([...city.junctions, ["a", a], ["b", b]]) };
    const given = network(500, ["a", "b"], other);
    const needs = given.junctions.map((junction) => needOf(junction, given, 0.85));
    expect(chooseCycle(given, needs)).toBeUndefined();
  });

  it("is bounded, and nothing is NaN, when demand is far over capacity", () => {
    const given = network(6000);
    const needs = given.junctions.map((junction) => needOf(junction, given, 0.85));
    expect(needs.every(({ websterS, saturationS }) => websterS === undefined && saturationS === undefined)).toBe(true);
    const { best } = chooseCycle(given, needs, seconds(90))!;
    expect(Number.isFinite(best.cost.index)).toBe(true);
    for (const junction of given.junctions) expect(planFaults(junction, best.plans.get(junction.id)!)).toEqual([]);
  });
});

describe("counted loads", () => {
  it("send vehicles where they were counted to go", () => {
    const given = network(1000);
    const west = given.junctions[1]!.streams.find(
      ({ approach, movements }) => approach === "west" && movements.some((id) => id.includes("through")),
    )!;
    const wiring = given.loads.get(west.id)!.wiring;
    const total = [...wiring.exits.values()].reduce((a, b) => a + b, 0);
    expect(total).toBeCloseTo(1, 9);
    expect(Math.max(...wiring.exits.values())).toBeGreaterThan(0.85);
  });

  it("take a measured saturation flow before the manual's", () => {
    const junctions = [city.junctions.get("a")!];
    const id = junctions[0]!.streams[0]!.id;
    const { sheets } = countedLoads(city, junctions, new Map(), { friction: "high", measured: new Map([[id, 2345]]) });
    expect(sheets.get(id)).toMatchObject({ saturationPcuh: 2345, basis: "measured", flowPcuh: 0 });
    for (const sheet of sheets.values()) expect(sheet.saturationPcuh).toBeGreaterThan(0);
  });
});
