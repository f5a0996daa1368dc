import type { Junction, Phase } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { between, type Instant, millis, seconds } from "../../../config/units.ts";
import type { ReachableStatus } from "../cabinet.ts";
import { limitsOf, runTogether } from "../guard/limits.ts";
import { checkTurns } from "../guard/serve.ts";
import { cyclePosition, greenWindows } from "../plan/green-windows.ts";
import { servesSeconds, takesPlans } from "../strategies/cabinet-standing.ts";
import type { Knowledge, Reason, Wanted } from "../strategy.ts";
import { type CalledOver, type RequestBook, waitedFor } from "./book.ts";
import type { Stop } from "./request.ts";

/** A bus's green begins or goes on this much out of its turn at most. */
export const busShift = seconds(15);
/** After its expected time a bus's green is held for this long: an approach to a stop line is foretold no better. */
const busSlack = seconds(3);
/** Emergency vehicles see green this long before they come, beyond what the queue needs: they brake for a red in sight. */
const sightTime = seconds(8);
/** A queue is given no more than this to leave before the vehicle comes. */
const longestLead = seconds(75);
/** From red to the first vehicle over the line, s. */
const startUpS = 2;

/** Greens as polls have shown them. */
export interface Shown {
  readonly lastGreen: ReadonlyMap<number, Instant>;
  readonly greenSince: ReadonlyMap<number, Instant>;
  readonly began: ReadonlyMap<number, Instant>;
}

export interface Calling {
  readonly known: Knowledge;
  readonly junction: Junction;
  readonly book: RequestBook;
  readonly shown: Shown;
  /** What the cabinet does for the engine now, and the plan to go back to from calls that are in force. */
  readonly ran: { readonly over: CalledOver; readonly back: TimingPlan | undefined };
}

/** What a request makes of one junction now; undefined: the strategy has it. */
export interface Called {
  readonly wanted: Wanted;
  readonly over: CalledOver;
  /** A bus was helped by it. */
  readonly bus: boolean;
}

/**
 * Green for a vehicle that is expected, as a proposal like any other: emergency vehicles first, then buses; nobody else's
 * longest red and no longest green is passed for either. Afterwards the plan that was interrupted.
 */
export function calledFor({ known, junction, book, shown, ran }: Calling): Called | undefined {
  const status = known.cabinets.get(junction.id);
  const over = book.called.get(junction.id);
  if (servesSeconds(status)) {
    const call = callNow(known, junction, book, status);
    if (call && allowed(call.phases, { known, junction, status, shown })) {
      const { phases, reason, bus } = call;
      return {
        wanted: { junction: junction.id, action: { kind: "serve", phases }, reasons: [reason] },
        over: over ?? ran.over,
        bus,
      };
    }
  }
  const { back: plan } = ran;
  if (over !== "plan" || !plan || !takesPlans(status)) return undefined;
  const text = `The call for green is over: ${junction.id} goes back to plan ${plan.id}.`;
  const reason = { code: "priority-over", text, values: { plan: plan.id } };
  return { wanted: { junction: junction.id, action: { kind: "plan", plan }, reasons: [reason] }, over, bus: false };
}

interface Call {
  readonly phases: readonly number[];
  readonly reason: Reason;
  readonly bus: boolean;
}

function callNow(known: Knowledge, junction: Junction, book: RequestBook, status: ReachableStatus): Call | undefined {
  const { now } = known;
  const routed = book.routes
    .flatMap(({ id, by, stops }) => stops.map((stop) => ({ id, by, stop })))
    .filter(({ stop }) => stop.junction === junction.id && between(stop.at, now) <= waitedFor)
    .sort((a, b) => a.stop.at - b.stop.at || (a.id < b.id ? -1 : 1))[0];
  if (routed) {
    const phases = phasesFor(junction, routed.stop.movement);
    const lead = leadFor(known, junction, routed.stop);
    if (phases && now >= routed.stop.at - lead)
      return { phases, bus: false, reason: reasonOf("emergency-route", routed.by, routed.stop, { now, phases }) };
  }
  const bus = book.buses.find((own) => own.junction === junction.id);
  if (!bus || now < bus.at - busShift || now > bus.at + busSlack) return undefined;
  const phases = phasesFor(junction, bus.movement);
  if (!phases || arrivesOnGreen(known, junction, { phases, at: bus.at, status })) return undefined;
  return { phases, bus: true, reason: reasonOf("bus-priority", bus.by, bus, { now, phases }) };
}

function reasonOf(
  code: string,
  by: string,
  { junction, movement, at }: Stop,
  { now, phases }: { readonly now: Instant; readonly phases: readonly number[] },
): Reason {
  const inS = between(now, at) / 1000;
  return {
    code,
    text: `${by} is expected at ${junction} (${movement}) in ${inS.toFixed(0)} s: green of phase ${phases.join(" and ")}.`,
    values: { by, movement, in_s: inS },
  };
}

/** Nobody's longest green or red would be passed by going on. */
const allowed = (
  phases: readonly number[],
  { known, junction, status, shown }: Pick<Calling, "known" | "junction" | "shown"> & { status: ReachableStatus },
): boolean =>
  checkTurns(phases, status, {
    command: { id: "", junction: junction.id, at: known.now, action: { kind: "serve", phases } },
    junction,
    control: known.city.control,
    cabinet: status,
    inForce: undefined,
    scheduled: undefined,
    now: known.now,
    newestReading: known.now,
    ...shown,
    auditWritten: true,
    target: "virtual",
  }).length === 0;

/** The phase of a movement, and of each other ring one that may run with it: of its own approach where there is one. */
function phasesFor(junction: Junction, id: string): readonly number[] | undefined {
  const movement = junction.movements.find((own) => own.id === id);
  const main = movement && junction.phases.find(({ groups }) => groups.includes(movement.group));
  if (!main) return undefined;
  const groups = junction.movements.filter(({ approach }) => approach === movement.approach).map(({ group }) => group);
  const others = junction.rings.flatMap((ring): readonly Phase[] => {
    if (ring.includes(main.number)) return [];
    const together = ring
      .map((number) => junction.phases.find((phase) => phase.number === number)!)
      .filter((phase) => runTogether(main, phase));
    const other = together.find((phase) => phase.groups.some((group) => groups.includes(group))) ?? together[0];
    return other ? [other] : [];
  });
  return [main, ...others].map(({ number }) => number).sort((a, b) => a - b);
}

/** What others' minima and clearances, the queue ahead and the driver's sight take before the vehicle comes. */
function leadFor({ streams }: Knowledge, junction: Junction, { movement }: Stop) {
  const stream = junction.streams.find(({ movements }) => movements.includes(movement));
  const seen = stream && streams.get(stream.id);
  const queueS = seen
    ? startUpS + Math.max(0, seen.queuePcu.mean) / Math.max(0.1, seen.saturationPcuh.mean / 3600)
    : startUpS;
  const clearing = Math.max(
    ...junction.phases.map((phase) => limitsOf(junction, phase)).map((limits) => limits.minGreen + limits.clearance),
  );
  return millis(Math.min(longestLead, clearing + 1000 * (Number.isFinite(queueS) ? queueS : startUpS) + sightTime));
}

/** By the plan that runs, in step, the bus has green anyway. */
function arrivesOnGreen(
  { inForce, now }: Knowledge,
  junction: Junction,
  {
    phases,
    at,
    status,
  }: { readonly phases: readonly number[]; readonly at: Instant; readonly status: ReachableStatus },
): boolean {
  const plan = inForce.get(junction.id);
  if (!plan || status.inTransition) return false;
  const windows = greenWindows(junction, plan);
  const own = junction.phases.filter(({ number }) => phases.includes(number));
  const position = cyclePosition(plan, at < now ? now : at);
  return own.every(({ number }) => {
    const { start, length } = windows.get(number)!;
    return (position - start + plan.cycle) % plan.cycle < length;
  });
}
