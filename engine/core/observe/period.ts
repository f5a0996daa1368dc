import type { VehicleClass } from "../../../config/model.ts";
import { after, type Instant, type Millis } from "../../../config/units.ts";
import type { Counts, PeriodReading } from "../reading.ts";
import { judgeClock } from "./clock.ts";
import { blame, conclude, hear, signatureOf } from "./health.ts";
import type { ObservationFlag } from "./observation.ts";
import { type Case, find, type Span } from "./state.ts";

/** Periods remembered for telling duplicates; more than the reorder window. */
const REMEMBERED = 8;
/** Holes remembered; with more, the oldest is given up. */
const MOST_HOLES = 8;

/** Judges one period reading of a known detector. */
export function judgePeriod(subject: Case, reading: PeriodReading): void {
  const { work, draft } = subject;
  const { settings } = work;
  const { start, end } = reading;
  const length = (end - start) as Millis;
  const span = { start, end };

  const same = draft.recent.find((taken) => taken.start === start && taken.end === end);
  const signature = signatureOf(reading);
  if (same) {
    if (same.signature === signature) find(subject, { code: "duplicate", message: "sent again, dropped", ...span });
    else find(subject, { code: "conflict", message: "sent again with other values; the first is kept", ...span });
    return;
  }

  hear(draft, reading);
  const offset = end - reading.receivedAt;
  const clock = judgeClock(offset, draft.offsets, length, settings);
  if (clock.kind === "reject") {
    find(subject, { code: "clock-skew", message: clock.message, skewS: clock.skewS, ...span });
    blame(subject, "clock-skew", clock.message);
    return;
  }
  const excess = beyondBound(subject, reading.counts, length) ?? beyondBound(subject, unknownOnly(reading), length);
  if (excess) {
    find(subject, { code: "impossible-flow", message: excess, ...span });
    blame(subject, "impossible-flow", excess);
    return;
  }
  const share = Math.min(1, (reading.observed ?? length) / length);
  if (share < settings.leastObserved) {
    find(subject, {
      code: "partial",
      message: `only ${Math.round(share * 100)} % of the period was seen; missing`,
      ...span,
    });
    blame(subject, "partial-view", `sees only ${Math.round(share * 100)} % of its periods`);
    return;
  }

  const flags: ObservationFlag[] = [];
  draft.offsets = [...draft.offsets, offset].slice(-settings.clockWindow);
  if (clock.kind === "restamp") {
    flags.push("re-stamped");
    find(subject, {
      code: "clock-skew",
      message: "device clock slightly ahead; placed by arrival",
      skewS: Math.round(offset / 1000),
      ...span,
    });
  }
  place(subject, span, length, flags);
  draft.recent = [...draft.recent, { ...span, signature }].slice(-REMEMBERED);
  const shift = clock.kind === "restamp" ? clock.shift : (0 as Millis);
  conclude(subject, {
    start: after(start, shift),
    end: after(end, shift),
    counts: takeCounts(subject, reading, { share, flags }),
    ...(reading.occupancy === undefined ? {} : { occupancy: reading.occupancy }),
    ...(reading.speedKmh === undefined ? {} : { speedKmh: reading.speedKmh }),
    ...(reading.queueVeh === undefined ? {} : { queueVeh: reading.queueVeh }),
    ...(reading.presence === undefined ? {} : { presence: reading.presence }),
    share,
    flags,
  });
}

/** Where the period stands among those already taken: next, late, too late, or across one of them. */
function place(subject: Case, span: Span, length: Millis, flags: ObservationFlag[]): void {
  const { work, draft } = subject;
  const { newestEnd } = draft;
  const { start, end } = span;
  if (newestEnd === undefined) {
    draft.newestEnd = end;
    return;
  }
  if (end < newestEnd - work.settings.reorderPeriods * length) {
    flags.push("history-only");
    find(subject, {
      code: "too-late",
      message: `${Math.round((newestEnd - end) / 1000)} s older than the newest; history only`,
      ...span,
    });
    return;
  }
  if (end <= newestEnd) {
    flags.push("late");
    find(subject, { code: "late", message: "out of order, taken for its own period", ...span });
  }
  if (draft.recent.some((taken) => start < taken.end && end > taken.start)) {
    flags.push("clock-jump");
    find(subject, {
      code: "clock-jump",
      message: "overlaps a period already taken: the device's clock was set",
      ...span,
    });
  }
  draft.holes = filled(draft.holes, span);
  // Half a period of slack, so that a grid moved by milliseconds is no gap.
  if (start > newestEnd + length / 2) draft.holes = [...draft.holes, { start: newestEnd, end: start }];
  if (end > newestEnd) draft.newestEnd = end;
  giveUpHoles(subject, length);
}

/** Holes that can no longer be filled are missing: by newer periods, or by the engine's clock. */
export function giveUpHoles(subject: Case, length: Millis): void {
  const { work, draft } = subject;
  if (draft.holes.length === 0) return;
  const { reorderPeriods, lostAfterPeriods } = work.settings;
  const newest = draft.newestEnd ?? work.now;
  const lost = draft.holes.filter(
    (hole, i) =>
      newest > hole.end + reorderPeriods * length ||
      work.now >= hole.end + lostAfterPeriods * length ||
      i < draft.holes.length - MOST_HOLES,
  );
  if (lost.length === 0) return;
  draft.holes = draft.holes.filter((hole) => !lost.includes(hole));
  for (const hole of lost) {
    const message = `no reading for ${Math.round((hole.end - hole.start) / 1000)} s; missing, not zero`;
    find(subject, { code: "missing", message, start: hole.start, end: hole.end });
  }
}

function filled(holes: readonly Span[], by: Span): readonly Span[] {
  if (holes.length === 0) return holes;
  return holes.flatMap((hole) => {
    if (by.end <= hole.start || by.start >= hole.end) return [hole];
    const left: Span[] = [];
    if (by.start > hole.start) left.push({ start: hole.start, end: by.start });
    if (by.end < hole.end) left.push({ start: by.end, end: hole.end });
    return left;
  });
}

/** Why these counts cannot be, or undefined when they can. */
export function beyondBound({ work, facts }: Case, counts: Counts, length: number): string | undefined {
  const { headway, boundSlack } = work.settings;
  for (const key in counts) {
    const name = key as VehicleClass;
    const count = counts[name] ?? 0;
    const bound = facts.lanes * (length / headway[name] + boundSlack);
    if (count > bound) {
      return `${count} ${name} in ${length / 1000} s on ${facts.lanes} lane(s); at most ${Math.floor(bound)} can pass`;
    }
  }
  return undefined;
}

function unknownOnly({ counts, unknownClasses }: PeriodReading): Counts {
  if (!unknownClasses) return {};
  let unknown = counts.unknown ?? 0;
  for (const key in unknownClasses) unknown += unknownClasses[key] ?? 0;
  return { unknown };
}

interface Reading {
  readonly share: number;
  readonly flags: ObservationFlag[];
}

/** Scales what was seen of the period up to all of it, and puts unknown classes apart. */
function takeCounts(subject: Case, reading: PeriodReading, { share, flags }: Reading): Counts {
  const { unknownClasses } = reading;
  let counts = reading.counts;
  if (unknownClasses) {
    flags.push("unknown-class");
    const names = Object.keys(unknownClasses).join(", ");
    find(subject, {
      code: "unknown-class",
      message: `unknown class ${names}; counted apart`,
      start: reading.start,
      end: reading.end,
    });
    counts = { ...counts, ...unknownOnly(reading) };
  }
  if (share >= 1) return counts;
  flags.push("scaled");
  const scaled: Partial<Record<VehicleClass, number>> = {};
  for (const key in counts) scaled[key as VehicleClass] = Math.round((counts[key as VehicleClass] ?? 0) / share);
  return scaled;
}

/** Whole periods of `length` since the epoch. */
export const periodStart = (at: Instant, length: Millis): Instant => (Math.floor(at / length) * length) as Instant;
