import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SteppedClock } from "../../../../app/stepped-clock.ts";
import { after, type Instant, instant, seconds } from "../../../../config/units.ts";
import type { Outcome, ReachableStatus } from "../../../../engine/core/cabinet.ts";
import { observe, startObserve } from "../../../../engine/core/observe/observe.ts";
import type { Reading } from "../../../../engine/core/reading.ts";
import { readHiresLog } from "../../../../engine/sources/hires/log.ts";
import { readHiresDetectors } from "../../../../engine/sources/hires/mapping.ts";
import { type HiresChannel, hiresSource } from "../../../../engine/sources/hires/source.ts";
import { volumeBins } from "../../../../engine/sources/hires/volumes.ts";
import { cityWith } from "../../core/observe/support.ts";
import { folder, local, PDT, quarter, window } from "./sample.ts";

const capabilities = {
  planDownload: true,
  secondBySecond: false,
  maxPhases: 8,
  cycleMin: seconds(40),
  cycleMax: seconds(180),
  resolution: seconds(1),
};
const log = readHiresLog(join(folder, "events.csv.gz"), PDT);
const detectors = readHiresDetectors(join(folder, "config_udot4.csv"));
const channels = new Map(
  detectors.flatMap(({ channel, functions }): readonly [number, HiresChannel][] =>
    functions.includes("advance")
      ? [[channel, { detector: `ch${channel}`, measures: "count" }]]
      : functions.includes("presence")
        ? [[channel, { detector: `ch${channel}`, measures: "presence" }]]
        : [],
  ),
);

function play(events = log) {
  const clock = new SteppedClock(events.events[0]!.at);
  const source = hiresSource({
    log: events,
    clock,
    source: "log",
    channels,
    period: seconds(5),
    junction: "a",
    capabilities,
  });
  const readings: Reading[] = [];
  const statuses: ReachableStatus[] = [];
  const subscriptions = [
    source.readings$.subscribe((reading) => readings.push(reading)),
    source.cabinet.status$.subscribe((status) => statuses.push(status as ReachableStatus)),
  ];
  clock.advanceTo(after(source.end, seconds(2)));
  for (const subscription of subscriptions) subscription.unsubscribe();
  return { readings, statuses, clock, source };
}

describe("a recorded log played as a source", () => {
  const { readings, statuses } = play();

  it("gives every vehicle of the counting channels once, at its own instant, when its second is over", () => {
    const crossings = readings.flatMap((reading) => (reading.kind === "crossing" ? [reading] : []));
    const expected = volumeBins({ events: log.events, detectors, window, bin: quarter });
    expect(crossings).toHaveLength(expected.reduce((total, { count }) => total + count, 0));
    expect(crossings.every(({ at, receivedAt }) => receivedAt > at && receivedAt - at <= 1000)).toBe(true);
  });

  it("shows each second's lamps", () => {
    const green = (text: string) => statuses.find(({ at }) => at === local(text))!.phases[2];
    // First cycle of phase 2 in the peer's table: green 12:01:28.6, yellow 12:02:37.7, red 12:02:41.7.
    expect([
      green("2024-04-15 12:01:28.000"),
      green("2024-04-15 12:01:29.000"),
      green("2024-04-15 12:02:38.000"),
      green("2024-04-15 12:02:42.000"),
    ]).toEqual(["red", "green", "amber", "red"]);
  });

  it("keeps every vehicle on its way through judging", () => {
    const city = cityWith(
      [...channels.values()].map(({ detector }) => ({
        id: detector,
        camera: "log",
        period: seconds(5),
        lanes: ["1", "2"],
      })),
    );
    const bySecond = new Map<Instant, Reading[]>();
    for (const reading of readings)
      bySecond.set(reading.receivedAt, [...(bySecond.get(reading.receivedAt) ?? []), reading]);
    let state = startObserve(city, log.events[0]!.at);
    const counted = new Map<string, number>();
    const last = log.events.at(-1)!.at + 10_000;
    for (let now = log.events[0]!.at; now <= last; now = instant(now + 1000)) {
      const judged = observe(state, bySecond.get(now) ?? [], now, city);
      state = judged.state;
      for (const { detector, counts } of judged.observations)
        counted.set(detector, (counted.get(detector) ?? 0) + (counts.unknown ?? 0));
    }
    const sent = new Map<string, number>();
    for (const { kind, detector } of readings) {
      if (kind === "crossing") sent.set(detector, (sent.get(detector) ?? 0) + 1);
    }
    expect(sent.size).toBe(7);
    for (const [detector, count] of sent) expect([detector, counted.get(detector)]).toEqual([detector, count]);
  });

  it("refuses every command", () => {
    const { source, clock } = play({ ...log, events: log.events.slice(0, 50) });
    const outcomes: Outcome[] = [];
    source.cabinet
      .send({ id: "1", junction: "a", at: clock.now(), action: { kind: "release" } })
      .subscribe((outcome) => outcomes.push(outcome));
    expect(outcomes).toMatchObject([{ result: "refused", code: "recorded" }]);
  });

  it("measures occupancy from on and off, from the first event of a zone", () => {
    const t = log.events[0]!.at;
    const at = (s: number): Instant => instant(t + s * 1000);
    const zone = play({
      device: "1",
      duplicates: 0,
      events: [
        { at: at(0), code: 1, param: 2 },
        { at: at(1), code: 82, param: 4 },
        { at: at(3), code: 81, param: 4 },
        { at: at(9), code: 82, param: 4 },
        { at: at(16), code: 81, param: 4 },
        { at: at(21), code: 8, param: 2 },
      ],
    }).readings;
    expect(
      zone.map((reading) =>
        reading.kind === "period" ? [(reading.end - t) / 1000, reading.occupancy, reading.presence] : [],
      ),
    ).toEqual([
      [5, 0.4, false],
      [10, 0.2, true],
      [15, 1, true],
      [20, 0.2, false],
    ]);
  });
});
