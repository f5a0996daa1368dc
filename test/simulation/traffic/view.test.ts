import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import { instant } from "../../../config/units.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import type { StreetView, ViewSpec } from "../../../simulation/street.ts";
import { createStreet } from "../../../simulation/traffic/street.ts";
import { createWorld } from "../../../simulation/world.ts";
import { testCity } from "../../support/city.ts";
import { oneApproach } from "../../support/one-approach.ts";

const START = instant(Date.UTC(2026, 1, 2, 23));
const mixed = { car: 0.5, hv: 0.1, mc: 0.4, bus: 0 };
const spec: ViewSpec = {
  junction: "c",
  approaches: ["west"],
  rangeM: 100,
  exits: ["c>c-east"],
  exitRangeM: 40,
  box: true,
};

function oneStopLine(lamp: number, vehPerHour = 1500) {
  const street = createStreet({
    city: oneApproach({ widthM: 7, lanes: 2, shares: mixed, vehPerHour }),
    random: seededRandom(4),
    start: START,
  });
  const lamps = new Uint8Array([lamp, Lamp.red]);
  street.attach("c", lamps);
  return { street, lamps };
}

describe("the view of a junction", () => {
  it("shows a queue from the stop line on, as many as a zone of the same length holds", () => {
    const { street } = oneStopLine(Lamp.red);
    const zone = street.sensor({ link: "o>c", lanes: undefined, from: "stop-line", distanceM: 0, zoneM: 100 });
    for (let i = 0; i < 400; i++) street.advance();
    const [approach] = street.view(spec).approaches;
    const { vehicles } = approach!;
    expect(approach!.rangeM).toBe(100);
    expect(vehicles.length).toBe(zone.inZone);
    expect(vehicles.length).toBeGreaterThan(20);
    const places = vehicles.map(({ distanceM }) => distanceM);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeLessThan(2);
    expect(places.at(-1)).toBeLessThanOrEqual(100);
    expect(new Set(vehicles.map(({ vehicleClass }) => vehicleClass))).toEqual(new Set(["car", "hv", "mc"]));
    expect(vehicles.every(({ lanes }) => lanes.length === 1 && lanes[0]! < 2)).toBe(true);
  });

  it("knows a vehicle that stands again by nothing but its looks", () => {
    const { street } = oneStopLine(Lamp.red);
    for (let i = 0; i < 400; i++) street.advance();
    const first = () => street.view(spec).approaches[0]!.vehicles.slice(0, 10);
    const looks = first().map(({ conspicuity }) => conspicuity);
    street.advance();
    expect(first().map(({ conspicuity }) => conspicuity)).toEqual(looks);
    expect(new Set(looks).size).toBe(10);
    expect(new Set(Object.keys(first()[0]!))).toEqual(
      new Set(["conspicuity", "distanceM", "lanes", "lengthM", "speedMps", "vehicleClass"]),
    );
  });

  it("follows vehicles over the stop line, through the box, into the exit", () => {
    const { street, lamps } = oneStopLine(Lamp.red);
    const lines = [0, 1].map((lane) =>
      street.sensor({ link: "o>c", lanes: [lane], from: "stop-line", distanceM: 0, zoneM: 0 }),
    );
    const out = street.sensor({ link: "c>c-east", lanes: undefined, from: "entry", distanceM: 0.01, zoneM: 0 });
    const total = (sensor: typeof out) => sensor.crossed.car + sensor.crossed.hv + sensor.crossed.mc;
    for (let i = 0; i < 200; i++) street.advance();
    expect(street.view(spec).box).toEqual([]);
    lamps[0] = Lamp.green;
    let most = 0;
    for (let i = 0; i < 60; i++) {
      street.advance();
      const { box, exits } = street.view(spec);
      expect(box.length).toBe(lines.reduce((sum, line) => sum + total(line), 0) - total(out));
      for (const { approach, lane, movements } of box)
        expect([approach, lane < 2, movements]).toEqual(["west", true, ["west-through"]]);
      most = Math.max(most, box.length);
      for (const lane of exits[0]!.lanes) for (const { rearM } of lane) expect(rearM).toBeLessThanOrEqual(40);
    }
    expect(most).toBeGreaterThan(2);
    expect(total(out)).toBeGreaterThan(20);
  });

  it("is looked at without a trace: the street does the same", () => {
    const run = (looking: boolean) => {
      const city = testCity();
      const world = createWorld({ city, random: seededRandom(3), start: START });
      const seen: StreetView[] = [];
      const junction = city.junctions.get("b")!;
      for (let i = 0; i < 600; i++) {
        world.advance();
        if (looking)
          seen.push(
            world.street.view({
              junction: "b",
              approaches: junction.approaches.map(({ id }) => id),
              rangeM: 100,
              exits: junction.movements.map(({ exit }) => exit),
              exitRangeM: 50,
              box: true,
            }),
          );
      }
      return { seen, results: JSON.stringify(world.street.results()) };
    };
    const { seen, results } = run(true);
    expect(results).toBe(run(false).results);
    const inBox = seen.flatMap(({ box }) => box);
    const { approaches, movements } = testCity().junctions.get("b")!;
    expect(inBox.length).toBeGreaterThan(50);
    for (const { approach, lane, movements: possible } of inBox) {
      const marked = approaches.find(({ id }) => id === approach)!.lanes[lane]!.movements;
      expect(possible.length).toBeGreaterThan(0);
      for (const id of possible) {
        expect(movements.find((movement) => movement.id === id)!.approach).toBe(approach);
        expect(marked).toContain(id);
      }
    }
  });

  it("refuses places that are not on the street", () => {
    const { street } = oneStopLine(Lamp.red);
    expect(() => street.view({ ...spec, junction: "x" })).toThrow('"x"');
    expect(() => street.view({ ...spec, approaches: ["up"] })).toThrow('"up"');
    expect(() => street.view({ ...spec, exits: ["nowhere"] })).toThrow('"nowhere"');
  });
});
