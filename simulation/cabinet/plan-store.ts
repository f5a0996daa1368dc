import type { Junction, Schedule } from "../../config/model.ts";
import { scheduledPlanSet } from "../../config/schedule.ts";
import type { Instant, Millis } from "../../config/units.ts";

import { checkPlan, LAST_PATTERN } from "./plan-check.ts";
import { storedPlan } from "./stored-plan.ts";
import type { PlanFault, StoredPlan } from "./virtual-cabinet.ts";

const DAY = 86_400_000;

/** Pattern numbers with a meaning of their own (NTCIP 1202 systemPatternControl). */
export const FREE = 254;
export const FLASH = 255;

/** The cabinet's pattern slots and its own calendar. They survive a power loss. */
export class PlanStore {
  readonly #junction: Junction;
  readonly #schedule: Schedule;
  readonly #utcOffset: Millis;
  readonly #slots = new Map<number, StoredPlan>();
  /** Slots nobody has written over since they were filled from the schedule. */
  readonly #scheduled = new Set<number>();
  #day = Number.NaN;
  /** The schedule holds a plan this cabinet cannot run. */
  rejected: boolean = false;

  constructor(options: { readonly junction: Junction; readonly schedule: Schedule; readonly utcOffset: Millis }) {
    this.#junction = options.junction;
    this.#schedule = options.schedule;
    this.#utcOffset = options.utcOffset;
    for (const { slot } of options.schedule.planSets.values()) this.#scheduled.add(slot);
  }

  get(pattern: number): StoredPlan | undefined {
    return this.#slots.get(pattern);
  }

  /** All or none. */
  store(plans: ReadonlyMap<number, StoredPlan>): PlanFault | undefined {
    for (const [pattern, plan] of plans) {
      const fault =
        Number.isInteger(pattern) && pattern >= 1 && pattern <= LAST_PATTERN
          ? checkPlan(this.#junction, plan)
          : { code: "slot" as const, phase: 0, message: `pattern ${pattern} is not within 1..${LAST_PATTERN}` };
      if (fault) return fault;
    }
    for (const [pattern, plan] of plans) {
      this.#slots.set(pattern, copy(plan));
      this.#scheduled.delete(pattern);
    }
    return undefined;
  }

  erase(pattern: number): void {
    this.#slots.delete(pattern);
    this.#scheduled.delete(pattern);
  }

  /** Pattern the calendar asks for at the cabinet's own time; free where it asks for none that can run. */
  scheduledPattern(at: Instant): number {
    this.#refresh(at);
    const { slot } = scheduledPlanSet(this.#schedule, this.#utcOffset, at);
    return this.#slots.has(slot) ? slot : FREE;
  }

  /**
   * Scheduled offsets count from UTC midnight, slots from the epoch: each UTC day has its own conversion, and where the
   * cycle does not divide a day the offset moves at midnight.
   */
  #refresh(at: Instant): void {
    const day = Math.floor(at / DAY);
    if (day === this.#day) return;
    this.#day = day;
    for (const { slot, plans } of this.#schedule.planSets.values()) {
      const plan = plans.get(this.#junction.id);
      if (!plan || !this.#scheduled.has(slot)) continue;
      const stored = storedPlan(plan, slot, at);
      const before = this.#slots.get(slot);
      if (before?.offset === stored.offset) continue;
      if (checkPlan(this.#junction, stored)) this.rejected = true;
      else this.#slots.set(slot, stored);
    }
  }
}

/** Nobody outside can change a plan after it was checked. */
const copy = (plan: StoredPlan): StoredPlan => ({
  planId: plan.planId,
  cycle: plan.cycle,
  offset: plan.offset,
  splits: new Map(plan.splits),
  sequence: plan.sequence.map((ring) => [...ring]),
  ...(plan.modes ? { modes: new Map(plan.modes) } : {}),
});
