import type { City } from "../../../config/model.ts";
import type { Instant } from "../../../config/units.ts";
import type { Reading } from "../reading.ts";
import { closeBins, judgeCrossing, judgeTotal } from "./bins.ts";
import { become, blame, hear } from "./health.ts";
import type { Finding, HealthChange, Observation } from "./observation.ts";
import { giveUpHoles, judgePeriod } from "./period.ts";
import { type DetectorFacts, defaultSettings, detectorFacts, type ObserveSettings } from "./settings.ts";
import { type Case, type DetectorState, type Draft, find, type ObserveState, type Work } from "./state.ts";

export type { DetectorState, ObserveState } from "./state.ts";

export interface Judged {
  readonly state: ObserveState;
  /** In the order they became known. */
  readonly observations: readonly Observation[];
  /** Only what changed. */
  readonly health: readonly HealthChange[];
  /** Every fault met, one line each; they are also counted in the state. */
  readonly findings: readonly Finding[];
}

/** Before any reading: nothing is wrong yet, and nothing has been heard. */
export function startObserve(city: City, now: Instant): ObserveState {
  const detectors: Record<string, DetectorState> = {};
  for (const id of detectorFacts(city).keys()) detectors[id] = fresh(now);
  return { detectors, passed: {}, heard: {} };
}

const fresh = (now: Instant): DetectorState => ({
  health: { state: "ok", code: "never-heard", reason: "nothing heard yet", since: now },
  lastHeard: now,
  everHeard: false,
  shape: undefined,
  newestEnd: undefined,
  recent: [],
  holes: [],
  offsets: [],
  totals: {},
  bins: [],
  eventIds: [],
  strikes: 0,
  good: 0,
  repeat: { signature: "", periods: 0, surprise: 0 },
  zero: undefined,
  fullSince: undefined,
  rate: 0,
  ratedFor: 0 as DetectorState["ratedFor"],
  counted: 0,
  tally: {},
});

/**
 * Judges what came in since the last call, and what did not: call it each tick, with no readings too. Pure. Faults and
 * their treatment: duplicates, conflicts, order, gaps, resets, clocks, impossible and stuck values, partial periods.
 */
export function observe(
  state: ObserveState,
  readings: readonly Reading[],
  now: Instant,
  city: City,
  settings: ObserveSettings = defaultSettings,
): Judged {
  const facts = detectorFacts(city);
  const drafts = new Map<string, Draft>();
  const work: Work = {
    now,
    settings,
    passed: { ...state.passed },
    heard: { ...state.heard },
    observations: [],
    findings: [],
    changes: [],
    peek: (id) => drafts.get(id) ?? state.detectors[id],
  };
  const open = (of: DetectorFacts): Case => {
    let draft = drafts.get(of.id);
    if (!draft) {
      draft = { ...(state.detectors[of.id] ?? fresh(now)) };
      drafts.set(of.id, draft);
    }
    return { work, facts: of, draft };
  };

  for (const reading of readings) {
    const of = facts.get(reading.detector);
    if (of) judge(open(of), reading);
    else work.findings.push(unplaced(reading, now));
  }
  for (const of of facts.values()) {
    const seen = drafts.get(of.id) ?? state.detectors[of.id];
    if (!seen || needsCare(seen, of, work)) care(open(of));
  }
  return {
    state: {
      detectors: drafts.size === 0 ? state.detectors : { ...state.detectors, ...Object.fromEntries(drafts) },
      passed: work.passed,
      heard: work.heard,
    },
    observations: work.observations,
    health: work.changes,
    findings: work.findings,
  };
}

function judge(subject: Case, reading: Reading): void {
  const { work, draft, facts } = subject;
  if (reading.kind === "fault") {
    find(subject, { code: "invalid", message: reading.message });
    hear(draft, reading);
    blame(subject, "invalid-messages", reading.message);
    return;
  }
  if (reading.source !== facts.source) {
    find(subject, {
      code: "invalid",
      message: `sent by ${reading.source}, but the detector belongs to ${facts.source}`,
    });
    return;
  }
  work.heard[facts.source] = Math.max(work.heard[facts.source] ?? 0, reading.receivedAt) as Instant;
  draft.shape = reading.kind;
  if (reading.kind === "period") judgePeriod(subject, reading);
  else if (reading.kind === "total") judgeTotal(subject, reading);
  else judgeCrossing(subject, reading);
}

const unplaced = (reading: Reading, now: Instant): Finding => ({
  at: now,
  detector: reading.detector,
  code: reading.kind === "fault" ? "invalid" : "unknown-detector",
  message:
    reading.kind === "fault"
      ? reading.message
      : `"${reading.detector}" of "${reading.source}" is in no configuration; reading left out`,
});

/** Events have no periods of their own: their source's sign of life is theirs. */
function lastSign(seen: DetectorState, of: DetectorFacts, work: Work): Instant {
  return seen.shape === "crossing"
    ? (Math.max(seen.lastHeard, work.heard[of.source] ?? seen.lastHeard) as Instant)
    : seen.lastHeard;
}

function silentAfter(seen: DetectorState, of: DetectorFacts, { settings }: Work): number {
  const periods = Math.max(settings.silentAtLeast, settings.silentAfterPeriods * of.period);
  return seen.shape === "crossing" ? Math.max(periods, settings.liveFor) : periods;
}

/** Cheap to ask of every detector at every tick. */
function needsCare(seen: DetectorState, of: DetectorFacts, work: Work): boolean {
  if (seen.holes.length > 0) return true;
  if (seen.newestEnd !== undefined && seen.shape !== "period") return true;
  if (seen.health.state === "suspect") return true;
  return seen.health.state !== "silent" && work.now - lastSign(seen, of, work) > silentAfter(seen, of, work);
}

/** What time alone does to a detector. */
function care(subject: Case): void {
  const { draft, facts, work } = subject;
  if (draft.shape === "period") giveUpHoles(subject, facts.period);
  else closeBins(subject);
  const { state, since } = draft.health;
  const quiet = work.now - lastSign(draft, facts, work);
  if (state !== "silent" && quiet > silentAfter(draft, facts, work)) {
    draft.good = 0;
    draft.zero = undefined;
    become(
      subject,
      "silent",
      draft.everHeard ? "silent" : "never-heard",
      draft.everHeard ? `nothing new for ${Math.round(quiet / 1000)} s` : "nothing heard since the start",
    );
  } else if (state === "suspect" && work.now - since >= work.settings.failedAfter) {
    const { code, reason } = draft.health;
    become(subject, "failed", code, reason);
  }
}
