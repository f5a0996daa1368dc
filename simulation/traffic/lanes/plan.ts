import { boxSpeed, rearStillOn } from "./box.ts";
import { keepClear } from "./keep-clear.ts";
import type { Kernel } from "./kernel.ts";
import { approachSpeed, arrivalTime, brakeGap, followSpeed, speedAfter, stopSpeed } from "./krauss.ts";
import { Aspect } from "./road-network.ts";

/** Drivers stop this far before a red lamp, m; before a line they give way at, this. */
const RED_STOP_M = 1;
const LINE_STOP_M = 0.1;
/** From here on one sees all who have the right of way, m before the line. */
export const SEE_M = 4.5;
/** Overlaps below this are rounding, m. */
const OVERLAP_M = 1e-6;
/** Slack of who can stop and need not, s: a small value keeps impatience meaningful. */
const PATIENT_S = 30;

/**
 * First half of a step: every driver plans a speed from what is seen now, and announces when it will reach the links
 * before it. Nobody moves.
 */
export function planAll(kernel: Kernel): void {
  kernel.items.count = 0;
  for (let i = 0; i < kernel.announcedCount; i++) kernel.announced[kernel.announcedLinks[i]!] = -1;
  kernel.announcedCount = 0;
  const { net, vehicles, lanes, types, dt } = kernel;
  const { laneLength, laneSpeed, laneClimb, laneJunction } = net;
  const { accel, decel, emergency, maxSpeed, minGap, tau } = types;
  const { pos, speed, planned, length, factor, type, item } = vehicles;
  const { order, base, count } = lanes;
  for (let lane = 0; lane < count.length; lane++) {
    const end = base[lane]! + count[lane]!;
    const inBox = laneJunction[lane]! >= 0;
    let leadRear = Number.POSITIVE_INFINITY;
    let leadSpeed = 0;
    let leadDecel = 0;
    let ahead = 0;
    for (let at = base[lane]!; at < end; at++) {
      const id = order[at]!;
      const t = type[id]!;
      const p = pos[id]!;
      const v0 = speed[id]!;
      const b = decel[t]!;
      const fastest = Math.min(v0 + (accel[t]! - laneClimb[lane]!) * dt, maxSpeed[t]!);
      let v = Math.min(fastest, laneSpeed[lane]! * factor[id]!);
      const gap = leadRear - p - minGap[t]!;
      // Beyond this way no leader matters, whatever it does.
      if (gap < v * tau[t]! + (v * v) / (2 * b) + b) {
        if (leadRear < p - OVERLAP_M) kernel.overlaps++;
        v = Math.min(v, followSpeed(gap, v0, leadSpeed, leadDecel, b, emergency[t]!, tau[t]!, dt));
      }
      planned[id] = v;
      item[id] = -1;
      const look = fastest * dt + brakeGap(fastest, b, dt) + fastest * tau[t]!;
      if (laneLength[lane]! - p <= look || inBox) planAhead(kernel, id, lane, v, look, ahead);
      leadRear = p - length[id]!;
      leadSpeed = v0;
      leadDecel = b;
      ahead += length[id]! + minGap[t]!;
    }
  }
}

/** Goes from link to link along the route as far as the driver must look; leaves one plan item for each, and one at the end. */
function planAhead(kernel: Kernel, id: number, startLane: number, v: number, look: number, ahead: number): void {
  const { net, vehicles, lanes, types, routes, items, dt, aspect } = kernel;
  const t = vehicles.type[id]!;
  const v0 = vehicles.speed[id]!;
  const factor = vehicles.factor[id]!;
  const accel = types.accel[t]!;
  const decel = types.decel[t]!;
  const tau = types.tau[t]!;
  const gapAtRest = types.minGap[t]!;
  const maxSpeed = types.maxSpeed[t]!;
  const braking = brakeGap(v0, decel, dt);
  let lane = startLane;
  let node = vehicles.node[id]!;
  let seen = net.laneLength[lane]! - vehicles.pos[id]!;
  let sawEdge = net.laneEdge[lane]! >= 0;
  let requests = true;
  vehicles.item[id] = items.count;
  if (ahead === 0) v = Math.min(v, tailSpeed(kernel, id, lane, seen, v0, t));
  if (net.laneJunction[lane]! >= 0 && kernel.inBox[net.laneJunction[lane]!]! > 1)
    v = Math.min(v, boxSpeed(kernel, id, lane, -vehicles.pos[id]!));
  for (;;) {
    const inBox = net.laneJunction[lane]! >= 0;
    let link: number;
    if (inBox) link = net.linksFrom.items[net.linksFrom.start[lane]!]!;
    else {
      link =
        lane === startLane
          ? vehicles.onward[id]!
          : routes.link[routes.first[node]! + lane - net.edgeFirst[net.laneEdge[lane]!]!]!;
      if (link < 0) {
        if (routes.next[node]! < 0) break;
        v = Math.min(v, stopSpeed(seen - LINE_STOP_M, decel, dt, dt));
        break;
      }
    }
    const shows = aspect[link]!;
    const held = shows <= Aspect.amber;
    let offset = shows === Aspect.red || shows === Aspect.amber || shows === Aspect.major ? RED_STOP_M : LINE_STOP_M;
    if (seen >= braking) offset = Math.min(offset, seen - braking);
    offset = Math.max(LINE_STOP_M, offset);
    const wait = Math.min(v, stopSpeed(Math.max(0, seen - offset), decel, dt, dt));
    const at = items.push();
    items.link[at] = link;
    items.vehicle[at] = id;
    items.distance[at] = seen;
    items.waitSpeed[at] = wait;
    items.request[at] = 0;
    if (held && seen >= braking) {
      items.passSpeed[at] = wait;
      v = wait;
      break;
    }
    const next = net.linkNext[link]!;
    const nextLimit = Math.min(net.laneSpeed[next]! * factor, maxSpeed);
    const here = Math.min(net.laneSpeed[lane]! * factor, maxSpeed);
    if (net.laneJunction[next]! >= 0 && kernel.inBox[net.laneJunction[next]!]! > 0)
      v = Math.min(v, Math.max(boxSpeed(kernel, id, next, seen), net.linkEnters[link] ? wait : 0));
    items.passSpeed[at] = v;
    let arrival = Math.min(speedAfter(seen, v, accel), here);
    const minor = shows < Aspect.major;
    if (minor && !held && braking < seen && net.linkEnters[link]) {
      // Slow enough to stop when all is seen, then on.
      const atSight = stopSpeed(SEE_M, decel, dt, dt);
      if (seen > SEE_M) arrival = Math.min(arrival, speedAfter(SEE_M, atSight, accel));
    }
    if (requests && v > 1e-4) {
      announce(kernel, at, link, v, arrival, nextLimit, accel, decel, types.length[t]!);
      if (minor && !held && braking < seen) requests = false;
    }
    v = Math.min(v, Math.max(approachSpeed(seen, nextLimit, decel, dt), 0));
    const last = lanes.count[next]!;
    if (last > 0) {
      const leader = lanes.order[lanes.base[next]! + last - 1]!;
      const gap = seen + vehicles.pos[leader]! - vehicles.length[leader]! - gapAtRest;
      if (leader !== id)
        v = Math.min(
          v,
          followSpeed(
            gap,
            v0,
            vehicles.speed[leader]!,
            types.decel[vehicles.type[leader]!]!,
            decel,
            types.emergency[t]!,
            tau,
            dt,
          ),
        );
    } else v = Math.min(v, tailSpeed(kernel, id, next, seen + net.laneLength[next]!, v0, t));
    if (net.laneEdge[next]! >= 0) {
      node = routes.next[node]!;
      sawEdge = true;
    }
    lane = next;
    seen += net.laneLength[next]!;
    if (seen > look && sawEdge) break;
  }
  const end = items.push();
  items.link[end] = -1;
  items.vehicle[end] = id;
  items.passSpeed[end] = v;
  items.waitSpeed[end] = v;
  items.distance[end] = seen;
  items.request[end] = 0;
  keepClear(kernel, id, ahead);
}

/** Behind a vehicle whose rear is still on the lane that ends `seen` ahead. */
function tailSpeed(kernel: Kernel, id: number, lane: number, seen: number, v0: number, t: number): number {
  const tail = rearStillOn(kernel, lane);
  if (tail < 0 || tail === id) return Number.POSITIVE_INFINITY;
  const { vehicles, types, dt } = kernel;
  const gap = seen + vehicles.odometer[tail]! - kernel.tailOdometer[lane]! - vehicles.length[tail]! - types.minGap[t]!;
  return followSpeed(
    gap,
    v0,
    vehicles.speed[tail]!,
    types.decel[vehicles.type[tail]!]!,
    types.decel[t]!,
    types.emergency[t]!,
    types.tau[t]!,
    dt,
  );
}

/** Tells the others when it will be on the link, driving on or braking. */
function announce(
  kernel: Kernel,
  at: number,
  link: number,
  v: number,
  arrival: number,
  nextLimit: number,
  accel: number,
  decel: number,
  length: number,
): void {
  const { net, items, dt } = kernel;
  const distance = items.distance[at]!;
  items.request[at] = 1;
  const arrives = arrivalTime(distance, v, arrival, accel, decel);
  items.arrivesS[at] = arrives;
  items.arrivalSpeed[at] = arrival;
  const leave = Math.min(nextLimit, speedAfter(net.linkLength[link]!, arrival, accel));
  items.leaveSpeed[at] = leave;
  items.leavesS[at] = arrives + (net.linkLength[link]! + length) / Math.max(0.5 * (arrival + leave), 1e-3);
  const stops = distance >= brakeGap(v, decel, dt);
  const braking = stops ? 0 : Math.min(arrival, speedAfter(distance, v, -decel));
  items.brakingSpeed[at] = braking;
  items.brakingS[at] = stops ? arrives + PATIENT_S : arrivalTime(distance, v, braking, accel, decel);
  if (!net.linkIsFoe[link]) return;
  const head = kernel.announced[link]!;
  if (head < 0) kernel.announcedLinks[kernel.announcedCount++] = link;
  items.onLink[at] = head;
  kernel.announced[link] = at;
}
