import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { after, instant, seconds } from "../../../../config/units.ts";
import {
  type Discharge,
  headwayOf,
  undischarged,
  watchDischarge,
} from "../../../../engine/core/strategies/rolling-horizon/discharge.ts";
import type { ApproachView, SeenVehicle } from "../../../../engine/core/view.ts";

const start = instant(Date.UTC(2026, 10, 23, 1));

const car = (distanceM: number, speedMps: number): SeenVehicle => ({
  distanceM,
  speedMps,
  lengthM: 5,
  vehicleClass: "car",
  lanes: [0],
});

const seen = (vehicles: readonly SeenVehicle[], crossed: number): ApproachView => ({
  approach: "west",
  rangeM: 200,
  vehicles,
  crossed: [crossed],
});

/**
 * One lane seen once a second through cycles of red and green; each green a queue of so many leaves, the first after 1 s,
 * the second 3 s later, the others `headway` apart; `blockedAt`: before this one nobody moves for 15 s.
 */
function cycles({
  queue,
  headway,
  number = 40,
  pcu = 1,
  blockedAt = 0,
  seed = 1,
}: {
  readonly queue: number;
  readonly headway: number;
  readonly number?: number;
  readonly pcu?: number;
  readonly blockedAt?: number;
  readonly seed?: number;
}): Discharge {
  const random = seededRandom(seed, "discharge");
  let discharge = undischarged(start);
  let t = 0;
  const look = (vehicles: readonly SeenVehicle[], crossed: number): void => {
    t++;
    discharge = watchDischarge(discharge, seen(vehicles, crossed), { lane: 0, now: after(start, seconds(t)), pcu });
  };
  const standing = Array.from({ length: queue }, (_, i) => car(2 + 7.5 * i, 0));
  for (let cycle = 0; cycle < number; cycle++) {
    for (let red = 0; red < 5; red++) look(standing, 0);
    const phase = random.next();
    const leaves = standing.map((_, i) => {
      const free = phase + (i === 0 ? 1 : 4 + (i - 1) * headway);
      return blockedAt > 0 && i >= blockedAt ? free + 15 : free;
    });
    const green = Math.ceil(leaves.at(-1) ?? 0) + 4;
    for (let g = 1; g <= green; g++) {
      const left = leaves.filter((time) => time > g);
      look(
        left.map((_, i) => car(4 + 8 * i, 6)),
        leaves.filter((time) => time > g - 1 && time <= g).length,
      );
    }
  }
  return discharge;
}

describe("the headway of a discharging queue", () => {
  it.each([1.6, 2.1, 2.8])("of %d s is found from pictures of whole seconds", (headway) => {
    for (let seed = 1; seed <= 10; seed++)
      expect(Math.abs(headwayOf(cycles({ queue: 9, headway, seed })) - headway)).toBeLessThan(0.12);
  });

  it("is one of passenger-car units where bigger vehicles are in the mix", () => {
    expect(headwayOf(cycles({ queue: 9, headway: 2.6, pcu: 1.3 }))).toBeCloseTo(2, 1);
  });

  it("is not learned from short queues, nor from vehicles that come and go without stopping", () => {
    expect(headwayOf(cycles({ queue: 3, headway: 4 }))).toBe(headwayOf(undischarged(start)));
    let discharge = undischarged(start);
    for (let t = 1; t < 600; t++)
      discharge = watchDischarge(discharge, seen([car(20, 13)], t % 4 === 0 ? 1 : 0), {
        lane: 0,
        now: after(start, seconds(t)),
        pcu: 1,
      });
    expect(headwayOf(discharge)).toBe(headwayOf(undischarged(start)));
  });

  it("leaves out the time for which something stood in the way", () => {
    expect(Math.abs(headwayOf(cycles({ queue: 9, headway: 2, blockedAt: 5 })) - 2)).toBeLessThan(0.15);
  });

  it("stays within what roads show, whatever is reported", () => {
    for (const headway of [0.2, 5.5]) {
      const found = headwayOf(cycles({ queue: 12, headway, number: 200 }));
      expect(found).toBeGreaterThanOrEqual(1.2);
      expect(found).toBeLessThanOrEqual(4);
    }
  });

  it("follows a road that changes", () => {
    let discharge = cycles({ queue: 9, headway: 2.8, number: 60 });
    const later = cycles({ queue: 9, headway: 1.8, number: 60 });
    expect(headwayOf(discharge) - headwayOf(later)).toBeGreaterThan(0.8);
    discharge = { ...discharge, stood: 0 };
    expect(watchDischarge(discharge, { ...seen([], 0), rangeM: 0 }, { lane: 0, now: start, pcu: 1 }).stood).toBe(0);
  });
});
