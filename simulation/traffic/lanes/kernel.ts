import { LaneOrder } from "./lane-order.ts";
import { Aspect, type RoadNetwork } from "./road-network.ts";
import { Routes } from "./routes.ts";
import { classBit, type VehicleType } from "./vehicle-types.ts";
import { Vehicles } from "./vehicles.ts";

/** Parameters of the vehicle types as arrays, by type index. */
export interface TypeTable {
  readonly length: Float64Array;
  readonly width: Float64Array;
  readonly minGap: Float64Array;
  readonly accel: Float64Array;
  readonly decel: Float64Array;
  readonly emergency: Float64Array;
  readonly maxSpeed: Float64Array;
  readonly tau: Float64Array;
  readonly sigma: Float64Array;
  readonly classBit: Int32Array;
}

/** What drivers plan for the links before them in this step, by item; a vehicle's items follow each other. */
export class PlanItems {
  count = 0;
  /** -1 ends a vehicle's items. */
  link = new Int32Array(256);
  vehicle = new Int32Array(256);
  /** Next item announced on the same link. */
  onLink = new Int32Array(256);
  passSpeed = new Float64Array(256);
  waitSpeed = new Float64Array(256);
  distance = new Float64Array(256);
  /** Counted on to pass; others on crossing links give way to it. */
  request = new Uint8Array(256);
  /** Times from now. */
  arrivesS = new Float32Array(256);
  arrivalSpeed = new Float32Array(256);
  leavesS = new Float32Array(256);
  leaveSpeed = new Float32Array(256);
  /** The same when it brakes from now on. */
  brakingSpeed = new Float32Array(256);
  brakingS = new Float32Array(256);

  /** Memory held, bytes. */
  bytes(): number {
    return ITEM_COLUMNS.reduce((sum, key) => sum + this[key].byteLength, 0);
  }

  push(): number {
    if (this.count === this.link.length) this.#grow();
    return this.count++;
  }

  #grow(): void {
    const size = Math.ceil(1.5 * this.link.length);
    for (const key of ITEM_COLUMNS) {
      const from = this[key] as Float64Array;
      const to = new (from.constructor as Float64ArrayConstructor)(size);
      to.set(from);
      (this[key] as Float64Array) = to;
    }
  }
}

const ITEM_COLUMNS = [
  "link",
  "vehicle",
  "onLink",
  "passSpeed",
  "waitSpeed",
  "distance",
  "request",
  "arrivesS",
  "arrivalSpeed",
  "leavesS",
  "leaveSpeed",
  "brakingSpeed",
  "brakingS",
] as const;

/** Everything that moves. The functions of the step share its arrays; nothing is allocated in a step unless traffic outgrows them. */
export interface Kernel {
  readonly net: RoadNetwork;
  readonly routes: Routes;
  readonly types: TypeTable;
  readonly vehicles: Vehicles;
  readonly lanes: LaneOrder;
  readonly items: PlanItems;
  /** Length of a step, s. */
  readonly dt: number;
  /** What each link shows now; values of `Aspect`. */
  readonly aspect: Uint8Array;
  /** First item announced on each link, -1 none; links with any, and how many. */
  readonly announced: Int32Array;
  readonly announcedLinks: Int32Array;
  announcedCount: number;
  /** Vehicles in each junction's box. */
  readonly inBox: Int32Array;
  /** The last vehicle that left a lane by its front: place, trip, and its odometer then. Its rear may still be on the lane. */
  readonly tailId: Int32Array;
  readonly tailTrip: Int32Array;
  readonly tailOdometer: Float64Array;
  /** Metres of each lane taken up by vehicles and their gaps. */
  readonly load: Float64Array;
  /** Room for a queue to grow on a lane, as of step `roomStep`; negative when it ends there: see `roomOn`. */
  readonly room: Float64Array;
  readonly roomEnds: Uint8Array;
  readonly roomStep: Int32Array;
  /** Vehicles that change lanes by driving on, in this step. */
  movedIds: Int32Array;
  movedLanes: Int32Array;
  movedCount: number;
  readonly events: KernelEvents;
  step: number;
  nowS: number;
  /** State of the dice: one word. */
  readonly dice: Int32Array;
  overlaps: number;
  redLightRunners: number;
  emergencyStops: number;
  /** Pairs that changed places at the end of their lanes: see `changePlaces`. */
  arrangements: number;
}

export interface KernelEvents {
  /** Drove off the end of its last edge; `beyondM` past it. */
  arrived(id: number): void;
  /** Its front came onto the first lane of an edge by driving. */
  entered?(id: number, edge: number): void;
}

export function createKernel(options: {
  readonly net: RoadNetwork;
  readonly types: readonly VehicleType[];
  readonly dt: number;
  readonly seed: number;
  readonly events: KernelEvents;
}): Kernel {
  const { net, types, dt } = options;
  const lanes = net.laneLength.length;
  const links = net.linkFrom.length;
  return {
    net,
    routes: new Routes(net),
    types: typeTable(types),
    vehicles: new Vehicles(),
    lanes: new LaneOrder(net),
    items: new PlanItems(),
    dt,
    aspect: net.linkRight.map((right, link) => (net.linkSignal[link]! >= 0 ? Aspect.red : right)),
    announced: new Int32Array(links).fill(-1),
    announcedLinks: new Int32Array(links),
    announcedCount: 0,
    inBox: new Int32Array(net.junctionId.length),
    tailId: new Int32Array(lanes).fill(-1),
    tailTrip: new Int32Array(lanes).fill(-1),
    tailOdometer: new Float64Array(lanes),
    load: new Float64Array(lanes),
    room: new Float64Array(lanes),
    roomEnds: new Uint8Array(lanes),
    roomStep: new Int32Array(lanes).fill(-1),
    movedIds: new Int32Array(256),
    movedLanes: new Int32Array(256),
    movedCount: 0,
    events: options.events,
    step: 0,
    nowS: 0,
    // Neighbouring seeds must not give neighbouring dice; xorshift must not start at 0.
    dice: Int32Array.of((Math.imul(options.seed ^ 0x5bd1e995, 0x9e3779b1) ^ 0x2545f491) | 0 || 1),
    overlaps: 0,
    redLightRunners: 0,
    emergencyStops: 0,
    arrangements: 0,
  };
}

function typeTable(types: readonly VehicleType[]): TypeTable {
  const column = (of: (type: VehicleType) => number) => Float64Array.from(types, of);
  return {
    length: column((type) => type.lengthM),
    width: column((type) => type.widthM),
    minGap: column((type) => type.minGapM),
    accel: column((type) => type.accelMps2),
    decel: column((type) => type.decelMps2),
    emergency: column((type) => type.emergencyDecelMps2),
    maxSpeed: column((type) => type.maxSpeedMps),
    tau: column((type) => type.tauS),
    sigma: column((type) => type.sigma),
    classBit: Int32Array.from(types, (type) => classBit(type.vehicleClass)),
  };
}

/** Looks up what the vehicle's route says of the lane of an edge it is on now. */
export function settle({ net, routes, vehicles }: Kernel, id: number): void {
  const lane = vehicles.lane[id]!;
  const edge = net.laneEdge[lane]!;
  if (edge < 0) return;
  const at = routes.first[vehicles.node[id]!]! + lane - net.edgeFirst[edge]!;
  vehicles.onward[id] = routes.link[at]!;
  vehicles.change[id] = routes.change[at]!;
}

/** Uniform in [0, 1), xorshift32. */
export function roll({ dice }: Kernel): number {
  let x = dice[0]!;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  dice[0] = x;
  return (x >>> 0) * 2.3283064365386963e-10;
}
