import { STANDING_MPS } from "./box.ts";
import type { Kernel } from "./kernel.ts";
import { brakeGap } from "./krauss.ts";
import { Flag } from "./vehicles.ts";

/** A lane longer than this that is full takes nobody in, even while its queue moves; a shorter one empties as fast as it fills, m. */
const STORING_M = 30;

/**
 * Into a box that others cross only when there is room to leave it: behind whatever stands beyond, and behind those who
 * are in between (`ahead`: those on its own lane, in metres). Takes back what the plan items say where there is none.
 */
export function keepClear(kernel: Kernel, id: number, ahead: number): void {
  const { net, vehicles, items, types, dt } = kernel;
  const needed = vehicles.length[id]! + types.minGap[vehicles.type[id]!]!;
  let before = ahead;
  for (let at = vehicles.item[id]!; items.link[at]! >= 0; at++) {
    const link = items.link[at]!;
    if (net.linkKeepClear[link] && !leavesRoom(kernel, at, needed + before)) {
      const braking = brakeGap(vehicles.speed[id]!, types.decel[vehicles.type[id]!]!, dt);
      for (let held = at; items.link[held]! >= 0; held++) {
        items.passSpeed[held] = items.waitSpeed[held]!;
        if (items.distance[held]! >= braking + 0.1 && net.linkEnters[items.link[held]!]) items.request[held] = 0;
      }
      return;
    }
    before += kernel.load[net.linkNext[link]!]!;
  }
}

/** Is there this much room beyond the link, as far as the plan goes? Where nothing stands there is, however little it is now. */
function leavesRoom(kernel: Kernel, from: number, needed: number): boolean {
  const { net, items } = kernel;
  let space = 0;
  for (let at = from; items.link[at]! >= 0; at++) {
    const link = items.link[at]!;
    if (!net.linkEnters[link]) continue;
    if (at > from && items.request[at] === 0) return false;
    for (let lane = net.linkNext[link]!; net.laneJunction[lane]! >= 0; ) {
      space -= kernel.load[lane]!;
      lane = net.linkNext[net.linksFrom.items[net.linksFrom.start[lane]!]!]!;
    }
    const target = net.linkTo[link]!;
    space += roomOn(kernel, target);
    if (space >= needed) return true;
    if (net.laneLength[target]! > STORING_M || kernel.roomEnds[target] === 1) return false;
  }
  return true;
}

/** Metres on a lane before the nearest vehicle that stands, less those that will close up to it; `roomEnds` tells whether any does. */
function roomOn(kernel: Kernel, lane: number): number {
  if (kernel.roomStep[lane] === kernel.step) return kernel.room[lane]!;
  const { vehicles, lanes, types } = kernel;
  const base = lanes.base[lane]!;
  const n = lanes.count[lane]!;
  let room = kernel.net.laneLength[lane]!;
  let ends = 0;
  let moving = 0;
  for (let k = n - 1; k >= 0; k--) {
    const id = lanes.order[base + k]!;
    if (k === n - 1 && vehicles.flags[id]! & Flag.mustWait) ends = 1;
    if (vehicles.speed[id]! < STANDING_MPS) {
      room = vehicles.pos[id]! - vehicles.length[id]!;
      ends = 1;
      break;
    }
    moving += vehicles.length[id]! + types.minGap[vehicles.type[id]!]!;
  }
  kernel.roomStep[lane] = kernel.step;
  kernel.roomEnds[lane] = ends;
  kernel.room[lane] = room - moving;
  return room - moving;
}
