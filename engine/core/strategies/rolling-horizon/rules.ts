import { queueStride } from "./queues.ts";
import type { Outlook, Start } from "./search.ts";
import type { Walk } from "./walk.ts";

/** Decides for one junction from what its lanes expect. */
export type Solver = (walk: Walk, start: Start) => Outlook;

/** A change has to promise this much more than staying. */
const worthChanging = 1.15;
/** No stage is judged by more green than this, s. */
const longestLook = 40;

/**
 * Priority index (Laemmer and Helbing 2008): the stage that serves the most vehicles for each second of its set-up and
 * green, at the length of green where that is most.
 */
export const byIndex: Solver = (walk, start) => {
  const rates = walk.layout.stages.map((_, stage) => bestRate(walk, start, stage));
  return decided(
    start,
    pick(rates, walk.layout.follows[start.stage]!, { present: start.stage, factor: worthChanging }),
    rates,
  );
};

/** The stage with the most vehicles in sight. */
export const byCount: Solver = (walk, start) => {
  const counts = walk.layout.stages.map(({ open }) =>
    walk.queues.seen.reduce((sum, n, lane) => sum + (open[lane]!.length > 0 ? n : 0), 0),
  );
  return decided(start, pick(counts, walk.layout.follows[start.stage]!, { present: start.stage, factor: 1 }), counts);
};

function bestRate(walk: Walk, start: Start, stage: number): number {
  const { layout } = walk;
  walk.begin(start);
  const setUp = stage === start.stage ? 0 : layout.change[start.stage]![stage]!;
  if (stage !== start.stage) walk.open(start.stage, stage, setUp);
  const before = servedBy(walk);
  let best = 0;
  const from = Math.ceil(setUp);
  for (let t = from; t < Math.min(walk.set.horizon, from + longestLook); t++) {
    walk.second(t, stage, -1, 0);
    const green = t + 1 - from;
    if (stage !== start.stage && green < layout.stages[stage]!.least) continue;
    best = Math.max(best, (servedBy(walk) - before) / (setUp + green));
  }
  return best;
}

function servedBy({ queues, next }: Walk): number {
  let sum = 0;
  for (let lane = 0; lane < queues.size; lane++) sum += queues.weightBefore[lane * (queueStride + 1) + next[lane]!]!;
  return sum;
}

function pick(
  scores: readonly number[],
  follows: readonly boolean[],
  { present, factor }: { readonly present: number; readonly factor: number },
): number {
  let best = present;
  scores.forEach((score, stage) => {
    if (stage === present || !follows[stage]) return;
    const bar = best === present ? scores[present]! * factor : scores[best]!;
    if (score > bar) best = stage;
  });
  return best;
}

function decided({ stage, wait }: Start, to: number, scores: readonly number[]): Outlook {
  const cost = scores[to] ?? 0;
  if (to === stage || wait > 0) return { plan: [{ stage, from: 0, to: 1 }], cost, departures: [] };
  return {
    plan: [
      { stage, from: 0, to: 0 },
      { stage: to, from: 0, to: 1 },
    ],
    cost,
    departures: [],
  };
}
