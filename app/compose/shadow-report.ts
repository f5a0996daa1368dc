import type { City } from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { type Instant, instant, type Millis, seconds } from "../../config/units.ts";
import type { Action } from "../../engine/core/cabinet.ts";
import type { Observation } from "../../engine/core/observe/observation.ts";
import { totalOf } from "../../engine/core/observe/observation.ts";
import type { Reading } from "../../engine/core/reading.ts";
import type { Reason } from "../../engine/core/strategy.ts";
import type { Event } from "../../engine/ports/event-store.ts";
import { cycleVolumes, redCycles } from "../../engine/sources/hires/cycles.ts";
import type { HiresEvent } from "../../engine/sources/hires/log.ts";
import { planAt, type RanPlan, ranPlans } from "../../engine/sources/hires/plans.ts";
import { localTime } from "../live-state.ts";
import type { ShadowLog } from "./shadow-log.ts";

/** Bin of the volume table, as in the field's reports. */
const QUARTER: Millis = seconds(900);

export interface ShadowReport {
  readonly device: string;
  readonly junction: string;
  readonly strategy: string;
  readonly from: string;
  readonly to: string;
  readonly events: number;
  readonly duplicates: number;
  /** Commands sent: none, ever. */
  readonly sent: 0;
  readonly decisions: number;
  readonly denials: number;
  /** Vehicles by phase and quarter of an hour, as judged. */
  readonly quarters: readonly { readonly phase: number; readonly start: string; readonly count: number }[];
  /** Every cycle of every phase: end of yellow to end of yellow. */
  readonly phaseCycles: readonly PhaseCycle[];
  /** By cycle of the coordinated phase. */
  readonly cycles: readonly ShadowCycle[];
}

interface PhaseCycle {
  readonly phase: number;
  readonly red: string;
  readonly green: string;
  readonly yellow: string;
  readonly end: string;
  readonly volume: number;
  readonly onGreen: number;
  readonly onYellow: number;
  readonly onRed: number;
  readonly delayS: number;
}

interface ShadowCycle {
  readonly from: string;
  readonly to: string;
  /** Vehicles by phase. */
  readonly saw: Readonly<Record<number, number>>;
  /** What the log says of the plan that ran. */
  readonly ran: Omit<RanPlan, "at">;
  /** The last thing that would have been sent in this cycle. */
  readonly wouldSend: WouldSend | undefined;
}

interface WouldSend {
  readonly at: string;
  readonly cycleS: number | undefined;
  readonly offsetS: number | undefined;
  readonly splitsS: Readonly<Record<number, number>> | undefined;
  /** Second-by-second strategies: the phases to serve. */
  readonly phases: readonly number[] | undefined;
  readonly reasons: readonly string[];
  /** What the guard had against it; empty: it would have gone out. */
  readonly denials: readonly string[];
}

export interface ShadowReportInput {
  readonly city: City;
  readonly shadow: ShadowLog;
  readonly strategy: string;
  /** What the pipeline recorded. */
  readonly seen: readonly Event[];
  /** The log as played. */
  readonly played: readonly HiresEvent[];
}

export function shadowReport({ city, shadow, strategy, seen, played }: ShadowReportInput): ShadowReport {
  const { log, junction, counting } = shadow;
  const arrivals = arrivalsByPhase(shadow, seen);
  const cyclesOf = (phase: number) => redCycles(played, phase);
  const plans = ranPlans(played);
  const wanted = seen.flatMap((event) => wouldSend(event, city));
  const local = (at: Instant): string => localTime(city, at);
  return {
    device: log.device,
    junction: junction.id,
    strategy,
    from: local(played[0]?.at ?? shadow.start),
    to: local(played.at(-1)?.at ?? shadow.start),
    events: played.length,
    duplicates: log.duplicates,
    sent: 0,
    decisions: seen.filter(({ kind }) => kind === "decision").length,
    denials: seen.filter(({ kind }) => kind === "denial").length,
    quarters: quarters(shadow, seen, city),
    phaseCycles: [...counting.keys()].flatMap((phase) =>
      cycleVolumes(cyclesOf(phase), arrivals.get(phase) ?? []).map(({ delay, red, green, yellow, end, ...rest }) => ({
        ...rest,
        red: stamp(red),
        green: stamp(green),
        yellow: stamp(yellow),
        end: stamp(end),
        delayS: delay / 1000,
      })),
    ),
    cycles: cyclesOf(junction.coordinatedPhase).map(({ red, end }) => {
      const { at: _, ...ran } = planAt(plans, instant(end - 1));
      const last = wanted.filter(({ when }) => red <= when && when < end).at(-1);
      return { from: local(red), to: local(end), saw: between(arrivals, red, end), ran, wouldSend: last?.what };
    }),
  };
}

/** The log's own resolution is a tenth of a second. */
const stamp = (at: Instant): string => new Date(at).toISOString();

/** Vehicles as the pipeline took them in, at their own instants. */
function arrivalsByPhase({ counting, channels }: ShadowLog, seen: readonly Event[]): Map<number, Instant[]> {
  const phaseOf = new Map(
    [...counting].flatMap(([phase, own]) => own.map((channel) => [channels.get(channel)!.detector, phase] as const)),
  );
  const arrivals = new Map<number, Instant[]>();
  for (const { kind, data } of seen) {
    const reading = data as unknown as Reading;
    const phase = kind === "reading" && reading.kind === "crossing" ? phaseOf.get(reading.detector) : undefined;
    if (phase === undefined || reading.kind !== "crossing") continue;
    arrivals.set(phase, [...(arrivals.get(phase) ?? []), reading.at]);
  }
  for (const times of arrivals.values()) times.sort((a, b) => a - b);
  return arrivals;
}

const between = (arrivals: ReadonlyMap<number, readonly Instant[]>, from: Instant, to: Instant) =>
  Object.fromEntries(
    [...arrivals]
      .sort(([a], [b]) => a - b)
      .map(([phase, times]) => [phase, times.filter((at) => from <= at && at < to).length]),
  );

function quarters({ counting, channels, start }: ShadowLog, seen: readonly Event[], city: City) {
  const counts = new Map<string, number>();
  let last: number = start;
  for (const { kind, data } of seen) {
    if (kind !== "observation") continue;
    const observation = data as unknown as Observation;
    const bin = Math.floor(observation.start / QUARTER) * QUARTER;
    if (totalOf(observation.counts) > 0) last = Math.max(last, bin);
    const key = `${observation.detector}@${bin}`;
    counts.set(key, (counts.get(key) ?? 0) + totalOf(observation.counts));
  }
  const first = Math.floor(start / QUARTER) * QUARTER;
  return [...counting].flatMap(([phase, own]) => {
    const bins = Array.from({ length: Math.round((last - first) / QUARTER) + 1 }, (_, i) => first + i * QUARTER);
    return bins.map((bin) => ({
      phase,
      start: localTime(city, instant(bin)),
      count: own.reduce((total, channel) => total + (counts.get(`${channels.get(channel)!.detector}@${bin}`) ?? 0), 0),
    }));
  });
}

/** What a decision or a denial says would have been sent. */
function wouldSend(
  { at, kind, data }: Event,
  city: City,
): readonly { readonly when: Instant; readonly what: WouldSend }[] {
  if (kind !== "decision" && kind !== "denial") return [];
  const { action, reasons, denials } = data as unknown as {
    readonly action: Action;
    readonly reasons?: readonly Reason[];
    readonly denials?: readonly { readonly message: string }[];
  };
  const plan = action.kind === "plan" ? action.plan : undefined;
  const what: WouldSend = {
    at: localTime(city, at),
    cycleS: plan && plan.cycle / 1000,
    offsetS: plan && plan.offset / 1000,
    splitsS: plan && splitsS(plan),
    phases: action.kind === "serve" ? action.phases : undefined,
    reasons: reasons?.map(({ text }) => text) ?? [],
    denials: denials?.map(({ message }) => message) ?? [],
  };
  return [{ when: at, what }];
}

const splitsS = (plan: TimingPlan): Readonly<Record<number, number>> =>
  Object.fromEntries(plan.splits.map(({ phase, split }) => [phase, split / 1000]));

/** One block per cycle of the coordinated phase. */
export function shadowText(report: ShadowReport & { readonly folder: string }, city: City): string {
  const { cycles, quarters: bins } = report;
  const phases = [...new Set(bins.map(({ phase }) => phase))];
  const total = (phase: number) => bins.filter((bin) => bin.phase === phase).reduce((sum, { count }) => sum + count, 0);
  return [
    `Shadow of device ${report.device} at ${report.junction} (${city.name}), strategy ${report.strategy}: nothing was sent.`,
    `${report.from} to ${report.to}: ${report.events} events, ${report.duplicates} exact duplicates left out.`,
    `Vehicles counted: ${phases.map((phase) => `phase ${phase} ${total(phase)}`).join(", ")}.`,
    "",
    ...cycles.flatMap(cycleLines),
    "",
    `${cycles.length} cycles; ${report.decisions} decisions that would have been sent, ${report.denials} denied by the guard.`,
    `events and history: ${report.folder}`,
    "",
  ].join("\n");
}

function cycleLines({ from, to, saw, ran, wouldSend: wanted }: ShadowCycle): readonly string[] {
  const ranCycle = ran.actualCycleS ?? ran.cycleS;
  const ranSplits = Object.keys(ran.actualSplitsS).length > 0 ? ran.actualSplitsS : ran.splitsS;
  const head = [
    `${from.slice(11, 19)}-${to.slice(11, 19)}`,
    `saw ${list(saw)}`,
    `ran ${ran.pattern === undefined ? "" : `pattern ${ran.pattern}, `}cycle ${ranCycle ?? "?"} s, splits ${list(ranSplits)}`,
  ].join("  ");
  if (!wanted) return [head, "    would send nothing: no change was worth it"];
  const what = wanted.phases
    ? `serve phases ${wanted.phases.join(" and ")}`
    : `cycle ${wanted.cycleS} s, offset ${wanted.offsetS} s, splits ${list(wanted.splitsS ?? {})}`;
  const verdict =
    wanted.denials.length > 0 ? `denied by the guard: ${wanted.denials.join("; ")}` : wanted.reasons.join(" ");
  return [head, `    would send at ${wanted.at.slice(11, 19)}: ${what}`, `    because: ${verdict}`];
}

const list = (values: Readonly<Record<number, number>>): string =>
  Object.entries(values)
    .map(([phase, value]) => `${phase}:${value}`)
    .join(" ");
