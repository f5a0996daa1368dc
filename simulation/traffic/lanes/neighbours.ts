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
  const { net, vehicles, lanes, types, routes } = kernel;
  const gapAtRest = types.minGap[vehicles.type[id]!]!;
  let other = known;
  let begin = -vehicles.pos[id]!;
  if (other < 0) {
    let node = vehicles.node[id]!;
    let at = lane;
    while (begin < SIGHT_M) {
      const end = begin + net.laneLength[at]!;
      const tail = rearStillOn(kernel, at);
      if (tail >= 0 && tail !== id) {
        found[GAP] = end + vehicles.odometer[tail]! - kernel.tailOdometer[at]! - vehicles.length[tail]! - gapAtRest;
        found[SPEED] = vehicles.speed[tail]!;
        found[DECEL] = types.decel[vehicles.type[tail]!]!;
        return;
      }
      const edge = net.laneEdge[at]!;
      const link =
        edge < 0
          ? net.linksFrom.items[net.linksFrom.start[at]!]!
          : routes.next[node]! < 0
            ? -1
            : routes.link[routes.first[node]! + at - net.edgeFirst[edge]!]!;
      if (link < 0) break;
      at = net.linkNext[link]!;
      if (net.laneEdge[at]! >= 0) node = routes.next[node]!;
      begin = end;
      if (lanes.count[at]! > 0) {
        other = lanes.order[lanes.base[at]! + lanes.count[at]! - 1]!;
        break;
      }
    }
  }
  if (other < 0 || other === id) {
    found[GAP] = Number.POSITIVE_INFINITY;
    found[SPEED] = 0;
    found[DECEL] = 1;
    return;
  }
  found[GAP] = begin + vehicles.pos[other]! - vehicles.length[other]! - gapAtRest;
  found[SPEED] = vehicles.speed[other]!;
  found[DECEL] = types.decel[vehicles.type[other]!]!;
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
