import type { City, Junction, Link } from "../../../config/model.ts";
import type { SumoCity } from "./city.ts";

/** A road further from the next signal than this has nothing to do with it, m. */
const FARTHEST_M = 1500;

/**
 * Does a trip that starts on this edge come by a side street? Main is an approach that comes from another signal or whose
 * way straight on leads to one; a trip belongs to the first signal ahead of it.
 */
export function startsOnSideStreet({ city, roads }: SumoCity): (edge: string) => boolean {
  const leaving = new Map<string, Link[]>();
  for (const link of city.links.values()) {
    if (link.id.startsWith("path/")) continue;
    leaving.set(link.from, [...(leaving.get(link.from) ?? []), link]);
  }
  const approaches = new Map<string, Junction>();
  for (const junction of city.junctions.values())
    for (const { link } of junction.approaches) approaches.set(link, junction);
  const map = { city, leaving, approaches };
  const main = new Set<string>();
  for (const junction of city.junctions.values())
    for (const { exit, turn, approach } of junction.movements) {
      const ahead = approachAhead(map, exit);
      if (ahead === undefined || approaches.get(ahead) === junction) continue;
      main.add(ahead);
      if (turn === "through") main.add(junction.approaches.find(({ id }) => id === approach)!.link);
    }
  return (edge) => {
    const road = roads.of.get(edge)?.id;
    const ahead = road && approachAhead(map, road);
    return ahead !== undefined && !main.has(ahead);
  };
}

interface RoadMap {
  readonly city: City;
  readonly leaving: ReadonlyMap<string, readonly Link[]>;
  readonly approaches: ReadonlyMap<string, Junction>;
}

/** The nearest approach of a signal that this link is or leads to. */
function approachAhead({ city, leaving, approaches }: RoadMap, start: string): string | undefined {
  const seen = new Set<string>();
  const open = [{ id: start, distanceM: 0 }];
  for (let next = open.shift(); next; next = open.shift()) {
    const link = city.links.get(next.id);
    if (!link || seen.has(link.id) || next.distanceM > FARTHEST_M) continue;
    if (approaches.has(link.id)) return link.id;
    seen.add(link.id);
    for (const { id, to } of leaving.get(link.to) ?? [])
      if (to !== link.from) open.push({ id, distanceM: next.distanceM + link.lengthM });
    open.sort((a, b) => a.distanceM - b.distanceM);
  }
  return undefined;
}
