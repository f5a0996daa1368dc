import { seededRandom } from "../../../../app/seeded-random.ts";
import type { RoadInput } from "../../../../simulation/traffic/lanes/road-network.ts";
import { shortestPath } from "../../../../simulation/traffic/lanes/shortest-path.ts";
import type { TripInput } from "../../../../simulation/traffic/lanes/trips.ts";
import { classBit, type VehicleType, vehicleType } from "../../../../simulation/traffic/lanes/vehicle-types.ts";

/** Trips between random edges, spread over a time; at least three edges each. */
export function gridTrips(
  road: RoadInput,
  {
    seed,
    count,
    overS,
    types = [vehicleType("car", "passenger")],
  }: {
    readonly seed: number;
    readonly count: number;
    readonly overS: number;
    readonly types?: readonly VehicleType[];
  },
): readonly TripInput[] {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;
  const path = shortestPath(road);
  const trips: TripInput[] = [];
  for (let tries = 0; trips.length < count; tries++) {
    if (tries > 50 * count) throw new Error("the network has too few ways");
    const type = pick(types);
    const edges = path(pick(road.edges).id, pick(road.edges).id, classBit(type.vehicleClass));
    if (!edges || edges.length < 3) continue;
    trips.push({
      id: `t${trips.length}`,
      departS: Math.floor((trips.length * overS) / count),
      type,
      edges,
      departLane: "best",
      departSpeed: "max",
    });
  }
  return trips;
}
