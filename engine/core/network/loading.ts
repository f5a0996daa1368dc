import {
  type LinkSettings,
  type LinkState,
  occupied,
  passStep,
  reached,
  receiving,
  startLink,
} from "../traffic/link-model.ts";

/** Lanes of one approach under one signal. */
export interface LoadedStream {
  readonly id: string;
  readonly link: string;
  /** Share of the link's traffic that joins it; the streams of a link add up to 1. */
  readonly share: number;
  readonly saturationPcuS: number;
  /** 1 in each second in which it may go; repeats when shorter than the loading. */
  readonly green: Uint8Array;
  /** Share of it that leaves by each link; the rest leaves the network. */
  readonly exits: ReadonlyMap<string, number>;
}

export interface Loading {
  readonly links: ReadonlyMap<string, LinkSettings>;
  readonly streams: readonly LoadedStream[];
  /** What enters a link from outside the network, pcu/s: always, or step by step. */
  readonly entries: ReadonlyMap<string, number | Float64Array>;
  readonly steps: number;
  /** Steps at the start that fill the network and are not counted. */
  readonly warmUp: number;
}

export interface StreamLoad {
  /** Waiting at the stop line, pcu s. */
  readonly waiting: number;
  readonly served: number;
  readonly greatestQueue: number;
  readonly queueAtEnd: number;
}

export interface LinkLoad {
  /** Largest share of its storage in use. */
  readonly peakFill: number;
  /** Seconds in which somebody who had green could not enter. */
  readonly blockedS: number;
}

export interface LoadingResult {
  readonly streams: ReadonlyMap<string, StreamLoad>;
  readonly links: ReadonlyMap<string, LinkLoad>;
  /** Waiting of all, with those who could not yet enter the network, pcu s. */
  readonly waiting: number;
  /** Outside the network at the end, pcu. */
  readonly outside: number;
}

interface Queue {
  readonly stream: LoadedStream;
  readonly link: LinkState;
  pcu: number;
  arrivedBefore: number;
  waiting: number;
  served: number;
  greatest: number;
}

/** Less than this is rounding, pcu. */
const crumb = 1e-9;

/**
 * Sends flows through signals and links second by second, each link with its storage: where a link is full, those who
 * would enter it wait at their stop line, and hold up the ones behind them in the same lanes.
 */
export function loadNetwork({ links, streams, entries, steps, warmUp }: Loading): LoadingResult {
  const states = new Map([...links].map(([id, settings]) => [id, startLink(settings, steps)]));
  const queues = streams.flatMap((stream): Queue[] => {
    const link = states.get(stream.link);
    return link ? [{ stream, link, pcu: 0, arrivedBefore: 0, waiting: 0, served: 0, greatest: 0 }] : [];
  });
  const outside = new Map([...entries.keys()].map((id) => [id, 0]));
  const peak = new Map<string, number>();
  const blocked = new Map<string, number>();
  let waiting = 0;
  for (let t = 0; t < steps; t++) {
    const counts = t >= warmUp;
    const room = new Map([...states].map(([id, state]) => [id, receiving(state, t)]));
    const entering = new Map<string, number>();
    const leaving = new Map<string, number>();
    const refused = new Set<string>();
    // Alternating order, so that no stream is always first at a scarce exit.
    for (let k = 0; k < queues.length; k++) {
      const queue = queues[t % 2 === 0 ? k : queues.length - 1 - k]!;
      const arrived = reached(queue.link, t) * queue.stream.share;
      queue.pcu += arrived - queue.arrivedBefore;
      queue.arrivedBefore = arrived;
      const passing = discharge(queue, t, { room, entering, refused });
      queue.pcu -= passing;
      leaving.set(queue.stream.link, (leaving.get(queue.stream.link) ?? 0) + passing);
      queue.greatest = Math.max(queue.greatest, queue.pcu);
      if (!counts) continue;
      queue.waiting += queue.pcu;
      queue.served += passing;
      waiting += queue.pcu;
    }
    for (const [id, rate] of entries) {
      const wanting = outside.get(id)! + (typeof rate === "number" ? rate : (rate[t] ?? 0));
      const takes = Math.min(wanting, room.get(id) ?? Number.POSITIVE_INFINITY);
      outside.set(id, wanting - takes);
      entering.set(id, (entering.get(id) ?? 0) + takes);
      if (counts) waiting += wanting - takes;
    }
    for (const [id, state] of states) {
      passStep(state, t, { entering: entering.get(id) ?? 0, leaving: leaving.get(id) ?? 0 });
      const fill = state.storagePcu > 0 ? occupied(state, t + 1) / state.storagePcu : 0;
      peak.set(id, Math.max(peak.get(id) ?? 0, fill));
      if (counts && refused.has(id)) blocked.set(id, (blocked.get(id) ?? 0) + 1);
    }
  }
  return {
    streams: new Map(
      queues.map(({ stream, pcu, waiting: own, served, greatest }) => [
        stream.id,
        { waiting: own, served, greatestQueue: greatest, queueAtEnd: pcu },
      ]),
    ),
    links: new Map(
      [...states.keys()].map((id) => [id, { peakFill: peak.get(id) ?? 0, blockedS: blocked.get(id) ?? 0 }]),
    ),
    waiting,
    outside: [...outside.values()].reduce((a, b) => a + b, 0),
  };
}

interface Around {
  readonly room: Map<string, number>;
  readonly entering: Map<string, number>;
  readonly refused: Set<string>;
}

/** First in, first out: one full exit holds the whole stream to what that exit takes. */
function discharge({ stream, pcu }: Queue, t: number, { room, entering, refused }: Around): number {
  if (stream.green[t % stream.green.length] === 0) return 0;
  const wanted = Math.min(pcu, stream.saturationPcuS);
  let passing = wanted;
  for (const [exit, share] of stream.exits) {
    const free = room.get(exit);
    if (free === undefined || share <= 0) continue;
    if (wanted * share > free + crumb) refused.add(exit);
    passing = Math.min(passing, free / share);
  }
  for (const [exit, share] of stream.exits) {
    const free = room.get(exit);
    if (free === undefined) continue;
    room.set(exit, Math.max(0, free - passing * share));
    entering.set(exit, (entering.get(exit) ?? 0) + passing * share);
  }
  return passing;
}
