import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import type { Junction } from "../../../config/model.ts";
import { instant, millis } from "../../../config/units.ts";
import type { Random } from "../../../engine/ports/random.ts";
import type { SplitMode, StoredPlan } from "../../../simulation/cabinet/virtual-cabinet.ts";
import { Lamp } from "../../../simulation/lamps.ts";
import { broken } from "./lamp-rules.ts";
import { MIDNIGHT, type Rig, rig } from "./rig.ts";

const seeds = Array.from({ length: 18 }, (_, i) => i + 1);
const junctionOf = (seed: number): string => ["a", "b", "c"][seed % 3]!;

const whole = (random: Random, from: number, to: number): number => from + Math.floor(random.next() * (to - from + 1));
const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random.next() * items.length)]!;

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const rest = [...items];
  const result: T[] = [];
  while (rest.length > 0) result.push(...rest.splice(Math.floor(random.next() * rest.length), 1));
  return result;
}

/** Any plan that keeps the rules: greens drawn between minimum and maximum, the shorter ring filled up. */
function validPlan(junction: Junction, random: Random): StoredPlan {
  const phase = (number: number) => junction.phases.find((candidate) => candidate.number === number)!;
  for (;;) {
    const barriers = [...new Set(junction.phases.map(({ barrier }) => barrier))];
    const splits = new Map<number, number>();
    let cycle = 0;
    for (const barrier of barriers) {
      const rings = junction.rings.map((ring) => ring.filter((number) => phase(number).barrier === barrier));
      const sums = rings.map((ring) => {
        let sum = 0;
        for (const number of ring) {
          const { minGreen, maxGreen, amber, allRed } = phase(number);
          const split = (whole(random, minGreen, Math.min(maxGreen, 35_000)) + amber + allRed) / 100;
          splits.set(number, Math.round(split) * 100);
          sum += splits.get(number)!;
        }
        return sum;
      });
      const longest = Math.max(...sums);
      for (const [r, ring] of rings.entries()) splits.set(ring[0]!, splits.get(ring[0]!)! + longest - sums[r]!);
      cycle += longest;
    }
    const fits = junction.phases.every(
      ({ number, maxGreen, amber, allRed }) => splits.get(number)! - amber - allRed <= maxGreen,
    );
    if (!fits || cycle < junction.cycleMin || cycle > junction.cycleMax) continue;
    const order = shuffled(random, barriers);
    return {
      planId: whole(random, 1, 1000),
      cycle: millis(cycle),
      offset: millis(whole(random, 0, cycle - 1)),
      splits: new Map([...splits].map(([number, split]) => [number, millis(split)])),
      sequence: junction.rings.map((ring) =>
        order.flatMap((barrier) =>
          shuffled(
            random,
            ring.filter((number) => phase(number).barrier === barrier),
          ),
        ),
      ),
    };
  }
}

const modes = [
  "none",
  "none",
  "minimum-recall",
  "maximum-recall",
  "pedestrian-recall",
  "maximum-and-pedestrian-recall",
] as const satisfies readonly SplitMode[];

/** The same plan, run as phases are called. */
const actuated = (plan: StoredPlan, random: Random): StoredPlan => ({
  ...plan,
  modes: new Map([...plan.splits.keys()].map((number) => [number, pick(random, modes)])),
});

/** One thing that somebody does to the cabinet. */
function disturb({ unit, junction }: Rig, random: Random): void {
  const mask = () => whole(random, 0, 255) & whole(random, 0, 255);
  pick<() => void>(random, [
    () => unit.commandPattern(pick(random, [0, 1, 7, 101, 102, 103, 254, 255])),
    () => unit.commandPattern(pick(random, [0, 101, 102, 254])),
    () => {
      const plan = validPlan(junction, random);
      expect(unit.storePlans(new Map([[whole(random, 101, 103), plan]]))).toBeUndefined();
    },
    () => {
      const plan = actuated(validPlan(junction, random), random);
      expect(unit.storePlans(new Map([[whole(random, 101, 103), plan]]))).toBeUndefined();
    },
    () =>
      unit.setCoordination({
        correction: pick(random, ["short-way", "add-only", "subtract-only", "dwell"] as const),
        forceOff: pick(random, ["fixed", "floating"] as const),
      }),
    () => unit.inject({ kind: "preempt", number: whole(random, 1, 4), on: random.next() < 0.5 }),
    () => unit.preempts.command(whole(random, 0, 15)),
    () => unit.setSpecialFunctions(whole(random, 0, 0xffff)),
    () => unit.inject({ kind: "stuck-detector", channel: whole(random, 1, 6), present: random.next() < 0.5 }),
    () => unit.setControl({ vehicleCall: mask(), hold: mask(), forceOff: mask(), omit: mask() }),
    () => unit.setControl({ pedestrianCall: mask(), pedestrianOmit: mask(), hold: 0, omit: 0, forceOff: 0 }),
    () => unit.inject({ kind: "manual", on: random.next() < 0.3 }),
    () => unit.inject({ kind: "flash", on: random.next() < 0.3 }),
    () => random.next() < 0.3 && unit.inject({ kind: "reboot" }),
    () => unit.inject({ kind: "clock-drift", partsPerMillion: whole(random, -500, 500) }),
    () => unit.setClock(instant(unit.now() + whole(random, -100_000, 100_000))),
    () => unit.setBackupTime(millis(whole(random, 0, 3) * 20_000)),
  ])();
}

function traffic({ unit, junction }: Rig, random: Random): void {
  if (random.next() < 0.02) unit.pressButton(0);
  if (random.next() > 0.2) return;
  const present = random.next() < 0.5;
  unit.detect(whole(random, 1, junction.streams.length), present, present ? 1 : 0);
}

/** Bit masks of the phases of each barrier. */
function phasesByBarrier({ phases }: Junction): readonly number[] {
  const barriers = [...new Set(phases.map(({ barrier }) => barrier))];
  return barriers.map((barrier) =>
    phases.reduce((mask, phase) => (phase.barrier === barrier ? mask | (1 << (phase.number - 1)) : mask), 0),
  );
}

describe("whatever anybody does", () => {
  it.each(seeds)("SEED=%i keeps the lamps within the rules", (seed) => {
    const random = seededRandom(seed, "cabinet");
    const cabinet = rig({ junction: junctionOf(seed), start: MIDNIGHT + whole(random, 0, 86_400_000) });
    const barriers = phasesByBarrier(cabinet.junction);
    let crossed = 0;
    cabinet.run(2_400_000, () => {
      traffic(cabinet, random);
      if (random.next() < 0.004) disturb(cabinet, random);
      const { greens, ambers } = cabinet.unit.status();
      if (barriers.filter((phases) => phases & (greens | ambers)).length > 1) crossed++;
    });
    expect(crossed, `SEED=${seed}: phases lit on both sides of a barrier`).toBe(0);
    expect(broken(cabinet.junction, cabinet.shown), `SEED=${seed}`).toEqual([]);
    expect(cabinet.unit.trips, `SEED=${seed}: trips`).toBe(0);
  });

  it.each(seeds)("SEED=%i comes back to its plan, in step, once everybody has gone", (seed) => {
    const random = seededRandom(seed, "return");
    const cabinet = rig({ junction: junctionOf(seed), start: MIDNIGHT + 3_600_000 });
    cabinet.run(600_000, () => {
      traffic(cabinet, random);
      if (random.next() < 0.01) disturb(cabinet, random);
    });
    cabinet.unit.inject({ kind: "clear" });
    cabinet.unit.inject({ kind: "clock-drift", partsPerMillion: 0 });
    cabinet.unit.setBackupTime(millis(30_000));
    // Watchdog, start-up or the rest of a cycle, then at most a few cycles of correction.
    cabinet.run(900_000);
    expect(cabinet.unit.status(), `SEED=${seed}`).toMatchObject({ mode: "local", pattern: 1, inTransition: false });
    const { cyclePosition, plan } = cabinet.unit.status();
    const late = (cabinet.unit.now() - cyclePosition - plan!.offset + 1000) % plan!.cycle;
    // Within a step, where the clock was set to an odd millisecond.
    expect(Math.abs(late - 1000), `SEED=${seed}`).toBeLessThan(100);
  });

  it.each(seeds)(
    "SEED=%i runs any valid plan: every green within its limits, every group served each cycle",
    (seed) => {
      const random = seededRandom(seed, "plans");
      const cabinet = rig({ junction: junctionOf(seed) });
      for (let i = 0; i < 4; i++) {
        const plan = validPlan(cabinet.junction, random);
        expect(cabinet.unit.storePlans(new Map([[101 + (i % 2), plan]])), `SEED=${seed}`).toBeUndefined();
        cabinet.unit.commandPattern(101 + (i % 2));
        cabinet.run(150_000 + 7 * plan.cycle);
        expect(cabinet.unit.status(), `SEED=${seed} plan ${i}`).toMatchObject({ inTransition: false, pending: false });
      }
      for (const [index, group] of cabinet.junction.groups.entries()) {
        if (group.kind === "pedestrian") continue;
        const greens = cabinet.shown.filter((part) => part.group === index && part.lamp === Lamp.green);
        for (const { from, to } of greens)
          expect(to - from, `SEED=${seed} ${group.id}`).toBeLessThanOrEqual(group.maxGreen);
        for (const [i, { from }] of greens.slice(1).entries())
          expect(from - greens[i]!.to, `SEED=${seed} red of ${group.id}`).toBeLessThanOrEqual(
            2 * cabinet.junction.cycleMax,
          );
      }
      expect(broken(cabinet.junction, cabinet.shown), `SEED=${seed}`).toEqual([]);
    },
  );

  it.each(seeds.slice(0, 9))("SEED=%i starves nobody in free operation", (seed) => {
    const random = seededRandom(seed, "free");
    const cabinet = rig({ junction: junctionOf(seed) });
    cabinet.unit.commandPattern(254);
    for (let channel = 1; channel <= cabinet.junction.streams.length; channel++) cabinet.unit.detect(channel, true, 1);
    const all = cabinet.junction.phases.reduce((bits, { number }) => bits | (1 << (number - 1)), 0);
    const lastGreen = new Map<number, number>();
    let longest = 0;
    cabinet.run(1_800_000, (at) => {
      if (random.next() < 0.005) {
        // A careless engine: always the same phases, everybody else omitted.
        const { number } = cabinet.junction.phases[0]!;
        const own = 1 << (number - 1);
        cabinet.unit.setControl({ vehicleCall: own, hold: own, omit: all & ~own, forceOff: 0 });
      }
      const { greens } = cabinet.unit.status();
      for (const { number } of cabinet.junction.phases) {
        if (greens & (1 << (number - 1)) || !lastGreen.has(number)) lastGreen.set(number, at);
        longest = Math.max(longest, at - lastGreen.get(number)!);
      }
    });
    // Four phases of a ring at their maxima with their changes, and what the other ring may add at each barrier.
    expect(longest, `SEED=${seed}`).toBeLessThanOrEqual(6 * 65_000);
    expect(longest).toBeGreaterThan(0);
    expect(broken(cabinet.junction, cabinet.shown), `SEED=${seed}`).toEqual([]);
  });

  it("does the same twice from the same seed", () => {
    const film = () => {
      const random = seededRandom(5, "twice");
      const cabinet = rig({ junction: "b" });
      cabinet.run(600_000, () => {
        traffic(cabinet, random);
        if (random.next() < 0.01) disturb(cabinet, random);
      });
      return JSON.stringify([cabinet.shown, cabinet.unit.drainEvents()]);
    };
    expect(film()).toBe(film());
  });
});
