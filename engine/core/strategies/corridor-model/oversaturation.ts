import type { Junction } from "../../../../config/model.ts";
import { between, type Instant } from "../../../../config/units.ts";
import { objectiveWeights } from "../../objective.ts";
import type { Knowledge, Reason } from "../../strategy.ts";
import { criticalPath, flowRatio } from "../critical-path.ts";
import type { Loads } from "./load.ts";

/** Plain data. */
export interface Oversaturation {
  /** Of each stream's last cycles, those whose green left a queue behind; the newest last. */
  readonly left: ReadonlyMap<string, readonly boolean[]>;
  /** Since when each junction has been oversaturated; no entry: it is not. */
  readonly since: ReadonlyMap<string, Instant>;
}

export const notOversaturated: Oversaturation = { left: new Map(), since: new Map() };

/**
 * A queue left behind in this many of the last cycles, where more come than the longest cycle can serve, is
 * oversaturation; in none of them, it is over. Where all could be served, other splits are the cure.
 */
const enough = 2;
const cyclesWatched = 3;

/** Looks once a cycle. Reasons by junction, when its state changes. */
export function oversaturationSeen(
  before: Oversaturation,
  { streams, now }: Knowledge,
  junctions: readonly Junction[],
): { readonly state: Oversaturation; readonly reasons: ReadonlyMap<string, Reason> } {
  const left = new Map<string, readonly boolean[]>();
  const since = new Map(before.since);
  const reasons = new Map<string, Reason>();
  for (const junction of junctions) {
    let worst = 0;
    let worstStream = "";
    let clear = true;
    for (const { id } of junction.streams) {
      const degree = streams.get(id)?.degreeOfSaturation;
      const seen = [...(before.left.get(id) ?? []), degree !== undefined && degree > 1].slice(-cyclesWatched);
      left.set(id, seen);
      const cycles = seen.filter((own) => own).length;
      if (cycles > worst) [worst, worstStream] = [cycles, id];
      clear &&= cycles === 0;
    }
    const began = since.get(junction.id);
    if (began === undefined && worst >= enough && beyondCapacity(junction, streams)) {
      since.set(junction.id, now);
      reasons.set(junction.id, entered(worstStream, worst));
    } else if (began !== undefined && clear) {
      since.delete(junction.id);
      reasons.set(junction.id, over(junction.id, between(began, now) / 1000));
    }
  }
  return { state: { left, since }, reasons };
}

function beyondCapacity(junction: Junction, streams: Knowledge["streams"]): boolean {
  const { sum, lostS } = criticalPath(junction, (stream) => flowRatio(streams.get(stream)));
  return sum > 1 - (1000 * lostS) / junction.cycleMax;
}

/** While a junction cannot serve all, it serves the most. */
export function forThroughput(loads: Loads, { since }: Oversaturation): Loads {
  if (since.size === 0) return loads;
  return new Map(
    [...loads].map(([id, load]) => {
      const saturated = since.has(load.wiring.junction.id);
      return [id, saturated ? { ...load, objective: objectiveWeights.throughput } : load];
    }),
  );
}

const entered = (stream: string, cycles: number): Reason => ({
  code: "oversaturated",
  text: `${stream} kept a queue after its green in ${cycles} of ${cyclesWatched} cycles: its junction serves the most vehicles, and its cycle is not shortened, until no queue is left.`,
  values: { stream, cycles },
});

const over = (junction: string, lastedS: number): Reason => ({
  code: "recovered",
  text: `${junction} has left no queue behind for ${cyclesWatched} cycles, ${lastedS.toFixed(0)} s after it was oversaturated: back to the corridor's objective.`,
  values: { lasted_s: lastedS },
});
