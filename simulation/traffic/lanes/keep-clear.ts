import { STANDING_MPS } from "./box.ts";
import { type Kernel, Request } from "./kernel.ts";
import { brakeGap } from "./krauss.ts";
import { Flag } from "./vehicles.ts";

/** A lane longer than this that is full takes nobody in, even while its queue moves; a shorter one empties as fast as it fills, m. */
const STORING_M = 30;

/**
 * Into a box that others cross only when there is room to leave it: behind whatever stands beyond, and behind those who
 * are in between (`ahead`: those on its own lane, in metres). Takes back what the plan items say where there is none.
 */
export function keepClear(kernel: Kernel, id: number, ahead: number): void {
  const { table, vehicles, items, types, dt } = kernel;
  const { i: road } = table;
  const { linkEnters, linkKeepClear, linkNext } = table.at;
  const { f: plan, i: planIndex } = items;
  const { link: itemLink, request, passSpeed, waitSpeed, distance } = items.at;
  const { f: own, i: index } = vehicles;
  const { length, type } = vehicles.at;
  const needed = own[length + id]! + types.f[types.at.minGap + index[type + id]!]!;
  let before = ahead;
  for (let at = index[vehicles.at.item + id]!; planIndex[itemLink + at]! >= 0; at++) {
    const link = planIndex[itemLink + at]!;
    if (road[linkKeepClear + link] === 1 && !leavesRoom(kernel, at, needed + before)) {
      const braking = brakeGap(own[vehicles.at.speed + id]!, types.f[types.at.decel + index[type + id]!]!, dt);
      for (let held = at; planIndex[itemLink + held]! >= 0; held++) {
        plan[passSpeed + held] = plan[waitSpeed + held]!;
        if (plan[distance + held]! >= braking + 0.1 && road[linkEnters + planIndex[itemLink + held]!] === 1)
          planIndex[request + held] = Request.none;
      }
      return;
    }
    before += table.f[table.at.load + road[linkNext + link]!]!;
  }
}

/** Is there this much room beyond the link, as far as the plan goes? Where nothing stands there is, however little it is now. */
function leavesRoom(kernel: Kernel, from: number, needed: number): boolean {
  const { table, items } = kernel;
  const { f: road, i: roadIndex } = table;
  const { linkEnters, linkNext, linkTo, laneJunction, laneLink, laneLength, count, load, roomEnds } = table.at;
  const { i: plan } = items;
  const { link: itemLink, request } = items.at;
  let space = 0;
  for (let at = from; plan[itemLink + at]! >= 0; at++) {
    const link = plan[itemLink + at]!;
    if (roadIndex[linkEnters + link] === 0) continue;
    if (at > from && plan[request + at] === Request.none) return false;
    for (let lane = roadIndex[linkNext + link]!; roadIndex[laneJunction + lane]! >= 0; ) {
      space -= road[load + lane]!;
      lane = roadIndex[linkNext + roadIndex[laneLink + lane]!]!;
    }
    const target = roadIndex[linkTo + link]!;
    const whole = road[laneLength + target]!;
    const empty = roadIndex[count + target] === 0;
    space += empty ? whole : roomOn(kernel, target);
    if (space >= needed) return true;
    if (whole > STORING_M || (!empty && roadIndex[roomEnds + target] === 1)) return false;
  }
  return true;
}

/** Metres on a lane before the nearest vehicle that stands, less those that will close up to it; `roomEnds` tells whether any does. */
function roomOn(kernel: Kernel, lane: number): number {
  const { table } = kernel;
  const { f: road, i: roadIndex } = table;
  const { laneLength, count, base, room: kept, roomEnds, roomStep } = table.at;
  if (roadIndex[roomStep + lane] === kernel.step) return road[kept + lane]!;
  const { vehicles, lanes, types } = kernel;
  const { f: own, i: index } = vehicles;
  const { pos, speed, length, type, flags } = vehicles.at;
  const begin = roadIndex[base + lane]!;
  const last = begin + roadIndex[count + lane]! - 1;
  let room = road[laneLength + lane]!;
  let ends = index[flags + lanes.order[last]!]! & Flag.mustWait ? 1 : 0;
  let moving = 0;
  for (let at = last; at >= begin; at--) {
    const id = lanes.order[at]!;
    if (own[speed + id]! < STANDING_MPS) {
      room = own[pos + id]! - own[length + id]!;
      ends = 1;
      break;
    }
    moving += own[length + id]! + types.f[types.at.minGap + index[type + id]!]!;
  }
  roadIndex[roomStep + lane] = kernel.step;
  roadIndex[roomEnds + lane] = ends;
  road[kept + lane] = room - moving;
  return room - moving;
}
