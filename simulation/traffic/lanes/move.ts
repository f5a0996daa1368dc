import { STANDING_MPS } from "./box.ts";
import { type Kernel, roll, settle } from "./kernel.ts";
import { brakeGap, stopSpeed } from "./krauss.ts";
import { SEE_M } from "./plan.ts";
import { mayPass } from "./right-of-way.ts";
import { Aspect } from "./road-network.ts";
import { Flag } from "./vehicles.ts";

/** Second half of a step: every driver learns which links are open to it, chooses a speed, and drives. */
export function moveAll(kernel: Kernel): void {
  kernel.movedCount = 0;
  const { net, vehicles, lanes, types, dt } = kernel;
  const { pos, speed, planned, asked, odometer, lossS, factor, waitingS, item, type, flags } = vehicles;
  const { order, base, count } = lanes;
  for (let lane = 0; lane < count.length; lane++) {
    const begin = base[lane]!;
    const end = begin + count[lane]!;
    const laneLength = net.laneLength[lane]!;
    let kept = begin;
    for (let at = begin; at < end; at++) {
      const id = order[at]!;
      const t = type[id]!;
      const v0 = speed[id]!;
      flags[id] = flags[id]! & ~Flag.mustWait;
      const safe = item[id]! < 0 ? planned[id]! : safeSpeed(kernel, id, t, v0);
      const wanted = Math.min(net.laneSpeed[lane]! * factor[id]!, types.maxSpeed[t]!);
      const v = chosenSpeed(kernel, t, v0, safe, wanted, types.accel[t]! - net.laneClimb[lane]!, asked[id]!);
      asked[id] = Number.POSITIVE_INFINITY;
      speed[id] = v;
      if (v < wanted) lossS[id] = lossS[id]! + (dt * (wanted - v)) / wanted;
      if (v === 0) waitingS[id] = waitingS[id]! + dt;
      else {
        waitingS[id] = v < STANDING_MPS ? waitingS[id]! + dt : 0;
        odometer[id] = odometer[id]! + v * dt;
        const p = pos[id]! + v * dt;
        pos[id] = p;
        if (p > laneLength && driveOn(kernel, id, lane, t)) continue;
      }
      order[kept++] = id;
    }
    count[lane] = kept - begin;
  }
  for (let i = 0; i < kernel.movedCount; i++) lanes.insert(kernel.movedLanes[i]!, kernel.movedIds[i]!, pos);
}

/** Between the hardest braking and the safe speed; drivers are imperfect and stay a little below what they could do, yet always get away. */
function chosenSpeed(
  kernel: Kernel,
  t: number,
  v0: number,
  safe: number,
  wanted: number,
  accel: number,
  asked: number,
): number {
  const { types, dt } = kernel;
  const comfortable = v0 - types.decel[t]! * dt;
  const least = Math.max(0, Math.min(comfortable, Math.max(safe, v0 - types.emergency[t]! * dt)));
  const most = Math.max(least, Math.min(wanted, v0 + accel * dt, safe));
  if (most === 0) return 0;
  const slack = types.sigma[t]! * (most < accel ? most : accel) * dt * roll(kernel);
  const v = Math.max(least, most - slack);
  return asked < v ? Math.max(least, asked) : v;
}

/** What the open links leave of the plan. */
function safeSpeed(kernel: Kernel, id: number, t: number, v0: number): number {
  const { net, vehicles, items, types, dt, aspect } = kernel;
  const decel = types.decel[t]!;
  const braking = brakeGap(v0, decel, dt);
  let atLeast = 0;
  let cover = 0;
  let safe = 0;
  for (let at = vehicles.item[id]!; ; at++) {
    const link = items.link[at]!;
    if (link < 0) {
      safe = items.passSpeed[at]!;
      break;
    }
    if (items.request[at] === 0) {
      // Not counted on: it holds back, and the others go by that.
      safe = items.waitSpeed[at]!;
      if (safe < v0 / 2) vehicles.flags[id] = vehicles.flags[id]! | Flag.mustWait;
      break;
    }
    const distance = items.distance[at]!;
    const shows = aspect[link]!;
    const canStop = distance > braking || v0 < decel * dt;
    const open = !(shows === Aspect.amber && canStop) && mayPass(kernel, at, canStop);
    if (!open) {
      safe = items.waitSpeed[at]!;
      vehicles.flags[id] = vehicles.flags[id]! | Flag.mustWait;
      break;
    }
    if (shows !== Aspect.major && !net.linkWaits[link]) {
      // Whoever gives way looks first, from near the line; and does not dawdle over it once decided.
      if (distance > SEE_M && (canStop || shows !== Aspect.amber)) {
        safe = items.waitSpeed[at]!;
        vehicles.flags[id] = vehicles.flags[id]! | Flag.mustWait;
        break;
      }
      cover = distance;
      atLeast = Math.min((distance + 0.1) / dt, items.passSpeed[at]!, v0 + types.accel[t]! * dt);
    }
    safe = items.passSpeed[at]!;
    if (safe < decel * dt && safe <= items.waitSpeed[at]! && safe < v0 + types.accel[t]! * dt)
      vehicles.flags[id] = vehicles.flags[id]! | Flag.mustWait;
  }
  // Not far enough to get over the line: then stop before it.
  if (safe < atLeast) {
    safe = Math.min(safe, Math.max(v0 - decel * dt, stopSpeed(cover, decel, dt, dt)));
    vehicles.flags[id] = vehicles.flags[id]! | Flag.mustWait;
  }
  return safe;
}

/** Over the end of its lane onto the next, or out. False: it has nowhere to go and stays. */
function driveOn(kernel: Kernel, id: number, from: number, t: number): boolean {
  const { net, vehicles, routes, types, items, aspect } = kernel;
  let lane = from;
  let at = vehicles.item[id]!;
  const taken = vehicles.length[id]! + types.minGap[t]!;
  kernel.load[lane] = kernel.load[lane]! - taken;
  while (vehicles.pos[id]! > net.laneLength[lane]!) {
    const link = at < 0 ? -1 : items.link[at++]!;
    const inBox = net.laneJunction[lane]! >= 0;
    if (link < 0) {
      if (!inBox && routes.next[vehicles.node[id]!]! < 0) {
        if (lane !== from) kernel.events.entered?.(id, net.laneEdge[lane]!);
        kernel.events.arrived(id);
        return true;
      }
      // Never by the rules; a lane closed under its wheels can do it.
      vehicles.pos[id] = net.laneLength[lane]!;
      vehicles.odometer[id] = vehicles.odometer[id]! - vehicles.speed[id]! * kernel.dt;
      vehicles.speed[id] = 0;
      kernel.emergencyStops++;
      break;
    }
    vehicles.pos[id] = vehicles.pos[id]! - net.laneLength[lane]!;
    kernel.tailId[lane] = id;
    kernel.tailTrip[lane] = vehicles.trip[id]!;
    kernel.tailOdometer[lane] = vehicles.odometer[id]! - vehicles.pos[id]!;
    const next = net.linkNext[link]!;
    if (aspect[link] === Aspect.red) kernel.redLightRunners++;
    const nextBox = net.laneJunction[next]!;
    // Who leaves the waiting place comes into the way of the others only now.
    if (!inBox && nextBox >= 0) {
      vehicles.enteredS[id] = kernel.nowS;
      kernel.inBox[nextBox] = kernel.inBox[nextBox]! + 1;
    } else if (inBox && nextBox >= 0) vehicles.enteredS[id] = kernel.nowS;
    else if (inBox) kernel.inBox[net.laneJunction[lane]!] = kernel.inBox[net.laneJunction[lane]!]! - 1;
    if (nextBox < 0) {
      vehicles.node[id] = routes.next[vehicles.node[id]!]!;
      kernel.events.entered?.(id, net.laneEdge[next]!);
    }
    lane = next;
  }
  kernel.load[lane] = kernel.load[lane]! + taken;
  vehicles.lane[id] = lane;
  if (lane === from) return false;
  settle(kernel, id);
  if (kernel.movedCount === kernel.movedIds.length) widenMoved(kernel);
  kernel.movedIds[kernel.movedCount] = id;
  kernel.movedLanes[kernel.movedCount++] = lane;
  return true;
}

function widenMoved(kernel: Kernel): void {
  const ids = new Int32Array(2 * kernel.movedIds.length);
  ids.set(kernel.movedIds);
  const lanes = new Int32Array(ids.length);
  lanes.set(kernel.movedLanes);
  kernel.movedIds = ids;
  kernel.movedLanes = lanes;
}
