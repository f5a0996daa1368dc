import type { Route } from "../demand/routes.ts";
import type { Disruptions } from "./disruptions.ts";
import { lanesToAvoid } from "./disruptions.ts";
import type { Move, RoadLink, RoadNetwork } from "./network.ts";
import type { LinkSensors } from "./sensors.ts";
import type { Vehicles } from "./vehicles.ts";

/** Step of the kernel, s. Car-following parameters hold for this step. */
export const STEP_S = 0.5;

/** The moving state of the street. Arrays are shared by the functions of the step; nothing is allocated in it. */
export interface Traffic {
  readonly network: RoadNetwork;
  readonly routes: readonly Route[];
  readonly vehicles: Vehicles;
  /** Vehicles of each link, front first, and how many. */
  readonly order: Int32Array[];
  readonly count: Int32Array;
  /** Passenger-car units in each lane of each link, as of the last sweep. */
  readonly laneLoad: readonly Float64Array[];
  /** What each movement may do in this step; values of `Open`. */
  readonly open: Uint8Array;
  /** Vehicles of each movement in the box that stand in the way of crossing ones, and those that wait there for a gap. */
  readonly inBox: Int32Array;
  readonly holding: Int32Array;
  /** Vehicles whose rear is still on the link they left. */
  readonly straddlers: number[][];
  /** Last entry into each junction's box while its lamps flash, s. */
  readonly lastFlashEntryS: Float64Array;
  /** Until when someone walks on each junction's crossings, s. */
  readonly walkedUntilS: readonly Float64Array[];
  readonly disruptions: Disruptions;
  /** The movement by which a vehicle with siren comes through each junction, and in which step it last told so. */
  readonly sirenMove: Int16Array;
  readonly sirenStep: Int32Array;
  readonly sensors: readonly LinkSensors[];
  readonly arrived: (id: number) => void;
  step: number;
  nowS: number;
  /** State of the kernel's own dice (xorshift32). */
  dice: number;
  collisions: number;
  redLightRunners: number;
  present: number;
}

/** Uniform in [0, 1). */
export function roll(traffic: Traffic): number {
  let x = traffic.dice;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  traffic.dice = x;
  return (x >>> 0) / 4294967296;
}

/** Puts a vehicle into its link's order by position. */
export function insert(traffic: Traffic, link: number, id: number): void {
  const { pos } = traffic.vehicles;
  let order = traffic.order[link]!;
  let at = traffic.count[link]!;
  if (at === order.length) {
    order = new Int32Array(2 * at + 64);
    order.set(traffic.order[link]!);
    traffic.order[link] = order;
  }
  const p = pos[id]!;
  while (at > 0 && pos[order[at - 1]!]! < p) {
    order[at] = order[at - 1]!;
    at--;
  }
  order[at] = id;
  traffic.count[link]!++;
}

/** Restores front-first order after overtaking; nearly sorted already. */
export function restoreOrder(traffic: Traffic, link: number): void {
  const { pos } = traffic.vehicles;
  const order = traffic.order[link]!;
  const n = traffic.count[link]!;
  for (let i = 1; i < n; i++) {
    const id = order[i]!;
    const p = pos[id]!;
    let at = i;
    while (at > 0 && pos[order[at - 1]!]! < p) {
      order[at] = order[at - 1]!;
      at--;
    }
    order[at] = id;
  }
}

/**
 * Strip nearest the kerb that a vehicle takes on the link after this movement. Drivers choose their lane while they cross
 * the junction: the lanes of the next movement are filled side by side, in the order of the lanes they came from.
 */
export function entryStrip(traffic: Traffic, id: number, move: Move): number {
  const { network, routes, vehicles } = traffic;
  const from = network.links[move.from]!;
  const to = network.links[move.to]!;
  const width = vehicles.width[id]!;
  const strip = vehicles.strip[id]!;
  const next = routes[vehicles.route[id]!]!.moves[vehicles.leg[id]! + 1];
  const avoid = lanesToAvoid(traffic, move.to, 0);
  if (next === undefined && avoid === 0) return Math.min(move.stripTo[strip]!, to.strips - width);
  const lane = from.laneOf[strip + (width >> 1)]!;
  const all = (1 << to.laneFirst.length) - 1;
  const wished = (next === undefined ? all : traffic.disruptions.lanesOf[next]!) & ~avoid;
  const target = nthLane(wished === 0 ? all & ~avoid : wished, move.spread[lane]!, to.laneFirst.length);
  const within = Math.min(Math.max(0, strip - from.laneFirst[lane]!), Math.max(0, to.laneStrips[target]! - width));
  return Math.min(to.laneFirst[target]! + within, to.strips - width);
}

/** The marked lane that lies this far (0 kerb, 1 median) among the marked lanes. */
function nthLane(lanes: number, spread: number, count: number): number {
  let marked = 0;
  for (let lane = 0; lane < count; lane++) if (lanes & (1 << lane)) marked++;
  let nth = Math.round(spread * (marked - 1));
  for (let lane = 0; lane < count; lane++) if (lanes & (1 << lane) && nth-- === 0) return lane;
  return 0;
}

/** Where a vehicle of this width stands in a lane: even lanes to the kerb, odd ones to the median, so that gaps pair up for motorcycles. */
export const stripInLane = (link: RoadLink, lane: number, width: number): number =>
  lane % 2 === 0 ? link.laneFirst[lane]! : link.laneFirst[lane]! + Math.max(0, link.laneStrips[lane]! - width);

/** Result of `lastOnLink`, kept here so that the step allocates nothing. */
export const found = { rearM: 0, speedMps: 0 };

/** How far into a link a vehicle coming in looks, m. */
const LOOK_AHEAD_M = 60;

/**
 * The vehicle nearest to a link's beginning that is ahead of `fromM` on any of these strips. True when there is one within
 * sight; `found` then holds its rear and speed.
 */
export function lastOnLink(traffic: Traffic, link: number, strip: number, width: number, fromM: number): boolean {
  const { vehicles } = traffic;
  const { pos, length, strip: strips, width: widths, speed } = vehicles;
  const order = traffic.order[link]!;
  let nearest = fromM + LOOK_AHEAD_M;
  let any = false;
  for (let k = traffic.count[link]! - 1; k >= 0; k--) {
    const id = order[k]!;
    const p = pos[id]!;
    if (p < fromM) continue;
    // In order of fronts: a long vehicle further on may still have the nearest rear.
    if (p - LONGEST_M > nearest) break;
    if (strips[id]! >= strip + width || strip >= strips[id]! + widths[id]!) continue;
    const rear = p - length[id]!;
    if (rear > nearest) continue;
    nearest = rear;
    any = true;
    found.rearM = rear;
    found.speedMps = speed[id]!;
  }
  return any;
}

/** No vehicle is longer, m. */
export const LONGEST_M = 12;
