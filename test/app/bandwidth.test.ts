import { describe, expect, it } from "vitest";
import { solveProgramme } from "../../app/planning/solver.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { seconds } from "../../config/units.ts";
import { directionsOf, measureBand } from "../../engine/core/network/bands.ts";
import { bandwidthProblem, falseClaims, plansOf } from "../../engine/core/network/bandwidth-model.ts";
import { countedLoads, flowKey } from "../../engine/core/network/flows.ts";
import { junctionsOf, type PlannedNetwork, type Plans } from "../../engine/core/network/network.ts";
import { phaseOrders } from "../../engine/core/network/orders.ts";
import { plans as dayPlans, testCity } from "../support/city.ts";

const city = testCity();

function network(ids: readonly string[], eastbound: number, westbound: number): PlannedNetwork {
  const whole = city.corridors.get("main")!;
  const links = ids.length - 1;
  const corridor = {
    ...whole,
    junctions: ids,
    forward: whole.forward.slice(0, links),
    backward: whole.backward.slice(0, links),
  };
  const junctions = junctionsOf(city, [corridor]);
  const flows = new Map(
    junctions.flatMap((junction) =>
      junction.movements.map(({ id, approach, turn }) => {
        const main = approach === "west" ? eastbound : approach === "east" ? westbound : 0;
        return [flowKey(junction.id, id), { car: turn === "through" ? main : 30, hv: 0, mc: 0, um: 0 }] as const;
      }),
    ),
  );
  const { loads } = countedLoads(city, junctions, flows, { friction: "high", measured: new Map() });
  return { city, corridors: [corridor], junctions, loads };
}

const day = new Map(dayPlans.map((plan) => [plan.junction, plan]));
const only = (ids: readonly string[]) => new Map(ids.map((id) => [id, [day.get(id)!]]));
const ordered = (net: PlannedNetwork) =>
  new Map(
    net.junctions.map((junction) => [
      junction.id,
      phaseOrders(junction).map((sequence): TimingPlan => ({ ...day.get(junction.id)!, sequence })),
    ]),
  );

/** MAXBAND's own aim, measured: weighted bands, the lighter direction's no narrower than its share of the flow. */
function aim(net: PlannedNetwork, plans: Plans): number {
  const [there, back] = directionsOf(net) as [ReturnType<typeof directionsOf>[0], ReturnType<typeof directionsOf>[0]];
  const [light, heavy] = there.flowPcuh <= back.flowPcuh ? [there, back] : [back, there];
  const share = light.flowPcuh / heavy.flowPcuh;
  const mean = (light.flowPcuh + heavy.flowPcuh) / 2;
  const [small, large] = [measureBand(light, plans).widthS, measureBand(heavy, plans).widthS];
  return (light.flowPcuh / mean) * small + (heavy.flowPcuh / mean) * Math.min(large, small / share);
}

async function solved(
  net: PlannedNetwork,
  orders: ReadonlyMap<string, readonly TimingPlan[]>,
  kind: "uniform" | "per-link",
) {
  const problem = bandwidthProblem(net, orders, kind);
  const answer = await solveProgramme(problem.text);
  if ("failed" in answer) throw new Error(answer.failed);
  return { problem, values: answer.values, plans: plansOf(problem, answer.values) };
}

describe("bandwidth by mixed-integer programming", { timeout: 120_000 }, () => {
  it.each([
    [900, 900],
    [1200, 500],
    [300, 1000],
  ])("of two signals is that of every offset tried, at %i and %i pcu/h", async (eastbound, westbound) => {
    const net = network(["a", "b"], eastbound, westbound);
    const { problem, values, plans } = await solved(net, only(["a", "b"]), "uniform");
    expect(falseClaims(problem, values, plans)).toEqual([]);
    let best = 0;
    for (let offset = 0; offset < 90; offset++) {
      const tried = new Map([
        ["a", { ...day.get("a")!, offset: seconds(0) }],
        ["b", { ...day.get("b")!, offset: seconds(offset) }],
      ]);
      best = Math.max(best, aim(net, tried));
    }
    // Whole seconds cost up to one at each side of a band.
    expect(aim(net, plans)).toBeGreaterThan(best - 2.2);
    expect(aim(net, plans)).toBeLessThanOrEqual(best + 0.2);
  });

  it("chooses lead and lag where that widens the bands", async () => {
    const net = network(["a", "b"], 800, 800);
    const fixed = await solved(net, only(["a", "b"]), "uniform");
    const free = await solved(net, ordered(net), "uniform");
    expect(falseClaims(free.problem, free.values, free.plans)).toEqual([]);
    let best = 0;
    for (const sequence of phaseOrders(net.junctions[1]!))
      for (const own of phaseOrders(net.junctions[0]!))
        for (let offset = 0; offset < 90; offset++)
          best = Math.max(
            best,
            aim(
              net,
              new Map([
                ["a", { ...day.get("a")!, offset: seconds(0), sequence: own }],
                ["b", { ...day.get("b")!, offset: seconds(offset), sequence }],
              ]),
            ),
          );
    expect(aim(net, free.plans)).toBeGreaterThan(best - 2.2);
    expect(aim(net, free.plans)).toBeGreaterThanOrEqual(aim(net, fixed.plans) - 2.2);
  });

  it("gives each street its own width, at least the narrowest common one", async () => {
    const net = network(["a", "b", "c"], 900, 900);
    const uniform = await solved(net, only(["a", "b", "c"]), "uniform");
    const each = await solved(net, only(["a", "b", "c"]), "per-link");
    expect(falseClaims(each.problem, each.values, each.plans)).toEqual([]);
    const sum = (plans: Plans): number =>
      directionsOf(net).reduce(
        (total, direction) =>
          total + measureBand(direction, plans, 0, 1).widthS + measureBand(direction, plans, 1, 2).widthS,
        0,
      );
    expect(sum(each.plans)).toBeGreaterThan(sum(uniform.plans) - 8);
  });

  it("is found out when it claims what the plans do not have", async () => {
    const net = network(["a", "b"], 900, 900);
    const { problem, values, plans } = await solved(net, only(["a", "b"]), "uniform");
    const boasting = new Map(values).set("b0", 80);
    expect(falseClaims(problem, boasting, plans)).toEqual([expect.stringContaining("b0 claims 80.0 s")]);
  });

  it("names what the solver cannot read instead of breaking", async () => {
    const answer = await solveProgramme("Maximize\n obj: + +\nnonsense");
    expect(answer).toHaveProperty("failed");
    expect((answer as { failed: string }).failed.length).toBeLessThan(400);
  });
});
