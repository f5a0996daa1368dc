import type { Demand } from "../../config/demand.ts";
import type { RoadNetwork } from "../traffic/network.ts";
import { placeOf } from "./agreement.ts";
import { factorAt } from "./arrivals.ts";
import type { CountRow } from "./count-table.ts";
import { meanOf, type Observation } from "./fit.ts";
import { quickestRoute } from "./routes.ts";

/** What a junction costs on the way, s: about half a red. */
const JUNCTION_S = 20;
export const MINUTE_MS = 60_000;

/** What is fitted: vehicles an hour from an origin to a destination at factor 1 of its profile. */
export interface Pair {
  readonly from: string;
  readonly to: string;
  readonly profile: string;
  readonly prior: number;
  /** `junction/approach` and `junction/approach/movement` on the way, with the time it takes to get there, min. */
  readonly places: ReadonlyMap<string, number>;
}

export function pairsOf(demand: Demand, network: RoadNetwork): readonly Pair[] {
  return demand.flows.flatMap((flow) => {
    const first = network.links.findIndex((link) => link.from === flow.from);
    return flow.to.flatMap(({ node, share }) => {
      const route = first < 0 ? undefined : quickestRoute(network, first, node);
      if (!route || share <= 0) return [];
      const places = new Map<string, number>();
      let seconds = 0;
      for (const [i, index] of route.links.entries()) {
        const link = network.links[index]!;
        seconds += link.lengthM / link.speedMps;
        const move = route.moves[i];
        if (move === undefined) break;
        const { junction } = network.junctions[network.moves[move]!.junction]!;
        const approach = junction.approaches.find((own) => own.link === link.id)!;
        const exit = network.links[route.links[i + 1]!]!.id;
        const movement = junction.movements.find((own) => own.approach === approach.id && own.exit === exit)!;
        places.set(`${junction.id}/${approach.id}`, seconds / 60);
        places.set(`${junction.id}/${approach.id}/${movement.id}`, seconds / 60);
        seconds += JUNCTION_S;
      }
      return [{ from: flow.from, to: node, profile: flow.profile, prior: flow.vehPerHour * share, places }];
    });
  });
}

export type Profile = readonly { readonly at: number; readonly factor: number }[];

/** Mean of a profile, minute by minute. */
export function meanFactor(profile: Profile, fromMin: number, toMin: number): number {
  const n = Math.max(1, Math.round(toMin - fromMin));
  const at = (i: number) => ((fromMin + ((i + 0.5) * (toMin - fromMin)) / n + 1440) % 1440) * MINUTE_MS;
  return Array.from({ length: n }, (_, i) => factorAt(profile, at(i))).reduce((sum, factor) => sum + factor, 0) / n;
}

export interface Interval {
  readonly fromMin: number;
  readonly toMin: number;
}

/** Parts of a time in each interval, adding up to 1; time outside all of them goes to the nearest. */
function overlaps(intervals: readonly Interval[], from: number, to: number): readonly number[] {
  const parts = intervals.map((own) => Math.max(0, Math.min(to, own.toMin) - Math.max(from, own.fromMin)));
  const covered = parts.reduce((sum, part) => sum + part, 0);
  const distance = (own: Interval) => Math.abs(own.fromMin + own.toMin - from - to);
  const nearest = intervals.reduce((best, own, t) => (distance(own) < distance(intervals[best]!) ? t : best), 0);
  const outside = Math.max(0, to - from - covered);
  const total = Math.max(to - from, covered);
  return parts.map((part, t) => (part + (t === nearest ? outside : 0)) / total);
}

/** How counts follow from what is fitted. */
export class CountModel {
  readonly pairs: readonly Pair[];
  readonly origins: readonly string[];
  /** Parts of the day that were counted, in order. */
  readonly intervals: readonly Interval[];
  readonly #base: Demand;

  constructor(base: Demand, network: RoadNetwork, counts: readonly CountRow[]) {
    this.#base = base;
    this.pairs = pairsOf(base, network);
    this.origins = [...new Set(this.pairs.map(({ from }) => from))];
    this.intervals = [...new Map(counts.map((row) => [`${row.fromMin} ${row.toMin}`, row])).values()]
      .map(({ fromMin, toMin }) => ({ fromMin, toMin }))
      .sort((a, b) => a.fromMin - b.fromMin || a.toMin - b.toMin);
  }

  /** Index of an origin's level in a part of the day. */
  unknown(origin: string, interval: number): number {
    return this.origins.indexOf(origin) * this.intervals.length + interval;
  }

  /** A count as a sum over flows, their levels given. */
  ofFlows(row: CountRow, levels: ArrayLike<number>): Observation {
    const unknowns = this.#touching(row);
    const weights = unknowns.map((k) => {
      const pair = this.pairs[k]!;
      const level = this.#parts(pair, row).reduce(
        (sum, part, t) => sum + part * levels[this.unknown(pair.from, t)]!,
        0,
      );
      return this.#exposure(pair, row) * level;
    });
    return { unknowns, weights, value: row.vehicles };
  }

  /** The same count as a sum over levels, the flows given. */
  ofLevels(row: CountRow, flows: ArrayLike<number>): Observation {
    const weights = new Map<number, number>();
    for (const k of this.#touching(row)) {
      const pair = this.pairs[k]!;
      const vehicles = this.#exposure(pair, row) * flows[k]!;
      for (const [t, part] of this.#parts(pair, row).entries()) {
        const unknown = this.unknown(pair.from, t);
        if (part > 0) weights.set(unknown, (weights.get(unknown) ?? 0) + vehicles * part);
      }
    }
    return { unknowns: [...weights.keys()], weights: [...weights.values()], value: row.vehicles };
  }

  estimates(rows: readonly CountRow[], flows: ArrayLike<number>, levels: ArrayLike<number>): readonly number[] {
    return rows.map((row) => meanOf(this.ofFlows(row, levels), flows));
  }

  #touching(row: CountRow): readonly number[] {
    return this.pairs.flatMap((pair, k) => (pair.places.has(placeOf(row)) ? [k] : []));
  }

  /** Hours of counting times the profile's mean over the time in which those vehicles set out. */
  #exposure(pair: Pair, row: CountRow): number {
    const lateMin = pair.places.get(placeOf(row))!;
    const profile = this.#base.profiles.get(pair.profile) ?? [];
    return (meanFactor(profile, row.fromMin - lateMin, row.toMin - lateMin) * (row.toMin - row.fromMin)) / 60;
  }

  #parts(pair: Pair, row: CountRow): readonly number[] {
    const lateMin = pair.places.get(placeOf(row))!;
    return overlaps(this.intervals, row.fromMin - lateMin, row.toMin - lateMin);
  }
}
