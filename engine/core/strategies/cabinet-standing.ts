import type { TimingPlan } from "../../../config/plan.ts";
import { between, type Instant } from "../../../config/units.ts";
import type { CabinetMode, CabinetStatus, ReachableStatus } from "../cabinet.ts";
import type { Knowledge, Wanted } from "../strategy.ts";

/** Modes in which a cabinet takes plans from a centre; in all others the street, the police or a fault has the say. */
const listening: readonly CabinetMode[] = ["local", "central"];

/** A cabinet that a strategy may want something of; for all others it wants nothing. */
export function listens(status: CabinetStatus | undefined): status is ReachableStatus {
  return status?.kind === "reachable" && listening.includes(status.mode);
}

/** Takes second-by-second phases. */
export const servesSeconds = (status: CabinetStatus | undefined): status is ReachableStatus =>
  listens(status) && status.capabilities.secondBySecond;

export const takesPlans = (status: CabinetStatus | undefined): status is ReachableStatus =>
  listens(status) && status.capabilities.planDownload;

/** The plan a junction runs as far as the engine knows: its own last one, else what the schedule says. */
export const runningPlan = ({ inForce, scheduled }: Knowledge, junction: string): TimingPlan | undefined =>
  inForce.get(junction) ?? scheduled.get(junction);

/** The centre's hand is on the cabinet, but which plan runs is not known: no change can be measured against it. */
export function isUnknown({ inForce, cabinets }: Knowledge, junction: string): boolean {
  const status = cabinets.get(junction);
  return takesPlans(status) && status.mode !== "local" && !inForce.has(junction);
}

/** To know what runs, ask for the scheduled plan. */
export function scheduledFirst({ scheduled }: Knowledge, junction: string): readonly Wanted[] {
  const plan = scheduled.get(junction);
  if (!plan) return [];
  const text = `Which plan ${junction} runs is not known; first the scheduled plan ${plan.id}.`;
  return [
    { junction, action: { kind: "plan", plan }, reasons: [{ code: "plan-unknown", text, values: { plan: plan.id } }] },
  ];
}

/** One plan change a cycle, and none while the last one is still being worked in. */
export function mayChange(
  status: ReachableStatus,
  running: TimingPlan,
  last: Instant | undefined,
  now: Instant,
): boolean {
  return !status.inTransition && (last === undefined || between(last, now) >= running.cycle);
}
