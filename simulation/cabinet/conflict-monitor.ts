import type { Junction } from "../../config/model.ts";
import { Lamp } from "../lamps.ts";

/**
 * The conflict monitor: a separate device that looks only at the lamps. It shares no code with the machine that drives
 * them and keeps its own copy of the conflict matrix and clearance times (as a malfunction management unit keeps its
 * programming card). Times are milliseconds of one monotonic clock.
 */
export class ConflictMonitor {
  readonly #names: readonly string[];
  readonly #isPedestrian: readonly boolean[];
  readonly #minGreen: readonly number[];
  readonly #change: readonly number[];
  /** For each group, what must have been over for how long before it turns green. */
  readonly #before: readonly (readonly { readonly group: number; readonly gap: number }[])[];
  readonly #shown: Uint8Array;
  readonly #since: Float64Array;
  readonly #wayLost: Float64Array;
  #trips = 0;

  constructor(junction: Junction, at: number) {
    const { groups } = junction;
    this.#names = groups.map((group) => group.id);
    this.#isPedestrian = groups.map((group) => group.kind === "pedestrian");
    this.#minGreen = groups.map((group) => group.minGreen);
    this.#change = groups.map((group) => (group.kind === "pedestrian" ? group.clearance : group.amber));
    this.#before = groups.map((_, own) =>
      groups.flatMap((_, other) =>
        junction.conflicts[own * groups.length + other] || junction.conflicts[other * groups.length + own]
          ? [{ group: other, gap: junction.intergreen[other * groups.length + own]! }]
          : [],
      ),
    );
    // As after flash: every group counts as having lost its way just now.
    this.#shown = new Uint8Array(groups.length).fill(Lamp.flash);
    this.#since = new Float64Array(groups.length).fill(at);
    this.#wayLost = new Float64Array(groups.length).fill(at);
  }

  /** Times it has found a fault since it was built. */
  get trips(): number {
    return this.#trips;
  }

  /** Looks at the lamps once; the answer names the first fault, undefined when there is none. */
  look(lamps: Uint8Array, at: number): string | undefined {
    let fault: string | undefined;
    let changed = false;
    for (let group = 0; group < lamps.length; group++) {
      const lamp = lamps[group]!;
      if (lamp === this.#shown[group]) continue;
      changed = true;
      fault ??= this.#ended(group, this.#shown[group]!, lamp, at);
      if (holdsWay(this.#shown[group]!) && !holdsWay(lamp)) this.#wayLost[group] = at;
      // A pedestrian's way lasts until the clearance is over, a vehicle's until its green is.
      if (this.#shown[group] === Lamp.clearance) this.#wayLost[group] = at;
      this.#shown[group] = lamp;
      this.#since[group] = at;
    }
    if (changed) for (let group = 0; group < lamps.length; group++) fault ??= this.#conflicts(group, at);
    if (fault) this.#trips++;
    return fault;
  }

  /** What is wrong with a lamp giving way to another. */
  #ended(group: number, from: number, to: number, at: number): string | undefined {
    if (!lit(from) || to === Lamp.flash || to === Lamp.dark) return undefined;
    const shown = at - this.#since[group]!;
    const change = this.#isPedestrian[group] ? Lamp.clearance : Lamp.amber;
    if (from === Lamp.green) {
      if (shown < this.#minGreen[group]!) return `${this.#names[group]}: green for ${shown} ms only`;
      if (to !== change && this.#change[group]! > 0) return `${this.#names[group]}: no ${nameOf(change)} after green`;
    }
    if (from === change && shown < this.#change[group]!)
      return `${this.#names[group]}: ${nameOf(change)} for ${shown} ms only`;
    return undefined;
  }

  /** Another group lit against this one, or dark for too short a time before this one's green. */
  #conflicts(group: number, at: number): string | undefined {
    const lamp = this.#shown[group]!;
    if (!lit(lamp)) return undefined;
    for (const { group: other, gap } of this.#before[group]!) {
      if (lit(this.#shown[other]!)) return `${this.#names[group]} and ${this.#names[other]} lit together`;
      const passed = this.#since[group]! - this.#wayLost[other]!;
      const begins = this.#since[group] === at && (lamp === Lamp.green || lamp === Lamp.redAmber);
      if (begins && passed < gap) return `${this.#names[group]} green ${passed} ms after ${this.#names[other]}`;
    }
    return undefined;
  }
}

const lit = (lamp: number): boolean =>
  lamp === Lamp.green || lamp === Lamp.amber || lamp === Lamp.redAmber || lamp === Lamp.clearance;

/** Lamps under which traffic may be in the junction by right, clearances and flash included. */
const holdsWay = (lamp: number): boolean => lamp === Lamp.green || lamp === Lamp.flash;

const nameOf = (lamp: number): string => (lamp === Lamp.clearance ? "clearance" : "amber");
