import type { City, Corridor, PlanSet } from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { objectiveAt } from "../../config/schedule.ts";
import { between, type Instant, type Millis, millis } from "../../config/units.ts";
import type { CabinetStatus, Command } from "../core/cabinet.ts";
import { flowSample, sampleEvery } from "../core/counterfactual/record.ts";
import { estimate, startEstimator } from "../core/estimate/estimator.ts";
import { type Judged, observe, startObserve } from "../core/observe/observe.ts";
import { sceneSettings } from "../core/observe/scene-state.ts";
import { observeScenes } from "../core/observe/scenes.ts";
import { bookAfter, type CalledOver, emptyBook } from "../core/requests/book.ts";
import { calledFor } from "../core/requests/priority.ts";
import { asWritten, planSetFor, returning } from "../core/requests/special.ts";
import type { Knowledge } from "../core/strategy.ts";
import type { Event, EventKind, Json } from "../ports/event-store.ts";
import { actionKey, denied, idleHand, settle, witness } from "./hand.ts";
import { type Input, inOrder, recorded } from "./inputs.ts";
import type { CorridorState, Hand, Proposal, Setting, Turn } from "./state.ts";
import { isStale, nextFor } from "./want.ts";

/** An accepted plan starts at the cabinet's next cycle at the latest; twice the longest one leaves room for the poll. */
const SETTLING_CYCLES = 2;

export function startCorridor({ city, corridor, strategy }: Setting, now: Instant): CorridorState {
  return {
    observe: startObserve(city, now),
    scenes: {},
    estimator: startEstimator(city, now),
    memory: strategy.start(city, corridor),
    cabinets: new Map(),
    views: new Map(),
    hands: new Map(corridor.junctions.map((id) => [id, idleHand(now)])),
    lastGreen: new Map(),
    began: new Map(),
    walkCalledSince: new Map(),
    greenSince: new Map(),
    newestReading: new Map(corridor.junctions.map((id) => [id, now])),
    commandPrefix: `${corridor.id}-${Math.floor(now / 1000).toString(36)}`,
    commandCount: 0,
    alarms: new Set(),
    requests: emptyBook,
  };
}

/**
 * One tick of one corridor: everything that came in since the last tick, in an order that does not depend on how the
 * network delivered it, then estimates, then what to do. Pure: a recorded run replayed through it decides the same.
 */
export function turn(setting: Setting, before: CorridorState, arrived: readonly Input[], now: Instant): Turn {
  const { city, corridor } = setting;
  const events: Event[] = [];
  const note = (kind: EventKind, subject: string, data: unknown) => {
    events.push({ at: now, kind, subject, data: data as Json });
  };
  const inputs = inOrder(arrived);
  for (const input of inputs) note(...recorded(input));

  const readings = inputs.flatMap((input) => (input.kind === "reading" ? [input.reading] : []));
  const judged = observe(before.observe, readings, now, city);
  noteJudged(note, judged, setting);
  const seen = watch(setting, before, { inputs, observations: judged.observations, now });
  for (const finding of [...seen.findings, ...seen.health]) note("health", finding.detector, finding);
  const newestReading = new Map(before.newestReading);
  for (const id of readJunctions(city, corridor, judged.observations)) newestReading.set(id, now);

  const whole = viewsSeen(before.views, inputs, now);
  const views = new Map([...whole, ...seen.views]);
  for (const [id, { at }] of views) newestReading.set(id, latest(newestReading.get(id), at));

  const heard = hear(setting, before, inputs, now);
  const { cabinets, hands } = heard;
  const estimated = estimate(before.estimator, { now, observations: judged.observations, cabinets, city });
  if (now % sampleEvery === 0) noteFlows(note, setting, estimated.streams);
  const asked = inputs.flatMap((input) => (input.kind === "request" ? [input.request] : []));
  const { book, words } = bookAfter(before.requests, asked, { city, now, cabinets });
  for (const word of words) note("human", word.request, { answer: word });
  const { planSet, asWritten: held } = planSetFor(city, now, book);
  const { plans: scheduled } = planSet;
  const known: Knowledge = {
    now,
    city,
    corridor,
    streams: estimated.streams,
    exitFill: estimated.exitFill,
    cabinets,
    inForce: plansInForce(hands),
    scheduled,
    objective: objectiveAt(corridor, city.utcOffset, now),
    ...(views.size > 0 ? { views } : {}),
  };

  const decided = decide(setting, before, { known, planSet, held });
  const lastSpecial = held ? planSet.id : book.lastSpecial;
  const back = held ? [] : returning(known, city.schedule.planSets.get(lastSpecial ?? ""));
  const wanted = new Map([...decided.wanted, ...back].map((want) => [want.junction, want]));
  const helped = new Map(book.helped);
  const called = new Map<string, CalledOver>();
  const proposals: Proposal[] = [];
  const alarms = alarmsOf(before.alarms, note);
  for (const junction of corridor.junctions) {
    const shown = {
      lastGreen: heard.lastGreen.get(junction) ?? new Map(),
      greenSince: heard.greenSince.get(junction) ?? new Map(),
      began: heard.began.get(junction) ?? new Map(),
    };
    const call = calledFor({
      known,
      junction: city.junctions.get(junction)!,
      book,
      shown,
      ran: ranUnder(hands.get(junction)!, scheduled.get(junction)),
    });
    if (call) called.set(junction, call.over);
    if (call?.bus) helped.set(junction, now);
    const want = call?.wanted ?? wanted.get(junction);
    const hand = views.has(junction) ? { ...hands.get(junction)!, watched: now } : hands.get(junction)!;
    hands.set(junction, hand);
    const status = cabinets.get(junction);
    const age = between(newestReading.get(junction)!, now);
    const standing = { setting, junction, now, hand, status, age, scheduled: scheduled.get(junction) };
    const next = nextFor({ ...standing, wanted: want });
    if (next) {
      const id = `${before.commandPrefix}-${before.commandCount + proposals.length + 1}`;
      const command: Command = { id, junction, at: now, action: next.action };
      proposals.push({ command, reasons: next.reasons });
      hands.set(junction, { ...hand, pending: command });
    }
    alarms.check(junction, { status, hand, stale: isStale(standing), age, now });
  }

  const state: CorridorState = {
    ...before,
    ...heard,
    views: whole,
    observe: judged.state,
    scenes: seen.state,
    estimator: estimated.state,
    memory: decided.memory,
    newestReading,
    commandCount: before.commandCount + proposals.length,
    alarms: alarms.on,
    requests: { ...book, helped, called, lastSpecial },
  };
  return { state, events, proposals, known };
}

/** What a call for a vehicle takes the place of, and what it leaves to go back to while it is in force. */
function ranUnder({ serving, interrupted, refused }: Hand, scheduled: TimingPlan | undefined) {
  if (!serving) return { over: "plan" as const, back: undefined };
  const can = interrupted && refused !== actionKey({ kind: "plan", plan: interrupted });
  return { over: "seconds" as const, back: can ? interrupted : scheduled };
}

/** A special plan set runs as written; a strategy that comes back afterwards begins anew. */
function decide(
  { city, corridor, strategy }: Setting,
  { memory }: CorridorState,
  { known, planSet, held }: { readonly known: Knowledge; readonly planSet: PlanSet; readonly held: boolean },
): ReturnType<Setting["strategy"]["decide"]> {
  if (held) return { memory: strategy.start(city, corridor), wanted: asWritten(known, corridor, planSet) };
  return known.now % strategy.period === 0 ? strategy.decide(known, memory) : { memory, wanted: [] };
}

interface Heed {
  readonly inputs: readonly Input[];
  readonly observations: Judged["observations"];
  readonly now: Instant;
}

/** What the cameras see this second, for a strategy that asks. */
function watch({ city, corridor, strategy }: Setting, before: CorridorState, { inputs, observations, now }: Heed) {
  if (!strategy.watches) return { state: before.scenes, views: new Map(), findings: [], health: [] };
  const scenes = inputs.flatMap((input) => (input.kind === "scene" ? [input.scene] : []));
  return observeScenes(before.scenes, { scenes, observations, now, city, junctions: corridor.junctions });
}

/** The guard said no: the command was never sent. */
export const refusedByGuard = (state: CorridorState, { command }: Proposal): CorridorState =>
  withHand(state, command.junction, (hand) => denied(hand, command.action, command.at));

/** A shadow run: the command would have been sent. */
export const notSent = (state: CorridorState, { command }: Proposal): CorridorState =>
  withHand(state, command.junction, (hand) => ({ ...hand, pending: undefined }));

const withHand = (state: CorridorState, junction: string, change: (hand: Hand) => Hand): CorridorState => ({
  ...state,
  hands: new Map(state.hands).set(junction, change(state.hands.get(junction)!)),
});

type Note = (kind: EventKind, subject: string, data: unknown) => void;

/** Each corridor judges the whole city's detectors and speaks of its own only, and of what belongs to nobody. */
function noteJudged(note: Note, { observations, health, findings }: Judged, { city, corridor }: Setting): void {
  const own = (detector: string): boolean => {
    const junction = city.detectors.get(detector)?.junction;
    return junction === undefined || corridor.junctions.includes(junction);
  };
  for (const observation of observations) note("observation", observation.detector, observation);
  for (const finding of findings) if (own(finding.detector)) note("health", finding.detector, finding);
  for (const change of health) if (own(change.detector)) note("health", change.detector, change);
}

/** What the day's report is made of. */
function noteFlows(note: Note, { city, corridor }: Setting, streams: Knowledge["streams"]): void {
  for (const id of corridor.junctions) {
    const own = city.junctions.get(id)!.streams.flatMap((stream) => {
      const known = streams.get(stream.id);
      return known ? [[stream.id, flowSample(known)] as const] : [];
    });
    note("estimate", id, Object.fromEntries(own));
  }
}

/** The newest picture of each junction; one that is too old is no picture any more. */
function viewsSeen(before: CorridorState["views"], inputs: readonly Input[], now: Instant): CorridorState["views"] {
  const views = new Map(before);
  for (const input of inputs) {
    if (input.kind !== "view") continue;
    const known = views.get(input.view.junction);
    if (!known || known.at <= input.view.at) views.set(input.view.junction, input.view);
  }
  for (const [id, { at }] of views) if (between(at, now) > sceneSettings.oldest) views.delete(id);
  return views;
}

const latest = (a: Instant | undefined, b: Instant): Instant => (a === undefined || b > a ? b : a);

interface Heard {
  readonly cabinets: ReadonlyMap<string, CabinetStatus>;
  readonly hands: Map<string, Hand>;
  readonly lastGreen: ReadonlyMap<string, ReadonlyMap<number, Instant>>;
  readonly greenSince: ReadonlyMap<string, ReadonlyMap<number, Instant>>;
  readonly began: ReadonlyMap<string, ReadonlyMap<number, Instant>>;
  readonly walkCalledSince: ReadonlyMap<string, ReadonlyMap<number, Instant>>;
}

/** What outcomes and polls say of the cabinets. */
function hear({ city }: Setting, before: CorridorState, inputs: readonly Input[], now: Instant): Heard {
  const cabinets = new Map(before.cabinets);
  const hands = new Map(before.hands);
  const lastGreen = new Map(before.lastGreen);
  const greenSince = new Map(before.greenSince);
  const began = new Map(before.began);
  const walkCalledSince = new Map(before.walkCalledSince);
  const longest = (junction: string): Millis => city.junctions.get(junction)!.cycleMax;
  for (const input of inputs) {
    if (input.kind === "status") {
      const { status } = input;
      const hand = hands.get(status.junction);
      if (!hand) continue;
      cabinets.set(status.junction, status);
      noteGreens({ lastGreen, greenSince, began }, status, now);
      noteCalls(walkCalledSince, status, now);
      // One cycle of what ran: the cabinet's own plan is in step again before the engine asks for anything.
      const holdOff = hand.plan?.cycle ?? longest(status.junction);
      hands.set(status.junction, witness(hand, status, { now, holdOff }));
    } else if (input.kind === "outcome") {
      const { outcome } = input;
      const hand = hands.get(outcome.junction);
      const settling = millis(SETTLING_CYCLES * (hand ? longest(outcome.junction) : 0));
      if (hand) hands.set(outcome.junction, settle(hand, outcome, { now, settling }));
    }
  }
  return { cabinets, hands, lastGreen, greenSince, began, walkCalledSince };
}

/** A cabinet that is silent, or does not say, has calls that nobody knows. */
function noteCalls(calledSince: Map<string, ReadonlyMap<number, Instant>>, status: CabinetStatus, now: Instant): void {
  const before = calledSince.get(status.junction);
  if (status.kind === "unreachable" || !status.walkCalls) calledSince.delete(status.junction);
  else calledSince.set(status.junction, new Map(status.walkCalls.map((phase) => [phase, before?.get(phase) ?? now])));
}

interface Greens {
  readonly lastGreen: Map<string, ReadonlyMap<number, Instant>>;
  readonly greenSince: Map<string, ReadonlyMap<number, Instant>>;
  readonly began: Map<string, ReadonlyMap<number, Instant>>;
}

function noteGreens({ lastGreen, greenSince, began }: Greens, status: CabinetStatus, now: Instant): void {
  if (status.kind === "unreachable") return;
  const last = new Map(lastGreen.get(status.junction));
  const since = new Map(greenSince.get(status.junction));
  const starts = new Map(began.get(status.junction));
  for (const [name, shown] of Object.entries(status.phases)) {
    const phase = Number(name);
    if (shown === "green") {
      last.set(phase, now);
      if (!since.has(phase)) {
        since.set(phase, now);
        starts.set(phase, now);
      }
    } else since.delete(phase);
  }
  lastGreen.set(status.junction, last);
  greenSince.set(status.junction, since);
  began.set(status.junction, starts);
}

interface Condition {
  readonly status: CabinetStatus | undefined;
  readonly hand: Hand;
  readonly stale: boolean;
  readonly age: number;
  readonly now: Instant;
}

/** Raises and clears alarms; each is noted once when it comes and once when it goes. */
function alarmsOf(before: ReadonlySet<string>, note: Note) {
  const on = new Set(before);
  const set = (junction: string, name: string, raised: boolean, text: string) => {
    const key = `${junction}/${name}`;
    if (raised === on.has(key)) return;
    if (raised) on.add(key);
    else on.delete(key);
    note("alarm", junction, { key, on: raised, text: raised ? text : "over" });
  };
  const check = (junction: string, { status, hand, stale, age, now }: Condition) => {
    const lost = status?.kind === "unreachable";
    const faults = status?.kind === "reachable" ? status.faults : [];
    set(junction, "unreachable", lost, lost ? `The cabinet does not answer: ${status.reason}.` : "");
    if (status?.kind === "reachable")
      set(junction, "faults", faults.length > 0, `The cabinet reports ${faults.join(", ")}.`);
    set(junction, "stale", stale, `No reading for ${age / 1000} s.`);
    const standing = now < hand.standBackUntil;
    set(junction, "stand-back", standing, `The engine stands back: ${hand.standBackReason}.`);
  };
  return { on, check };
}

/** Junctions that heard something this tick; one without any detector of its own lives on what the corridor hears. */
function readJunctions(city: City, corridor: Corridor, observations: Judged["observations"]): readonly string[] {
  if (observations.length === 0) return [];
  const heard = new Set<string | undefined>();
  for (const { detector, quality } of observations) if (quality > 0) heard.add(city.detectors.get(detector)?.junction);
  const equipped = new Set([...city.detectors.values()].map((detector) => detector.junction));
  const any = corridor.junctions.some((id) => heard.has(id));
  return corridor.junctions.filter((id) => heard.has(id) || (any && !equipped.has(id)));
}

function plansInForce(hands: ReadonlyMap<string, Hand>): ReadonlyMap<string, TimingPlan> {
  const plans = new Map<string, TimingPlan>();
  for (const [id, hand] of hands) if (hand.plan) plans.set(id, hand.plan);
  return plans;
}
