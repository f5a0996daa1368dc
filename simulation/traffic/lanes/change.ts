import { type Kernel, settle } from "./kernel.ts";
import { brakeGap, followSpeed, secureGap, stopSpeed } from "./krauss.ts";
import { DECEL, followerOn, GAP, gapBehind, leaderOn, SPEED } from "./neighbours.ts";
import { changePlaces } from "./swap.ts";
import { Flag } from "./vehicles.ts";

/** Drivers think this far ahead about lanes they need, s, towards the kerb; to the other side twice as far. */
const LOOK_AHEAD_S = 10;
const OUTWARD_FACTOR = 2;
/** What must have been gained before one moves out, and back in. */
const OUTWARD_GAIN = 0.2;
const INWARD_GAIN = 2;
/** Gains are relative to at least this speed, m/s. */
const GAIN_SPEED_MPS = 10;
/** One keeps out of a lane this much slower, m/s. */
const CLEARLY_FASTER_MPS = 5 / 3.6;
/** A faster lane must stay usable this long, s. */
const USABLE_S = 20;
/** Room at the end of a lane that a driver who waits to change leaves, m. */
const END_M = 1;
/** Of the time left to change, one part in this is counted on. */
const URGENCY = 2;
/** Who falls behind another brakes at least this hard, m/s². */
const FALL_BEHIND_MPS2 = 7 / 3.6;

/** Drivers look for a better lane than they must have this often, s. */
const THINK_S = 2;

/** Third part of a step: drivers change lanes, those ahead first. */
export function changeAll(kernel: Kernel): void {
  const { net, table, dt } = kernel;
  const { edgeFirst, edgeLanes } = net;
  const edges = edgeFirst.length;
  const every = Math.max(1, Math.round(THINK_S / dt));
  fading.lost = 0.5 ** (every * dt);
  fading.even = 0.8 ** (every * dt);
  for (let edge = 0; edge < edges; edge++) {
    const width = edgeLanes[edge]!;
    if (width < 2) continue;
    const first = table.at.count + edgeFirst[edge]!;
    let any = 0;
    for (let l = 0; l < width; l++) any += table.i[first + l]!;
    if (any > 0) changeOnEdge(kernel, edgeFirst[edge]!, width, every);
  }
}

/** Next vehicle to be looked at on each lane of the edge. */
const turn = new Int32Array(64);
/** What is left of a gain that no longer holds, each time one thinks. */
const fading = { lost: 0.5, even: 0.5 };

function changeOnEdge(kernel: Kernel, first: number, width: number, every: number): void {
  const { lanes, vehicles, table, step } = kernel;
  const { f, i } = vehicles;
  const { pos, change, trip, flags } = vehicles.at;
  const { i: road } = table;
  const { count, base } = table.at;
  for (let l = 0; l < width; l++) turn[l] = 0;
  for (;;) {
    let l = -1;
    let front = -1;
    let id = -1;
    for (let m = 0; m < width; m++) {
      const place = turn[m]!;
      if (place >= road[count + first + m]!) continue;
      // Not kept beyond the loop: a lane that fills is laid out anew.
      const candidate = lanes.order[road[base + first + m]! + place]!;
      const p = f[pos + candidate]!;
      if (p <= front) continue;
      front = p;
      l = m;
      id = candidate;
    }
    if (l < 0) return;
    i[flags + id] = i[flags + id]! & ~(Flag.wantsIn | Flag.wantsOut);
    const thinks = (step + i[trip + id]!) % every === 0;
    const to = thinks || i[change + id] !== 0 ? decide(kernel, id, first, l, width, thinks ? every : 0) : -1;
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
  settle(kernel, id);
  vehicles.gain[id] = 0;
  vehicles.keep[id] = 0;
  vehicles.memory[id] = 0;
}

/** Who is before the driver on its lane, and on the lane beside; and that vehicle, when it is on the lane beside itself. */
const own = new Float64Array(3);
const there = new Float64Array(3);
const aheadBeside = { id: -1 };

/** The lane to change to, -1 to stay. `every`: steps from one thought of better lanes to the next, 0 when this is no time for it. */
function decide(kernel: Kernel, id: number, first: number, l: number, width: number, every: number): number {
  const offset = kernel.vehicles.change[id]!;
  if (offset !== 0) {
    const side = offset < 0 ? -1 : 1;
    if (mustSoon(kernel, id, first, l, side, offset)) return fitsOrAsks(kernel, id, first, l, side) ? l + side : -1;
  }
  if (every === 0) return -1;
  if (l > 0 && prefers(kernel, id, first, l, -1, every)) return l - 1;
  if (l + 1 < width && prefers(kernel, id, first, l, 1, every)) return l + 1;
  return -1;
}

/** Is the way that is left on this lane too short to wait with a change that the route needs? */
function mustSoon(kernel: Kernel, id: number, first: number, l: number, side: -1 | 1, offset: number): boolean {
  const { net, vehicles, types } = kernel;
  const t = vehicles.type[id]!;
  if ((net.laneClasses[first + l + side]! & types.classBit[t]!) === 0) return false;
  const jam = Math.max(kernel.load[first + l + offset]!, kernel.load[first + l]!);
  const left = vehicles.way[3 * id + 1]! - vehicles.pos[id]! - jam;
  return left < +lookAhead(kernel, id, t, side) * Math.abs(offset);
}

const lookAhead = ({ vehicles, types }: Kernel, id: number, t: number, side: -1 | 1): number =>
  vehicles.memory[id]! * LOOK_AHEAD_S * (side < 0 ? 1 : OUTWARD_FACTOR) + 2 * (vehicles.length[id]! + types.minGap[t]!);

/** Is there room on the lane beside? Where there is none, the others are asked for it. */
function fitsOrAsks(kernel: Kernel, id: number, first: number, l: number, side: -1 | 1): boolean {
  const { vehicles } = kernel;
  const beside = first + l + side;
  const places = turn[l + side]!;
  findBeside(kernel, id, beside, places);
  followerOn(kernel, id, beside, places);
  if (fits(kernel, id)) return true;
  const standing = vehicles.speed[id] === 0 && places > 0;
  if (standing && changePlaces(kernel, first + l, turn[l]!, beside, places - 1, side)) return false;
  askForRoom(kernel, id, side, vehicles.way[3 * id + 1]! - vehicles.pos[id]!, Math.abs(vehicles.change[id]!));
  return false;
}

function findBeside(kernel: Kernel, id: number, beside: number, places: number): void {
  const { lanes } = kernel;
  aheadBeside.id = places > 0 ? lanes.order[lanes.base[beside]! + places - 1]! : -1;
  leaderOn(kernel, id, beside, aheadBeside.id, there);
}

/** Would the driver rather be on the lane beside, and is there room? */
function prefers(kernel: Kernel, id: number, first: number, l: number, side: -1 | 1, every: number): boolean {
  const { net, table, vehicles, types, lanes } = kernel;
  const { f, i, at } = vehicles;
  const t = i[at.type + id]!;
  const lane = first + l;
  const beside = lane + side;
  if ((net.laneClasses[beside]! & types.classBit[t]!) === 0) return false;
  const p = f[at.pos + id]!;
  const offset = i[at.change + id]!;
  const way = vehicles.way[3 * id + 1]!;
  const besideWay = vehicles.way[3 * id + 1 + side]!;
  const towardsBest = offset * side > 0;
  if (besideWay < way) {
    // Not to where one could not come back from in time.
    const look =
      f[at.memory + id]! * LOOK_AHEAD_S * (side < 0 ? 1 : OUTWARD_FACTOR) +
      2 * (f[at.length + id]! + types.f[types.at.minGap + t]!);
    if (!towardsBest && besideWay - p < look * Math.max(1, Math.abs(offset - side))) return false;
    if (offset === 0) {
      const jam = table.f[table.at.load + lane]!;
      if (2 * (besideWay - p > jam ? besideWay - p - jam : 0) < look) return false;
    }
  }
  const place = turn[l]!;
  const leader = place > 0 ? lanes.order[table.i[table.at.base + lane]! + place - 1]! : -1;
  // Nothing is gained where one's own lane is free.
  if (side > 0 && f[at.gain + id]! <= 0 && isFree(kernel, id, lane, leader, beside)) return false;
  leaderOn(kernel, id, lane, leader, own);
  findBeside(kernel, id, beside, turn[l + side]!);
  const wish = weigh(kernel, id, lane, side, every);
  if (!wish && !(towardsBest && f[at.gain + id]! * side > 0)) return false;
  followerOn(kernel, id, beside, turn[l + side]!);
  return fits(kernel, id);
}

/** Can one drive as fast as one would on the lane beside at its best, for certain? */
function isFree(kernel: Kernel, id: number, lane: number, leader: number, beside: number): boolean {
  const { table, vehicles, types } = kernel;
  const { f: road, at: r } = table;
  const { f, i, at } = vehicles;
  if (road[r.laneSpeed + beside]! > road[r.laneSpeed + lane]!) return false;
  const t = i[at.type + id]!;
  const p = f[at.pos + id]!;
  const limit = road[r.laneSpeed + lane]! * f[at.factor + id]!;
  const far = +farAhead(limit, types.f[types.at.tau + t]!, types.f[types.at.decel + t]!);
  if (vehicles.way[3 * id + 1]! - p <= far) return false;
  let rear = road[r.laneLength + lane]!;
  if (leader >= 0) rear = f[at.pos + leader]! - f[at.length + leader]!;
  else if (table.i[r.tailId + lane]! >= 0) return false;
  return rear - p - types.f[types.at.minGap + t]! > far;
}

/** Beyond this way nobody makes one drive slower than `limit`, m. */
const farAhead = (limit: number, tau: number, decel: number): number =>
  limit * tau + (limit * limit) / (2 * decel) + decel;

/** Adds up what was gained, and would have been, on the lane beside; true when it is enough. */
function weigh(kernel: Kernel, id: number, lane: number, side: -1 | 1, every: number): boolean {
  const { table, vehicles, types, dt } = kernel;
  const { f: road, at: r } = table;
  const { f, i, at } = vehicles;
  const t = i[at.type + id]!;
  const fastest = types.f[types.at.maxSpeed + t]!;
  const factor = f[at.factor + id]!;
  const p = f[at.pos + id]!;
  const limit = +lower(road[r.laneSpeed + lane]! * factor, fastest);
  const besideLimit = +lower(road[r.laneSpeed + lane + side]! * factor, fastest);
  const besideWay = vehicles.way[3 * id + 1 + side]! - p;
  const here = +safeBehind(kernel, t, own, vehicles.way[3 * id + 1]! - p, limit);
  const beside = +safeBehind(kernel, t, there, besideWay, besideLimit);
  const thinksS = every * dt;
  const gained = (beside - here) / (beside > GAIN_SPEED_MPS ? beside : GAIN_SPEED_MPS);
  const v = f[at.speed + id]!;
  const usable = besideWay > USABLE_S * (v > 0.1 ? v : 0.1);
  let gain = f[at.gain + id]!;
  if (side < 0) {
    if (here - CLEARLY_FASTER_MPS > beside) {
      if (gain < 0) gain *= fading.lost;
    } else {
      gain -= thinksS * gained;
      keepIn(kernel, id, t, limit, besideWay, thinksS);
    }
    f[at.gain + id] = gain;
    return f[at.keep + id]! < -INWARD_GAIN || (gain < -INWARD_GAIN && usable);
  }
  if (here < beside) gain += thinksS * gained;
  else if (gain > 0) gain *= here > beside ? fading.lost : fading.even;
  f[at.gain + id] = gain;
  return gain > OUTWARD_GAIN && gained > 1e-3 && usable;
}

const lower = (a: number, b: number): number => (a < b ? a : b);

/** The rule to keep to the kerb: the longer one could drive there at full speed, the sooner one goes back. */
function keepIn(kernel: Kernel, id: number, t: number, limit: number, way: number, thinksS: number): void {
  const { vehicles, types, dt } = kernel;
  const acceptS = 7 * vehicles.factor[id]! * Math.max(1, vehicles.speed[id]!);
  let gap = Math.max(0, Math.min(way, there[GAP]!));
  let drivingS = Math.min(acceptS, gap / limit);
  if (there[GAP]! < Number.POSITIVE_INFINITY && there[SPEED]! < limit) {
    const secure = +secureGap(limit, there[SPEED]!, there[DECEL]!, types.decel[t]!, types.tau[t]!, dt);
    gap = Math.max(0, Math.min(gap, there[GAP]! - secure));
    drivingS = Math.min(drivingS, gap / (limit - there[SPEED]!));
  }
  vehicles.keep[id] = vehicles.keep[id]! - (thinksS * INWARD_GAIN * drivingS) / acceptS;
}

/** Speed that is safe behind this leader, or up to the end of the way. */
function safeBehind({ types, dt }: Kernel, t: number, leader: Float64Array, way: number, limit: number): number {
  const decel = types.f[types.at.decel + t]!;
  const tau = types.f[types.at.tau + t]!;
  const gap = leader[GAP]!;
  const far = +farAhead(limit, tau, decel);
  if (gap > far && way > far) return limit;
  const onward =
    gap === Number.POSITIVE_INFINITY ? way : gap + +brakeGap(leader[SPEED]!, Math.max(decel, leader[DECEL]!), dt);
  return +lower(limit, +stopSpeed(onward, decel, tau, dt));
}

/** Room on the lane beside, in front and behind, at the speeds of now. */
function fits(kernel: Kernel, id: number): boolean {
  const { vehicles, types, dt } = kernel;
  if (there[GAP]! < 0 || gapBehind.gap < 0) return false;
  const t = vehicles.type[id]!;
  const v = vehicles.speed[id]!;
  if (
    there[GAP]! < Number.POSITIVE_INFINITY &&
    there[GAP]! < +secureGap(v, there[SPEED]!, there[DECEL]!, types.decel[t]!, types.tau[t]!, dt)
  )
    return false;
  if (gapBehind.id < 0) return true;
  const f = vehicles.type[gapBehind.id]!;
  const needed = +secureGap(vehicles.speed[gapBehind.id]!, v, types.decel[t]!, types.decel[f]!, types.tau[f]!, dt);
  return gapBehind.gap >= needed;
}

/** It must change and cannot: it uses the way that is left, falls behind the one ahead, and is let in by the one behind. */
function askForRoom(kernel: Kernel, id: number, side: -1 | 1, left: number, changes: number): void {
  const { vehicles, types, dt } = kernel;
  const t = vehicles.type[id]!;
  const v = vehicles.speed[id]!;
  const decel = types.decel[t]!;
  vehicles.flags[id] = vehicles.flags[id]! | (side < 0 ? Flag.wantsIn : Flag.wantsOut);
  const ahead = aheadBeside.id;
  let end = left - END_M - types.minGap[t]!;
  if (ahead >= 0 && vehicles.flags[ahead]! & (side < 0 ? Flag.wantsOut : Flag.wantsIn)) {
    // Two who want each other's lane: the one behind leaves the one ahead the room to come over; if it is too near the
    // end for that, the one ahead leaves room for it.
    const needed = vehicles.length[ahead]! + types.minGap[vehicles.type[ahead]!]!;
    if (end - +brakeGap(v, decel, dt) >= needed) end -= needed;
    else {
      const other = types.decel[vehicles.type[ahead]!]!;
      const room =
        left - (vehicles.pos[ahead]! - vehicles.pos[id]!) - 2 * types.minGap[t]! - vehicles.length[id]! - END_M;
      if (room > 0) ask(kernel, ahead, +stopSpeed(room, other, dt, dt));
    }
  }
  if (end > 0) ask(kernel, id, +stopSpeed(end, decel, dt, dt));
  const remainingS = Math.max(dt, left / Math.max(vehicles.memory[id]!, 1) / changes / URGENCY);
  if (ahead >= 0 && !passes(kernel, id, ahead, left, remainingS)) {
    const beside = there[GAP]!;
    const besideSpeed = there[SPEED]!;
    const besideDecel = there[DECEL]!;
    const tau = types.tau[t]!;
    const behind = +followSpeed(Math.max(0, beside), v, besideSpeed, besideDecel, decel, types.emergency[t]!, tau, dt);
    const slower = Math.min(decel, Math.max(FALL_BEHIND_MPS2, (v - behind) / remainingS));
    ask(kernel, id, Math.max(v - slower * dt, behind));
  }
  const other = gapBehind.id;
  if (other < 0 || gapBehind.gap < 0) return;
  const f = vehicles.type[other]!;
  const w = vehicles.speed[other]!;
  const tau = types.tau[f]!;
  const letIn = +followSpeed(gapBehind.gap, w, v, decel, types.decel[f]!, types.emergency[f]!, tau, dt);
  ask(kernel, other, Math.max(w - types.decel[f]! * dt, letIn));
}

/** Has it the way and the speed to get past the one ahead on the lane beside, and change before it? */
function passes(kernel: Kernel, id: number, ahead: number, left: number, remainingS: number): boolean {
  const { vehicles, types } = kernel;
  const t = vehicles.type[id]!;
  const faster = vehicles.planned[id]! - vehicles.speed[ahead]!;
  const way = there[GAP]! + 2 * types.minGap[t]! + vehicles.length[ahead]! + vehicles.length[id]!;
  return faster > 0 && faster * remainingS > way && left > way + END_M;
}

function ask({ vehicles }: Kernel, id: number, speed: number): void {
  if (speed < vehicles.asked[id]!) vehicles.asked[id] = Math.max(0, speed);
}
