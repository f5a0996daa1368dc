import type { Approach, City, Detector, Junction, Stream, Turn } from "../../../config/model.ts";
import { queueAreaPerPcuM2 } from "../traffic/manual-performance.ts";
import { defaultTurnShare } from "../traffic/passenger-car-units.ts";
import { gradeFactor, protectedSaturation } from "../traffic/saturation-flow.ts";

/** What follows from the city alone: who sees, feeds and stores what. */
export interface Wiring {
  readonly streams: readonly StreamWiring[];
  readonly byId: ReadonlyMap<string, StreamWiring>;
  readonly detectors: ReadonlyMap<string, DetectorWiring>;
}

export interface StreamWiring {
  readonly stream: Stream;
  readonly junction: Junction;
  /** Link it stands on, and how fast one drives there. */
  readonly link: string;
  readonly speedMps: number;
  /** Prior of its share of the approach's traffic. */
  readonly share: number;
  /** Saturation before anything was seen, pcu/h of green, and its standard deviation. */
  readonly saturation: { readonly mean: number; readonly sd: number };
  /** Share of the stream that leaves by each link. */
  readonly exits: ReadonlyMap<string, number>;
  /** Streams that feed its link, with the share of each that goes there. */
  readonly feeders: readonly { readonly stream: string; readonly share: number }[];
  /** Room on its link for its lanes, pcu. */
  readonly storagePcu: number;
  /** Room in its turning bays, pcu; undefined where a lane of it runs on along the link. */
  readonly bayPcu: number | undefined;
}

export interface DetectorWiring {
  readonly detector: Detector;
  /** Streams under the line; `width` is the share of the stream's width that the line covers. */
  readonly covers: readonly { readonly stream: string; readonly prior: number; readonly width: number }[];
  /** An advance line whose lanes have a stop line too: that one counts the same vehicles better. */
  readonly repeats: boolean;
  /** Link an exit line lies on. */
  readonly exit: string | undefined;
  /** Vehicles that fill its zone, pcu. */
  readonly zonePcu: number;
}

/** Spread of measured saturation flows around 600 We and its factors; and where right turns yield, for which the manual has charts only. */
const protectedSpread = 0.15;
const opposedSpread = 0.4;

const priorOf = (turn: Turn): number =>
  turn === "through" ? 1 - 2 * defaultTurnShare : turn === "u-turn" ? defaultTurnShare / 10 : defaultTurnShare;

const known = new WeakMap<City, Wiring>();

/** The same city always gives the same wiring; it is worked out once. */
export function wiringOf(city: City): Wiring {
  const found = known.get(city);
  if (found) return found;
  const made = wire(city);
  known.set(city, made);
  return made;
}

function wire(city: City): Wiring {
  const junctions = [...city.junctions.values()];
  const bare = junctions.flatMap((junction) => junction.streams.map((stream) => wireStream(city, junction, stream)));
  const streams = bare.map((wired) => ({
    ...wired,
    feeders: bare.flatMap((other) => {
      const share = other.exits.get(wired.link) ?? 0;
      return share > 0 ? [{ stream: other.stream.id, share }] : [];
    }),
  }));
  const byId = new Map(streams.map((wired) => [wired.stream.id, wired]));
  const detectors = new Map(
    [...city.detectors.values()].map((detector) => [detector.id, wireDetector(city, detector, byId)]),
  );
  return { streams, byId, detectors };
}

function wireStream(city: City, junction: Junction, stream: Stream): Omit<StreamWiring, "feeders"> {
  const approach = approachOf(junction, stream.approach);
  const movements = junction.movements.filter((movement) => movement.approach === stream.approach);
  const prior = (ids: readonly string[]): number =>
    movements.filter(({ id }) => ids.includes(id)).reduce((sum, { turn }) => sum + priorOf(turn), 0);
  const all = prior(movements.map(({ id }) => id));
  const own = prior(stream.movements);
  const exits = new Map<string, number>();
  for (const movement of movements) {
    if (!stream.movements.includes(movement.id)) continue;
    exits.set(movement.exit, (exits.get(movement.exit) ?? 0) + priorOf(movement.turn) / own);
  }
  const yields = movements.some(({ id, yieldsTo }) => stream.movements.includes(id) && yieldsTo.length > 0);
  const mean = protectedSaturation(stream.widthM) * city.citySizeFactor * gradeFactor(approach.gradePercent);
  const length = city.links.get(approach.link)?.lengthM ?? 0;
  return {
    stream,
    junction,
    link: approach.link,
    speedMps: city.links.get(approach.link)?.speedMps ?? 0,
    share: all > 0 ? own / all : 1,
    saturation: { mean, sd: mean * (yields ? opposedSpread : protectedSpread) },
    exits,
    storagePcu: (length * stream.widthM) / queueAreaPerPcuM2,
    bayPcu: bayOf(approach, stream),
  };
}

function bayOf({ lanes }: Approach, stream: Stream): number | undefined {
  const own = lanes.filter(({ id }) => stream.lanes.includes(id));
  if (own.length === 0 || own.some(({ bayM }) => bayM === undefined)) return undefined;
  return own.reduce((sum, { bayM, widthM }) => sum + bayM! * widthM, 0) / queueAreaPerPcuM2;
}

const approachOf = (junction: Junction, id: string): Approach =>
  junction.approaches.find((approach) => approach.id === id)!;

function wireDetector(city: City, detector: Detector, streams: ReadonlyMap<string, StreamWiring>): DetectorWiring {
  const junction = city.junctions.get(detector.junction)!;
  const approach = approachOf(junction, detector.approach);
  if (detector.kind === "exit") {
    const arm = city.links.get(approach.link)?.from;
    const exit = [...city.links.values()].find((link) => link.from === junction.node && link.to === arm);
    const width = exit?.widthM ?? 0;
    return {
      detector,
      covers: [],
      repeats: false,
      exit: exit?.id,
      zonePcu: (detector.zoneM * width) / queueAreaPerPcuM2,
    };
  }
  const lanes = approach.lanes.filter((lane) => detector.lanes.includes(lane.id));
  const width = (ids: readonly string[]): number =>
    lanes.filter((lane) => ids.includes(lane.id)).reduce((sum, lane) => sum + lane.widthM, 0);
  const covers = junction.streams
    .filter((stream) => stream.approach === approach.id && width(stream.lanes) > 0)
    .map((stream) => ({
      stream: stream.id,
      prior: streams.get(stream.id)!.share,
      width: width(stream.lanes) / stream.widthM,
    }));
  return {
    detector,
    covers,
    repeats: detector.kind === "advance" && hasStopLine(city, detector),
    exit: undefined,
    zonePcu: (detector.zoneM * width(lanes.map((lane) => lane.id))) / queueAreaPerPcuM2,
  };
}

const hasStopLine = (city: City, { junction, lanes }: Detector): boolean =>
  [...city.detectors.values()].some(
    (other) =>
      other.kind === "stop-line" && other.junction === junction && other.lanes.some((lane) => lanes.includes(lane)),
  );
