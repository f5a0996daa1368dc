import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import {
  controlDelay,
  filteringFactor,
  incrementalDelay,
  uniformDelay,
  websterDelay,
} from "../../../../engine/core/traffic/control-delay.ts";
import { cycleForSaturation, websterCycle } from "../../../../engine/core/traffic/cycle-time.ts";
import { calibrateDispersion, cyclicQueue, disperse } from "../../../../engine/core/traffic/platoon.ts";

const total = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

describe("delay", () => {
  it("is near the two-term rule of thumb, nine tenths of uniform plus random", () => {
    // Webster 1958: the third term takes 5 to 15 % of the first two.
    for (const flow of [500, 600, 650]) {
      const service = { flowPcuh: flow, capacityPcuh: 750, greenS: 25, cycleS: 60 };
      const x = flow / 750;
      const two = uniformDelay(service, x) + x ** 2 / (2 * (flow / 3600) * (1 - x));
      expect(websterDelay(service)! / two).toBeGreaterThan(0.83);
      expect(websterDelay(service)! / two).toBeLessThan(0.97);
    }
  });

  it("has no Webster value at saturation; the control delay stays finite", () => {
    const service = { flowPcuh: 900, capacityPcuh: 900, greenS: 30, cycleS: 60 };
    expect(websterDelay(service)).toBeUndefined();
    expect(controlDelay(service)).toBeGreaterThan(15);
    expect(controlDelay(service)).toBeLessThan(120);
  });

  it("gives half the red to a lone arrival at an empty signal, in proportion", () => {
    expect(uniformDelay({ greenS: 30, cycleS: 60 }, 0)).toBeCloseTo(7.5, 9);
  });

  it("falls with good progression and with a metering neighbour", () => {
    const service = { flowPcuh: 600, capacityPcuh: 900, greenS: 30, cycleS: 60 };
    expect(controlDelay(service, 0.9)).toBeLessThan(controlDelay(service, 0.5));
    expect(incrementalDelay(0.9, 900, { filtering: filteringFactor(0.9) })).toBeLessThan(incrementalDelay(0.9, 900));
  });

  it("asks a shorter cycle of the saturation target than of Webster when traffic is light", () => {
    expect(cycleForSaturation(12, 0.4, 0.85)!).toBeLessThan(websterCycle(12, 0.4)!);
    expect(cycleForSaturation(12, 0.9, 0.85)).toBeUndefined();
  });
});

describe("platoons", () => {
  const platoon = Float64Array.from({ length: 90 }, (_, t) => (t < 20 ? 0.9 : 0));

  it("keeps the vehicles, spreads the peak and comes later", () => {
    const arrived = disperse(platoon, 30);
    expect(total(arrived)).toBeCloseTo(total(platoon), 4);
    expect(Math.max(...arrived)).toBeLessThan(0.9);
    expect(Math.max(...disperse(platoon, 60))).toBeLessThan(Math.max(...arrived));
    expect(arrived[23]).toBeLessThan(0.3);
    expect(arrived.indexOf(Math.max(...arrived))).toBe(43);
  });

  it("follows Robertson's recurrence for one pulse", () => {
    // T = 10, beta 0.8: first arrivals after 8 steps, F = 1 / (1 + 0.35 * 8).
    const pulse = new Float64Array(200);
    pulse[0] = 1;
    const arrived = disperse(pulse, 10);
    const share = 1 / 3.8;
    for (let k = 0; k < 20; k++) expect(arrived[8 + k]).toBeCloseTo(share * (1 - share) ** k, 6);
  });

  it("recovers its parameters from measured journeys", () => {
    // Shifted geometric: mean = shift + (1 - F) / F, variance = (1 - F) / F^2.
    const share = 1 / (1 + 0.35 * 0.8 * 40);
    const mean = 0.8 * 40 + (1 - share) / share;
    const found = calibrateDispersion(mean, Math.sqrt((1 - share) / share ** 2));
    expect(found.beta * mean).toBeCloseTo(32, 6);
    expect(1 / (1 + found.alpha * found.beta * mean)).toBeCloseTo(share, 6);
  });
});

describe("a cyclic queue", () => {
  const green = (length: number, from: number, to: number, rate: number): Float64Array =>
    Float64Array.from({ length }, (_, t) => (t >= from && t < to ? rate : 0));

  it("equals the uniform delay formula for even arrivals", () => {
    const arrivals = new Float64Array(90).fill(0.2);
    const { waiting, departures } = cyclicQueue(arrivals, green(90, 30, 75, 0.5));
    expect(total(departures)).toBeCloseTo(18, 9);
    expect(waiting / 18).toBeCloseTo(uniformDelay({ greenS: 45, cycleS: 90 }, 0.8), 0);
  });

  it("lets a platoon through that meets the green, and holds one that meets the red", () => {
    const platoon = green(90, 40, 60, 0.45);
    expect(cyclicQueue(platoon, green(90, 30, 75, 0.5)).waiting).toBe(0);
    expect(cyclicQueue(platoon, green(90, 60, 90, 0.5)).waiting).toBeGreaterThan(90);
  });

  it.each([1, 2, 3, 4, 5])("loses nobody and is the same from any second of the cycle (SEED=%i)", (seed) => {
    const random = seededRandom(seed);
    const n = 60 + Math.floor(random.next() * 60);
    const arrivals = Float64Array.from({ length: n }, () => random.next() * 0.3);
    const from = Math.floor(random.next() * 20);
    const capacity = green(n, from, from + 30, 0.6);
    const result = cyclicQueue(arrivals, capacity);
    expect(total(result.departures)).toBeCloseTo(Math.min(total(arrivals), total(capacity)), 6);
    expect(result.stopped).toBeLessThanOrEqual(total(arrivals) + 1e-9);
    const turn = (values: Float64Array): Float64Array =>
      Float64Array.from({ length: n }, (_, t) => values[(t + 17) % n]!);
    if (total(arrivals) < total(capacity))
      expect(cyclicQueue(turn(arrivals), turn(capacity)).waiting).toBeCloseTo(result.waiting, 6);
  });
});
