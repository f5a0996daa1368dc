import type { City, VehicleClass } from "../../../config/model.ts";
import { type Millis, millis, seconds } from "../../../config/units.ts";

/** What every rule of judging stands on. Sources: facts of the field where one is named, else our own design. */
export interface ObserveSettings {
  /** A period this many periods older than the newest is still taken for its own time. */
  readonly reorderPeriods: number;
  /** A period not come this many periods after its end is missing, even when nothing newer came. */
  readonly lostAfterPeriods: number;
  /** A detector not heard for this many periods, and for at least `silentAtLeast`, is silent. */
  readonly silentAfterPeriods: number;
  readonly silentAtLeast: Millis;
  /** A device clock may be ahead by this share of a period, and at least by this much, without a word. */
  readonly aheadShare: number;
  readonly aheadAtLeast: Millis;
  /** Ahead by up to this: placed by arrival time. Further: refused. */
  readonly restampLimit: Millis;
  /** A lag this large (and two periods at least) that stays the same is a slow clock, not a slow line. */
  readonly behindLimit: Millis;
  /** Readings over which a clock's offset is estimated (median). */
  readonly clockWindow: number;
  /** How close to whole hours an offset must be to be called a wrong time zone (two periods at least). */
  readonly zoneTolerance: Millis;
  /** Of a period; less seen means missing, more is scaled up. */
  readonly leastObserved: number;
  /** Least time between two vehicles of a class in one lane. */
  readonly headway: Readonly<Record<VehicleClass, Millis>>;
  /** Vehicles per lane allowed above the bound, because a period cuts platoons anywhere. */
  readonly boundSlack: number;
  /** Occupied so much with nothing crossing is a standing queue. */
  readonly congestedOccupancy: number;
  /** Occupied so much, for so long, is a stuck zone. */
  readonly fullOccupancy: number;
  readonly stuckOnAfter: Millis;
  /** Chance at which a run of identical values stops being chance; natural logarithm, negative. */
  readonly stuckChance: number;
  readonly stuckAtLeast: number;
  /** Vehicles that should have come, by the neighbours, before silence of a line is a fault: P(0) = e^-20. */
  readonly stuckOffExpected: number;
  /** Beyond the longest red of the junction. */
  readonly stuckOffBeyondRed: Millis;
  /** Vehicles in the other lanes of the approach while a line has never counted one. */
  readonly neverCounted: number;
  /** Time constant of the mean flow that the neighbours' rule compares with, and least history for it. */
  readonly rateOver: Millis;
  readonly rateNeeds: Millis;
  /** Bad readings, less one for each good one, before a detector is suspect. */
  readonly strikes: number;
  /** Suspect for this long is failed. */
  readonly failedAfter: Millis;
  /** Good readings in a row that end suspicion, and silence. */
  readonly recoverAfter: number;
  readonly returnAfter: number;
  /** Events are put into periods this long after a period's end. */
  readonly eventGrace: Millis;
  /** A source of events is alive while anything came from it within this time; only then is no event a zero. */
  readonly liveFor: Millis;
  /** Event ids remembered per detector. */
  readonly eventIds: number;
  /** A running total away for more periods than this is not spread over them. */
  readonly spreadPeriods: number;
  /** Modulus of counters known to wrap, by detector. */
  readonly wraps: Readonly<Record<string, number>>;
}

export const defaultSettings: ObserveSettings = {
  reorderPeriods: 2,
  lostAfterPeriods: 4,
  silentAfterPeriods: 4,
  silentAtLeast: seconds(15),
  // 10 % of a period for periods, 2 s for events.
  aheadShare: 0.1,
  aheadAtLeast: seconds(2),
  restampLimit: seconds(60),
  behindLimit: seconds(120),
  clockWindow: 5,
  zoneTolerance: seconds(120),
  leastObserved: 0.8,
  // 0.9 s is the shortest headway of cars in a lane. Motorcycles drive up to three abreast in 3.5 m at about 0.75 s; heavy
  // vehicles are held to the car's bound, since a class can be mistaken.
  headway: { car: millis(900), hv: millis(900), mc: millis(250), um: millis(500), unknown: millis(250) },
  boundSlack: 2,
  congestedOccupancy: 0.9,
  fullOccupancy: 0.99,
  // Peers use 5 to 60 min, 30 by default; here no red is longer than 3 min.
  stuckOnAfter: seconds(600),
  stuckChance: Math.log(1e-9),
  stuckAtLeast: 4,
  stuckOffExpected: 20,
  stuckOffBeyondRed: seconds(60),
  neverCounted: 300,
  rateOver: seconds(900),
  rateNeeds: seconds(600),
  strikes: 3,
  failedAfter: seconds(900),
  recoverAfter: 5,
  returnAfter: 2,
  eventGrace: seconds(2),
  liveFor: seconds(60),
  eventIds: 64,
  spreadPeriods: 3,
  wraps: {},
};

/** What judging needs to know of one detector. */
export interface DetectorFacts {
  readonly id: string;
  readonly source: string;
  readonly junction: string;
  readonly lanes: number;
  readonly period: Millis;
  /** Longest red it may have to wait through. */
  readonly maxRed: Millis;
  /** Other detectors of the same kind on the same approach. */
  readonly beside: readonly string[];
  /** All other detectors of the junction. */
  readonly around: readonly string[];
}

const known = new WeakMap<City, ReadonlyMap<string, DetectorFacts>>();

/** By detector id, in order of id. Worked out once for a city. */
export function detectorFacts(city: City): ReadonlyMap<string, DetectorFacts> {
  const ready = known.get(city);
  if (ready) return ready;
  const detectors = [...city.detectors.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const facts = new Map<string, DetectorFacts>();
  for (const detector of detectors) {
    const junction = city.junctions.get(detector.junction);
    const approach = junction?.approaches.find(({ id }) => id === detector.approach);
    const others = detectors.filter(({ id, junction: at }) => id !== detector.id && at === detector.junction);
    const beside = others.filter(({ approach: at, kind }) => at === detector.approach && kind === detector.kind);
    facts.set(detector.id, {
      id: detector.id,
      source: detector.camera,
      junction: detector.junction,
      lanes: Math.max(1, detector.lanes.length || (approach?.lanes.length ?? 1)),
      period: detector.period,
      maxRed: junction?.maxRed ?? seconds(180),
      beside: beside.map(({ id }) => id),
      around: others.map(({ id }) => id),
    });
  }
  known.set(city, facts);
  return facts;
}
