import { between, type Instant, type Millis, seconds } from "../../../config/units.ts";
import type { Observation } from "../observe/observation.ts";
import { totalOf } from "../observe/observation.ts";
import { counted, type RateFilter } from "./rate-filter.ts";

/** What an exit line says of the link it lies on. */
export interface ExitState {
  readonly at: Instant;
  /** 0 flowing, 1 standing; smoothed over two periods or so. */
  readonly blocked: number;
  /** Vehicles that enter the link. */
  readonly inflow: RateFilter;
  readonly window: { readonly since: Instant; readonly vehicles: number; readonly seen: number };
}

/** An exit view occupied for longer than this with somebody standing in it does not flow (control notes, occupancy > 65 % during green). */
const blockedOccupancy = 0.65;
/** Without a word on standing vehicles, moving traffic alone never covers the view for this share of the time. */
const solidOccupancy = 0.9;
const smoothing = 0.5;
/** An exit is counted over about a cycle, so that platoons even out. */
const countFor = seconds(120);

export function exitSeen(before: ExitState | undefined, observation: Observation, inflow: RateFilter): ExitState {
  const { start, end, occupancy = 0, queueVeh, presence } = observation;
  const stands = (queueVeh ?? 0) > 0 || presence === true;
  const blocked = occupancy >= solidOccupancy || (occupancy >= blockedOccupancy && stands) ? 1 : 0;
  const length = between(start, end) / 1000;
  const vehicles = totalOf(observation.counts);
  const state = before ?? { at: end, blocked, inflow, window: { since: start, vehicles: 0, seen: 0 } };
  const window = {
    since: state.window.since,
    vehicles: state.window.vehicles + vehicles,
    seen: state.window.seen + length,
  };
  const next = { ...state, at: end, blocked: state.blocked + smoothing * (blocked - state.blocked), window };
  const total = between(window.since, end);
  if (total < countFor) return next;
  const coverage = Math.min(1, window.seen / (total / 1000));
  return {
    ...next,
    inflow: counted(state.inflow, {
      vehicles: window.vehicles / coverage,
      seconds: total / 1000,
      weight: observation.quality * coverage,
      atLeast: false,
    }),
    window: { since: end, vehicles: 0, seen: 0 },
  };
}

/** How long an exit's word holds: queues at an exit come and go within a cycle. */
export const exitHolds: Millis = seconds(30);
