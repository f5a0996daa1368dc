import type { Approach, City, Corridor, Junction } from "../config/model.ts";
import type { TimingPlan } from "../config/plan.ts";
import { type Instant, modulo } from "../config/units.ts";
import type { CabinetStatus, PhaseState } from "../engine/core/cabinet.ts";
import type { Frame } from "../engine/pipeline/pipeline.ts";
import type { StreetResults } from "../simulation/street.ts";

/** What the terminal and the page show; the one public form of the live state (`GET /api/v1/live`). */
export interface LiveState {
  /** UTC, ISO 8601. */
  readonly at: string;
  /** Of the city: `2026-02-03 07:00:00 UTC+8`. */
  readonly localTime: string;
  readonly city: string;
  readonly strategy: string;
  readonly simulated: boolean;
  readonly speed: string;
  readonly corridors: readonly LiveCorridor[];
  readonly alarms: readonly LiveAlarm[];
  readonly counts: {
    readonly plansPushed: number;
    readonly plansVerified: number;
    readonly plansRefused: number;
    readonly guardDenials: number;
  };
  /** The simulator's own truth, which the engine never sees; absent on the street. */
  readonly street: LiveStreet | undefined;
}

export interface LiveStreet {
  readonly present: number;
  readonly arrived: number;
  readonly meanDelayS: number;
  readonly sideP95S: number;
  readonly pedestrianP95S: number;
}

export interface LiveCorridor {
  readonly id: string;
  readonly name: string;
  readonly junctions: readonly LiveJunction[];
}

export interface LiveAlarm {
  readonly junction: string;
  readonly name: string;
  readonly text: string;
}

export interface LiveJunction {
  readonly id: string;
  readonly name: string;
  readonly protocol: string;
  readonly mode: string;
  readonly pattern: number;
  readonly inTransition: boolean;
  /** The engine's plan in force; undefined while the cabinet runs its own. */
  readonly plan: LivePlan | undefined;
  readonly phases: readonly LivePhase[];
  readonly approaches: readonly LiveApproach[];
  readonly detectors: { readonly ok: number; readonly faulty: number };
  readonly lastReason: string;
}

export interface LivePlan {
  readonly id: string;
  readonly cycleS: number;
  readonly offsetS: number;
  /** By phase number. */
  readonly splitsS: Readonly<Record<string, number>>;
}

export interface LivePhase {
  readonly number: number;
  readonly name: string;
  readonly state: PhaseState | "unknown";
  /** Of green, by the plan; undefined where the cabinet does not tell its place in the cycle. */
  readonly remainingS: number | undefined;
}

export interface LiveApproach {
  readonly id: string;
  readonly main: boolean;
  /** The best that any of its lanes is shown. */
  readonly state: PhaseState | "unknown";
  readonly queueVeh: number;
  readonly flowVph: number;
  readonly basis: string;
}

export interface LiveContext {
  readonly city: City;
  readonly strategy: string;
  readonly simulated: boolean;
  readonly speed: string;
  readonly plans: { readonly pushed: number; readonly verified: number; readonly refused: number };
  readonly denials: Readonly<Record<string, number>>;
  readonly street: StreetResults | undefined;
  /** Last reason given for a decision, by junction. */
  readonly reasons: ReadonlyMap<string, string>;
  /** Text of the alarms that are on, by key `junction/name`. */
  readonly alarms: ReadonlyMap<string, string>;
}

/** `frames`: the newest of each corridor, by corridor id. */
export function liveState(frames: ReadonlyMap<string, Frame>, now: Instant, context: LiveContext): LiveState {
  const { city, street, plans, denials, alarms } = context;
  return {
    at: new Date(now).toISOString(),
    localTime: localTime(city, now),
    city: city.name,
    strategy: context.strategy,
    simulated: context.simulated,
    speed: context.speed,
    corridors: [...city.corridors.values()].flatMap((corridor) => {
      const frame = frames.get(corridor.id);
      return frame ? [liveCorridor(frame, context, corridor)] : [];
    }),
    alarms: [...alarms]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, text]) => ({ junction: key.split("/")[0]!, name: key.split("/")[1] ?? "", text })),
    counts: {
      plansPushed: plans.pushed,
      plansVerified: plans.verified,
      plansRefused: plans.refused,
      guardDenials: Object.values(denials).reduce((total, count) => total + count, 0),
    },
    street: street && {
      present: street.vehicles.present,
      arrived: street.vehicles.arrived,
      meanDelayS: street.all.meanDelayS,
      sideP95S: street.side.p95DelayS,
      pedestrianP95S: street.pedestrians.p95WaitS,
    },
  };
}

/** The city's own time of day, as its people write it. */
export function localTime({ utcOffset }: City, at: Instant): string {
  const hours = utcOffset / 3_600_000;
  return `${new Date(at + utcOffset).toISOString().slice(0, 19).replace("T", " ")} UTC${hours < 0 ? "" : "+"}${hours}`;
}

const liveCorridor = (frame: Frame, context: LiveContext, corridor: Corridor): LiveCorridor => ({
  id: corridor.id,
  name: corridor.name,
  junctions: corridor.junctions.map((id) => liveJunction(frame, context, context.city.junctions.get(id)!)),
});

function liveJunction(frame: Frame, { city, reasons }: LiveContext, junction: Junction): LiveJunction {
  const status = frame.state.cabinets.get(junction.id);
  const reachable = status?.kind === "reachable" ? status : undefined;
  const plan = frame.state.hands.get(junction.id)?.plan;
  const cabinet = [...city.cabinets.values()].find((candidate) => candidate.junction === junction.id);
  const detectors = [...city.detectors.values()].filter((detector) => detector.junction === junction.id);
  const ok = detectors.filter(({ id }) => frame.state.observe.detectors[id]?.health.state === "ok").length;
  return {
    id: junction.id,
    name: junction.name,
    protocol: cabinet?.protocol ?? "none",
    mode: reachable?.mode ?? (status ? "unreachable" : "unknown"),
    pattern: reachable?.pattern ?? 0,
    inTransition: reachable?.inTransition ?? false,
    plan: plan && {
      id: plan.id,
      cycleS: plan.cycle / 1000,
      offsetS: plan.offset / 1000,
      splitsS: Object.fromEntries(plan.splits.map(({ phase, split }) => [phase, split / 1000])),
    },
    phases: junction.phases.map(({ number, name }) => ({
      number,
      name,
      state: reachable?.phases[number] ?? "unknown",
      remainingS: remaining({ junction, plan, status, phase: number }),
    })),
    approaches: junction.approaches.map((approach) => liveApproach(frame, junction, approach)),
    detectors: { ok, faulty: detectors.length - ok },
    lastReason: reasons.get(junction.id) ?? "",
  };
}

function liveApproach(frame: Frame, junction: Junction, { id, main }: Approach): LiveApproach {
  const own = junction.streams.filter((stream) => stream.approach === id);
  const streams = own.flatMap((stream) => frame.known?.streams.get(stream.id) ?? []);
  const status = frame.state.cabinets.get(junction.id);
  const lamps = own.flatMap(({ phases }) =>
    phases.map((phase) => (status?.kind === "reachable" ? status.phases[phase] : undefined)),
  );
  return {
    id,
    main,
    state: BEST_FIRST.find((state) => lamps.includes(state)) ?? "unknown",
    queueVeh: Math.round(streams.reduce((total, stream) => total + stream.queueVeh.mean, 0)),
    flowVph: Math.round(streams.reduce((total, stream) => total + stream.flowVph.mean, 0)),
    basis: streams[0]?.basis ?? "none",
  };
}

const BEST_FIRST: readonly PhaseState[] = ["green", "amber", "red"];

interface Place {
  readonly junction: Junction;
  readonly plan: TimingPlan | undefined;
  readonly status: CabinetStatus | undefined;
  readonly phase: number;
}

function remaining({ junction, plan, status, phase }: Place): number | undefined {
  if (!plan || status?.kind !== "reachable" || status.cyclePosition === undefined || status.inTransition)
    return undefined;
  const facts = junction.phases.find((candidate) => candidate.number === phase);
  const splits = new Map(plan.splits.map((entry) => [entry.phase, entry.split as number]));
  const split = splits.get(phase);
  if (!facts || split === undefined) return undefined;
  const startIn = (of: number): number => {
    const order = plan.sequence.find((phases) => phases.includes(of)) ?? [];
    return order.slice(0, order.indexOf(of)).reduce((total, number) => total + (splits.get(number) ?? 0), 0);
  };
  const greenEnd = startIn(phase) - startIn(junction.coordinatedPhase) + split - facts.amber - facts.allRed;
  return Math.round(modulo(greenEnd - status.cyclePosition, plan.cycle) / 1000);
}
