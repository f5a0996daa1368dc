import type { BusLine } from "../../config/demand.ts";
import type { City } from "../../config/model.ts";
import { type Instant, modulo } from "../../config/units.ts";
import type { Random } from "../../engine/ports/random.ts";
import type { RoadNetwork } from "../traffic/network.ts";
import { Class, parameters } from "../traffic/vehicle-classes.ts";
import { type Arrival, type ArrivalStream, logNormal } from "./arrivals.ts";
import { quickestRoute, type Route } from "./routes.ts";

/** A bus has to stand here for people to get on and off. */
export interface Call {
  readonly link: number;
  /** Of its front, along the link, m. */
  readonly atM: number;
  readonly dwellS: number;
}

/** Dwell times vary by this coefficient: the default of the Transit Capacity and Quality of Service Manual (3rd ed., ch. 6). */
const DWELL_VARIATION = 0.6;
const DAY_MS = 86_400_000;

/** Buses of each line by the clock. `routes` grows by their ways. */
export function busStreams(options: {
  readonly city: City;
  readonly network: RoadNetwork;
  readonly routes: Route[];
  readonly random: Random;
  readonly start: Instant;
}): readonly ArrivalStream[] {
  const { city, network, routes, random, start } = options;
  return (city.demand?.busLines ?? []).map((line) => {
    const firstLink = network.links.findIndex((link) => link.from === line.from);
    const route = firstLink < 0 ? undefined : quickestRoute(network, firstLink, line.to);
    if (!route)
      throw new Error(
        `bus line ${line.id}: no way from ${line.from} to ${line.to}; mend the movements on the way or its ends`,
      );
    const number = routes.push(route) - 1;
    const stops = stopsOn(line, route, network);
    const dice = random.fork(`buses/${line.id}`);
    return byTheClock(firstLink, departures(line, start, city.utcOffset), (atMs) => ({
      atMs,
      vehicleClass: Class.bus,
      route: number,
      speedFactor: parameters[Class.bus]!.speedFactor[0],
      calls: stops.map((stop) => ({ ...stop, dwellS: stop.dwellS * logNormal(dice, DWELL_VARIATION) })),
    }));
  });
}

/** Its stops in the order of the way. */
function stopsOn(line: BusLine, route: Route, network: RoadNetwork): readonly Call[] {
  return line.stops
    .map(({ link, atM, dwell }) => {
      const index = network.linkIndex.get(link);
      if (index === undefined || !route.links.includes(index))
        throw new Error(
          `bus line ${line.id}: its way ${route.links.map((each) => network.links[each]!.id).join(", ")} does not use link ${link}; mend the stop or the line's ends`,
        );
      return { link: index, atM, dwellS: dwell / 1000 };
    })
    .sort((a, b) => route.links.indexOf(a.link) - route.links.indexOf(b.link) || a.atM - b.atM);
}

/** Instants from the start on at which one sets out, without end. */
function* departures({ first, last, every }: BusLine, start: Instant, utcOffset: number): Generator<number> {
  const midnight = start - modulo(start + utcOffset, DAY_MS);
  for (let day = midnight; ; day += DAY_MS)
    for (let at = first as number; at <= last; at += every) if (day + at >= start) yield day + at;
}

/** Arrivals at given instants. */
export function byTheClock(
  firstLink: number,
  instants: Iterator<number, unknown>,
  arrivalAt: (atMs: number) => Arrival,
): ArrivalStream {
  let due = instants.next();
  return {
    firstLink,
    next: (untilMs) => {
      if (due.done || due.value >= untilMs) return undefined;
      const arrival = arrivalAt(due.value);
      due = instants.next();
      return arrival;
    },
  };
}
