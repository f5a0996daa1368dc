import type { VehicleClass } from "../../../config/model.ts";
import type { Instant, Millis } from "../../../config/units.ts";
import type { Counts, Reading } from "../reading.ts";
import type { Finding, FindingCode, Health, HealthChange, Observation } from "./observation.ts";
import type { DetectorFacts, ObserveSettings } from "./settings.ts";

/** All that judging remembers. Plain data: it can be written down and read back. */
export interface ObserveState {
  readonly detectors: Readonly<Record<string, DetectorState>>;
  /** Vehicles counted at each junction, all detectors together. */
  readonly passed: Readonly<Record<string, number>>;
  /** When each source was last heard. */
  readonly heard: Readonly<Record<string, Instant>>;
}

export interface DetectorState {
  readonly health: Health;
  /** Engine's instant of the last reading that was not a repeat; of the start before any. */
  readonly lastHeard: Instant;
  readonly everHeard: boolean;
  readonly shape: Exclude<Reading["kind"], "fault"> | undefined;
  /** End of the newest period taken (device clock), or of the newest one closed here for events and totals. */
  readonly newestEnd: Instant | undefined;
  /** Newest last. */
  readonly recent: readonly Taken[];
  /** Periods skipped so far, which may yet come. Oldest first. */
  readonly holes: readonly Span[];
  /** Device clock minus arrival, of the last readings taken, ms. */
  readonly offsets: readonly number[];
  readonly totals: Readonly<Partial<Record<VehicleClass, Total>>>;
  /** Open periods of events and totals, oldest first. */
  readonly bins: readonly Bin[];
  readonly eventIds: readonly string[];
  readonly strikes: number;
  /** Good readings in a row. */
  readonly good: number;
  readonly repeat: Repeat;
  /** While nothing crosses. */
  readonly zero: ZeroRun | undefined;
  readonly fullSince: Instant | undefined;
  /** Mean flow, veh/s, and the time it was learned over. */
  readonly rate: number;
  readonly ratedFor: Millis;
  readonly counted: number;
  /** How often each finding was made. */
  readonly tally: Readonly<Partial<Record<FindingCode, number>>>;
}

export interface Span {
  readonly start: Instant;
  readonly end: Instant;
}

export interface Taken extends Span {
  readonly signature: string;
}

export interface Total {
  readonly total: number;
  readonly at: Instant;
}

export interface Bin extends Span {
  readonly counts: Counts;
}

export interface Repeat {
  readonly signature: string;
  readonly periods: number;
  /** Minus the logarithm of the chance of it. */
  readonly surprise: number;
}

export interface ZeroRun {
  readonly since: Instant;
  /** This line's share of the junction's flow against the others'; undefined when not learned yet. */
  readonly ratio: number | undefined;
  readonly passedAtStart: number;
}

/** What one call of `observe` works on; copies of the state, one per detector touched. */
export interface Work {
  readonly now: Instant;
  readonly settings: ObserveSettings;
  readonly passed: Record<string, number>;
  readonly heard: Record<string, Instant>;
  readonly observations: Observation[];
  readonly findings: Finding[];
  readonly changes: HealthChange[];
  /** Anyone's present state, for comparison with neighbours. */
  peek(detector: string): DetectorState | undefined;
}

export type Draft = { -readonly [K in keyof DetectorState]: DetectorState[K] };

/** One detector in one call. */
export interface Case {
  readonly work: Work;
  readonly facts: DetectorFacts;
  readonly draft: Draft;
}

export function find({ work, facts, draft }: Case, finding: Omit<Finding, "at" | "detector">): void {
  work.findings.push({ at: work.now, detector: facts.id, ...finding });
  draft.tally = { ...draft.tally, [finding.code]: (draft.tally[finding.code] ?? 0) + 1 };
}
