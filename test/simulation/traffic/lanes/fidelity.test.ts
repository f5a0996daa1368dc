import { describe, expect, it } from "vitest";
import { Aspect, type LaneInput, type RoadInput } from "../../../../simulation/traffic/lanes/road-network.ts";
import { createRoadSimulation, type RoadSimulation } from "../../../../simulation/traffic/lanes/simulation.ts";
import type { TripInput } from "../../../../simulation/traffic/lanes/trips.ts";
import { ALL_CLASSES, vehicleType } from "../../../../simulation/traffic/lanes/vehicle-types.ts";

const KMH_50 = 13.89;
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const car = vehicleType("car", "passenger");

const lane = (id: string, lengthM: number): LaneInput => ({
  id,
  lengthM,
  speedMps: KMH_50,
  widthM: 3.5,
  classes: ALL_CLASSES,
});

/** One lane to a stop line, a box of 15 m, one lane on. */
function approach(lengthM: number, onwardM: number): RoadInput {
  return {
    leftHand: true,
    edges: [
      { id: "in", from: "w", to: "c", lanes: [lane("in_0", lengthM)] },
      { id: "out", from: "c", to: "e", lanes: [lane("out_0", onwardM)] },
    ],
    links: [
      {
        from: { edge: "in", lane: 0 },
        to: { edge: "out", lane: 0 },
        junction: "c",
        right: "major",
        signal: { id: "c", index: 0 },
        keepClear: true,
        box: [lane(":c_0", 15)],
        yieldsTo: [],
        hasFoes: true,
      },
    ],
    conflicts: [],
  };
}

const stream = (count: number, headwayS: number): readonly TripInput[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `v${i}`,
    departS: Math.floor(i * headwayS),
    type: car,
    edges: ["in", "out"],
    departLane: "first" as const,
    departSpeed: "max" as const,
  }));

const show = ({ kernel }: RoadSimulation, aspect: number): void => {
  kernel.net.linkEnters.forEach((enters, link) => {
    if (enters) kernel.aspect[link] = aspect;
  });
};
const onEdge = ({ kernel }: RoadSimulation, edge: string): number =>
  kernel.lanes.count[kernel.net.edgeFirst[kernel.net.edgeIndex.get(edge)!]!]!;

/** Vehicles whose rear is not yet over the stop line: the HCM counts a vehicle when its rear axle has crossed. */
function before(simulation: RoadSimulation): number {
  const { net, lanes, vehicles } = simulation.kernel;
  const box = net.laneIndex.get(":c_0")!;
  let count = onEdge(simulation, "in");
  for (let k = 0; k < lanes.count[box]!; k++)
    if (vehicles.pos[lanes.order[lanes.base[box]! + k]!]! < car.lengthM) count++;
  return count;
}

/** When each vehicle of a standing queue gets over the stop line, s of green. */
function discharge(seed: number): readonly number[] {
  const simulation = createRoadSimulation({ road: approach(400, 2000), trips: stream(60, 1.5), seed });
  while (simulation.kernel.nowS < 180) simulation.step();
  show(simulation, Aspect.major);
  const crossed: number[] = [];
  for (let t = 1; t <= 60; t++) {
    const waiting = before(simulation) + simulation.counts().due - simulation.counts().inserted;
    simulation.step();
    const gone = waiting - before(simulation) - (simulation.counts().due - simulation.counts().inserted);
    for (let i = 0; i < gone; i++) crossed.push(t);
  }
  return crossed;
}

describe("one lane of cars at a signal, steps of 1 s", () => {
  const runs = seeds.map(discharge);
  /** Mean time at which vehicle n (from 1) crosses. */
  const at = (n: number): number => runs.reduce((sum, crossed) => sum + crossed[n - 1]!, 0) / runs.length;
  const headwayS = (at(24) - at(5)) / 19;

  it("discharges 1 800 to 2 000 vehicles an hour (HCM: 1 900)", () => {
    expect(3600 / headwayS).toBeGreaterThan(1800);
    expect(3600 / headwayS).toBeLessThan(2000);
  });

  it("loses 1.5 to 2.5 s at the start of green (HCM: 2 s)", () => {
    // The first four headways against those that have settled.
    const lostS = at(4) - 4 * headwayS;
    expect(lostS, `${lostS}`).toBeGreaterThan(1.5);
    expect(lostS).toBeLessThan(2.5);
  });

  it("has settled headways by the fifth vehicle", () => {
    const early = (at(9) - at(5)) / 4;
    const late = (at(24) - at(9)) / 15;
    expect(Math.abs(early - late) / late).toBeLessThan(0.1);
  });
});

describe("a standing queue", () => {
  it("stands at jam density: a car's length and its gap, 7.5 m", () => {
    const simulation = createRoadSimulation({ road: approach(400, 400), trips: stream(80, 1), seed: 1 });
    while (simulation.kernel.nowS < 300) simulation.step();
    const perKm = (onEdge(simulation, "in") / 400) * 1000;
    expect(perKm).toBeGreaterThan(125);
    expect(perKm).toBeLessThanOrEqual(1000 / 7.5 + 1);
  });

  it("that fills the street beyond keeps the box clear and blocks the junction before", () => {
    const base = approach(300, 60);
    // The way out is closed by a second signal that never turns green.
    const road: RoadInput = {
      ...base,
      edges: [...base.edges, { id: "end", from: "e", to: "x", lanes: [lane("end_0", 100)] }],
      links: [
        ...base.links,
        {
          ...base.links[0]!,
          from: { edge: "out", lane: 0 },
          to: { edge: "end", lane: 0 },
          junction: "e",
          signal: { id: "e", index: 0 },
          box: [lane(":e_0", 15)],
        },
      ],
    };
    const trips = stream(40, 3).map((trip) => ({ ...trip, edges: ["in", "out", "end"] }));
    const simulation = createRoadSimulation({ road, trips, seed: 3 });
    const { kernel } = simulation;
    kernel.aspect[kernel.net.inputLink[0]!] = Aspect.major;
    while (kernel.nowS < 300) simulation.step();
    // 60 m hold eight cars of 7.5 m; the green before them lets nobody into the box.
    expect(onEdge(simulation, "out")).toBe(8);
    expect(kernel.inBox.reduce((sum, count) => sum + count, 0)).toBe(0);
    expect(onEdge(simulation, "in")).toBeGreaterThan(20);
  });
});

describe("delay at a fixed signal, one lane, 90 s cycle, 40 s of green", () => {
  const CYCLE_S = 90;
  const GREEN_S = 40;
  const SATURATION = 1900;
  /** HCM 2000 eq. 16-9 to 16-12, random arrivals, 15 min: uniform and incremental delay, s. */
  const hcm = (x: number, capacity: number): number => {
    const share = (GREEN_S + 1) / CYCLE_S;
    const uniform = (0.5 * CYCLE_S * (1 - share) ** 2) / (1 - Math.min(1, x) * share);
    const [T, k, I] = [0.25, 0.5, 1];
    return uniform + 900 * T * (x - 1 + Math.sqrt((x - 1) ** 2 + (8 * k * I * x) / (capacity * T)));
  };

  /** Mean delay that the lamps cause: against the same stream on a street that always has green. */
  const measured = (x: number, seed: number): number => delayed(x, seed, GREEN_S) - delayed(x, seed, CYCLE_S);

  function delayed(x: number, seed: number, greenS: number): number {
    const capacity = (SATURATION * (GREEN_S + 1)) / CYCLE_S;
    const perHour = x * capacity;
    // Random arrivals: exponential headways from a dice of the test's own.
    let state = seed * 7919 + 1;
    const trips: TripInput[] = [];
    for (let t = 0; t < 900; ) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      t += (-3600 / perHour) * Math.log((state + 1) / 4294967297);
      trips.push({ ...stream(1, 1)[0]!, id: `v${trips.length}`, departS: t });
    }
    const simulation = createRoadSimulation({ road: approach(600, 300), trips, seed });
    const { kernel, log } = simulation;
    while (simulation.counts().arrived < trips.length && kernel.nowS < 3600) {
      const inCycle = kernel.nowS % CYCLE_S;
      show(simulation, inCycle < greenS ? Aspect.major : inCycle < greenS + 3 ? Aspect.amber : Aspect.red);
      simulation.step();
    }
    let delay = 0;
    trips.forEach(({ departS }, i) => {
      delay += log.lossS[i]! + (log.departedS[i]! - departS);
    });
    return delay / trips.length;
  }

  it.each([0.4, 0.6, 0.8])("x = %d: within 30 percent of the formula", (x) => {
    const mean = seeds.reduce((sum, seed) => sum + measured(x, seed), 0) / seeds.length;
    const formula = hcm(x, (SATURATION * (GREEN_S + 1)) / CYCLE_S);
    expect(Math.abs(mean - formula) / formula, `${mean.toFixed(1)} s against ${formula.toFixed(1)} s`).toBeLessThan(
      0.3,
    );
  });

  it("grows with the degree of saturation, and steeply beyond it", () => {
    const means = [0.4, 0.8, 1, 1.1].map((x) => seeds.reduce((sum, seed) => sum + measured(x, seed), 0) / seeds.length);
    expect(means).toEqual([...means].sort((a, b) => a - b));
    expect(means[3]!).toBeGreaterThan(2 * means[1]!);
  });
});
