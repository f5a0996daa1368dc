import { between, type Instant, seconds } from "../../../config/units.ts";
import type { Knowledge, Strategy, Wanted } from "../strategy.ts";
import { boxHolds, fullExits } from "./rolling-horizon/box.ts";
import { type Layout, layoutOf } from "./rolling-horizon/layout.ts";
import { type Learned, learn, nothingLearned } from "./rolling-horizon/learned.ts";
import { type Announced, queuesOf, travelTime } from "./rolling-horizon/queues.ts";
import { type Departure, Search, settings, Walk } from "./rolling-horizon/search.ts";
import { upstreamOf } from "./rolling-horizon/upstream.ts";

interface Sent {
  readonly lane: number;
  readonly at: Instant;
  readonly count: number;
}

interface JunctionMemory {
  readonly learned: Learned;
  readonly stage: number;
  readonly since: Instant;
  readonly target: number;
  readonly asked: Instant;
  readonly held: number;
  readonly departures: readonly Departure[];
  readonly at: Instant;
  /** Who crossed the stop lines lately. */
  readonly sent: readonly Sent[];
}

type Memory = ReadonlyMap<string, JunctionMemory>;

export const tune = { holdMost: 6, announce: true, sentFor: 120 };

export const rollingHorizon: Strategy<Memory> = {
  name: "rolling-horizon",
  period: seconds(1),
  start: () => new Map(),
  decide: (known, before) => {
    const memory = new Map(before);
    const wanted: Wanted[] = [];
    for (const id of known.corridor.junctions) {
      const junction = known.city.junctions.get(id)!;
      const view = known.views?.get(id);
      const status = known.cabinets.get(id);
      if (!view || status?.kind !== "reachable") continue;
      const layout = layoutOf(known.city, junction);
      const was = before.get(id);
      const learned = learn(was?.learned ?? nothingLearned(layout), layout, view);
      const green = layout.phases.findIndex((phase) => status.phases[phase] === "green");
      const now = known.now;
      let stage = was?.stage ?? 0;
      let since = was?.since ?? now;
      let target = was?.target ?? Math.max(0, green);
      let asked = was?.asked ?? now;
      let held = was?.held ?? 0;
      const barred = layout.stages.map(() => false);
      const full = fullExits(layout, view);
      let start: { stage: number; green: number; wait: number; barred: boolean[]; full: readonly boolean[] };
      let hold = false;
      if (green >= 0) {
        if (green !== stage || !was) since = now;
        stage = green;
        held = 0;
        start = { stage, green: between(since, now) / 1000, wait: 0, barred, full };
      } else {
        const change = layout.change[stage]![target]!;
        const left = change - between(asked, now) / 1000;
        if (left <= 1 && held < tune.holdMost && boxHolds(layout, view, stage, target) > 0) {
          hold = true;
          held++;
        }
        start = { stage: target, green: 0, wait: Math.max(1, left) + (hold ? 1 : 0), barred, full };
      }
      const announced = announcements(known, before, layout, learned);
      const queues = queuesOf(layout, { view, learned, announced, horizon: settings.horizon });
      const outlook = new Search(new Walk(layout, queues, learned, settings)).solve(start);
      if (green >= 0) {
        const now0 = outlook.plan[0]!;
        const next = outlook.plan[1];
        const to = now0.to <= 0 && next ? next.stage : stage;
        if (to !== stage) asked = now;
        target = to;
      }
      const sent = (was?.sent ?? []).filter((one) => between(one.at, now) < tune.sentFor * 1000);
      view.approaches.forEach((approach, a) => {
        approach.crossed.forEach((count, i) => {
          if (count > 0) sent.push({ lane: layout.firstLane[a]! + i, at: now, count });
        });
      });
      wanted.push({
        junction: id,
        action: { kind: "serve", phases: [layout.phases[target]!], ...(hold ? { hold } : {}) } as never,
        reasons: [],
      });
      memory.set(id, { learned, stage, since, target, asked, held, departures: outlook.departures, at: now, sent });
    }
    return { memory, wanted };
  },
};

/** What neighbours' plans will send to each lane, with those on their way beyond the view. */
function announcements(
  known: Knowledge,
  memory: Memory,
  layout: Layout,
  learned: Learned,
): readonly (readonly Announced[])[] {
  const { city, now } = known;
  const out: Announced[][] = layout.lanes.map(() => []);
  if (!tune.announce) return out;
  const feeders = upstreamOf(city).get(layout.junction.id)!;
  const view = known.views!.get(layout.junction.id)!;
  feeders.forEach((list, a) => {
    const first = layout.firstLane[a]!;
    const lanes = layout.junction.approaches[a]!.lanes.length;
    let total = 0;
    for (let i = 0; i < lanes; i++) total += learned.crossed[first + i]!;
    const seen = view.approaches[a]!.rangeM / layout.lanes[first]!.speedMps;
    const add = (arrival: number, weight: number): void => {
      if (weight < 0.02 || arrival > settings.horizon) return;
      for (let i = 0; i < lanes; i++) {
        const share = learned.crossed[first + i]! / total;
        if (share > 0.02) out[first + i]!.push({ arrival, weight: weight * share });
      }
    };
    for (const feeder of list) {
      const other = memory.get(feeder.junction);
      if (!other) continue;
      const their = layoutOf(city, city.junctions.get(feeder.junction)!);
      const time = travelTime(feeder.distanceM, 6, 0.95 * feeder.speedMps);
      const age = between(other.at, now) / 1000;
      const share = (lane: number): number => {
        const i = their.lanes[lane]!.movements.indexOf(feeder.movement);
        return i < 0 ? 0 : other.learned.share[lane]![i]!;
      };
      for (const one of other.departures) {
        const at = one.at - age;
        if (at < 0) continue;
        const part = share(one.lane);
        if (part > 0) add(at + time, one.weight * part);
      }
      for (const one of other.sent) {
        const arrival = time - between(one.at, now) / 1000;
        if (arrival > seen) add(arrival, one.count * share(one.lane));
      }
    }
  });
  return out;
}
