import { describe, expect, it } from "vitest";
import { splitOf } from "../../../../config/plan.ts";
import { modulo } from "../../../../config/units.ts";
import { bandSeconds } from "../../../../engine/core/network/band-seconds.ts";
import { greenWindows } from "../../../../engine/core/plan/green-windows.ts";
import { bandStops } from "../../../../engine/core/strategies/rolling-horizon/band-stops.ts";
import { layoutOf } from "../../../../engine/core/strategies/rolling-horizon/layout.ts";
import { nothingLearned } from "../../../../engine/core/strategies/rolling-horizon/learned.ts";
import { queuesOf } from "../../../../engine/core/strategies/rolling-horizon/queues.ts";
import { Search } from "../../../../engine/core/strategies/rolling-horizon/search.ts";
import { settings, Walk } from "../../../../engine/core/strategies/rolling-horizon/walk.ts";
import { testCity } from "../../../support/city.ts";
import { start } from "./paper-city.ts";

const city = testCity();
const corridor = city.corridors.get("main")!;
const plans = city.schedule.planSets.get("day")!.plans;
const bands = bandSeconds(city, corridor, (id) => plans.get(id));

describe("bands of the plans in force", () => {
  it("pass every stop line but the first of each direction, in green of the stream's own phases", () => {
    expect([...bands.keys()].sort()).toEqual([...corridor.junctions].sort());
    for (const [id, own] of bands) {
      const plan = plans.get(id)!;
      const windows = greenWindows(city.junctions.get(id)!, plan);
      for (const { stream, passes } of own) {
        expect(passes.length).toBe(plan.cycle / 1000);
        passes.forEach((passing, t) => {
          const within = stream.phases.some((number) => {
            const since = modulo(t * 1000 - plan.offset - windows.get(number)!.start, plan.cycle);
            return since < splitOf(plan, number);
          });
          if (passing) expect(within).toBe(true);
        });
      }
    }
  });

  it("are those who set off before in green and drive at the corridor's speed", () => {
    const moved = bandSeconds(city, corridor, (id) => {
      const plan = plans.get(id)!;
      return { ...plan, offset: modulo(plan.offset + 7000, plan.cycle) as typeof plan.offset };
    });
    for (const [id, own] of bands)
      for (const [i, { passes }] of own.entries())
        expect([...moved.get(id)![i]!.passes]).toEqual(
          [...passes].map((_, t) => passes[modulo(t - 7, passes.length)]!),
        );
  });

  it("do not exist where neighbours' cycles differ", () => {
    const first = corridor.junctions[0]!;
    const apart = bandSeconds(city, corridor, (id) => {
      const plan = plans.get(id)!;
      return id === first ? { ...plan, cycle: (plan.cycle + 10_000) as typeof plan.cycle } : plan;
    });
    expect(apart.has(first)).toBe(false);
  });
});

describe("the search", () => {
  it("stops fewer of those who come in their band, never more", () => {
    let spared = 0;
    for (const [id, own] of bands) {
      const junction = city.junctions.get(id)!;
      const layout = layoutOf(city, junction);
      const learned = { ...nothingLearned(layout), rate: layout.lanes.map(() => 0) };
      const always = own.map(({ stream, passes }) => ({ stream, passes: passes.map(() => 1) }));
      const coordinated = layout.lanes.map(({ approach, index }) =>
        always.some(({ stream }) => stream.lanes.includes(junction.approaches[approach]!.lanes[index]!.id)),
      );
      for (const comesIn of [6, 12, 18])
        for (let stage = 0; stage < layout.stages.length; stage++) {
          // Four come together on each coordinated lane; on every other lane five stand.
          const announced = coordinated.map((band) =>
            Array.from({ length: band ? 4 : 5 }, (_, k) => ({ arrival: band ? comesIn + 2 * k : 0, weight: 1 })),
          );
          const view = { junction: id, at: start, approaches: [], exits: [], box: [] };
          const redFor = layout.lanes.map(() => 0);
          const sources = { view, age: 0, learned, pcu: () => 1, announced, redFor, horizon: settings.horizon };
          const queues = queuesOf(layout, sources);
          const stopped = (stopS: number): number => {
            const walk = new Walk(
              layout,
              queues,
              learned,
              settings,
              bandStops(layout, queues, always, { now: start, stopS }),
            );
            const full = layout.movements.map(() => false);
            const { departures } = new Search(walk).solve({ stage, green: 30, wait: 0, full });
            return coordinated.reduce((sum, band, lane) => {
              if (!band) return sum;
              const gone = departures.filter((one) => one.lane === lane);
              return sum + gone.filter(({ at }, k) => at > comesIn + 2 * k + 5).length;
            }, 0);
          };
          const [without, held] = [stopped(0), stopped(20)];
          expect(held).toBeLessThanOrEqual(without);
          spared += without - held;
        }
    }
    expect(spared).toBeGreaterThan(0);
  });
});
