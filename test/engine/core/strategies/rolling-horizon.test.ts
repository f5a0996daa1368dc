import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { seconds } from "../../../../config/units.ts";
import { strategies } from "../../../../engine/core/strategies/registry.ts";
import { boxHolds, fullExits } from "../../../../engine/core/strategies/rolling-horizon/box.ts";
import { layoutOf } from "../../../../engine/core/strategies/rolling-horizon/layout.ts";
import { learn, nothingLearned } from "../../../../engine/core/strategies/rolling-horizon/learned.ts";
import { pcuOf } from "../../../../engine/core/strategies/rolling-horizon/pcu.ts";
import { queuesOf, travelTime } from "../../../../engine/core/strategies/rolling-horizon/queues.ts";
import { byIndex } from "../../../../engine/core/strategies/rolling-horizon/rules.ts";
import { Search } from "../../../../engine/core/strategies/rolling-horizon/search.ts";
import { settings, Walk } from "../../../../engine/core/strategies/rolling-horizon/walk.ts";
import type { ApproachView, JunctionView, SeenVehicle } from "../../../../engine/core/view.ts";
import { testCity } from "../../../support/city.ts";
import { madeUpViews } from "./made-up-views.ts";
import { type PaperTick, paperRun, start } from "./paper-city.ts";

const city = testCity();
const junction = [...city.junctions.values()][0]!;
const layout = layoutOf(city, junction);

const vehicle = (distanceM: number, speedMps: number, lanes: readonly number[]): SeenVehicle => ({
  distanceM,
  speedMps,
  lengthM: 4.5,
  vehicleClass: "car",
  lanes,
});

function view(fill: (approach: number, lane: number) => readonly SeenVehicle[]): JunctionView {
  return {
    junction: junction.id,
    at: start,
    approaches: junction.approaches.map(
      (approach, a): ApproachView => ({
        approach: approach.id,
        rangeM: 200,
        vehicles: approach.lanes.flatMap((_, i) => fill(a, i)),
        crossed: approach.lanes.map(() => 0),
      }),
    ),
    exits: [],
    box: [],
  };
}

const run = (name: string, seed: number, lengthS: number): readonly PaperTick[] =>
  paperRun({
    city,
    strategy: strategies.get(name)!,
    random: seededRandom(seed, name),
    lengthS,
    secondBySecond: true,
    views: madeUpViews(city, seededRandom(seed, `views/${name}`)),
  });

describe.each(["rolling-horizon", "priority-index", "greedy", "adaptive"])("%s", (name) => {
  it.each([1, 2])(
    "wants nothing that the guard would refuse, whatever the cameras say (SEED=%i)",
    (seed) => {
      const ticks = run(name, seed, 150);
      expect(ticks.flatMap(({ denials }) => denials)).toEqual([]);
      const reasons = ticks.flatMap(({ wanted }) => wanted.flatMap((want) => want.reasons));
      expect(reasons.length).toBeGreaterThan(150);
      for (const { values, text } of reasons) {
        for (const value of Object.values(values)) expect(value).not.toBeNaN();
        expect(text).not.toMatch(/NaN|undefined|Infinity/);
      }
    },
    120_000,
  );

  it("decides the same twice", () => {
    const twice = [run(name, 5, 30), run(name, 5, 30)].map((ticks) => ticks.map(({ wanted }) => wanted));
    expect(twice[0]).toEqual(twice[1]);
  }, 120_000);
});

describe("the horizon", () => {
  const learned = nothingLearned(layout);
  const none = layout.lanes.map(() => []);
  const full = layout.movements.map(() => false);
  const walkOf = (seen: JunctionView, quiet = true): Walk => {
    const still = { ...learned, rate: layout.lanes.map(() => (quiet ? 0 : 0.05)) };
    const sources = {
      view: seen,
      age: 0,
      learned: still,
      pcu: () => 1,
      announced: none,
      redFor: layout.lanes.map(() => 0),
    };
    return new Walk(layout, queuesOf(layout, { ...sources, horizon: settings.horizon }), still, settings);
  };
  const opens = (stage: number, lane: number): boolean => layout.stages[stage]!.open[lane]!.length > 0;

  it("changes to whoever waits when nobody comes on the present green", () => {
    layout.lanes.forEach((lane, l) => {
      const seen = view((a, i) =>
        a === lane.approach && i === lane.index ? [vehicle(1, 0, [i]), vehicle(8, 0, [i])] : [],
      );
      layout.stages.forEach((_, stage) => {
        if (opens(stage, l)) return;
        const { plan } = new Search(walkOf(seen)).solve({ stage, green: 30, wait: 0, full });
        expect(plan[0]!.to).toBe(0);
        expect(opens(plan[1]!.stage, l)).toBe(true);
      });
    });
  });

  it("keeps a green while its queue leaves and one vehicle waits elsewhere", () => {
    const queue = Array.from({ length: 8 }, (_, k) => vehicle(4 + 7 * k, 5, []));
    layout.stages.forEach((_, stage) => {
      const other = layout.lanes.findIndex((__, l) => !opens(stage, l));
      if (other < 0) return;
      const seen = view((a, i) => {
        const lane = layout.firstLane[a]! + i;
        if (lane === other) return [vehicle(1, 0, [i])];
        return opens(stage, lane) ? queue.map((one) => ({ ...one, lanes: [i] })) : [];
      });
      const { plan } = new Search(walkOf(seen)).solve({ stage, green: 20, wait: 0, full });
      expect(plan[0]!.to).toBeGreaterThan(0);
    });
  });

  it("keeps least and longest greens in every plan", () => {
    const random = seededRandom(7, "plans");
    for (let n = 0; n < 12; n++) {
      const seen = madeUpViews(city, random)(start).get(junction.id);
      if (!seen) continue;
      const { plan, cost } = new Search(walkOf(seen, false)).solve({
        stage: n % layout.stages.length,
        green: 20,
        wait: 0,
        full,
      });
      expect(Number.isFinite(cost)).toBe(true);
      for (const { stage, from, to } of plan.slice(1, -1)) {
        expect(to - from).toBeGreaterThanOrEqual(layout.stages[stage]!.least);
        expect(to - from).toBeLessThanOrEqual(layout.stages[stage]!.most);
      }
      plan.slice(1).forEach((next, i) => {
        expect(next.from - plan[i]!.to).toBeGreaterThanOrEqual(layout.change[plan[i]!.stage]![next.stage]!);
      });
    }
  });

  it("gives no worth to a green whose exits are full", () => {
    const lane = layout.lanes[0]!;
    const seen = view((a, i) =>
      a === lane.approach && i === lane.index ? [vehicle(1, 0, [i]), vehicle(8, 0, [i])] : [],
    );
    const stage = layout.stages.findIndex((_, s) => !opens(s, 0));
    const blocked = layout.movements.map((_, m) => lane.movements.includes(m));
    const open = new Search(walkOf(seen)).solve({ stage, green: 30, wait: 0, full });
    const shut = new Search(walkOf(seen)).solve({ stage, green: 30, wait: 0, full: blocked });
    expect(shut.cost).toBeGreaterThan(open.cost);
  });

  it("prefers by index the stage that serves most a second", () => {
    const seen = view((a, i) => (a === 0 ? Array.from({ length: 6 }, (_, k) => vehicle(1 + 7 * k, 0, [i])) : []));
    const stage = layout.stages.findIndex((_, s) => !opens(s, 0));
    const { plan } = byIndex(walkOf(seen), { stage, green: 30, wait: 0, full });
    expect(opens(plan.at(-1)!.stage, 0)).toBe(true);
  });
});

describe("mixed traffic", () => {
  const pcu = pcuOf(city.control);
  /** Seconds until twelve of a class that stand in one lane have left on a green of their own. */
  const clears = (vehicleClass: SeenVehicle["vehicleClass"]): number => {
    const seen = view((a, i) =>
      a === 0 && i === 0 ? Array.from({ length: 12 }, (_, k) => ({ ...vehicle(1 + 2 * k, 0, [0]), vehicleClass })) : [],
    );
    const learned = { ...nothingLearned(layout), rate: layout.lanes.map(() => 0) };
    const none = layout.lanes.map(() => []);
    const sources = { view: seen, age: 0, learned, pcu, announced: none, redFor: layout.lanes.map(() => 0) };
    const walk = new Walk(layout, queuesOf(layout, { ...sources, horizon: settings.horizon }), learned, settings);
    walk.begin({ green: 0, full: [] });
    const stage = layout.stages.findIndex(({ open }) => open[0]!.length > 0);
    for (let t = 0; t < settings.horizon; t++) {
      walk.second(t, stage, -1, 0);
      if (walk.next[0] === 12) return t;
    }
    return Number.POSITIVE_INFINITY;
  };

  it("gives motorcycles the time of their passenger-car units, and cars their own", () => {
    expect(clears("car")).toBeGreaterThan(20);
    expect(clears("car")).toBeLessThan(30);
    expect(clears("mc")).toBeLessThan(clears("car") / 2);
  });

  it("learns the mix of each approach from whom it sees", () => {
    let learned = nothingLearned(layout);
    const seen = view((a) =>
      a === 0 ? Array.from({ length: 9 }, (_, k) => ({ ...vehicle(5 * k, 5, [0]), vehicleClass: "mc" as const })) : [],
    );
    for (let s = 0; s < 600; s++) learned = learn(learned, layout, seen, pcu);
    for (const [lane, { approach }] of layout.lanes.entries())
      expect(learned.pcu[lane]).toBeCloseTo(approach === 0 ? city.control.pcu.mc : 1, 1);
  });
});

describe("rings", () => {
  const ringed = [...city.junctions.values()].find(({ form }) => form === "rings")!;
  const rings = layoutOf(city, ringed);
  const least = (number: number): number => ringed.phases.find((phase) => phase.number === number)!.minGreen / 1000;

  it("asks a least green of the phases that begin, not again of one that goes on", () => {
    for (const [a, from] of rings.stages.entries())
      for (const [b, to] of rings.stages.entries()) {
        const begins = to.phases.filter((phase) => !from.phases.includes(phase));
        expect(rings.least[a]![b]).toBe(Math.max(0, ...begins.map(least)));
      }
    const goesOn = rings.stages.some((from, a) =>
      rings.stages.some(
        (to, b) => from !== to && rings.least[a]![b]! < to.least && from.phases.some((p) => to.phases.includes(p)),
      ),
    );
    expect(goesOn).toBe(true);
  });
});

describe("the box", () => {
  const pairs = layout.stages
    .flatMap((_, from) => layout.stages.map((__, to) => ({ from, to })))
    .filter(({ from, to }) => from !== to);

  it("holds the next green for a turner that it would meet, and for nobody else", () => {
    for (const { from, to } of pairs)
      for (const movement of junction.movements) {
        const inside = { approach: movement.approach, lane: 0, movements: [movement.id] };
        const group = junction.groups.findIndex(({ id }) => id === movement.group);
        const meets = junction.groups.some(
          ({ id }, g) =>
            layout.stages[to]!.groups.has(id) &&
            !layout.stages[from]!.groups.has(id) &&
            junction.conflicts[group * junction.groups.length + g] === 1,
        );
        const box = (speedMps: number) => ({ ...view(() => []), box: [{ ...inside, speedMps }] });
        expect(boxHolds(layout, box(0), { from, to }).meeting).toBe(meets ? 1 : 0);
        expect(boxHolds(layout, box(12), { from, to }).meeting).toBe(0);
      }
  });

  it("calls an exit full when every lane of it stands at the box", () => {
    const { exit } = junction.movements[0]!;
    const lane = (roomM: number) => ({ vehicles: 3, standing: 3, roomM });
    const at = (...rooms: number[]) =>
      fullExits(layout, { ...view(() => []), exits: [{ link: exit, rangeM: 50, lanes: rooms.map(lane) }] })[0];
    expect(at(2)).toBe(true);
    expect(at(2, 30)).toBe(false);
    expect(at(30)).toBe(false);
  });
});

describe("time to the stop line", () => {
  it("is that of a vehicle that gains speed up to its limit", () => {
    expect(travelTime(0, 0, 14)).toBe(0);
    expect(travelTime(9, 0, 14)).toBeCloseTo(3, 5);
    expect(travelTime(133, 20, 14)).toBeCloseTo(10, 5);
    expect(travelTime(200, 3, 14)).toBeGreaterThan(travelTime(200, 10, 14));
  });
});

it("has a horizon longer than any least green with its change", () => {
  for (const stage of layout.stages) expect(seconds(stage.least)).toBeLessThan(seconds(settings.horizon / 2));
});
