import { STANDING_MPS } from "./box.ts";
import { Item, type Kernel, nextRoll, Request, settle, uniform } from "./kernel.ts";
import { brakeGap, STILL_MPS, stopSpeed } from "./krauss.ts";
import { mayPass, SEE_M } from "./right-of-way.ts";
import { Aspect } from "./road-network.ts";
import { Flag } from "./vehicles.ts";

/** How fast the memory of one's speed fades, per second. */
const MEMORY = 0.9;

/** Second half of a step: every driver learns which links are open to it, chooses a speed, and drives. */
export function moveAll(kernel: Kernel): void {
  const { line } = kernel;
  for (let k = 0; k < line.looking; k++) settleSpeed(kernel, line.looks[k]!);
  drive(kernel);
  kernel.movedCount = 0;
  let last = -1;
  for (let k = 0; k < line.looking; k++) {
    const lane = kernel.vehicles.lane[line.looks[k]!]!;
    if (lane !== last) leaveLane(kernel, lane);
    last = lane;
  }
  for (let i = 0; i < kernel.movedCount; i++)
    kernel.lanes.insert(kernel.movedLanes[i]!, kernel.movedIds[i]!, kernel.vehicles.pos);
}

/** Everybody on one lane that has come over its end drives on. */
function leaveLane(kernel: Kernel, lane: number): void {
  const { order } = kernel.lanes;
  const { pos, type } = kernel.vehicles;
  const begin = kernel.lanes.base[lane]!;
  const n = kernel.lanes.count[lane]!;
  const end = kernel.net.laneLength[lane]!;
  let kept = begin;
  for (let at = begin; at < begin + n; at++) {
    const id = order[at]!;
    if (pos[id]! > end && driveOn(kernel, id, lane, type[id]!)) continue;
    order[kept++] = id;
  }
  kernel.lanes.count[lane] = kept - begin;
}

/**
 * Chooses speeds and moves everybody along their lanes. Between the hardest braking and the safe speed; drivers are
 * imperfect and stay a little below what they could do, yet always get away. One loop that calls nothing, as in `plan.ts`.
 */
function drive(kernel: Kernel): void {
  const { line, net, vehicles, types, dt, dice } = kernel;
  const { laneSpeed, laneLength, laneClimb } = net;
  const { pos, speed, planned, asked, odometer, memory, lossS, factor, waitingS, item, type, flags } = vehicles;
  const { ids, looks } = line;
  const laneOf = vehicles.lane;
  const n = line.count;
  const fading = MEMORY ** dt;
  let state = dice[0]!;
  let over = 0;
  let lane = -1;
  let limit = 0.5;
  let climb = 0.5;
  let end = 0.5;
  let t = -1;
  let a = 0.5;
  let b = 0.5;
  let emergency = 0.5;
  let sigma = 0.5;
  let top = 0.5;
  for (let k = 0; k < n; k++) {
    const id = ids[k]!;
    if (laneOf[id]! !== lane) {
      lane = laneOf[id]!;
      limit = laneSpeed[lane]!;
      climb = laneClimb[lane]!;
      end = laneLength[lane]!;
    }
    if (type[id]! !== t) {
      t = type[id]!;
      a = types.accel[t]!;
      b = types.decel[t]!;
      emergency = types.emergency[t]!;
      sigma = types.sigma[t]!;
      top = types.maxSpeed[t]!;
    }
    const v0 = speed[id]!;
    const safe = planned[id]!;
    const slow = asked[id]!;
    if (item[id]! === Item.none) flags[id] = flags[id]! & ~Flag.mustWait;
    asked[id] = Number.POSITIVE_INFINITY;
    if (v0 === 0 && safe === 0) {
      memory[id] = fading * memory[id]!;
      lossS[id] = lossS[id]! + dt;
      waitingS[id] = waitingS[id]! + dt;
      continue;
    }
    const wanted = +lower(limit * factor[id]!, top);
    let v = 0;
    if (v0 > 0 || safe > 0) {
      const least = +higher(0, +lower(v0 - b * dt, +higher(safe, v0 - emergency * dt)));
      const most = +higher(least, +lower(+lower(wanted, v0 + (a - climb) * dt), safe));
      if (most > 0) {
        state = +nextRoll(state);
        const slack = sigma * +lower(most, a - climb) * dt * +uniform(state);
        v = +higher(least, most - slack);
        if (slow < v) v = +higher(least, slow);
        if (v < STILL_MPS) v = 0;
      }
    }
    speed[id] = v;
    memory[id] = v > memory[id]! ? v : fading * memory[id]! + (1 - fading) * v;
    if (v < wanted) lossS[id] = lossS[id]! + (dt * (wanted - v)) / wanted;
    if (v > 0) {
      const p = pos[id]! + v * dt;
      pos[id] = p;
      odometer[id] = odometer[id]! + v * dt;
      if (p > end) looks[over++] = id;
    }
    waitingS[id] = v < STANDING_MPS ? waitingS[id]! + dt : 0;
  }
  line.looking = over;
  dice[0] = state;
}

const lower = (a: number, b: number): number => (a < b ? a : b);
const higher = (a: number, b: number): number => (a > b ? a : b);

/** Takes back from the planned speed what closed links ask for. */
function settleSpeed(kernel: Kernel, id: number): void {
  const { table, vehicles, items, types, dt } = kernel;
  const { i: road } = table;
  const { aspect, linkWaits } = table.at;
  const { f: plan, i: planIndex } = items;
  const { passSpeed, waitSpeed, distance, link: itemLink, request } = items.at;
  const t = vehicles.i[vehicles.at.type + id]!;
  const v0 = vehicles.f[vehicles.at.speed + id]!;
  const decel = types.f[types.at.decel + t]!;
  const reached = v0 + types.f[types.at.accel + t]! * dt;
  const braking = +brakeGap(v0, decel, dt);
  let atLeast = 0;
  let cover = 0;
  let safe = 0;
  let mustWait = false;
  for (let at = vehicles.i[vehicles.at.item + id]!; ; at++) {
    const link = planIndex[itemLink + at]!;
    if (link < 0) {
      safe = plan[passSpeed + at]!;
      break;
    }
    if (planIndex[request + at] === Request.none) {
      // Not counted on: it holds back, and the others go by that.
      safe = plan[waitSpeed + at]!;
      if (safe < v0 / 2) mustWait = true;
      break;
    }
    const way = plan[distance + at]!;
    const shows = road[aspect + link]!;
    if (shows !== Aspect.major) {
      const canStop = way > braking || v0 < decel * dt;
      if ((shows === Aspect.amber && canStop) || !mayPass(kernel, at, canStop)) {
        safe = plan[waitSpeed + at]!;
        mustWait = true;
        break;
      }
      if (road[linkWaits + link]! === 0) {
        // Whoever gives way looks first, from near the line; and does not dawdle over it once decided.
        if (way > SEE_M && (canStop || shows !== Aspect.amber)) {
          safe = plan[waitSpeed + at]!;
          mustWait = true;
          break;
        }
        cover = way;
        atLeast = +lower(+lower((way + 0.1) / dt, plan[passSpeed + at]!), reached);
      }
    }
    safe = plan[passSpeed + at]!;
    if (safe < decel * dt && safe <= plan[waitSpeed + at]! && safe < reached) mustWait = true;
  }
  // Not far enough to get over the line: then stop before it.
  if (safe < atLeast) {
    safe = +lower(safe, +higher(v0 - decel * dt, +stopSpeed(cover, decel, dt, dt)));
    mustWait = true;
  }
  const flags = vehicles.i[vehicles.at.flags + id]! & ~Flag.mustWait;
  vehicles.i[vehicles.at.flags + id] = mustWait ? flags | Flag.mustWait : flags;
  vehicles.f[vehicles.at.planned + id] = safe;
}

/** Over the end of its lane onto the next, or out. False: it has nowhere to go and stays. */
function driveOn(kernel: Kernel, id: number, from: number, t: number): boolean {
  const { net, vehicles, routes, types, items, aspect } = kernel;
  let lane = from;
  let at = vehicles.item[id]!;
  const taken = vehicles.length[id]! + types.minGap[t]!;
  kernel.load[lane] = kernel.load[lane]! - taken;
  while (vehicles.pos[id]! > net.laneLength[lane]!) {
    const link = at < 0 ? -1 : items.i[items.at.link + at++]!;
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
