import type { City } from "../../../config/model.ts";
import type { Roads } from "../city/roads.ts";
import type { StreetVehicle } from "./cameras.ts";

/** Slower than this stands (5 km/h). */
const STANDING_MPS = 5 / 3.6;
/** A standing rear this near to the start of a road leaves no room for one more car, m. */
const FULL_M = 7;

/** Time that roads which begin at a signal were full up to it, summed over roads, s: from the street's truth, for the record. */
export interface SpillBack {
  watch(vehicles: ReadonlyMap<string, StreetVehicle>, seconds: number): void;
  totalS(): number;
}

export function spillBack(city: City, roads: Roads): SpillBack {
  const nodes = new Set([...city.junctions.values()].map(({ node }) => node));
  const firstEdges = new Set(
    roads.roads.filter(({ id }) => nodes.has(city.links.get(id)!.from)).map(({ edges }) => edges[0]!.id),
  );
  let total = 0;
  return {
    watch: (vehicles, seconds) => {
      const full = new Set<string>();
      for (const { lane, positionM, speedMps, lengthM } of vehicles.values()) {
        if (speedMps >= STANDING_MPS || positionM - lengthM > FULL_M) continue;
        const edge = lane.slice(0, lane.lastIndexOf("_"));
        if (firstEdges.has(edge)) full.add(edge);
      }
      total += full.size * seconds;
    },
    totalS: () => total,
  };
}
