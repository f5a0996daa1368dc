import type { BusLine, Demand, DemandPlatoons } from "../demand.ts";
import type { DemandFile } from "../schema/demand.ts";
import { type Millis, toSeconds } from "../units.ts";
import { yamlText } from "./yaml-text.ts";

/** Limits of `demand.yaml`. */
const MOST_PER_HOUR = 10_000;
const MOST_FACTOR = 5;
const THOUSANDTH = 0.001;

/** A demand as the text of `demand.yaml`: whole vehicles, shares in thousandths, times of day to the minute. */
export function demandText(demand: Demand, source: string, comment: string): string {
  const file: DemandFile = {
    origin: demand.origin,
    source,
    class_shares: sharesText(demand.classShares),
    truck_ban: demand.truckBan.map(({ from, to }) => ({ from: clock(from), to: clock(to) })),
    day_variation: demand.dayVariation,
    quarter_variation: demand.quarterVariation,
    profiles: Object.fromEntries(
      [...demand.profiles].map(([id, points]) => [
        id,
        points.map(({ at, factor }) => ({ at: clock(at), factor: Number(Math.min(MOST_FACTOR, factor).toFixed(3)) })),
      ]),
    ),
    flows: demand.flows.map((flow) => {
      const shares = thousandths(flow.to.map(({ share }) => share));
      return {
        id: flow.id,
        from: flow.from,
        vehicles_per_hour: Math.min(MOST_PER_HOUR, Math.round(flow.vehPerHour)),
        profile: flow.profile,
        ...(flow.classShares ? { class_shares: sharesText(flow.classShares) } : {}),
        ...(flow.platoons ? { platoons: platoonsText(flow.platoons) } : {}),
        to: flow.to.map(({ node }, i) => ({ node, share: shares[i]! })).filter(({ share }) => share >= THOUSANDTH / 2),
      };
    }),
    pedestrians: demand.pedestrians.map(({ perHour, ...rest }) => ({ ...rest, per_hour: perHour })),
    ...(demand.busLines ? { bus_lines: demand.busLines.map(lineText) } : {}),
  };
  return yamlText(file, comment);
}

function sharesText({ car, hv, mc, bus }: Demand["classShares"]): DemandFile["class_shares"] {
  const [ofCar, ofHv, ofMc, ofBus] = thousandths([car, hv, mc, bus]);
  return { car: ofCar!, hv: ofHv!, mc: ofMc!, bus: ofBus! };
}

const lineText = ({ every, first, last, stops, ...line }: BusLine) => ({
  ...line,
  every_s: toSeconds(every),
  first: clock(first),
  last: clock(last),
  stops: stops.map(({ link, atM, dwell }) => ({ link, at_m: atM, dwell_s: toSeconds(dwell) })),
});

const platoonsText = ({ cycle, window, share, offset }: DemandPlatoons) => ({
  cycle_s: toSeconds(cycle),
  window_s: toSeconds(window),
  share,
  offset_s: toSeconds(offset),
});

/** Shares rounded so that they add up to 1; the largest takes the rest. */
export function thousandths(shares: readonly number[]): readonly number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const whole = shares.map((share) => Math.round((share / total) * 1000));
  const rest = 1000 - whole.reduce((sum, share) => sum + share, 0);
  const largest = whole.indexOf(Math.max(...whole));
  return whole.map((share, i) => (share + (i === largest ? rest : 0)) / 1000);
}

function clock(sinceMidnight: Millis): string {
  const minutes = Math.round(sinceMidnight / 60_000);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}
