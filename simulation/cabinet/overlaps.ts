import type { Junction } from "../../config/model.ts";
import { Lamp } from "../lamps.ts";
import { Code, type EventLog } from "./event-log.ts";

/** A vehicle group that is green in more than one phase, and through the change between two of them. */
export interface Overlap {
  /** From 1, in the order of the junction's groups. */
  readonly number: number;
  /** Index in `junction.groups`. */
  readonly group: number;
  readonly phases: readonly number[];
}

export const overlapsOf = (junction: Junction): readonly Overlap[] =>
  junction.groups
    .map((group, index) => ({
      group: index,
      phases:
        group.kind === "vehicle" ? junction.phases.filter((p) => p.groups.includes(group.id)).map((p) => p.number) : [],
    }))
    .filter(({ phases }) => phases.length > 1)
    .map((overlap, i) => ({ ...overlap, number: i + 1 }));

/** Overlaps whose group shows this lamp; bit n - 1 is overlap n. */
export const overlapBits = (overlaps: readonly Overlap[], lamps: Uint8Array, lamp: Lamp): number =>
  overlaps.reduce((bits, { number, group }) => (lamps[group] === lamp ? bits | (1 << (number - 1)) : bits), 0);

/** Writes what overlaps do into the log. */
export class OverlapLog {
  readonly #overlaps: readonly Overlap[];
  readonly #log: EventLog;
  readonly #shown: Uint8Array;

  constructor(overlaps: readonly Overlap[], log: EventLog) {
    this.#overlaps = overlaps;
    this.#log = log;
    this.#shown = new Uint8Array(overlaps.length).fill(Lamp.red);
  }

  look(lamps: Uint8Array): void {
    for (let i = 0; i < this.#overlaps.length; i++) {
      const { number, group } = this.#overlaps[i]!;
      const lamp = lamps[group]!;
      if (lamp === this.#shown[i]) continue;
      this.#shown[i] = lamp;
      if (lamp === Lamp.green) this.#log.write(Code.overlapGreen, number);
      else if (lamp === Lamp.amber) this.#log.write(Code.overlapYellow, number);
      else if (lamp === Lamp.red) this.#log.write(Code.overlapOff, number);
      else if (lamp === Lamp.dark || lamp === Lamp.flash) this.#log.write(Code.overlapDark, number);
    }
  }
}
