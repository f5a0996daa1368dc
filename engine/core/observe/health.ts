import type { VehicleClass } from "../../../config/model.ts";
import type { Instant } from "../../../config/units.ts";
import type { Counts, Reading } from "../reading.ts";
import { type HealthCode, type HealthState, type Observation, type ObservationFlag, totalOf } from "./observation.ts";
import type { Case, Draft, Repeat, ZeroRun } from "./state.ts";

/** Weights are our own design: how far each flaw lets an observation count. */
const WEIGHT: Readonly<Partial<Record<ObservationFlag, number>>> = {
  late: 0.9,
  "history-only": 0,
  "re-stamped": 0.7,
  "clock-jump": 0.5,
  chatter: 0.5,
  "long-interval": 0.5,
};
const SUSPECT_WEIGHT = 0.3;

/** A period whose numbers have been taken; what is left is to ask whether the detector can be believed. */
export type Candidate = Omit<Observation, "quality" | "flags" | "source" | "detector"> & {
  readonly flags: readonly ObservationFlag[];
  /** Share of the period seen. */
  readonly share: number;
};

/** Weighs a candidate by the detector's behaviour, and gives it out. */
export function conclude(subject: Case, candidate: Candidate): void {
  const { work, facts, draft } = subject;
  const { share, flags: given, ...seen } = candidate;
  const flags = [...given];
  const counting = Object.keys(seen.counts).length > 0;
  const total = totalOf(seen.counts);
  if (counting && total === 0 && (seen.occupancy ?? 0) >= work.settings.congestedOccupancy) flags.push("congestion");

  const old = flags.includes("history-only") || flags.includes("late");
  if (!old) weighEvidence(subject, seen, { total, counting });
  let quality = share;
  for (const flag of flags) quality *= WEIGHT[flag] ?? 1;
  const { state, code } = draft.health;
  const doubted = state === "suspect" || state === "failed";
  if (doubted) {
    flags.push("suspect");
    quality *= state === "failed" || stuck(code) ? 0 : SUSPECT_WEIGHT;
  }
  const { occupancy, presence, ...rest } = seen;
  const believed = !(doubted && code === "stuck-on");
  work.observations.push({
    source: facts.source,
    detector: facts.id,
    ...rest,
    ...(believed && occupancy !== undefined ? { occupancy } : {}),
    ...(believed && presence !== undefined ? { presence } : {}),
    quality: Math.round(quality * 1000) / 1000,
    flags,
  });
}

const stuck = (code: HealthCode): boolean => code === "stuck-value" || code === "stuck-off";

interface Weight {
  readonly total: number;
  readonly counting: boolean;
}

function weighEvidence(subject: Case, seen: Omit<Candidate, "flags" | "share">, { total, counting }: Weight): void {
  const { work, facts, draft } = subject;
  const { settings } = work;
  const { start, end, occupancy } = seen;
  draft.repeat = repeated(draft.repeat, seen);
  draft.fullSince = (occupancy ?? 0) >= settings.fullOccupancy ? (draft.fullSince ?? start) : undefined;
  const standing = (occupancy ?? 0) >= settings.congestedOccupancy || seen.presence === true;
  draft.zero = counting && total === 0 && !standing ? (draft.zero ?? zeroRun(subject, start)) : undefined;
  if (counting) {
    work.passed[facts.junction] = (work.passed[facts.junction] ?? 0) + total;
    draft.counted += total;
    const elapsed = end - start;
    draft.rate += (total / (elapsed / 1000) - draft.rate) * (1 - Math.exp(-elapsed / settings.rateOver));
    draft.ratedFor = (draft.ratedFor + elapsed) as typeof draft.ratedFor;
  }
  const wrong = misbehaviour(subject, end);
  if (wrong) {
    draft.good = 0;
    become(subject, "suspect", wrong.code, wrong.reason);
  } else praise(subject);
}

function misbehaviour(subject: Case, end: Instant): { readonly code: HealthCode; readonly reason: string } | undefined {
  const { work, draft, facts } = subject;
  const { settings } = work;
  const { repeat, zero, fullSince } = draft;
  if (repeat.periods >= settings.stuckAtLeast && repeat.surprise >= -settings.stuckChance) {
    return { code: "stuck-value", reason: `the same values ${repeat.periods} periods in a row` };
  }
  if (fullSince !== undefined && end - fullSince >= settings.stuckOnAfter) {
    return {
      code: "stuck-on",
      reason: `zone occupied without a gap for ${Math.round((end - fullSince) / 60_000)} min`,
    };
  }
  if (!zero || end - zero.since < facts.maxRed + settings.stuckOffBeyondRed) return undefined;
  const minutes = Math.round((end - zero.since) / 60_000);
  const passed = (work.passed[facts.junction] ?? 0) - zero.passedAtStart;
  const expected = (zero.ratio ?? 0) * passed;
  if (expected >= settings.stuckOffExpected) {
    return {
      code: "stuck-off",
      reason: `nothing for ${minutes} min where the junction's other lines suggest ${Math.round(expected)} vehicles`,
    };
  }
  if (draft.counted > 0) return undefined;
  let beside = 0;
  for (const id of facts.beside) beside += work.peek(id)?.counted ?? 0;
  return beside >= settings.neverCounted
    ? { code: "stuck-off", reason: `has never counted while the lanes beside it counted ${beside}` }
    : undefined;
}

/** How unlikely it is that a live detector repeats itself: counts as Poisson draws at their own mean, by class. */
function repeated(before: Repeat, seen: Pick<Candidate, "counts" | "occupancy" | "queueVeh">): Repeat {
  const signature = signatureOf(seen);
  if (signature !== before.signature || totalOf(seen.counts) === 0) return { signature, periods: 1, surprise: 0 };
  let surprise = before.surprise;
  for (const key in seen.counts) {
    const count = seen.counts[key as VehicleClass] ?? 0;
    if (count > 0) surprise += 0.5 * Math.log(2 * Math.PI * count);
  }
  // Ten readily told-apart levels of occupancy.
  if (seen.occupancy !== undefined && seen.occupancy > 0 && seen.occupancy < 1) surprise += Math.log(10);
  return { signature, periods: before.periods + 1, surprise };
}

/** Equal for equal values. */
export function signatureOf(seen: {
  readonly counts: Counts;
  readonly occupancy?: number;
  readonly queueVeh?: number;
}): string {
  const { counts } = seen;
  return `${counts.car ?? "-"},${counts.hv ?? "-"},${counts.mc ?? "-"},${counts.um ?? "-"},${counts.unknown ?? "-"};${seen.occupancy ?? "-"};${seen.queueVeh ?? "-"}`;
}

function zeroRun({ work, facts, draft }: Case, since: Instant): ZeroRun {
  let others = 0;
  for (const id of facts.around) others += work.peek(id)?.rate ?? 0;
  const learned = draft.ratedFor >= work.settings.rateNeeds && others > 0;
  return { since, ratio: learned ? draft.rate / others : undefined, passedAtStart: work.passed[facts.junction] ?? 0 };
}

/** Something new came, good or bad; repeats do not count as a sign of life. */
export function hear(draft: Draft, { receivedAt }: Reading): void {
  draft.lastHeard = receivedAt;
  draft.everHeard = true;
}

/** A good reading. */
function praise(subject: Case): void {
  const { work, draft } = subject;
  const { settings } = work;
  draft.strikes = Math.max(0, draft.strikes - 1);
  draft.good += 1;
  const { state, code } = draft.health;
  if (state === "ok") return;
  const needed = state === "silent" ? settings.returnAfter : settings.recoverAfter;
  if (draft.good >= needed) {
    draft.strikes = 0;
    if (code === "never-heard") become(subject, "ok", "heard", "first readings");
    else become(subject, "ok", "recovered", `${draft.good} good readings in a row`);
  }
}

/** A bad reading; several of them make the detector suspect. */
export function blame(subject: Case, code: HealthCode, reason: string): void {
  const { work, draft } = subject;
  draft.good = 0;
  draft.strikes = Math.min(2 * work.settings.strikes, draft.strikes + 1);
  if (draft.strikes >= work.settings.strikes) become(subject, "suspect", code, reason);
}

/** Changes the health, unless it already is so; failed stays failed until it recovers. */
export function become({ work, facts, draft }: Case, state: HealthState, code: HealthCode, reason: string): void {
  const before = draft.health.state;
  if (before === state || (before === "failed" && state === "suspect")) return;
  draft.health = { state, code, reason, since: work.now };
  work.changes.push({ detector: facts.id, before, ...draft.health });
}
