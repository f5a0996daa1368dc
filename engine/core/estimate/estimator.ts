import type { City } from "../../../config/model.ts";
import { scheduledPlanSet } from "../../../config/schedule.ts";
import { between, type Instant, millis } from "../../../config/units.ts";
import type { CabinetStatus } from "../cabinet.ts";
import type { Observation } from "../observe/observation.ts";
import type { StreamEstimate, Uncertain } from "../strategy.ts";
import { pcuPerVehicle, spreadOfPcu } from "./composition.ts";
import { type ExitState, exitHolds, exitSeen } from "./exit-watch.ts";
import { designFlow, neighbourFlow, profileFlow } from "./fall-back.ts";
import { age, rateSd, startRate } from "./rate-filter.ts";
import { watch } from "./signal-watch.ts";
import { lampsSeen, periodSeen, type StreamState, startStream, windowClosed } from "./stream-state.ts";
import { type StreamWiring, type Wiring, wiringOf } from "./wiring.ts";

/** Plain data: all that the estimates remember. */
export interface EstimatorState {
  readonly streams: ReadonlyMap<string, StreamState>;
  readonly exits: ReadonlyMap<string, ExitState>;
  readonly exitFill: ReadonlyMap<string, number>;
  /** Last poll of each junction. */
  readonly polls: ReadonlyMap<string, Instant>;
}

export interface EstimateInputs {
  readonly now: Instant;
  /** New since the last call, in any order. */
  readonly observations: readonly Observation[];
  /** By junction. */
  readonly cabinets: ReadonlyMap<string, CabinetStatus>;
  readonly city: City;
}

export interface Estimates {
  readonly state: EstimatorState;
  /** Every stream of every junction of the city. */
  readonly streams: ReadonlyMap<string, StreamEstimate>;
  /** By link: share of its storage in use, 0..1, where an exit line or a measured queue tells. */
  readonly exitFill: ReadonlyMap<string, number>;
}

/** A green into an exit fuller than this teaches nothing about saturation flow. */
const blockedFill = 0.8;

export function startEstimator(city: City, now: Instant): EstimatorState {
  const { plans } = scheduledPlanSet(city.schedule, city.utcOffset, now);
  const streams = wiringOf(city).streams.map((wiring): [string, StreamState] => [
    wiring.stream.id,
    startStream(wiring, city, now, designFlow(wiring, plans.get(wiring.junction.id), city)),
  ]);
  return { streams: new Map(streams), exits: new Map(), exitFill: new Map(), polls: new Map() };
}

/** Takes in lamps and observations, and says what is known of every stream at `now`. */
export function estimate(before: EstimatorState, inputs: EstimateInputs): Estimates {
  const wiring = wiringOf(inputs.city);
  const streams = watchLamps(before, wiring, inputs);
  const exits = new Map(before.exits);
  const ordered = [...inputs.observations].sort(
    (a, b) => a.end - b.end || (a.detector < b.detector ? -1 : a.detector > b.detector ? 1 : 0),
  );
  for (const observation of ordered) {
    if (observation.quality > 0) takeIn({ observation, streams, exits, wiring, city: inputs.city });
  }
  for (const [id, state] of streams) {
    const { exits: leaves } = wiring.byId.get(id)!;
    const blocked = [...leaves.keys()].some((link) => (before.exitFill.get(link) ?? 0) > blockedFill);
    streams.set(id, windowClosed(state, inputs.now, { utcOffset: inputs.city.utcOffset, blocked }));
  }
  const polls = new Map(before.polls);
  for (const [junction, status] of inputs.cabinets) if (status.kind === "reachable") polls.set(junction, status.at);
  const known = describe({ streams, exits, wiring }, inputs);
  const exitFill = fillOf(wiring, exits, known, inputs.now);
  return { state: { streams, exits, exitFill, polls }, streams: known, exitFill };
}

function watchLamps(before: EstimatorState, wiring: Wiring, { cabinets }: EstimateInputs): Map<string, StreamState> {
  return new Map(
    [...before.streams].map(([id, state]) => {
      const { stream } = wiring.byId.get(id)!;
      const signal = watch(state.signal, stream, cabinets.get(stream.junction), before.polls.get(stream.junction));
      return [id, lampsSeen(state, signal)];
    }),
  );
}

interface Taking {
  readonly observation: Observation;
  readonly streams: Map<string, StreamState>;
  readonly exits: Map<string, ExitState>;
  readonly wiring: Wiring;
  readonly city: City;
}

function takeIn({ observation, streams, exits, wiring, city }: Taking): void {
  const line = wiring.detectors.get(observation.detector);
  if (!line) return;
  if (line.exit !== undefined) {
    exits.set(line.exit, exitSeen(exits.get(line.exit), observation, inflowPrior(line.exit, streams, wiring)));
    return;
  }
  if (line.repeats) return;
  // Under a shared line only those who have green can have crossed.
  const lit = line.covers.filter(({ stream }) => streams.get(stream)!.signal.green === true);
  const crossers = lit.length > 0 ? lit : line.covers;
  const total = crossers.reduce((sum, { prior }) => sum + prior, 0);
  for (const { stream, prior, width } of line.covers) {
    const share = crossers.some((entry) => entry.stream === stream) ? prior / total : 0;
    streams.set(stream, periodSeen(streams.get(stream)!, observation, { wiring: line, share, width, city }));
  }
}

const inflowPrior = (link: string, streams: ReadonlyMap<string, StreamState>, { streams: all }: Wiring) => {
  let mean = 0;
  for (const { stream, exits } of all) mean += (exits.get(link) ?? 0) * streams.get(stream.id)!.rate.mean;
  return startRate(mean, mean);
};

interface Known {
  readonly streams: ReadonlyMap<string, StreamState>;
  readonly exits: ReadonlyMap<string, ExitState>;
  readonly wiring: Wiring;
}

function describe(known: Known, inputs: EstimateInputs): ReadonlyMap<string, StreamEstimate> {
  const { now, city } = inputs;
  const { plans } = scheduledPlanSet(city.schedule, city.utcOffset, now);
  const limit = city.control.maxReadingAge;
  const measured = (id: string): boolean => {
    const { seenUntil } = known.streams.get(id)!;
    return seenUntil !== undefined && between(seenUntil, now) <= limit;
  };
  const own = (id: string): { readonly flow: Uncertain; readonly measured: boolean } => {
    const state = known.streams.get(id)!;
    const aged = age(state.rate, Math.max(0, between(state.window.since, now) / 1000));
    if (measured(id)) return { flow: { mean: aged.mean, sd: rateSd(aged) }, measured: true };
    const wiring = known.wiring.byId.get(id)!;
    const flow = profileFlow(state, city, now) ?? designFlow(wiring, plans.get(wiring.junction.id), city);
    return { flow, measured: false };
  };
  const inflowOf = (link: string): Uncertain | undefined => {
    const exit = known.exits.get(link);
    if (!exit || between(exit.at, now) > limit) return undefined;
    return { mean: exit.inflow.mean, sd: rateSd(exit.inflow) };
  };
  return new Map(
    known.wiring.streams.map((wiring) => {
      const { id } = wiring.stream;
      const state = known.streams.get(id)!;
      const direct = own(id);
      const neighbours = direct.measured ? undefined : neighbourFlow(wiring, inflowOf, own);
      const profile = profileFlow(state, city, now) !== undefined;
      const basis = direct.measured ? "measured" : neighbours ? "neighbour" : profile ? "profile" : "scheduled";
      return [id, estimateOf({ wiring, state, flow: neighbours ?? direct.flow, basis, now })];
    }),
  );
}

interface Described {
  readonly wiring: StreamWiring;
  readonly state: StreamState;
  /** veh/s */
  readonly flow: Uncertain;
  readonly basis: StreamEstimate["basis"];
  readonly now: Instant;
}

function estimateOf({ wiring, state, flow, basis, now }: Described): StreamEstimate {
  const ratio = pcuPerVehicle(state.mix);
  const queue = basis === "measured" ? seenQueue(state, flow, now) : guessedQueue(state, flow, now, ratio);
  const vph = { mean: flow.mean * 3600, sd: flow.sd * 3600 };
  return {
    stream: wiring.stream.id,
    flowVph: vph,
    flowPcuh: { mean: vph.mean * ratio, sd: vph.sd * ratio * Math.sqrt(spreadOfPcu(state.mix)) },
    saturationPcuh: { mean: state.saturation.mean, sd: Math.sqrt(state.saturation.variance) },
    queueVeh: queue,
    queuePcu: { mean: queue.mean * ratio, sd: queue.sd * ratio * Math.sqrt(spreadOfPcu(state.mix)) },
    degreeOfSaturation: basis === "measured" ? state.degree : undefined,
    sinceLastVehicle:
      state.lastVehicle === undefined ? undefined : millis(Math.max(0, between(state.lastVehicle, now))),
    basis,
    age: state.seenUntil === undefined ? millis(now) : millis(Math.max(0, between(state.seenUntil, now))),
  };
}

/** The queue last seen and, in red, those who have come since. */
function seenQueue({ queue, signal }: StreamState, flow: Uncertain, now: Instant): Uncertain {
  const since = Math.max(0, between(queue.at, now) / 1000);
  const arrived = signal.green === true ? 0 : flow.mean * since;
  return {
    mean: queue.vehicles + arrived,
    sd: Math.sqrt(queue.variance + flow.mean * since + (flow.sd * since) ** 2),
  };
}

/** Never seen: what even arrivals would have left by now, with the lamps if they are known. */
function guessedQueue({ signal, saturation }: StreamState, flow: Uncertain, now: Instant, ratio: number): Uncertain {
  const { green, since, until } = signal;
  const halfCycleS = 45;
  let mean = flow.mean * halfCycleS;
  if (green === false && until !== undefined) mean = (flow.mean * between(until, now)) / 1000;
  else if (green === true && since !== undefined) {
    const red = until === undefined ? 2 * halfCycleS : Math.max(0, between(until, since) / 1000);
    const net = saturation.mean / 3600 / ratio - flow.mean;
    mean = Math.max(0, flow.mean * red - (net * between(since, now)) / 1000);
  }
  return { mean, sd: Math.sqrt(mean) + mean / 2 + 1 };
}

/** Share of each link's storage in use: by the queue at its end where it is measured, and by its exit line. */
function fillOf(
  wiring: Wiring,
  exits: ReadonlyMap<string, ExitState>,
  known: ReadonlyMap<string, StreamEstimate>,
  now: Instant,
): ReadonlyMap<string, number> {
  const stored = new Map<string, { queue: number; room: number }>();
  for (const { stream, link, storagePcu } of wiring.streams) {
    const seen = known.get(stream.id)!;
    if (seen.basis !== "measured") continue;
    const sum = stored.get(link) ?? { queue: 0, room: 0 };
    stored.set(link, { queue: sum.queue + seen.queuePcu.mean, room: sum.room + storagePcu });
  }
  const fill = new Map<string, number>();
  for (const [link, { queue, room }] of stored) if (room > 0) fill.set(link, Math.min(1, queue / room));
  for (const [link, { at, blocked }] of exits) {
    if (between(at, now) <= exitHolds) fill.set(link, Math.max(fill.get(link) ?? 0, blocked));
  }
  return fill;
}
