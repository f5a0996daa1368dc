/**
 * Moving state of the vehicles present, one array per quantity. Places are handed out again; `renumber` puts them back into
 * driving order, so that a lane's vehicles lie side by side in memory.
 */
export class Vehicles {
  capacity = 256;
  present = 0;
  #free: Int32Array = countDown(256);
  #freeCount = 256;
  /** Front, m from the beginning of the lane. */
  pos = new Float64Array(256);
  speed = new Float64Array(256);
  /** Speed planned for this step before it is known which links are open. */
  planned = new Float64Array(256);
  /** What lane changing asks of the driver in the next step: no faster than this. */
  asked = new Float32Array(256);
  /** Way driven, m. */
  odometer = new Float64Array(256);
  /** Time lost against the speed wanted, s. */
  lossS = new Float32Array(256);
  length = new Float32Array(256);
  factor = new Float32Array(256);
  /** Time at rest, s. */
  waitingS = new Float32Array(256);
  /** When it entered the box it is in, s. */
  enteredS = new Float32Array(256);
  /** Lane changing: what was gained so far by going left and right, and by keeping to the kerb; a slow memory of speed. */
  gain = new Float32Array(256);
  keep = new Float32Array(256);
  memory = new Float32Array(256);
  lane = new Int32Array(256);
  node = new Int32Array(256);
  trip = new Int32Array(256);
  /** First of its plan items in this step, -1 without. */
  item = new Int32Array(256);
  /** What its route says of its lane: link to take (-1 none), and lanes to change, signed. Kept by `settle`. */
  onward = new Int32Array(256);
  change = new Int8Array(256);
  type = new Uint16Array(256);
  flags = new Uint8Array(256);

  take(): number {
    if (this.#freeCount === 0) this.#grow();
    this.present++;
    return this.#free[--this.#freeCount]!;
  }

  release(id: number): void {
    this.#free[this.#freeCount++] = id;
    this.present--;
  }

  /** Moves vehicle `order[i]` to place i for the first `count` of `order`; the rest is free. */
  renumber(order: Int32Array, count: number): void {
    const permute = <T extends Float64Array | Float32Array | Int32Array | Uint16Array | Int8Array | Uint8Array>(
      from: T,
    ): T => {
      const to = from.slice() as T;
      for (let i = 0; i < count; i++) to[i] = from[order[i]!]!;
      return to;
    };
    for (const key of COLUMNS) (this[key] as Float64Array) = permute(this[key] as Float64Array);
    this.#freeCount = 0;
    for (let id = this.capacity - 1; id >= count; id--) this.#free[this.#freeCount++] = id;
  }

  #grow(): void {
    const old = this.capacity;
    this.capacity = Math.ceil(1.5 * old);
    for (const key of COLUMNS) {
      const from = this[key] as Float64Array;
      const to = new (from.constructor as Float64ArrayConstructor)(this.capacity);
      to.set(from);
      (this[key] as Float64Array) = to;
    }
    this.#free = new Int32Array(this.capacity);
    this.#freeCount = 0;
    for (let id = this.capacity - 1; id >= old; id--) this.#free[this.#freeCount++] = id;
  }

  /** Memory held, bytes. */
  bytes(): number {
    return COLUMNS.reduce((sum, key) => sum + this[key].byteLength, this.#free.byteLength);
  }
}

const COLUMNS = [
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
  "lane",
  "node",
  "trip",
  "item",
  "onward",
  "change",
  "type",
  "flags",
] as const;

function countDown(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => n - 1 - i);
}

/** Bits of `flags`. */
export const Flag = {
  /** Will have to stop at the next link. */
  mustWait: 1,
  /** Must change to the lane nearer the kerb, or further from it, and finds no room. */
  wantsIn: 2,
  wantsOut: 4,
} as const;
