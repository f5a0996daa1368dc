import { STANDING_MPS } from "./box.ts";
import { type Kernel, Request } from "./kernel.ts";
import { arrivalTime, brakeGap, speedAfter, stopSpeed } from "./krauss.ts";
import { Aspect } from "./road-network.ts";

/** From here on one sees all who have the right of way, m before the line. */
export const SEE_M = 4.5;
/** Slack of who can stop and need not, s: a small value keeps impatience meaningful. */
const PATIENT_S = 30;
/** Time between one vehicle and the next over a place where their paths meet, s. */
const BETWEEN_S = 1;
/** Whoever has waited this long takes any gap that others can just make, s. */
const IMPATIENT_AFTER_S = 300;
/** Vehicles with the right of way that have announced nothing yet are looked for this far back, s of driving. */
const LOOK_BACK_S = 10;

/** May a vehicle pass the link of this plan item, given what everybody else has announced? */
export function mayPass(kernel: Kernel, at: number, canStop: boolean): boolean {
  const { net, table, items, vehicles } = kernel;
  const { i: road } = table;
  const { aspect, announced, linkWaits } = table.at;
  const { i: plan } = items;
  const { vehicle, onLink, request } = items.at;
  const link = plan[items.at.link + at]!;
  const shows = road[aspect + link]!;
  if (shows === Aspect.red) return false;
  if (shows === Aspect.major || shows === Aspect.amber || road[linkWaits + link]! === 1) return true;
  const id = plan[vehicle + at]!;
  const waited = vehicles.f[vehicles.at.waitingS + id]!;
  if ((shows === Aspect.stop || shows === Aspect.allWayStop) && waited === 0) return false;
  if (plan[request + at] === Request.none) return false;
  const impatience = canStop ? Math.min(1, waited / IMPATIENT_AFTER_S) : 1;
  const { start, items: foes } = net.yieldsTo;
  for (let i = start[link]!; i < start[link + 1]!; i++) {
    const foe = foes[i]!;
    const foeShows = road[aspect + foe]!;
    if (foeShows === Aspect.red) continue;
    for (let other = road[announced + foe]!; other >= 0; other = plan[onLink + other]!) {
      if (plan[vehicle + other] === id || plan[request + other] === Request.none) continue;
      if (symmetric(shows) && goesBefore(kernel, at, other, shows)) continue;
      if (inTheWay(kernel, at, other, impatience)) return false;
    }
    if (foeShows !== Aspect.amber && foeShows !== Aspect.allWayStop && comesFromAfar(kernel, at, foe, impatience))
      return false;
  }
  return true;
}

const symmetric = (shows: number): boolean => shows === Aspect.equal || shows === Aspect.allWayStop;

/**
 * Among equals who stand before the same crossing, the one that has waited longer goes; the trip decides a tie. Where all
 * must stop, who has not yet stopped does not count.
 */
function goesBefore({ items, vehicles }: Kernel, at: number, other: number, shows: number): boolean {
  const { i: plan } = items;
  const { f, i, at: v } = vehicles;
  const a = plan[items.at.vehicle + at]!;
  const b = plan[items.at.vehicle + other]!;
  const waited = f[v.waitingS + a]!;
  const otherWaited = f[v.waitingS + b]!;
  if (waited === 0 || (otherWaited === 0 && shows === Aspect.equal)) return false;
  return waited > otherWaited || (waited === otherWaited && i[v.trip + a]! < i[v.trip + b]!);
}

/** Do the two times over the common place come too near to each other? */
function inTheWay(kernel: Kernel, at: number, other: number, impatience: number): boolean {
  const { net, items, types, vehicles } = kernel;
  const { link, vehicle } = items.at;
  const sameTarget = net.linkTo[items.i[link + at]!] === net.linkTo[items.i[link + other]!];
  const decel = types.decel[vehicles.type[items.i[vehicle + at]!]!]!;
  const foeDecel = types.decel[vehicles.type[items.i[vehicle + other]!]!]!;
  announcement(kernel, at, own);
  announcement(kernel, other, theirs);
  if (theirs.leavesS < own.arrivesS) {
    if (!sameTarget) return false;
    return own.arrivesS - theirs.leavesS < BETWEEN_S || runsInto(theirs.leaveSpeed, own.arrivalSpeed, foeDecel, decel);
  }
  expected.arrivesS = theirs.arrivesS;
  expected.speed = theirs.brakingSpeed;
  if (impatience > 0 && own.arrivesS < theirs.arrivesS)
    expectBraking(kernel, own.arrivesS, theirs.arrivesS, items.f[items.at.distance + other]!, impatience * foeDecel);
  const foeArrives = (1 - impatience) * theirs.arrivesS + impatience * expected.arrivesS;
  if (foeArrives > own.leavesS + BETWEEN_S)
    return sameTarget && runsInto(own.leaveSpeed, expected.speed, decel, foeDecel);
  return true;
}

/** When and how fast another is expected at the line by one who has waited. */
const expected = { arrivesS: 0, speed: 0 };

/**
 * Who has waited counts on the others to brake, the harder the longer it has waited, from when it is on its way itself; so
 * that, as in SUMO, one who has waited a little merges before nobody who is faster, and one who has waited long before many.
 */
function expectBraking({ dt }: Kernel, ownS: number, foeS: number, distance: number, decel: number): void {
  if (Math.floor(ownS / dt) === Math.floor(foeS / dt)) return;
  // A vehicle that arrives after so long drives this fast on the way, and this much of the way is left then.
  const speed = distance / (foeS + dt);
  const left = Math.max(0, distance - speed * ownS);
  if ((speed * speed) / (2 * decel) <= left) {
    expected.arrivesS = foeS + PATIENT_S;
    expected.speed = 0;
    return;
  }
  expected.speed = Math.sqrt(speed * speed - 2 * decel * left);
  expected.arrivesS = ownS + (speed - expected.speed) / decel;
}

/** When a vehicle will be on a link, s from now, and how fast; the same when it brakes from now on. */
interface Announcement {
  arrivesS: number;
  arrivalSpeed: number;
  leavesS: number;
  leaveSpeed: number;
  brakingS: number;
  brakingSpeed: number;
}

const nothing: Announcement = {
  arrivesS: 0.5,
  arrivalSpeed: 0.5,
  leavesS: 0.5,
  leaveSpeed: 0.5,
  brakingS: 0.5,
  brakingSpeed: 0.5,
};
const own = { ...nothing };
const theirs = { ...nothing };

/** Works out what a plan item has announced: only few are ever asked for. */
function announcement(kernel: Kernel, at: number, into: Announcement): void {
  const { table, items, vehicles, types, dt } = kernel;
  const link = items.i[items.at.link + at]!;
  const id = items.i[items.at.vehicle + at]!;
  const distance = items.f[items.at.distance + at]!;
  const v = items.f[items.at.announcedSpeed + at]!;
  const t = vehicles.type[id]!;
  const accel = types.accel[t]!;
  const decel = types.decel[t]!;
  const fastest = types.maxSpeed[t]!;
  const factor = vehicles.factor[id]!;
  const limit = Math.min(table.f[table.at.laneSpeed + table.i[table.at.linkFrom + link]!]! * factor, fastest);
  const nextLimit = Math.min(table.f[table.at.laneSpeed + table.i[table.at.linkNext + link]!]! * factor, fastest);
  let arrival = Math.min(speedAfter(distance, v, accel), limit);
  // Slow enough to stop when all is seen, then on.
  if (items.i[items.at.request + at] === Request.looksFirst && distance > SEE_M)
    arrival = Math.min(arrival, speedAfter(SEE_M, stopSpeed(SEE_M, decel, dt, dt), accel));
  const arrives = arrivalTime(distance, v, arrival, accel, decel);
  const through = table.f[table.at.linkLength + link]!;
  const leave = Math.min(nextLimit, speedAfter(through, arrival, accel));
  const stops = distance >= brakeGap(v, decel, dt);
  const braking = stops ? 0 : Math.min(arrival, speedAfter(distance, v, -decel));
  into.arrivesS = arrives;
  into.arrivalSpeed = arrival;
  into.leaveSpeed = leave;
  into.leavesS = arrives + (through + types.length[t]!) / Math.max(0.5 * (arrival + leave), 1e-3);
  into.brakingSpeed = braking;
  into.brakingS = stops ? arrives + PATIENT_S : arrivalTime(distance, v, braking, accel, decel);
}

/** Would the second run into the first if that brakes? */
const runsInto = (first: number, second: number, firstDecel: number, secondDecel: number): boolean =>
  (first * first) / firstDecel <= (second * second) / secondDecel;

/** Somebody on the lane before the foe link is too far from it to have announced anything, yet comes too soon. */
function comesFromAfar(kernel: Kernel, at: number, foe: number, impatience: number): boolean {
  const { net, table, vehicles, lanes, items, types, dt } = kernel;
  const lane = net.linkFrom[foe]!;
  if (net.laneEdge[lane]! < 0) return false;
  const { f, i, at: v } = vehicles;
  const base = table.i[table.at.base + lane]!;
  const n = table.i[table.at.count + lane]!;
  const end = table.f[table.at.laneLength + lane]!;
  const limit = table.f[table.at.laneSpeed + lane]!;
  const merges = net.linkTo[items.i[items.at.link + at]!] === net.linkTo[foe];
  for (let k = 0; k < n; k++) {
    const id = lanes.order[base + k]!;
    // Nobody gets past one who stands.
    if (f[v.speed + id]! < STANDING_MPS) return false;
    if (i[v.item + id]! >= 0) continue;
    const distance = end - f[v.pos + id]!;
    if (distance > limit * LOOK_BACK_S && !(merges && impatience > 0)) return false;
    if (i[v.onward + id] !== foe) continue;
    const t = i[v.type + id]!;
    const speed = f[v.planned + id]!;
    const reached = speedAfter(distance, speed, types.accel[t]!);
    const arrival = Math.min(reached, limit * f[v.factor + id]!, types.maxSpeed[t]!);
    const arrives = arrivalTime(distance, speed, arrival, types.accel[t]!, types.decel[t]!);
    announcement(kernel, at, own);
    expected.arrivesS = arrives;
    expected.speed = distance < brakeGap(speed, types.decel[t]!, dt) ? speed : 0;
    if (impatience > 0 && own.arrivesS < arrives)
      expectBraking(kernel, own.arrivesS, arrives, distance, impatience * types.decel[t]!);
    if ((1 - impatience) * arrives + impatience * expected.arrivesS <= own.leavesS + BETWEEN_S) return true;
    const decel = types.decel[i[v.type + items.i[items.at.vehicle + at]!]!]!;
    if (merges && runsInto(own.leaveSpeed, expected.speed, decel, types.decel[t]!)) return true;
  }
  return false;
}
