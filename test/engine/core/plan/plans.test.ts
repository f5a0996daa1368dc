import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import type { Junction } from "../../../../config/model.ts";
import { splitOf, type TimingPlan } from "../../../../config/plan.ts";
import { type Instant, millis, seconds } from "../../../../config/units.ts";
import { boundedStep, offsetChange } from "../../../../engine/core/plan/bounded-step.ts";
import { fitPlan } from "../../../../engine/core/plan/fit-plan.ts";
import { cyclePosition, greenSeconds, greenWindows } from "../../../../engine/core/plan/green-windows.ts";
import { cycleRange, maximumSplit, minimumSplit } from "../../../../engine/core/plan/phase-times.ts";
import { plans, testCity } from "../../../support/city.ts";
import { planFaults, randomJunction } from "./support.ts";

const city = testCity();
const a = city.junctions.get("a")!;
const b = city.junctions.get("b")!;
const seeds = Array.from({ length: 40 }, (_, i) => i + 1);

function fitted(junction: Junction, cycle: number, greens: Readonly<Record<number, number>>): TimingPlan {
  const fit = fitPlan(junction, {
    id: "x",
    cycle: seconds(cycle),
    offset: seconds(0),
    greens: new Map(Object.entries(greens).map(([phase, green]) => [Number(phase), green])),
  });
  if (fit.kind !== "fits") throw new Error(fit.reason);
  return fit.plan;
}

describe("minimum and maximum split", () => {
  it("hold minimum green or walk and clearance, amber and all-red", () => {
    // Walk 5 s and clearance 9 s are longer than the side street's 7 s; 3 s amber, 2 s all-red.
    expect(minimumSplit(a.phases[2]!)).toBe(seconds(19));
    expect(minimumSplit(a.phases[0]!)).toBe(seconds(12));
    expect(maximumSplit(a.phases[0]!)).toBe(seconds(65));
  });
});

describe("fitPlan", () => {
  it("divides the green of a stage-based junction as wanted", () => {
    const plan = fitted(a, 95, { 1: 40, 2: 20, 3: 20 });
    expect([1, 2, 3].map((phase) => splitOf(plan, phase) / 1000)).toEqual([45, 25, 25]);
  });

  it("keeps the wished proportions of the critical ring and lines up the barrier", () => {
    const plan = fitted(b, 100, { 1: 10, 2: 30, 3: 10, 4: 30, 5: 5, 6: 20, 7: 10, 8: 20 });
    expect(planFaults(b, plan)).toEqual([]);
    // Ring 1 is the longer one on both sides of the barrier: equal halves, and 1 to 3 inside each.
    expect(splitOf(plan, 1) + splitOf(plan, 2)).toBe(seconds(50));
    expect(splitOf(plan, 2) / 1000).toBe(35);
  });

  it("names the nearest cycle that fits", () => {
    const fit = fitPlan(a, { id: "x", cycle: seconds(20), offset: seconds(0), greens: new Map() });
    expect(fit).toMatchObject({ kind: "infeasible", cycle: seconds(50) });
    const long = fitPlan(a, { id: "x", cycle: seconds(200), offset: seconds(0), greens: new Map() });
    // Somebody on foot waits at most 120 s and walk is sure for 5 s.
    expect(long).toMatchObject({ kind: "infeasible", cycle: seconds(125) });
  });

  it("says when no cycle fits at all", () => {
    const impossible = { ...a, cycleMax: seconds(30) };
    const fit = fitPlan(impossible, { id: "x", cycle: seconds(90), offset: seconds(0), greens: new Map() });
    expect(fit).toMatchObject({ kind: "infeasible", cycle: undefined });
  });

  it.each(seeds)("makes a valid plan of any wish at any junction (SEED=%i)", (seed) => {
    const random = seededRandom(seed, "fit");
    const junction = randomJunction(city, random);
    const range = cycleRange(junction);
    if (!range) return expect(fitPlan(junction, wish(junction, 90, random)).kind).toBe("infeasible");
    for (let i = 0; i < 20; i++) {
      const cycle = Math.round(range.low / 1000 + random.next() * (range.high / 1000 - range.low / 1000));
      const fit = fitPlan(junction, wish(junction, cycle, random));
      expect(fit.kind).toBe("fits");
      if (fit.kind === "fits") {
        expect(fit.plan.cycle).toBe(seconds(cycle));
        expect(planFaults(junction, fit.plan)).toEqual([]);
      }
    }
  });
});

function wish(junction: Junction, cycle: number, random: { next(): number }) {
  const greens = new Map(
    junction.phases.filter(() => random.next() < 0.9).map((phase) => [phase.number, random.next() * 60]),
  );
  return { id: "x", cycle: seconds(cycle), offset: seconds(random.next() * 300), greens };
}

describe("offsetChange", () => {
  it("goes the short way round", () => {
    expect(offsetChange(seconds(5), seconds(85), seconds(90))).toBe(seconds(-10));
    expect(offsetChange(seconds(85), seconds(5), seconds(90))).toBe(seconds(10));
    expect(offsetChange(seconds(0), seconds(45), seconds(90))).toBe(seconds(45));
  });
});

describe("boundedStep", () => {
  const steps = { cycleStep: seconds(8), offsetStep: seconds(8), splitStep: seconds(6) };

  it("changes nothing when it is there", () => {
    for (const plan of plans) expect(boundedStep(city.junctions.get(plan.junction)!, plan, plan, steps)).toEqual(plan);
  });

  it("moves the offset the short way and no further than its step", () => {
    const to = { ...plans[1]!, offset: seconds(88) };
    expect(boundedStep(b, plans[1]!, to, steps).offset).toBe(seconds(24));
    expect(boundedStep(b, plans[1]!, { ...to, offset: seconds(36) }, steps).offset).toBe(seconds(36));
  });

  it("takes the nearest cycle that the split steps can reach", () => {
    const tight = { cycleStep: seconds(8), offsetStep: seconds(8), splitStep: seconds(2) };
    const step = boundedStep(a, plans[0]!, fitted(a, 120, { 1: 60, 2: 30, 3: 30 }), tight);
    // Three phases of 2 s each.
    expect(step.cycle).toBe(seconds(96));
    expect(planFaults(a, step)).toEqual([]);
  });

  it.each(seeds)("stays valid and within its steps from any plan to any other, and arrives (SEED=%i)", (seed) => {
    const random = seededRandom(seed, "step");
    const junction = randomJunction(city, random);
    const range = cycleRange(junction);
    if (!range) return expect(range).toBeUndefined();
    const any = (): TimingPlan => {
      const cycle = Math.round((range.low + random.next() * (range.high - range.low)) / 1000);
      const fit = fitPlan(junction, wish(junction, cycle, random));
      if (fit.kind !== "fits") throw new Error(fit.reason);
      return fit.plan;
    };
    let plan = any();
    const target = any();
    for (let i = 0; i < 60; i++) {
      const next = boundedStep(junction, plan, target, steps);
      expect(planFaults(junction, next)).toEqual([]);
      expect(Math.abs(next.cycle - plan.cycle)).toBeLessThanOrEqual(steps.cycleStep);
      expect(Math.abs(offsetChange(plan.offset, next.offset, next.cycle))).toBeLessThanOrEqual(steps.offsetStep);
      for (const { number } of junction.phases)
        expect(Math.abs(splitOf(next, number) - splitOf(plan, number))).toBeLessThanOrEqual(steps.splitStep);
      plan = next;
    }
    expect(plan).toEqual(target);
  });
});

describe("green windows", () => {
  it("follow the rings from the start of the coordinated green", () => {
    const windows = greenWindows(b, plans[1]!);
    expect(windows.get(2)).toEqual({ start: seconds(0), length: seconds(30) });
    expect(windows.get(3)).toEqual({ start: seconds(35), length: seconds(10) });
    expect(windows.get(4)).toEqual({ start: seconds(50), length: seconds(20) });
    expect(windows.get(1)).toEqual({ start: seconds(75), length: seconds(10) });
    expect(windows.get(6)).toEqual({ start: seconds(0), length: seconds(30) });
  });

  it("count a stream's green through the change between its two phases", () => {
    const main = a.streams.find((stream) => stream.group === "main")!;
    const both = { ...main, phases: [1, 2] };
    const total = (values: Uint8Array): number => values.reduce((sum, value) => sum + value, 0);
    expect(total(greenSeconds(a, plans[0]!, main))).toBe(40);
    // 45 s split of phase 1, then 17 s less 5 s of change.
    expect(total(greenSeconds(a, plans[0]!, both))).toBe(57);
  });

  it("place the cycle against UTC midnight", () => {
    const midnight = Date.UTC(2026, 10, 21) as Instant;
    const plan = { ...plans[1]!, cycle: seconds(70), offset: seconds(32) };
    expect(cyclePosition(plan, midnight)).toBe(seconds(38));
    expect(cyclePosition(plan, (midnight + 32_000) as Instant)).toBe(millis(0));
    expect(cyclePosition(plan, (midnight + 32_500 + 700_000) as Instant)).toBe(millis(500));
  });
});
