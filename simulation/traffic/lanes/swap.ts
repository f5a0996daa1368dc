import type { Kernel } from "./kernel.ts";
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
  const { order, base, count } = lanes;
  const id = order[base[lane]! + place]!;
  const other = order[base[beside]! + besidePlace]!;
  if (waitingS[id]! < ARRANGE_S || waitingS[other]! < ARRANGE_S) return false;
  if ((flags[other]! & (side < 0 ? Flag.wantsOut : Flag.wantsIn)) === 0) return false;
  const gap = (vehicle: number) => types.minGap[type[vehicle]!]!;
  // The one ahead keeps its position and comes over.
  if (place > 0) {
    const leader = order[base[lane]! + place - 1]!;
    if (pos[leader]! - length[leader]! < pos[other]!) return false;
  }
  if (place + 1 < count[lane]! && pos[order[base[lane]! + place + 1]!]! > pos[other]! - length[other]!) return false;
  // The one behind goes where it fits in the place of the other, no further back than it was.
  let at = pos[id]!;
  if (besidePlace + 1 < count[beside]!) {
    const follower = order[base[beside]! + besidePlace + 1]!;
    at = Math.max(at, pos[follower]! + length[id]!);
    if (at > pos[other]!) return false;
  }
  order[base[lane]! + place] = other;
  order[base[beside]! + besidePlace] = id;
  vehicles.odometer[id] = vehicles.odometer[id]! + at - pos[id]!;
  pos[id] = at;
  vehicles.lane[id] = beside;
  vehicles.lane[other] = lane;
  const difference = length[other]! + gap(other) - length[id]! - gap(id);
  kernel.load[lane] = kernel.load[lane]! + difference;
  kernel.load[beside] = kernel.load[beside]! - difference;
  for (const vehicle of [id, other]) {
    flags[vehicle] = 0;
    vehicles.gain[vehicle] = 0;
    vehicles.keep[vehicle] = 0;
    vehicles.asked[vehicle] = Number.POSITIVE_INFINITY;
  }
  kernel.arrangements++;
  return true;
}
