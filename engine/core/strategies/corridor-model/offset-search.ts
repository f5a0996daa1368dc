import type { Junction } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import { millis, modulo } from "../../../../config/units.ts";
import { bestOffsets, costTable, type OffsetEdge } from "../../plan/offset-graph.ts";
import { type Arrivals, type JunctionCost, junctionCost, turned } from "./junction-cost.ts";
import { arrivalsOn, predict, type Scenario } from "./prediction.ts";

/** Seconds between offsets tried: half the resolution of a plan costs a quarter of the time and no measurable delay. */
const stepS = 2;

/** How far an offset may move either way, ms; infinite: anywhere in the cycle. */
export type OffsetReach = (junction: string) => number;

/**
 * Offsets that cost least along the corridor: each link's cost as a function of the difference of its two offsets
 * (combination method, Hillier 1966), then exact dynamic programming over the path, each junction within its reach.
 * Junctions whose cycle differs from their neighbour's cut the path.
 */
export function searchOffsets(scenario: Scenario, reach: OffsetReach): ReadonlyMap<string, TimingPlan> {
  const { junctions, plans } = scenario;
  const prediction = predict(scenario);
  const result = new Map(plans);
  let i = 0;
  while (i < junctions.length) {
    let end = i;
    const cycle = plans.get(junctions[i]!.id)?.cycle;
    while (end + 1 < junctions.length && cycle !== undefined && plans.get(junctions[end + 1]!.id)?.cycle === cycle)
      end++;
    if (end > i) {
      const part = junctions.slice(i, end + 1);
      const tables = part.slice(1).map((_, k) => linkTable(scenario, prediction.junctions, i + k));
      for (const [k, offset] of bestPath(part, plans, reach, tables).entries()) {
        const plan = plans.get(part[k]!.id)!;
        result.set(plan.junction, { ...plan, offset: millis(offset) });
      }
    }
    i = end + 1;
  }
  return result;
}

/** Cost of both directions between junction i and i + 1 by difference of their offsets, in steps of `stepS`. */
function linkTable(scenario: Scenario, costs: ReadonlyMap<string, JunctionCost>, i: number): Float64Array {
  const from = scenario.junctions[i]!;
  const to = scenario.junctions[i + 1]!;
  const forward = directionCost(scenario, costs, { link: scenario.corridor.forward[i]!, from, to });
  const backward = directionCost(scenario, costs, { link: scenario.corridor.backward[i]!, from: to, to: from });
  const n = forward.length;
  return Float64Array.from({ length: n }, (_, d) => forward[d]! + backward[modulo(-d, n)]!);
}

/** Cost of the streams that a link feeds, by offset of `to` minus offset of `from`. */
function directionCost(
  scenario: Scenario,
  costs: ReadonlyMap<string, JunctionCost>,
  { link, from, to }: { readonly link: string; readonly from: Junction; readonly to: Junction },
): Float64Array {
  const fromPlan = scenario.plans.get(from.id)!;
  const toPlan = scenario.plans.get(to.id)!;
  const steps = Math.ceil(fromPlan.cycle / 1000 / stepS);
  const fed = arrivalsOn(scenario, link, from, costs.get(from.id));
  const streams = to.streams.filter((stream) => fed.has(stream.id));
  const local: Junction = { ...to, streams, crossings: [] };
  const { loads, floors } = scenario;
  const base = Math.round((toPlan.offset - fromPlan.offset) / 1000);
  return Float64Array.from({ length: steps }, (_, d) => {
    // Turning what arrives by so much is the same as moving the signal the other way.
    const turn = base - d * stepS;
    const arrivals: Arrivals = (id) => turned(fed.get(id)!, turn);
    return junctionCost({ junction: local, loads, arrivals, floor: floors.get(to.id) }, toPlan).cost;
  });
}

/** 0, 1, -1, 2, -2 …: the nearest first, so that ties change least. */
const near = (k: number): number => (k % 2 === 1 ? (k + 1) / 2 : -k / 2);

/** Least total cost along the path; ties go to the smaller change. Offsets in ms. */
function bestPath(
  junctions: readonly Junction[],
  plans: ReadonlyMap<string, TimingPlan>,
  reach: OffsetReach,
  tables: readonly Float64Array[],
): readonly number[] {
  const cycle = plans.get(junctions[0]!.id)!.cycle;
  // Offsets stay on the present offset's own seconds, so that a held junction is one of its states.
  const states = junctions.map(({ id }) => {
    const present = plans.get(id)!.offset;
    const step = stepS * 1000;
    const limit = reach(id);
    if (limit >= cycle / 2)
      return Array.from({ length: Math.ceil(cycle / step) }, (_, k) => modulo(present + k * step, cycle));
    const aside = Math.floor(limit / step);
    return Array.from({ length: 2 * aside + 1 }, (_, k) => modulo(present + near(k) * step, cycle));
  });
  const edges = tables.map(
    (table, j): OffsetEdge => ({ from: j, to: j + 1, cost: costTable(table, stepS * 1000, cycle) }),
  );
  return bestOffsets({ nodes: states.map((own) => ({ states: own })), edges, cycle }).offsets;
}
