import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import type { BusLine } from "../../../config/demand.ts";
import type { Incident } from "../../../config/incidents.ts";
import type { City } from "../../../config/model.ts";
import { instant, seconds } from "../../../config/units.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import { createStreet } from "../../../simulation/traffic/street.ts";
import { createWorld } from "../../../simulation/world.ts";
import { testCity } from "../../support/city.ts";
import { APPROACH, oneApproach } from "../../support/one-approach.ts";

const START = instant(0);
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const cars = { car: 1, hv: 0, mc: 0, bus: 0 };
const mixed = { car: 0.4, hv: 0.03, mc: 0.57, bus: 0 };

describe("buses of a line", () => {
  const line = (dwellS: number, stops = [{ link: APPROACH, atM: 300, dwell: seconds(dwellS) }]): BusLine => ({
    id: "l",
    from: "o",
    to: "c-east",
    every: seconds(120),
    first: seconds(0),
    last: seconds(20 * 3600),
    stops,
  });

  function run(
    busLine: BusLine | undefined,
    { vehPerHour, lanes, seed }: { vehPerHour: number; lanes: number; seed: number },
  ) {
    const city = oneApproach({ widthM: 3.5 * lanes, lanes, shares: cars, vehPerHour });
    const street = createStreet({
      city: {
        ...city,
        utcOffset: seconds(0),
        demand: { ...city.demand!, ...(busLine ? { busLines: [busLine] } : {}) },
      },
      random: seededRandom(seed),
      start: START,
    });
    street.attach("c", new Uint8Array([Lamp.green, Lamp.green]));
    const sensor = street.sensor({ link: "c>c-east", lanes: undefined, from: "entry", distanceM: 0, zoneM: 0 });
    while (street.now() < 1800_000) street.advance();
    return { ...street.results(), crossed: sensor.crossed };
  }

  it("come by the clock and stand at their stop, and that is no delay of theirs", () => {
    const runs = seeds.map((seed) => run(line(30), { vehPerHour: 0, lanes: 1, seed }));
    const plain = run(line(30, []), { vehPerHour: 0, lanes: 1, seed: 1 });
    const mean = (of: (own: (typeof runs)[number]) => number) =>
      runs.reduce((sum, own) => sum + of(own), 0) / runs.length;
    expect(plain.vehicles.demanded).toBe(15);
    // The mean dwell time, and what braking and moving off again take: 12 m/s at 4 and 1.2 m/s².
    const longer = mean((own) => own.all.meanTravelTimeS) - plain.all.meanTravelTimeS;
    expect(longer).toBeGreaterThan(30);
    expect(longer).toBeLessThan(50);
    expect(mean((own) => own.all.meanDelayS) - plain.all.meanDelayS).toBeLessThan(20);
    expect(mean((own) => own.crossed.hv)).toBeGreaterThan(12);
  });

  it("hold up those behind on one lane, and less where there is a second", () => {
    const delay = (busLine: BusLine | undefined, lanes: number): number => {
      const results = seeds.map((seed) => run(busLine, { vehPerHour: 500 * lanes, lanes, seed }));
      for (const { vehicles, collisions } of results) {
        expect(vehicles.inserted).toBe(vehicles.arrived + vehicles.present);
        expect(collisions).toBe(0);
      }
      return results.reduce((sum, own) => sum + own.all.meanDelayS, 0) / results.length;
    };
    const [one, two] = [1, 2].map((lanes) => delay(line(30), lanes) - delay(undefined, lanes));
    expect(one!).toBeGreaterThan(4);
    expect(two!).toBeGreaterThan(0);
    expect(two!).toBeLessThan(0.6 * one!);
  });

  it("refuse a stop that is not on their way, by name", () => {
    const off = line(30, [{ link: "c>nowhere", atM: 5, dwell: seconds(9) }]);
    expect(() => run(off, { vehPerHour: 0, lanes: 1, seed: 1 })).toThrow(
      /bus line l: its way o>c, c>c-east does not use link c>nowhere/,
    );
  });
});

describe("a vehicle with siren", () => {
  const trips = [4, 5].map(
    (minute): Incident => ({ kind: "emergency", at: seconds(minute * 60), from: "a-west", to: "c-east" }),
  );

  /** Nine minutes of the corridor under its scheduled plans. */
  function run(seed: number, incidents: readonly Incident[], classShares = cars) {
    const base = testCity();
    const city: City = { ...base, utcOffset: seconds(0), demand: { ...base.demand!, classShares } };
    const world = createWorld({
      city,
      random: seededRandom(seed),
      start: START,
      incidents,
      scenes: "off",
      demandScale: 0.7,
    });
    while (world.now() < 540_000) world.advance();
    return world.street.results();
  }

  it.each([
    ["cars", cars],
    ["mixed traffic", mixed],
  ])("passes red lamps in %s while others wait for it, and nobody is hit or lost", (_, shares) => {
    const results = seeds.map((seed) => run(seed, trips, shares));
    for (const { collisions, redLightRunners, vehicles, sirens } of results) {
      expect(collisions).toBe(0);
      expect(redLightRunners).toBe(0);
      expect(vehicles.demanded).toBe(vehicles.inserted + vehicles.waiting);
      expect(vehicles.inserted).toBe(vehicles.arrived + vehicles.present);
      expect(sirens.trips).toBe(2);
    }
    const mean = (of: (own: (typeof results)[number]) => number) =>
      results.reduce((sum, own) => sum + of(own), 0) / results.length;
    const sirenS = mean(({ sirens }) => sirens.meanDelayS);
    const othersS = mean(({ main }) => main.meanDelayS);
    // Between lanes of cars it is far quicker than they; motorcycles stand in that gap and cannot make way (simulation/README.md).
    if (shares === cars) expect(sirenS).toBeLessThan(0.5 * othersS);
  });

  it("comes at its time of day, and changes nothing before", () => {
    const late: readonly Incident[] = [{ kind: "emergency", at: seconds(3600), from: "a-west", to: "c-east" }];
    expect(run(1, late)).toEqual(run(1, []));
  });
});
