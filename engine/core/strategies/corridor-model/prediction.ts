import type { City, Corridor, Junction } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import type { LeastSplit } from "../../plan/phase-times.ts";
import { type CyclicProfile, calibrateDispersion, disperse } from "../../traffic/platoon.ts";
import { acceleratingMps2, type EquityFloor, type Inflow, type JunctionCost, junctionCost } from "./junction-cost.ts";
import type { Loads } from "./load.ts";

/** Standard deviation of journey times between two signals over their mean: free-flow speeds on urban streets spread by about 15 %. */
const journeySpread = 0.15;

/** A corridor as the strategy imagines it: what each junction runs, and what stands at it. */
export interface Scenario {
  readonly city: City;
  readonly corridor: Corridor;
  readonly junctions: readonly Junction[];
  readonly loads: Loads;
  readonly plans: ReadonlyMap<string, TimingPlan>;
  readonly floors: ReadonlyMap<string, EquityFloor>;
  /** Splits that streams nobody sees keep, by junction. */
  readonly kept: ReadonlyMap<string, LeastSplit | undefined>;
}

export interface Prediction {
  readonly cost: number;
  readonly junctions: ReadonlyMap<string, JunctionCost>;
  /** Arrivals of the streams on links of the corridor. */
  readonly arrivals: ReadonlyMap<string, Inflow>;
}

/**
 * Follows the platoons of both directions from junction to junction. Where two neighbours run different cycles, and
 * neither is a whole part of the other, their platoons drift past each other, and arrivals are even.
 */
export function predict(scenario: Scenario): Prediction {
  const arrivals = new Map<string, Inflow>();
  const costs = new Map<string, JunctionCost>();
  const judge = (junction: Junction): JunctionCost | undefined => {
    const plan = scenario.plans.get(junction.id);
    if (!plan) return undefined;
    const { loads, floors } = scenario;
    return junctionCost({ junction, loads, arrivals: (id) => arrivals.get(id), floor: floors.get(junction.id) }, plan);
  };
  // Platoons of one direction depend on the junctions before only: down the corridor once, then up once.
  const forward = scenario.junctions;
  for (const [along, links] of [
    [forward, scenario.corridor.forward],
    [[...forward].reverse(), [...scenario.corridor.backward].reverse()],
  ] as const) {
    for (const [i, junction] of along.entries()) {
      if (i > 0) {
        const upstream = costs.get(along[i - 1]!.id);
        for (const [id, inflow] of arrivalsOn(scenario, links[i - 1]!, along[i - 1]!, upstream))
          arrivals.set(id, inflow);
      }
      const cost = judge(junction);
      if (cost) costs.set(junction.id, cost);
    }
  }
  // The first pass judged the forward platoons with even arrivals from the other side; the second has both.
  let total = 0;
  for (const cost of costs.values()) total += cost.cost;
  return { cost: total, junctions: costs, arrivals };
}

/** Seconds after which two signals repeat together: the longer cycle, where the other is a whole part of it (half or a third). */
function commonSpan(a: TimingPlan, b: TimingPlan): number | undefined {
  const [long, short] = a.cycle >= b.cycle ? [a.cycle, b.cycle] : [b.cycle, a.cycle];
  return short > 0 && long % short === 0 ? Math.round(long / 1000) : undefined;
}

/** Arrivals of every stream at the end of `link` from what leaves `from`. */
export function arrivalsOn(
  scenario: Pick<Scenario, "city" | "loads" | "plans">,
  link: string,
  from: Junction,
  upstream: JunctionCost | undefined,
): ReadonlyMap<string, Inflow> {
  const { city, loads, plans } = scenario;
  const result = new Map<string, Inflow>();
  const road = city.links.get(link);
  const plan = plans.get(from.id);
  if (!road || !plan || !upstream) return result;
  // A platoon sets off from standing: half its gathering of speed is lost on the way.
  const travelS = road.lengthM / road.speedMps + road.speedMps / (2 * acceleratingMps2);
  const dispersion = calibrateDispersion(travelS, journeySpread * travelS);
  const receivers = [...loads.values()].filter(({ wiring }) => wiring.link === link);
  for (const { wiring, pcuPerS } of receivers) {
    const own = plans.get(wiring.junction.id);
    const span = own && commonSpan(plan, own);
    if (span === undefined) continue;
    const sent = new Float64Array(span);
    let flow = 0;
    let load = 0;
    let possible = 0;
    for (const feeder of wiring.feeders) {
      const sender = upstream.streams.get(feeder.stream);
      if (!sender) continue;
      const { departures } = sender;
      // What was worked out over several of these cycles is more than can be told here.
      if (span % departures.length !== 0) continue;
      for (let t = 0; t < span; t++) {
        const leaving = departures[t % departures.length]!;
        const passing = feeder.share * wiring.share * leaving;
        sent[t] = sent[t]! + passing;
        flow += passing;
        possible += wiring.share * leaving;
        load += passing * sender.saturation;
      }
    }
    const saturation = flow > 0 ? load / flow : 0;
    result.set(wiring.stream.id, {
      profile: levelled(disperse(sent, travelS, dispersion), pcuPerS, flow > 0 ? possible / flow : 0),
      saturation,
    });
  }
  return result;
}

/**
 * Brings a platoon profile to the measured flow. Turning shares are defaults, so a difference is first taken for a wrong
 * share, up to everybody going this way; only what is missing beyond that came evenly from kerbs in between.
 */
function levelled(profile: CyclicProfile, pcuPerS: number, mostScale: number): CyclicProfile {
  const n = profile.length;
  let mean = 0;
  for (let t = 0; t < n; t++) mean += profile[t]! / n;
  const scale = mean > 0 ? Math.min(mostScale, pcuPerS / mean) : 0;
  const rest = Math.max(0, pcuPerS - mean * scale);
  for (let t = 0; t < n; t++) profile[t] = profile[t]! * scale + rest;
  return profile;
}
