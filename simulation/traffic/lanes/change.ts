import type { Kernel } from "./kernel.ts";
import { brakeGap, followSpeed, secureGap, stopSpeed } from "./krauss.ts";
import { gapAhead, gapBehind, neighbours } from "./neighbours.ts";
import { changePlaces } from "./swap.ts";
import { Flag } from "./vehicles.ts";

/** Drivers think this far ahead about lanes they need, s, towards the kerb; to the other side twice as far. */
const LOOK_AHEAD_S = 10;
const OUTWARD_FACTOR = 2;
/** How fast the memory of one's speed fades, per second. */
const MEMORY = 0.9;
/** What must have been gained before one moves out, and back in. */
const OUTWARD_GAIN = 0.2;
const INWARD_GAIN = 2;
/** Gains are relative to at least this speed, m/s. */
const GAIN_SPEED_MPS = 10;
/** A faster lane must stay usable this long, s. */
const USABLE_S = 20;
/** Room at the end of a lane that a driver who waits to change leaves, m. */
const END_M = 1;
/** Of the time left to change, one part in this is counted on. */
const URGENCY = 2;
/** Who falls behind another brakes at least this hard, m/s². */
const FALL_BEHIND_MPS2 = 7 / 3.6;

/** Third part of a step: drivers change lanes, those ahead first. */
export function changeAll(kernel: Kernel): void {
  const { net, lanes, dt } = kernel;
  const every = Math.max(1, Math.round(THINK_S / dt));
  fading.memory = MEMORY ** dt;
  fading.lost = 0.5 ** (every * dt);
  fading.even = 0.8 ** (every * dt);
  for (let edge = 0; edge < net.edgeFirst.length; edge++) {
    const width = net.edgeLanes[edge]!;
    if (width < 2) continue;
    const first = net.edgeFirst[edge]!;
    let any = 0;
    for (let l = 0; l < width; l++) any += lanes.count[first + l]!;
    if (any > 0) changeOnEdge(kernel, first, width, every);
  }
}

/** Next vehicle to be looked at on each lane of the edge. */
const turn = new Int32Array(64);
/** Of this step: what is left of a memory, and of a gain that no longer holds. */
const fading = { memory: 0, lost: 0, even: 0 };
/** Drivers look for a better lane than they must have this often, s. */
const THINK_S = 2;

function changeOnEdge(kernel: Kernel, first: number, width: number, every: number): void {
  const { lanes, vehicles } = kernel;
  const { pos } = vehicles;
  for (let l = 0; l < width; l++) turn[l] = 0;
  for (;;) {
    let l = -1;
    let front = -1;
    for (let m = 0; m < width; m++) {
      const lane = first + m;
      if (turn[m]! >= lanes.count[lane]!) continue;
      const p = pos[lanes.order[lanes.base[lane]! + turn[m]!]!]!;
      if (p > front) {
        front = p;
        l = m;
      }
    }
    if (l < 0) return;
    const id = lanes.order[lanes.base[first + l]! + turn[l]!]!;
    const to = decide(kernel, id, first, l, width, every);
    if (to < 0) {
      turn[l] = turn[l]! + 1;
      continue;
    }
    moveOver(kernel, id, first + l, first + to, turn[l]!);
    turn[to] = turn[to]! + 1;
  }
}

function moveOver(kernel: Kernel, id: number, from: number, to: number, place: number): void {
  const { vehicles, lanes, types } = kernel;
  const taken = vehicles.length[id]! + types.minGap[vehicles.type[id]!]!;
  lanes.remove(from, place);
  lanes.insert(to, id, vehicles.pos);
  kernel.load[from] = kernel.load[from]! - taken;
  kernel.load[to] = kernel.load[to]! + taken;
  vehicles.lane[id] = to;
  vehicles.gain[id] = 0;
  vehicles.keep[id] = 0;
  vehicles.memory[id] = 0;
}

/** The lane to change to, -1 to stay. */
function decide(kernel: Kernel, id: number, first: number, l: number, width: number, every: number): number {
  const { vehicles } = kernel;
  const v = vehicles.speed[id]!;
  const faded = fading.memory;
  vehicles.flags[id] = vehicles.flags[id]! & ~(Flag.wantsIn | Flag.wantsOut);
  vehicles.memory[id] = v > vehicles.memory[id]! ? v : faded * vehicles.memory[id]! + (1 - faded) * v;
  const thinksS = (kernel.step + vehicles.trip[id]!) % every === 0 ? every * kernel.dt : 0;
  if (l > 0 && wants(kernel, id, first, l, -1, thinksS)) return l - 1;
  if (l + 1 < width && wants(kernel, id, first, l, 1, thinksS)) return l + 1;
  return -1;
}

/** Does the driver want to go to the lane beside, and is there room? Where it must and there is none, the others are asked for it. */
function wants(kernel: Kernel, id: number, first: number, l: number, side: -1 | 1, thinksS: number): boolean {
  const { net, vehicles, types, routes } = kernel;
  const t = vehicles.type[id]!;
  const lane = first + l;
  const beside = lane + side;
  if ((net.laneClasses[beside]! & types.classBit[t]!) === 0) return false;
  const p = vehicles.pos[id]!;
  const v = vehicles.speed[id]!;
  const weights = routes.first[vehicles.node[id]!]!;
  const offset = routes.change[weights + l]!;
  const way = routes.wayM[weights + l]!;
  const besideWay = routes.wayM[weights + l + side]!;
  const towardsBest = offset * side > 0;
  const room = vehicles.length[id]! + types.minGap[t]!;
  const look = vehicles.memory[id]! * LOOK_AHEAD_S * (side < 0 ? 1 : OUTWARD_FACTOR) + 2 * room;
  const jam = Math.max(kernel.load[lane + offset]!, kernel.load[lane]!);
  const left = way - p - jam;
  if (towardsBest && left < look * Math.abs(offset)) {
    neighbours(kernel, id, lane, beside, turn[l]!, turn[l + side]!);
    if (fits(kernel, id)) return true;
    const arranged =
      v === 0 && turn[l + side]! > 0 && changePlaces(kernel, lane, turn[l]!, beside, turn[l + side]! - 1, side);
    if (!arranged) askForRoom(kernel, id, side, way - p, Math.abs(offset));
    return false;
  }
  if (thinksS === 0) return false;
  const besideLeft = Math.max(0, besideWay - p - jam);
  if (!towardsBest && besideWay - p < look * Math.max(1, Math.abs(offset - side)) && besideWay < way) return false;
  if (offset === 0 && 2 * besideLeft < look && besideWay < way) return false;

  neighbours(kernel, id, lane, beside, turn[l]!, turn[l + side]!);
  const limit = Math.min(net.laneSpeed[lane]! * vehicles.factor[id]!, types.maxSpeed[t]!);
  const besideLimit = Math.min(net.laneSpeed[beside]! * vehicles.factor[id]!, types.maxSpeed[t]!);
  const here = safeBehind(kernel, t, gapAhead.own, gapAhead.ownSpeed, gapAhead.ownDecel, way - p, limit);
  const there = safeBehind(
    kernel,
    t,
    gapAhead.beside,
    gapAhead.besideSpeed,
    gapAhead.besideDecel,
    besideWay - p,
    besideLimit,
  );
  const gained = (there - here) / Math.max(there, GAIN_SPEED_MPS);
  const usable = besideWay - p > USABLE_S * Math.max(0.1, v);
  let wish = false;
  if (side < 0) {
    if (here - 5 / 3.6 > there) {
      if (vehicles.gain[id]! < 0) vehicles.gain[id] = vehicles.gain[id]! * fading.lost;
    } else {
      vehicles.gain[id] = vehicles.gain[id]! - thinksS * gained;
      keepIn(kernel, id, t, v, limit, besideWay - p, thinksS);
    }
    wish = vehicles.keep[id]! < -INWARD_GAIN || (vehicles.gain[id]! < -INWARD_GAIN && usable);
  } else {
    if (here > there) {
      if (vehicles.gain[id]! > 0) vehicles.gain[id] = vehicles.gain[id]! * fading.lost;
    } else if (here === there) {
      if (vehicles.gain[id]! > 0) vehicles.gain[id] = vehicles.gain[id]! * fading.even;
    } else vehicles.gain[id] = vehicles.gain[id]! + thinksS * gained;
    wish = vehicles.gain[id]! > OUTWARD_GAIN && gained > 1e-3 && usable;
  }
  if (towardsBest && vehicles.gain[id]! * side > 0) wish = true;
  return wish && fits(kernel, id);
}

/** The rule to keep to the kerb: the longer one could drive there at full speed, the sooner one goes back. */
function keepIn(kernel: Kernel, id: number, t: number, v: number, limit: number, way: number, thinksS: number): void {
  const { vehicles, types, dt } = kernel;
  const acceptS = 7 * vehicles.factor[id]! * Math.max(1, v);
  let gap = Math.max(0, Math.min(way, gapAhead.beside));
  let drivingS = Math.min(acceptS, gap / limit);
  if (gapAhead.beside < Number.POSITIVE_INFINITY && gapAhead.besideSpeed < limit) {
    const secure = secureGap(limit, gapAhead.besideSpeed, gapAhead.besideDecel, types.decel[t]!, types.tau[t]!, dt);
    gap = Math.max(0, Math.min(gap, gapAhead.beside - secure));
    drivingS = Math.min(drivingS, gap / (limit - gapAhead.besideSpeed));
  }
  vehicles.keep[id] = vehicles.keep[id]! - (thinksS * INWARD_GAIN * drivingS) / acceptS;
}

function safeBehind(
  kernel: Kernel,
  t: number,
  gap: number,
  leadSpeed: number,
  leadDecel: number,
  way: number,
  limit: number,
): number {
  const { types, dt } = kernel;
  const decel = types.decel[t]!;
  const tau = types.tau[t]!;
  const far = limit * tau + (limit * limit) / (2 * decel) + decel;
  if (gap > far && way > far) return limit;
  const stop =
    gap === Number.POSITIVE_INFINITY
      ? stopSpeed(way, decel, tau, dt)
      : stopSpeed(gap + brakeGap(leadSpeed, Math.max(decel, leadDecel), dt), decel, tau, dt);
  return Math.min(limit, Math.max(0, stop));
}

/** Room on the lane beside, in front and behind, at the speeds of now. */
function fits(kernel: Kernel, id: number): boolean {
  const { vehicles, types, dt } = kernel;
  if (gapAhead.beside < 0 || gapBehind.gap < 0) return false;
  const t = vehicles.type[id]!;
  const v = vehicles.speed[id]!;
  if (
    gapAhead.beside < Number.POSITIVE_INFINITY &&
    gapAhead.beside < secureGap(v, gapAhead.besideSpeed, gapAhead.besideDecel, types.decel[t]!, types.tau[t]!, dt)
  )
    return false;
  if (gapBehind.id < 0) return true;
  const f = vehicles.type[gapBehind.id]!;
  const needed = secureGap(vehicles.speed[gapBehind.id]!, v, types.decel[t]!, types.decel[f]!, types.tau[f]!, dt);
  return gapBehind.gap >= needed;
}

/** It must change and cannot: it uses the way that is left, falls behind the one ahead, and is let in by the one behind. */
function askForRoom(kernel: Kernel, id: number, side: -1 | 1, left: number, changes: number): void {
  const { vehicles, types, dt } = kernel;
  const t = vehicles.type[id]!;
  const v = vehicles.speed[id]!;
  const decel = types.decel[t]!;
  vehicles.flags[id] = vehicles.flags[id]! | (side < 0 ? Flag.wantsIn : Flag.wantsOut);
  const ahead = gapAhead.besideId;
  let end = left - END_M - types.minGap[t]!;
  if (ahead >= 0 && vehicles.flags[ahead]! & (side < 0 ? Flag.wantsOut : Flag.wantsIn)) {
    // Two who want each other's lane: the one behind leaves the one ahead the room to come over; if it is too near the
    // end for that, the one ahead leaves room for it.
    const needed = vehicles.length[ahead]! + types.minGap[vehicles.type[ahead]!]!;
    if (end - brakeGap(v, decel, dt) >= needed) end -= needed;
    else {
      const other = types.decel[vehicles.type[ahead]!]!;
      const room =
        left - (vehicles.pos[ahead]! - vehicles.pos[id]!) - 2 * types.minGap[t]! - vehicles.length[id]! - END_M;
      if (room > 0) ask(kernel, ahead, stopSpeed(room, other, dt, dt));
    }
  }
  if (end > 0) ask(kernel, id, stopSpeed(end, decel, dt, dt));
  const remainingS = Math.max(dt, left / Math.max(vehicles.memory[id]!, 1) / changes / URGENCY);
  if (ahead >= 0 && !passes(kernel, id, ahead, left, remainingS)) {
    const { beside, besideSpeed, besideDecel } = gapAhead;
    const tau = types.tau[t]!;
    const behind = followSpeed(Math.max(0, beside), v, besideSpeed, besideDecel, decel, types.emergency[t]!, tau, dt);
    const slower = Math.min(decel, Math.max(FALL_BEHIND_MPS2, (v - behind) / remainingS));
    ask(kernel, id, Math.max(v - slower * dt, behind));
  }
  const other = gapBehind.id;
  if (other < 0 || gapBehind.gap < 0) return;
  const f = vehicles.type[other]!;
  const w = vehicles.speed[other]!;
  const tau = types.tau[f]!;
  const letIn = followSpeed(gapBehind.gap, w, v, decel, types.decel[f]!, types.emergency[f]!, tau, dt);
  ask(kernel, other, Math.max(w - types.decel[f]! * dt, letIn));
}

/** Has it the way and the speed to get past the one ahead on the lane beside, and change before it? */
function passes(kernel: Kernel, id: number, ahead: number, left: number, remainingS: number): boolean {
  const { vehicles, types } = kernel;
  const t = vehicles.type[id]!;
  const faster = vehicles.planned[id]! - vehicles.speed[ahead]!;
  const way = gapAhead.beside + 2 * types.minGap[t]! + vehicles.length[ahead]! + vehicles.length[id]!;
  return faster > 0 && faster * remainingS > way && left > way + END_M;
}

function ask({ vehicles }: Kernel, id: number, speed: number): void {
  if (speed < vehicles.asked[id]!) vehicles.asked[id] = Math.max(0, speed);
}
