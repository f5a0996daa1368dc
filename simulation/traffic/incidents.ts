import type { Blockage, Contraflow, Flood, Incident } from "../../config/incidents.ts";
import type { City, Link } from "../../config/model.ts";
import { type Instant, type Millis, modulo } from "../../config/units.ts";
import { nearestExit, quickestRoute, type Route } from "../demand/routes.ts";
import { lentLanes, type Obstacle } from "./disruptions.ts";
import { type RoadNetwork, STRIP_M } from "./network.ts";
import type { Traffic } from "./traffic.ts";
import { Class, parameters, widthIn } from "./vehicle-classes.ts";

const DAY_MS = 86_400_000;
/** Water of this depth stops cars, mm (Pregnolato et al. 2017, Transportation Research D 55, fig. 3). */
const IMPASSABLE_MM = 300;
/** Headway of a lane of cars in saturation, s: 3600 / 1872 veh/h, as `saturation.test.ts` measures it. */
const SATURATION_HEADWAY_S = 1.92;
/** Reaction time that one second more of headway in saturation takes, s; measured, `incidents.test.ts` holds it to 10 %. */
const REACTION_PER_HEADWAY = 1.5;

/** Highest speed in water, m/s: v = 0.0009 w² − 0.5529 w + 86.9448 km/h for w mm (Pregnolato et al. 2017, eq. 1). */
export const speedInWaterMps = (depthMm: number): number =>
  Math.max(0, 0.0009 * depthMm * depthMm - 0.5529 * depthMm + 86.9448) / 3.6;

type Lasting = Exclude<Incident, { readonly kind: "emergency" }>;

export interface Incidents {
  /** Begins and ends what is due; before the lamps are read. */
  step(): void;
  /** The route that somebody who set out for this one takes now; -1: nowhere to go, it waits. */
  routeNow(route: number): number;
  rerouted(): number;
  diverted(): number;
  /** One more was let in on another route than its own. */
  countDetour(route: number): void;
}

export function createIncidents(options: {
  readonly traffic: Traffic;
  readonly routes: Route[];
  readonly incidents: readonly Incident[];
  readonly start: Instant;
  readonly utcOffset: Millis;
}): Incidents {
  const { traffic, routes, incidents, start, utcOffset } = options;
  const lasting = incidents.filter((incident): incident is Lasting => incident.kind !== "emergency");
  const sinceStep = new Map<Lasting, number>();
  /** Lanes lent, by contraflow: taken from the lender, and given. */
  const lending = new Map<Contraflow, { taken: boolean; given: boolean }>();
  const detours = new Map<number, { readonly route: number; readonly away: boolean }>();
  let shut: readonly number[] = [];
  let rerouted = 0;
  let diverted = 0;
  const linkOf = (id: string): number => traffic.network.linkIndex.get(id)!;

  const detour = (from: number, route: number): { readonly route: number; readonly away: boolean } => {
    const to = traffic.network.links[routes[route]!.links.at(-1)!]!.to;
    const closed = (link: number): boolean => shut.includes(link);
    const way = quickestRoute(traffic.network, from, to, closed);
    const found = way ?? nearestExit(traffic.network, from, closed);
    return { route: found ? routes.push(found) - 1 : -1, away: way === undefined };
  };
  const count = (away: boolean): void => {
    if (away) diverted++;
    else rerouted++;
  };

  const step = (): void => {
    const now = modulo(start + traffic.nowS * 1000 + utcOffset, DAY_MS);
    let changed = false;
    for (const incident of lasting) {
      const active = now >= incident.from && now < incident.to;
      if (active !== sinceStep.has(incident)) {
        if (active) sinceStep.set(incident, traffic.step);
        else sinceStep.delete(incident);
        changed = true;
      }
      if (incident.kind === "contraflow" && lend(traffic, incident, active, lending)) changed = true;
    }
    if (!changed) return;
    rebuild(traffic, sinceStep, lending, linkOf);
    const before = shut;
    shut = [...sinceStep.keys()]
      .filter((incident) => incident.kind === "closure" && incident.reroute)
      .map(({ link }) => linkOf(link));
    if (shut.length === before.length && shut.every((link) => before.includes(link))) return;
    detours.clear();
    if (shut.some((link) => !before.includes(link))) rerouteAll();
  };

  /** Those on their way whose route leads onto a closed link take another. */
  const rerouteAll = (): void => {
    const { vehicles, network, order, count: counts } = traffic;
    for (let l = 0; l < network.links.length; l++)
      for (let k = 0; k < counts[l]!; k++) {
        const id = order[l]![k]!;
        const route = vehicles.route[id]!;
        const ahead = routes[route]!.links.slice(vehicles.leg[id]! + 1);
        if (!ahead.some((link) => shut.includes(link))) continue;
        const { route: other, away } = detour(l, route);
        if (other < 0) continue;
        vehicles.route[id] = other;
        vehicles.leg[id] = 0;
        vehicles.move[id] = routes[other]!.moves[0] ?? -1;
        count(away);
      }
  };

  return {
    step,
    rerouted: () => rerouted,
    diverted: () => diverted,
    routeNow: (route) => {
      if (shut.length === 0) return route;
      const { links } = routes[route]!;
      if (!links.some((link) => shut.includes(link))) return route;
      if (shut.includes(links[0]!)) return -1;
      const known = detours.get(route) ?? detour(links[0]!, route);
      detours.set(route, known);
      return known.route;
    },
    countDetour: (route) => {
      const known = detours.get(route);
      if (known) count(known.away);
    },
  };
}

/** Lanes change hands only when they are empty. True when something changed. */
function lend(
  traffic: Traffic,
  incident: Contraflow,
  active: boolean,
  lending: Map<Contraflow, { taken: boolean; given: boolean }>,
): boolean {
  const { network } = traffic;
  const state = lending.get(incident) ?? { taken: false, given: false };
  lending.set(incident, state);
  const gains = network.linkIndex.get(incident.link)!;
  const lender = network.linkIndex.get(incident.lender)!;
  const given = active && state.taken && nobodyIn(traffic, lender, medianLanes(network, lender, incident.lanes));
  const taken = active || !nobodyIn(traffic, gains, lentLanes(network.links[gains]!));
  const changed = taken !== state.taken || (given !== state.given && !(active && state.given));
  state.given = active && (state.given || given);
  state.taken = taken;
  return changed;
}

const medianLanes = ({ links }: RoadNetwork, l: number, count: number): number => {
  const { laneFirst, lent } = links[l]!;
  return ((1 << count) - 1) << (laneFirst.length - lent - count);
};

function nobodyIn({ network, vehicles, order, count }: Traffic, l: number, lanes: number): boolean {
  const { laneOf } = network.links[l]!;
  for (let k = 0; k < count[l]!; k++) {
    const id = order[l]![k]!;
    for (let s = vehicles.strip[id]!; s < vehicles.strip[id]! + vehicles.width[id]!; s++)
      if (lanes & (1 << laneOf[s]!)) return false;
  }
  return true;
}

function rebuild(
  traffic: Traffic,
  active: ReadonlyMap<Lasting, number>,
  lending: ReadonlyMap<Contraflow, { readonly taken: boolean; readonly given: boolean }>,
  linkOf: (id: string) => number,
): void {
  const { network, disruptions } = traffic;
  const { obstacles, closedLanes, shut, shutSince, paceMps, headwayFactor, lanesOf } = disruptions;
  for (const list of obstacles) list.length = 0;
  network.links.forEach((link, l) => {
    closedLanes[l] = lentLanes(link);
  });
  shut.fill(0);
  paceMps.fill(Number.POSITIVE_INFINITY);
  headwayFactor.fill(1);
  const close = (l: number, since: number): void => {
    shutSince[l] = shut[l] ? Math.min(shutSince[l]!, since) : since;
    shut[l] = 1;
  };
  for (const [incident, since] of active) {
    const l = linkOf(incident.link);
    if (incident.kind === "blockage") obstacles[l]!.push(obstacleOf(traffic, l, incident, since));
    else if (incident.kind === "closure") close(l, since);
    else if (incident.kind === "flood") {
      if (incident.depthMm >= IMPASSABLE_MM) close(l, since);
      else paceMps[l] = Math.min(paceMps[l]!, speedInWaterMps(incident.depthMm));
      headwayFactor[l] = headwayFactor[l]! * headwayFor(incident);
    }
  }
  for (const [{ link, lender, lanes }, { taken, given }] of lending) {
    if (taken) closedLanes[linkOf(lender)]! |= medianLanes(network, linkOf(lender), lanes);
    if (given) closedLanes[linkOf(link)]! &= ~lentLanes(network.links[linkOf(link)]!);
  }
  network.moves.forEach(({ lanes, from }, m) => {
    lanesOf[m] = openLanes(lanes, closedLanes[from]!, network.links[from]!.laneFirst.length);
  });
}

/** The open ones of a movement's lanes; the open lane nearest to them where none is. */
function openLanes(lanes: number, closed: number, count: number): number {
  if (lanes & ~closed) return lanes & ~closed;
  for (let away = 1; away < count; away++) {
    const near = ((lanes << away) | (lanes >> away)) & ((1 << count) - 1) & ~closed;
    if (near) return near;
  }
  return lanes;
}

function obstacleOf({ network }: Traffic, l: number, incident: Blockage, sinceStep: number): Obstacle {
  const { strips: all, laneFirst, laneStrips } = network.links[l]!;
  const taken = Math.min(all, Math.max(1, Math.round(incident.widthM / STRIP_M)));
  let lanes = 0;
  laneFirst.forEach((first, lane) => {
    const free = laneStrips[lane]! - Math.max(0, Math.min(laneStrips[lane]!, taken - first));
    if (free < widthIn(laneStrips[lane]!, Class.car)) lanes |= 1 << lane;
  });
  return {
    fromM: incident.atM,
    toM: incident.atM + incident.lengthM,
    strips: taken >= 32 ? -1 : (1 << taken) - 1,
    lanes,
    sinceStep,
  };
}

/**
 * Each headway in saturation is to grow by (1/c − 1) of itself, and drivers choose their reaction time: while a queue
 * discharges, who is ahead is faster, so that a second more of it adds less than a second of headway.
 */
const headwayFor = ({ capacity }: Flood): number =>
  1 + (REACTION_PER_HEADWAY * (1 / capacity - 1) * SATURATION_HEADWAY_S) / parameters[Class.car]!.headwayS;

/** Lanes that links gain in any of these incidents, as widths in m, by link. */
export function lanesToLend(city: City, incidents: readonly Incident[]): ReadonlyMap<string, readonly number[]> {
  const lent = new Map<string, readonly number[]>();
  for (const incident of incidents) {
    if (incident.kind !== "contraflow") continue;
    const widths = laneWidths(city, city.links.get(incident.lender)!).slice(-incident.lanes).reverse();
    if (widths.length > (lent.get(incident.link)?.length ?? 0)) lent.set(incident.link, widths);
  }
  return lent;
}

/** From the kerb, m. */
export function laneWidths(city: City, link: Link): readonly number[] {
  for (const { approaches } of city.junctions.values()) {
    const approach = approaches.find((candidate) => candidate.link === link.id);
    if (approach) return approach.lanes.map(({ widthM }) => widthM);
  }
  return Array.from({ length: link.lanes }, () => link.widthM / link.lanes);
}
