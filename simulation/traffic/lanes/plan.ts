import { ALLOWED, asked, boxSpeed, LINE_STOP_M, rearStillOn, WAY } from "./box.ts";
import { keepClear } from "./keep-clear.ts";
import { Item, type Kernel, Request } from "./kernel.ts";
import { approachSpeed, brakeGap, followSpeed, STILL_MPS, stopSpeed, TINY_M } from "./krauss.ts";
import { Aspect } from "./road-network.ts";
import { Flag } from "./vehicles.ts";

/** Drivers stop this far before a red lamp, m. */
const RED_STOP_M = 1;
/** Overlaps below this are rounding, m. */
const OVERLAP_M = 1e-6;
/** Nobody looks over more links than this at once: what lies beyond is taken for closed. */
const MOST_LINKS = 60;
/** Slower than this nobody is counted on to pass a link, m/s. */
const CREEPING_MPS = 1e-4;

/**
 * First half of a step: every driver plans a speed from what is seen now, and announces when it will reach the links
 * before it. Nobody moves.
 */
export function planAll(kernel: Kernel): void {
  forgetAnnouncements(kernel);
  lineUp(kernel);
  followLeaders(kernel);
  holdAtRed(kernel);
  const { line, items } = kernel;
  for (let k = 0; k < line.looking; k++) {
    if (items.count + MOST_LINKS >= items.size) items.reserve(MOST_LINKS + 1);
    planAhead(kernel, line.looks[k]!, line.before[k]!);
  }
}

/** All vehicles in driving order, lane after lane. */
function lineUp({ line, lanes, vehicles }: Kernel): void {
  const { order, count, base } = lanes;
  line.reserve(vehicles.capacity);
  const { ids, looks: occupied } = line;
  const laneCount = count.length;
  let lanesUsed = 0;
  for (let lane = 0; lane < laneCount; lane++) if (count[lane]! > 0) occupied[lanesUsed++] = lane;
  let n = 0;
  for (let k = 0; k < lanesUsed; k++) {
    const lane = occupied[k]!;
    const begin = base[lane]!;
    const end = begin + count[lane]!;
    for (let at = begin; at < end; at++) ids[n++] = order[at]!;
  }
  line.count = n;
}

/**
 * Plans a speed from the leader on the same lane, and lists those who must look beyond it. One loop that calls nothing:
 * the compiler of the machine then checks each array once, and not for each vehicle.
 */
function followLeaders(kernel: Kernel): void {
  const { line, net, vehicles, types, dt } = kernel;
  const { laneLength, laneSpeed, laneClimb, laneJunction } = net;
  const { aspect } = kernel;
  const { pos, speed, planned, length, factor, type, item, onward, lane: laneOf } = vehicles;
  const { ids, looks, before } = line;
  const n = line.count;
  let looking = 0;
  let overlaps = 0;
  let lane = -1;
  let inBox = false;
  let end = 0.5;
  let limit = 0.5;
  let climb = 0.5;
  let t = -1;
  let a = 0.5;
  let b = 0.5;
  let emergency = 0.5;
  let headway = 0.5;
  let gapAtRest = 0.5;
  let top = 0.5;
  let leadRear = 0.5;
  let leadSpeed = 0.5;
  let leadDecel = 0.5;
  let ahead = 0.5;
  for (let k = 0; k < n; k++) {
    const id = ids[k]!;
    if (laneOf[id]! !== lane) {
      lane = laneOf[id]!;
      inBox = laneJunction[lane]! >= 0;
      end = laneLength[lane]!;
      limit = laneSpeed[lane]!;
      climb = laneClimb[lane]!;
      leadRear = Number.POSITIVE_INFINITY;
      leadSpeed = 0;
      leadDecel = 1;
      ahead = 0;
    }
    if (type[id]! !== t) {
      t = type[id]!;
      a = types.accel[t]!;
      b = types.decel[t]!;
      emergency = types.emergency[t]!;
      headway = types.tau[t]!;
      gapAtRest = types.minGap[t]!;
      top = types.maxSpeed[t]!;
    }
    const p = pos[id]!;
    const v0 = speed[id]!;
    const gap = leadRear - p - gapAtRest;
    item[id] = Item.none;
    if (v0 === 0 && leadSpeed === 0 && gap >= 0 && gap < TINY_M + STILL_MPS * headway) planned[id] = 0;
    else if (v0 === 0 && end - p < RED_STOP_M + TINY_M && !inBox && standsAtRed(aspect, onward[id]!)) planned[id] = 0;
    else {
      const fastest = +lower(v0 + (a - climb) * dt, top);
      let v = +lower(fastest, limit * factor[id]!);
      if (gap < 0 || matters(gap, v, leadSpeed, leadDecel > b ? leadDecel : b, b, headway, dt)) {
        if (leadRear < p - OVERLAP_M) overlaps++;
        v = +lower(v, +followSpeed(gap, v0, leadSpeed, leadDecel, b, emergency, headway, dt));
      }
      if (inBox || end - p <= +sight(fastest, b, headway, dt)) {
        looks[looking] = id;
        before[looking++] = ahead;
      }
      planned[id] = v;
    }
    leadRear = p - length[id]!;
    leadSpeed = v0;
    leadDecel = b;
    ahead += length[id]! + gapAtRest;
  }
  line.looking = looking;
  kernel.overlaps += overlaps;
}

/** Nothing changes for who stands before a red lamp. */
const standsAtRed = (aspect: Int32Array, link: number): boolean => link >= 0 && aspect[link]! <= Aspect.amber;

/**
 * Of those who look beyond their lane, whoever sees a red lamp at its end and can stop before it looks no further, and nobody
 * counts on it. The rest stays listed.
 */
function holdAtRed({ line, net, vehicles, types, aspect, tailId, dt }: Kernel): void {
  const { laneLength, laneJunction } = net;
  const { pos, speed, planned, type, item, flags, onward, lane: laneOf } = vehicles;
  const { looks, before } = line;
  const { decel } = types;
  const n = line.looking;
  let looking = 0;
  for (let k = 0; k < n; k++) {
    const id = looks[k]!;
    const ahead = before[k]!;
    const lane = laneOf[id]!;
    const v0 = speed[id]!;
    const b = decel[type[id]!]!;
    const way = laneLength[lane]! - pos[id]!;
    const spare = way - +brakeGap(v0, b, dt);
    if (
      laneJunction[lane]! >= 0 ||
      !standsAtRed(aspect, onward[id]!) ||
      spare < 0 ||
      (ahead === 0 && tailId[lane]! >= 0)
    ) {
      looks[looking] = id;
      before[looking++] = ahead;
      continue;
    }
    const offset = spare > RED_STOP_M ? RED_STOP_M : spare > LINE_STOP_M ? spare : LINE_STOP_M;
    let v = planned[id]!;
    if (!stopsWithin(way - offset, v, b, dt)) v = +lower(v, +stopSpeed(way > offset ? way - offset : 0, b, dt, dt));
    planned[id] = v;
    item[id] = Item.held;
    flags[id] = v < v0 / 2 ? flags[id]! | Flag.mustWait : flags[id]! & ~Flag.mustWait;
  }
  line.looking = looking;
}

/** How far one looks who drives this fast at the end of the step, m. */
const sight = (fastest: number, decel: number, headway: number, dt: number): number =>
  fastest * dt + +brakeGap(fastest, decel, dt) + fastest * headway;

const lower = (a: number, b: number): number => (a < b ? a : b);

/**
 * Could a leader at this gap ask for less than `v`? One brakes from v within v·headway + v²/2b + b·dt², and a leader
 * that brakes by `leadDecel` from w still drives w²/2b − w·dt/2 at least.
 */
function matters(
  gap: number,
  v: number,
  leadSpeed: number,
  leadDecel: number,
  decel: number,
  headway: number,
  dt: number,
): boolean {
  return gap + leadSpeed * ((0.5 * leadSpeed) / leadDecel - 0.5 * dt) < v * headway + (0.5 * v * v) / decel + decel;
}

function forgetAnnouncements(kernel: Kernel): void {
  const { table, announcedLinks, announcedCount } = kernel;
  for (let k = 0; k < announcedCount; k++) table.i[table.at.announced + announcedLinks[k]!] = -1;
  kernel.announcedCount = 0;
  kernel.items.count = 0;
}

/** Goes from link to link along the route as far as the driver must look; leaves one plan item for each, and one at the end. */
function planAhead(kernel: Kernel, id: number, ahead: number): void {
  const { table, vehicles, lanes, types, routes, items, dt, inBox } = kernel;
  const { f: road, i: roadIndex } = table;
  const { laneLength, laneSpeed, laneClimb, laneEdge, laneJunction, laneLink, count, base, tailId } = table.at;
  const { aspect, announced, linkNext, linkEnters, linkKeepClear, linkIsFoe } = table.at;
  const { f: own, i: index } = vehicles;
  const { pos, speed, planned, length } = vehicles.at;
  const { f: plan, i: planIndex } = items;
  const { passSpeed, waitSpeed, distance, announcedSpeed, link: itemLink, vehicle, onLink, request } = items.at;
  const { order } = lanes;
  const t = index[vehicles.at.type + id]!;
  const decel = types.f[types.at.decel + t]!;
  const tau = types.f[types.at.tau + t]!;
  const gapAtRest = types.f[types.at.minGap + t]!;
  const maxSpeed = types.f[types.at.maxSpeed + t]!;
  const emergency = types.f[types.at.emergency + t]!;
  const factor = own[vehicles.at.factor + id]!;
  const v0 = own[speed + id]!;
  const braking = +brakeGap(v0, decel, dt);
  const fastest = +lower(
    v0 + (types.f[types.at.accel + t]! - road[laneClimb + index[vehicles.at.lane + id]!]!) * dt,
    maxSpeed,
  );
  const look = +sight(fastest, decel, tau, dt);
  let v = own[planned + id]!;
  const startLane = index[vehicles.at.lane + id]!;
  let lane = startLane;
  let node = index[vehicles.at.node + id]!;
  let seen = road[laneLength + lane]! - own[pos + id]!;
  let edge = roadIndex[laneEdge + lane]!;
  let sawEdge = edge >= 0;
  let requests = true;
  let clears = false;
  const first = items.count;
  let at = first;
  index[vehicles.at.item + id] = first;
  if (ahead === 0 && roadIndex[tailId + lane]! >= 0) {
    asked[WAY] = seen;
    tailSpeed(kernel, id, lane);
    v = +lower(v, asked[ALLOWED]!);
  }
  const box = roadIndex[laneJunction + lane]!;
  if (box >= 0 && inBox[box]! > 1) {
    asked[WAY] = -own[pos + id]!;
    boxSpeed(kernel, id, lane);
    v = +lower(v, asked[ALLOWED]!);
  }
  for (;;) {
    let link: number;
    if (edge < 0) link = roadIndex[laneLink + lane]!;
    else if (lane === startLane) link = index[vehicles.at.onward + id]!;
    else {
      node = routes.next[node]!;
      link = routes.link[routes.first[node]! + lane - kernel.net.edgeFirst[edge]!]!;
    }
    if (link < 0 || at === first + MOST_LINKS) {
      if (link >= 0 || routes.next[node]! >= 0) v = +lower(v, +stopSpeed(seen - LINE_STOP_M, decel, dt, dt));
      break;
    }
    const shows = roadIndex[aspect + link]!;
    const held = shows <= Aspect.amber;
    let offset = held || shows === Aspect.major ? RED_STOP_M : LINE_STOP_M;
    if (seen >= braking && seen - braking < offset) offset = seen - braking;
    if (offset < LINE_STOP_M) offset = LINE_STOP_M;
    const wait = stopsWithin(seen - offset, v, decel, dt)
      ? v
      : +lower(v, +stopSpeed(seen > offset ? seen - offset : 0, decel, dt, dt));
    planIndex[itemLink + at] = link;
    planIndex[vehicle + at] = id;
    planIndex[request + at] = Request.none;
    plan[distance + at] = seen;
    plan[waitSpeed + at] = wait;
    if (held && seen >= braking) {
      plan[passSpeed + at] = wait;
      at++;
      v = wait;
      break;
    }
    const next = roadIndex[linkNext + link]!;
    const nextBox = roadIndex[laneJunction + next]!;
    const enters = roadIndex[linkEnters + link]! === 1;
    if (nextBox >= 0 && inBox[nextBox]! > 0) {
      asked[WAY] = seen;
      boxSpeed(kernel, id, next);
      const clear = asked[ALLOWED]!;
      if (clear < v) v = enters && clear < wait ? wait : clear;
    }
    plan[passSpeed + at] = v;
    if (requests && v > CREEPING_MPS) {
      const looks = shows < Aspect.major && !held && braking < seen;
      planIndex[request + at] = looks && enters ? Request.looksFirst : Request.passes;
      plan[announcedSpeed + at] = v;
      if (roadIndex[linkIsFoe + link]! === 1) {
        const head = roadIndex[announced + link]!;
        if (head < 0) kernel.announcedLinks[kernel.announcedCount++] = link;
        planIndex[onLink + at] = head;
        roadIndex[announced + link] = at;
      }
      if (looks) requests = false;
    }
    at++;
    if (roadIndex[linkKeepClear + link]! === 1) clears = true;
    const nextLimit = +lower(road[laneSpeed + next]! * factor, maxSpeed);
    if (v > nextLimit) v = +lower(v, +approachSpeed(seen, nextLimit, decel, dt));
    const nextLength = road[laneLength + next]!;
    const last = roadIndex[count + next]!;
    if (last > 0) {
      const leader = order[roadIndex[base + next]! + last - 1]!;
      if (leader !== id) {
        const gap = seen + own[pos + leader]! - own[length + leader]! - gapAtRest;
        const leadSpeed = own[speed + leader]!;
        const leadDecel = types.f[types.at.decel + index[vehicles.at.type + leader]!]!;
        if (gap < 0 || matters(gap, v, leadSpeed, leadDecel > decel ? leadDecel : decel, decel, tau, dt))
          v = +lower(v, +followSpeed(gap, v0, leadSpeed, leadDecel, decel, emergency, tau, dt));
      }
    } else if (roadIndex[tailId + next]! >= 0) {
      asked[WAY] = seen + nextLength;
      tailSpeed(kernel, id, next);
      v = +lower(v, asked[ALLOWED]!);
    }
    edge = roadIndex[laneEdge + next]!;
    if (edge >= 0) sawEdge = true;
    lane = next;
    seen += nextLength;
    if (seen > look && sawEdge) break;
  }
  planIndex[itemLink + at] = -1;
  planIndex[vehicle + at] = id;
  planIndex[request + at] = Request.none;
  plan[passSpeed + at] = v;
  plan[waitSpeed + at] = v;
  plan[distance + at] = seen;
  items.count = at + 1;
  if (clears) keepClear(kernel, id, ahead);
}

/** Can one who brakes comfortably from `v` after one step stop on this way, for certain? */
const stopsWithin = (way: number, v: number, decel: number, dt: number): boolean =>
  way > v * dt + (0.5 * v * v) / decel + decel;

/** Speed behind a vehicle whose rear is still on the lane; `asked[WAY]` is the way to the end of that lane. */
function tailSpeed(kernel: Kernel, id: number, lane: number): void {
  const tail = rearStillOn(kernel, lane);
  asked[ALLOWED] = Number.POSITIVE_INFINITY;
  if (tail < 0 || tail === id) return;
  const { vehicles, types, dt } = kernel;
  const { f, i, at } = vehicles;
  const t = i[at.type + id]!;
  const { f: kind, at: k } = types;
  const seen = asked[WAY]!;
  const gap = seen + f[at.odometer + tail]! - kernel.tailOdometer[lane]! - f[at.length + tail]! - kind[k.minGap + t]!;
  const v0 = f[at.speed + id]!;
  const leadSpeed = f[at.speed + tail]!;
  const leadDecel = kind[k.decel + i[at.type + tail]!]!;
  asked[ALLOWED] = +followSpeed(
    gap,
    v0,
    leadSpeed,
    leadDecel,
    kind[k.decel + t]!,
    kind[k.emergency + t]!,
    kind[k.tau + t]!,
    dt,
  );
}
