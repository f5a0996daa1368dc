import type { City, Link } from "../../../../config/model.ts";
import { type Layout, layoutOf } from "./layout.ts";

/** A movement of a neighbour whose vehicles come to an approach of this junction without another signal between. */
export interface Feeder {
  readonly junction: string;
  /** Index in the neighbour's `Layout.movements`. */
  readonly movement: number;
  /** From the neighbour's stop line to ours, m, and the limit on the way, m/s. */
  readonly distanceM: number;
  readonly speedMps: number;
  /** Part of that movement that comes this way: forks without a signal share evenly. */
  readonly share: number;
}

/** By junction: `feeders[approach]`. */
export type Upstream = ReadonlyMap<string, readonly (readonly Feeder[])[]>;

/** Announcements beyond this are too uncertain, m. */
const farthest = 1500;
/** Across the box. */
const boxM = 20;
const known = new WeakMap<City, Upstream>();

/** Which movements of which neighbours feed each approach. Worked out once for each city. */
export function upstreamOf(city: City): Upstream {
  const before = known.get(city);
  if (before) return before;
  const made = wire(city);
  known.set(city, made);
  return made;
}

function wire(city: City): Upstream {
  const signalled = new Map<string, { junction: string; approach: number }>();
  const outgoing = new Map<string, Link[]>();
  for (const link of city.links.values()) {
    const list = outgoing.get(link.from) ?? [];
    list.push(link);
    outgoing.set(link.from, list);
  }
  for (const junction of city.junctions.values()) {
    for (const [approach, { link }] of junction.approaches.entries())
      signalled.set(link, { junction: junction.id, approach });
  }
  const feeders = new Map<string, Feeder[][]>();
  for (const { id, approaches } of city.junctions.values())
    feeders.set(
      id,
      approaches.map(() => []),
    );
  for (const junction of [...city.junctions.values()].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const layout: Layout = layoutOf(city, junction);
    layout.movements.forEach((movement, m) => {
      for (const path of pathsFrom(movement.exit, city, outgoing, signalled)) {
        feeders.get(path.junction)![path.approach]!.push({
          junction: junction.id,
          movement: m,
          distanceM: path.distanceM + boxM,
          speedMps: path.distanceM / path.timeS,
          share: path.share,
        });
      }
    });
  }
  return feeders;
}

interface Path {
  readonly junction: string;
  readonly approach: number;
  readonly distanceM: number;
  readonly timeS: number;
  readonly share: number;
}

function pathsFrom(
  exit: string,
  city: City,
  outgoing: ReadonlyMap<string, readonly Link[]>,
  signalled: ReadonlyMap<string, { junction: string; approach: number }>,
): readonly Path[] {
  const found: Path[] = [];
  const seen = new Set<string>();
  let front = [{ link: exit, distanceM: 0, timeS: 0, share: 1 }];
  while (front.length > 0) {
    const further: typeof front = [];
    for (const at of front) {
      const link = city.links.get(at.link);
      if (!link || seen.has(link.id)) continue;
      seen.add(link.id);
      const distanceM = at.distanceM + link.lengthM;
      const timeS = at.timeS + link.lengthM / link.speedMps;
      const end = signalled.get(link.id);
      if (end) found.push({ ...end, distanceM, timeS, share: at.share });
      else if (distanceM < farthest) {
        const onward = (outgoing.get(link.to) ?? []).filter((next) => next.to !== link.from);
        const share = at.share / onward.length;
        for (const next of onward) further.push({ link: next.id, distanceM, timeS, share });
      }
    }
    front = further;
  }
  return found;
}
