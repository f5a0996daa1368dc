import type { EmergencyTrip } from "../../config/incidents.ts";
import { type Instant, type Millis, modulo } from "../../config/units.ts";
import type { ArrivalStream } from "../demand/arrivals.ts";
import { byTheClock } from "../demand/bus-lines.ts";
import { quickestRoute, type Route } from "../demand/routes.ts";
import type { RoadNetwork } from "./network.ts";
import type { Traffic } from "./traffic.ts";
import { Class, parameters } from "./vehicle-classes.ts";

const DAY_MS = 86_400_000;
/** Drivers hear a siren and keep the junction clear from here on, m before its stop line. */
const HEARD_M = 80;
/** A vehicle with siren passes a red lamp no faster than this, m/s (20 km/h: so that it can stop for who did not hear it). */
export const SIREN_MPS = 20 / 3.6;
/** How far back those are looked for who cannot stop any more, m. */
const LOOK_BACK_M = 60;

/** Vehicles with siren, each at its time of every day. `routes` grows by their ways. */
export const sirenStreams = (options: {
  readonly network: RoadNetwork;
  readonly routes: Route[];
  readonly trips: readonly EmergencyTrip[];
  readonly start: Instant;
  readonly utcOffset: Millis;
}): readonly ArrivalStream[] =>
  options.trips.map(({ at, from, to }) => {
    const { network, routes, start, utcOffset } = options;
    const firstLink = network.links.findIndex((link) => link.from === from);
    const route = firstLink < 0 ? undefined : quickestRoute(network, firstLink, to);
    if (!route) throw new Error(`emergency vehicle: no way from ${from} to ${to}; mend one of them`);
    const number = routes.push(route) - 1;
    return byTheClock(firstLink, daily(at, start, utcOffset), (atMs) => ({
      atMs,
      vehicleClass: Class.emergency,
      route: number,
      speedFactor: parameters[Class.emergency]!.speedFactor[0],
    }));
  });

function* daily(at: Millis, start: Instant, utcOffset: Millis): Generator<number> {
  const midnight = start - modulo(start + utcOffset, DAY_MS);
  for (let day = midnight; ; day += DAY_MS) if (day + at >= start) yield day + at;
}

export const hasSiren = ({ vehicles }: Traffic, id: number): boolean => vehicles.vehicleClass[id] === Class.emergency;

/** Tells the junction ahead that it comes. */
export function sound(traffic: Traffic, m: number, distanceM: number): void {
  if (distanceM > HEARD_M) return;
  const { junction } = traffic.network.moves[m]!;
  traffic.sirenMove[junction] = m;
  traffic.sirenStep[junction] = traffic.step;
}

/** Do two movements cross, or lead from two approaches into one exit? */
function meets({ network }: Traffic, m: number, other: number): boolean {
  const { crosses, from, to } = network.moves[m]!;
  const { from: otherFrom, to: otherTo } = network.moves[other]!;
  return from !== otherFrom && (to === otherTo || crosses.includes(other));
}

/** Does somebody with siren come through whose path meets this movement's? Others wait if they can. */
export function sirenCrosses(traffic: Traffic, m: number): boolean {
  const { junction } = traffic.network.moves[m]!;
  if (traffic.step - traffic.sirenStep[junction]! > 2) return false;
  return meets(traffic, m, traffic.sirenMove[junction]!);
}

/** Is the box clear of those whose paths meet this one, and can everybody before it still stop? */
export function clearForSiren(traffic: Traffic, m: number, brakingMps2: number): boolean {
  const { network, vehicles, inBox, holding, order, count } = traffic;
  for (const c of network.junctions[network.moves[m]!.junction]!.moves) {
    if (!meets(traffic, m, c)) continue;
    if (inBox[c]! > holding[c]!) return false;
    const from = network.moves[c]!.from;
    const { lengthM } = network.links[from]!;
    for (let k = 0; k < count[from]!; k++) {
      const id = order[from]![k]!;
      const distance = lengthM - vehicles.pos[id]!;
      if (distance > LOOK_BACK_M) break;
      const v = vehicles.speed[id]!;
      if (vehicles.move[id] === c && (v * v) / (2 * brakingMps2) > distance) return false;
    }
  }
  return true;
}
