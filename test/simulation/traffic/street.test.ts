import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import type { DemandFlow } from "../../../config/demand.ts";
import type { City } from "../../../config/model.ts";
import { instant, seconds } from "../../../config/units.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import { createStreet } from "../../../simulation/traffic/street.ts";
import { createWorld } from "../../../simulation/world.ts";
import { testCity } from "../../support/city.ts";
import { oneApproach } from "../../support/one-approach.ts";

const START = instant(Date.UTC(2026, 1, 2, 23));
const cars = { car: 1, hv: 0, mc: 0, bus: 0 };
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

const withFlows = (flows: readonly DemandFlow[]): City => {
  const city = testCity();
  return { ...city, demand: { ...city.demand!, dayVariation: 0, quarterVariation: 0, pedestrians: [], flows } };
};
const flow = (from: string, to: string, vehPerHour: number): DemandFlow => ({
  id: `${from}>${to}`,
  from,
  vehPerHour,
  profile: "flat",
  to: [{ node: to, share: 1 }],
});

/** The test city under its own virtual cabinets and scheduled plans. */
function run(city: City, seed: number, seconds: number, demandScale = 1) {
  const world = createWorld({ city, random: seededRandom(seed), start: START, demandScale });
  for (let t = 0; t < seconds; t += world.street.step / 1000) world.advance();
  return world;
}

describe("the street", () => {
  it.each(seeds)("SEED=%i loses nobody, hits nobody, runs no red", (seed) => {
    const { vehicles, collisions, redLightRunners } = run(testCity(), seed, 1200).street.results();
    expect(vehicles.demanded).toBe(vehicles.inserted + vehicles.waiting);
    expect(vehicles.inserted).toBe(vehicles.arrived + vehicles.present);
    expect(vehicles.arrived).toBeGreaterThan(100);
    expect(collisions).toBe(0);
    expect(redLightRunners).toBe(0);
  });

  it("counts every trip once, finished or not", () => {
    const { vehicles, all, main, side } = run(testCity(), 3, 900).street.results();
    expect(all.trips).toBe(vehicles.demanded);
    expect(main.trips + side.trips).toBe(all.trips);
  });

  it("gives the same figures for the same seed, and others for another", () => {
    const once = JSON.stringify(run(testCity(), 5, 600).street.results());
    expect(JSON.stringify(run(testCity(), 5, 600).street.results())).toBe(once);
    expect(JSON.stringify(run(testCity(), 6, 600).street.results())).not.toBe(once);
  });

  it("lets the same people arrive whatever the lamps do", () => {
    const arrivals = (lamp: number) => {
      const street = createStreet({ city: testCity(), random: seededRandom(9), start: START });
      for (const junction of testCity().junctions.values())
        street.attach(junction.id, new Uint8Array(junction.groups.length).fill(lamp));
      for (let i = 0; i < 1200; i++) street.advance();
      return street.results().vehicles.demanded;
    };
    expect(arrivals(Lamp.red)).toBe(arrivals(Lamp.flash));
  });

  it("costs hardly any delay when it is empty and green", () => {
    const street = createStreet({
      city: oneApproach({ widthM: 7, lanes: 2, shares: cars, vehPerHour: 60 }),
      random: seededRandom(2),
      start: START,
    });
    street.attach("c", new Uint8Array([Lamp.green, Lamp.red]));
    for (let i = 0; i < 7200; i++) street.advance();
    const { all } = street.results();
    expect(all.trips).toBeGreaterThan(30);
    expect(all.meanDelayS).toBeLessThan(2.5);
    expect(all.meanStops).toBe(0);
  });

  it("spills a queue back over the junction before it, and no further into the box", () => {
    const city = withFlows([flow("a-west", "c-east", 1800), flow("b-north", "b-south", 300)]);
    const street = createStreet({ city, random: seededRandom(4), start: START });
    const green = (id: string) => new Uint8Array(city.junctions.get(id)!.groups.length).fill(Lamp.red);
    const [a, b, c] = [green("a"), green("b"), green("c")];
    const group = (id: string, name: string) =>
      city.junctions.get(id)!.groups.findIndex((candidate) => candidate.id === name);
    a[group("a", "main")] = Lamp.green;
    b[group("b", "p2")] = Lamp.green;
    for (const [id, lamps] of [
      ["a", a],
      ["b", b],
      ["c", c],
    ] as const)
      street.attach(id, lamps);
    const atB = street.sensor({ link: "a>b", lanes: undefined, from: "stop-line", distanceM: 1, zoneM: 400 });
    for (let i = 0; i < 3600; i++) street.advance();
    const { crossed } = atB;
    const before = crossed.car + crossed.mc + crossed.hv;
    for (let i = 0; i < 600; i++) street.advance();
    const { spillBackS, vehicles, collisions } = street.results();
    expect(spillBackS).toBeGreaterThan(600);
    expect(crossed.car + crossed.mc + crossed.hv - before).toBeLessThan(5);
    expect(atB.standing).toBeGreaterThan(20);
    expect(vehicles.waiting).toBeGreaterThan(0);
    expect(collisions).toBe(0);
    // The cross street goes on: nobody stands in its way.
    b.fill(Lamp.red);
    b[group("b", "p4")] = Lamp.green;
    const side = street.sensor({ link: "b>b-south", lanes: undefined, from: "entry", distanceM: 1, zoneM: 5 });
    for (let i = 0; i < 120; i++) street.advance();
    expect(side.crossed.car + side.crossed.mc + side.crossed.hv).toBeGreaterThan(5);
  });

  it("makes a permitted right turn wait for oncoming traffic", () => {
    const turned = (oncoming: number) => {
      const city = withFlows([
        flow("c-east", "c-north", 500),
        ...(oncoming > 0 ? [flow("a-west", "c-east", oncoming)] : []),
      ]);
      const street = createStreet({ city, random: seededRandom(7), start: START });
      for (const junction of city.junctions.values()) {
        const lamps = new Uint8Array(junction.groups.length).fill(Lamp.red);
        lamps[junction.groups.findIndex(({ id }) => id === "main" || id === "p2")] = Lamp.green;
        street.attach(junction.id, lamps);
      }
      const exit = street.sensor({ link: "c>c-north", lanes: undefined, from: "entry", distanceM: 1, zoneM: 5 });
      for (let i = 0; i < 3600; i++) street.advance();
      expect(street.results().collisions).toBe(0);
      return exit.crossed.car + exit.crossed.mc + exit.crossed.hv;
    };
    const free = turned(0);
    const opposed = turned(3600);
    expect(free).toBeGreaterThan(200);
    expect(opposed).toBeLessThan(free * 0.7);
    expect(opposed).toBeGreaterThan(0);
  });

  it("serves people on foot within a cycle and a little", () => {
    const { pedestrians } = run(testCity(), 8, 1800).street.results();
    expect(pedestrians.served).toBeGreaterThan(20);
    expect(pedestrians.maxWaitS).toBeLessThan(120);
  });

  it("empties again after it was overloaded", () => {
    const city = testCity();
    const quarterPastSeven = (7 * 60 + 15) * 60;
    const ends = [
      { at: seconds(quarterPastSeven), factor: 1 },
      { at: seconds(quarterPastSeven + 1), factor: 0 },
    ];
    const demand = { ...city.demand!, profiles: new Map([["flat", ends]]) };
    const world = createWorld({ city: { ...city, demand }, random: seededRandom(2), start: START, demandScale: 2.5 });
    const pass = (time: number) => {
      for (let t = 0; t < time; t += world.street.step / 1000) world.advance();
      return world.street.results();
    };
    const overloaded = pass(900);
    expect(overloaded.vehicles.present + overloaded.vehicles.waiting).toBeGreaterThan(150);
    const after = pass(2700);
    expect(after.vehicles).toMatchObject({ present: 0, waiting: 0, arrived: after.vehicles.demanded });
    expect(after.collisions).toBe(0);
  });

  it("names a flow that cannot be driven", () => {
    const city = withFlows([flow("c-north", "nowhere", 100)]);
    expect(() => createStreet({ city, random: seededRandom(1), start: START })).toThrow(
      /c-north>nowhere: no way from c-north to nowhere/,
    );
  });

  it("creeps through when the lamps flash", () => {
    const street = createStreet({ city: testCity(), random: seededRandom(3), start: START });
    for (const junction of testCity().junctions.values())
      street.attach(junction.id, new Uint8Array(junction.groups.length).fill(Lamp.flash));
    for (let i = 0; i < 2400; i++) street.advance();
    expect(street.results().vehicles.arrived).toBeGreaterThan(50);
  });
});
