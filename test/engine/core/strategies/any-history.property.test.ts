import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import type { City, Junction } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import { type Instant, instant, millis, seconds } from "../../../../config/units.ts";
import type { CabinetMode, CabinetStatus, PhaseState, ReachableStatus } from "../../../../engine/core/cabinet.ts";
import { guard } from "../../../../engine/core/guard/guard.ts";
import { strategies } from "../../../../engine/core/strategies/registry.ts";
import type { Knowledge, StreamEstimate, Wanted } from "../../../../engine/core/strategy.ts";
import type { JunctionView } from "../../../../engine/core/view.ts";
import type { Random } from "../../../../engine/ports/random.ts";
import { testCity } from "../../../support/city.ts";
import { planFaults, randomJunction } from "../plan/support.ts";
import { estimateFor, start } from "./paper-city.ts";

const base = testCity();
/** Counts and places as broken cameras, divisions by nothing and wrong units leave them. */
const odd = [0, -40, 1e9, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-12];
/** Seconds of history; each gives a decision for each of three junctions: with all strategies more than 10 000. */
const ticksOf = (name: string): number => (["rolling-horizon", "adaptive"].includes(name) ? 60 : 120);
const seeds = [1, 2, 3, 4];

const one = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random.next() * items.length)]!;
const maybe = (random: Random, share: number, usual: number): number =>
  random.next() < share ? one(random, odd) : usual;

/** The test city's junctions with limits drawn anew: many of their scheduled plans do not fit them any more. */
function anyCity(random: Random): City {
  const junctions = new Map<string, Junction>();
  while (junctions.size < base.junctions.size) {
    const drawn = sensible(randomJunction(base, random), random.next() < 0.8);
    const junction = random.next() < 0.4 ? base.junctions.get(drawn.id)! : drawn;
    const fixedOrder = random.next() < 0.3 && junction.form === "stages";
    junctions.set(junction.id, fixedOrder ? { ...junction, fixedOrder: true } : junction);
  }
  return { ...base, junctions: new Map([...base.junctions.keys()].map((id) => [id, junctions.get(id)!])) };
}

/** Most junctions' phases keep to what their groups ask for; with others the guard allows nothing at all. */
const sensible = (junction: Junction, wanted: boolean): Junction =>
  wanted
    ? {
        ...junction,
        groups: junction.groups.map((group) => ({
          ...group,
          minGreen: millis(0),
          clearance: millis(0),
          maxGreen: seconds(3600),
        })),
        phases: junction.phases.map((phase) => ({ ...phase, allRed: millis(Math.max(phase.allRed, 2000)) })),
      }
    : junction;

function anyStreams(city: City, random: Random): ReadonlyMap<string, StreamEstimate> {
  const streams = new Map<string, StreamEstimate>();
  for (const { streams: own } of city.junctions.values())
    for (const { id } of own) {
      const usual = estimateFor(id, {
        ratio: maybe(random, 0.2, random.next() * 1.5),
        saturation: random.next() < 0.2 ? 0 : 1800,
        queue: maybe(random, 0.2, random.next() * 60),
      });
      const degree = random.next() < 0.1 ? undefined : maybe(random, 0.2, random.next() * 2);
      streams.set(id, {
        ...usual,
        degreeOfSaturation: degree,
        basis: one(random, ["measured", "neighbour", "profile", "scheduled"]),
        age: millis(maybe(random, 0.1, random.next() * 90_000)),
      });
    }
  return streams;
}

/** Contradicts itself and the junction: lanes and approaches that are not there, vehicles before they came, too many, none. */
function anyView({ id, approaches, movements }: Junction, random: Random, now: Instant): JunctionView {
  const upTo = (n: number): number => Math.floor(random.next() * (n + 1));
  return {
    junction: id,
    at: instant(now - one(random, [0, 0, 0, 1000, 5000, 9000, -3000])),
    approaches: approaches
      .filter(() => random.next() > 0.05)
      .map((approach) => ({
        approach: random.next() < 0.03 ? "nowhere" : approach.id,
        rangeM: maybe(random, 0.1, one(random, [0, 100, 200])),
        vehicles: Array.from({ length: random.next() < 0.05 ? 300 : upTo(25) }, () => ({
          distanceM: maybe(random, 0.03, random.next() * 200),
          speedMps: maybe(random, 0.03, random.next() * 15),
          lengthM: maybe(random, 0.03, 4.5),
          vehicleClass: one(random, ["car", "mc", "hv", "unknown"] as const),
          lanes: random.next() < 0.03 ? [one(random, [-1, 9])] : [upTo(approach.lanes.length - 1)],
        })),
        crossed: approach.lanes.map(() => maybe(random, 0.03, upTo(1))),
      })),
    exits: movements.map(({ exit }) => ({
      link: exit,
      rangeM: 50,
      lanes: [
        { vehicles: upTo(6), standing: maybe(random, 0.05, upTo(3)), roomM: maybe(random, 0.05, random.next() * 50) },
      ],
    })),
    box: Array.from({ length: upTo(3) }, () => {
      const movement = one(random, movements);
      return {
        approach: random.next() < 0.05 ? "nowhere" : movement.approach,
        lane: one(random, [0, 0, 0, -1, 9]),
        movements: random.next() < 0.05 ? [] : [movement.id],
        speedMps: maybe(random, 0.05, random.next() * 8),
      };
    }),
  };
}

/** A cabinet that mostly follows and sometimes shows what cannot be. */
function anyStatus(junction: Junction, random: Random, now: Instant, greens: readonly number[]): CabinetStatus {
  if (random.next() < 0.02)
    return { kind: "unreachable", junction: junction.id, at: now, since: now, reason: "does not answer" };
  const phases: Record<number, PhaseState> = {};
  for (const { number } of junction.phases) {
    const shown = greens.includes(number) ? "green" : "red";
    if (random.next() > 0.01) phases[number] = random.next() < 0.02 ? one(random, ["red", "amber", "green"]) : shown;
  }
  const modes: readonly CabinetMode[] = ["local", "manual", "preempt", "flash", "dark"];
  return {
    kind: "reachable",
    junction: junction.id,
    at: instant(now - one(random, [0, 0, 0, 0, 1000, 70_000, -5000])),
    mode: random.next() < 0.05 ? one(random, modes) : "central",
    capabilities: {
      planDownload: random.next() > 0.05,
      secondBySecond: random.next() > 0.1,
      maxPhases: 16,
      cycleMin: seconds(30),
      cycleMax: seconds(255),
      resolution: millis(1000),
    },
    pattern: 1,
    inTransition: random.next() < 0.1,
    phases,
    cyclePosition: undefined,
    elapsed: undefined,
    clockError: undefined,
    faults: [],
  };
}

interface Told {
  readonly status: ReachableStatus;
  readonly greenSince: ReadonlyMap<number, Instant>;
  readonly now: Instant;
}

/** What a person at the junction would object to in an allowed call; written apart from the guard. */
function objections(
  phases: readonly number[],
  junction: Junction,
  { status, greenSince, now }: Told,
): readonly string[] {
  const found: string[] = [];
  const own = phases.map((number) => junction.phases.find((phase) => phase.number === number));
  if (phases.length === 0 || own.includes(undefined)) return ["no such phases"];
  if (new Set(own.map((phase) => phase!.ring)).size !== own.length) found.push("two of one ring");
  if (new Set(own.map((phase) => phase!.barrier)).size > 1) found.push("across a barrier");
  const groups = own.flatMap((phase) => phase!.groups).map((id) => junction.groups.findIndex((g) => g.id === id));
  const n = junction.groups.length;
  for (const a of groups)
    for (const b of groups) if (junction.conflicts[a * n + b] === 1) found.push("conflicting greens");
  for (const phase of own) {
    const since = greenSince.get(phase!.number);
    if (status.phases[phase!.number] === "green" && since !== undefined && now - since >= phase!.maxGreen)
      found.push("past its maximum");
  }
  if (!["local", "central"].includes(status.mode)) found.push("somebody else has the say");
  if (!status.capabilities.secondBySecond) found.push("the cabinet takes plans only");
  return found;
}

/** One strategy through one history of nonsense; what it got past the guard that should not have, and how much it got past. */
function play(name: string, seed: number) {
  const random = seededRandom(seed, `any-history/${name}`);
  const city = anyCity(random);
  const corridor = city.corridors.get("main")!;
  const strategy = strategies.get(name)!;
  const day = city.schedule.planSets.get("day")!.plans;
  const inForce = new Map<string, TimingPlan>();
  const greens = new Map(
    corridor.junctions.map((id) => [id, [city.junctions.get(id)!.phases[0]!.number] as readonly number[]]),
  );
  const greenSince = new Map(corridor.junctions.map((id) => [id, new Map<number, Instant>()]));
  const lastGreen = new Map(corridor.junctions.map((id) => [id, new Map<number, Instant>()]));
  let memory = strategy.start(city, corridor);
  const wrong: string[] = [];
  let allowed = 0;
  let decisions = 0;
  for (let t = 0; t < ticksOf(name); t++) {
    const now = instant(start + t * strategy.period);
    const cabinets = new Map(
      corridor.junctions.map((id) => [id, anyStatus(city.junctions.get(id)!, random, now, greens.get(id)!)]),
    );
    for (const [id, status] of cabinets)
      note(status, now, { greenSince: greenSince.get(id)!, lastGreen: lastGreen.get(id)! });
    const seen = corridor.junctions.filter(() => random.next() > 0.05);
    const known: Knowledge = {
      now,
      city,
      corridor,
      streams: anyStreams(city, random),
      exitFill: new Map([...city.links.keys()].map((id) => [id, maybe(random, 0.1, random.next())])),
      cabinets,
      inForce: new Map(inForce),
      scheduled: new Map([...day].filter(() => random.next() > 0.05)),
      views: new Map(seen.map((id) => [id, anyView(city.junctions.get(id)!, random, now)])),
    };
    const decided = strategy.decide(known, memory);
    memory = decided.memory;
    decisions += corridor.junctions.length;
    for (const want of decided.wanted) {
      const junction = city.junctions.get(want.junction)!;
      const status = cabinets.get(want.junction)!;
      const history = { greenSince: greenSince.get(want.junction)!, lastGreen: lastGreen.get(want.junction)! };
      const plan = want.action.kind === "plan" ? want.action.plan : undefined;
      if (plan && ![plan.cycle, plan.offset, ...plan.splits.map(({ split }) => split)].every(Number.isSafeInteger))
        wrong.push(`${t}: a plan of no numbers ${JSON.stringify(plan)}`);
      if (!judged(want, known, history).allowed) continue;
      allowed++;
      if (plan) {
        const isScheduled = plan === known.scheduled.get(want.junction);
        wrong.push(...planFaults(junction, plan).filter((text) => !isScheduled || !text.startsWith("not whole")));
        inForce.set(want.junction, plan);
      }
      if (want.action.kind !== "serve" || status.kind !== "reachable") continue;
      wrong.push(...objections(want.action.phases, junction, { status, greenSince: history.greenSince, now }));
      greens.set(want.junction, want.action.phases);
    }
  }
  return { wrong, allowed, decisions };
}

interface Greens {
  readonly greenSince: Map<number, Instant>;
  readonly lastGreen: Map<number, Instant>;
}

function note(status: CabinetStatus, now: Instant, { greenSince, lastGreen }: Greens): void {
  if (status.kind !== "reachable") return;
  for (const [name, shown] of Object.entries(status.phases)) {
    if (shown !== "green") greenSince.delete(Number(name));
    else {
      lastGreen.set(Number(name), now);
      if (!greenSince.has(Number(name))) greenSince.set(Number(name), now);
    }
  }
}

const judged = (want: Wanted, known: Knowledge, { greenSince, lastGreen }: Greens) =>
  guard({
    command: { id: "1", junction: want.junction, at: known.now, action: want.action },
    junction: known.city.junctions.get(want.junction)!,
    control: known.city.control,
    cabinet: known.cabinets.get(want.junction),
    inForce: known.inForce.get(want.junction),
    scheduled: known.scheduled.get(want.junction),
    now: known.now,
    newestReading: known.now,
    lastGreen,
    greenSince,
    transitionSince: known.now,
    target: "virtual",
    auditWritten: true,
  });

let total = 0;

describe.each([...strategies.keys()])("%s, told anything at all", (name) => {
  it("plans no nonsense and gets none past the guard", { timeout: 60_000 }, () => {
    let allowed = 0;
    for (const seed of seeds) {
      const history = play(name, seed);
      expect(history.wrong, `SEED=${seed}`).toEqual([]);
      allowed += history.allowed;
      total += history.decisions;
    }
    expect(allowed).toBeGreaterThan(0);
  });
});

it("that was more than ten thousand decisions", () => {
  expect(total).toBeGreaterThan(10_000);
});
