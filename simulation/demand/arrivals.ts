import type { Demand, DemandFlow } from "../../config/demand.ts";
import type { City } from "../../config/model.ts";
import { type Instant, modulo } from "../../config/units.ts";
import type { Random } from "../../engine/ports/random.ts";
import type { RoadNetwork } from "../traffic/network.ts";
import { Class, parameters } from "../traffic/vehicle-classes.ts";
import type { Call } from "./bus-lines.ts";
import { quickestRoute, type Route } from "./routes.ts";

/** A vehicle that wants to enter; drawn ahead of, and independent from, whatever happens on the street. */
export interface Arrival {
  readonly atMs: number;
  readonly vehicleClass: Class;
  readonly route: number;
  readonly speedFactor: number;
  /** Where it stands for people to get on and off, in the order of its way. */
  readonly calls?: readonly Call[];
}

/** All arrivals of one flow in order of time; `next` is asked again and again. */
export interface ArrivalStream {
  readonly firstLink: number;
  /** The arrival, if it falls before `untilMs`. */
  next(untilMs: number): Arrival | undefined;
}

const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;
/** Desired speeds stay within this many standard deviations. */
const SPEED_SPREAD = 2;

export interface DemandStreams {
  readonly streams: readonly ArrivalStream[];
  /** Grows when drivers take other ways. */
  readonly routes: Route[];
}

/** Poisson arrivals by profile, the day's level of each origin and destination and each 15 min's (lognormal, mean 1), and class. */
export function arrivalStreams(options: {
  readonly city: City;
  readonly network: RoadNetwork;
  readonly random: Random;
  readonly start: Instant;
  readonly scale: number;
}): DemandStreams {
  const { city, network, random, start, scale } = options;
  const { demand } = city;
  if (!demand) return { streams: [], routes: [] };
  const routes: Route[] = [];
  const streams = demand.flows.map((flow) => {
    const firstLink = network.links.findIndex((link) => link.from === flow.from);
    const day = random.fork(`demand/day/${flow.id}`);
    const level = scale * logNormal(day, demand.dayVariation);
    // Where people go varies from day to day as much as how many they are.
    const weights = flow.to.map(({ share }) => share * logNormal(day, demand.dayVariation));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let upTo = 0;
    const destinations = flow.to
      .filter(({ share }) => share > 0)
      .map(({ node }) => {
        const route = firstLink < 0 ? undefined : quickestRoute(network, firstLink, node);
        if (!route)
          throw new Error(
            `demand flow ${flow.id}: no way from ${flow.from} to ${node}; mend the movements on the way or the destination`,
          );
        upTo += weights[flow.to.findIndex((candidate) => candidate.node === node)]! / total;
        return { route: routes.push(route) - 1, upTo };
      });
    return stream({
      flow,
      demand,
      firstLink,
      destinations,
      random: random.fork(`demand/${flow.id}`),
      start,
      level,
      utcOffset: city.utcOffset,
    });
  });
  return { streams, routes };
}

interface StreamContext {
  readonly flow: DemandFlow;
  readonly demand: Demand;
  readonly firstLink: number;
  /** `upTo` is the running sum of shares. */
  readonly destinations: readonly { readonly route: number; readonly upTo: number }[];
  readonly random: Random;
  readonly start: Instant;
  readonly level: number;
  readonly utcOffset: number;
}

function stream({
  flow,
  demand,
  firstLink,
  destinations,
  random,
  start,
  level,
  utcOffset,
}: StreamContext): ArrivalStream {
  const gaps = random.fork("gaps");
  const kinds = random.fork("kinds");
  const quarters = random.fork("quarters");
  const profile = demand.profiles.get(flow.profile) ?? [];
  const platoon = platoonFactor(flow.platoons);
  const peak = Math.max(...profile.map((point) => point.factor), 0) * platoon.most;
  let quarterEnd = -1;
  let quarterLevel = 1;
  let at: number = start;
  let pending: Arrival | undefined;

  const rateAt = (ms: number): number =>
    (flow.vehPerHour / 3_600_000) * level * factorAt(profile, modulo(ms + utcOffset, DAY_MS)) * platoon.at(ms);
  const advance = (untilMs: number): Arrival | undefined => {
    // Thinning (Lewis and Shedler 1979), quarter by quarter.
    for (;;) {
      if (at >= quarterEnd) {
        if (at >= untilMs) return undefined;
        quarterLevel = logNormal(quarters, demand.quarterVariation);
        quarterEnd = (Math.floor(at / QUARTER_MS) + 1) * QUARTER_MS;
      }
      const most = (flow.vehPerHour / 3_600_000) * level * quarterLevel * peak;
      const gap = most > 0 ? -Math.log(1 - gaps.next()) / most : Number.POSITIVE_INFINITY;
      if (at + gap >= quarterEnd) {
        at = quarterEnd;
        continue;
      }
      at += gap;
      if (gaps.next() * most <= rateAt(at) * quarterLevel) return draw(at);
    }
  };
  const composed = flow.classShares ? { ...demand, classShares: flow.classShares } : demand;
  const draw = (ms: number): Arrival => {
    const vehicleClass = classOf(composed, kinds.next(), kinds.next(), modulo(ms + utcOffset, DAY_MS));
    const pick = kinds.next();
    const destination = destinations.find(({ upTo }) => upTo > pick) ?? destinations.at(-1)!;
    const [mean, spread] = parameters[vehicleClass]!.speedFactor;
    const normal = Math.max(-SPEED_SPREAD, Math.min(SPEED_SPREAD, standardNormal(kinds)));
    return { atMs: ms, vehicleClass, route: destination.route, speedFactor: mean + spread * normal };
  };
  return {
    firstLink,
    next: (untilMs) => {
      pending ??= advance(untilMs);
      if (!pending || pending.atMs >= untilMs) return undefined;
      const arrival = pending;
      pending = undefined;
      return arrival;
    },
  };
}

/** Arrivals over their mean through the cycle of a signal outside, and the most they come to. */
function platoonFactor(platoons: DemandFlow["platoons"]): { readonly most: number; at(ms: number): number } {
  if (!platoons) return { most: 1, at: () => 1 };
  const { cycle, window, share, offset } = platoons;
  const [inside, outside] = [(share * cycle) / window, ((1 - share) * cycle) / (cycle - window)];
  return {
    most: Math.max(inside, outside),
    at: (ms) => (modulo(modulo(ms, DAY_MS) - offset, cycle) < window ? inside : outside),
  };
}

/** Share of heavy vehicles that the truck ban does not reach: buses have their own class, and the ban is on loaded trucks over 10 t. */
const EXEMPT_TRUCKS = 0.3;

function classOf(demand: Demand, pick: number, exempt: number, localMs: number): Class {
  const { car, hv, mc, bus } = demand.classShares;
  const total = car + hv + mc + bus;
  if (pick * total < mc) return Class.motorcycle;
  if (pick * total < mc + car) return Class.car;
  if (pick * total < mc + car + bus) return Class.bus;
  const banned = demand.truckBan.some(({ from, to }) => localMs >= from && localMs < to) && exempt > EXEMPT_TRUCKS;
  return banned ? Class.car : Class.truck;
}

/** Linear between points, constant beyond the first and last. */
export function factorAt(
  profile: readonly { readonly at: number; readonly factor: number }[],
  localMs: number,
): number {
  const after = profile.findIndex((point) => point.at > localMs);
  if (after === 0) return profile[0]!.factor;
  if (after < 0) return profile.at(-1)?.factor ?? 0;
  const [a, b] = [profile[after - 1]!, profile[after]!];
  return a.factor + ((b.factor - a.factor) * (localMs - a.at)) / (b.at - a.at);
}

/** Box and Muller. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Lognormal with mean 1 and about this coefficient of variation. */
export const logNormal = (random: Random, variation: number): number =>
  Math.exp(variation * standardNormal(random) - (variation * variation) / 2);
