import type { City } from "../../../config/model.ts";
import { after, between, type Instant, instant, type Millis, millis, modulo, seconds } from "../../../config/units.ts";
import type { Observation } from "../observe/observation.ts";
import { type Composition, mixed, pcuPerVehicle, startComposition, type Weighed, weigh } from "./composition.ts";
import { counted, type RateFilter, startRate } from "./rate-filter.ts";
import { type Passed, type Saturation, saturationSeen } from "./saturation.ts";
import { type SignalWatch, unwatched } from "./signal-watch.ts";
import type { DetectorWiring, StreamWiring } from "./wiring.ts";

/** What one stream's own detectors and lamps have told so far. */
export interface StreamState {
  readonly signal: SignalWatch;
  readonly rate: RateFilter;
  readonly mix: Composition;
  readonly saturation: Saturation;
  readonly queue: Queue;
  /** End of the newest observation. */
  readonly seenUntil: Instant | undefined;
  readonly lastVehicle: Instant | undefined;
  readonly degree: number | undefined;
  /** By detector: a lane may queue while its neighbour is empty. */
  readonly looks: ReadonlyMap<string, Look>;
  readonly window: CountWindow;
  /** Flow by quarter hour of the local day, veh/s, learned. */
  readonly profile: ReadonlyMap<number, number>;
}

export interface Queue {
  readonly vehicles: number;
  readonly variance: number;
  readonly at: Instant;
}

interface Look {
  readonly end: Instant;
  readonly standing: number | undefined;
  /** Its zone is filled, so that more may stand behind. */
  readonly full: boolean;
  /** Share of the stream's width. */
  readonly width: number;
  /** Vehicles standing when the green began. */
  readonly queued: number | undefined;
  /** What passed in this green, period by period. */
  readonly passed: readonly Passed[];
}

/** From one red to the next: what passed in between and how the queue changed is what arrived. */
interface CountWindow {
  readonly since: Instant;
  /** Queue when it opened. */
  readonly queue: number;
  readonly vehicles: number;
  /** Seconds of the stream's full width that were seen. */
  readonly seen: number;
  /** The same, times quality. */
  readonly trusted: number;
}

/** A zone counts as full from this share of its room on: standing vehicles never fill it evenly. */
const fullShare = 0.85;
/** After the green ends: amber, and the detector's period that holds it. */
const settleAfterGreen = seconds(8);
/** Without lamps to go by, counts are closed after about a cycle. */
const blindWindow = seconds(120);
/** Windows seen for less of their width and time than this decide nothing. */
const leastCoverage = 0.3;
/** A line over less of a stream's width says little of the whole. */
const leastWidth = 0.2;
/** Standing vehicles are miscounted by about a tenth, and never to better than one. */
const standingMiscount = 0.1;
/** Weight of a new day in the profile of the day: about a working week is remembered. */
const profileGain = 0.25;
const quarter = 900_000;

export const startStream = (
  wiring: StreamWiring,
  city: City,
  now: Instant,
  design: { mean: number; sd: number },
): StreamState => ({
  signal: unwatched,
  rate: startRate(design.mean, design.sd),
  mix: startComposition(city.control.pcu),
  saturation: { mean: wiring.saturation.mean, variance: wiring.saturation.sd ** 2 },
  queue: { vehicles: 0, variance: 1, at: now },
  seenUntil: undefined,
  lastVehicle: undefined,
  degree: undefined,
  looks: new Map(),
  window: openWindow(now, 0),
  profile: new Map(),
});

const openWindow = (since: Instant, queue: number): CountWindow => ({ since, queue, vehicles: 0, seen: 0, trusted: 0 });

/** Lamps changed: a green opens a new discharge with the queue that stands. */
export function lampsSeen(before: StreamState, signal: SignalWatch): StreamState {
  if (signal === before.signal) return before;
  const opens = signal.green === true && before.signal.green === false && signal.since !== before.signal.since;
  if (!opens) return { ...before, signal };
  const looks = [...before.looks].map(([id, look]) => [id, { ...look, queued: look.standing, passed: [] }] as const);
  return { ...before, signal, looks: new Map(looks) };
}

/** One period of one stop-line detector; `prior` shares what passed among streams under one line. */
export function periodSeen(
  before: StreamState,
  observation: Observation,
  line: { readonly wiring: DetectorWiring; readonly share: number; readonly width: number; readonly city: City },
): StreamState {
  const { share, width, wiring, city } = line;
  const all = weigh(observation.counts, city.control.pcu, before.mix);
  const passed: Weighed = { vehicles: all.vehicles * share, pcu: all.pcu * share, squares: all.squares * share };
  const length = between(observation.start, observation.end) / 1000;
  const mix = mixed(before.mix, passed);
  const standing = observation.queueVeh === undefined ? undefined : observation.queueVeh * share;
  const full = wiring.zonePcu > 0 && (observation.queueVeh ?? 0) * pcuPerVehicle(mix) >= fullShare * wiring.zonePcu;
  const known = before.looks.get(observation.detector);
  const look = lookAfter(known, before.signal, { end: observation.end, standing, full, width, passed });
  const looks = look === known ? before.looks : new Map(before.looks).set(observation.detector, look);
  const state: StreamState = {
    ...before,
    mix,
    looks,
    seenUntil: latest(before.seenUntil, observation.end),
    lastVehicle: latest(before.lastVehicle, vehicleAt(observation, passed.vehicles)),
    window: {
      ...before.window,
      vehicles: before.window.vehicles + passed.vehicles,
      seen: before.window.seen + length * width,
      trusted: before.window.trusted + length * width * observation.quality,
    },
  };
  return { ...state, queue: queueAfter(state, observation, passed.vehicles / Math.max(width, leastCoverage)) };
}

const latest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined ? b : b === undefined ? a : instant(Math.max(a, b));

/** A standing vehicle is there at the end of the period; one that crossed did so somewhere in it. */
function vehicleAt({ start, end, presence, queueVeh }: Observation, crossed: number): Instant | undefined {
  if (presence === true || (queueVeh ?? 0) > 0) return end;
  return crossed > 0 ? instant((start + end) / 2) : undefined;
}

interface Seen {
  readonly end: Instant;
  readonly standing: number | undefined;
  readonly full: boolean;
  readonly width: number;
  readonly passed: Weighed;
}

function lookAfter(known: Look | undefined, signal: SignalWatch, seen: Seen): Look {
  const { end, standing, full, width, passed } = seen;
  if (known && end <= known.end) return known;
  const { since, until } = signal;
  const over = since !== undefined && until !== undefined && until > since && end > after(until, settleAfterGreen);
  const counts = since !== undefined && end > since && !over;
  const entry = { end, vehicles: passed.vehicles, pcu: passed.pcu, standing: standing ?? 0 };
  return {
    end,
    standing,
    full,
    width,
    queued: known?.queued,
    passed: counts ? [...(known?.passed ?? []), entry] : (known?.passed ?? []),
  };
}

/** Standing vehicles seen last, all detectors together, scaled to the stream's whole width. */
function queueSeen({ looks }: StreamState): { readonly standing: number | undefined; readonly full: boolean } {
  let standing = 0;
  let width = 0;
  let full = false;
  for (const look of looks.values()) {
    if (look.standing === undefined) continue;
    standing += look.standing;
    width += look.width;
    full ||= look.full;
  }
  return width < leastCoverage
    ? { standing: undefined, full: false }
    : { standing: standing / Math.min(1, width), full };
}

/** In and out, corrected by what is seen: standing vehicles in red, an empty line in green. */
function queueAfter(state: StreamState, observation: Observation, crossed: number): Queue {
  const elapsed = Math.max(0, between(state.queue.at, observation.end) / 1000);
  const arrived = state.rate.mean * elapsed;
  const predicted = Math.max(0, state.queue.vehicles + arrived - crossed);
  const drift = state.queue.variance + arrived + elapsed ** 2 * state.rate.variance;
  const at = instant(Math.max(state.queue.at, observation.end));
  const { standing, full } = queueSeen(state);
  const idle = crossed === 0 && observation.presence !== true;
  if (standing === undefined) {
    // Nobody crosses a green line: nobody waits.
    return state.signal.green === true && idle
      ? { vehicles: 0, variance: 1, at }
      : { vehicles: predicted, variance: drift, at };
  }
  const noise = 1 + (standingMiscount * standing) ** 2;
  if (full) return { vehicles: Math.max(predicted, standing), variance: Math.max(drift, noise), at };
  // While a queue discharges its head moves: what stands is only the tail.
  const moving = state.signal.green !== false && !idle;
  if (moving)
    return { vehicles: Math.max(predicted, standing), variance: Math.max(noise, Math.min(drift, predicted + 1)), at };
  return { vehicles: standing, variance: noise, at };
}

/** Closes the counts of a cycle once its green is over and seen: flow, saturation flow and degree of saturation. */
export function windowClosed(
  before: StreamState,
  now: Instant,
  context: { readonly utcOffset: Millis; readonly blocked: boolean },
): StreamState {
  const end = closing(before, now);
  if (end === undefined) return before;
  const { window } = before;
  const length = between(window.since, end) / 1000;
  const { standing, full } = queueSeen(before);
  const queue = full ? before.queue.vehicles : (standing ?? 0);
  const fresh = { ...before, window: openWindow(end, queue) };
  const coverage = Math.min(1, window.seen / length);
  if (coverage < leastCoverage) return { ...fresh, rate: counted(before.rate, nothing(length)) };
  const arrived = Math.max(0, window.vehicles / coverage + queue - window.queue);
  const rate = counted(before.rate, {
    vehicles: arrived,
    seconds: length,
    weight: Math.max(window.trusted / Math.max(window.seen, 1e-9), 0.01) * coverage,
    atLeast: full,
  });
  const slot = Math.floor(modulo(end + context.utcOffset, 86_400_000) / quarter);
  const known = before.profile.get(slot) ?? rate.mean;
  return {
    ...fresh,
    rate,
    profile: new Map(before.profile).set(slot, known + profileGain * (rate.mean - known)),
    ...greenJudged(before, { coverage, left: leftOver(before, queue, end), end, blocked: context.blocked }),
  };
}

/** A window nobody looked at: time passes, nothing is learned. */
const nothing = (length: number) => ({ vehicles: 0, seconds: length, weight: 1e-6, atLeast: true });

function closing({ signal, window, seenUntil }: StreamState, now: Instant): Instant | undefined {
  if (seenUntil === undefined) return undefined;
  if (signal.green !== undefined) {
    const { until } = signal;
    if (signal.green || until === undefined || until <= window.since) {
      return between(window.since, now) > 2 * blindWindow ? seenUntil : undefined;
    }
    return seenUntil >= after(until, settleAfterGreen) ? seenUntil : undefined;
  }
  return between(window.since, seenUntil) >= blindWindow ? seenUntil : undefined;
}

/** Of the queue at the close, those who were there when the green ended. */
function leftOver({ signal, rate }: StreamState, queue: number, end: Instant): number {
  const { until } = signal;
  return until === undefined ? queue : Math.max(0, queue - (rate.mean * between(until, end)) / 1000);
}

interface Judged {
  readonly coverage: number;
  /** Vehicles the green left behind. */
  readonly left: number;
  readonly end: Instant;
  readonly blocked: boolean;
}

function greenJudged(state: StreamState, judged: Judged): Pick<StreamState, "saturation" | "degree"> {
  const { since, until } = state.signal;
  if (since === undefined || until === undefined || until <= since)
    return { saturation: state.saturation, degree: state.degree };
  let { saturation } = state;
  let used = judged.left * pcuPerVehicle(state.mix);
  for (const { queued, passed, width, standing } of state.looks.values()) {
    for (const entry of passed) used += entry.pcu / judged.coverage;
    if (judged.blocked || queued === undefined || width < leastWidth) continue;
    const left = leftOver(
      { ...state, rate: { ...state.rate, mean: state.rate.mean * width } },
      standing ?? 0,
      judged.end,
    );
    saturation = saturationSeen(saturation, {
      since,
      until,
      queued,
      pcuPerVehicle: pcuPerVehicle(state.mix),
      left,
      width,
      passed,
    });
  }
  const room = (saturation.mean * millis(until - since)) / 3_600_000;
  return { saturation, degree: room > 0 ? used / room : undefined };
}
