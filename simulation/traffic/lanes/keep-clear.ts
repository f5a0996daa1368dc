import { STANDING_MPS } from "./box.ts";
import type { Kernel } from "./kernel.ts";
import { brakeGap } from "./krauss.ts";
import { Flag } from "./vehicles.ts";

/** A lane longer than this that is full takes nobody in, even while its queue moves; a shorter one empties as fast as it fills, m. */
const STORING_M = 30;

/**
 * Into a box that others cross only when there is room to leave it: behind whatever stands beyond, and behind those who
 * are in between. Takes back what the plan items say where there is none.
 */
export function keepClear(kernel: Kernel, id: number, ahead: number): void {
  const { net, vehicles, items, types, dt } = kernel;
  const first = vehicles.item[id]!;
  let space = -ahead;
  let clearFrom = -1;
  let ends = false;
  const t = vehicles.type[id]!;
  const needed = vehicles.length[id]! + types.minGap[t]!;
  for (let at = first; items.link[at]! >= 0 && !ends; at++) {
    const link = items.link[at]!;
    const next = net.linkNext[link]!;
    if (clearFrom < 0 && net.linkKeepClear[link]) clearFrom = at;
    if (net.laneJunction[next]! >= 0) {
      if (next !== vehicles.lane[id]) space -= kernel.load[next]!;
      continue;
    }
    space += roomOn(kernel, next);
    const after = items.link[at + 1]!;
    const full = space < needed && net.laneLength[next]! > STORING_M;
    ends = full || kernel.roomEnds[next] === 1 || (after >= 0 && items.request[at + 1] === 0);
  }
  if (clearFrom < 0 || !ends) return;
  if (space >= needed) return;
  const braking = brakeGap(vehicles.speed[id]!, types.decel[t]!, dt);
  for (let at = clearFrom; items.link[at]! >= 0; at++) {
    items.passSpeed[at] = items.waitSpeed[at]!;
    if (items.distance[at]! >= braking + 0.1 && net.linkEnters[items.link[at]!]) items.request[at] = 0;
  }
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
