import type { Phase } from "../../../../config/model.ts";
import { between, type Instant, seconds } from "../../../../config/units.ts";
import type { ReachableStatus } from "../../cabinet.ts";
import { limitsOf } from "../../guard/limits.ts";
import type { BandSeconds } from "../../network/band-seconds.ts";
import { objectiveWeights } from "../../objective.ts";
import type { Knowledge, Wanted } from "../../strategy.ts";
import type { JunctionView } from "../../view.ts";
import { greenFor, noTurns, overdue, type PhaseTurns, turnsSeen } from "../phase-turns.ts";
import { greenLeft, leastGreen } from "../walk-calls.ts";
import { announcements, sentSince, type Told } from "./announcements.ts";
import { bandStops } from "./band-stops.ts";
import { boxHolds, fullExits } from "./box.ts";
import { greenTimes } from "./late-picture.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { learn, nothingLearned } from "./learned.ts";
import { pcuOf } from "./pcu.ts";
import { queuesOf } from "./queues.ts";
import { reasonOf } from "./reasons.ts";
import type { Solver } from "./rules.ts";
import type { Outlook, Start } from "./search.ts";
import { soundView } from "./sound-view.ts";
import { type UnseenLanes, watchUnseen } from "./unseen.ts";
import { settings, Walk } from "./walk.ts";

const tick = seconds(1);
/** A next green waits this long for a box in which nothing moves any more, and that long while something does, s. */
export const patience = { standing: 8, moving: 15 };

/** A change that has been asked for. */
interface Change {
  readonly from: number;
  readonly to: number;
  readonly since: Instant;
}

export interface JunctionMemory extends Told {
  readonly turns: PhaseTurns;
  /** Present or last green stage. */
  readonly stage: number;
  readonly change: Change | undefined;
  /** When the picture was taken that was last learned from. */
  readonly pictured: Instant;
  /** Lanes that no camera watches. */
  readonly unseen: UnseenLanes;
}

export type HorizonMemory = ReadonlyMap<string, JunctionMemory>;

export interface JunctionScene {
  readonly id: string;
  readonly status: ReachableStatus;
  readonly view: JunctionView;
  readonly solve: Solver;
  /** Held for the corridor, where it asks for them. */
  readonly bands?: readonly BandSeconds[];
}

/** The next stage of one junction, with what it remembers and tells its neighbours. */
export function decideJunction(
  known: Knowledge,
  before: HorizonMemory,
  { id, status, view: told, solve, bands = [] }: JunctionScene,
): { readonly memory: JunctionMemory; readonly wanted: Wanted | undefined } {
  const { now, city } = known;
  const junction = city.junctions.get(id)!;
  const layout = layoutOf(city, junction);
  const view = soundView(layout, told);
  const was = before.get(id);
  const fresh = !was || was.pictured < view.at;
  const old = was?.learned ?? nothingLearned(layout);
  const pcu = pcuOf(city.control);
  const learned = fresh ? learn(old, layout, view, pcu) : old;
  const turns = turnsSeen(was?.turns ?? noTurns, junction, status, now);
  const green = layout.stages.findIndex(({ phases }) => phases.every((phase) => status.phases[phase] === "green"));
  const stage = green >= 0 ? green : (was?.stage ?? 0);
  const since = Math.max(...layout.stages[stage]!.phases.map((phase) => turns.greenSince.get(phase) ?? now)) as Instant;
  const announced = announcements(known, before, layout, { learned, view, horizon: settings.horizon });
  const redFor = redTimes(layout, turns, now);
  const age = Math.max(0, between(view.at, now) / 1000);
  const last =
    green >= 0
      ? { stage, green: { from: -between(since, now) / 1000, to: 0 } }
      : { stage, green: { from: -Infinity, to: -between(was?.change?.since ?? now, now) / 1000 + settings.amberUse } };
  const greens = greenTimes(layout, last);
  const unseen = fresh
    ? watchUnseen(was?.unseen, layout, view, {
        open: layout.stages[stage]!.open.map((turns) => green >= 0 && turns.length > 0),
        seconds: was ? between(was.pictured, view.at) / 1000 : 1,
      })
    : was.unseen;
  const queues = queuesOf(layout, {
    view,
    unseen,
    age,
    greens,
    learned,
    pcu,
    announced,
    redFor,
    horizon: settings.horizon,
  });
  const { stopS } = objectiveWeights[known.objective ?? "balanced"];
  const walk = new Walk(
    withWalks(layout, turns),
    queues,
    learned,
    settings,
    bandStops(layout, queues, bands, { now, stopS }),
  );
  const kept = {
    learned,
    turns,
    stage,
    sent: fresh ? sentSince(was?.sent ?? [], layout, view, now) : was.sent,
    at: now,
    pictured: view.at,
    unseen,
  };
  const full = fullExits(layout, view);
  if (green < 0) {
    if (!was?.change) return { memory: { ...kept, change: undefined, departures: [] }, wanted: undefined };
    return whileChanging({ layout, view, change: was.change, now, full, id, walk, solve }, kept);
  }
  const shown = between(since, now) / 1000;
  const bounds = boundsOf(layout, turns, { stage, now });
  const outlook = solve(walk, { stage, green: shown, bounds, wait: 0, full });
  const walked = junction.crossings.length > 0;
  // People's limits are near a usual cycle: whoever is due waits for what is really meant, not for the longest there is.
  const due = (first: readonly Phase[]): readonly number[] =>
    overdue(junction, turns, { now, tick, ...(walked ? { first } : {}) }).map((phase) => phase.number);
  const must = due([]);
  let { to, why } = choose(layout, outlook, { stage, bounds, must });
  if (walked && to !== stage) {
    const begins = junction.phases.filter(
      ({ number }) => layout.stages[to]!.phases.includes(number) && !turns.greenSince.has(number),
    );
    ({ to, why } = dueFirst(layout, due(begins), { to, why }));
  }
  // The guard lets nothing but the overdue be served; until the shortest green is over there is nothing else to ask.
  const silent = why === "min-green" && must.length > 0;
  const change = to === stage ? undefined : { from: stage, to, since: now };
  const reason = reasonOf({ layout, queues, outlook, stage, to, why, full, horizon: settings.horizon });
  return {
    memory: { ...kept, change, departures: outlook.departures },
    wanted: silent
      ? undefined
      : { junction: id, action: { kind: "serve", phases: layout.stages[to]!.phases }, reasons: [reason] },
  };
}

interface Changing {
  readonly layout: Layout;
  readonly view: JunctionView;
  readonly change: Change;
  readonly now: Instant;
  readonly full: readonly boolean[];
  readonly id: string;
  readonly walk: Walk;
  readonly solve: Solver;
}

/** On the way to the next green: it waits while somebody whom it would meet is still in the box. */
function whileChanging(
  { layout, view, change, now, full, id, walk, solve }: Changing,
  kept: Omit<JunctionMemory, "change" | "departures">,
): { readonly memory: JunctionMemory; readonly wanted: Wanted } {
  const { from, to } = change;
  const left = layout.change[from]![to]! - between(change.since, now) / 1000;
  const box = boxHolds(layout, view, { from, to, age: between(view.at, now) / 1000 });
  const hold = left <= 1 && box.meeting > 0 && -left < (box.moving ? patience.moving : patience.standing);
  const outlook = solve(walk, { stage: to, green: 0, wait: Math.max(1, left) + (hold ? 1 : 0), full });
  const phases = layout.stages[to]!.phases;
  const name = phases.join(" and ");
  const reason = hold
    ? {
        code: "box-occupied",
        text: `Green of phase ${name} waits: ${box.meeting} in the box would be met.`,
        values: { vehicles: box.meeting, waited_s: Math.max(0, -left) },
      }
    : { code: "changing", text: `Phase ${name} is on its way.`, values: { left_s: Math.max(0, left) } };
  return {
    memory: { ...kept, change, departures: outlook.departures },
    wanted: {
      junction: id,
      action: hold ? { kind: "serve", phases, hold: true } : { kind: "serve", phases },
      reasons: [reason],
    },
  };
}

/** Where nobody has called a walk, the stages to come need no time for it. */
function withWalks(layout: Layout, turns: PhaseTurns): Layout {
  const { junction, stages } = layout;
  if (turns.calledSince === undefined || junction.crossings.length === 0) return layout;
  const least = new Map(junction.phases.map((phase) => [phase.number, leastGreen(junction, phase, turns) / 1000]));
  const longest = (phases: readonly number[]): number => Math.max(0, ...phases.map((number) => least.get(number)!));
  return {
    ...layout,
    stages: stages.map((stage) => ({ ...stage, least: longest(stage.phases) })),
    least: stages.map((from) =>
      stages.map((to) => longest(to.phases.filter((number) => !from.phases.includes(number)))),
    ),
  };
}

type Bounds = NonNullable<Start["bounds"]>;

/** Rings change one by one: each phase of a stage has a green of its own. */
function boundsOf(layout: Layout, turns: PhaseTurns, at: { readonly stage: number; readonly now: Instant }): Bounds {
  const { junction } = layout;
  const phases = junction.phases.filter(({ number }) => layout.stages[at.stage]!.phases.includes(number));
  const left = (limit: (phase: Phase) => number): readonly number[] =>
    phases.map((phase) => (limit(phase) - greenFor(turns, phase, at.now)) / 1000);
  return {
    least: Math.max(0, ...phases.map((phase) => greenLeft(junction, phase, turns, at.now) / 1000)),
    most: Math.min(...left((phase) => limitsOf(junction, phase).maxGreen)),
  };
}

interface Choice {
  readonly stage: number;
  readonly bounds: Bounds;
  /** Phases that have to be served next. */
  readonly must: readonly number[];
}

/** What is due by the time that `to` has had its least green goes before it. */
function dueFirst(layout: Layout, due: readonly number[], chosen: { to: number; why: Why }): { to: number; why: Why } {
  if (due.length === 0 || due.every((phase) => layout.stages[chosen.to]!.phases.includes(phase))) return chosen;
  const to = layout.stages.findIndex(({ phases }) => due.every((phase) => phases.includes(phase)));
  return to < 0 ? chosen : { to, why: "longest-red" };
}

type Why = "least-delay" | "longest-red" | "max-green" | "min-green";

/** The plan's next stage, unless a limit says otherwise. */
function choose(layout: Layout, outlook: Outlook, { stage, bounds, must }: Choice): { to: number; why: Why } {
  const { least, most } = bounds;
  const { phases } = layout.stages[stage]!;
  if (must.length > 0 && !must.every((phase) => phases.includes(phase))) {
    const to = layout.stages.findIndex((candidate) => must.every((phase) => candidate.phases.includes(phase)));
    // The cabinet ends its shortest green first; where the order is fixed it may not be their turn until then.
    if (to >= 0 && (least <= 0 || !layout.junction.fixedOrder)) return { to, why: "longest-red" };
  }
  if (least > 0) return { to: stage, why: "min-green" };
  const first = outlook.plan[0];
  const next = outlook.plan[1];
  if (first && next && first.to <= 0) return { to: next.stage, why: most < 1 ? "max-green" : "least-delay" };
  if (most <= 0 && layout.stages.length > 1) return { to: (stage + 1) % layout.stages.length, why: "max-green" };
  return { to: stage, why: "least-delay" };
}

function redTimes(layout: Layout, turns: PhaseTurns, now: Instant): readonly number[] {
  return layout.lanes.map((_, lane) => {
    const opened = layout.stages.filter(({ open }) => open[lane]!.length > 0).flatMap(({ phases }) => phases);
    const reds = opened.map((phase) => {
      const last = turns.lastGreen.get(phase);
      return last === undefined ? 60 : between(last, now) / 1000;
    });
    return Math.min(60, ...reds);
  });
}

/** Without a picture nothing is decided, but who has been green is still kept. */
export const watchJunction = (
  { city, now }: Knowledge,
  was: JunctionMemory | undefined,
  { id, status }: { readonly id: string; readonly status: ReachableStatus },
): JunctionMemory | undefined => was && { ...was, turns: turnsSeen(was.turns, city.junctions.get(id)!, status, now) };
