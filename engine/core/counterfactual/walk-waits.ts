import type { City, Corridor } from "../../../config/model.ts";
import { type Instant, instant } from "../../../config/units.ts";
import type { CorridorRecord } from "./record.ts";

/** The longest that somebody on foot can have waited at one crossing. */
export interface WalkWait {
  readonly junction: string;
  readonly crossing: string;
  /** From the least end of one walk to the start of the next, s; undefined: fewer than two walks were seen. */
  readonly longestS: number | undefined;
  /** When that next walk began. */
  readonly at: Instant | undefined;
  readonly limitS: number;
  /** Waits beyond the limit. */
  readonly beyond: number;
}

/**
 * By the greens that were shown: walk is sure for its minimum from the start of its phase, so whoever just misses it waits
 * until the next start. An upper bound, whether or not anybody was there. A stretch with unknown lamps ends a wait unjudged.
 */
export function walkWaits(
  city: City,
  corridor: Corridor,
  { from, greens, lampsKnown }: CorridorRecord,
): readonly WalkWait[] {
  return corridor.junctions.flatMap((id) => {
    const junction = city.junctions.get(id)!;
    const masks = greens.get(id)!;
    const known = lampsKnown.get(id)!;
    return junction.crossings.map((crossing): WalkWait => {
      const phases = junction.phases.filter(({ groups }) => groups.includes(crossing.group));
      const own = phases.reduce((mask, { number }) => mask | (1 << number), 0);
      const walkS = (junction.groups.find((group) => group.id === crossing.group)?.minGreen ?? 0) / 1000;
      const limitS = crossing.maxWait / 1000;
      let longest: { readonly s: number; readonly at: number } | undefined;
      let beyond = 0;
      let started: number | undefined;
      for (let t = 1; t < masks.length; t++) {
        if (known[t] === 0) started = undefined;
        else if (known[t - 1] === 1 && (masks[t]! & own) !== 0 && (masks[t - 1]! & own) === 0) {
          if (started !== undefined) {
            const wait = Math.max(0, t - started - walkS);
            if (wait > limitS) beyond++;
            if (!longest || wait > longest.s) longest = { s: wait, at: t };
          }
          started = t;
        }
      }
      const at = longest && instant(from + 1000 * longest.at);
      return { junction: id, crossing: crossing.id, longestS: longest?.s, at, limitS, beyond };
    });
  });
}
