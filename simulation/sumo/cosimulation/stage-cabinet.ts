import type { Junction } from "../../../config/model.ts";
import { epochOffset, splitOf, type TimingPlan } from "../../../config/plan.ts";
import { between, type Instant, type Millis, millis, modulo, seconds } from "../../../config/units.ts";
import type { Action, CabinetMode, CabinetStatus, Capabilities, PhaseState } from "../../../engine/core/cabinet.ts";
import { longestHold } from "../../../engine/ports/box-hold.ts";
import type { SumoSignal } from "../city/signal.ts";
import { greenIn } from "../city/stages.ts";

/**
 * A cabinet for one of SUMO's signals: shows the stages of its program and the changes between them, and obeys plans and
 * `serve`. A leaner one than `simulation/cabinet`: that has rings, start-up, a clock of its own and
 * takes a step to hear, and knows lamps by group, while SUMO's states tell `G` from `g` in each stage and a decision made at t must show from
 * t on.
 */
export interface StageCabinet {
  readonly junction: Junction;
  status(now: Instant): CabinetStatus;
  execute(action: Action, now: Instant): CabinetAnswer;
  /** The state string to show from `now` until the next call, at most a second later. */
  show(now: Instant): string;
}

export type CabinetAnswer =
  | { readonly result: "accepted"; readonly detail: string }
  | { readonly result: "refused"; readonly code: string; readonly detail: string };

/** Out of step by less than this is in step. */
const IN_STEP = seconds(1);
const STEP = seconds(1);
/** A plan that starts out of step shortens greens by at most this share, and lengthens them by at most that of its cycle. */
const SHORTEN = 0.3;
const LENGTHEN = 0.17;

interface Green {
  readonly kind: "green";
  readonly phase: number;
  readonly since: Instant;
}

interface Change extends Between {
  readonly kind: "change";
  readonly from: number;
  readonly to: number;
  readonly since: Instant;
}

type Showing = Green | Change;

export function createStageCabinet(options: {
  readonly signal: SumoSignal;
  /** What it runs when nobody commands it. */
  readonly program: TimingPlan;
  readonly start: Instant;
}): StageCabinet {
  const { signal, program, start } = options;
  const { junction, stages, groupOf } = signal;
  const phases = new Map(junction.phases.map((phase) => [phase.number, phase]));
  const capabilities: Capabilities = {
    planDownload: true,
    secondBySecond: true,
    maxPhases: junction.phases.length,
    cycleMin: junction.cycleMin,
    cycleMax: junction.cycleMax,
    resolution: millis(1),
  };
  let mode: CabinetMode = "local";
  let plan: TimingPlan = program;
  /** Second by second instead of by plan. */
  let serving: number | undefined;
  let heldAt: Instant | undefined;
  /** Since when each group has been green without a break. */
  const greenSince = new Map<number, Instant>();
  let showing: Showing = startOf(program, start);
  // As if the program had run before.
  for (let at = start - program.cycle; at < start; at += STEP) {
    const then = at as Instant;
    note(stateOf(signal, startOf(program, then), then), then);
  }

  /** In step with its plan from the first second on, as SUMO's own programs are. */
  function startOf(own: TimingPlan, now: Instant): Showing {
    let left = modulo(now - epochOffset(own, now), own.cycle);
    for (const phase of orderOf(own, junction)) {
      const { length, next, between } = greenOf(own, signal, phase);
      if (left < length) return { kind: "green", phase, since: (now - left) as Instant };
      const split = splitOf(own, phase);
      if (left < split)
        return { kind: "change", from: phase, to: next, ...between, since: (now - left + length) as Instant };
      left -= split;
    }
    return { kind: "green", phase: junction.coordinatedPhase, since: now };
  }

  /** Everybody who would lose green by this change has had the least of it, in this stage and those before it. */
  function served(from: number, to: number, now: Instant): boolean {
    const [before, after] = [stages.states[from - 1]!, stages.states[to - 1]!];
    return [...groupOf].every((group, link) => {
      if (group < 0 || !greenIn(before, link) || greenIn(after, link)) return true;
      const { minGreen, clearance } = junction.groups[group]!;
      return between(greenSince.get(group) ?? now, now) >= minGreen + clearance;
    });
  }

  function note(state: string, now: Instant): void {
    for (const [link, group] of groupOf.entries()) {
      if (group < 0) continue;
      if (!greenIn(state, link)) greenSince.delete(group);
      else if (!greenSince.has(group)) greenSince.set(group, now);
    }
  }

  const move = (now: Instant): void => {
    // A change of no length is over at once, and the green after it may be too.
    for (let i = 0; i <= junction.phases.length; i++) {
      const before = showing;
      if (showing.kind === "change") {
        const lasted = between(showing.since, now);
        const held = showing.due > 0 && heldAt === now && lasted < showing.due + longestHold;
        if (lasted >= showing.due && !held) showing = { kind: "green", phase: showing.to, since: now };
      } else if (serving !== undefined) {
        if (serving !== showing.phase && served(showing.phase, serving, now))
          showing = begin(showing.phase, serving, directly(signal, showing.phase, serving), now);
      } else {
        const { to, between: change } = nextByPlan(plan, signal, showing, now);
        if (to !== showing.phase && served(showing.phase, to, now)) showing = begin(showing.phase, to, change, now);
      }
      if (showing === before) return;
    }
  };

  return {
    junction,
    status: (now) => ({
      kind: "reachable",
      junction: junction.id,
      at: now,
      mode,
      capabilities,
      pattern: serving !== undefined ? 254 : 1,
      inTransition: serving === undefined && Math.abs(lag(plan, signal, showing)) > IN_STEP,
      phases: lampsOf(junction, showing, now),
      cyclePosition: serving === undefined ? millis(modulo(now - epochOffset(plan, now), plan.cycle)) : undefined,
      elapsed: between(showing.since, now),
      clockError: millis(0),
      faults: [],
    }),
    execute: (action, now) => {
      switch (action.kind) {
        case "plan":
          plan = action.plan;
          serving = undefined;
          mode = "central";
          return { result: "accepted", detail: action.plan.id };
        case "serve": {
          const [phase] = action.phases;
          if (phase === undefined || action.phases.length !== 1 || !phases.has(phase))
            return { result: "refused", code: "phases", detail: `one stage of ${[...phases.keys()].join(", ")}` };
          serving = phase;
          mode = "central";
          if (action.hold) heldAt = now;
          return { result: "accepted", detail: `stage ${phase}` };
        }
        case "keep-alive":
          return { result: "accepted", detail: "alive" };
        case "release":
          plan = program;
          serving = undefined;
          mode = "local";
          return { result: "accepted", detail: "local" };
      }
    },
    show: (now) => {
      move(now);
      const state = stateOf(signal, showing, now);
      note(state, now);
      return state;
    },
  };
}

const begin = (from: number, to: number, between: Between, now: Instant): Change => ({
  kind: "change",
  from,
  to,
  since: now,
  ...between,
});

/** What is shown between two stages. */
interface Between {
  readonly rows: readonly { readonly duration: Millis; readonly state: string }[];
  /** All rows together. */
  readonly due: Millis;
}

const NOTHING: Between = { rows: [], due: millis(0) };

const inAll = (rows: Between["rows"]): Between => ({
  rows,
  due: millis(rows.reduce((sum, { duration }) => sum + duration, 0)),
});

/** Amber only where somebody loses green, all-red only where somebody else gains one in its way. */
function directly({ junction, stages, allRed }: SumoSignal, from: number, to: number): Between {
  const before = stages.states[from - 1]!;
  const after = stages.states[to - 1]!;
  const loses = [...before].some((_, link) => greenIn(before, link) && !greenIn(after, link));
  if (!loses) return NOTHING;
  const row = (ending: "y" | "r"): string =>
    [...before]
      .map((letter, link) => {
        if (!greenIn(before, link)) return greenIn(after, link) && letter !== "s" ? "r" : letter;
        return greenIn(after, link) ? letter : ending;
      })
      .join("");
  const { amber } = junction.phases.find(({ number }) => number === from)!;
  return inAll([
    { duration: amber, state: row("y") },
    { duration: allRed, state: row("r") },
  ]);
}

/**
 * The program's own way from a stage to the one after it, where its rings may change one after the other; undefined where
 * it has none, or where the junction's amber and all-red are longer than it gives.
 */
function byProgram({ junction, stages, allRed }: SumoSignal, from: number, to: number): Between | undefined {
  const phase = junction.phases.find(({ number }) => number === from)!;
  const own = seconds(stages.amberS ?? 0) >= phase.amber && seconds(stages.allRedS) >= allRed;
  if (!own || to !== (from % stages.states.length) + 1) return undefined;
  return inAll(stages.changes[from - 1]!.map(({ durationS, state }) => ({ duration: seconds(durationS), state })));
}

function stateOf({ stages }: SumoSignal, showing: Showing, now: Instant): string {
  if (showing.kind === "green") return stages.states[showing.phase - 1]!;
  let left = between(showing.since, now) as number;
  for (const { duration, state } of showing.rows) {
    if (left < duration) return state;
    left -= duration;
  }
  // Held: the last of the all-red goes on.
  return showing.rows.at(-1)!.state;
}

function lampsOf(junction: Junction, showing: Showing, now: Instant): Record<number, PhaseState> {
  const lamps: Record<number, PhaseState> = {};
  for (const { number } of junction.phases) lamps[number] = "red";
  if (showing.kind === "green") lamps[showing.phase] = "green";
  else {
    const { amber } = junction.phases.find(({ number }) => number === showing.from)!;
    if (between(showing.since, now) < amber) lamps[showing.from] = "amber";
  }
  return lamps;
}

/** Stages in the order of the plan, the offset's reference first. */
function orderOf({ sequence }: TimingPlan, { coordinatedPhase }: Junction): readonly number[] {
  const order = sequence[0]!;
  const first = Math.max(0, order.indexOf(coordinatedPhase));
  return [...order.slice(first), ...order.slice(0, first)];
}

/** A stage's green in the plan, from the start of the cycle. */
function greenOf(
  plan: TimingPlan,
  signal: SumoSignal,
  phase: number,
): { readonly start: number; readonly length: number; readonly next: number; readonly between: Between } {
  const order = orderOf(plan, signal.junction);
  const i = order.indexOf(phase);
  const next = order[(i + 1) % order.length]!;
  const split = splitOf(plan, phase);
  const least = signal.junction.phases.find(({ number }) => number === phase)!.minGreen;
  const own = byProgram(signal, phase, next);
  const change = own && split - own.due >= least ? own : directly(signal, phase, next);
  return {
    start: order.slice(0, i).reduce((sum, number) => sum + splitOf(plan, number), 0),
    length: split - change.due,
    next,
    between: change,
  };
}

/** How late what shows began against the plan, ms; negative when it was early. */
function lag(plan: TimingPlan, signal: SumoSignal, showing: Showing): number {
  const phase = showing.kind === "green" ? showing.phase : showing.from;
  if (!plan.sequence[0]!.includes(phase)) return 0;
  const { start, length } = greenOf(plan, signal, phase);
  const planned = showing.kind === "green" ? start : start + length;
  const half = plan.cycle / 2;
  return modulo(showing.since - epochOffset(plan, showing.since) - planned + half, plan.cycle) - half;
}

/** The stage the plan wants now: the present one, or the next once its green is over, bent where it is out of step. */
function nextByPlan(
  plan: TimingPlan,
  signal: SumoSignal,
  showing: Green,
  now: Instant,
): { readonly to: number; readonly between: Between } {
  const order = orderOf(plan, signal.junction);
  const [first] = order;
  if (order.length === 1 || !order.includes(showing.phase))
    return { to: first!, between: directly(signal, showing.phase, first!) };
  const { length, next, between: change } = greenOf(plan, signal, showing.phase);
  const late = lag(plan, signal, showing);
  const bent =
    late > 0
      ? Math.max(length * (1 - SHORTEN), length - late)
      : Math.min(length + LENGTHEN * plan.cycle, length - late);
  return { to: between(showing.since, now) >= bent ? next : showing.phase, between: change };
}
