import { between, type Instant } from "../../../../config/units.ts";
import type { Knowledge } from "../../strategy.ts";
import type { JunctionView } from "../../view.ts";
import { type Layout, layoutOf } from "./layout.ts";
import type { Learned } from "./learned.ts";
import { type Announced, travelTime } from "./queues.ts";
import { type Feeder, upstreamOf } from "./upstream.ts";
import type { Departure } from "./walk.ts";

/** Vehicles that crossed a stop line. */
export interface Sent {
  readonly lane: number;
  readonly at: Instant;
  readonly count: number;
}

/** What a junction tells its neighbours. */
export interface Told {
  readonly learned: Learned;
  /** Of the plan made at `at`, s from then. */
  readonly departures: readonly Departure[];
  readonly sent: readonly Sent[];
  readonly at: Instant;
}

/** Whoever left longer ago has long been seen downstream, ms. */
const forgotten = 120_000;
/** A queue's vehicles cross the stop line at about this speed, m/s. */
const leavingMps = 6;

export function sentSince(before: readonly Sent[], layout: Layout, view: JunctionView, now: Instant): readonly Sent[] {
  const sent = before.filter(({ at }) => between(at, now) < forgotten);
  for (const approach of view.approaches) {
    const a = layout.junction.approaches.findIndex(({ id }) => id === approach.approach);
    if (a < 0) continue;
    approach.crossed.forEach((count, i) => {
      if (count > 0) sent.push({ lane: layout.firstLane[a]! + i, at: view.at, count });
    });
  }
  return sent;
}

/** By lane: what neighbours' plans will send, and who is on the way beyond the view. */
export function announcements(
  known: Knowledge,
  memory: ReadonlyMap<string, Told>,
  layout: Layout,
  own: { readonly learned: Learned; readonly view: JunctionView; readonly horizon: number },
): readonly (readonly Announced[])[] {
  const out: Announced[][] = layout.lanes.map(() => []);
  const feeders = upstreamOf(known.city).get(layout.junction.id) ?? [];
  feeders.forEach((list, a) => {
    const approach = layout.junction.approaches[a]!;
    const lanes = approach.lanes.map((_, i) => layout.firstLane[a]! + i);
    const total = lanes.reduce((sum, lane) => sum + own.learned.crossed[lane]!, 0);
    const range = own.view.approaches.find((view) => view.approach === approach.id)?.rangeM ?? 0;
    const seenS = range / layout.lanes[lanes[0]!]!.speedMps;
    for (const feeder of list) {
      const told = memory.get(feeder.junction);
      if (!told) continue;
      for (const { arrival, weight } of fromFeeder(known, feeder, told, seenS)) {
        if (arrival > own.horizon) continue;
        for (const lane of lanes) out[lane]!.push({ arrival, weight: (weight * own.learned.crossed[lane]!) / total });
      }
    }
  });
  return out;
}

function fromFeeder({ city, now }: Knowledge, feeder: Feeder, told: Told, seenS: number): readonly Announced[] {
  const layout = layoutOf(city, city.junctions.get(feeder.junction)!);
  const time = travelTime(feeder.distanceM, leavingMps, feeder.speedMps);
  const age = between(told.at, now) / 1000;
  const share = (lane: number): number => {
    const i = layout.lanes[lane]!.movements.indexOf(feeder.movement);
    return i < 0 ? 0 : told.learned.share[lane]![i]! * feeder.share;
  };
  const out: Announced[] = [];
  for (const { lane, at, weight } of told.departures) {
    const part = share(lane) * weight;
    if (at >= age && part > 0) out.push({ arrival: at - age + time, weight: part });
  }
  for (const { lane, at, count } of told.sent) {
    const arrival = time - between(at, now) / 1000;
    const part = share(lane) * count;
    // Nearer ones are in sight.
    if (arrival > seenS && part > 0) out.push({ arrival, weight: part });
  }
  return out;
}
