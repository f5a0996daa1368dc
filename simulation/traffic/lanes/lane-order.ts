import type { RoadTable } from "./road-table.ts";

/** Way for each place when lanes are first laid out, m: a third of what a standing queue fills. Lanes that fill get more. */
const ROOM_M = 22.5;

/** Which vehicles are on which lane: one array, lane after lane, front first within a lane. */
export class LaneOrder {
  /** Vehicles of lane l: `order[base[l]]` (front) to `order[base[l] + count[l] - 1]` (rear). */
  order: Int32Array;
  readonly base: Int32Array;
  readonly count: Int32Array;
  readonly #room: Int32Array;

  /** Counts and bases are columns of the table. */
  constructor({ f, i, at }: RoadTable, lanes: number) {
    this.count = i.subarray(at.count, at.count + lanes);
    this.base = i.subarray(at.base, at.base + lanes);
    const lengths = f.subarray(at.laneLength, at.laneLength + lanes);
    this.#room = Int32Array.from(lengths, (length) => Math.ceil(length / ROOM_M) + 1);
    this.order = new Int32Array(this.#layOut());
  }

  /** Puts a vehicle where its position belongs. */
  insert(lane: number, id: number, pos: Float64Array): void {
    if (this.count[lane] === this.#room[lane]) this.#widen(lane);
    const { order } = this;
    const base = this.base[lane]!;
    let at = base + this.count[lane]!;
    const p = pos[id]!;
    while (at > base && pos[order[at - 1]!]! < p) {
      order[at] = order[at - 1]!;
      at--;
    }
    order[at] = id;
    this.count[lane]!++;
  }

  /** Takes out the vehicle in place k. */
  remove(lane: number, k: number): void {
    const at = this.base[lane]! + k;
    const end = this.base[lane]! + --this.count[lane]!;
    const { order } = this;
    for (let i = at; i < end; i++) order[i] = order[i + 1]!;
  }

  #layOut(): number {
    let at = 0;
    for (let lane = 0; lane < this.base.length; lane++) {
      this.base[lane] = at;
      at += this.#room[lane]!;
    }
    return at;
  }

  #widen(lane: number): void {
    const before = this.base.slice();
    const old = this.order;
    // All that are well filled at once, so that this happens seldom.
    for (let l = 0; l < before.length; l++)
      if (l === lane || 2 * this.count[l]! > this.#room[l]!) this.#room[l] = 2 * this.#room[l]!;
    this.order = new Int32Array(this.#layOut());
    for (let l = 0; l < before.length; l++)
      this.order.set(old.subarray(before[l]!, before[l]! + this.count[l]!), this.base[l]!);
  }
}
