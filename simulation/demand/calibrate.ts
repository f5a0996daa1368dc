import type { Demand } from "../../config/demand.ts";
import type { City } from "../../config/model.ts";
import { type Millis, millis } from "../../config/units.ts";
import type { Random } from "../../engine/ports/random.ts";
import { type RoadNetwork, roadNetwork } from "../traffic/network.ts";
import { type JudgedCount, judgedOf, placeOf } from "./agreement.ts";
import { CountModel, type Interval, MINUTE_MS, meanFactor, type Profile } from "./count-model.ts";
import type { CountRow } from "./count-table.ts";
import { fitCounts } from "./fit.ts";
import { quickestRoute } from "./routes.ts";

export interface CalibrateOptions {
  readonly city: City;
  readonly counts: readonly CountRow[];
  /** Share of the counted approaches that the fit does not see and is judged by. */
  readonly holdBack: number;
  readonly random: Random;
  /** How much the configured demand counts against the counts. */
  readonly priorWeight?: number;
}

export interface Calibration {
  readonly demand: Demand;
  /** Hourly flows, one an hour and place. */
  readonly judged: readonly JudgedCount[];
  readonly origins: readonly { readonly from: string; readonly before: number; readonly after: number }[];
  /** Counted places that no route of the demand passes. */
  readonly unreached: readonly string[];
}

const PRIOR_WEIGHT = 0.1;
/** Rounds of fitting flows and times of day in turn. */
const ROUNDS = 3;

/**
 * Fits a city's demand to counts: vehicles from each origin to each destination, and, where several parts of the day were
 * counted, each origin's level in each of them. Routes are the quickest on an empty network.
 */
export function calibrate(options: CalibrateOptions): Calibration {
  const { city, counts, holdBack, random, priorWeight = PRIOR_WEIGHT } = options;
  const network = roadNetwork(city);
  const base = city.demand ?? evenDemand(city, network, counts);
  const model = new CountModel(base, network, counts);
  const { pairs, origins, intervals } = model;
  const held = heldBack(counts, holdBack, random);
  const fitted = counts.filter((row) => !held.has(`${row.junction}/${row.approach}`));
  const priors = pairs.map(({ prior }) => ({ value: prior, weight: priorWeight }));
  const even = Array.from({ length: origins.length * intervals.length }, () => ({ value: 1, weight: priorWeight }));
  let flows: ArrayLike<number> = priors.map(({ value }) => value);
  let levels: ArrayLike<number> = even.map(({ value }) => value);
  const before = model.estimates(counts, flows, levels);
  for (let round = 0; round < (intervals.length > 1 ? ROUNDS : 1); round++) {
    const given = levels;
    flows = fitCounts(
      fitted.map((row) => model.ofFlows(row, given)),
      priors,
    );
    if (intervals.length === 1) continue;
    const found = flows;
    levels = fitCounts(
      fitted.map((row) => model.ofLevels(row, found)),
      even,
    );
  }
  const after = model.estimates(counts, flows, levels);
  const reached = new Set(pairs.flatMap(({ places }) => [...places.keys()]));
  return {
    demand: demandOf({ base, model, flows, levels, counts }),
    judged: judgedOf(counts, { before, after, held }),
    origins: origins.map((from) => {
      const own = (values: ArrayLike<number>) =>
        pairs.reduce((sum, pair, k) => sum + (pair.from === from ? values[k]! : 0), 0);
      return { from, before: own(pairs.map(({ prior }) => prior)), after: own(flows) };
    }),
    unreached: [...new Set(counts.map(placeOf))].filter((place) => !reached.has(place)),
  };
}

/** Without a demand of its own: from every edge to every other that can be reached, as much as was counted at its entry. */
function evenDemand(city: City, network: RoadNetwork, counts: readonly CountRow[]): Demand {
  const edges = [...city.nodes.values()].filter(({ kind }) => kind === "edge").map(({ id }) => id);
  const hours = counts.reduce((sum, { fromMin, toMin }) => sum + (toMin - fromMin) / 60, 0);
  const mean = counts.reduce((sum, { vehicles }) => sum + vehicles, 0) / Math.max(hours, 1 / 60);
  const flows = edges.flatMap((from) => {
    const first = network.links.findIndex((link) => link.from === from);
    if (first < 0) return [];
    const to = edges.filter((node) => node !== from && quickestRoute(network, first, node));
    if (to.length === 0) return [];
    return [
      {
        id: `from-${from}`,
        from,
        vehPerHour: mean,
        profile: "counted",
        to: to.map((node) => ({ node, share: 1 / to.length })),
      },
    ];
  });
  return {
    origin: "synthetic",
    classShares: { car: 1, hv: 0, mc: 0, bus: 0 },
    truckBan: [],
    profiles: new Map([["counted", [{ at: millis(0), factor: 1 }]]]),
    flows,
    dayVariation: 0,
    quarterVariation: 0,
    pedestrians: [],
  };
}

/** Approaches the fit does not see, with all their rows; never all of them. */
function heldBack(counts: readonly CountRow[], share: number, random: Random): ReadonlySet<string> {
  const approaches = [...new Set(counts.map(({ junction, approach }) => `${junction}/${approach}`))].sort();
  const wanted = Math.min(approaches.length - 1, Math.round(approaches.length * share));
  const drawn = approaches.map((approach) => ({ approach, lot: random.next() })).sort((a, b) => a.lot - b.lot);
  return new Set(drawn.slice(0, Math.max(0, wanted)).map(({ approach }) => approach));
}

interface Fitted {
  readonly base: Demand;
  readonly model: CountModel;
  readonly flows: ArrayLike<number>;
  readonly levels: ArrayLike<number>;
  readonly counts: readonly CountRow[];
}

function demandOf({ base, model, flows, levels, counts }: Fitted): Demand {
  const { pairs, intervals } = model;
  const profiles = new Map(base.profiles);
  const flowsOut = base.flows.flatMap((flow) => {
    const own = pairs.flatMap((pair, k) => (pair.from === flow.from ? [{ node: pair.to, veh: flows[k]! }] : []));
    const total = own.reduce((sum, { veh }) => sum + veh, 0);
    if (total <= 0) return [];
    let profile = flow.profile;
    if (intervals.length > 1) {
      profile = `counted-${flow.from}`.slice(0, 64);
      profiles.set(
        profile,
        withLevels(base.profiles.get(flow.profile) ?? [], intervals, (t) => levels[model.unknown(flow.from, t)]!),
      );
    }
    return [{ ...flow, profile, vehPerHour: total, to: own.map(({ node, veh }) => ({ node, share: veh / total })) }];
  });
  return { ...base, profiles, flows: flowsOut, classShares: sharesOf(counts, base) };
}

/** The old profile, with what was counted in its place while it was counted. */
function withLevels(
  profile: Profile,
  intervals: readonly Interval[],
  level: (t: number) => number,
): readonly { readonly at: Millis; readonly factor: number }[] {
  const [from, to] = [
    Math.min(...intervals.map(({ fromMin }) => fromMin)),
    Math.max(...intervals.map(({ toMin }) => toMin)),
  ];
  const points = new Map(
    profile.filter(({ at }) => at < from * MINUTE_MS || at > to * MINUTE_MS).map(({ at, factor }) => [at, factor]),
  );
  for (const [t, { fromMin, toMin }] of intervals.entries()) {
    const middle = Math.round((fromMin + toMin) / 2) * MINUTE_MS;
    points.set(middle, meanFactor(profile, fromMin, toMin) * level(t));
  }
  return [...points].sort((a, b) => a[0] - b[0]).map(([at, factor]) => ({ at: millis(at), factor }));
}

/** Classes as counted, buses keeping their part of the heavy vehicles. */
function sharesOf(counts: readonly CountRow[], { classShares }: Demand): Demand["classShares"] {
  const told = counts.flatMap(({ classes }) => classes ?? []);
  const sum = (pick: (classes: NonNullable<CountRow["classes"]>) => number) =>
    told.reduce((total, own) => total + pick(own), 0);
  const [car, hv, mc] = [sum((own) => own.car), sum((own) => own.hv), sum((own) => own.mc)];
  const all = car + hv + mc;
  if (all === 0) return classShares;
  const heavy = classShares.hv + classShares.bus;
  const bus = heavy > 0 ? (hv * classShares.bus) / heavy : 0;
  return { car: car / all, hv: (hv - bus) / all, mc: mc / all, bus: bus / all };
}
