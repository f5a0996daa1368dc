import { Aspect, type RoadNetwork } from "./road-network.ts";

/** Where each column of the table begins. Written out, so that all tables have one shape. */
class RoadColumns {
  readonly laneLength: number = 0;
  readonly laneSpeed: number = 0;
  readonly laneClimb: number = 0;
  readonly load: number = 0;
  readonly room: number = 0;
  readonly tailOdometer: number = 0;
  readonly linkLength: number = 0;
  readonly laneEdge: number = 0;
  readonly laneJunction: number = 0;
  readonly laneLink: number = 0;
  readonly count: number = 0;
  readonly base: number = 0;
  readonly roomEnds: number = 0;
  readonly roomStep: number = 0;
  readonly tailId: number = 0;
  readonly tailTrip: number = 0;
  readonly aspect: number = 0;
  readonly announced: number = 0;
  readonly linkFrom: number = 0;
  readonly linkNext: number = 0;
  readonly linkTo: number = 0;
  readonly linkEnters: number = 0;
  readonly linkWaits: number = 0;
  readonly linkKeepClear: number = 0;
  readonly linkIsFoe: number = 0;
  /** Lengths of the two arrays. */
  readonly quantities: number = 0;
  readonly indexes: number = 0;

  constructor(lanes: number, links: number) {
    this.laneLength = 0;
    this.laneSpeed = lanes;
    this.laneClimb = 2 * lanes;
    this.load = 3 * lanes;
    this.room = 4 * lanes;
    this.tailOdometer = 5 * lanes;
    this.linkLength = 6 * lanes;
    this.laneEdge = 0;
    this.laneJunction = lanes;
    this.laneLink = 2 * lanes;
    this.count = 3 * lanes;
    this.base = 4 * lanes;
    this.roomEnds = 5 * lanes;
    this.roomStep = 6 * lanes;
    this.tailId = 7 * lanes;
    this.tailTrip = 8 * lanes;
    const ofLanes = 9 * lanes;
    this.aspect = ofLanes;
    this.announced = ofLanes + links;
    this.linkFrom = ofLanes + 2 * links;
    this.linkNext = ofLanes + 3 * links;
    this.linkTo = ofLanes + 4 * links;
    this.linkEnters = ofLanes + 5 * links;
    this.linkWaits = ofLanes + 6 * links;
    this.linkKeepClear = ofLanes + 7 * links;
    this.linkIsFoe = ofLanes + 8 * links;
    this.quantities = 6 * lanes + links;
    this.indexes = ofLanes + 9 * links;
  }
}

/**
 * What the step reads of lanes and links, and what it keeps for each of them: quantities in `f`, indexes in `i`, each a
 * column that begins at `at` (`f[at.laneLength + lane]`).
 */
export interface RoadTable {
  readonly f: Float64Array;
  readonly i: Int32Array;
  readonly at: RoadColumns;
}

export function roadTable(net: RoadNetwork): RoadTable {
  const lanes = net.laneLength.length;
  const links = net.linkFrom.length;
  const at = new RoadColumns(lanes, links);
  const f = new Float64Array(at.quantities);
  const i = new Int32Array(at.indexes);
  const quantities = ["laneLength", "laneSpeed", "laneClimb", "linkLength"] as const;
  const ofLanes = ["laneEdge", "laneJunction"] as const;
  const ofLinks = ["linkFrom", "linkNext", "linkTo", "linkEnters", "linkWaits", "linkKeepClear", "linkIsFoe"] as const;
  for (const name of quantities) f.set(net[name], at[name]);
  for (const name of [...ofLanes, ...ofLinks]) i.set(net[name], at[name]);
  const { start, items } = net.linksFrom;
  for (let lane = 0; lane < lanes; lane++)
    i[at.laneLink + lane] = start[lane]! < start[lane + 1]! ? items[start[lane]!]! : -1;
  for (let link = 0; link < links; link++)
    i[at.aspect + link] = net.linkSignal[link]! >= 0 ? Aspect.red : net.linkRight[link]!;
  for (const name of ["roomStep", "tailId", "tailTrip"] as const) i.fill(-1, at[name], at[name] + lanes);
  i.fill(-1, at.announced, at.announced + links);
  return { f, i, at };
}
