import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import type { Junction, Phase } from "../../../../config/model.ts";
import { after, type Instant, instant, seconds } from "../../../../config/units.ts";
import type { PhaseState } from "../../../../engine/core/cabinet.ts";
import { guard } from "../../../../engine/core/guard/guard.ts";
import { cabinetOf, junctionOf, requestOf } from "./support.ts";

const RUN_S = 900;
const START = instant(1_800_000_000_000);
const seeds = Array.from({ length: 5 }, (_, i) => i + 1);

/** A cabinet that obeys `serve` second by second with its own minima and clearances. */
class Obedient {
  readonly junction: Junction;
  readonly since = new Map<number, Instant>();
  readonly lastGreen = new Map<number, Instant>();
  /** When each phase that has ended its green is through with amber and all-red. */
  readonly clearAt = new Map<number, Instant>();

  constructor(junction: Junction) {
    this.junction = junction;
    for (const phase of junction.phases) this.lastGreen.set(phase.number, START);
  }

  step(now: Instant, wanted: readonly number[]): void {
    const { phases } = this.junction;
    for (const phase of phases) {
      const since = this.since.get(phase.number);
      if (since === undefined) continue;
      this.lastGreen.set(phase.number, now);
      if (wanted.includes(phase.number) || now - since < phase.minGreen) continue;
      this.since.delete(phase.number);
      this.clearAt.set(phase.number, after(now, seconds((phase.amber + phase.allRed) / 1000)));
    }
    for (const phase of phases) {
      if (!wanted.includes(phase.number) || this.since.has(phase.number)) continue;
      const inTheWay = phases.filter(
        (other) => other !== phase && !(other.ring !== phase.ring && other.barrier === phase.barrier),
      );
      const free = inTheWay.every(
        (other) => !this.since.has(other.number) && now >= (this.clearAt.get(other.number) ?? 0),
      );
      if (!free || now < (this.clearAt.get(phase.number) ?? 0)) continue;
      this.since.set(phase.number, now);
      this.lastGreen.set(phase.number, now);
    }
  }

  states(): Readonly<Record<number, PhaseState>> {
    return Object.fromEntries(
      this.junction.phases.map(({ number }) => [number, this.since.has(number) ? "green" : "red"]),
    );
  }
}

/** All sets that could be served: one phase, or one of each ring, inside a barrier. */
function candidates(phases: readonly Phase[]): readonly (readonly number[])[] {
  const pairs = phases.flatMap((a) =>
    phases.filter((b) => a.ring < b.ring && a.barrier === b.barrier).map((b) => [a.number, b.number]),
  );
  return [...phases.map((phase) => [phase.number]), ...pairs];
}

/** A strategy that wants anything at all, and when refused tries whatever is left. */
function play(seed: number, id: string): { longestGreen: number; longestRed: number; refused: number } {
  const random = seededRandom(seed, `serve/${id}`);
  const junction = junctionOf(id);
  const cabinet = new Obedient(junction);
  const sets = candidates(junction.phases);
  let longestGreen = 0;
  let longestRed = 0;
  let refused = 0;
  let favourite = sets[0]!;
  for (let t = 0; t < RUN_S; t++) {
    const now = after(START, seconds(t));
    if (random.next() < 0.05) favourite = sets[Math.floor(random.next() * sets.length)]!;
    const tries = [favourite, ...[...sets].sort(() => random.next() - 0.5)];
    const allowed = tries.find((phases) => {
      const request = requestOf(id, { kind: "serve", phases });
      const verdict = guard({
        ...request,
        command: { ...request.command, at: now },
        cabinet: cabinetOf(id, { at: now, phases: cabinet.states() }),
        now,
        newestReading: now,
        lastGreen: cabinet.lastGreen,
        greenSince: cabinet.since,
      });
      if (!verdict.allowed) refused += 1;
      return verdict.allowed;
    });
    if (!allowed) throw new Error(`SEED=${seed}: nothing is allowed at ${t} s`);
    cabinet.step(now, allowed);
    for (const phase of junction.phases) {
      const since = cabinet.since.get(phase.number);
      if (since !== undefined) longestGreen = Math.max(longestGreen, now - since);
      else longestRed = Math.max(longestRed, now - cabinet.lastGreen.get(phase.number)!);
    }
  }
  return { longestGreen, longestRed, refused };
}

describe("a strategy that wants anything, second by second", () => {
  it.each(seeds)("SEED=%i: two stages: no green past 60 s, no red past 150 s", (seed) => {
    const { longestGreen, longestRed, refused } = play(seed, "c");
    expect(longestGreen).toBeLessThan(60_000);
    expect(longestRed).toBeLessThanOrEqual(150_000);
    expect(refused).toBeGreaterThan(0);
  });

  it.each(
    seeds.flatMap(
      (seed) =>
        [
          [seed, "a", 1],
          [seed, "b", 3],
        ] as const,
    ),
  )(
    "SEED=%i: junction %s: late ones wait for those before them, %i services at most, and nobody starves",
    (seed, id, ahead) => {
      const { longestGreen, longestRed } = play(seed, id);
      const longestService = Math.max(
        ...junctionOf(id).phases.map((phase) => phase.minGreen + phase.amber + phase.allRed),
      );
      expect(longestGreen).toBeLessThan(60_000);
      // One service to end, and those who have waited longer to be served at their minimum.
      expect(longestRed).toBeLessThanOrEqual(150_000 + (ahead + 1) * longestService);
    },
  );
});
