import type { Junction, Stream } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import { modulo } from "../../../../config/units.ts";
import { startUpLostS } from "../../estimate/saturation.ts";
import { type ObjectiveWeights, queueLimitShare } from "../../objective.ts";
import { greenSeconds, greenWindows } from "../../plan/green-windows.ts";
import { filteringFactor, incrementalDelay } from "../../traffic/control-delay.ts";
import { type CyclicProfile, cyclicQueue } from "../../traffic/platoon.ts";
import type { Load, Loads } from "./load.ts";

/** What a plan costs the people at one junction. */
export interface JunctionCost {
  /** Waiting, counting the equity part: person-seconds each second (vehicles and people on foot alike). */
  readonly cost: number;
  /** Largest degree of saturation. */
  readonly saturation: number;
  readonly streams: ReadonlyMap<string, StreamCost>;
}

export interface StreamCost {
  /** Mean delay with stops, s/veh. */
  readonly delayS: number;
  /** Share that stops. */
  readonly stops: number;
  readonly saturation: number;
  /** Longest queue in the cycle with what overflow leaves behind, half way through the analysis period, pcu. */
  readonly queuePcu: number;
  /** Leaving, pcu/s by second of the cycle since UTC midnight. */
  readonly departures: CyclicProfile;
}

/** What each stream of a side street, and each crossing, waits under the scheduled plan: nobody there should do worse. */
export interface EquityFloor {
  readonly delays: ReadonlyMap<string, number>;
  readonly walkS: number;
}

/** Waiting beyond what the schedule gives a side street or a crossing counts once more. */
const equityWeight = 1;
/** Comfortable driving in a queue, m/s² (ITE Traffic Engineering Handbook: 1 to 2 away from a stop line, 2 to 3 towards it). */
export const acceleratingMps2 = 1.5;
const brakingMps2 = 2;
/** A signalised crossing is warranted from this many people an hour (PM 96/2015); nobody counts them. */
const pedestriansPerS = 175 / 3600;
/** Period of the delay formula (HCM: 15 min), s. */
const analysisS = 900;
/** What comes from a signal upstream. */
export interface Inflow {
  /** pcu/s by second of the cycle since UTC midnight. */
  readonly profile: CyclicProfile;
  /** Degree of saturation of that signal: what it lets through varies less than chance (HCM I). */
  readonly saturation: number;
}

/** By stream; undefined: even and by chance. */
export type Arrivals = (stream: string) => Inflow | undefined;

export interface Judging {
  readonly junction: Junction;
  readonly loads: Loads;
  readonly arrivals: Arrivals;
  readonly floor: EquityFloor | undefined;
}

/** Delay of every stream by its arrivals through the cycle (uniform or in platoons), randomness and overflow (HCM d2), and stops. */
export function junctionCost({ junction, loads, arrivals, floor }: Judging, plan: TimingPlan): JunctionCost {
  const windows = greenWindows(junction, plan);
  const streams = new Map<string, StreamCost>();
  let cost = 0;
  let worst = 0;
  for (const stream of junction.streams) {
    const load = loads.get(stream.id);
    if (!load || load.saturation <= 0) continue;
    const green = greenSeconds(junction, plan, stream, windows);
    const result = streamCost({ load, plan, green, inflow: arrivals(stream.id) });
    streams.set(stream.id, result);
    worst = Math.max(worst, result.saturation);
    cost += load.weight * load.vehPerS * (result.delayS + beyond(stream, result.delayS, floor));
    if (load.objective) cost += load.weight * objectiveCost(stream, load, load.objective, result);
  }
  if (junction.crossings.length > 0) {
    const wait = meanWalkWait(junction, plan);
    const unfair = floor ? Math.max(0, wait - floor.walkS) : 0;
    cost += junction.crossings.length * pedestriansPerS * (wait + equityWeight * unfair);
  }
  return { cost, saturation: worst, streams };
}

/** What the corridor's objective counts besides the delays. */
function objectiveCost(
  { main }: Stream,
  { vehPerS, pcuPerS, wiring }: Load,
  { stopS, convex, unservedS, tooLong }: ObjectiveWeights,
  { delayS, stops, saturation, queuePcu }: StreamCost,
): number {
  const stop = main ? stopS * stops : 0;
  const unserved = saturation > 1 ? pcuPerS * (1 - 1 / saturation) : 0;
  const excess = Math.max(0, queuePcu - queueLimitShare * wiring.storagePcu);
  return vehPerS * (stop + (convex * delayS ** 2) / 60) + unservedS * unserved + tooLong * excess;
}

const beyond = (stream: Stream, delayS: number, floor: EquityFloor | undefined): number =>
  stream.main || !floor ? 0 : equityWeight * Math.max(0, delayS - (floor.delays.get(stream.id) ?? delayS));

interface Served {
  readonly load: Load;
  readonly plan: TimingPlan;
  readonly green: Uint8Array;
  readonly inflow: Inflow | undefined;
}

function streamCost({ load, plan, green, inflow }: Served): StreamCost {
  // A signal of half the cycle of its neighbour serves each of its platoons in one of two greens.
  const n = inflow && inflow.profile.length % green.length === 0 ? inflow.profile.length : green.length;
  const arrivals = inflow?.profile.length === n ? inflow.profile : new Float64Array(n).fill(load.pcuPerS);
  // The effective green begins and ends a start-up lost time after the shown one: what is lost at its start, amber gives back.
  const shift = Math.round(plan.offset / 1000) + startUpLostS;
  const capacity = new Float64Array(n);
  let greens = 0;
  for (let t = 0; t < n; t++) {
    if (green[t % green.length] === 0) continue;
    capacity[(t + shift) % n] = load.saturation;
    greens++;
  }
  const perCycle = load.pcuPerS * n;
  const room = load.saturation * greens;
  const saturation = room > 0 ? perCycle / room : perCycle > 0 ? 10 : 0;
  const { waiting, stopped, longest, departures } = cyclicQueue(arrivals, capacity);
  const served = Math.min(perCycle, room);
  const uniform = served > 0 ? (waiting + stopLossS(load) * stopped) / served : 0;
  const filtering = inflow ? filteringFactor(inflow.saturation) : 1;
  const overflow = (Math.max(0, perCycle - room) / n) * (analysisS / 2);
  const random = incrementalDelay(saturation, Math.max(1, (room / n) * 3600), { filtering });
  return {
    delayS: uniform + random,
    stops: served > 0 ? Math.min(1, stopped / served) : 0,
    saturation,
    queuePcu: longest + overflow,
    departures,
  };
}

/** Time lost by braking to a stand and gathering speed again, beyond the standing: v / 2 (1 / a + 1 / b). */
const stopLossS = ({ wiring }: Load): number => (wiring.speedMps / 2) * (1 / acceleratingMps2 + 1 / brakingMps2);

/** Mean wait of somebody on foot who comes at any time, s; the walk is taken at its minimum. */
export function meanWalkWait(junction: Junction, plan: TimingPlan): number {
  const cycleS = plan.cycle / 1000;
  const waits = junction.crossings.map((crossing) => {
    const walkS = (junction.groups.find((group) => group.id === crossing.group)?.minGreen ?? 0) / 1000;
    return Math.max(0, cycleS - walkS) ** 2 / (2 * cycleS);
  });
  return waits.length === 0 ? 0 : waits.reduce((a, b) => a + b, 0) / waits.length;
}

/** What the schedule would give each side street and crossing at the present flows. */
export function equityFloor(judging: Omit<Judging, "floor">, scheduled: TimingPlan): EquityFloor {
  const { streams } = junctionCost({ ...judging, arrivals: () => undefined, floor: undefined }, scheduled);
  return {
    delays: new Map([...streams].map(([id, { delayS }]) => [id, delayS])),
    walkS: meanWalkWait(judging.junction, scheduled),
  };
}

/** An inflow turned by some seconds. */
export function turned({ profile, saturation }: Inflow, by: number): Inflow {
  const n = profile.length;
  const result = new Float64Array(n);
  for (let t = 0; t < n; t++) result[modulo(t + by, n)] = profile[t]!;
  return { profile: result, saturation };
}
