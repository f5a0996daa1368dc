import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import {
  actuatedVariance,
  controlDelay,
  filteringFactor,
  incrementalDelay,
  initialQueueDelay,
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
    expect(controlDelay(service, { onGreen: 0.9 })).toBeLessThan(controlDelay(service, { onGreen: 0.5 }));
    expect(incrementalDelay(0.9, 900, { filtering: filteringFactor(0.9) })).toBeLessThan(incrementalDelay(0.9, 900));
  });

  it("adds the initial queue as the area between its cumulative curves", () => {
    const service = { flowPcuh: 600, capacityPcuh: 800, greenS: 40, cycleS: 90 };
    // 20 pcu at 200 pcu/h of spare capacity go in 6 minutes: mean 10 over 0.1 h, shared by the 200 that a quarter hour serves.
    const short = initialQueueDelay(20, 0.75, { capacityPcuh: 800 });
    expect(short).toMatchObject({ servedH: 0.1, left: 0 });
    expect(short.delayS).toBeCloseTo((3600 * 20 * 0.1) / 2 / 200, 9);
    // Saturated: none of it goes, everybody waits for all of it (1800 Q (1 + u) t / (c T) with u = 1, t = T).
    const full = initialQueueDelay(20, 1.2, { capacityPcuh: 800 });
    expect(full).toMatchObject({ servedH: 0.25, left: 20 });
    expect(full.delayS).toBeCloseTo((1800 * 20 * 2) / 800, 9);
    expect(controlDelay(service, { initialQueuePcu: 20 })).toBeGreaterThan(controlDelay(service) + short.delayS);
  });

  it("has values at every limit", () => {
    for (const capacityPcuh of [0, 1, 900])
      for (const flowPcuh of [0, 1, 5000])
        for (const greenS of [0, 30, 60])
          for (const onGreen of [undefined, 0, 1]) {
            const arriving = { initialQueuePcu: 50, ...(onGreen === undefined ? {} : { onGreen }) };
            const delay = controlDelay({ flowPcuh, capacityPcuh, greenS, cycleS: 60 }, arriving);
            expect(Number.isFinite(delay) && delay >= 0, `${capacityPcuh} ${flowPcuh} ${greenS}`).toBe(true);
          }
  });

  it("varies less under a signal that follows the demand", () => {
    expect(actuatedVariance(0.5)).toBeCloseTo(0.04, 9);
    expect(actuatedVariance(1)).toBe(0.5);
    expect(actuatedVariance(0.75)).toBeCloseTo(0.27, 9);
  });

  it("asks a shorter cycle of the saturation target than of Webster when traffic is light", () => {
    expect(cycleForSaturation(12, 0.4, 0.85)!).toBeLessThan(websterCycle(12, 0.4)!);
    expect(cycleForSaturation(12, 0.9, 0.85)).toBeUndefined();
  });
});

const platoon = Float64Array.from({ length: 90 }, (_, t) => (t < 20 ? 0.9 : 0));

describe("platoons", () => {
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

describe("dispersion from two cameras", () => {
  it("is the same in steps of any length where both hold", () => {
    // F = n (sqrt(n^2 + 4 s^2) - n) / (2 s^2), beta = 1 - n (1 - F) / (F T): mean and variance are met exactly.
    for (const step of [1, 2, 4]) {
      const { share = 0, beta } = calibrateDispersion(60, 9, step);
      const extra = (step * (1 - share)) / share;
      expect(beta * 60 + extra).toBeCloseTo(60, 9);
      expect((step ** 2 * (1 - share)) / share ** 2).toBeCloseTo(81, 6);
    }
  });

  it("spreads a pulse by the measured standard deviation", () => {
    const pulse = new Float64Array(400);
    pulse[0] = 1;
    const arrived = disperse(pulse, 60, calibrateDispersion(60, 9));
    const mean = arrived.reduce((sum, flow, t) => sum + flow * t, 0);
    const variance = arrived.reduce((sum, flow, t) => sum + flow * (t - mean) ** 2, 0);
    expect(mean).toBeCloseTo(60, 0);
    expect(Math.sqrt(variance)).toBeCloseTo(9, 1);
  });

  it("leaves a platoon without spread as it is, and bears any spread", () => {
    expect(calibrateDispersion(60, 0)).toMatchObject({ beta: 1, alpha: 0, share: 1 });
    const wild = disperse(platoon, 10, calibrateDispersion(10, 40));
    expect(total(wild)).toBeCloseTo(total(platoon), 3);
    expect(wild.every((flow) => flow >= 0)).toBe(true);
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
