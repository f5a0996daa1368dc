import type { Corridor, Junction, Stream } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { modulo } from "../../../config/units.ts";
import { greenSeconds } from "../plan/green-windows.ts";
import type { PlannedNetwork, Plans } from "./network.ts";

/** One direction of a corridor: the streams that carry it, in driving order. */
export interface Direction {
  readonly corridor: string;
  readonly forward: boolean;
  readonly stops: readonly {
    readonly junction: Junction;
    readonly stream: Stream;
    /** From the stop line of the first one, s. */
    readonly travelS: number;
  }[];
  /** Mean of its streams' flows, pcu/h. */
  readonly flowPcuh: number;
}

/** Green of a direction at one junction, s since the start of the coordinated green, modulo the plan's cycle. */
export interface GreenWindow {
  readonly startS: number;
  readonly lengthS: number;
}

/** Both directions of every corridor that carry anything from junction to junction. */
export function directionsOf(network: PlannedNetwork): readonly Direction[] {
  return network.corridors.flatMap((corridor) =>
    [true, false].flatMap((forward) => directionOf(network, corridor, forward) ?? []),
  );
}

function directionOf({ city, loads }: PlannedNetwork, corridor: Corridor, forward: boolean): Direction | undefined {
  const ids = forward ? corridor.junctions : [...corridor.junctions].reverse();
  const links = forward ? corridor.forward : [...corridor.backward].reverse();
  let travelS = 0;
  const stops: Direction["stops"][number][] = [];
  for (const [i, id] of ids.entries()) {
    const junction = city.junctions.get(id)!;
    const link = i > 0 ? city.links.get(links[i - 1]!) : undefined;
    if (link) travelS += link.lengthM / Math.min(link.speedMps, corridor.progressionMps);
    const stream = carrier(junction, { from: links[i - 1], to: links[i], flow: (own) => loads.get(own)?.pcuPerS ?? 0 });
    if (!stream) return undefined;
    stops.push({ junction, stream, travelS });
  }
  if (stops.length < 2) return undefined;
  const flow = stops.reduce((sum, { stream }) => sum + (loads.get(stream.id)?.pcuPerS ?? 0), 0);
  return { corridor: corridor.id, forward, stops, flowPcuh: (3600 * flow) / stops.length };
}

/** The busiest stream that comes by one link and leaves by the other; at the ends of a corridor either is free, and the main street is preferred. */
function carrier(
  junction: Junction,
  way: {
    readonly from: string | undefined;
    readonly to: string | undefined;
    readonly flow: (stream: string) => number;
  },
): Stream | undefined {
  const approaches = junction.approaches.filter(({ link }) => way.from === undefined || link === way.from);
  const able = junction.streams.filter(
    ({ approach, movements }) =>
      approaches.some(({ id }) => id === approach) &&
      junction.movements.some(
        ({ id, exit, turn }) => movements.includes(id) && (way.to === undefined ? turn === "through" : exit === way.to),
      ),
  );
  // A corridor may end in a T: then any stream of its last link carries it.
  const ending =
    able.length > 0
      ? able
      : junction.streams.filter(({ approach }) => approaches.some(({ id }) => id === approach) && way.to === undefined);
  const rank = (stream: Stream): number => way.flow(stream.id) + (stream.main ? 1000 : 0);
  return ending.length === 0 ? undefined : ending.reduce((a, b) => (rank(b) > rank(a) ? b : a));
}

/** Longest unbroken green of a stream. */
export function greenWindow(junction: Junction, plan: TimingPlan, stream: Stream): GreenWindow {
  const green = greenSeconds(junction, plan, stream);
  const n = green.length;
  let best: GreenWindow = { startS: 0, lengthS: 0 };
  for (let start = 0; start < n; start++) {
    if (green[start] === 0 || (green[modulo(start - 1, n)] === 1 && best.lengthS > 0)) continue;
    let lengthS = 0;
    while (lengthS < n && green[(start + lengthS) % n] === 1) lengthS++;
    if (lengthS > best.lengthS) best = { startS: start, lengthS };
  }
  return best;
}

export interface Band {
  /** Widest stretch of time in which one may set off at the first stop line and meet green at each. */
  readonly widthS: number;
  /** Its beginning at the first stop line, s since UTC midnight modulo the cycle. */
  readonly startS: number;
}

/** Parts of a second that bands are measured in. */
const perSecond = 10;

/** The widest band through some stops of a direction, measured on the plans themselves; nothing is taken from how they were made. */
export function measureBand(direction: Direction, plans: Plans, from = 0, to = direction.stops.length - 1): Band {
  const stops = direction.stops.slice(from, to + 1);
  const cycleS = Math.max(...stops.map(({ junction }) => plans.get(junction.id)!.cycle)) / 1000;
  const n = Math.round(cycleS * perSecond);
  const open = new Uint8Array(n).fill(1);
  for (const { junction, stream, travelS } of stops) {
    const plan = plans.get(junction.id)!;
    const { startS, lengthS } = greenWindow(junction, plan, stream);
    const own = plan.cycle / 1000;
    if (Math.abs(modulo(cycleS, own)) > 1e-9) return { widthS: 0, startS: 0 };
    const begin = plan.offset / 1000 + startS - (travelS - stops[0]!.travelS);
    for (let t = 0; t < n; t++) {
      const since = modulo(t / perSecond - begin + 1e-6, own);
      if (since >= lengthS) open[t] = 0;
    }
  }
  return widest(open);
}

function widest(open: Uint8Array): Band {
  const n = open.length;
  let best = { start: 0, length: 0 };
  if (open.every((cell) => cell === 1)) return { widthS: n / perSecond, startS: 0 };
  for (let start = 0; start < n; start++) {
    if (open[start] === 0 || open[modulo(start - 1, n)] === 1) continue;
    let length = 0;
    while (open[(start + length) % n] === 1) length++;
    if (length > best.length) best = { start, length };
  }
  return { widthS: best.length / perSecond, startS: best.start / perSecond };
}
