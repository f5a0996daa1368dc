import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import type { Junction, SignalGroup } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import { splitOf } from "../../../../config/plan.ts";
import { millis, seconds } from "../../../../config/units.ts";
import { wiringOf } from "../../../../engine/core/estimate/wiring.ts";
import { checkPlan } from "../../../../engine/core/guard/plan.ts";
import { boundedStep, offsetChange } from "../../../../engine/core/plan/bounded-step.ts";
import { fitPlan } from "../../../../engine/core/plan/fit-plan.ts";
import { junctionCost } from "../../../../engine/core/strategies/corridor-model/junction-cost.ts";
import { searchSplits } from "../../../../engine/core/strategies/corridor-model/split-search.ts";
import { controlDelay } from "../../../../engine/core/traffic/control-delay.ts";
import { manualPerformance } from "../../../../engine/core/traffic/manual-performance.ts";
import type { Random } from "../../../../engine/ports/random.ts";
import { testCity } from "../../../support/city.ts";
import { planFaults, randomJunction } from "./support.ts";

const city = testCity();
const batches = Array.from({ length: 25 }, (_, i) => i + 1);
/** Times the batches: 10 000 junctions, each with its own plans and wishes. */
const perBatch = 400;
const steps = { cycleStep: seconds(8), offsetStep: seconds(10), splitStep: seconds(6) };

/** Numbers that counts gone wrong may turn into. */
const odd = [0, 1e-12, 1e9, Number.POSITIVE_INFINITY, Number.NaN, -5] as const;

function greens(junction: Junction, random: Random): ReadonlyMap<number, number> {
  return new Map(
    junction.phases.flatMap(({ number }) => {
      if (random.next() < 0.1) return [];
      return [
        [number, random.next() < 0.05 ? odd[Math.floor(random.next() * odd.length)]! : random.next() * 60] as const,
      ];
    }),
  );
}

/** The random limits stand in the phases; the base junction's groups say nothing of them. */
const lenient = (group: SignalGroup): SignalGroup => ({
  ...group,
  minGreen: millis(0),
  clearance: millis(0),
  maxGreen: seconds(3600),
});

/** What a plan may be, by rules written twice: here and in the guard. */
const sound = (junction: Junction, plan: TimingPlan): readonly string[] => [
  ...planFaults(junction, plan),
  ...checkPlan(plan, { ...junction, crossings: [], groups: junction.groups.map(lenient) }).map(
    ({ message }) => message,
  ),
];

describe("any junction", () => {
  it.each(batches)("gets sound plans or a clear no, and moves in bounded steps (SEED=%i)", (seed) => {
    const random = seededRandom(seed, "any-junction");
    for (let i = 0; i < perBatch; i++) {
      const junction = randomJunction(city, random);
      const where = `SEED=${seed} case ${i}`;
      const cycle = seconds(20 + Math.floor(random.next() * 180));
      const fit = fitPlan(junction, {
        id: "x",
        cycle,
        offset: millis(random.next() * 300_000 - 100_000),
        greens: greens(junction, random),
      });
      if (fit.kind === "infeasible") {
        expect(fit.reason, where).toMatch(/\d|no cycle/);
        continue;
      }
      expect(sound(junction, fit.plan), where).toEqual([]);
      expect(fit.plan.cycle, where).toBe(cycle);
      const wild: TimingPlan = {
        ...fit.plan,
        cycle: seconds(Math.floor(random.next() * 400)),
        offset: millis(Math.floor(random.next() * 1e6)),
        splits: fit.plan.splits.map(({ phase }) => ({ phase, split: millis(Math.floor(random.next() * 150_000)) })),
      };
      const next = boundedStep(junction, fit.plan, wild, steps);
      expect(sound(junction, next), where).toEqual([]);
      expect(Math.abs(next.cycle - fit.plan.cycle), where).toBeLessThanOrEqual(steps.cycleStep);
      for (const { number } of junction.phases)
        expect(Math.abs(splitOf(next, number) - splitOf(fit.plan, number)), where).toBeLessThanOrEqual(steps.splitStep);
      const moved = offsetChange(millis(fit.plan.offset % next.cycle), next.offset, next.cycle);
      if (next !== fit.plan) expect(Math.abs(moved), where).toBeLessThanOrEqual(steps.offsetStep + 1000);
    }
  });

  it.each(batches.slice(0, 10))("has finite costs and sound splits under any load (SEED=%i)", (seed) => {
    const random = seededRandom(seed, "any-load");
    const any = (most: number): number =>
      random.next() < 0.2 ? [0, most * 1e3][Math.floor(random.next() * 2)]! : random.next() * most;
    for (let i = 0; i < 10; i++) {
      const junction = randomJunction(city, random);
      const fit = fitPlan(junction, { id: "x", cycle: seconds(90), offset: millis(0), greens: new Map() });
      if (fit.kind !== "fits") continue;
      const loads = new Map(
        junction.streams.map(({ id }) => [
          id,
          {
            wiring: wiringOf(city).byId.get(id)!,
            vehPerS: any(1),
            pcuPerS: any(1),
            weight: random.next(),
            saturation: any(2),
          },
        ]),
      );
      const judging = { junction, loads, arrivals: () => undefined, floor: undefined };
      const { plan, cost } = searchSplits(judging, fit.plan, { stepMs: 6000, noGrowth: new Set(), least: undefined });
      expect(sound(junction, plan)).toEqual([]);
      expect(Number.isFinite(cost.cost)).toBe(true);
      expect(cost.cost).toBeLessThanOrEqual(junctionCost(judging, fit.plan).cost + 1e-6);
    }
  });

  it("has finite delays at any flow, capacity and green", () => {
    const random = seededRandom(1, "any-delay");
    for (let i = 0; i < 10_000; i++) {
      const cycleS = 30 + random.next() * 150;
      const service = {
        flowPcuh: random.next() < 0.1 ? 0 : random.next() * 5000,
        capacityPcuh: random.next() < 0.1 ? 0 : random.next() * 4000,
        greenS: random.next() < 0.1 ? 0 : random.next() * cycleS,
        cycleS,
      };
      const results = [
        controlDelay(service, { initialQueuePcu: random.next() * 50, onGreen: random.next() }),
        ...Object.values(manualPerformance({ ...service, turningShare: random.next() })),
        ...Object.values(manualPerformance({ ...service, turningShare: 1 }, "pkji-as-printed")),
      ];
      for (const value of results) expect(Number.isFinite(value) && value >= 0, JSON.stringify(service)).toBe(true);
    }
  });
});
