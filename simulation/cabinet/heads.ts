import type { Junction } from "../../config/model.ts";
import { Lamp } from "../lamps.ts";

/**
 * The signal heads of one junction: ambers, pedestrian clearances and intergreens, which nobody above may shorten.
 * A group gets green only when every conflicting group is red and its intergreen to this one has passed.
 * All times are milliseconds of the cabinet's own monotonic clock.
 */
export class Heads {
  /** Values of `Lamp` by group index. */
  readonly lamps: Uint8Array;
  readonly #since: Float64Array;
  /** When each group last lost the right of way: a vehicle's end of green, a pedestrian's end of clearance. */
  readonly #lost: Float64Array;
  readonly #junction: Junction;
  #changing = 0;

  constructor(junction: Junction, at: number) {
    const n = junction.groups.length;
    this.#junction = junction;
    this.lamps = new Uint8Array(n);
    this.#since = new Float64Array(n);
    this.#lost = new Float64Array(n);
    this.reset(at);
  }

  /** Everything red; counts as if every group had lost its green just now. */
  reset(at: number): void {
    this.lamps.fill(Lamp.red);
    this.#since.fill(at);
    this.#lost.fill(at);
    this.#changing = 0;
  }

  since(group: number): number {
    return this.#since[group]!;
  }

  get allRed(): boolean {
    for (const lamp of this.lamps) if (lamp !== Lamp.red) return false;
    return true;
  }

  /** True as well for a group that is green already, or about to be. */
  mayStart(group: number, at: number): boolean {
    const { lamps } = this;
    if (lamps[group] === Lamp.green || lamps[group] === Lamp.redAmber) return true;
    if (lamps[group] !== Lamp.red) return false;
    const { conflicts, intergreen } = this.#junction;
    const n = lamps.length;
    for (let other = 0; other < n; other++) {
      const pair = other * n + group;
      if (!conflicts[pair]) continue;
      if (lamps[other] !== Lamp.red || at - this.#lost[other]! < intergreen[pair]!) return false;
    }
    return true;
  }

  /** Turns the group green, by red-amber where it has one; asking for a green that `mayStart` denies is a bug and throws. */
  start(group: number, at: number): void {
    if (this.lamps[group] === Lamp.green || this.lamps[group] === Lamp.redAmber) return;
    if (!this.mayStart(group, at))
      throw new Error(`green for ${this.#junction.groups[group]!.id} within an intergreen`);
    const redAmber = (this.#junction.groups[group]!.redAmber ?? 0) > 0;
    this.lamps[group] = redAmber ? Lamp.redAmber : Lamp.green;
    this.#since[group] = at;
    if (redAmber) this.#changing++;
  }

  /** Ends a green by amber, a walk by its clearance; no effect on a group that is not green. */
  stop(group: number, at: number): void {
    if (this.lamps[group] !== Lamp.green) return;
    const pedestrian = this.#junction.groups[group]!.kind === "pedestrian";
    this.lamps[group] = pedestrian ? Lamp.clearance : Lamp.amber;
    this.#since[group] = at;
    this.#lost[group] = at;
    this.#changing++;
    if (this.#duration(group) === 0) this.#toRed(group, at);
  }

  /** Ambers and clearances that are over turn red, red-ambers green. */
  tick(at: number): void {
    if (this.#changing === 0) return;
    for (let group = 0; group < this.lamps.length; group++) {
      const lamp = this.lamps[group];
      if ((lamp === Lamp.amber || lamp === Lamp.clearance) && at - this.#since[group]! >= this.#duration(group))
        this.#toRed(group, at);
      if (lamp === Lamp.redAmber && at - this.#since[group]! >= (this.#junction.groups[group]!.redAmber ?? 0)) {
        this.lamps[group] = Lamp.green;
        this.#since[group] = at;
        this.#changing--;
      }
    }
  }

  #duration(group: number): number {
    const { kind, amber, clearance } = this.#junction.groups[group]!;
    return kind === "pedestrian" ? clearance : amber;
  }

  #toRed(group: number, at: number): void {
    if (this.lamps[group] === Lamp.clearance) this.#lost[group] = at;
    this.lamps[group] = Lamp.red;
    this.#since[group] = at;
    this.#changing--;
  }
}
