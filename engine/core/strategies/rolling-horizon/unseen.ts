import type { JunctionView } from "../../view.ts";
import type { Layout } from "./layout.ts";

/**
 * One lane that no camera watches, as far as its vehicles tell once they are in the box: between two moments at which the
 * queue is known to be gone, as many have come as have left.
 */
export interface Unseen {
  /** Arrivals, veh/s. */
  readonly rate: number;
  /** Thought to stand there, veh. */
  readonly queue: number;
  /** Since the queue was last gone: time, s, and vehicles that left. */
  readonly countedS: number;
  readonly left: number;
  /** Green without anybody in the box from here, s. */
  readonly idleS: number;
}

/** Until experience tells: as `nothingLearned`, twice over, since whoever is not seen is easily forgotten. */
const unknown: Unseen = { rate: 0.1, queue: 2, countedS: 0, left: 0, idleS: 0 };
/** Nobody in the box for this long of green: nobody waits. From start of green the first needs some of it to get there, s. */
const goneAfterS = 4;
/** A vehicle that drives is in the box for about this long, s. */
const inBoxS = 3;
/** Slower waits in the box for a gap, m/s. */
const drivingMps = 2;
/** Arrivals are averaged over about this long, s. */
const averagedS = 300;
/** More than this stand in no lane that matters to the next minute. */
const longestQueue = 40;

/** By lane; undefined where the approach is in sight. */
export type UnseenLanes = readonly (Unseen | undefined)[];

export function watchUnseen(
  before: UnseenLanes | undefined,
  layout: Layout,
  view: JunctionView,
  { open, seconds }: { readonly open: readonly boolean[]; readonly seconds: number },
): UnseenLanes {
  return layout.lanes.map(({ approach, index }, lane) => {
    const { id } = layout.junction.approaches[approach]!;
    if ((view.approaches.find((own) => own.approach === id)?.rangeM ?? 0) > 0) return undefined;
    const driving = view.box.filter((one) => one.approach === id && one.lane === index && one.speedMps > drivingMps);
    return next(before?.[lane] ?? unknown, { open: open[lane]!, seconds, driving: driving.length });
  });
}

interface Glance {
  readonly open: boolean;
  readonly seconds: number;
  /** Vehicles from this lane that drive through the box. */
  readonly driving: number;
}

function next(was: Unseen, { open, seconds, driving }: Glance): Unseen {
  const leave = (driving * seconds) / inBoxS;
  const countedS = was.countedS + seconds;
  const left = was.left + leave;
  const idleS = open && driving === 0 ? was.idleS + seconds : 0;
  if (idleS >= goneAfterS) {
    const weight = 1 - Math.exp(-countedS / averagedS);
    const rate = countedS > 0 ? was.rate + weight * (left / countedS - was.rate) : was.rate;
    return { rate, queue: 0, countedS: 0, left: 0, idleS };
  }
  // Whoever drives out of a green is followed by somebody as long as nobody says otherwise.
  const least = driving > 0 ? 1 : 0;
  return {
    // At least as many have come as have left, and in so long a time that is no chance any more.
    rate: countedS > averagedS ? Math.max(was.rate, left / countedS) : was.rate,
    queue: Math.min(longestQueue, Math.max(least, was.queue + was.rate * seconds - leave)),
    countedS,
    left,
    idleS,
  };
}
