import { type Kernel, settle } from "./kernel.ts";
import { Flag } from "./vehicles.ts";

/** Two drivers who stand beside each other this long, each wanting the other's lane, arrange themselves, s. */
const ARRANGE_S = 10;

/**
 * Two vehicles at the end of their lanes, each in the way of the other's lane change, would stand for ever. Drivers sort
 * this out by signs and a metre of manoeuvring, which no following model knows: here they change places in one step, where
 * both fit without touching anybody. `places` are their places on their lanes; the first is the one further back.
 */
export function changePlaces(
  kernel: Kernel,
  lane: number,
  place: number,
  beside: number,
  besidePlace: number,
  side: -1 | 1,
): boolean {
  const { vehicles, lanes, types } = kernel;
  const { pos, length, type, waitingS, flags } = vehicles;
  const { order, base } = lanes;
  const id = order[base[lane]! + place]!;
  const other = order[base[beside]! + besidePlace]!;
  if (waitingS[id]! < ARRANGE_S || waitingS[other]! < ARRANGE_S) return false;
  if ((flags[other]! & (side < 0 ? Flag.wantsOut : Flag.wantsIn)) === 0) return false;
  // The one ahead comes over, up to the end of the lane if it must; the one behind goes where it fits in its place.
  let limit = kernel.net.laneLength[lane]! - 0.1;
  if (place > 0) {
    const leader = order[base[lane]! + place - 1]!;
    limit = Math.min(limit, pos[leader]! - length[leader]!);
  }
  const otherAt = Math.max(pos[other]!, frontOf(kernel, lane, place + 1) + length[other]!);
  const at = Math.max(pos[id]!, frontOf(kernel, beside, besidePlace + 1) + length[id]!);
  if (otherAt > limit || at > pos[other]!) return false;
  order[base[lane]! + place] = other;
  order[base[beside]! + besidePlace] = id;
  vehicles.odometer[id] = vehicles.odometer[id]! + at - pos[id]!;
  vehicles.odometer[other] = vehicles.odometer[other]! + otherAt - pos[other]!;
  pos[id] = at;
  pos[other] = otherAt;
  vehicles.lane[id] = beside;
  vehicles.lane[other] = lane;
  const difference = length[other]! + types.minGap[type[other]!]! - length[id]! - types.minGap[type[id]!]!;
  kernel.load[lane] = kernel.load[lane]! + difference;
  kernel.load[beside] = kernel.load[beside]! - difference;
  for (const vehicle of [id, other]) {
    settle(kernel, vehicle);
    flags[vehicle] = 0;
    vehicles.gain[vehicle] = 0;
    vehicles.keep[vehicle] = 0;
    vehicles.asked[vehicle] = Number.POSITIVE_INFINITY;
  }
  kernel.arrangements++;
  return true;
}

/** Front of the vehicle in this place of a lane; minus infinity when there is none. */
function frontOf({ lanes, vehicles }: Kernel, lane: number, place: number): number {
  return place < lanes.count[lane]! ? vehicles.pos[lanes.order[lanes.base[lane]! + place]!]! : Number.NEGATIVE_INFINITY;
}
