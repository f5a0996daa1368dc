import type { Call } from "../demand/bus-lines.ts";

/** All vehicles as columns; an id is a row. Rows of vehicles that left are used again. */
export class Vehicles {
  capacity = 0;
  /** Front of the vehicle along its link, m; negative in the junction box before it. */
  pos: Float64Array = new Float64Array(0);
  speed: Float64Array = new Float64Array(0);
  length: Float64Array = new Float64Array(0);
  speedFactor: Float64Array = new Float64Array(0);
  vehicleClass: Uint8Array = new Uint8Array(0);
  link: Int16Array = new Int16Array(0);
  /** Strip nearest the kerb that it takes, and how many. */
  strip: Uint8Array = new Uint8Array(0);
  width: Uint8Array = new Uint8Array(0);
  /** Lane it means to be in. */
  lane: Uint8Array = new Uint8Array(0);
  route: Int32Array = new Int32Array(0);
  leg: Int16Array = new Int16Array(0);
  /** Its movement at the end of this link; -1 at the network's edge. */
  move: Int16Array = new Int16Array(0);
  /** Its movement through the box it is still in, or last came through; -1 none. */
  boxMove: Int16Array = new Int16Array(0);
  /** Counted as standing in the way of crossing movements. */
  inBox: Uint8Array = new Uint8Array(0);
  /** Waits inside the box for a gap. */
  holds: Uint8Array = new Uint8Array(0);
  /** Strip and width with which it left the link before, for as long as its rear is there. */
  oldStrip: Uint8Array = new Uint8Array(0);
  oldWidth: Uint8Array = new Uint8Array(0);
  /** Last step that moved it. */
  stamp: Int32Array = new Int32Array(0);
  /** When it wanted to enter, s since the start. */
  wishedS: Float64Array = new Float64Array(0);
  /** Free-flow time of the links it has completed, s. */
  freeS: Float64Array = new Float64Array(0);
  stops: Uint16Array = new Uint16Array(0);
  standing: Uint8Array = new Uint8Array(0);
  main: Uint8Array = new Uint8Array(0);
  /** Where a bus of a line stops, which of these is next, and until when it stands there, s; 0 while it drives. */
  readonly calls: (readonly Call[] | undefined)[] = [];
  nextCall: Uint8Array = new Uint8Array(0);
  dwellUntilS: Float64Array = new Float64Array(0);
  readonly #free: number[] = [];
  #used = 0;

  take(): number {
    const again = this.#free.pop();
    if (again !== undefined) return again;
    if (this.#used === this.capacity) this.#grow();
    return this.#used++;
  }

  release(id: number): void {
    this.#free.push(id);
  }

  #grow(): void {
    this.capacity = Math.max(512, 2 * this.capacity);
    const n = this.capacity;
    const f64 = (old: Float64Array) => resized(new Float64Array(n), old);
    const u8 = (old: Uint8Array) => resized(new Uint8Array(n), old);
    const i16 = (old: Int16Array) => resized(new Int16Array(n), old);
    const i32 = (old: Int32Array) => resized(new Int32Array(n), old);
    this.pos = f64(this.pos);
    this.speed = f64(this.speed);
    this.length = f64(this.length);
    this.speedFactor = f64(this.speedFactor);
    this.vehicleClass = u8(this.vehicleClass);
    this.link = i16(this.link);
    this.strip = u8(this.strip);
    this.width = u8(this.width);
    this.lane = u8(this.lane);
    this.route = i32(this.route);
    this.leg = i16(this.leg);
    this.move = i16(this.move);
    this.boxMove = i16(this.boxMove);
    this.inBox = u8(this.inBox);
    this.holds = u8(this.holds);
    this.oldStrip = u8(this.oldStrip);
    this.oldWidth = u8(this.oldWidth);
    this.stamp = i32(this.stamp);
    this.wishedS = f64(this.wishedS);
    this.freeS = f64(this.freeS);
    this.stops = resized(new Uint16Array(n), this.stops);
    this.standing = u8(this.standing);
    this.main = u8(this.main);
    this.nextCall = u8(this.nextCall);
    this.dwellUntilS = f64(this.dwellUntilS);
  }
}

function resized<A extends { set(from: A): void }>(fresh: A, old: A): A {
  fresh.set(old);
  return fresh;
}
