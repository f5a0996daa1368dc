import { KERB_FROM_M, toNextStop } from "./buses.ts";
import { lanesToAvoid, obstacleBeside } from "./disruptions.ts";
import { claimRear, leadRear, leadSpeed } from "./leaders.ts";
import type { RoadLink } from "./network.ts";
import { hasSiren } from "./sirens.ts";
import { stripInLane, type Traffic } from "./traffic.ts";
import { Class, parameters, safeSpeed } from "./vehicle-classes.ts";

/** From here on a vehicle must be in a lane of its movement, m before the stop line. */
export const LANE_ZONE_M = 60;
/** A motorcycle changes strip for at least this much more speed, m/s. */
const STRIP_GAIN_MPS = 0.5;
/** A lane is left for another of the same movement when that holds this much less, pcu, and not more often than this, steps. */
const LANE_GAIN_PCU = 3;
const LANE_REVIEW_STEPS = 16;
/** Room kept behind and before when moving sideways, m. */
const SIDE_ROOM_M = 0.3;

/** Is it in a lane of its movement? */
export const inOwnLane = ({ vehicles, network, disruptions }: Traffic, l: number, id: number): boolean => {
  const m = vehicles.move[id]!;
  if (vehicles.vehicleClass[id] === Class.emergency) return true;
  const lane = network.links[l]!.laneOf[vehicles.strip[id]! + (vehicles.width[id]! >> 1)]!;
  return m < 0 || (disruptions.lanesOf[m]! & (1 << lane)) !== 0;
};

/** One strip to the side: cars towards their lane, motorcycles to where they get on better. */
export function sidestep(traffic: Traffic, l: number, id: number, k: number, n: number): void {
  const { vehicles, network } = traffic;
  const link = network.links[l]!;
  const strip = vehicles.strip[id]!;
  const width = vehicles.width[id]!;
  let wish = strip;
  if (width === 1) wish = motorcycleWish(traffic, l, id);
  else {
    reviewLane(traffic, l, id);
    const lane = vehicles.lane[id]!;
    const target = hasSiren(traffic, id) ? betweenLanes(link, width) : stripInLane(link, lane, width);
    if (target !== strip) wish = strip + Math.sign(target - strip);
  }
  if (wish === strip || wish < 0 || wish + width > link.strips) return;
  const further = wish > strip ? wish + width - 1 : wish;
  if (sideFree(traffic, l, id, k, n, further)) vehicles.strip[id] = wish;
  else if (width > 1 && mustChange(traffic, l, id)) {
    claimRear[further] = Math.min(claimRear[further]!, vehicles.pos[id]! - vehicles.length[id]!);
  }
}

/** From here on those behind let in who must change lanes, m before the stop line. */
const CLAIM_ZONE_M = 120;

function mustChange(traffic: Traffic, l: number, id: number): boolean {
  const { vehicles, network } = traffic;
  const { lengthM, laneOf } = network.links[l]!;
  const p = vehicles.pos[id]!;
  if (!inOwnLane(traffic, l, id) && lengthM - p < CLAIM_ZONE_M) return true;
  return (lanesToAvoid(traffic, l, p) & (1 << laneOf[vehicles.strip[id]! + (vehicles.width[id]! >> 1)]!)) !== 0;
}

function motorcycleWish(traffic: Traffic, l: number, id: number): number {
  const { vehicles, network } = traffic;
  const link = network.links[l]!;
  const strip = vehicles.strip[id]!;
  const p = vehicles.pos[id]!;
  const m = vehicles.move[id]!;
  const lanes = m < 0 ? -1 : traffic.disruptions.lanesOf[m]!;
  const near = link.lengthM - p < LANE_ZONE_M;
  const open = ~traffic.disruptions.closedLanes[l]! & (near ? lanes : -1);
  if (near && !isOpen(link, open, strip)) return strip + directionToLane(link.laneOf, lanes, strip);
  const here = pace(strip, p);
  const wanted = Math.min(vehicles.speed[id]! + 2, link.speedMps);
  if (here >= wanted) return strip;
  const kerb = isOpen(link, open, strip - 1) ? pace(strip - 1, p) : -1;
  const median = isOpen(link, open, strip + 1) ? pace(strip + 1, p) : -1;
  const best = Math.max(kerb, median);
  if (best < here + STRIP_GAIN_MPS) return strip;
  return median > kerb ? strip + 1 : strip - 1;
}

/** Is this strip on the link, and in one of these lanes? */
const isOpen = (link: RoadLink, lanes: number, strip: number): boolean =>
  strip >= 0 && strip < link.strips && (lanes & (1 << link.laneOf[strip]!)) !== 0;

/** Speed that is safe for a motorcycle at `p` behind whoever is ahead on a strip. */
function pace(strip: number, p: number): number {
  const { decelerationMps2: b, headwayS: tau, gapM } = parameters[Class.motorcycle]!;
  const rear = leadRear[strip]!;
  return rear === Number.POSITIVE_INFINITY ? 1e3 : safeSpeed(rear - p - gapM, leadSpeed[strip]!, b, tau);
}

/** +1 or -1 towards the nearest strip of these lanes. */
function directionToLane(laneOf: Uint8Array, lanes: number, strip: number): number {
  for (let away = 1; away < laneOf.length; away++) {
    if (strip + away < laneOf.length && lanes & (1 << laneOf[strip + away]!)) return 1;
    if (strip - away >= 0 && lanes & (1 << laneOf[strip - away]!)) return -1;
  }
  return 0;
}

/** Where a vehicle with siren drives: between the lane at the kerb and the next, where there are two. */
const betweenLanes = (link: RoadLink, width: number): number =>
  link.laneFirst.length > 1 ? link.laneFirst[1]! - (width >> 1) : stripInLane(link, 0, width);

/** Which lane to be in: one of the movement's, the emptier one, not changed for little. */
function reviewLane(traffic: Traffic, l: number, id: number): void {
  const { vehicles } = traffic;
  if (vehicles.calls[id] && toNextStop(traffic, l, id) < KERB_FROM_M) {
    vehicles.lane[id] = 0;
    return;
  }
  const avoid = lanesToAvoid(traffic, l, vehicles.pos[id]!);
  const due = (traffic.step + id) % LANE_REVIEW_STEPS === 0 || (avoid & (1 << vehicles.lane[id]!)) !== 0;
  if (!due && inOwnLane(traffic, l, id)) return;
  vehicles.lane[id] = bestLane(traffic, l, vehicles.move[id]!, vehicles.lane[id]!, avoid);
}

/** The lane to be in: of the movement's, or where all of those are to be avoided, of the others. */
export function bestLane(traffic: Traffic, l: number, m: number, present: number, avoid: number): number {
  const link = traffic.network.links[l]!;
  const own = m < 0 ? -1 : traffic.disruptions.lanesOf[m]!;
  const all = (1 << link.laneFirst.length) - 1;
  const lanes = own & all & ~avoid ? own & ~avoid : ~avoid;
  const load = traffic.laneLoad[l]!;
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let lane = 0; lane < link.laneFirst.length; lane++) {
    if (!(lanes & (1 << lane))) continue;
    const cost = load[lane]! + (lane === present ? -LANE_GAIN_PCU : Math.abs(lane - present) - 1);
    if (cost < least) {
      least = cost;
      best = lane;
    }
  }
  return best < 0 ? present : best;
}

/** How far behind a follower is looked for, m. */
const LOOK_BEHIND_M = 40;

/** May the vehicle take this further strip: room before it, room behind it, nobody made to brake hard. */
function sideFree(traffic: Traffic, l: number, id: number, k: number, n: number, strip: number): boolean {
  const { pos, speed, length, strip: strips, width, vehicleClass } = traffic.vehicles;
  const own = parameters[vehicleClass[id]!]!;
  const p = pos[id]!;
  const rear = p - length[id]!;
  if (obstacleBeside(traffic, l, strip, rear - SIDE_ROOM_M, p + SIDE_ROOM_M)) return false;
  const ahead = leadRear[strip]!;
  if (ahead !== Number.POSITIVE_INFINITY) {
    if (ahead - p < SIDE_ROOM_M) return false;
    if (
      safeSpeed(ahead - p - SIDE_ROOM_M, leadSpeed[strip]!, own.decelerationMps2, own.headwayS) <
      speed[id]! - own.decelerationMps2
    )
      return false;
  }
  const order = traffic.order[l]!;
  for (let i = k + 1; i < n; i++) {
    const other = order[i]!;
    const gap = rear - pos[other]!;
    if (gap > LOOK_BEHIND_M) return true;
    if (strip < strips[other]! || strip >= strips[other]! + width[other]!) continue;
    const theirs = parameters[vehicleClass[other]!]!;
    if (gap < SIDE_ROOM_M) return false;
    return (
      safeSpeed(gap - SIDE_ROOM_M, speed[id]!, theirs.decelerationMps2, theirs.headwayS) >=
      speed[other]! - 0.5 * theirs.decelerationMps2
    );
  }
  return true;
}
