import type { RoadLink, RoadNetwork } from "./network.ts";
import type { Traffic } from "./traffic.ts";

/** A part of the road that is taken. */
export interface Obstacle {
  /** Along the link, m. */
  readonly fromM: number;
  readonly toM: number;
  /** Bit n: strip n is taken; lane n has no room for a car left. */
  readonly strips: number;
  readonly lanes: number;
  readonly sinceStep: number;
}

/** What of the road is out of order now, by link and movement; neutral on an ordinary day. */
export interface Disruptions {
  readonly obstacles: Obstacle[][];
  /** Bit n: nobody should be in lane n. */
  readonly closedLanes: Int32Array;
  /** Nobody may drive onto it, and since which step. */
  readonly shut: Uint8Array;
  readonly shutSince: Int32Array;
  /** No faster than this, m/s. */
  readonly paceMps: Float64Array;
  /** On the reaction time that drivers keep. */
  readonly headwayFactor: Float64Array;
  /** Lanes of each movement as of now; see `Move.lanes`. */
  readonly lanesOf: Int32Array;
}

export const noDisruptions = (network: RoadNetwork): Disruptions => ({
  obstacles: network.links.map(() => []),
  closedLanes: Int32Array.from(network.links, (link) => lentLanes(link)),
  shut: new Uint8Array(network.links.length),
  shutSince: new Int32Array(network.links.length),
  paceMps: new Float64Array(network.links.length).fill(Number.POSITIVE_INFINITY),
  headwayFactor: new Float64Array(network.links.length).fill(1),
  lanesOf: Int32Array.from(network.moves, ({ lanes, from }) => lanes & ~lentLanes(network.links[from]!)),
});

/** Bits of the lanes that the link only has while another lends them. */
export const lentLanes = ({ laneFirst, lent }: RoadLink): number =>
  lent === 0 ? 0 : ((1 << lent) - 1) << (laneFirst.length - lent);

/** An obstacle is seen from this far, m. */
const SEEN_FROM_M = 150;

/** Lanes that somebody at this place of the link should not be in. */
export function lanesToAvoid({ disruptions, network }: Traffic, l: number, p: number): number {
  const obstacles = disruptions.obstacles[l]!;
  let lanes = disruptions.closedLanes[l]!;
  for (let i = 0; i < obstacles.length; i++) {
    const { fromM, toM, lanes: taken } = obstacles[i]!;
    if (p < toM && p > fromM - SEEN_FROM_M) lanes |= taken;
  }
  const all = (1 << network.links[l]!.laneFirst.length) - 1;
  return (lanes & all) === all ? 0 : lanes;
}

/** For this long nobody brakes harder than comfortably for what has just come into the way, steps of 0.5 s. */
const SURPRISE_STEPS = 12;

/** Obstacles become leaders of whoever comes up to them. */
export function markObstacles(
  { disruptions, step, vehicles }: Traffic,
  l: number,
  id: number,
  decelerationMps2: number,
  leadRear: Float64Array,
  leadSpeed: Float64Array,
): void {
  const obstacles = disruptions.obstacles[l]!;
  const p = vehicles.pos[id]!;
  const v = vehicles.speed[id]!;
  for (let i = 0; i < obstacles.length; i++) {
    const { fromM, strips, sinceStep } = obstacles[i]!;
    if (p >= fromM) continue;
    if (step - sinceStep < SURPRISE_STEPS && (v * v) / (2 * decelerationMps2) > fromM - p) continue;
    for (let s = 0; strips >> s > 0; s++) {
      if (!(strips & (1 << s)) || leadRear[s]! <= fromM) continue;
      leadRear[s] = fromM;
      leadSpeed[s] = 0;
    }
  }
}

/** Is there an obstacle on this strip beside a vehicle? */
export function obstacleBeside(
  { disruptions }: Traffic,
  l: number,
  strip: number,
  rearM: number,
  frontM: number,
): boolean {
  const obstacles = disruptions.obstacles[l]!;
  for (let i = 0; i < obstacles.length; i++) {
    const { fromM, toM, strips } = obstacles[i]!;
    if (strips & (1 << strip) && frontM > fromM && rearM < toM) return true;
  }
  return false;
}
