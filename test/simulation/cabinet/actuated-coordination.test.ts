import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import type { Junction } from "../../../config/model.ts";
import { instant, millis } from "../../../config/units.ts";
import type { SplitMode, StoredPlan } from "../../../simulation/cabinet/virtual-cabinet.ts";
import { testCity } from "../../support/city.ts";
import { wideDetectors, wideJunction } from "../../support/wide-junction.ts";
import { broken } from "./lamp-rules.ts";
import { bit, dual, rig, stored } from "./rig.ts";

const cycle = 120;
const splits = { 1: 20, 2: 40, 3: 25, 4: 35, 5: 20, 6: 40, 7: 25, 8: 35 };

/** Junction b with a detector on each phase, under a plan whose phases all have this mode. */
function site({
  mode = "none",
  sequence = dual,
  forceOff = "fixed",
  offset = 0,
}: {
  readonly mode?: SplitMode;
  readonly sequence?: StoredPlan["sequence"];
  readonly forceOff?: "fixed" | "floating";
  readonly offset?: number;
} = {}) {
  const detectors = [1, 2, 3, 4, 5, 6, 7, 8].map((phase) => ({ channel: phase, approach: "x", lanes: ["x"], phase }));
  const made = rig({ junction: noWalks(testCity().junctions.get("b")!), cabinet: { detectors } });
  const plan = { ...stored({ cycle, offset, splits, sequence }), modes: new Map<number, SplitMode>() };
  for (const number of Object.keys(splits)) plan.modes.set(Number(number), mode);
  expect(made.unit.storePlans(new Map([[101, plan]]))).toBeUndefined();
  made.unit.setCoordination({ forceOff });
  made.unit.commandPattern(101);
  made.until(() => made.unit.status().pattern === 101);
  made.run(cycle * 2000);
  /** Starts and ends of greens of a phase from here on. */
  const watch = (time: number, each?: (at: number) => void) => {
    const greens = new Map<number, { from: number; to: number }[]>();
    let before = made.unit.status().greens;
    made.run(time, (at) => {
      each?.(at);
      const { greens: now } = made.unit.status();
      for (let phase = 1; phase <= 16; phase++) {
        const own = 1 << (phase - 1);
        if (now & ~before & own) greens.set(phase, [...(greens.get(phase) ?? []), { from: at, to: Number.NaN }]);
        if (before & ~now & own && greens.has(phase)) greens.get(phase)!.at(-1)!.to = at;
      }
      before = now;
    });
    return (phase: number) => greens.get(phase) ?? [];
  };
  return { ...made, watch, plan };
}

/** The same junction without its crossing: a crossing's phase is called by nobody and needs its walk all the same. */
const noWalks = (junction: Junction): Junction => ({ ...junction, crossings: junction.crossings });

const standOn = (made: ReturnType<typeof site>, phases: readonly number[]) => () => {
  for (const phase of phases) made.unit.detect(phase, true, 0);
};
const everybody = [1, 2, 3, 4, 5, 6, 7, 8];
const s = (ms: number) => Math.round(ms / 100) / 10;

describe("coordinated actuated operation", () => {
  it("rests in the coordinated phases when nobody calls", () => {
    const made = site();
    const greens = made.watch(cycle * 5000);
    expect(made.unit.status().greens).toBe(bit(2, 6));
    for (const phase of [1, 3, 7, 8]) expect(greens(phase)).toEqual([]);
  });

  it("with everybody waiting, forces each phase off at its place in the cycle, and no later", () => {
    const made = site({ offset: 30 });
    const greens = made.watch(cycle * 6000, standOn(made, everybody));
    for (const phase of [3, 4, 7, 8, 1, 5]) {
      const own = splits[phase as 1] - 3 - 2;
      expect(greens(phase).length, `phase ${phase}`).toBeGreaterThanOrEqual(5);
      for (const { from, to } of greens(phase).slice(1, -1))
        expect(Math.abs((to - from) / 1000 - own), `phase ${phase}`).toBeLessThanOrEqual(1.5);
    }
    // Local zero is the start of phase 2: on the offset each cycle.
    for (const { from } of greens(2).slice(1))
      expect(Math.abs(((s(from) - 30 + 60) % cycle) - 60)).toBeLessThanOrEqual(1);
  });

  it("skips who has not called, and gaps out who has gone", () => {
    const made = site();
    let called = false;
    const greens = made.watch(cycle * 2000, () => {
      if (called) return;
      called = true;
      made.unit.detect(4, true, 1);
      made.unit.detect(4, false, 0);
    });
    expect(greens(4)).toHaveLength(1);
    const [{ from, to }] = greens(4) as [{ from: number; to: number }];
    expect((to - from) / 1000).toBeLessThan(splits[4] - 5 - 5);
    expect(greens(3)).toEqual([]);
    expect(made.unit.drainEvents().some(({ code, param }) => code === 4 && param === 4)).toBe(true);
  });

  it("fixed: time a phase leaves goes to the next one; floating: to the coordinated one", () => {
    // Phase 3 gaps out at once; 4 is always occupied. Fixed, 4 starts early and ends where it must; floating, it has its split.
    const length = (forceOff: "fixed" | "floating") => {
      const made = site({ forceOff });
      const greens = made.watch(cycle * 5000, (at) => {
        made.unit.detect(4, true, 0);
        made.unit.detect(8, true, 0);
        if (at % 5000 === 0) {
          made.unit.detect(3, true, 1);
          made.unit.detect(3, false, 0);
        }
      });
      const [, ...later] = greens(4).filter(({ to }) => !Number.isNaN(to));
      return Math.max(...later.map(({ from, to }) => (to - from) / 1000));
    };
    const own = splits[4] - 5;
    expect(length("floating")).toBeLessThanOrEqual(own + 0.2);
    expect(length("fixed")).toBeGreaterThan(own + 3);
  });

  it("serves minimum and maximum recalls without a call", () => {
    const minimum = site({ mode: "minimum-recall" });
    const greens = minimum.watch(cycle * 4000);
    for (const phase of [3, 4, 7, 8]) expect(greens(phase).length, `phase ${phase}`).toBeGreaterThanOrEqual(3);
  });

  it("keeps the sequence: leading and lagging left turns", () => {
    for (const [first, second, sequence] of [
      [1, 2, dual],
      [2, 1, [[2, 1, 3, 4], dual[1]!]],
    ] as const) {
      const made = site({ sequence });
      const greens = made.watch(cycle * 4000, standOn(made, everybody));
      const order = [
        ...greens(1).map(({ from }) => ({ phase: 1, from })),
        ...greens(2).map(({ from }) => ({ phase: 2, from })),
      ]
        .sort((a, b) => a.from - b.from)
        .map(({ phase }) => phase);
      const at = order.indexOf(first);
      expect(order[at + 1]).toBe(second);
      expect(broken(made.junction, made.shown)).toEqual([]);
    }
  });

  it.each(["short-way", "add-only", "subtract-only", "dwell"] as const)("comes back into step by %s", (correction) => {
    const made = site();
    made.unit.setCoordination({ correction });
    made.unit.setClock(instant(made.unit.now() + 40_000));
    made.unit.drainEvents();
    made.run(2000);
    expect(made.unit.status().inTransition).toBe(true);
    made.run(cycle * 8000, standOn(made, everybody));
    expect(made.unit.status().inTransition).toBe(false);
    const states = made.unit
      .drainEvents()
      .filter(({ code }) => code === 150)
      .map(({ param }) => param);
    const wanted = { "short-way": 3, "add-only": 2, "subtract-only": 3, dwell: 4 }[correction];
    expect(states).toContain(wanted);
    expect(states.filter((state) => [2, 3, 4].includes(state) && state !== wanted)).toEqual([]);
    expect(broken(made.junction, made.shown)).toEqual([]);
  });

  it("hands over to free operation and to fixed time and back without a broken lamp", () => {
    const made = site();
    const { modes: _, ...fixed } = made.plan;
    made.unit.storePlans(new Map([[102, fixed]]));
    for (const pattern of [102, 101, 254, 101, 102, 254, 0]) {
      made.unit.commandPattern(pattern);
      made.until(() => made.unit.status().pattern === (pattern || 1), 300_000);
      made.run(cycle * 1500);
    }
    expect(broken(made.junction, made.shown)).toEqual([]);
    expect(made.unit.trips).toBe(0);
  });
});

describe("the fixed coordinator's corrections", () => {
  it.each([
    ["add-only", 2],
    ["subtract-only", 3],
    ["dwell", 4],
  ] as const)("%s", (correction, state) => {
    const made = rig({ junction: "a" });
    made.run(200_000);
    made.unit.setCoordination({ correction });
    made.unit.setClock(instant(made.unit.now() + 30_000));
    made.unit.drainEvents();
    made.run(1_500_000);
    const states = made.unit
      .drainEvents()
      .filter(({ code }) => code === 150)
      .map(({ param }) => param);
    expect(states).toContain(state);
    expect(states.filter((one) => [2, 3, 4].includes(one) && one !== state)).toEqual([]);
    expect(made.unit.status().inTransition).toBe(false);
    expect(broken(made.junction, made.shown)).toEqual([]);
  });
});

describe("a controller of 16 phases in 4 rings with 64 detectors", () => {
  const junction = wideJunction();
  const wide = () => rig({ junction, cabinet: { detectors: wideDetectors(), maxPhases: 16 } });
  const quarter = Object.fromEntries(junction.phases.map(({ number }) => [number, 25]));

  it.each(["fixed time", "actuated", "free"] as const)(
    "SEED=1..4: %s keeps every rule and serves every phase",
    (kind) => {
      for (let seed = 1; seed <= 4; seed++) {
        const random = seededRandom(seed, kind);
        const made = wide();
        const plan = stored({ cycle: 100, offset: 13, splits: quarter, sequence: junction.rings });
        const modes = new Map(junction.phases.map(({ number }): [number, SplitMode] => [number, "none"]));
        const wanted = kind === "actuated" ? { ...plan, modes } : plan;
        expect(made.unit.storePlans(new Map([[101, wanted]]))).toBeUndefined();
        made.unit.commandPattern(kind === "free" ? 254 : 101);
        let served = 0;
        made.run(900_000, () => {
          if (random.next() < 0.3) made.unit.detect(1 + Math.floor(random.next() * 64), random.next() < 0.5, 1);
          served |= made.unit.status().greens;
        });
        expect(served).toBe(0xffff);
        expect(broken(junction, made.shown), `SEED=${seed}`).toEqual([]);
        expect(made.unit.trips).toBe(0);
        expect(made.unit.detector(64).total).toBeGreaterThan(0);
      }
    },
  );

  it("preempts across all rings", () => {
    const made = wide();
    made.run(100_000);
    made.unit.preempts.input(3, true);
    made.until(() => made.unit.preempts.state(3) === "dwell");
    expect(made.unit.status().greens).toBe(bit(3, 7, 11, 15));
    expect(millis(made.unit.trips)).toBe(0);
  });
});
