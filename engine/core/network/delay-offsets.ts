import type { Junction, Link } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { millis, modulo } from "../../../config/units.ts";
import { bestOffsets, costTable, type OffsetChoice, type OffsetEdge } from "../plan/offset-graph.ts";
import { junctionCost, turned } from "../strategies/corridor-model/junction-cost.ts";
import { arrivalsOn } from "../strategies/corridor-model/prediction.ts";
import { evaluate, innerLinks, type NetworkCost, type PlannedNetwork, type Plans } from "./network.ts";

export interface DelayOffsets {
  readonly plans: Plans;
  readonly cost: NetworkCost;
  readonly method: OffsetChoice["method"];
}

export interface Effort {
  /** Seconds between offsets tried. */
  readonly stepS: number;
  /** Platoons change a little with the offsets they were worked out for: so often the tables are made anew. */
  readonly passes: number;
}
export const thorough: Effort = { stepS: 1, passes: 3 };
/** Enough to tell one cycle or order of stages from another. */
export const quick: Effort = { stepS: 2, passes: 1 };

/**
 * Offsets of least delay and stops: every link's cost by the difference of its two offsets (combination method, Hillier
 * 1966), then the best combination. The plans of the best pass by full evaluation; never worse than those given.
 */
export function delayOffsets(network: PlannedNetwork, given: Plans, effort: Effort = thorough): DelayOffsets {
  let best: DelayOffsets = { plans: given, cost: evaluate(network, given), method: "exact" };
  let plans = given;
  let cost = best.cost;
  for (let pass = 0; pass < effort.passes; pass++) {
    const choice = combine({ network, plans, cost, effort });
    const next = new Map(plans);
    for (const [i, { id }] of network.junctions.entries()) {
      const plan = plans.get(id)!;
      next.set(id, { ...plan, offset: millis(modulo(choice.offsets[i]! * 1000, plan.cycle)) });
    }
    plans = next;
    cost = evaluate(network, plans);
    if (cost.index >= best.cost.index - 1e-9) return { ...best, method: choice.method };
    best = { plans, cost, method: choice.method };
  }
  return best;
}

interface Combining {
  readonly network: PlannedNetwork;
  readonly plans: Plans;
  readonly cost: NetworkCost;
  readonly effort: Effort;
}

function combine({ network, plans, cost, effort }: Combining): OffsetChoice {
  const { junctions } = network;
  const { stepS } = effort;
  const index = new Map(junctions.map(({ node }, i) => [node, i]));
  const cycle = Math.max(...junctions.map(({ id }) => plans.get(id)!.cycle)) / 1000;
  const edges = innerLinks(network).flatMap((link): readonly OffsetEdge[] => {
    const [from, to] = [index.get(link.from)!, index.get(link.to)!];
    const table = linkTable({ network, plans, cost, effort }, { link, from: junctions[from]!, to: junctions[to]! });
    return table ? [{ from, to, cost: costTable(table, stepS, cycle) }] : [];
  });
  const nodes = junctions.map(({ id }) => {
    const plan = plans.get(id)!;
    const present = Math.round(plan.offset / 1000);
    const own = Math.round(plan.cycle / 1000);
    return { states: Array.from({ length: Math.ceil(own / stepS) }, (_, k) => modulo(present + k * stepS, own)) };
  });
  return bestOffsets({ nodes, edges: paired(edges), cycle });
}

/** The two directions of one street are one edge: otherwise every street would be a loop. */
function paired(edges: readonly OffsetEdge[]): readonly OffsetEdge[] {
  const found = new Map<string, OffsetEdge[]>();
  for (const edge of edges) {
    const key = [edge.from, edge.to].sort((a, b) => a - b).join();
    found.set(key, [...(found.get(key) ?? []), edge]);
  }
  return [...found.values()].map((same) => {
    const { from, to } = same[0]!;
    return {
      from,
      to,
      cost: (difference) =>
        same.reduce((sum, edge) => sum + edge.cost(edge.from === from ? difference : -difference), 0),
    };
  });
}

interface Street {
  readonly link: Link;
  readonly from: Junction;
  readonly to: Junction;
}

/** Cost of the streams that a link feeds, by offset of `to` minus offset of `from`. */
function linkTable({ network, plans, cost, effort }: Combining, { link, from, to }: Street): Float64Array | undefined {
  const { city, loads } = network;
  const { stepS } = effort;
  const fed = arrivalsOn({ city, loads, plans }, link.id, from, cost.junctions.get(from.id));
  if (fed.size === 0) return undefined;
  const [own, other] = [plans.get(to.id)!, plans.get(from.id)!];
  const streams = to.streams.filter(({ id }) => fed.has(id));
  const local: Junction = { ...to, streams, crossings: [] };
  const base = Math.round((own.offset - other.offset) / 1000);
  const length = Math.ceil(Math.max(own.cycle, other.cycle) / 1000 / stepS);
  return Float64Array.from({ length }, (_, d) => {
    // Turning what arrives by so much is the same as moving the signal the other way.
    const turn = base - d * stepS;
    return junctionCost({ junction: local, loads, arrivals: (id) => turned(fed.get(id)!, turn), floor: undefined }, own)
      .cost;
  });
}

/** All offsets moved together so that the first junction's is 0: nothing changes between junctions. */
export function fromFirst(network: PlannedNetwork, plans: Plans): Plans {
  const first = plans.get(network.junctions[0]!.id)?.offset ?? 0;
  return new Map(
    [...plans].map(([id, plan]): readonly [string, TimingPlan] => [
      id,
      { ...plan, offset: millis(modulo(plan.offset - first, plan.cycle)) },
    ]),
  );
}
