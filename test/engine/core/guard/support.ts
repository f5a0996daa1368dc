import type { Control, Junction, Phase } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import { type Instant, instant, type Millis, millis, seconds } from "../../../../config/units.ts";
import type { Action, Capabilities, Command, ReachableStatus } from "../../../../engine/core/cabinet.ts";
import { type GuardRequest, guard } from "../../../../engine/core/guard/guard.ts";
import { plans, testCity } from "../../../support/city.ts";

export const city = testCity();
export const now = instant(1_800_000_000_000);
export const ago = (age: number): Instant => instant(now - age);
export const junctionOf = (id: string): Junction => city.junctions.get(id)!;
export const planOf = (id: string): TimingPlan => plans.find((plan) => plan.junction === id)!;

/** A cabinet that can do everything to the millisecond, so that each test narrows one thing. */
export const capabilities: Capabilities = {
  planDownload: true,
  secondBySecond: true,
  maxPhases: 16,
  cycleMin: seconds(30),
  cycleMax: seconds(255),
  resolution: millis(1),
};

export const cabinetOf = (junction: string, changes: Partial<ReachableStatus> = {}): ReachableStatus => ({
  kind: "reachable",
  junction,
  at: ago(1000),
  mode: "central",
  capabilities,
  pattern: 1,
  inTransition: false,
  phases: {},
  cyclePosition: undefined,
  elapsed: undefined,
  clockError: undefined,
  faults: [],
  ...changes,
});

export const commandOf = (junction: string, action: Action): Command => ({ id: "c-1", junction, at: ago(100), action });

/** An allowed request around one action, with everything known and in order. */
export function requestOf(junction: string, action: Action, changes: Partial<GuardRequest> = {}): GuardRequest {
  return {
    command: commandOf(junction, action),
    junction: junctionOf(junction),
    control: city.control,
    cabinet: cabinetOf(junction),
    inForce: planOf(junction),
    scheduled: { ...planOf(junction), id: "night", cycle: seconds(60) },
    now,
    newestReading: ago(1000),
    auditWritten: true,
    target: "virtual",
    ...changes,
  };
}

export const planRequest = (plan: TimingPlan, changes: Partial<GuardRequest> = {}): GuardRequest =>
  requestOf(plan.junction, { kind: "plan", plan }, { inForce: plan, ...changes });

/** Each fault once, as "invariant code". */
export function faults(request: GuardRequest): readonly string[] {
  const verdict = guard(request);
  if (verdict.allowed) return [];
  return [...new Set(verdict.denials.map(({ invariant, code }) => `${invariant} ${code}`))];
}

export const withControl = (changes: Partial<Control>): Control => ({ ...city.control, ...changes });

export function withSplits(plan: TimingPlan, splits: Readonly<Record<number, number>>): TimingPlan {
  return {
    ...plan,
    splits: plan.splits.map(({ phase, split }) => ({ phase, split: (splits[phase] ?? split) as Millis })),
  };
}

export function withPhase(junction: Junction, number: number, changes: Partial<Phase>): Junction {
  return {
    ...junction,
    phases: junction.phases.map((phase) => (phase.number === number ? { ...phase, ...changes } : phase)),
  };
}
