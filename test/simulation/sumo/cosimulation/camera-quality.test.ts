import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { type Instant, instant, millis, seconds } from "../../../../config/units.ts";
import type { PeriodReading } from "../../../../engine/core/reading.ts";
import type { JunctionView } from "../../../../engine/core/view.ts";
import {
  type CameraQuality,
  perfectCameras,
  withQuality,
} from "../../../../simulation/sumo/cosimulation/camera-quality.ts";
import type { Cameras, StreetVehicle } from "../../../../simulation/sumo/cosimulation/cameras.ts";
import { testCity } from "../../../support/city.ts";

const city = testCity();
const junctions = [...city.junctions.values()];
const approachCount = junctions.reduce((sum, { approaches }) => sum + approaches.length, 0);
const start = instant(1_000_000);
const at = (second: number): Instant => instant(start + 1000 * second);

const vehicles = new Map<string, StreetVehicle>(
  Array.from({ length: 2000 }, (_, i) => [
    `v${i}`,
    { vehicleClass: "car", lengthM: 5, lane: "e_0", positionM: i, speedMps: 0 },
  ]),
);

/** Every vehicle stands before every approach, and every detector counts each second. */
const all: Cameras = {
  look: (seen, now) =>
    junctions.map(
      ({ id, approaches }): JunctionView => ({
        junction: id,
        at: now,
        approaches: approaches.map((approach) => ({
          approach: approach.id,
          rangeM: 100,
          vehicles: [...seen.values()].map(({ positionM }) => ({
            distanceM: positionM,
            speedMps: 0,
            lengthM: 5,
            vehicleClass: "car",
            lanes: [0],
          })),
          crossed: [1],
        })),
        exits: [],
        box: [],
      }),
    ),
  counts: (now) =>
    [...city.detectors.values()].map(
      ({ id, camera }): PeriodReading => ({
        kind: "period",
        source: camera,
        detector: id,
        receivedAt: now,
        start: now,
        end: now,
        counts: { car: 1, hv: 0, mc: 0, um: 0 },
        occupancy: 0,
        queueVeh: 0,
        presence: false,
        observed: millis(0),
      }),
    ),
};

const cameras = (quality: Partial<CameraQuality>, seed = 1): Cameras =>
  withQuality(all, { city, random: seededRandom(seed), quality: { ...perfectCameras, ...quality } });

const seenBy = (views: readonly JunctionView[]): readonly (readonly number[])[] =>
  views.map(({ approaches }) => approaches.map(({ vehicles: seen }) => seen.length));

describe("virtual cameras in SUMO", () => {
  it("are left as they are where they are perfect", () => {
    expect(cameras({})).toBe(all);
  });

  it("miss their share of the vehicles, the same ones at every look", () => {
    const some = cameras({ missed: 0.1 });
    const first = some.look(vehicles, at(0));
    const share = first[0]!.approaches[0]!.vehicles.length / vehicles.size;
    expect(share).toBeGreaterThan(0.87);
    expect(share).toBeLessThan(0.93);
    expect(some.look(vehicles, at(0))).toEqual(first);
    expect(cameras({ missed: 0.1 }).look(vehicles, at(0))).toEqual(first);
    expect(cameras({ missed: 0.1 }, 2).look(vehicles, at(0))).not.toEqual(first);
  });

  it("see and count nothing on blind approaches, the same ones all the time", () => {
    const shares = Array.from({ length: 40 }, (_, seed) => {
      const some = cameras({ blindApproaches: 0.2 }, seed);
      const views = some.look(vehicles, at(0));
      expect(seenBy(some.look(vehicles, at(1)))).toEqual(seenBy(views));
      const counted = new Set(some.counts(at(0)).map(({ detector }) => detector));
      for (const { junction, approaches } of views)
        for (const { approach, rangeM, crossed } of approaches) {
          const lines = [...city.detectors.values()].filter((d) => d.junction === junction && d.approach === approach);
          for (const { id } of lines) expect(counted.has(id)).toBe(rangeM > 0);
          if (rangeM === 0) expect(crossed).toEqual([]);
        }
      return views.flatMap(({ approaches }) => approaches).filter(({ rangeM }) => rangeM === 0).length / approachCount;
    });
    const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
    expect(mean).toBeGreaterThan(0.13);
    expect(mean).toBeLessThan(0.27);
  });

  it("come late by their latency, with the time at which they were taken", () => {
    const late = cameras({ latency: seconds(5) });
    for (let second = 0; second < 5; second++) {
      expect(late.look(vehicles, at(second))).toEqual([]);
      expect(late.counts(at(second))).toEqual([]);
    }
    expect(late.look(vehicles, at(5)).map((view) => view.at)).toEqual(junctions.map(() => at(0)));
    for (const { end, receivedAt } of late.counts(at(5))) expect([end, receivedAt]).toEqual([at(0), at(5)]);
  });
});
