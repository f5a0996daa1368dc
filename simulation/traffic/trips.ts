import type { TripSummary } from "../street.ts";
import type { Traffic } from "./traffic.ts";
import { parameters } from "./vehicle-classes.ts";

/** Deceleration towards a turn, as driven and in the free-flow time, m/s². */
export const TURN_DECELERATION_MPS2 = 2;

/** Time the vehicle needs for its present link and the box at its end on an empty road at its own speed, s. */
export function freeFlowS(traffic: Traffic, l: number, id: number): number {
  const { vehicles, network } = traffic;
  const link = network.links[l]!;
  const v = link.speedMps * vehicles.speedFactor[id]!;
  const m = vehicles.move[id]!;
  if (m < 0) return link.lengthM / v;
  const { boxM, boxMps } = network.moves[m]!;
  if (boxMps >= v) return (link.lengthM + boxM) / v;
  const acceleration = parameters[vehicles.vehicleClass[id]!]!.accelerationMps2;
  const slowing = (v - boxMps) ** 2 / (2 * v);
  return link.lengthM / v + boxM / boxMps + slowing / TURN_DECELERATION_MPS2 + slowing / acceleration;
}

/** Finished trips of one kind, growing columns. */
export class TripLog {
  delays = new Float32Array(1024);
  count = 0;
  stops = 0;
  travelS = 0;

  add(delayS: number, stops: number, travelS: number): void {
    if (this.count === this.delays.length) {
      const larger = new Float32Array(2 * this.count);
      larger.set(this.delays);
      this.delays = larger;
    }
    this.delays[this.count++] = delayS;
    this.stops += stops;
    this.travelS += travelS;
  }

  copy(): TripLog {
    const copy = new TripLog();
    copy.delays = this.delays.slice();
    copy.count = this.count;
    copy.stops = this.stops;
    copy.travelS = this.travelS;
    return copy;
  }
}

export function summarise(...logs: readonly TripLog[]): TripSummary {
  const trips = logs.reduce((total, log) => total + log.count, 0);
  const delays = new Float32Array(trips);
  let at = 0;
  for (const log of logs) {
    delays.set(log.delays.subarray(0, log.count), at);
    at += log.count;
  }
  delays.sort();
  const total = delays.reduce((sum, delay) => sum + delay, 0);
  const of = (pick: (log: TripLog) => number) =>
    trips > 0 ? logs.reduce((sum, log) => sum + pick(log), 0) / trips : 0;
  return {
    trips,
    meanDelayS: trips > 0 ? total / trips : 0,
    p95DelayS: percentile(delays, 0.95),
    maxDelayS: delays[trips - 1] ?? 0,
    meanStops: of((log) => log.stops),
    meanTravelTimeS: of((log) => log.travelS),
  };
}

/** Of sorted values, linear between ranks; 0 of none. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return 0;
  const rank = share * (sorted.length - 1);
  const below = sorted[Math.floor(rank)]!;
  return below + (rank - Math.floor(rank)) * (sorted[Math.ceil(rank)]! - below);
}
