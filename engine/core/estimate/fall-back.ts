import type { City } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { type Instant, modulo } from "../../../config/units.ts";
import { greenSeconds } from "../plan/green-windows.ts";
import type { Uncertain } from "../strategy.ts";
import { pcuPerVehicle, startComposition } from "./composition.ts";
import type { StreamState } from "./stream-state.ts";
import type { StreamWiring } from "./wiring.ts";

/**
 * Degree of saturation a stream is taken to have under the scheduled plan. Plans are drawn for 0.75 to 0.85 (MKJI 1997)
 * on the critical path; minimum greens and common cycles leave the others far below it.
 */
const designSaturation = 0.5;
/** So one stream may well have half, or half as much again. */
const designSpread = 0.5;
/** Another day's flow at the same time, and turning shares by default. */
const profileSpread = 0.25;
const turningSpread = 0.25;
const quarter = 900_000;
/** A profile's newest quarter hour stands in for up to an hour. */
const quartersBack = 4;

/** Flow, veh/s, that the plan in the schedule was presumably drawn for. */
export function designFlow(wiring: StreamWiring, plan: TimingPlan | undefined, city: City): Uncertain {
  const green = plan ? greenShare(wiring, plan) : 0.5 / Math.max(1, wiring.junction.phases.length);
  const pcu = (designSaturation * green * wiring.saturation.mean) / 3600;
  const mean = pcu / pcuPerVehicle(startComposition(city.control.pcu));
  return { mean, sd: designSpread * mean };
}

const shares = new WeakMap<TimingPlan, Map<string, number>>();

/** Share of the cycle in which a stream is green; worked out once for each plan. */
function greenShare({ junction, stream }: StreamWiring, plan: TimingPlan): number {
  const known = shares.get(plan) ?? new Map<string, number>();
  shares.set(plan, known);
  const found = known.get(stream.id);
  if (found !== undefined) return found;
  const green = greenSeconds(junction, plan, stream);
  const share = green.reduce((sum, second) => sum + second, 0) / Math.max(1, green.length);
  known.set(stream.id, share);
  return share;
}

/** What this time of day brought before, veh/s. */
export function profileFlow(state: StreamState, city: City, now: Instant): Uncertain | undefined {
  const slot = Math.floor(modulo(now + city.utcOffset, 86_400_000) / quarter);
  for (let back = 0; back <= quartersBack; back++) {
    const mean = state.profile.get(modulo(slot - back, 86_400_000 / quarter));
    if (mean !== undefined) return { mean, sd: profileSpread * mean };
  }
  return undefined;
}

/**
 * What the neighbours send, veh/s: the count of an exit line on the link if there is one, else what the junction
 * upstream discharges into it by default turning shares. Undefined unless most of it is measured.
 */
export function neighbourFlow(
  wiring: StreamWiring,
  inflowOf: (link: string) => Uncertain | undefined,
  flowOf: (stream: string) => { readonly flow: Uncertain; readonly measured: boolean },
): Uncertain | undefined {
  const counted = inflowOf(wiring.link);
  if (counted) return shared(counted.mean, counted.sd ** 2, wiring.share);
  let mean = 0;
  let measured = 0;
  let variance = 0;
  for (const { stream, share } of wiring.feeders) {
    const from = flowOf(stream);
    mean += share * from.flow.mean;
    if (from.measured) measured += share * from.flow.mean;
    variance += (share * from.flow.sd) ** 2;
  }
  return measured > mean / 2 ? shared(mean, variance, wiring.share) : undefined;
}

function shared(mean: number, variance: number, share: number): Uncertain {
  // Where the whole link is one stream, no turning share is guessed.
  const spread = share < 1 ? turningSpread : 0;
  return { mean: mean * share, sd: share * Math.sqrt(variance + (spread * mean) ** 2) };
}
