import { Pattern, ref, type Write } from "ntcip-ts";
import type { Junction } from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { type Instant, type Millis, toSeconds } from "../../config/units.ts";
import { callPattern, type InForce, siteOf, systemPattern, type Taken } from "./control.ts";
import type { Unit } from "./discovery.ts";
import { chooseSlot, planFault, rowsOf, type Slot } from "./plan-rows.ts";
import { type Ending, endingOf, get, refused, type Script } from "./script.ts";
import { buffer, supersededCode, transact, writeSingly } from "./transaction.ts";

export interface DownloadOptions {
  readonly plan: TimingPlan;
  readonly junction: Junction;
  readonly unit: Unit;
  /** The unit wants dbTransactionID (1202 v01). */
  readonly transactionIds: boolean;
  /** Watchdog of the unit; goes with the plan when the unit's is another. */
  readonly backupTime: Millis;
  /** Stays so when nothing was called. */
  readonly before: InForce | undefined;
  readonly now: () => Instant;
  readonly superseded: () => boolean;
}

/**
 * A plan into a pattern that does not run, then a call of that pattern: nothing of it is in force before all of it has
 * been read back. An engine killed anywhere in between leaves an open transaction, which stores nothing and which the
 * next download rolls back, or a stored pattern that nobody calls.
 */
export function* download(options: DownloadOptions): Script<Taken> {
  const { plan, junction, unit, before, now, superseded } = options;
  const { limits } = unit;
  const unchanged = (ending: Ending): Taken => ({ ending, inForce: before });
  const fault = planFault(plan, junction, limits);
  if (fault) return unchanged(refused(fault.code, fault.detail));
  const seen = yield* get(ref("coordPatternStatus"), systemPattern, ref("unitBackupTime"));
  if (!seen.ok) return unchanged(endingOf(seen.error, "reading what runs"));
  const [running, called, backupTime] = seen.values as readonly number[];
  const first = chooseSlot(limits, running!, called!);
  function* edit(): Script<readonly Write[] | Ending> {
    const slot = yield* claimSplit(first, running!, called!);
    if ("result" in slot) return slot;
    const rows = rowsOf(plan, { junction, limits, slot, at: now() });
    const wanted = Math.ceil(toSeconds(options.backupTime));
    const watchdog: readonly Write[] = backupTime === wanted ? [] : [{ ref: ref("unitBackupTime"), value: wanted }];
    const refusal = yield* buffer([...rows, ...watchdog]);
    return refusal ?? [...rows, ...watchdog, { ref: ref("patternSplitNumber", slot.pattern), value: slot.split }];
  }
  const ending = unit.transactions
    ? yield* transact(edit, superseded, options.transactionIds)
    : yield* writeSingly(edit);
  if (ending.result !== "accepted") return unchanged(ending);
  if (superseded()) return unchanged(refused(supersededCode, "a release came before the pattern was called"));
  return yield* callPattern(first.pattern, siteOf(junction, unit));
}

/**
 * The pattern's split row: ours where the unit lets us say so. The v02 and v03 files make patternSplitNumber read-only;
 * then the row it points to is ours, unless a pattern in force uses it too.
 */
function* claimSplit(slot: Slot, running: number, called: number): Script<Slot | Ending> {
  const number = ref("patternSplitNumber", slot.pattern);
  const refusal = yield* buffer([{ ref: number, value: slot.split }]);
  if (!refusal) return slot;
  if (refusal.result !== "refused" || (refusal.code !== "no-such-name" && refusal.code !== "read-only")) return refusal;
  const others = [...new Set([running, called])].filter((pattern) => pattern > 0 && pattern <= Pattern.last);
  const rows = yield* get(number, ...others.map((pattern) => ref("patternSplitNumber", pattern)));
  if (!rows.ok) return endingOf(rows.error, "reading patternSplitNumber");
  const [split, ...inForce] = rows.values as readonly number[];
  if (split === undefined || inForce.includes(split))
    return refused("split-shared", `pattern ${slot.pattern} shares split ${split} with a pattern in force`);
  return { ...slot, split };
}
