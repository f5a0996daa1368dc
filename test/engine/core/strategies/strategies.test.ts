import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import type { City } from "../../../../config/model.ts";
import { splitOf, type TimingPlan } from "../../../../config/plan.ts";
import { type Instant, seconds } from "../../../../config/units.ts";
import { offsetChange } from "../../../../engine/core/plan/bounded-step.ts";
import { strategies } from "../../../../engine/core/strategies/registry.ts";
import type { Strategy } from "../../../../engine/core/strategy.ts";
import { testCity } from "../../../support/city.ts";
import { planFaults } from "../plan/support.ts";
import { estimateFor, type PaperTick, paperRun, start } from "./paper-city.ts";

const city = testCity();
const strategy = (name: string): Strategy => strategies.get(name)!;
/** Decide from pictures only, and have a test of their own. */
const pictured = ["greedy", "priority-index", "rolling-horizon"];
const names = [...strategies.keys()].filter((name) => !pictured.includes(name));
const seeds = [1, 2, 3, 4, 5, 6];
const planning = ["capacity-manual", "max-pressure", "cycle-adaptive"];

/** Other limits at every junction than the test city's own. */
function variation(seed: number): City {
  const random = seededRandom(seed, "city");
  const junctions = new Map(
    [...city.junctions].map(([id, junction]) => [
      id,
      {
        ...junction,
        cycleMax: seconds(100 + Math.round(random.next() * 40)),
        // The phases' own limits below are the stricter ones.
        groups: junction.groups.map((group) => ({ ...group, maxGreen: seconds(70) })),
        phases: junction.phases.map((phase) => ({
          ...phase,
          minGreen: seconds(Math.max(phase.minGreen / 1000, Math.round(6 + random.next() * 4))),
          maxGreen: seconds(Math.round(58 + random.next() * 12)),
        })),
      },
    ]),
  );
  const step = (low: number, high: number) => seconds(Math.round(low + random.next() * (high - low)));
  const control = { ...city.control, cycleStep: step(4, 10), offsetStep: step(4, 12), splitStep: step(3, 8) };
  return { ...city, junctions, control };
}

const plansOf = (ticks: readonly PaperTick[]) =>
  ticks.flatMap(({ known, wanted }) =>
    wanted.flatMap(({ junction, action }) =>
      action.kind === "plan"
        ? [{ junction, plan: action.plan, from: known.inForce.get(junction) ?? known.scheduled.get(junction)!, known }]
        : [],
    ),
  );

describe("the registry", () => {
  it("names the strategies of the issue", () => {
    expect(names).toEqual(["fixed", "capacity-manual", "actuated", "max-pressure", "cycle-adaptive", "adaptive"]);
    expect(pictured.every((name) => strategies.has(name))).toBe(true);
    for (const [name, entry] of strategies) expect(entry.name).toBe(name);
  });
});

describe.each(names)("%s", (name) => {
  it.each(seeds)("wants nothing that the guard would refuse, from plans to seconds (SEED=%i)", (seed) => {
    for (const secondBySecond of [false, true]) {
      const varied = variation(seed);
      const random = seededRandom(seed, name);
      const ticks = paperRun({ city: varied, strategy: strategy(name), random, lengthS: 1800, secondBySecond });
      expect(ticks.flatMap(({ denials }) => denials)).toEqual([]);
      for (const { junction, plan } of plansOf(ticks))
        expect(planFaults(varied.junctions.get(junction)!, plan)).toEqual([]);
      for (const { wanted } of ticks) for (const { reasons } of wanted) expect(reasons.length).toBeGreaterThan(0);
    }
  });

  it("wants nothing of a cabinet that does not listen", () => {
    for (const special of [
      "unreachable",
      "manual",
      "preempt",
      "fault-flash",
      "flash",
      "startup",
      "all-red",
      "dark",
    ] as const) {
      const ticks = paperRun({
        city,
        strategy: strategy(name),
        random: seededRandom(1),
        lengthS: 600,
        status: (junction) =>
          junction === "b" ? (special === "unreachable" ? special : { mode: special }) : undefined,
      });
      expect(ticks.flatMap(({ wanted }) => wanted.filter(({ junction }) => junction === "b"))).toEqual([]);
    }
  });

  it("decides the same from the same knowledge and keeps its memory to itself", () => {
    const run = () => paperRun({ city, strategy: strategy(name), random: seededRandom(3), lengthS: 900 });
    expect(run().map(({ wanted }) => wanted)).toEqual(run().map(({ wanted }) => wanted));
  });
});

describe.each(planning)("%s with plans", (name) => {
  it.each(seeds)("moves cycle, offset and splits within their steps, once a cycle at most (SEED=%i)", (seed) => {
    const varied = variation(seed);
    const { control } = varied;
    const ticks = paperRun({ city: varied, strategy: strategy(name), random: seededRandom(seed), lengthS: 3600 });
    const last = new Map<string, Instant>();
    for (const { junction, plan, from, known } of plansOf(ticks)) {
      expect(Math.abs(plan.cycle - from.cycle)).toBeLessThanOrEqual(control.cycleStep);
      expect(Math.abs(offsetChange(from.offset, plan.offset, plan.cycle))).toBeLessThanOrEqual(control.offsetStep);
      for (const { phase, split } of plan.splits)
        expect(Math.abs(split - splitOf(from, phase))).toBeLessThanOrEqual(control.splitStep);
      if (last.has(junction) && plan.cycle === from.cycle)
        expect(known.now - last.get(junction)!).toBeGreaterThanOrEqual(from.cycle);
      last.set(junction, known.now);
    }
  });
});

/** The same traffic for ever. */
const steady = (ratios: (stream: string) => number) => {
  const streams = new Map(
    [...city.junctions.values()].flatMap((junction) =>
      junction.streams.map((stream) => {
        const estimate = estimateFor(stream.id, {
          ratio: ratios(stream.id),
          saturation: 600 * stream.widthM,
          queue: 3,
        });
        return [stream.id, { ...estimate, degreeOfSaturation: undefined }] as const;
      }),
    ),
  );
  return () => streams;
};

describe("cycle-adaptive", () => {
  const run = (ratios: (stream: string) => number, more = {}) =>
    paperRun({
      city,
      strategy: strategy("cycle-adaptive"),
      random: seededRandom(1),
      lengthS: 7200,
      streams: steady(ratios),
      ...more,
    });
  const final = (ticks: readonly PaperTick[], junction: string): TimingPlan => {
    const { known } = ticks.at(-1)!;
    return known.inForce.get(junction) ?? known.scheduled.get(junction)!;
  };
  const greenShare = (plan: TimingPlan, phase: number): number => (splitOf(plan, phase) - 5000) / plan.cycle;

  it("comes to rest under steady traffic", () => {
    const ticks = run((stream) =>
      stream.includes("main") || stream.includes("p2") || stream.includes("p6") ? 0.3 : 0.12,
    );
    const late = plansOf(ticks.filter(({ known }) => known.now > start + 4_500_000));
    expect(late).toEqual([]);
  });

  it("gives green where the load is, and keeps the load of all within the target", () => {
    const heavySide = run((stream) => (stream.startsWith("a/") && stream.endsWith("/side") ? 0.36 : 0.12));
    const lightSide = run((stream) => (stream.startsWith("a/") && stream.endsWith("/side") ? 0.08 : 0.12));
    expect(greenShare(final(heavySide, "a"), 3)).toBeGreaterThan(0.4);
    expect(greenShare(final(heavySide, "a"), 3)).toBeGreaterThan(greenShare(final(lightSide, "a"), 3) + 0.1);
  });

  it("runs short cycles in light traffic and longer ones only when saturation asks for it", () => {
    const light = final(
      run(() => 0.06),
      "a",
    ).cycle;
    const heavy = final(
      run((stream) => (stream.startsWith("a/") ? 0.26 : 0.1)),
      "a",
    ).cycle;
    expect(light).toBeLessThanOrEqual(seconds(75));
    expect(heavy).toBeGreaterThanOrEqual(seconds(90));
    // One cycle for all three.
    const ticks = run(() => 0.06);
    expect(new Set(["a", "b", "c"].map((id) => final(ticks, id).cycle)).size).toBe(1);
  });

  it("gives no capacity away at its first review while a green that was watched is saturated", () => {
    const light = steady(() => 0.06)();
    const shortest = (degree: number): number => {
      const streams = new Map([...light].map(([id, seen]) => [id, { ...seen, degreeOfSaturation: degree }] as const));
      const ticks = run(() => 0.06, { lengthS: 1500, streams: () => streams });
      return Math.min(...plansOf(ticks).map(({ plan }) => plan.cycle));
    };
    const before = run(() => 0.06, { lengthS: 60 })[0]!.known.scheduled.get("a")!.cycle;
    expect(shortest(0.2)).toBeLessThan(before);
    expect(shortest(0.95)).toBeGreaterThanOrEqual(before);
  });

  it("gives no more green into a full link, and says so", () => {
    const ratios = (stream: string) => (stream.startsWith("a/west") || stream.startsWith("a/east") ? 0.4 : 0.1);
    const open = final(run(ratios), "a");
    const ticks = run(ratios, {
      exitFill: new Map([
        ["a>b", 0.95],
        ["a>a-west", 0.95],
      ]),
    });
    expect(greenShare(final(ticks, "a"), 1)).toBeLessThan(greenShare(open, 1));
    const present = city.schedule.planSets.get("day")!.plans.get("a")!;
    for (const { junction, plan } of plansOf(ticks))
      if (junction === "a" && plan.cycle === present.cycle)
        expect(splitOf(plan, 1)).toBeLessThanOrEqual(splitOf(present, 1));
    expect(
      ticks.flatMap(({ wanted }) => wanted).some(({ reasons }) => reasons.some(({ code }) => code === "exit-full")),
    ).toBe(true);
  });

  it("plans around a cabinet that is away, and takes it in when it is back", () => {
    const away = (now: Instant) => now < start + 3_000_000;
    const ticks = run(() => 0.06, {
      status: (id: string, now: Instant) => (id === "c" && away(now) ? "unreachable" : undefined),
    });
    const before = ticks.filter(({ known }) => away(known.now)).at(-1)!;
    expect(before.known.inForce.has("c")).toBe(false);
    expect(before.known.inForce.get("a")!.cycle).toBeLessThan(seconds(90));
    expect(final(ticks, "c").cycle).toBe(final(ticks, "a").cycle);
  });
});

describe("max-pressure and actuated, second by second", () => {
  it.each(["max-pressure", "actuated"])("%s starves no phase, detector or not", (name) => {
    // All the traffic on one stream, nothing anywhere else.
    for (const busy of ["a/west/main", "b/north/p4", "c/north/side"]) {
      const streams = new Map(
        [...city.junctions.values()].flatMap((junction) =>
          junction.streams.map((stream) => {
            const queue = stream.id === busy ? 40 : 0;
            return [
              stream.id,
              estimateFor(stream.id, { ratio: queue > 0 ? 0.6 : 0, saturation: 600 * stream.widthM, queue }),
            ] as const;
          }),
        ),
      );
      const ticks = paperRun({
        city,
        strategy: strategy(name),
        random: seededRandom(1),
        lengthS: 2400,
        secondBySecond: true,
        streams: () => streams,
      });
      const lastGreen = new Map<string, number>();
      let worst = 0;
      for (const { known } of ticks)
        for (const [id, cabinet] of known.cabinets) {
          if (cabinet.kind !== "reachable") continue;
          for (const [phase, state] of Object.entries(cabinet.phases)) {
            const key = `${id}/${phase}`;
            worst = Math.max(worst, known.now - (lastGreen.get(key) ?? start));
            if (state === "green") lastGreen.set(key, known.now);
          }
        }
      expect(worst).toBeLessThanOrEqual(city.junctions.get("a")!.maxRed);
    }
  });

  it("max-pressure serves where the queue is and leaves a full exit alone", () => {
    const queue = (stream: string) => (stream === "a/west/main" ? 20 : stream === "a/north/side" ? 10 : 0);
    const streams = new Map(
      city.junctions
        .get("a")!
        .streams.map((stream) => [
          stream.id,
          estimateFor(stream.id, { ratio: 0.2, saturation: 2000, queue: queue(stream.id) }),
        ]),
    );
    const green = (exitFill: ReadonlyMap<string, number>) => {
      const ticks = paperRun({
        city: {
          ...city,
          corridors: new Map([
            ["main", { ...city.corridors.get("main")!, junctions: ["a"], forward: [], backward: [] }],
          ]),
        },
        strategy: strategy("max-pressure"),
        random: seededRandom(1),
        lengthS: 1800,
        secondBySecond: true,
        streams: () => streams,
        exitFill,
      });
      const shown = ticks.map(({ known }) => known.cabinets.get("a")!);
      return (
        shown.filter((cabinet) => cabinet.kind === "reachable" && cabinet.phases[1] === "green").length / ticks.length
      );
    };
    expect(green(new Map())).toBeGreaterThan(0.5);
    expect(green(new Map([["a>b", 1]]))).toBeLessThan(0.4);
  });

  it("actuated ends a green when nobody comes and someone waits elsewhere", () => {
    const streams = new Map(
      [...city.junctions.values()].flatMap((junction) =>
        junction.streams.map((stream) => [
          stream.id,
          estimateFor(stream.id, { ratio: 0.1, saturation: 2000, queue: stream.id === "c/north/side" ? 4 : 0 }),
        ]),
      ),
    );
    const ticks = paperRun({
      city,
      strategy: strategy("actuated"),
      random: seededRandom(1),
      lengthS: 900,
      secondBySecond: true,
      streams: () => streams,
    });
    const said = ticks.flatMap(({ wanted }) => wanted.filter(({ junction }) => junction === "c"));
    expect(said.some(({ reasons }) => reasons[0]!.text.includes("gapped out"))).toBe(true);
  });
});
