import type { City, Junction } from "../../../../config/model.ts";
import { samePlan, type TimingPlan } from "../../../../config/plan.ts";
import { after, type Instant, instant, millis, seconds } from "../../../../config/units.ts";
import type { Action, CabinetStatus, PhaseState, ReachableStatus } from "../../../../engine/core/cabinet.ts";
import { guard } from "../../../../engine/core/guard/guard.ts";
import { cyclePosition, greenWindows } from "../../../../engine/core/plan/green-windows.ts";
import type { Knowledge, Strategy, StreamEstimate, Wanted } from "../../../../engine/core/strategy.ts";
import type { JunctionView } from "../../../../engine/core/view.ts";
import type { Random } from "../../../../engine/ports/random.ts";

export const start = Date.UTC(2026, 10, 20, 23) as Instant;

/** One tick of a strategy's hour, with the guard's verdict on everything it wanted. */
export interface PaperTick {
  readonly known: Knowledge;
  readonly wanted: readonly Wanted[];
  readonly denials: readonly string[];
}

export interface PaperRun {
  readonly city: City;
  readonly strategy: Strategy;
  readonly random: Random;
  readonly lengthS: number;
  readonly secondBySecond?: boolean;
  /** Replaces the made-up traffic. */
  readonly streams?: (now: Instant, plans: ReadonlyMap<string, TimingPlan>) => ReadonlyMap<string, StreamEstimate>;
  readonly exitFill?: ReadonlyMap<string, number>;
  readonly views?: (now: Instant) => ReadonlyMap<string, JunctionView>;
  readonly status?: (junction: string, now: Instant) => Partial<ReachableStatus> | "unreachable" | undefined;
}

/** Cabinets on paper: plans run at once and exactly, served phases change after the intergreen and never before a minimum. */
export function paperRun(run: PaperRun): readonly PaperTick[] {
  const { city, strategy } = run;
  const corridor = city.corridors.get("main")!;
  const scheduled = city.schedule.planSets.get("day")!.plans;
  const inForce = new Map<string, TimingPlan>();
  const rings = new Map(corridor.junctions.map((id) => [id, new PaperRings(city.junctions.get(id)!)]));
  const traffic = run.streams ?? madeUp(city, run.random);
  let memory = strategy.start(city, corridor);
  const ticks: PaperTick[] = [];
  for (let now = start; now < after(start, seconds(run.lengthS)); now = after(now, seconds(1))) {
    for (const [id, machine] of rings) machine.step(now, inForce.get(id) ?? scheduled.get(id)!);
    if (now % strategy.period !== 0) continue;
    const cabinets = new Map<string, CabinetStatus>();
    for (const [id, machine] of rings)
      cabinets.set(id, statusOf(run, id, machine, now, inForce.has(id) || machine.target !== undefined));
    const plans = new Map(corridor.junctions.map((id) => [id, inForce.get(id) ?? scheduled.get(id)!]));
    const known: Knowledge = {
      now,
      city,
      corridor,
      streams: traffic(now, plans),
      exitFill: run.exitFill ?? new Map(),
      cabinets,
      inForce: new Map(inForce),
      scheduled,
      ...(run.views ? { views: run.views(now) } : {}),
    };
    const decided = strategy.decide(known, memory);
    memory = decided.memory;
    const denials: string[] = [];
    for (const want of decided.wanted) {
      if (redundant(want.action, inForce.get(want.junction), rings.get(want.junction)!)) continue;
      denials.push(...deniedBy(known, want, rings.get(want.junction)!));
      if (want.action.kind === "plan") inForce.set(want.junction, want.action.plan);
      if (want.action.kind === "serve") rings.get(want.junction)!.target = want.action.phases;
    }
    ticks.push({ known, wanted: decided.wanted, denials });
  }
  return ticks;
}

const redundant = (action: Action, plan: TimingPlan | undefined, machine: PaperRings): boolean =>
  action.kind === "serve"
    ? JSON.stringify(action.phases) === JSON.stringify(machine.target)
    : action.kind === "plan" && plan !== undefined && samePlan(plan, action.plan);

function deniedBy(known: Knowledge, want: Wanted, machine: PaperRings): readonly string[] {
  const { now, city } = known;
  const verdict = guard({
    command: { id: "1", junction: want.junction, at: now, action: want.action },
    junction: city.junctions.get(want.junction)!,
    control: city.control,
    cabinet: known.cabinets.get(want.junction),
    inForce: known.inForce.get(want.junction),
    scheduled: known.scheduled.get(want.junction),
    now,
    newestReading: now,
    lastGreen: machine.lastGreen,
    greenSince: machine.greenSince,
    began: machine.began,
    transitionSince: undefined,
    target: "virtual",
    auditWritten: true,
  });
  return verdict.allowed ? [] : verdict.denials.map((denial) => `${want.junction}: ${denial.message}`);
}

function statusOf(run: PaperRun, junction: string, machine: PaperRings, now: Instant, known: boolean): CabinetStatus {
  const special = run.status?.(junction, now);
  if (special === "unreachable") return { kind: "unreachable", junction, at: now, since: now, reason: "test" };
  const shown: Record<number, PhaseState> = {};
  for (const { number } of machine.junction.phases) shown[number] = machine.greenSince.has(number) ? "green" : "red";
  return {
    kind: "reachable",
    junction,
    at: now,
    mode: known ? "central" : "local",
    capabilities: {
      planDownload: true,
      secondBySecond: run.secondBySecond ?? false,
      maxPhases: 16,
      cycleMin: seconds(30),
      cycleMax: seconds(250),
      resolution: millis(1000),
    },
    pattern: 1,
    inTransition: false,
    phases: shown,
    cyclePosition: undefined,
    elapsed: undefined,
    clockError: undefined,
    faults: [],
    ...special,
  };
}

/** Flows and queues drawn by name, drifting through the hour; queues grow in proportion to red. */
export function madeUp(city: City, random: Random) {
  const levels = new Map(
    [...city.junctions.values()].flatMap((junction) =>
      junction.streams.map((stream) => [stream.id, 0.05 + random.next() * (stream.main ? 0.4 : 0.25)] as const),
    ),
  );
  return (now: Instant): ReadonlyMap<string, StreamEstimate> => {
    const streams = new Map<string, StreamEstimate>();
    for (const junction of city.junctions.values()) {
      for (const stream of junction.streams) {
        const wave = 1 + 0.3 * Math.sin((2 * Math.PI * (now - start)) / 2_400_000 + levels.get(stream.id)! * 20);
        const ratio = levels.get(stream.id)! * wave;
        streams.set(
          stream.id,
          estimateFor(stream.id, { ratio, saturation: 600 * stream.widthM, queue: random.next() * 12 }),
        );
      }
    }
    return streams;
  };
}

export function estimateFor(
  stream: string,
  { ratio, saturation, queue }: { readonly ratio: number; readonly saturation: number; readonly queue: number },
): StreamEstimate {
  const flow = ratio * saturation;
  return {
    stream,
    flowVph: { mean: flow * 1.8, sd: flow * 0.2 },
    flowPcuh: { mean: flow, sd: flow * 0.1 },
    saturationPcuh: { mean: saturation, sd: saturation * 0.1 },
    queueVeh: { mean: queue, sd: 1 },
    queuePcu: { mean: queue * 0.55, sd: 1 },
    degreeOfSaturation: ratio * 2.2,
    sinceLastVehicle: queue >= 1 ? millis(0) : seconds(8),
    basis: "measured",
    age: seconds(2),
  };
}

/** The lamps of one paper cabinet. */
class PaperRings {
  readonly junction: Junction;
  readonly greenSince = new Map<number, Instant>();
  readonly lastGreen = new Map<number, Instant>();
  /** Start of the present or last green. */
  readonly began = new Map<number, Instant>();
  target: readonly number[] | undefined;
  #clearUntil = 0;

  constructor(junction: Junction) {
    this.junction = junction;
    for (const { number } of junction.phases) this.lastGreen.set(number, start);
  }

  step(now: Instant, plan: TimingPlan): void {
    if (this.target) this.#serve(now, this.target);
    else this.#run(now, plan);
    for (const [number, since] of this.greenSince) {
      this.lastGreen.set(number, now);
      this.began.set(number, since);
    }
  }

  #run(now: Instant, plan: TimingPlan): void {
    const position = cyclePosition(plan, now);
    for (const [number, { start: from, length }] of greenWindows(this.junction, plan)) {
      const into = (position - from + plan.cycle) % plan.cycle;
      if (into >= length) this.greenSince.delete(number);
      else if (!this.greenSince.has(number)) this.greenSince.set(number, now);
    }
  }

  #serve(now: Instant, target: readonly number[]): void {
    for (const [number, since] of this.greenSince) {
      const phase = this.junction.phases.find((entry) => entry.number === number)!;
      if (target.includes(number) || now - since < phase.minGreen) continue;
      this.greenSince.delete(number);
      this.#clearUntil = Math.max(this.#clearUntil, now + phase.amber + phase.allRed);
    }
    const barrier = (number: number) => this.junction.phases.find((entry) => entry.number === number)!.barrier;
    const blocked = [...this.greenSince.keys()].some((number) => barrier(number) !== barrier(target[0]!));
    if (blocked || now < this.#clearUntil) return;
    for (const number of target) if (!this.greenSince.has(number)) this.greenSince.set(number, instant(now));
  }
}
