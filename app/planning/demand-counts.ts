import type { Demand } from "../../config/demand.ts";
import type { City } from "../../config/model.ts";
import { type ClassFlow, flowKey, type TurningFlows } from "../../engine/core/network/flows.ts";
import { factorAt } from "../../simulation/demand/arrivals.ts";
import { quickestRoute } from "../../simulation/demand/routes.ts";
import { roadNetwork } from "../../simulation/traffic/network.ts";
import { UserError } from "../user-error.ts";
import type { Counts } from "./counts.ts";
import { clock } from "./design.ts";
import { defaultPeakFactor } from "./peak.ts";

const minuteMs = 60_000;

/** What a faultless count of the simulator's mean demand would give: nobody on a street ever knows it so well. */
export function demandCounts(
  city: City,
  hours: { readonly fromMin: number; readonly toMin: number },
  name?: string,
): Counts {
  if (!city.demand) throw new UserError("This configuration has no demand.yaml; give a file of counts with --from.");
  const id = name ?? `demand-${clock(hours.fromMin)}-${clock(hours.toMin)}`.replaceAll(":", "");
  const flows = meanFlows(city, city.demand, hours);
  return {
    periods: [{ id, ...hours, counted: false, flows, peakFactor: defaultPeakFactor, peakMeasured: false, notes: [] }],
    friction: "medium",
    saturation: new Map(),
  };
}

function meanFlows(
  city: City,
  demand: Demand,
  { fromMin, toMin }: { readonly fromMin: number; readonly toMin: number },
): TurningFlows {
  const network = roadNetwork(city);
  const flows = new Map<string, ClassFlow>();
  for (const junction of city.junctions.values())
    for (const { id } of junction.movements) flows.set(flowKey(junction.id, id), { car: 0, hv: 0, mc: 0, um: 0 });
  for (const flow of demand.flows) {
    const { car, hv, mc, bus } = flow.classShares ?? demand.classShares;
    const all = car + hv + mc + bus;
    const profile = demand.profiles.get(flow.profile) ?? [];
    const first = network.links.findIndex((link) => link.from === flow.from);
    let factor = 0;
    for (let at = fromMin; at < toMin; at++) factor += factorAt(profile, (at + 0.5) * minuteMs) / (toMin - fromMin);
    for (const { node, share } of flow.to) {
      const route = first < 0 ? undefined : quickestRoute(network, first, node);
      const vehicles = (flow.vehPerHour * factor * share) / all;
      for (const move of route?.moves ?? []) {
        const { from, to, junction } = network.moves[move]!;
        const own = network.junctions[junction]!.junction;
        const approach = own.approaches.find(({ link }) => link === network.links[from]!.id)!;
        const movement = own.movements.find(
          (entry) => entry.approach === approach.id && entry.exit === network.links[to]!.id,
        )!;
        const key = flowKey(own.id, movement.id);
        const before = flows.get(key)!;
        flows.set(key, {
          car: before.car + vehicles * car,
          hv: before.hv + vehicles * (hv + bus),
          mc: before.mc + vehicles * mc,
          um: 0,
        });
      }
    }
  }
  return flows;
}
