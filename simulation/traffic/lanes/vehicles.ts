import { widened } from "./columns.ts";

const QUANTITIES = [
  "pos",
  "speed",
  "planned",
  "asked",
  "odometer",
  "lossS",
  "length",
  "factor",
  "waitingS",
  "enteredS",
  "gain",
  "keep",
  "memory",
] as const;
const INDEXES = ["lane", "node", "trip", "item", "onward", "change", "type", "flags"] as const;

/** Where each column begins. Written out, as in the other tables: filled by a loop over names, a step took a quarter longer. */
class VehicleColumns implements Readonly<Record<(typeof QUANTITIES)[number] | (typeof INDEXES)[number], number>> {
  readonly pos: number = 0;
  readonly speed: number = 0;
  readonly planned: number = 0;
  readonly asked: number = 0;
  readonly odometer: number = 0;
  readonly lossS: number = 0;
  readonly length: number = 0;
  readonly factor: number = 0;
  readonly waitingS: number = 0;
  readonly enteredS: number = 0;
  readonly gain: number = 0;
  readonly keep: number = 0;
  readonly memory: number = 0;
  readonly lane: number = 0;
  readonly node: number = 0;
  readonly trip: number = 0;
  readonly item: number = 0;
  readonly onward: number = 0;
  readonly change: number = 0;
  readonly type: number = 0;
  readonly flags: number = 0;

  constructor(n: number) {
    this.pos = 0;
    this.speed = n;
    this.planned = 2 * n;
    this.asked = 3 * n;
    this.odometer = 4 * n;
    this.lossS = 5 * n;
    this.length = 6 * n;
    this.factor = 7 * n;
    this.waitingS = 8 * n;
    this.enteredS = 9 * n;
    this.gain = 10 * n;
    this.keep = 11 * n;
    this.memory = 12 * n;
    this.lane = 0;
    this.node = n;
    this.trip = 2 * n;
    this.item = 3 * n;
    this.onward = 4 * n;
    this.change = 5 * n;
    this.type = 6 * n;
    this.flags = 7 * n;
  }
}

/** Arrays grow by this factor. */
const GROWTH = 1.125;

/**
 * Moving state of the vehicles present: quantities in `f`, indexes in `i`, each quantity a column that begins at `at`
 * (`f[at.pos + id]`): the engine that runs us checks every array before it reads from it, and few arrays need few checks.
 * The columns can also be read by name. Places are handed out again; `renumber` puts them back into
 * driving order, so that a lane's vehicles lie side by side in memory.
 */
export class Vehicles {
  capacity = 0;
  present = 0;
  #free = new Int32Array(0);
  #freeCount = 0;
  f = new Float64Array(0);
  i = new Int32Array(0);
  at = new VehicleColumns(0);
  /** Front, m from the beginning of the lane. */
  pos!: Float64Array;
  speed!: Float64Array;
  /** Speed planned for this step before it is known which links are open. */
  planned!: Float64Array;
  /** What lane changing asks of the driver in the next step: no faster than this. */
  asked!: Float64Array;
  /** Way driven, m. */
  odometer!: Float64Array;
  /** Time lost against the speed wanted, s. */
  lossS!: Float64Array;
  length!: Float64Array;
  factor!: Float64Array;
  /** Time at rest, s. */
  waitingS!: Float64Array;
  /** When it entered the box it is in, s. */
  enteredS!: Float64Array;
  /** Lane changing: what was gained so far by going left and right, and by keeping to the kerb; a slow memory of speed. */
  gain!: Float64Array;
  keep!: Float64Array;
  memory!: Float64Array;
  lane!: Int32Array;
  node!: Int32Array;
  trip!: Int32Array;
  /** First of its plan items in this step, or of `Item`. */
  item!: Int32Array;
  /** What its route says of its lane: link to take (-1 none), and lanes to change, signed. Kept by `settle`. */
  onward!: Int32Array;
  change!: Int32Array;
  type!: Int32Array;
  /** Way without changing lanes on the lane nearer the kerb, on its own and on the one further out, m: three for each. Kept by `settle`. */
  way = new Float32Array(0);
  flags!: Int32Array;

  constructor() {
    this.#grow(256);
  }

  take(): number {
    if (this.#freeCount === 0) this.#grow(Math.ceil(GROWTH * this.capacity));
    this.present++;
    return this.#free[--this.#freeCount]!;
  }

  release(id: number): void {
    this.#free[this.#freeCount++] = id;
    this.present--;
  }

  /** Moves vehicle `order[i]` to place i for the first `count` of `order`; the rest is free. */
  renumber(order: Int32Array, count: number): void {
    const scratch = new Float64Array(count);
    gather(this.f, scratch, this.capacity, order);
    gather(this.i, new Int32Array(scratch.buffer, 0, count), this.capacity, order);
    const way = this.way.slice();
    for (let at = 0; at < count; at++)
      for (let side = 0; side < 3; side++) this.way[3 * at + side] = way[3 * order[at]! + side]!;
    this.#freeCount = 0;
    for (let id = this.capacity - 1; id >= count; id--) this.#free[this.#freeCount++] = id;
  }

  #grow(capacity: number): void {
    const old = this.capacity;
    const f = new Float64Array(QUANTITIES.length * capacity);
    const i = new Int32Array(INDEXES.length * capacity);
    this.f = widened({ from: this.f, length: old }, { to: f, longer: capacity });
    this.i = widened({ from: this.i, length: old }, { to: i, longer: capacity });
    const way = new Float32Array(3 * capacity);
    way.set(this.way);
    this.way = way;
    this.capacity = capacity;
    this.at = new VehicleColumns(capacity);
    this.#name();
    this.#free = new Int32Array(capacity);
    this.#freeCount = 0;
    for (let id = capacity - 1; id >= old; id--) this.#free[this.#freeCount++] = id;
  }

  #name(): void {
    const { f, i, at, capacity } = this;
    for (const name of QUANTITIES) this[name] = f.subarray(at[name], at[name] + capacity);
    for (const name of INDEXES) this[name] = i.subarray(at[name], at[name] + capacity);
  }

  /** Memory held, bytes. */
  bytes(): number {
    return this.f.byteLength + this.i.byteLength + this.way.byteLength + this.#free.byteLength;
  }
}

/** Puts each column of `array` in order by way of `scratch`. */
function gather<A extends Float64Array | Int32Array>(array: A, scratch: A, capacity: number, order: Int32Array): void {
  for (let begin = 0; begin < array.length; begin += capacity) {
    for (let i = 0; i < scratch.length; i++) scratch[i] = array[begin + order[i]!]!;
    array.set(scratch, begin);
  }
}

/** Bits of `flags`. */
export const Flag = {
  /** Will have to stop at the next link. */
  mustWait: 1,
  /** Must change to the lane nearer the kerb, or further from it, and finds no room. */
  wantsIn: 2,
  wantsOut: 4,
} as const;
