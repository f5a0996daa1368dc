import { rearStillOn } from "./box.ts";
import type { Kernel } from "./kernel.ts";
import { Aspect } from "./road-network.ts";

/** Places in what `leaderOn` finds: gap net of the gap at rest (infinite: nobody in sight), speed, deceleration. */
export const GAP = 0;
export const SPEED = 1;
export const DECEL = 2;
/** Result of `followerOn` and `lookBack`, kept here so that the step allocates nothing; gap net of the follower's gap at rest. */
export const gapBehind = { id: -1, gap: Number.POSITIVE_INFINITY };

/** How far beyond its lane a driver who changes looks, ahead and back, m. */
const SIGHT_M = 100;

/** The leader on this lane (`known`, when it is on the lane itself), or on the lanes it leads to along the route. */
export function leaderOn(kernel: Kernel, id: number, lane: number, known: number, found: Float64Array): void {
  const { f, i, at } = kernel.vehicles;
  const { f: kind, at: k } = kernel.types;
  const gapAtRest = kind[k.minGap + i[at.type + id]!]!;
  const p = f[at.pos + id]!;
  if (known < 0) {
    lookOn(kernel, id, lane, found);
    found[GAP] = found[GAP]! - p - gapAtRest;
    return;
  }
  found[GAP] = f[at.pos + known]! - p - f[at.length + known]! - gapAtRest;
  found[SPEED] = f[at.speed + known]!;
  found[DECEL] = kind[k.decel + i[at.type + known]!]!;
}

/** The last vehicle on the lanes this one leads to, its rear from the beginning of this lane; infinite when there is none in sight. */
function lookOn(kernel: Kernel, id: number, lane: number, found: Float64Array): void {
  const { net, table, vehicles, lanes, types, routes } = kernel;
  const { f: road, i: roadIndex } = table;
  const { laneLength, laneEdge, laneLink, linkNext, count, base, tailId } = table.at;
  const { f, i, at: v } = vehicles;
  const sight = f[v.pos + id]! + SIGHT_M;
  const { edgeFirst } = net;
  let node = -1;
  let at = lane;
  let begin = 0;
  found[GAP] = Number.POSITIVE_INFINITY;
  found[SPEED] = 0;
  found[DECEL] = 1;
  while (begin < sight) {
    const end = begin + road[laneLength + at]!;
    if (roadIndex[tailId + at]! >= 0) {
      const tail = rearStillOn(kernel, at);
      if (tail >= 0 && tail !== id) {
        found[GAP] = end + f[v.odometer + tail]! - road[table.at.tailOdometer + at]! - f[v.length + tail]!;
        found[SPEED] = f[v.speed + tail]!;
        found[DECEL] = types.f[types.at.decel + i[v.type + tail]!]!;
        return;
      }
    }
    const edge = roadIndex[laneEdge + at]!;
    let link = -1;
    if (edge < 0) link = roadIndex[laneLink + at]!;
    else if (at === i[v.lane + id]!) link = i[v.onward + id]!;
    else {
      // The node only now: most look no further than the box.
      node = node < 0 ? i[v.node + id]! : node;
      if (at !== lane) node = routes.next[node]!;
      link = routes.link[routes.first[node]! + at - edgeFirst[edge]!]!;
    }
    if (link < 0) return;
    at = roadIndex[linkNext + link]!;
    begin = end;
    const n = roadIndex[count + at]!;
    if (n === 0) continue;
    const other = lanes.order[roadIndex[base + at]! + n - 1]!;
    if (other === id) return;
    found[GAP] = begin + f[v.pos + other]! - f[v.length + other]!;
    found[SPEED] = f[v.speed + other]!;
    found[DECEL] = types.f[types.at.decel + i[v.type + other]!]!;
    return;
  }
}

/** The follower on the lane beside, of which `place` are ahead, or the nearest of those coming onto it. */
export function followerOn(kernel: Kernel, id: number, lane: number, place: number): void {
  const { vehicles, lanes, types } = kernel;
  const rear = vehicles.pos[id]! - vehicles.length[id]!;
  if (place < lanes.count[lane]!) {
    const other = lanes.order[lanes.base[lane]! + place]!;
    gapBehind.id = other;
    gapBehind.gap = rear - vehicles.pos[other]! - types.minGap[vehicles.type[other]!]!;
    return;
  }
  gapBehind.id = -1;
  gapBehind.gap = Number.POSITIVE_INFINITY;
  if (rear > SIGHT_M) return;
  lookBack(kernel, lane, rear, 3, id);
}

/** The first vehicle on each lane that leads here, as far back as matters. */
export function lookBack(kernel: Kernel, lane: number, way: number, depth: number, id: number): void {
  const { net, vehicles, lanes, types } = kernel;
  for (let i = net.linksInto.start[lane]!; i < net.linksInto.start[lane + 1]!; i++) {
    const link = net.linksInto.items[i]!;
    const from = net.linkFrom[link]!;
    if (lanes.count[from]! > 0) {
      const other = lanes.order[lanes.base[from]!]!;
      if (other === id || !leadsHere(kernel, other, from, link)) continue;
      const gap = way + net.laneLength[from]! - vehicles.pos[other]! - types.minGap[vehicles.type[other]!]!;
      if (gap < gapBehind.gap) {
        gapBehind.gap = gap;
        gapBehind.id = other;
      }
    } else if (depth > 1 && way + net.laneLength[from]! < SIGHT_M)
      lookBack(kernel, from, way + net.laneLength[from]!, depth - 1, id);
  }
}

/** Will this vehicle, first on its lane, take the link in this state of the lamps? */
function leadsHere({ net, vehicles, aspect }: Kernel, id: number, lane: number, link: number): boolean {
  if (net.laneEdge[lane]! < 0) return true;
  return aspect[link] !== Aspect.red && vehicles.onward[id] === link;
}
