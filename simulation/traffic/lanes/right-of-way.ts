import { STANDING_MPS } from "./box.ts";
import type { Kernel } from "./kernel.ts";
import { arrivalTime, brakeGap, speedAfter } from "./krauss.ts";
import { Aspect } from "./road-network.ts";

/** Time between one vehicle and the next over a place where their paths meet, s. */
const BETWEEN_S = 1;
/** Whoever has waited this long takes any gap that others can just make, s. */
const IMPATIENT_AFTER_S = 300;
/** Vehicles with the right of way that have announced nothing yet are looked for this far back, s of driving. */
const LOOK_BACK_S = 10;

/** May a vehicle pass the link of this plan item, given what everybody else has announced? */
export function mayPass(kernel: Kernel, at: number, canStop: boolean): boolean {
  const { net, items, aspect, vehicles } = kernel;
  const link = items.link[at]!;
  const shows = aspect[link]!;
  if (shows === Aspect.red) return false;
  if (shows === Aspect.major || shows === Aspect.amber || net.linkWaits[link]) return true;
  const id = items.vehicle[at]!;
  const waited = vehicles.waitingS[id]!;
  if ((shows === Aspect.stop || shows === Aspect.allWayStop) && waited === 0) return false;
  if (items.request[at] === 0) return false;
  const impatience = canStop ? Math.min(1, waited / IMPATIENT_AFTER_S) : 1;
  const { start, items: foes } = net.yieldsTo;
  for (let i = start[link]!; i < start[link + 1]!; i++) {
    const foe = foes[i]!;
    if (aspect[foe] === Aspect.red) continue;
    for (let other = kernel.announced[foe]!; other >= 0; other = items.onLink[other]!) {
      if (items.vehicle[other] === id || items.request[other] === 0) continue;
      if (symmetric(shows) && goesBefore(kernel, at, other, shows)) continue;
      if (inTheWay(kernel, at, other, impatience)) return false;
    }
    if (aspect[foe] !== Aspect.amber && aspect[foe] !== Aspect.allWayStop && comesFromAfar(kernel, at, foe))
      return false;
  }
  return true;
}

const symmetric = (shows: number): boolean => shows === Aspect.equal || shows === Aspect.allWayStop;

/**
 * Among equals who stand before the same crossing, the one that has waited longer goes; the trip decides a tie. Where all
 * must stop, who has not yet stopped does not count.
 */
function goesBefore(kernel: Kernel, at: number, other: number, shows: number): boolean {
  const { items, vehicles } = kernel;
  const a = items.vehicle[at]!;
  const b = items.vehicle[other]!;
  const waited = vehicles.waitingS[a]!;
  const otherWaited = vehicles.waitingS[b]!;
  if (waited === 0 || (otherWaited === 0 && shows === Aspect.equal)) return false;
  return waited > otherWaited || (waited === otherWaited && vehicles.trip[a]! < vehicles.trip[b]!);
}

/** Do the two times over the common place come too near to each other? */
function inTheWay(kernel: Kernel, at: number, other: number, impatience: number): boolean {
  const { net, items, types, vehicles } = kernel;
  const link = items.link[at]!;
  const foe = items.link[other]!;
  const sameTarget = net.linkTo[link] === net.linkTo[foe];
  const decel = types.decel[vehicles.type[items.vehicle[at]!]!]!;
  const foeDecel = types.decel[vehicles.type[items.vehicle[other]!]!]!;
  const arrives = items.arrivesS[at]!;
  if (items.leavesS[other]! < arrives) {
    if (!sameTarget) return false;
    return (
      arrives - items.leavesS[other]! < BETWEEN_S ||
      runsInto(items.leaveSpeed[other]!, items.arrivalSpeed[at]!, foeDecel, decel)
    );
  }
  const foeArrives = (1 - impatience) * items.arrivesS[other]! + impatience * items.brakingS[other]!;
  if (foeArrives > items.leavesS[at]! + BETWEEN_S)
    return sameTarget && runsInto(items.leaveSpeed[at]!, items.brakingSpeed[other]!, decel, foeDecel);
  return true;
}

/** Would the second run into the first if that brakes? */
const runsInto = (first: number, second: number, firstDecel: number, secondDecel: number): boolean =>
  (first * first) / firstDecel <= (second * second) / secondDecel;

/** Somebody on the lane before the foe link is too far from it to have announced anything, yet comes too soon. */
function comesFromAfar(kernel: Kernel, at: number, foe: number): boolean {
  const { net, vehicles, lanes, items, types, dt } = kernel;
  const lane = net.linkFrom[foe]!;
  if (net.laneEdge[lane]! < 0) return false;
  const base = lanes.base[lane]!;
  const n = lanes.count[lane]!;
  const limit = net.laneSpeed[lane]!;
  const sameTarget = net.linkTo[items.link[at]!] === net.linkTo[foe];
  for (let k = 0; k < n; k++) {
    const id = lanes.order[base + k]!;
    // Nobody gets past one who stands.
    if (vehicles.speed[id]! < STANDING_MPS) return false;
    if (vehicles.item[id]! >= 0) continue;
    const distance = net.laneLength[lane]! - vehicles.pos[id]!;
    if (distance > limit * LOOK_BACK_S) return false;
    const t = vehicles.type[id]!;
    if (vehicles.onward[id] !== foe) continue;
    const v = vehicles.planned[id]!;
    const reached = speedAfter(distance, v, types.accel[t]!);
    const arrival = Math.min(reached, limit * vehicles.factor[id]!, types.maxSpeed[t]!);
    const arrives = arrivalTime(distance, v, arrival, types.accel[t]!, types.decel[t]!);
    if (arrives <= items.leavesS[at]! + BETWEEN_S) return true;
    const decel = types.decel[vehicles.type[items.vehicle[at]!]!]!;
    if (
      sameTarget &&
      distance < brakeGap(v, types.decel[t]!, dt) &&
      runsInto(items.leaveSpeed[at]!, v, decel, types.decel[t]!)
    )
      return true;
  }
  return false;
}
