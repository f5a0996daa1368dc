import { widened } from "./columns.ts";
import { LaneOrder } from "./lane-order.ts";
import type { RoadNetwork } from "./road-network.ts";
import { type RoadTable, roadTable } from "./road-table.ts";
import { Routes } from "./routes.ts";
import { classBit, type VehicleType } from "./vehicle-types.ts";
import { Vehicles } from "./vehicles.ts";

/** Where each parameter of the vehicle types begins. */
class TypeColumns {
  readonly length: number = 0;
  readonly width: number = 0;
  readonly minGap: number = 0;
  readonly accel: number = 0;
  readonly decel: number = 0;
  readonly emergency: number = 0;
  readonly maxSpeed: number = 0;
  readonly tau: number = 0;
  readonly sigma: number = 0;

  constructor(n: number) {
    this.length = 0;
    this.width = n;
    this.minGap = 2 * n;
    this.accel = 3 * n;
    this.decel = 4 * n;
    this.emergency = 5 * n;
    this.maxSpeed = 6 * n;
    this.tau = 7 * n;
    this.sigma = 8 * n;
  }
}
type TypeQuantity = keyof TypeColumns;

/** Parameters of the vehicle types: all in `f`, each a column that begins at `at` (`f[at.accel + type]`), and by name. */
export interface TypeTable extends Readonly<Record<TypeQuantity, Float64Array>> {
  readonly f: Float64Array;
  readonly at: TypeColumns;
  readonly classBit: Int32Array;
}

/** Where each column of the plan items begins. */
class ItemColumns {
  readonly passSpeed: number = 0;
  readonly waitSpeed: number = 0;
  readonly distance: number = 0;
  readonly announcedSpeed: number = 0;
  readonly link: number = 0;
  readonly vehicle: number = 0;
  readonly onLink: number = 0;
  readonly request: number = 0;

  constructor(n: number) {
    this.passSpeed = 0;
    this.waitSpeed = n;
    this.distance = 2 * n;
    this.announcedSpeed = 3 * n;
    this.link = 0;
    this.vehicle = n;
    this.onLink = 2 * n;
    this.request = 3 * n;
  }
}

/**
 * What drivers plan for the links before them in this step, by item; a vehicle's items follow each other, and one whose
 * `link` is -1 ends them. Speeds to pass and to stop before the link, the way to it and the speed with which it was
 * announced in `f`; link, vehicle, the next item announced on the same link, and `Request` in `i`.
 */
export class PlanItems {
  count = 0;
  size = 0;
  f = new Float64Array(0);
  i = new Int32Array(0);
  at = new ItemColumns(0);

  constructor() {
    this.#grow(256);
  }

  /** Memory held, bytes. */
  bytes(): number {
    return this.f.byteLength + this.i.byteLength;
  }

  /** Makes sure of room for this many items more. */
  reserve(more: number): void {
    if (this.count + more > this.size) this.#grow(Math.ceil(1.125 * this.size) + more);
  }

  #grow(size: number): void {
    const from = this.size;
    const f = new Float64Array(4 * size);
    const i = new Int32Array(4 * size);
    this.f = widened({ from: this.f, length: from }, { to: f, longer: size });
    this.i = widened({ from: this.i, length: from }, { to: i, longer: size });
    this.at = new ItemColumns(size);
    this.size = size;
  }
}

/** The vehicles in driving order, for one step. */
export class Line {
  count = 0;
  ids = new Int32Array(0);
  /** Those who look beyond their lane, and the metres taken up before each on its lane. */
  looking = 0;
  looks = new Int32Array(0);
  before = new Float64Array(0);

  reserve(size: number): void {
    if (this.ids.length >= size) return;
    this.ids = new Int32Array(size);
    this.looks = new Int32Array(size);
    this.before = new Float64Array(size);
  }

  /** Memory held, bytes. */
  bytes(): number {
    return this.ids.byteLength + this.looks.byteLength + this.before.byteLength;
  }
}

/** Instead of its first plan item: a vehicle looks no further than its lane; it is held by a lamp. */
export const Item = { none: -1, held: -2 } as const;

/** Is a vehicle counted on to pass a link? Others on crossing links give way to it; one that looks first is slower there. */
export const Request = { none: 0, passes: 1, looksFirst: 2 } as const;

/** Everything that moves. The functions of the step share its arrays; nothing is allocated in a step unless traffic outgrows them. */
export interface Kernel {
  readonly net: RoadNetwork;
  readonly routes: Routes;
  readonly types: TypeTable;
  readonly vehicles: Vehicles;
  readonly lanes: LaneOrder;
  readonly items: PlanItems;
  readonly line: Line;
  /** Length of a step, s. */
  readonly dt: number;
  /** What the step reads and keeps of lanes and links; some of its columns by name below. */
  readonly table: RoadTable;
  /** What each link shows now; values of `Aspect`. */
  readonly aspect: Int32Array;
  /** Links with items announced, and how many; the first item of each is in the table, -1 none. */
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
  const table = roadTable(net);
  const { f, i, at } = table;
  const lanes = net.laneLength.length;
  const links = net.linkFrom.length;
  return {
    net,
    routes: new Routes(net),
    types: typeTable(types),
    vehicles: new Vehicles(),
    lanes: new LaneOrder(table, lanes),
    items: new PlanItems(),
    line: new Line(),
    dt,
    table,
    aspect: i.subarray(at.aspect, at.aspect + links),
    announcedLinks: new Int32Array(links),
    announcedCount: 0,
    inBox: new Int32Array(net.junctionId.length),
    tailId: i.subarray(at.tailId, at.tailId + lanes),
    tailTrip: i.subarray(at.tailTrip, at.tailTrip + lanes),
    tailOdometer: f.subarray(at.tailOdometer, at.tailOdometer + lanes),
    load: f.subarray(at.load, at.load + lanes),
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
  const at = new TypeColumns(types.length);
  const f = new Float64Array(Object.keys(at).length * types.length);
  const column = (name: TypeQuantity, of: (type: VehicleType) => number): Float64Array => {
    f.set(types.map(of), at[name]);
    return f.subarray(at[name], at[name] + types.length);
  };
  return {
    f,
    at,
    length: column("length", (type) => type.lengthM),
    width: column("width", (type) => type.widthM),
    minGap: column("minGap", (type) => type.minGapM),
    accel: column("accel", (type) => type.accelMps2),
    decel: column("decel", (type) => type.decelMps2),
    emergency: column("emergency", (type) => type.emergencyDecelMps2),
    maxSpeed: column("maxSpeed", (type) => type.maxSpeedMps),
    tau: column("tau", (type) => type.tauS),
    sigma: column("sigma", (type) => type.sigma),
    classBit: Int32Array.from(types, (type) => classBit(type.vehicleClass)),
  };
}

/** Looks up what the vehicle's route says of the lane of an edge it is on now, and of those beside it. */
export function settle({ net, routes, vehicles }: Kernel, id: number): void {
  const lane = vehicles.lane[id]!;
  const edge = net.laneEdge[lane]!;
  if (edge < 0) return;
  const l = lane - net.edgeFirst[edge]!;
  const at = routes.first[vehicles.node[id]!]! + l;
  vehicles.onward[id] = routes.link[at]!;
  vehicles.change[id] = routes.change[at]!;
  const { way } = vehicles;
  way[3 * id] = l > 0 ? routes.wayM[at - 1]! : 0;
  way[3 * id + 1] = routes.wayM[at]!;
  way[3 * id + 2] = l + 1 < net.edgeLanes[edge]! ? routes.wayM[at + 1]! : 0;
}

/** Uniform in [0, 1). */
export function roll({ dice }: Kernel): number {
  dice[0] = nextRoll(dice[0]!);
  return uniform(dice[0]!);
}

/** The state of the dice after this one: xorshift32. */
export function nextRoll(state: number): number {
  let x = state;
  x ^= x << 13;
  x ^= x >>> 17;
  return x ^ (x << 5);
}

/** What a state of the dice shows, uniform in [0, 1). */
export const uniform = (state: number): number => (state >>> 0) * 2.3283064365386963e-10;
