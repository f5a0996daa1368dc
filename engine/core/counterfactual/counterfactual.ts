import type { City, Corridor, Junction, Stream } from "../../../config/model.ts";
import { scheduledPlanSet } from "../../../config/schedule.ts";
import { after, type Instant, modulo, seconds } from "../../../config/units.ts";
import { startUpLostS } from "../estimate/saturation.ts";
import { type StreamWiring, wiringOf } from "../estimate/wiring.ts";
import { type LoadedStream, type LoadingResult, loadNetwork } from "../network/loading.ts";
import { cyclePosition, greenSeconds } from "../plan/green-windows.ts";
import { filteringFactor, fixedTimeVariance } from "../traffic/control-delay.ts";
import { queueAreaPerPcuM2 } from "../traffic/manual-performance.ts";
import type { CorridorRecord, FlowSample } from "./record.ts";

/** What some greens cost those who came. */
export interface Cost {
  /** Came into the corridor from outside. */
  readonly vehicles: number;
  readonly delayVehH: number;
  /**
   * For each of them, over all the corridor's signals, s. Braking and gathering speed are in it: what counts is when one
   * would have passed the line and when one did.
   */
  readonly delayS: number;
}

export interface PartCost {
  readonly from: Instant;
  readonly to: Instant;
  /** By the greens that were really shown. */
  readonly asRun: Cost;
  /** By the plans that the schedule had for these hours, in step from the first second. */
  readonly scheduled: Cost;
}

export interface Counterfactual {
  readonly parts: readonly PartCost[];
  readonly asRun: Cost;
  readonly scheduled: Cost;
  /** Scheduled minus as run, vehicle-hours; above 0: what was run saved. */
  readonly savedVehH: number;
  /** Shares of the scheduled plans' delay; see `modelError`. */
  readonly error: typeof modelError;
  /** Share of flow that cameras measured, the rest being estimated. */
  readonly measuredShare: number;
  /** Share of time in which cabinets told their lamps; elsewhere the schedule is taken for what was shown. */
  readonly lampsKnownShare: number;
}

/**
 * How far the model was from what the built-in street gave, root mean square over seven hours and seeds (three
 * morning peaks, two middays, an evening peak at 1.2 times the demand, a night), share of the delay: the delay of plans that were not run, against running them on the same
 * arrivals (on average 8 % too low); and the difference between the two delays, in which much of that cancels (on average
 * 2 s a vehicle in favour of what was run). A real street has no such judge; there both may be more.
 */
export const modelError = { delay: 0.1, difference: 0.07 } as const;

/** Turning shares and saturation flows are means over this long. */
const part = seconds(3600);
/** What came before fills the corridor. */
const warmUp = seconds(600);

/** The same model, the same arrivals, two sets of greens. Pure: the same record gives the same figures. */
export function counterfactual(city: City, corridor: Corridor, record: CorridorRecord): Counterfactual {
  const junctions = corridor.junctions.map((id) => city.junctions.get(id)!);
  const parts: PartCost[] = [];
  for (let at = record.from; at < record.to; at = after(at, part)) {
    const to = Math.min(record.to, after(at, part)) as Instant;
    const start = Math.max(record.from, at - warmUp) as Instant;
    const asRun = new Map<string, Uint8Array>();
    const scheduled = new Map<string, Uint8Array>();
    for (const junction of junctions)
      for (const stream of junction.streams) {
        const planned = scheduledGreens(city, { junction, stream, from: start, to });
        scheduled.set(stream.id, effective(planned));
        asRun.set(stream.id, effective(shownGreens(record, { junction, stream, from: start, to, planned })));
      }
    const stretch: Stretch = { city, junctions, record, from: start, counted: at, to };
    const volumes = volumesOf(stretch);
    if (volumes.vehicles <= 0) continue;
    parts.push({
      from: at,
      to,
      asRun: costOf(stretch, volumes, asRun),
      scheduled: costOf(stretch, volumes, scheduled),
    });
  }
  const asRun = total(parts.map((each) => each.asRun));
  const scheduled = total(parts.map((each) => each.scheduled));
  return {
    parts,
    asRun,
    scheduled,
    savedVehH: scheduled.delayVehH - asRun.delayVehH,
    error: modelError,
    measuredShare: measuredShare(record),
    lampsKnownShare: lampsKnownShare(record),
  };
}

interface Window {
  readonly junction: Junction;
  readonly stream: Stream;
  readonly from: Instant;
  readonly to: Instant;
}

function scheduledGreens(city: City, { junction, stream, from, to }: Window): Uint8Array {
  const n = Math.round((to - from) / 1000);
  const green = new Uint8Array(n);
  let planned: { readonly until: number; readonly seconds: Uint8Array; readonly position: number } | undefined;
  for (let t = 0; t < n; t++) {
    if (!planned || t >= planned.until) {
      const now = after(from, seconds(t));
      const plan = scheduledPlanSet(city.schedule, city.utcOffset, now).plans.get(junction.id);
      // The schedule is kept to the minute.
      const until = t + 60 - (Math.floor(now / 1000) % 60);
      if (!plan) planned = { until, seconds: new Uint8Array(1), position: 0 };
      else {
        const own = greenSeconds(junction, plan, stream);
        planned = { until, seconds: own, position: Math.round(cyclePosition(plan, now) / 1000) - t };
      }
    }
    green[t] = planned.seconds[modulo(t + planned.position, planned.seconds.length)]!;
  }
  return green;
}

/** A stream served by two phases in a row is green through the change between them, which is shorter than this, s. */
const longestChangeS = 8;

function shownGreens(
  { from: origin, greens, lampsKnown }: CorridorRecord,
  { junction, stream, from, to, planned }: Window & { readonly planned: Uint8Array },
): Uint8Array {
  const first = Math.round((from - origin) / 1000);
  const n = Math.round((to - from) / 1000);
  const masks = greens.get(junction.id)!;
  const known = lampsKnown.get(junction.id)!;
  const own = stream.phases.reduce((mask, phase) => mask | (1 << phase), 0);
  const green = new Uint8Array(n);
  for (let t = 0; t < n; t++)
    green[t] = known[first + t] === 1 ? ((masks[first + t]! & own) !== 0 ? 1 : 0) : planned[t]!;
  if (stream.phases.length < 2) return green;
  let ended: number | undefined;
  for (let t = 0; t < n; t++) {
    if (green[t] === 0) continue;
    if (ended !== undefined && t - ended > 1 && t - ended <= longestChangeS) green.fill(1, ended + 1, t);
    ended = t;
  }
  return green;
}

/** What is lost at a green's start, amber gives back at its end. */
function effective(green: Uint8Array): Uint8Array {
  const shifted = new Uint8Array(green.length);
  shifted.set(green.subarray(0, Math.max(0, green.length - startUpLostS)), startUpLostS);
  return shifted;
}

interface Stretch {
  readonly city: City;
  readonly junctions: readonly Junction[];
  readonly record: CorridorRecord;
  readonly from: Instant;
  /** Before this the corridor only fills. */
  readonly counted: Instant;
  readonly to: Instant;
}

interface StreamVolume {
  readonly wiring: StreamWiring;
  readonly pcuS: number;
  readonly saturationPcuS: number;
  readonly vehiclesPerPcu: number;
  readonly share: number;
  readonly exits: ReadonlyMap<string, number>;
}

interface Volumes {
  readonly streams: ReadonlyMap<string, StreamVolume>;
  readonly entries: ReadonlyMap<string, Float64Array>;
  /** Vehicles for each pcu that enters by a link. */
  readonly vehiclesPerPcu: ReadonlyMap<string, number>;
  /** Came from outside in the counted part. */
  readonly vehicles: number;
}

/** Who came, and where they went: the same whatever the lamps did. */
function volumesOf({ city, junctions, record, from, counted, to }: Stretch): Volumes {
  const wiring = wiringOf(city);
  const ids = junctions.flatMap((junction) => junction.streams.map(({ id }) => id));
  const minutes = (id: string) => minutesOf(record, id, { from, to });
  const mean = new Map(ids.map((id) => [id, meanOf(minutes(id))]));
  const byLink = new Map<string, string[]>();
  for (const id of ids) {
    const { link } = wiring.byId.get(id)!;
    byLink.set(link, [...(byLink.get(link) ?? []), id]);
  }
  const sum = (link: string): number => byLink.get(link)!.reduce((total, id) => total + mean.get(id)!.pcuh, 0);
  const sentTo = (link: string): number =>
    ids.reduce((total, id) => total + (wiring.byId.get(id)!.exits.get(link) ?? 0) * mean.get(id)!.pcuh, 0);
  // Turning shares are the manual's: where more would come than was counted, fewer turn that way.
  const turning = new Map([...byLink.keys()].map((link) => [link, Math.min(1, sum(link) / (sentTo(link) || 1))]));
  const streams = new Map(
    ids.map((id): [string, StreamVolume] => {
      const own = wiring.byId.get(id)!;
      const { pcuh, vph, saturationPcuh } = mean.get(id)!;
      const all = sum(own.link);
      const exits = [...own.exits].map(([link, share]) => [link, share * (turning.get(link) ?? 1)] as const);
      return [
        id,
        {
          wiring: own,
          pcuS: pcuh / 3600,
          saturationPcuS: saturationPcuh / 3600,
          vehiclesPerPcu: pcuh > 0 ? vph / pcuh : 1,
          share: all > 0 ? pcuh / all : 1 / byLink.get(own.link)!.length,
          exits: new Map(exits),
        },
      ];
    }),
  );
  const entries = new Map<string, Float64Array>();
  const ratios = new Map<string, number>();
  let vehicles = 0;
  const first = Math.round((counted - from) / 1000);
  for (const [link, own] of byLink) {
    const sent = [...streams.values()].reduce((total, { exits, pcuS }) => total + (exits.get(link) ?? 0) * pcuS, 0);
    const all = sum(link) / 3600;
    const begins = all > 0 ? Math.max(0, 1 - sent / all) : 0;
    if (begins <= 1e-6) continue;
    const rate = new Float64Array(Math.round((to - from) / 1000));
    for (const id of own)
      for (const [minute, { pcuh }] of minutes(id).entries())
        for (let t = 60 * minute; t < Math.min(rate.length, 60 * minute + 60); t++) rate[t]! += (begins * pcuh) / 3600;
    const vehPerPcu = own.reduce((total, id) => total + mean.get(id)!.vph, 0) / (all * 3600);
    entries.set(link, rate);
    ratios.set(link, vehPerPcu);
    // Who is missing between two junctions was counted before, or turned another way than the shares say.
    if (sent <= 0) vehicles += vehPerPcu * rate.subarray(first).reduce((total, value) => total + value, 0);
  }
  return { streams, entries, vehiclesPerPcu: ratios, vehicles };
}

const nothing: FlowSample = { vph: 0, pcuh: 0, saturationPcuh: 0, basis: "scheduled" };

/** Minute by minute; one nobody recorded repeats the last one known. */
function minutesOf(
  { flows, from: origin }: CorridorRecord,
  id: string,
  { from, to }: { readonly from: Instant; readonly to: Instant },
): readonly FlowSample[] {
  const all = flows.get(id) ?? [];
  const first = Math.round((from - origin) / 60_000);
  const count = Math.ceil((to - from) / 60_000);
  let last = all.slice(0, first + 1).findLast((sample) => sample) ?? all.find((sample) => sample) ?? nothing;
  return Array.from({ length: count }, (_, k) => {
    last = all[first + k] ?? last;
    return last;
  });
}

function meanOf(samples: readonly FlowSample[]): Omit<FlowSample, "basis"> {
  const of = (pick: (sample: FlowSample) => number): number =>
    samples.reduce((total, sample) => total + pick(sample), 0) / Math.max(1, samples.length);
  return { vph: of(({ vph }) => vph), pcuh: of(({ pcuh }) => pcuh), saturationPcuh: of((own) => own.saturationPcuh) };
}

function costOf(
  { city, from, counted, to }: Stretch,
  { streams, entries, vehiclesPerPcu, vehicles }: Volumes,
  greens: ReadonlyMap<string, Uint8Array>,
): Cost {
  const links = new Map(
    [...new Set([...streams.values()].map(({ wiring }) => wiring.link))].map((id) => {
      const { lengthM, speedMps, widthM } = city.links.get(id)!;
      return [id, { lengthM, speedMps, storagePcu: (lengthM * widthM) / queueAreaPerPcuM2 }] as const;
    }),
  );
  const loaded = [...streams].map(
    ([id, { wiring, share, saturationPcuS, exits }]): LoadedStream => ({
      id,
      link: wiring.link,
      share,
      saturationPcuS,
      green: greens.get(id)!,
      exits,
    }),
  );
  const steps = Math.round((to - from) / 1000);
  const first = Math.round((counted - from) / 1000);
  const result = loadNetwork({ links, streams: loaded, entries, steps, warmUp: first });
  const saturation = saturationsOf(result, streams, { greens, first });
  let delay = 0;
  let outside = result.waiting;
  for (const [id, { wiring, vehiclesPerPcu: ratio }] of streams) {
    const { waiting, served } = result.streams.get(id)!;
    outside -= waiting;
    const { degree, capacityPcu } = saturation.get(id)!;
    const filtering = filteringFactor(upstreamDegree(wiring, streams, saturation));
    delay += ratio * (waiting + served * randomDelayS({ degree, capacityPcu, filtering, periodS: steps - first }));
  }
  const ratios = [...vehiclesPerPcu.values()];
  delay += outside * (ratios.reduce((a, b) => a + b, 0) / Math.max(1, ratios.length));
  return { vehicles, delayVehH: delay / 3600, delayS: delay / vehicles };
}

interface Degree {
  readonly degree: number;
  readonly capacityPcu: number;
}

function saturationsOf(
  { streams: loads }: LoadingResult,
  streams: Volumes["streams"],
  { greens, first }: { readonly greens: ReadonlyMap<string, Uint8Array>; readonly first: number },
): ReadonlyMap<string, Degree> {
  return new Map(
    [...streams].map(([id, { saturationPcuS }]) => {
      const green = greens.get(id)!.subarray(first);
      const capacityPcu = saturationPcuS * green.reduce((total, value) => total + value, 0);
      const { served, queueAtEnd } = loads.get(id)!;
      return [id, { degree: capacityPcu > 0 ? (served + queueAtEnd) / capacityPcu : 0, capacityPcu }];
    }),
  );
}

/** Mean degree of the signals that send to a stream, by what they send; 0 at the corridor's edge, where chance is whole. */
function upstreamDegree(
  { link }: StreamWiring,
  streams: Volumes["streams"],
  saturation: ReadonlyMap<string, Degree>,
): number {
  let flow = 0;
  let weighed = 0;
  for (const [id, { exits, pcuS }] of streams) {
    const sent = (exits.get(link) ?? 0) * pcuS;
    flow += sent;
    weighed += sent * saturation.get(id)!.degree;
  }
  return flow > 0 ? weighed / flow : 0;
}

/** Analysis period of the delay formula, h (HCM: 15 min). */
const periodH = 0.25;

/** HCM d2 without its steady overflow, which the second-by-second queues hold already: what chance alone adds, s. */
function randomDelayS({
  degree,
  capacityPcu,
  filtering,
  periodS,
}: Degree & { readonly filtering: number; readonly periodS: number }): number {
  const perHour = Math.max(1, (capacityPcu / Math.max(1, periodS)) * 3600);
  const excess = Math.abs(degree - 1);
  const random = (8 * fixedTimeVariance * filtering * degree) / (perHour * periodH);
  return 900 * periodH * (Math.sqrt(excess ** 2 + random) - excess);
}

function total(costs: readonly Cost[]): Cost {
  const sum = (pick: (cost: Cost) => number): number => costs.reduce((a, cost) => a + pick(cost), 0);
  const vehicles = sum((cost) => cost.vehicles);
  const delayVehH = sum((cost) => cost.delayVehH);
  return { vehicles, delayVehH, delayS: vehicles > 0 ? (3600 * delayVehH) / vehicles : 0 };
}

function measuredShare({ flows }: CorridorRecord): number {
  let all = 0;
  let measured = 0;
  for (const samples of flows.values())
    for (const sample of samples) {
      if (!sample) continue;
      all += sample.pcuh;
      if (sample.basis === "measured") measured += sample.pcuh;
    }
  return all > 0 ? measured / all : 0;
}

function lampsKnownShare({ lampsKnown }: CorridorRecord): number {
  let all = 0;
  let known = 0;
  for (const each of lampsKnown.values()) {
    all += each.length;
    known += each.reduce((sum, value) => sum + value, 0);
  }
  return all > 0 ? known / all : 0;
}
