import type { Traffic } from "./traffic.ts";
import { safeSpeed } from "./vehicle-classes.ts";

/** A bus is at its stop when it stands this near to it, m and m/s; a stop this far behind it was missed, m. */
const AT_STOP_M = 2;
const AT_STOP_MPS = 0.5;
const MISSED_M = 3;
/** From here on a bus keeps to the kerb, m before the stop. */
export const KERB_FROM_M = 200;

/** Metres to its next stop on this link; infinity without one. */
export function toNextStop({ vehicles }: Traffic, l: number, id: number): number {
  const call = vehicles.calls[id]?.[vehicles.nextCall[id]!];
  return call && call.link === l ? call.atM - vehicles.pos[id]! : Number.POSITIVE_INFINITY;
}

/** Speed with which it still stops at its stop, 0 while people get on and off, unbounded otherwise. The time it stands is no delay. */
export function stoppingSpeed(traffic: Traffic, l: number, id: number, b: number, tau: number): number {
  const { vehicles, nowS } = traffic;
  const ahead = toNextStop(traffic, l, id);
  if (ahead === Number.POSITIVE_INFINITY) return ahead;
  const call = vehicles.calls[id]![vehicles.nextCall[id]!]!;
  const dwelling = vehicles.dwellUntilS[id]! > 0;
  if (!dwelling && ahead < -MISSED_M) {
    vehicles.nextCall[id]!++;
    return Number.POSITIVE_INFINITY;
  }
  if (!dwelling && ahead <= AT_STOP_M && vehicles.speed[id]! < AT_STOP_MPS) {
    vehicles.dwellUntilS[id] = nowS + call.dwellS;
    vehicles.freeS[id] = vehicles.freeS[id]! + call.dwellS;
  }
  if (vehicles.dwellUntilS[id] === 0) return safeSpeed(Math.max(0, ahead), 0, b, tau);
  if (nowS < vehicles.dwellUntilS[id]!) return 0;
  vehicles.dwellUntilS[id] = 0;
  vehicles.nextCall[id]!++;
  return Number.POSITIVE_INFINITY;
}
