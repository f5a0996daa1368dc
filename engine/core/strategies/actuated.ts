import type { Junction, Phase } from "../../../config/model.ts";
import { samePlan, type TimingPlan } from "../../../config/plan.ts";
import { seconds } from "../../../config/units.ts";
import type { ReachableStatus } from "../cabinet.ts";
import { greenOf } from "../plan/phase-times.ts";
import type { Knowledge, Reason, Strategy, Wanted } from "../strategy.ts";
import { servesSeconds, takesPlans } from "./cabinet-standing.ts";
import {
  follows,
  greenFor,
  longestRed,
  noTurns,
  numbersOf,
  overdue,
  type PhaseTurns,
  turnsSeen,
  watched,
} from "./phase-turns.ts";

/** A gap this long in all lanes ends a green (passage time of 3 s, FHWA Signal Timing Manual). */
const passage = seconds(3);
/** Longest green against the scheduled one (FHWA Signal Timing Manual: 1.25 to 1.5 times the fixed-time optimum). */
const greenStretch = 1.25;
/** An estimated queue from half a vehicle on is somebody. */
const somebody = 0.5;
const tick = seconds(1);

interface Memory {
  readonly turns: ReadonlyMap<string, PhaseTurns>;
  /** Phases asked for last, by junction. */
  readonly asked: ReadonlyMap<string, readonly number[]>;
}

/**
 * Vehicle-actuated, second by second: a green is extended while vehicles come within the passage time, ends by gap or
 * by its maximum, and passes to the next phase in ring order that has a demand. Crossings are on recall: nobody on foot
 * is detected. Cabinets that take plans only get the scheduled one.
 */
export const actuated: Strategy<Memory> = {
  name: "actuated",
  period: tick,
  start: () => ({ turns: new Map(), asked: new Map() }),
  decide: (known, memory) => {
    const turns = new Map(memory.turns);
    const asked = new Map(memory.asked);
    const wanted = known.corridor.junctions.flatMap((id): readonly Wanted[] => {
      const junction = known.city.junctions.get(id)!;
      const status = known.cabinets.get(id);
      if (!servesSeconds(status)) {
        turns.delete(id);
        asked.delete(id);
        return takesPlans(status) ? scheduledInstead(known, id) : [];
      }
      const seen = turnsSeen(turns.get(id) ?? noTurns, junction, status, known.now);
      turns.set(id, seen);
      if (!watched(junction, seen, known.now)) return [];
      const next = nextPhases({ known, junction, status, turns: seen, asked: asked.get(id) });
      if (!next) return [];
      asked.set(id, next.phases);
      return [{ junction: id, action: { kind: "serve", phases: next.phases }, reasons: [next.reason] }];
    });
    return { memory: { turns, asked }, wanted };
  },
};

/** A cabinet without second-by-second control runs its plan. */
export function scheduledInstead({ scheduled, inForce }: Knowledge, junction: string): readonly Wanted[] {
  const plan = scheduled.get(junction);
  const running = inForce.get(junction);
  if (!plan || (running && samePlan(plan, running))) return [];
  const reason = {
    code: "plan-only",
    text: `The cabinet of ${junction} takes plans only; scheduled plan ${plan.id}.`,
    values: { plan: plan.id },
  };
  return [{ junction, action: { kind: "plan", plan }, reasons: [reason] }];
}

interface Turn {
  readonly known: Knowledge;
  readonly junction: Junction;
  readonly status: ReachableStatus;
  readonly turns: PhaseTurns;
  readonly asked: readonly number[] | undefined;
}

interface Next {
  readonly phases: readonly number[];
  readonly reason: Reason;
}

function nextPhases(turn: Turn): Next | undefined {
  const { known, junction, turns, asked } = turn;
  const green = junction.phases.filter((phase) => turns.greenSince.has(phase.number));
  // On the way from one green to the next there is nothing to decide.
  if (green.length < junction.rings.length) {
    return asked && { phases: asked, reason: reasonOf("changing", "The last change is still on its way.", asked) };
  }
  const must = overdue(junction, turns, { now: known.now, tick });
  if (must.length > 0 && !green.every((phase) => served(turn, phase))) return duringMinimum(turn, green, must);
  if (must.length > 0) {
    const phases = numbersOf(withPartners(turn, must, green));
    const text = `Phase ${numbersOf(must).join(" and ")} has to be green within its longest red of ${longestRed(junction, must[0]!) / 1000} s.`;
    return { phases, reason: reasonOf("longest-red", text, phases) };
  }
  const ended = green.flatMap((phase) => ending(turn, phase) ?? []);
  const free = advance(turn, green, new Set(ended.map(({ phase }) => phase.number)));
  const phases = follows(junction, green, free) ? numbersOf(free) : [nextInRing(junction, green[0]!)];
  const changes = phases.some((number) => !turns.greenSince.has(number));
  const why = ended.map(({ phase, why: cause }) => `phase ${phase.number} ${cause}`).join(", ");
  const reason = changes
    ? reasonOf("end-of-green", `Green ends: ${why}.`, phases)
    : reasonOf("extended", `Phase ${phases.join(" and ")} stays green.`, phases);
  return { phases, reason };
}

/**
 * No ring begins a green that the overdue would have to wait for as well; where none can go on to them yet, there is nothing
 * to ask, since the guard lets nobody but the overdue be served.
 */
function duringMinimum(turn: Turn, green: readonly Phase[], must: readonly Phase[]): Next | undefined {
  const next = green.map((phase) => {
    const overdue = must.find(({ ring, barrier }) => ring === phase.ring && barrier === phase.barrier);
    return overdue && served(turn, phase) ? overdue : phase;
  });
  if (next.every((phase) => green.includes(phase))) return undefined;
  const phases = numbersOf(next);
  const text = `Phase ${numbersOf(must).join(" and ")} has to be green next; phase ${phases.join(" and ")} now.`;
  return { phases, reason: reasonOf("longest-red", text, phases) };
}

const reasonOf = (code: string, text: string, phases: readonly number[]): Reason => ({
  code,
  text,
  values: { phases: phases.join(" ") },
});

const served = ({ turns, known }: Turn, phase: Phase): boolean => greenFor(turns, phase, known.now) >= phase.minGreen;

/** Why a green may end now; undefined while it should go on. */
function ending(turn: Turn, phase: Phase): { readonly phase: Phase; readonly why: string } | undefined {
  const { known, turns } = turn;
  if (!served(turn, phase)) return undefined;
  const green = greenFor(turns, phase, known.now);
  const longest = longestGreen(phase, known.scheduled.get(turn.junction.id));
  if (green >= longest) return { phase, why: `maxed out at ${green / 1000} s` };
  const gap = emptyFor(turn, phase);
  return gap >= passage ? { phase, why: `gapped out after ${gap / 1000} s` } : undefined;
}

/** The next decision may come a tick later, and by the phase's own maximum the green has to be over. */
function longestGreen(phase: Phase, plan: TimingPlan | undefined): number {
  const usual = plan ? greenStretch * greenOf(plan, phase) : phase.maxGreen;
  return Math.max(phase.minGreen, Math.min(usual, phase.maxGreen - 2 * tick));
}

/** How long all lanes of a phase are known to have been empty. A lane nobody watches never is. */
function emptyFor({ known, junction }: Turn, phase: Phase): number {
  const streams = junction.streams.filter((stream) => stream.phases.includes(phase.number));
  return Math.min(
    Number.POSITIVE_INFINITY,
    ...streams.map(({ id }) => {
      const seen = known.streams.get(id);
      if (seen?.basis !== "measured" || seen.sinceLastVehicle === undefined) return 0;
      // Readings come in periods: nothing is known of the time since the newest one.
      return Math.max(0, seen.sinceLastVehicle - seen.age);
    }),
  );
}

function hasDemand({ known, junction }: Turn, phase: Phase): boolean {
  if (junction.crossings.some((crossing) => phase.groups.includes(crossing.group))) return true;
  return junction.streams
    .filter((stream) => stream.phases.includes(phase.number))
    .some(({ id }) => {
      const seen = known.streams.get(id);
      return seen?.basis !== "measured" || seen.queueVeh.mean >= somebody;
    });
}

/** Each ring moves on inside its barrier where it can; when none can, all cross the barrier together. */
function advance(turn: Turn, green: readonly Phase[], ended: ReadonlySet<number>): readonly Phase[] {
  if (ended.size === 0) return green;
  const rings = turn.junction.rings.map((ring) => ring.map((number) => byNumber(turn.junction, number)));
  const inside = green.map((phase) => {
    if (!ended.has(phase.number)) return phase;
    const ring = rings.find((entry) => entry.includes(phase))!.filter((other) => other.barrier === phase.barrier);
    const later = ring.slice(ring.indexOf(phase) + 1);
    const next = later.find((other) => hasDemand(turn, other));
    // At its own maximum the cabinet ends it whether or not anybody waits elsewhere, and would rest in red.
    return next ?? (isWorn(turn, phase) ? (later[0] ?? ring.find((other) => other !== phase)) : undefined) ?? phase;
  });
  if (inside.some((phase, i) => phase !== green[i])) return inside;
  const worn = green.some((phase) => isWorn(turn, phase));
  if (!worn && green.some((phase) => !ended.has(phase.number))) return green;
  return crossBarrier(turn, green, rings) ?? (worn ? nextBarrier(green, rings) : green);
}

const nextInRing = ({ rings: [ring] }: Junction, { number }: Phase): number =>
  ring![(ring!.indexOf(number) + 1) % ring!.length]!;

/** The next decision may come a tick later, and by its own maximum a green has to be over. */
const isWorn = ({ turns, known }: Turn, phase: Phase): boolean =>
  greenFor(turns, phase, known.now) >= phase.maxGreen - 2 * tick;

const barriersOf = (rings: readonly (readonly Phase[])[]): readonly number[] => [
  ...new Set(rings.flat().map((phase) => phase.barrier)),
];

function crossBarrier(
  turn: Turn,
  green: readonly Phase[],
  rings: readonly (readonly Phase[])[],
): readonly Phase[] | undefined {
  const barriers = barriersOf(rings);
  const present = barriers.indexOf(green[0]!.barrier);
  for (let k = 1; k <= barriers.length; k++) {
    const barrier = barriers[(present + k) % barriers.length]!;
    const inBarrier = rings.map((ring) => ring.filter((phase) => phase.barrier === barrier));
    if (!inBarrier.flat().some((phase) => !green.includes(phase) && hasDemand(turn, phase))) continue;
    return inBarrier.map((phases) => phases.find((phase) => hasDemand(turn, phase)) ?? phases[0]!);
  }
  return undefined;
}

/** Nobody waits anywhere: on in the order of the barriers, or of the ring where there is but one. */
function nextBarrier(green: readonly Phase[], rings: readonly (readonly Phase[])[]): readonly Phase[] {
  const barriers = barriersOf(rings);
  const next = barriers[(barriers.indexOf(green[0]!.barrier) + 1) % barriers.length]!;
  if (next !== green[0]!.barrier) return rings.map((ring) => ring.find((phase) => phase.barrier === next)!);
  return rings.map((ring) => ring[(ring.indexOf(green.find((phase) => ring.includes(phase))!) + 1) % ring.length]!);
}

/** Phases that must be served, with what runs or waits beside them in the other rings. */
function withPartners(turn: Turn, must: readonly Phase[], green: readonly Phase[]): readonly Phase[] {
  return turn.junction.rings.map((ring) => {
    const phases = ring
      .map((number) => byNumber(turn.junction, number))
      .filter((phase) => phase.barrier === must[0]!.barrier);
    return (
      phases.find((phase) => must.includes(phase)) ??
      phases.find((phase) => green.includes(phase)) ??
      phases.find((phase) => hasDemand(turn, phase)) ??
      phases[0]!
    );
  });
}

const byNumber = (junction: Junction, number: number): Phase =>
  junction.phases.find((phase) => phase.number === number)!;
