import type { VehicleClass } from "../../../config/model.ts";
import { after, type Instant, type Millis, millis } from "../../../config/units.ts";
import type { Counts, CrossingReading, TotalReading } from "../reading.ts";
import { judgeClock } from "./clock.ts";
import { blame, conclude, hear } from "./health.ts";
import type { ObservationFlag } from "./observation.ts";
import { beyondBound, periodStart } from "./period.ts";
import { type Bin, type Case, find, type Span, type Total } from "./state.ts";

/** Periods looked back on at most: a device clock of 1970 or a machine that slept must not hold up a tick. */
const MOST_CLOSED = 64;

/** One vehicle: into its period. */
export function judgeCrossing(subject: Case, reading: CrossingReading): void {
  const { work, draft, facts } = subject;
  const at = inTime(subject, reading);
  if (at === undefined) return;
  if (reading.id !== undefined) {
    if (draft.eventIds.includes(reading.id)) {
      find(subject, { code: "duplicate", message: `object ${reading.id} again, dropped` });
      return;
    }
    draft.eventIds = [...draft.eventIds, reading.id].slice(-work.settings.eventIds);
  }
  draft.newestEnd ??= periodStart(at, facts.period);
  if (at < draft.newestEnd) {
    find(subject, { code: "too-late", message: "its period is already closed; dropped" });
    return;
  }
  draft.bins = added(draft.bins, { at, length: facts.period, name: reading.vehicleClass, count: 1 });
}

/** A running total: what it rose by since the last one goes into the periods between. */
export function judgeTotal(subject: Case, reading: TotalReading): void {
  const { draft, facts, work } = subject;
  const { vehicleClass: name, total } = reading;
  const last = draft.totals[name];
  if (last && reading.at <= last.at) {
    find(subject, { code: "replay", message: `total ${total} of an instant already known; ignored` });
    return;
  }
  // A stored message may be as old as it likes: it only sets the baseline.
  const at = reading.retained && !last ? reading.at : inTime(subject, reading);
  if (at === undefined) return;
  const { period } = facts;
  draft.totals = { ...draft.totals, [name]: { total, at } };
  if (!last) {
    // What lies before the first live message was nobody's to see.
    draft.newestEnd ??= periodStart(reading.receivedAt, period);
    return;
  }
  const length = at - last.at;
  const rise = riseOf(subject, { last, total, name, length });
  if (rise === undefined) return;
  if (length > work.settings.spreadPeriods * period) {
    conclude(subject, {
      start: last.at,
      end: at,
      counts: { [name]: rise },
      share: 1,
      flags: ["long-interval"],
    });
    draft.bins = draft.bins.filter((bin) => bin.end > at);
    draft.newestEnd = after(periodStart(at, period), 0 as Millis);
    return;
  }
  spread(subject, { from: last.at, to: at, name, count: rise });
}

function riseOf(
  subject: Case,
  step: { readonly last: Total; readonly total: number; readonly name: VehicleClass; readonly length: number },
): number | undefined {
  const { last, total, name, length } = step;
  const { facts, work } = subject;
  const modulus = work.settings.wraps[facts.id];
  let count = total - last.total;
  if (count < 0 && modulus !== undefined) {
    count += modulus;
    find(subject, { code: "wrap", message: `counter wrapped at ${modulus}: ${last.total} to ${total}` });
  } else if (count < 0) {
    count = total;
    find(subject, {
      code: "reset",
      message: `total fell from ${last.total} to ${total}: counted from 0 where that is possible`,
    });
  }
  const excess = beyondBound(subject, { [name]: count }, length);
  if (!excess) return count;
  find(subject, { code: "impossible-flow", message: `${excess}; this step of the total is left out` });
  blame(subject, "impossible-flow", excess);
  return undefined;
}

/** The reading's instant on the engine's clock, or undefined when it is refused. */
function inTime(subject: Case, reading: CrossingReading | TotalReading): Instant | undefined {
  const { draft, work, facts } = subject;
  hear(draft, reading);
  const offset = reading.at - reading.receivedAt;
  const clock = judgeClock(offset, draft.offsets, facts.period, work.settings);
  if (clock.kind === "reject") {
    find(subject, { code: "clock-skew", message: clock.message, skewS: clock.skewS });
    blame(subject, "clock-skew", clock.message);
    return undefined;
  }
  draft.offsets = [...draft.offsets, offset].slice(-work.settings.clockWindow);
  return clock.kind === "restamp" ? after(reading.at, clock.shift) : reading.at;
}

/** Whole vehicles over the periods from `from` to `to`, in proportion, none lost to rounding. */
function spread(
  subject: Case,
  rise: { readonly from: Instant; readonly to: Instant; readonly name: VehicleClass; readonly count: number },
): void {
  const { draft, facts } = subject;
  const { from, to, name, count } = rise;
  let given = 0;
  for (let start = periodStart(from, facts.period); start < to; start = after(start, facts.period)) {
    const end = Math.min(to, start + facts.period);
    const due = Math.round((count * (end - from)) / (to - from));
    // A period closed meanwhile cannot be reopened; what belongs there goes into the first open one.
    const at = Math.max(start, draft.newestEnd ?? start) as Instant;
    draft.bins = added(draft.bins, { at, length: facts.period, name, count: due - given });
    given = due;
  }
}

function added(
  bins: readonly Bin[],
  entry: { readonly at: Instant; readonly length: Millis; readonly name: VehicleClass; readonly count: number },
): readonly Bin[] {
  const start = periodStart(entry.at, entry.length);
  const i = bins.findIndex((bin) => bin.start === start);
  const plus = (counts: Counts): Counts => ({ ...counts, [entry.name]: (counts[entry.name] ?? 0) + entry.count });
  if (i >= 0) return bins.with(i, { ...bins[i]!, counts: plus(bins[i]!.counts) });
  const grown = [...bins, { start, end: after(start, entry.length), counts: plus({}) }];
  return grown.sort((a, b) => a.start - b.start);
}

/** Closes the periods of events and totals that are over, and says which nobody saw. */
export function closeBins(subject: Case): void {
  const { draft, facts, work } = subject;
  if (draft.newestEnd === undefined) return;
  const oldest = after(periodStart(work.now, facts.period), millis(-MOST_CLOSED * facts.period));
  if (draft.newestEnd < oldest) {
    miss(subject, { start: draft.newestEnd, end: oldest });
    draft.newestEnd = oldest;
    draft.bins = draft.bins.filter(({ start }) => start >= oldest);
  }
  for (;;) {
    const start: Instant = draft.newestEnd;
    const end = after(start, facts.period);
    const state = draft.shape === "total" ? totalsReady(subject, end) : crossingsReady(subject, end);
    if (state === "open") return;
    const bin = draft.bins.find((candidate) => candidate.start === start);
    draft.bins = draft.bins.filter((candidate) => candidate.start > start);
    draft.newestEnd = end;
    if (state === "missing") miss(subject, { start, end });
    else giveOut(subject, { start, end, counts: { ...state, ...bin?.counts } });
  }
}

/** Said once while the silence begins; after that the health says it. */
function miss(subject: Case, span: Span): void {
  if (subject.draft.health.state === "silent") return;
  find(subject, { code: "missing", message: "no sign of the source; missing, not zero", ...span });
}

function giveOut(subject: Case, bin: Bin): void {
  const { facts, work } = subject;
  const flags: ObservationFlag[] = [];
  const counts: Partial<Record<VehicleClass, number>> = { ...bin.counts };
  const excess = beyondBound(subject, counts, facts.period);
  if (excess) {
    flags.push("chatter");
    find(subject, { code: "chatter", message: `${excess}; cut to that`, start: bin.start, end: bin.end });
    const { headway, boundSlack } = work.settings;
    for (const key in counts) {
      const name = key as VehicleClass;
      const bound = Math.floor(facts.lanes * (facts.period / headway[name] + boundSlack));
      counts[name] = Math.min(counts[name] ?? 0, bound);
    }
    blame(subject, "impossible-flow", excess);
  }
  conclude(subject, { start: bin.start, end: bin.end, counts, share: 1, flags });
}

/** Zeros to begin with, `open` while more may come, or `missing`. */
type Readiness = Counts | "open" | "missing";

function crossingsReady({ work, facts }: Case, end: Instant): Readiness {
  const { settings, now } = work;
  if (now < end + settings.eventGrace) return "open";
  const alive = (work.heard[facts.source] ?? Number.NEGATIVE_INFINITY) > end - settings.liveFor;
  return alive ? { unknown: 0 } : "missing";
}

/** A period is full when every class has reported past its end; what lags too long is left out, not taken for zero. */
function totalsReady({ work, facts, draft }: Case, end: Instant): Readiness {
  let reported = 0;
  let waiting = 0;
  const zeros: Partial<Record<VehicleClass, number>> = {};
  for (const key in draft.totals) {
    const name = key as VehicleClass;
    if (draft.totals[name]!.at >= end) {
      reported += 1;
      zeros[name] = 0;
    } else waiting += 1;
  }
  if (waiting > 0 && work.now < end + work.settings.lostAfterPeriods * facts.period) return "open";
  return reported > 0 ? zeros : "missing";
}
