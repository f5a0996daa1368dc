import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../../app/seeded-random.ts";
import type { City, ObjectiveName } from "../../../../../config/model.ts";
import { type Instant, seconds } from "../../../../../config/units.ts";
import { wiringOf } from "../../../../../engine/core/estimate/wiring.ts";
import { queueLimitShare } from "../../../../../engine/core/objective.ts";
import { junctionCost } from "../../../../../engine/core/strategies/corridor-model/junction-cost.ts";
import { type Loads, loadsOf } from "../../../../../engine/core/strategies/corridor-model/load.ts";
import { searchOffsets } from "../../../../../engine/core/strategies/corridor-model/offset-search.ts";
import { predict } from "../../../../../engine/core/strategies/corridor-model/prediction.ts";
import { searchSplits } from "../../../../../engine/core/strategies/corridor-model/split-search.ts";
import type { Knowledge } from "../../../../../engine/core/strategy.ts";
import { testCity } from "../../../../support/city.ts";
import { estimateFor } from "../paper-city.ts";

const city = testCity();
/** The same with blocks so short that a queue of one red fills them. */
const shortBlocks: City = {
  ...city,
  links: new Map([...city.links].map(([id, link]) => [id, { ...link, lengthM: Math.min(link.lengthM, 60) }])),
};
const corridor = city.corridors.get("main")!;
const junctions = corridor.junctions.map((id) => city.junctions.get(id)!);
const plans = city.schedule.planSets.get("day")!.plans;
const seeds = Array.from({ length: 8 }, (_, i) => i + 1);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Random flow ratios around `level`, twice that on the main road, as a corridor of this objective knows them. */
function loads(seed: number, objective: ObjectiveName, level: number, street = city): Loads {
  const random = seededRandom(seed, "flows");
  const streams = new Map(
    junctions
      .flatMap((junction) => junction.streams)
      .map(({ id, main }) => {
        const ratio = level * (main ? 2 : 1) * (0.3 + 1.4 * random.next());
        const { mean: saturation } = wiringOf(street).byId.get(id)!.saturation;
        return [id, { ...estimateFor(id, { ratio, saturation, queue: 0 }), degreeOfSaturation: undefined }];
      }),
  );
  const known: Knowledge = {
    now: Date.UTC(2026, 1, 3) as Instant,
    city: street,
    corridor,
    streams,
    exitFill: new Map(),
    cabinets: new Map(),
    inForce: new Map(),
    scheduled: plans,
    objective,
  };
  return loadsOf(known, junctions, plans, new Map());
}

/** The best splits of one junction in a street for an objective, from the scheduled ones, and what they give. */
function splits(
  seed: number,
  objective: ObjectiveName,
  { level, junction: id, street = city }: { level: number; junction: string; street?: City },
) {
  const junction = city.junctions.get(id)!;
  const judging = {
    junction,
    loads: loads(seed, objective, level, street),
    arrivals: () => undefined,
    floor: undefined,
  };
  const limits = { stepMs: seconds(40), noGrowth: new Set<number>(), least: undefined };
  const { plan } = searchSplits(judging, plans.get(id)!, limits);
  const { streams } = junctionCost(judging, plan);
  const each = [...streams].map(([stream, own]) => ({ ...own, load: judging.loads.get(stream)! }));
  return {
    worstDelayS: Math.max(...each.map(({ delayS }) => delayS)),
    served: sum(each.map(({ load, saturation }) => load.pcuPerS / Math.max(1, saturation))),
    excess: sum(each.map(({ load, queuePcu }) => Math.max(0, queuePcu - queueLimitShare * load.wiring.storagePcu))),
  };
}

describe("objectives of a corridor", () => {
  it("access equity lowers the delay of whoever waits longest", () => {
    const worst = (objective: ObjectiveName) =>
      seeds.map((seed) => splits(seed, objective, { level: 0.1, junction: "a" }).worstDelayS);
    const [equity, balanced] = [worst("access-equity"), worst("balanced")];
    expect(sum(equity)).toBeLessThan(0.97 * sum(balanced));
    for (const [i, delay] of equity.entries()) expect(delay).toBeLessThan(1.02 * balanced[i]!);
  });

  it("throughput serves more when not all can be served", () => {
    const served = (objective: ObjectiveName) =>
      seeds.map((seed) => splits(seed, objective, { level: 0.25, junction: "a" }).served);
    const [most, balanced] = [served("throughput"), served("balanced")];
    expect(sum(most)).toBeGreaterThan(1.01 * sum(balanced));
    for (const [i, pcu] of most.entries()) expect(pcu).toBeGreaterThan(0.999 * balanced[i]!);
  });

  it("queue limits keep queues off the junction behind", () => {
    const excess = (objective: ObjectiveName) =>
      seeds.map((seed) => splits(seed, objective, { level: 0.13, junction: "a", street: shortBlocks }).excess);
    const [limited, balanced] = [excess("queue-limits"), excess("balanced")];
    expect(sum(balanced)).toBeGreaterThan(0);
    expect(sum(limited)).toBeLessThan(0.97 * sum(balanced));
    for (const [i, pcu] of limited.entries()) expect(pcu).toBeLessThan(1.01 * balanced[i]! + 0.01);
  });

  it("smooth flow stops fewer of those who drive along", () => {
    const stops = (objective: ObjectiveName) =>
      seeds.map((seed) => {
        const scenario = {
          city,
          corridor,
          junctions,
          loads: loads(seed, objective, 0.09),
          plans,
          floors: new Map(),
          kept: new Map(),
        };
        const timed = { ...scenario, plans: searchOffsets(scenario, () => Number.POSITIVE_INFINITY) };
        const { junctions: costs } = predict(timed);
        return sum(
          junctions.flatMap(({ id, streams }) =>
            streams
              .filter(({ main }) => main)
              .map((stream) => {
                const own = costs.get(id)!.streams.get(stream.id)!;
                return own.stops * scenario.loads.get(stream.id)!.vehPerS;
              }),
          ),
        );
      });
    const [smooth, balanced] = [stops("smooth-flow"), stops("balanced")];
    expect(sum(smooth)).toBeLessThan(sum(balanced));
    for (const [i, stopped] of smooth.entries()) expect(stopped).toBeLessThan(1.02 * balanced[i]!);
  });

  it("balanced changes nothing", () => {
    for (const load of loads(1, "balanced", 0.1).values()) {
      const judging = { junction: load.wiring.junction, arrivals: () => undefined, floor: undefined };
      const plan = plans.get(load.wiring.junction.id)!;
      const { objective: _, ...bare } = load;
      const own = (one: typeof load) =>
        junctionCost({ ...judging, loads: new Map([[one.wiring.stream.id, one]]) }, plan);
      expect(own(load).cost).toBe(own(bare).cost);
    }
  });
});
