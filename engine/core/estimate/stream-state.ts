import type { City } from "../../../config/model.ts";
import { after, between, type Instant, instant, type Millis, millis, modulo, seconds } from "../../../config/units.ts";
import type { Observation } from "../observe/observation.ts";
import { type Composition, mixed, pcuPerVehicle, startComposition, type Weighed, weigh } from "./composition.ts";
import { counted, type RateFilter, startRate } from "./rate-filter.ts";
import { type Saturation, saturationSeen } from "./saturation.ts";
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
  /** Last word of each detector on the queue. */
  readonly looks: ReadonlyMap<string, Look>;
  readonly window: CountWindow;
  readonly discharge: Discharge;
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
  readonly width: number;
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

export interface Discharge {
  /** Vehicles standing when the green began; undefined when not seen. */
  readonly queued: number | undefined;
  readonly queueWasFull: boolean;
  /** What passed in this green, by end of period. */
  readonly passed: readonly { readonly end: Instant; readonly vehicles: number; readonly pcu: number }[];
}

/** A zone counts as full from this share of its room on: standing vehicles never fill it evenly. */
const fullShare = 0.85;
/** After the green ends: amber, and the detector's period that holds it. */
const settleAfterGreen = seconds(8);
/** Without lamps to go by, counts are closed after about a cycle. */
const blindWindow = seconds(120);
/** Windows seen for less of their width and time than this decide nothing. */
const leastCoverage = 0.3;
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
  discharge: { queued: undefined, queueWasFull: false, passed: [] },
  profile: new Map(),
});

const openWindow = (since: Instant, queue: number): CountWindow => ({ since, queue, vehicles: 0, seen: 0, trusted: 0 });

/** Lamps changed: a green opens a new discharge with the queue that stands. */
export function lampsSeen(before: StreamState, signal: SignalWatch): StreamState {
  if (signal === before.signal) return before;
  const opens = signal.green === true && before.signal.green === false;
  if (!opens) return { ...before, signal };
  const { standing, full } = queueSeen(before);
  return { ...before, signal, discharge: { queued: standing, queueWasFull: full, passed: [] } };
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
  const newest = known === undefined || observation.end >= known.end;
  const looks = newest
    ? new Map(before.looks).set(observation.detector, { end: observation.end, standing, full, width })
    : before.looks;
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
    discharge: discharged(before, observation.end, passed),
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

function discharged({ signal, discharge }: StreamState, end: Instant, passed: Weighed): Discharge {
  const { since, until } = signal;
  if (since === undefined || end <= since) return discharge;
  if (until !== undefined && until > since && end > after(until, settleAfterGreen)) return discharge;
  const same = discharge.passed.findIndex((entry) => entry.end === end);
  const entry = discharge.passed[same] ?? { end, vehicles: 0, pcu: 0 };
  const sum = { end, vehicles: entry.vehicles + passed.vehicles, pcu: entry.pcu + passed.pcu };
  const rest = discharge.passed.filter((_, i) => i !== same);
  return { ...discharge, passed: [...rest, sum].sort((a, b) => a.end - b.end) };
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
    ...greenJudged(before, { coverage, left: leftOver(before, queue, end), blocked: context.blocked }),
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
  readonly blocked: boolean;
}

function greenJudged(state: StreamState, judged: Judged): Pick<StreamState, "saturation" | "degree"> {
  const { signal, discharge, mix } = state;
  const { since, until } = signal;
  if (since === undefined || until === undefined || until <= since)
    return { saturation: state.saturation, degree: state.degree };
  const green = millis(until - since);
  const passed = discharge.passed.map((entry) => ({
    end: entry.end,
    vehicles: entry.vehicles / judged.coverage,
    pcu: entry.pcu / judged.coverage,
  }));
  const saturation = judged.blocked
    ? state.saturation
    : saturationSeen(state.saturation, {
        since,
        until,
        queued: discharge.queued,
        queueWasFull: discharge.queueWasFull,
        passed,
        left: judged.left,
      });
  const used = passed.reduce((sum, entry) => sum + entry.pcu, 0) + judged.left * pcuPerVehicle(mix);
  const room = (saturation.mean * green) / 3_600_000;
  return { saturation, degree: room > 0 ? used / room : undefined };
}
