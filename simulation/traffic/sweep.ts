import { stoppingSpeed } from "./buses.ts";
import { markObstacles } from "./disruptions.ts";
import { gapAccepted, HOLD_M, mayGo, Open } from "./junction-rules.ts";
import { claimRear, leadRear, leadSpeed } from "./leaders.ts";
import { countCrossings } from "./sensors.ts";
import { inOwnLane, LANE_ZONE_M, sidestep } from "./sidestep.ts";
import { hasSiren, SIREN_MPS } from "./sirens.ts";
import { entryStrip, found, insert, lastOnLink, restoreOrder, roll, STEP_S, type Traffic } from "./traffic.ts";
import { freeFlowS, TURN_DECELERATION_MPS2 } from "./trips.ts";
import { GRAVITY_PER_PERCENT, LEAST_ACCELERATION_MPS2, parameters, safeSpeed } from "./vehicle-classes.ts";

/** Where the front stops before the stop line, m. */
const STOP_BACK_M = 0.5;
/** A motorcycle passes standing vehicles at most this much faster, m/s (15 km/h). */
const FILTER_MPS = 15 / 3.6;
/** Within the lane zone a vehicle in a wrong lane slows down to this at the line, m/s. */
const WRONG_LANE_MPS = 2;
/** Passenger-car units for lane loads: a motorcycle takes a quarter of a lane's width. */
const LOAD: readonly number[] = [1, 2, 2.5, 0.25, 1];
/** Just behind a junction nobody moves sideways into the room that those still in the box were let in for, m. */
const STRAIGHT_ON_M = 20;
/** Sideways at most one strip of 0.85 m in this many steps of 0.5 s. */
const STEPS_PER_STRIP = 2;
/** Slower than this counts as a stop; faster ends it, m/s. */
const STOP_MPS = 0.5;
const MOVING_MPS = 3;

/** Moves every vehicle of a link by one step, front first, and hands over those that leave it. */
export function sweep(traffic: Traffic, l: number): void {
  const { vehicles, network } = traffic;
  const link = network.links[l]!;
  const order = traffic.order[l]!;
  const n = traffic.count[l]!;
  leadRear.fill(Number.POSITIVE_INFINITY, 0, link.strips);
  leadSpeed.fill(0, 0, link.strips);
  claimRear.fill(Number.POSITIVE_INFINITY, 0, link.strips);
  lookAtStraddlers(traffic, l);
  traffic.laneLoad[l]!.fill(0);
  const obstructed = traffic.disruptions.obstacles[l]!.length > 0;
  let kept = 0;
  const { pos, speed, stamp, strip, width } = vehicles;
  for (let k = 0; k < n; k++) {
    const id = order[k]!;
    let from = pos[id]!;
    if (stamp[id] !== traffic.step) {
      stamp[id] = traffic.step;
      if (obstructed) markObstacles(traffic, l, id, decelerationOf(vehicles, id), leadRear, leadSpeed);
      if (from >= STRAIGHT_ON_M && (traffic.step + id) % STEPS_PER_STRIP === 0) sidestep(traffic, l, id, k, n);
      const next = nextSpeed(traffic, l, id);
      speed[id] = next;
      const to = from + next * STEP_S;
      countStop(traffic, id, next);
      if (to > link.lengthM) {
        countCrossings(traffic, l, id, from, link.lengthM);
        mark(id, to, next, traffic);
        leave(traffic, l, id, to - link.lengthM);
        continue;
      }
      pos[id] = to;
      countCrossings(traffic, l, id, from, to);
      leaveBox(traffic, id, to);
      from = to;
    }
    order[kept++] = id;
    mark(id, from, speed[id]!, traffic);
    if (from >= 0) {
      const load = traffic.laneLoad[l]!;
      const lane = link.laneOf[strip[id]! + (width[id]! >> 1)]!;
      load[lane] = load[lane]! + LOAD[vehicles.vehicleClass[id]!]!;
    }
  }
  traffic.count[l] = kept;
  restoreOrder(traffic, l);
}

const decelerationOf = ({ vehicleClass }: Traffic["vehicles"], id: number): number =>
  parameters[vehicleClass[id]!]!.decelerationMps2;

/** This vehicle is now the leader on its strips. */
function mark(id: number, front: number, speedMps: number, { vehicles }: Traffic): void {
  const rear = front - vehicles.length[id]!;
  const first = vehicles.strip[id]!;
  const last = first + vehicles.width[id]!;
  for (let s = first; s < last; s++) {
    leadRear[s] = rear;
    leadSpeed[s] = speedMps;
  }
}

/** Vehicles already in the box whose rear has not left the link are leaders at its end. */
function lookAtStraddlers(traffic: Traffic, l: number): void {
  const list = traffic.straddlers[l]!;
  const { vehicles, network } = traffic;
  const { lengthM } = network.links[l]!;
  let kept = 0;
  for (let i = 0; i < list.length; i++) {
    const id = list[i]!;
    const move = network.moves[vehicles.boxMove[id]!];
    if (!move || move.from !== l || vehicles.link[id] !== move.to) continue;
    const rear = lengthM + move.boxM + vehicles.pos[id]! - vehicles.length[id]!;
    if (rear >= lengthM) continue;
    list[kept++] = id;
    const first = vehicles.oldStrip[id]!;
    const last = first + vehicles.oldWidth[id]!;
    for (let s = first; s < last; s++) {
      leadRear[s] = Math.min(leadRear[s]!, rear);
      leadSpeed[s] = vehicles.speed[id]!;
    }
  }
  list.length = kept;
}

function nextSpeed(traffic: Traffic, l: number, id: number): number {
  const { vehicles, network } = traffic;
  const link = network.links[l]!;
  const own = parameters[vehicles.vehicleClass[id]!]!;
  const { decelerationMps2: b, gapM } = own;
  const tau = own.headwayS * traffic.disruptions.headwayFactor[l]!;
  const p = vehicles.pos[id]!;
  const v = vehicles.speed[id]!;
  const first = vehicles.strip[id]!;
  const last = first + vehicles.width[id]!;
  const acceleration = Math.max(
    LEAST_ACCELERATION_MPS2,
    own.accelerationMps2 - GRAVITY_PER_PERCENT * link.gradePercent,
  );
  let limit = Math.min(link.speedMps * vehicles.speedFactor[id]!, traffic.disruptions.paceMps[l]!);
  if (p < 0) limit = Math.min(limit, network.moves[vehicles.boxMove[id]!]!.boxMps);
  let safe = Number.POSITIVE_INFINITY;
  let open = false;
  for (let s = first; s < last; s++) {
    const rear = leadRear[s]!;
    if (rear === Number.POSITIVE_INFINITY) {
      open = true;
      continue;
    }
    const gap = rear - p;
    // Who waits in the box stands on a path that has not yet met that of those who merge before it.
    if (gap < -OVERLAP_M && !vehicles.holds[id]) traffic.collisions++;
    // The leader has moved already: never past its rear, however fast it is.
    safe = Math.min(
      safe,
      safeSpeed(gap - gapM, Math.min(leadSpeed[s]!, v), b, tau),
      Math.max(0, gap - CLOSEST_M) / STEP_S,
    );
  }
  for (let s = first; s < last; s++) {
    const gap = claimRear[s]! - p;
    if (gap >= 0 && gap < Number.POSITIVE_INFINITY)
      safe = Math.min(safe, Math.max(safeSpeed(gap - CLOSEST_M, 0, b, tau), v - LET_IN_MPS2 * STEP_S));
  }
  if (vehicles.calls[id]) safe = Math.min(safe, stoppingSpeed(traffic, l, id, b, tau));
  if (vehicles.holds[id]) safe = Math.min(safe, waitInBox(traffic, id, p, b, tau));
  if (vehicles.width[id] === 1 && p > 0) limit = Math.min(limit, filterLimit(link.strips, first, p, v));
  const distance = link.lengthM - p;
  const m = vehicles.move[id]!;
  if (m >= 0 && distance < (v * v) / b + 3 * v + 10) {
    if (!mayGo(traffic, id, m, distance, v)) safe = Math.min(safe, safeSpeed(distance - STOP_BACK_M, 0, b, tau));
    else {
      const move = network.moves[m]!;
      const throughMps = hasSiren(traffic, id) && traffic.open[m] !== Open.go ? SIREN_MPS : move.boxMps;
      limit = Math.min(
        limit,
        Math.sqrt(Math.min(throughMps, move.boxMps, 1e3) ** 2 + 2 * TURN_DECELERATION_MPS2 * Math.max(0, distance)),
      );
      if (open && lastOnLink(traffic, move.to, entryStrip(traffic, id, move), last - first, -move.boxM)) {
        const gap = distance + move.boxM + found.rearM;
        safe = Math.min(
          safe,
          safeSpeed(gap - gapM, Math.min(found.speedMps, v), b, tau),
          Math.max(0, gap - CLOSEST_M) / STEP_S,
        );
      }
    }
    if (distance < LANE_ZONE_M && vehicles.width[id]! > 1 && !inOwnLane(traffic, l, id))
      limit = Math.min(limit, Math.max(WRONG_LANE_MPS, 0.25 * distance));
  }
  // Above its limit (a turn ahead, a wrong lane) a driver brakes comfortably; before an obstacle as hard as it takes.
  let next = Math.min(v + acceleration * STEP_S, Math.max(limit, v - b * STEP_S), safe);
  if (next < limit - 0.1 && next > 0)
    next = Math.max(0, next - own.imperfection * Math.min(acceleration * STEP_S, next) * roll(traffic));
  return Math.max(0, next);
}

/** Who lets another in brakes no harder than this, m/s². */
const LET_IN_MPS2 = 2.5;
/** Nobody comes nearer than this to the rear ahead, m. */
const CLOSEST_M = 0.3;
/** Overlaps below this are rounding, m. */
const OVERLAP_M = 0.05;

/** Speed towards the waiting place in the box; unbounded once the gap is there. */
function waitInBox(traffic: Traffic, id: number, p: number, b: number, tau: number): number {
  const { vehicles, network } = traffic;
  const m = vehicles.boxMove[id]!;
  const placeM = HOLD_M - network.moves[m]!.boxM;
  if (p > placeM + 0.5 || gapAccepted(traffic, id, m)) {
    vehicles.holds[id] = 0;
    traffic.holding[m] = traffic.holding[m]! - 1;
    return Number.POSITIVE_INFINITY;
  }
  return safeSpeed(placeM - p, 0, b, tau);
}

/** Between vehicles that stand or crawl a motorcycle goes only a little faster than they do. */
function filterLimit(strips: number, strip: number, p: number, v: number): number {
  let limit = Number.POSITIVE_INFINITY;
  if (strip > 0 && leadRear[strip - 1]! - p < v + 1) limit = leadSpeed[strip - 1]! + FILTER_MPS;
  if (strip + 1 < strips && leadRear[strip + 1]! - p < v + 1)
    limit = Math.min(limit, leadSpeed[strip + 1]! + FILTER_MPS);
  return limit;
}

function countStop({ vehicles }: Traffic, id: number, v: number): void {
  if (v < STOP_MPS) {
    if (!vehicles.standing[id]) {
      vehicles.standing[id] = 1;
      vehicles.stops[id] = vehicles.stops[id]! + 1;
    }
  } else if (v > MOVING_MPS) vehicles.standing[id] = 0;
}

/** Past this place a vehicle no longer stands in the way of crossing paths, m before the end of the box. */
const BOX_CLEAR_M = -2;

function leaveBox(traffic: Traffic, id: number, to: number): void {
  const { vehicles } = traffic;
  if (vehicles.inBox[id] && to >= BOX_CLEAR_M) {
    vehicles.inBox[id] = 0;
    const m = vehicles.boxMove[id]!;
    traffic.inBox[m] = traffic.inBox[m]! - 1;
  }
}

/** Over the stop line into the box before the next link, or out of the network. */
function leave(traffic: Traffic, l: number, id: number, beyondM: number): void {
  const { vehicles, network } = traffic;
  const m = vehicles.move[id]!;
  vehicles.freeS[id] = vehicles.freeS[id]! + freeFlowS(traffic, l, id);
  if (m < 0) {
    traffic.arrived(id);
    return;
  }
  const move = network.moves[m]!;
  const code = traffic.open[m]!;
  const siren = hasSiren(traffic, id);
  if (code === Open.no && !siren) traffic.redLightRunners++;
  if (code === Open.giveWay) traffic.lastFlashEntryS[move.junction] = traffic.nowS;
  vehicles.oldStrip[id] = vehicles.strip[id]!;
  vehicles.oldWidth[id] = vehicles.width[id]!;
  traffic.straddlers[l]!.push(id);
  enter(traffic, id, m, beyondM);
  vehicles.inBox[id] = 1;
  traffic.inBox[m] = traffic.inBox[m]! + 1;
  if (move.yieldsTo.length > 0 && !siren && !gapAccepted(traffic, id, m)) {
    vehicles.holds[id] = 1;
    traffic.holding[m] = traffic.holding[m]! + 1;
  }
  leaveBox(traffic, id, vehicles.pos[id]!);
}

function enter(traffic: Traffic, id: number, m: number, beyondM: number): void {
  const { vehicles, network, routes } = traffic;
  const move = network.moves[m]!;
  const strip = entryStrip(traffic, id, move);
  const leg = vehicles.leg[id]! + 1;
  vehicles.leg[id] = leg;
  vehicles.link[id] = move.to;
  vehicles.boxMove[id] = m;
  vehicles.move[id] = routes[vehicles.route[id]!]!.moves[leg] ?? -1;
  vehicles.pos[id] = beyondM - move.boxM;
  vehicles.strip[id] = strip;
  vehicles.lane[id] = network.links[move.to]!.laneOf[strip + (vehicles.width[id]! >> 1)]!;
  insert(traffic, move.to, id);
}
