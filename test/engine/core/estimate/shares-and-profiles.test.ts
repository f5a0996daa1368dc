import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { after as later, seconds } from "../../../../config/units.ts";
import { type LineArrivals, laneArrivals, lineSeen } from "../../../../engine/core/estimate/class-arrivals.ts";
import { cyclicRates, cyclicSeen, shareWithin, startCyclic } from "../../../../engine/core/estimate/cyclic-profile.ts";
import { fitJourney, journeyEstimate, journeySeen, noJourneys } from "../../../../engine/core/estimate/journeys.ts";
import { shareOf, startTurning, turningSeen } from "../../../../engine/core/estimate/turning.ts";
import type { Observation } from "../../../../engine/core/observe/observation.ts";
import type { Random } from "../../../../engine/ports/random.ts";
import { testCity } from "../../../support/city.ts";
import { start } from "./synthetic-stream.ts";

const city = testCity();
const seeds = Array.from({ length: 12 }, (_, i) => i + 1);
const z90 = 1.645;

/** Knuth; small means only. */
function poisson(random: Random, mean: number): number {
  let n = 0;
  for (let p = random.next(); p > Math.exp(-mean); p *= random.next()) n++;
  return n;
}
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

describe("turning shares", () => {
  const junction = city.junctions.get("b")!;
  const exits = [...new Set(junction.movements.map(({ exit }) => exit))];

  /** Quarter hours of a junction whose shares are drawn once; `watched` exits are counted. */
  function learn(seed: number, watched: readonly string[], quarters = 24) {
    const random = seededRandom(seed, "turning");
    const truth = new Map<string, number>();
    for (const { id } of junction.approaches) {
      const own = junction.movements.filter(({ approach }) => approach === id);
      const weights = own.map(({ turn }) =>
        turn === "through" ? 0.4 + 0.5 * random.next() : 0.05 + 0.25 * random.next(),
      );
      const total = weights.reduce((a, b) => a + b, 0);
      for (const [i, movement] of own.entries()) truth.set(movement.id, weights[i]! / total);
    }
    let state = startTurning(junction);
    const prior = state;
    for (let quarter = 0; quarter < quarters; quarter++) {
      const approaches = new Map<string, { mean: number; sd: number }>();
      const left = new Map<string, number>();
      for (const { id } of junction.approaches) {
        const came = 60 + Math.floor(200 * random.next());
        approaches.set(id, { mean: came, sd: 0 });
        for (let v = 0; v < came; v++) {
          const pick = random.next();
          let upTo = 0;
          const own = junction.movements.filter(({ approach }) => approach === id);
          const movement =
            own.find((entry) => {
              upTo += truth.get(entry.id)!;
              return pick < upTo;
            }) ?? own.at(-1)!;
          left.set(movement.exit, (left.get(movement.exit) ?? 0) + 1);
        }
      }
      const seen = new Map(watched.map((link) => [link, { mean: left.get(link) ?? 0, sd: 0 }]));
      state = turningSeen(junction, state, { approaches, exits: seen, movements: new Map() }, 0.25);
    }
    const error = (from: typeof state): number =>
      junction.movements.reduce((sum, { id }) => sum + Math.abs(shareOf(from, id)!.mean - truth.get(id)!), 0) /
      junction.movements.length;
    const inside = junction.movements.filter(({ id }) => {
      const { mean, sd } = shareOf(state, id)!;
      return Math.abs(mean - truth.get(id)!) <= z90 * sd;
    }).length;
    return { state, inside, before: error(prior), after: error(state) };
  }

  it.each([
    ["all exits", exits],
    ["two exits of four", exits.slice(0, 2)],
  ])(
    "of %s: nearer the truth than the default, and inside nine intervals of ten about as often as they say",
    (_, watched) => {
      let inside = 0;
      let all = 0;
      let gained = 0;
      for (const seed of seeds) {
        const found = learn(seed, watched);
        inside += found.inside;
        all += junction.movements.length;
        gained += found.before - found.after;
        for (const { id } of junction.approaches) {
          const own = junction.movements.filter(({ approach }) => approach === id);
          expect(own.reduce((sum, movement) => sum + shareOf(found.state, movement.id)!.mean, 0)).toBeCloseTo(1, 6);
          for (const movement of own) expect(shareOf(found.state, movement.id)!.mean).toBeGreaterThanOrEqual(0);
        }
      }
      expect(gained / seeds.length).toBeGreaterThan(0);
      expect(inside / all).toBeGreaterThan(0.8);
      expect(inside / all).toBeLessThanOrEqual(0.99);
    },
  );

  it("are known at once where a camera tells turns apart", () => {
    const movement = junction.movements.find(({ turn }) => turn === "right")!;
    const counts = {
      approaches: new Map([[movement.approach, { mean: 1000, sd: 0 }]]),
      exits: new Map<string, never>(),
      movements: new Map([[movement.id, 420]]),
    };
    const share = shareOf(turningSeen(junction, startTurning(junction), counts, 1), movement.id)!;
    expect(share.mean).toBeCloseTo(0.42, 1);
    expect(share.sd).toBeLessThan(0.03);
  });

  it("bear counts of nobody and contradictory ones", () => {
    let state = startTurning(junction);
    for (const mean of [0, 5000, 0])
      state = turningSeen(
        junction,
        state,
        {
          approaches: new Map(junction.approaches.map(({ id }) => [id, { mean: 100, sd: 10 }])),
          exits: new Map(exits.map((link) => [link, { mean, sd: 10 }])),
          movements: new Map(),
        },
        0.25,
      );
    for (const { id } of junction.movements) {
      const { mean, sd } = shareOf(state, id)!;
      expect(mean >= 0 && mean <= 1 && Number.isFinite(sd)).toBe(true);
    }
  });
});

describe("cyclic arrivals", () => {
  const rate = (t: number): number => (t >= 20 && t < 50 ? 0.5 : 0.08);

  it("show the platoon where it comes, inside 90 % intervals about as often as they say", () => {
    let inside = 0;
    let all = 0;
    for (const seed of seeds) {
      const random = seededRandom(seed, "profile");
      let state = startCyclic(90, 0.2);
      for (let cycle = 0; cycle < 30; cycle++)
        for (let t = 0; t < 90; t += 5) {
          const vehicles = poisson(random, 5 * rate(t + 2.5));
          state = cyclicSeen(state, { fromS: cycle * 90 + t, lengthS: 5, vehicles });
        }
      for (const [i, { mean, sd }] of cyclicRates(state).entries()) {
        const t = i * state.binS + state.binS / 2;
        // Bins that a counted period straddles mix both sides of an edge.
        if ([20, 50].some((edge) => Math.abs(t - edge) < 6)) continue;
        if (Math.abs(mean - rate(t)) <= z90 * sd) inside++;
        all++;
      }
      const share = shareWithin(state, { fromS: 20, lengthS: 30 });
      const truth = (30 * 0.5) / (30 * 0.5 + 60 * 0.08);
      expect(Math.abs(share.mean - truth)).toBeLessThan(3 * share.sd + 0.03);
    }
    expect(inside / all).toBeGreaterThan(0.8);
    expect(inside / all).toBeLessThan(0.985);
  });

  it("count a share of a green that runs past the end of the cycle", () => {
    const even = startCyclic(90, 0.2);
    expect(shareWithin(even, { fromS: 75, lengthS: 30 }).mean).toBeCloseTo(1 / 3, 2);
    expect(shareWithin(even, { fromS: 0, lengthS: 90 }).mean).toBeCloseTo(1, 6);
  });

  it("keep what they have when nobody counts", () => {
    const state = startCyclic(60, 0.1);
    expect(cyclicSeen(state, { fromS: 0, lengthS: 0, vehicles: 3 })).toBe(state);
    expect(cyclicSeen(state, { fromS: 0, lengthS: 5, vehicles: Number.NaN })).toBe(state);
  });
});

describe("journeys between two cameras", () => {
  it("have mean and spread inside 90 % intervals about as often as they say, stops and false matches left out", () => {
    let inside = 0;
    let wide = 0;
    for (const seed of Array.from({ length: 60 }, (_, i) => i)) {
      const random = seededRandom(seed, "journeys");
      let state = noJourneys;
      for (let i = 0; i < 60; i++) {
        const odd = i % 12 === 0;
        state = journeySeen(state, i * 10, odd ? 150 + 200 * random.next() : 60 + 8 * normal(random));
      }
      const { meanS, spreadS, leftOut } = journeyEstimate(state)!;
      expect(leftOut).toBeGreaterThanOrEqual(4);
      if (Math.abs(meanS.mean - 60) <= z90 * meanS.sd) inside++;
      if (Math.abs(spreadS.mean - 8) <= z90 * spreadS.sd) wide++;
    }
    expect(inside / 60).toBeGreaterThan(0.8);
    expect(inside / 60).toBeLessThanOrEqual(0.98);
    expect(wide / 60).toBeGreaterThan(0.8);
  });

  it("are not told from too few, nor from nonsense", () => {
    let state = noJourneys;
    for (const value of [60, 61, Number.NaN, -4, 59]) state = journeySeen(state, 0, value);
    expect(state.times).toHaveLength(3);
    expect(journeyEstimate(state)).toBeUndefined();
  });

  it("are found from counts alone", () => {
    const random = seededRandom(4, "platoons");
    const n = 600;
    const up = Array.from({ length: n }, (_, t) => poisson(random, t % 45 < 12 ? 1.6 : 0.15));
    // Each vehicle takes 14 steps and a geometric rest (F = 0.25), and half of them come this way.
    const down = new Array<number>(n).fill(0);
    for (let t = 0; t < n; t++)
      for (let v = 0; v < up[t]!; v++) {
        let late = 14;
        while (random.next() > 0.25) late++;
        if (t + late < n && random.next() < 0.5) down[t + late]!++;
      }
    const fitted = fitJourney(up, down, { stepS: 2, longestS: 80 })!;
    // 14 + 3 steps of 2 s; spread sqrt(0.75) / 0.25 steps.
    expect(Math.abs(fitted.meanS - 34)).toBeLessThan(4);
    expect(Math.abs(fitted.spreadS - 6.9)).toBeLessThan(4);
    expect(fitJourney([], [], { stepS: 2, longestS: 80 })).toBeUndefined();
  });
});

describe("arrivals by class and lane", () => {
  it("hold each class's rate inside its 90 % interval about as often as they say", () => {
    const detector = [...city.detectors.values()].find(({ kind }) => kind === "stop-line")!;
    const rates = { car: 0.08, hv: 0.01, mc: 0.15 };
    let inside = 0;
    let all = 0;
    for (const seed of seeds) {
      const random = seededRandom(seed, "classes");
      let line: LineArrivals | undefined;
      let now = start;
      for (let i = 0; i < 240; i++) {
        const end = later(now, seconds(10));
        const counts = {
          car: poisson(random, 10 * rates.car),
          hv: poisson(random, 10 * rates.hv),
          mc: poisson(random, 10 * rates.mc),
        };
        const observation = { detector: detector.id, start: now, end, counts, quality: 1 } as Observation;
        line = lineSeen(line, observation);
        now = end;
        if (i < 60 || i % 30 !== 0) continue;
        const lanes = laneArrivals(city, detector, line, now);
        for (const [name, truth] of Object.entries(rates)) {
          const sum = lanes.reduce((total, { classes }) => total + classes.get(name as "car")!.mean, 0);
          const sd = Math.max(...lanes.map(({ classes }) => classes.get(name as "car")!.sd)) * lanes.length;
          if (Math.abs(sum - truth) <= z90 * sd) inside++;
          all++;
        }
      }
    }
    expect(inside / all).toBeGreaterThan(0.8);
  });

  it("learn nothing from a line that is not trusted", () => {
    const blind = {
      detector: "x",
      start,
      end: later(start, seconds(200)),
      counts: { car: 5 },
      quality: 0,
    } as unknown as Observation;
    expect(lineSeen(undefined, blind).rates.size).toBe(0);
  });
});
