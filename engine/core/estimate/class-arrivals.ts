import type { City, Detector, VehicleClass } from "../../../config/model.ts";
import { between, type Instant } from "../../../config/units.ts";
import type { Observation } from "../observe/observation.ts";
import type { Uncertain } from "../strategy.ts";
import { age, counted, type RateFilter, rateSd, startRate } from "./rate-filter.ts";

/** What crosses a line, class by class. Plain data. */
export interface LineArrivals {
  readonly rates: ReadonlyMap<VehicleClass, RateFilter>;
  readonly window: {
    readonly since: Instant;
    readonly seenS: number;
    readonly vehicles: ReadonlyMap<VehicleClass, number>;
  };
}

/** Counts are taken about a cycle at a time, so that platoons and reds even out, s. */
const windowS = 120;

export function lineSeen(before: LineArrivals | undefined, { start, end, counts, quality }: Observation): LineArrivals {
  const state = before ?? { rates: new Map(), window: { since: start, seenS: 0, vehicles: new Map() } };
  if (!(quality > 0) || end <= start) return state;
  const vehicles = new Map(state.window.vehicles);
  for (const [name, n] of Object.entries(counts) as [VehicleClass, number][])
    vehicles.set(name, (vehicles.get(name) ?? 0) + n);
  const window = { since: state.window.since, seenS: state.window.seenS + between(start, end) / 1000, vehicles };
  const total = between(window.since, end) / 1000;
  if (total < windowS) return { ...state, window };
  const coverage = Math.min(1, window.seenS / total);
  const rates = new Map(state.rates);
  for (const [name, n] of vehicles) {
    const rate = n / coverage / total;
    // The first window is all there is to begin from, with the spread of its own count.
    const known = rates.get(name) ?? startRate(rate, Math.sqrt(n + 1) / total);
    rates.set(
      name,
      counted(known, { vehicles: n / coverage, seconds: total, weight: quality * coverage, atLeast: false }),
    );
  }
  return { rates, window: { since: end, seenS: 0, vehicles: new Map() } };
}

export interface LaneArrivals {
  readonly lane: string;
  /** veh/s by class. */
  readonly classes: ReadonlyMap<VehicleClass, Uncertain>;
}

/** By lane: a line over several lanes tells only their sum, which is shared out by width and said to be less sure. */
export function laneArrivals(
  city: City,
  detector: Detector,
  line: LineArrivals,
  now: Instant,
): readonly LaneArrivals[] {
  const approach = city.junctions.get(detector.junction)?.approaches.find(({ id }) => id === detector.approach);
  const lanes = (approach?.lanes ?? []).filter(({ id }) => detector.lanes.includes(id));
  const width = lanes.reduce((sum, { widthM }) => sum + widthM, 0);
  const silentS = Math.max(0, between(line.window.since, now) / 1000);
  return lanes.map(({ id, widthM }) => {
    const share = widthM / width;
    const classes = [...line.rates].map(([name, filter]): readonly [VehicleClass, Uncertain] => {
      const aged = age(filter, silentS);
      const mean = share * aged.mean;
      return [name, { mean, sd: Math.hypot(share * rateSd(aged), share < 1 ? unevenLanes * mean : 0) }];
    });
    return { lane: id, classes: new Map(classes) };
  });
}

/** Lanes side by side differ by about this share in use: left turns keep to one, motorcycles to another. */
const unevenLanes = 0.35;
