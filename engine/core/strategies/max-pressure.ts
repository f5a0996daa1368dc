import type { Junction, Phase } from "../../../config/model.ts";
import { samePlan, splitOf, type TimingPlan } from "../../../config/plan.ts";
import { type Instant, type Millis, seconds } from "../../../config/units.ts";
import { type StreamWiring, wiringOf } from "../estimate/wiring.ts";
import { boundedStep } from "../plan/bounded-step.ts";
import { fitPlan } from "../plan/fit-plan.ts";
import { changeTime } from "../plan/phase-times.ts";
import type { Knowledge, Reason, Strategy, Wanted } from "../strategy.ts";
import { isUnknown, mayChange, runningPlan, scheduledFirst, servesSeconds, takesPlans } from "./cabinet-standing.ts";
import { blockedShare } from "./corridor-model/load.ts";
import {
  follows,
  greenFor,
  longestRed,
  noTurns,
  numbersOf,
  overdue,
  type PhaseTurns,
  phaseSets,
  turnsSeen,
  watched,
} from "./phase-turns.ts";

/** Pressures are weighed this often unless asked otherwise. */
const usually = seconds(5);
/** Smaller changes of a split are within the noise of one cycle's queues. */
const leastChange = seconds(2);

interface Memory {
  readonly turns: ReadonlyMap<string, PhaseTurns>;
  readonly asked: ReadonlyMap<string, readonly number[]>;
  readonly changed: ReadonlyMap<string, Instant>;
  /** Pressure of each phase averaged over about a cycle, by `junction/phase`. */
  readonly average: ReadonlyMap<string, number>;
}

/**
 * Max pressure (Varaiya 2013): serve where saturation flow times queue, less the queue downstream, is largest. Second by
 * second where the cabinet takes it, with minimum greens, a price on every change and nobody past the longest red;
 * elsewhere once a cycle, with greens in proportion to pressure on the present cycle (Le 2015, Anderson 2018).
 */
const maxPressureEvery = (tick: Millis): Strategy<Memory> => ({
  name: "max-pressure",
  period: tick,
  every: maxPressureEvery,
  start: () => ({ turns: new Map(), asked: new Map(), changed: new Map(), average: new Map() }),
  decide: (known, before) => {
    const turns = new Map(before.turns);
    const asked = new Map(before.asked);
    const changed = new Map(before.changed);
    const average = new Map(before.average);
    const wanted: Wanted[] = [];
    for (const id of known.corridor.junctions) {
      const junction = known.city.junctions.get(id)!;
      const status = known.cabinets.get(id);
      const running = runningPlan(known, id);
      if (running) averaged(average, known, junction, { running, tick });
      if (servesSeconds(status)) {
        const seen = turnsSeen(turns.get(id) ?? noTurns, junction, status, known.now);
        turns.set(id, seen);
        if (!watched(junction, seen, known.now)) continue;
        const next = nextPhases(known, junction, { turns: seen, asked: asked.get(id), tick });
        if (!next) continue;
        asked.set(id, next.phases);
        wanted.push({ junction: id, action: { kind: "serve", phases: next.phases }, reasons: [next.reason] });
      } else if (isUnknown(known, id)) wanted.push(...scheduledFirst(known, id));
      else if (takesPlans(status) && running && mayChange(status, running, changed.get(id), known.now)) {
        const next = nextPlan(known, junction, { running, average });
        if (!next) continue;
        changed.set(id, known.now);
        wanted.push({ junction: id, action: { kind: "plan", plan: next.plan }, reasons: [next.reason] });
      }
    }
    return { memory: { turns, asked, changed, average }, wanted };
  },
});

export const maxPressure = maxPressureEvery(usually);

/** Saturation flow times the queue's excess over the queues where it goes, pcu²/h; nothing for what could not leave. */
function streamPressure(known: Knowledge, wiring: StreamWiring): number {
  const seen = known.streams.get(wiring.stream.id);
  if (!seen) return 0;
  let downstream = 0;
  for (const other of wiringOf(known.city).streams) {
    const share = wiring.exits.get(other.link);
    if (share === undefined) continue;
    // Of those who leave by this link, that part will join this stream.
    downstream += share * other.share * (known.streams.get(other.stream.id)?.queuePcu.mean ?? 0);
  }
  const excess = Math.max(0, seen.queuePcu.mean - downstream);
  return seen.saturationPcuh.mean * excess * (1 - blockedShare(wiring, known.exitFill));
}

function phasePressure(known: Knowledge, junction: Junction, phase: Phase): number {
  const { byId } = wiringOf(known.city);
  return junction.streams
    .filter((stream) => stream.phases.includes(phase.number))
    .reduce((sum, stream) => sum + streamPressure(known, byId.get(stream.id)!), 0);
}

function averaged(
  average: Map<string, number>,
  known: Knowledge,
  junction: Junction,
  { running, tick }: { readonly running: TimingPlan; readonly tick: Millis },
): void {
  const gain = tick / running.cycle;
  for (const phase of junction.phases) {
    const key = `${junction.id}/${phase.number}`;
    const now = phasePressure(known, junction, phase);
    average.set(key, (average.get(key) ?? now) * (1 - gain) + gain * now);
  }
}

interface Standing {
  readonly turns: PhaseTurns;
  readonly asked: readonly number[] | undefined;
  /** Between two decisions. */
  readonly tick: Millis;
}

function nextPhases(
  known: Knowledge,
  junction: Junction,
  { turns, asked, tick }: Standing,
): { readonly phases: readonly number[]; readonly reason: Reason } | undefined {
  const { now } = known;
  const green = junction.phases.filter((phase) => turns.greenSince.has(phase.number));
  if (green.length < junction.rings.length) {
    return (
      asked && { phases: asked, reason: { code: "changing", text: "The last change is still on its way.", values: {} } }
    );
  }
  if (green.some((phase) => greenFor(turns, phase, now) < phase.minGreen)) return stay(green, "minimum green");
  const pressures = new Map(junction.phases.map((phase) => [phase, phasePressure(known, junction, phase)]));
  const pressureOf = (set: readonly Phase[]): number => set.reduce((sum, phase) => sum + pressures.get(phase)!, 0);
  const must = overdue(junction, turns, { now, tick });
  const maxed = green.filter((phase) => greenFor(turns, phase, now) >= phase.maxGreen - 2 * tick);
  const next = phaseSets(junction).filter((set) => must.length > 0 || follows(junction, green, set));
  const sets = next.filter(
    (set) => must.every((phase) => set.includes(phase)) && !set.some((phase) => maxed.includes(phase)),
  );
  const present = pressureOf(green);
  const best = sets.reduce<readonly Phase[] | undefined>(
    (a, b) => (a === undefined || worth(b, green, pressureOf) > worth(a, green, pressureOf) ? b : a),
    undefined,
  );
  if (!best) return stay(green, "no other set may run");
  const pressure = pressureOf(best);
  const changes = best.some((phase) => !green.includes(phase));
  if (!changes) return stay(green, `the most pressure (${present.toFixed(0)})`);
  if (must.length === 0 && maxed.length === 0 && worth(best, green, pressureOf) <= present) {
    return stay(green, `${pressure.toFixed(0)} elsewhere is not worth a change from ${present.toFixed(0)}`);
  }
  const why = must[0]
    ? `phase ${numbersOf(must).join(" and ")} has to be green within its longest red of ${longestRed(junction, must[0]) / 1000} s`
    : `pressure ${pressure.toFixed(0)} against ${present.toFixed(0)}`;
  const phases = numbersOf(best);
  return {
    phases,
    reason: {
      code: must[0] ? "longest-red" : maxed.length > 0 ? "max-green" : "pressure",
      text: `Serves phase ${phases.join(" and ")}: ${why}.`,
      values: { pressure, present, phases: phases.join(" ") },
    },
  };
}

/** A change costs its amber and all-red out of the shortest time it then lasts. */
function worth(set: readonly Phase[], green: readonly Phase[], pressureOf: (set: readonly Phase[]) => number): number {
  const leaving = green.filter((phase) => !set.includes(phase));
  if (leaving.length === 0) return pressureOf(set);
  const lost = Math.max(...leaving.map(changeTime));
  const least = Math.max(...set.filter((phase) => !green.includes(phase)).map((phase) => phase.minGreen));
  return (pressureOf(set) * least) / (least + lost);
}

function stay(green: readonly Phase[], why: string) {
  const phases = numbersOf(green);
  const text = `Phase ${phases.join(" and ")} stays green: ${why}.`;
  return { phases, reason: { code: "stay", text, values: { phases: phases.join(" ") } } };
}

function nextPlan(
  known: Knowledge,
  junction: Junction,
  { running, average }: { readonly running: TimingPlan; readonly average: ReadonlyMap<string, number> },
): { readonly plan: TimingPlan; readonly reason: Reason } | undefined {
  const greens = new Map(
    junction.phases.map(({ number }) => [number, average.get(`${junction.id}/${number}`) ?? 0] as const),
  );
  const total = [...greens.values()].reduce((a, b) => a + b, 0);
  if (total <= 0) return undefined;
  const id = `max-pressure/${junction.id}/${known.now / 1000}`;
  const fit = fitPlan(junction, { id, cycle: running.cycle, offset: running.offset, greens });
  if (fit.kind !== "fits") return undefined;
  const plan = boundedStep(junction, running, fit.plan, known.city.control);
  const most = Math.max(
    ...junction.phases.map(({ number }) => Math.abs(splitOf(plan, number) - splitOf(running, number))),
  );
  if (samePlan(plan, running) || most < leastChange) return undefined;
  const shares = [...greens].map(([number, value]) => `${number}: ${((100 * value) / total).toFixed(0)} %`).join(", ");
  return {
    plan,
    reason: {
      code: "pressure-splits",
      text: `Greens of ${junction.id} in proportion to pressure over the last cycle (phase ${shares}) within a step of ${known.city.control.splitStep / 1000} s.`,
      values: { largest_change_s: most / 1000 },
    },
  };
}
