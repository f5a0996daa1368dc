import type { City, Corridor, Junction, Link } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { type Inflow, type JunctionCost, junctionCost } from "../strategies/corridor-model/junction-cost.ts";
import type { Load, Loads } from "../strategies/corridor-model/load.ts";
import { arrivalsOn } from "../strategies/corridor-model/prediction.ts";

/** Junctions that are timed together: one corridor, or several that cross. */
export interface PlannedNetwork {
  readonly city: City;
  readonly corridors: readonly Corridor[];
  /** In the order of their corridors, each once. */
  readonly junctions: readonly Junction[];
  readonly loads: Loads;
}

export type Plans = ReadonlyMap<string, TimingPlan>;

/** Links from one planned junction to another. */
export function innerLinks({ city, junctions }: Pick<PlannedNetwork, "city" | "junctions">): readonly Link[] {
  const nodes = new Set(junctions.map(({ node }) => node));
  return [...city.links.values()].filter(({ from, to }) => nodes.has(from) && nodes.has(to));
}

/** Junctions of some corridors, each once, in their order. */
export function junctionsOf(city: City, corridors: readonly Corridor[]): readonly Junction[] {
  const ids = [...new Set(corridors.flatMap(({ junctions }) => junctions))];
  return ids.map((id) => city.junctions.get(id)!);
}

export interface NetworkCost {
  /** Performance index: weighted waiting with stops, person-seconds each second. */
  readonly index: number;
  readonly junctions: ReadonlyMap<string, JunctionCost>;
  readonly arrivals: ReadonlyMap<string, Inflow>;
  /** Mean over all vehicles, s; what stops cost is in it. */
  readonly delayS: number;
  /** Vehicle-hours an hour. */
  readonly delayVehH: number;
  /** Stops a vehicle. */
  readonly stops: number;
  /** Largest degree of saturation. */
  readonly saturation: number;
}

/** Each round takes what leaves one signal to the next one; after this many, platoons have crossed the longest planned networks. */
const rounds = 3;

/** Follows platoons along every inner link until they have settled, and says what the plans cost. */
export function evaluate(network: PlannedNetwork, plans: Plans): NetworkCost {
  const { city, loads, junctions } = network;
  const arrivals = new Map<string, Inflow>();
  const costs = new Map<string, JunctionCost>();
  const byNode = new Map(junctions.map((junction) => [junction.node, junction]));
  const judge = (junction: Junction): void => {
    const plan = plans.get(junction.id);
    if (plan)
      costs.set(
        junction.id,
        junctionCost({ junction, loads, arrivals: (id) => arrivals.get(id), floor: undefined }, plan),
      );
  };
  const into = new Map(
    junctions.map((junction) => [junction.id, innerLinks(network).filter(({ to }) => to === junction.node)]),
  );
  for (const junction of junctions) judge(junction);
  for (let round = 0; round < rounds; round++) {
    // There and back: a platoon runs the whole corridor in one round in either direction.
    for (const junction of round % 2 === 0 ? junctions : [...junctions].reverse()) {
      for (const link of into.get(junction.id)!) {
        const from = byNode.get(link.from)!;
        const found = arrivalsOn({ city, loads, plans }, link.id, from, costs.get(from.id));
        for (const [id, inflow] of found) arrivals.set(id, inflow);
      }
      judge(junction);
    }
  }
  return { ...totals(network, costs), junctions: costs, arrivals };
}

function totals({ loads }: PlannedNetwork, costs: ReadonlyMap<string, JunctionCost>) {
  let index = 0;
  let vehicles = 0;
  let delay = 0;
  let stops = 0;
  let saturation = 0;
  for (const junction of costs.values()) {
    index += junction.cost;
    saturation = Math.max(saturation, junction.saturation);
    for (const [id, stream] of junction.streams) {
      const { vehPerS } = loads.get(id)!;
      vehicles += vehPerS;
      delay += vehPerS * stream.delayS;
      stops += vehPerS * stream.stops;
    }
  }
  const mean = (sum: number): number => (vehicles > 0 ? sum / vehicles : 0);
  return { index, delayS: mean(delay), delayVehH: delay, stops: mean(stops), saturation };
}

export const ratioOf = (load: Load | undefined): number =>
  load && load.saturation > 0 ? load.pcuPerS / load.saturation : 0;
