import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import type { City } from "../../../../config/model.ts";
import { after as later, seconds } from "../../../../config/units.ts";
import { estimate, startEstimator } from "../../../../engine/core/estimate/estimator.ts";
import { testCity } from "../../../support/city.ts";
import { observeScene, type Sample, type Scene, start, status } from "./synthetic-stream.ts";

const city = testCity();
/** Side street of `c`: one lane of 3.5 m. */
const scene = (seed: number, more: Partial<Scene> = {}): Scene => ({
  city,
  junction: "c",
  stream: "c/north/side",
  detector: "cam-c-north/north-1",
  rate: () => 0.1,
  saturation: 0.5,
  cycleS: 90,
  greenS: 35,
  random: seededRandom(seed, "scene"),
  ...more,
});
const seeds = Array.from({ length: 12 }, (_, i) => i + 1);
const flow = (sample: Sample | undefined): number => sample!.estimate.flowVph.mean;
const at = (samples: readonly Sample[], second: number): Sample => samples[second - 1]!;

describe("flow", () => {
  it("holds the truth inside its 95 % interval about as often as it says", () => {
    let inside = 0;
    let all = 0;
    let ratio = 0;
    for (const seed of seeds) {
      const rate = 0.04 + 0.01 * seed;
      const samples = observeScene(scene(seed, { rate: () => rate, miss: 0.03 }), 3600);
      for (let second = 900; second <= 3600; second += 300) {
        const { mean, sd } = at(samples, second).estimate.flowVph;
        if (Math.abs(mean - rate * 3600) <= 1.96 * sd) inside++;
        ratio += mean / (rate * 3600);
        all++;
      }
    }
    expect(inside / all).toBeGreaterThan(0.9);
    // And it is not so wide that it says nothing: the mean error is small.
    expect(ratio / all).toBeGreaterThan(0.93);
    expect(ratio / all).toBeLessThan(1.05);
  });

  it("is tight where much is counted", () => {
    const { mean, sd } = at(observeScene(scene(3, { rate: () => 0.15 }), 3600), 3600).estimate.flowVph;
    expect(sd / mean).toBeLessThan(0.15);
  });

  it.each(seeds.slice(0, 8))("follows a step up within a few cycles (SEED=%i)", (seed) => {
    const samples = observeScene(scene(seed, { rate: (second) => (second < 1800 ? 0.06 : 0.16) }), 3600);
    expect(flow(at(samples, 1800))).toBeLessThan(320);
    // Five cycles later most of the step is known, and it stays known.
    expect(flow(at(samples, 1800 + 450))).toBeGreaterThan(420);
    expect(flow(at(samples, 3600))).toBeGreaterThan(450);
    expect(flow(at(samples, 3600))).toBeLessThan(720);
  });

  it("does not swing with the lamps inside a cycle", () => {
    const samples = observeScene(scene(5, { rate: () => 0.14 }), 3600);
    const cycle = samples.slice(3000, 3090).map(flow);
    expect(Math.max(...cycle) / Math.min(...cycle)).toBeLessThan(1.25);
  });

  it("is not taken for the capacity when the queue outgrows the view", () => {
    // 0.25 veh/s arrive, at most 0.5 * 33 / 90 = 0.18 leave.
    const samples = observeScene(scene(2, { rate: () => 0.25, viewVeh: 10 }), 2700);
    expect(flow(at(samples, 2700))).toBeGreaterThan(600);
    expect(at(samples, 2700).estimate.degreeOfSaturation).toBeGreaterThan(1);
  });

  it("counts motorcycles as vehicles and weighs them as the settings say", () => {
    const { flowVph, flowPcuh } = at(observeScene(scene(4, { class: "mc" }), 3600), 3600).estimate;
    expect(flowPcuh.mean / flowVph.mean).toBeCloseTo(0.2, 1);
  });
});

describe("queue", () => {
  it("is near the truth in red and empty when the line is", () => {
    let error = 0;
    let n = 0;
    for (const { second, estimate: seen, queue, green } of observeScene(scene(6, { rate: () => 0.14 }), 3600)) {
      if (second < 900 || green || second % 5 !== 0) continue;
      error += Math.abs(seen.queueVeh.mean - queue);
      n++;
    }
    expect(error / n).toBeLessThan(1);
  });

  it("keeps counting behind a view that is full", () => {
    const samples = observeScene(scene(7, { rate: () => 0.25, viewVeh: 10 }), 2400);
    const last = at(samples, 2400);
    expect(last.queue).toBeGreaterThan(60);
    expect(last.estimate.queueVeh.mean).toBeGreaterThan(20);
  });
});

describe("saturation flow", () => {
  it.each([0.4, 0.5, 0.6])("is learned from queues that discharge at %f veh/s", (saturation) => {
    const samples = observeScene(scene(8, { rate: () => 0.13, saturation }), 7200);
    const { mean, sd } = at(samples, 7200).estimate.saturationPcuh;
    expect(Math.abs(mean - saturation * 3600) / (saturation * 3600)).toBeLessThan(0.15);
    expect(sd / mean).toBeLessThan(0.15);
  });

  it("starts at 600 pcu/h a metre times the city's factor", () => {
    const { mean } = at(observeScene(scene(9), 1), 1).estimate.saturationPcuh;
    expect(mean).toBeCloseTo(600 * 3.5 * 0.94, 6);
  });
});

describe("degree of saturation", () => {
  it("is the load over what the green can carry", () => {
    const samples = observeScene(scene(10, { rate: () => 0.14 }), 7200);
    const seen = samples.filter(({ second }) => second > 3600).map((sample) => sample.estimate.degreeOfSaturation!);
    const mean = seen.reduce((a, b) => a + b, 0) / seen.length;
    // 0.14 * 90 / (0.5 * 33), and the green of 35 s at what was learned.
    expect(mean).toBeGreaterThan(0.65);
    expect(mean).toBeLessThan(0.95);
  });
});

describe("when nobody looks", () => {
  it("falls from measured to the profile of the day once the reading is too old, with wider doubt", () => {
    const samples = observeScene(scene(11, { silent: (second) => second > 1800 }), 2100);
    expect(at(samples, 1800).estimate.basis).toBe("measured");
    expect(at(samples, 1860).estimate.basis).toBe("measured");
    const after61 = at(samples, 1861).estimate;
    expect(after61.basis).toBe("profile");
    expect(after61.age).toBe(seconds(61));
    expect(after61.flowVph.sd).toBeGreaterThan(at(samples, 1800).estimate.flowVph.sd);
    expect(Math.abs(after61.flowVph.mean - 360)).toBeLessThan(150);
  });

  it("starts from the scheduled design, wide, for every stream of the city", () => {
    const result = estimate(startEstimator(city, start), { now: start, observations: [], cabinets: new Map(), city });
    const ids = [...city.junctions.values()].flatMap((junction) => junction.streams.map((stream) => stream.id));
    expect([...result.streams.keys()].sort()).toEqual([...ids].sort());
    for (const seen of result.streams.values()) {
      expect(seen.basis).toBe("scheduled");
      expect(seen.flowVph.sd).toBeCloseTo(seen.flowVph.mean / 2, 6);
      expect(seen.degreeOfSaturation).toBeUndefined();
      expect(seen.sinceLastVehicle).toBeUndefined();
    }
    // Side street of c: 23 s of 90 green, 600 * 3.5 * 0.94 pcu/h, half of it.
    expect(result.streams.get("c/north/side")!.flowPcuh.mean).toBeCloseTo((23 / 90) * 1974 * 0.5, 0);
  });

  it("takes what the neighbour sends where there is no camera", () => {
    // Nobody watches c's western approach; b, upstream of it, is counted.
    const blind: City = {
      ...city,
      detectors: new Map(
        [...city.detectors].filter(([, { junction, approach }]) => junction === "b" || approach !== "west"),
      ),
    };
    let state = startEstimator(blind, start);
    let last = estimate(state, { now: start, observations: [], cabinets: new Map(), city: blind });
    for (let second = 5; second <= 1800; second += 5) {
      const now = later(start, seconds(second));
      const observations = [...blind.detectors.values()]
        .filter(({ junction }) => junction === "b")
        .map(({ id, approach }) => ({
          source: "test",
          detector: id,
          start: later(start, seconds(second - 5)),
          end: now,
          counts: { car: approach === "west" && second % 10 === 0 ? 1 : 0, hv: 0, mc: 0 },
          queueVeh: 0,
          presence: false,
          quality: 1,
          flags: [],
        }));
      last = estimate(state, { now, observations, cabinets: new Map(), city: blind });
      state = last.state;
    }
    const main = last.streams.get("c/west/main")!;
    expect(main.basis).toBe("neighbour");
    // Lanes 1 and 2 of b's west hold left and through: 720 veh/h, of which through 0.7 / 0.85.
    expect(main.flowVph.mean).toBeGreaterThan(500);
    expect(main.flowVph.mean).toBeLessThan(700);
    expect(main.flowVph.sd).toBeGreaterThan(0.04 * main.flowVph.mean);
  });

  it("takes nothing from an observation without quality", () => {
    const now = later(start, seconds(5));
    const observation = {
      source: "test",
      detector: "cam-c-north/north-1",
      start,
      end: now,
      counts: { car: 50 },
      queueVeh: 40,
      presence: true,
      quality: 0,
      flags: ["suspect" as const],
    };
    const seen = estimate(startEstimator(city, start), { now, observations: [observation], cabinets: new Map(), city });
    expect(seen.streams.get("c/north/side")).toMatchObject({ basis: "scheduled", sinceLastVehicle: undefined });
  });
});

describe("exits", () => {
  const exit = {
    ...city.detectors.get("cam-b-east/east-1")!,
    id: "exit-b-east",
    kind: "exit" as const,
    lanes: [],
    distanceM: 20,
    zoneM: 40,
  };
  const watched: City = { ...city, detectors: new Map([...city.detectors, [exit.id, exit]]) };
  const seen = (occupancy: number, queueVeh: number, lateS = 0) => {
    let state = startEstimator(watched, start);
    let fill: ReadonlyMap<string, number> = new Map();
    for (let second = 5; second <= 30; second += 5) {
      const end = later(start, seconds(second));
      const observation = {
        source: "test",
        detector: exit.id,
        start: later(start, seconds(second - 5)),
        end,
        counts: { car: 2 },
        occupancy,
        queueVeh,
        presence: queueVeh > 0,
        quality: 1,
        flags: [],
      };
      const now = later(end, seconds(lateS));
      const result = estimate(state, { now, observations: [observation], cabinets: new Map(), city: watched });
      state = result.state;
      fill = result.exitFill;
    }
    return fill.get("b>c");
  };

  it("are full when traffic stands in them, not when it flows", () => {
    expect(seen(1, 6)).toBeGreaterThan(0.9);
    expect(seen(0.55, 0)).toBe(0);
    expect(seen(1, 6, 40)).toBeUndefined();
  });

  it("fill with the queue at the other end", () => {
    const now = later(start, seconds(5));
    const lanes = ["west-1", "west-2"].map((lane) => ({
      source: "test",
      detector: `cam-c-west/${lane}`,
      start,
      end: now,
      counts: { car: 0 },
      queueVeh: 25,
      presence: true,
      quality: 1,
      flags: [],
    }));
    const cabinets = new Map([["c", status("c", now, 1, "red")]]);
    const { exitFill } = estimate(startEstimator(city, start), { now, observations: lanes, cabinets, city });
    // 600 m of 7 m hold 210 pcu; 50 vehicles of the default mix are about 28.
    expect(exitFill.get("b>c")).toBeGreaterThan(0.08);
    expect(exitFill.get("b>c")).toBeLessThan(0.25);
  });
});

describe("the same inputs", () => {
  it("give the same estimates whatever the order they came in", () => {
    const run = (flip: boolean) => {
      const now = later(start, seconds(5));
      const observations = [...city.detectors.keys()].map((detector, i) => ({
        source: "test",
        detector,
        start,
        end: now,
        counts: { car: i % 3 },
        queueVeh: i % 4,
        presence: i % 4 > 0,
        quality: 1,
        flags: [],
      }));
      const given = flip ? observations.reverse() : observations;
      return estimate(startEstimator(city, start), { now, observations: given, cabinets: new Map(), city });
    };
    expect([...run(true).streams]).toEqual([...run(false).streams]);
  });
});
