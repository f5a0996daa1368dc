import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import type { Junction } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import { seconds } from "../../../../config/units.ts";
import { guard } from "../../../../engine/core/guard/guard.ts";
import type { Random } from "../../../../engine/ports/random.ts";
import { watch } from "./oracle.ts";
import { junctionOf, planRequest } from "./support.ts";

const PLANS_PER_SEED = 100;
const seeds = Array.from({ length: 10 }, (_, i) => i + 1);

const pick = (random: Random, from: number, to: number): number => from + Math.floor(random.next() * (to - from + 1));
const one = <T>(random: Random, items: readonly T[]): T => items[pick(random, 0, items.length - 1)]!;

interface Draft {
  cycle: number;
  offset: number;
  splits: [number, number][];
  sequence: number[][];
}

/** A plan that adds up, with phases shuffled inside their barriers; its splits may be too short or too long. */
function draft(random: Random, junction: Junction): Draft {
  const barriers = [...new Set(junction.phases.map((phase) => phase.barrier))];
  const lengths = barriers.map(() => pick(random, 34, 80));
  const splits: [number, number][] = [];
  const sequence = junction.rings.map((ring) =>
    barriers.flatMap((barrier, i) => {
      const phases = ring.filter(
        (number) => junction.phases.find((phase) => phase.number === number)!.barrier === barrier,
      );
      let left = lengths[i]!;
      phases.forEach((number, k) => {
        const rest = phases.length - 1 - k;
        const split = rest === 0 ? left : pick(random, 11, Math.max(11, left - rest * 12));
        splits.push([number, split]);
        left -= split;
      });
      return random.next() < 0.2 ? [...phases].reverse() : phases;
    }),
  );
  const cycle = lengths.reduce((total, length) => total + length, 0);
  return { cycle, offset: pick(random, 0, cycle - 1), splits, sequence };
}

type Spoil = (draft: Draft, random: Random) => void;
const spoils: readonly Spoil[] = [
  () => undefined,
  () => undefined,
  () => undefined,
  (plan, random) => {
    one(random, plan.splits)[1] += one(random, [-1, 1]);
  },
  (plan, random) => {
    const from = one(random, plan.splits);
    const to = one(random, plan.splits);
    from[1] -= 1;
    to[1] += 1;
  },
  (plan, random) => {
    plan.cycle += one(random, [-1, 1]);
  },
  (plan, random) => {
    plan.offset = one(random, [-1, plan.cycle, plan.cycle - 1]);
  },
  (plan, random) => {
    const ring = one(random, plan.sequence);
    const i = pick(random, 0, ring.length - 1);
    const j = pick(random, 0, ring.length - 1);
    [ring[i], ring[j]] = [ring[j]!, ring[i]!];
  },
  (plan, random) => {
    one(random, plan.sequence).pop();
  },
  (plan, random) => {
    const ring = one(random, plan.sequence);
    ring.push(one(random, ring));
  },
  (plan) => {
    plan.sequence.reverse();
  },
  (plan, random) => {
    plan.splits.splice(pick(random, 0, plan.splits.length - 1), 1);
  },
];

function randomPlan(random: Random, junction: Junction): TimingPlan {
  const plan = draft(random, junction);
  one(random, spoils)(plan, random);
  return {
    id: "random",
    junction: junction.id,
    cycle: seconds(plan.cycle),
    offset: seconds(plan.offset),
    splits: plan.splits.map(([phase, split]) => ({ phase, split: seconds(split) })),
    sequence: plan.sequence,
  };
}

describe.each(["a", "b", "c"])("random plans of junction %s", (id) => {
  const junction = junctionOf(id);
  const tally = { allowed: 0, denied: 0 };

  it.each(seeds)("SEED=%i: the guard allows exactly the plans in which nothing goes wrong", (seed) => {
    const random = seededRandom(seed, `plans/${id}`);
    for (let i = 0; i < PLANS_PER_SEED; i++) {
      const plan = randomPlan(random, junction);
      const verdict = guard(planRequest(plan, { junction }));
      const wrong = watch(plan, junction);
      tally[verdict.allowed ? "allowed" : "denied"] += 1;
      if (verdict.allowed !== (wrong.length === 0))
        expect.fail(
          `plan ${i} ${JSON.stringify(plan)}: guard ${JSON.stringify(verdict)}, street ${JSON.stringify(wrong)}`,
        );
    }
  });

  it("met many plans of both kinds", () => {
    expect(tally.allowed).toBeGreaterThan(100);
    expect(tally.denied).toBeGreaterThan(100);
  });
});

describe.each(["a", "b", "c"])("random junctions like %s", (id) => {
  /** Conflicts and intergreens drawn anew, so that most are not what the phases were made for. */
  function spoiled(random: Random): Junction {
    const junction = junctionOf(id);
    const n = junction.groups.length;
    const conflicts = junction.conflicts.slice();
    const intergreen = junction.intergreen.slice();
    for (let k = 0; k < pick(random, 0, 2); k++) {
      const i = pick(random, 0, n - 1);
      const j = pick(random, 0, n - 1);
      if (i === j) continue;
      if (random.next() < 0.3) conflicts[i * n + j] = conflicts[j * n + i] = 1;
      intergreen[i * n + j] = pick(random, 4, 7) * 1000;
    }
    return { ...junction, conflicts, intergreen };
  }

  it.each(seeds)("SEED=%i: nothing goes wrong in a plan that the guard allows", (seed) => {
    const random = seededRandom(seed, `junctions/${id}`);
    for (let i = 0; i < PLANS_PER_SEED; i++) {
      const junction = spoiled(random);
      const plan = randomPlan(random, junction);
      if (!guard(planRequest(plan, { junction })).allowed) continue;
      const wrong = watch(plan, junction);
      if (wrong.length > 0) expect.fail(`plan ${i} ${JSON.stringify(plan)}: ${JSON.stringify(wrong)}`);
    }
  });
});
