import type { TimingPlan } from "../../config/plan.ts";
import { between, type Instant, millis, seconds } from "../../config/units.ts";
import type { CabinetStatus } from "../core/cabinet.ts";
import type { Wanted } from "../core/strategy.ts";
import { mayAct, redundant } from "./hand.ts";
import type { Hand, Setting } from "./state.ts";

/** A cabinet's watchdog is fed this many times within its backup time, so that a lost message or two do no harm. */
const FEEDS_PER_BACKUP_TIME = 4;
/** Where the configuration has no cabinet for a junction (a recorded log), s. */
const DEFAULT_BACKUP_TIME = seconds(60);
/** Knowledge older than this many age limits gives the cabinet back to local control (DESIGN section 4, 7). */
const RELEASE_AFTER_AGE_LIMITS = 5;

/** A call made on what cameras showed lapses this long after they should have shown more. */
const SERVES_LAPSE_AFTER = seconds(3);

/** One cabinet at one tick. */
export interface Standing {
  readonly setting: Setting;
  readonly junction: string;
  readonly now: Instant;
  readonly hand: Hand;
  readonly status: CabinetStatus | undefined;
  /** Of the newest reading. */
  readonly age: number;
  readonly scheduled: TimingPlan | undefined;
  /** What the strategy wants. */
  readonly wanted: Wanted | undefined;
}

/** The one thing to send now, if any: what is wanted, else what keeps the cabinet's watchdog content. */
export function nextFor(standing: Standing): Wanted | undefined {
  const { hand, status, now, wanted } = standing;
  const fresh = isStale(standing) ? fallBack(standing) : (wanted ?? lapsed(standing));
  const news = fresh && !redundant(hand, fresh.action) ? fresh : undefined;
  return [news, feed(standing)].find((want) => want && mayAct(hand, want.action, status, now));
}

export const isStale = ({ setting, age }: Pick<Standing, "setting" | "age">): boolean =>
  age > setting.city.control.maxReadingAge;

/** Stale knowledge decides nothing: first the scheduled plan, then local control. A cabinet that is not ours is left alone. */
function fallBack({ setting, junction, age, hand, scheduled }: Standing): Wanted | undefined {
  if (!hand.claimed) return undefined;
  const limit = setting.city.control.maxReadingAge;
  const values = { age_s: age / 1000, limit_s: limit / 1000 };
  const because = `No reading for ${values.age_s} s (limit ${values.limit_s} s)`;
  if (age > RELEASE_AFTER_AGE_LIMITS * limit || !scheduled) {
    const reason = { code: "stale-released", text: `${because}: handed back to local control.`, values };
    return { junction, action: { kind: "release" }, reasons: [reason] };
  }
  const reason = { code: "stale-scheduled", text: `${because}: scheduled plan ${scheduled.id}.`, values };
  return { junction, action: { kind: "plan", plan: scheduled }, reasons: [reason] };
}

/**
 * What a strategy that watches said last is worth nothing when the cameras show nothing any more and it has nothing else to
 * say: the cabinet goes back to the scheduled plan by its own transition.
 */
function lapsed({ setting, junction, hand, now, scheduled }: Standing): Wanted | undefined {
  if (!setting.strategy.watches || !hand.serving) return undefined;
  const unseen = hand.watched === undefined ? Number.POSITIVE_INFINITY : between(hand.watched, now);
  if (unseen < setting.strategy.period + SERVES_LAPSE_AFTER) return undefined;
  const values = hand.watched === undefined ? {} : { unseen_s: unseen / 1000 };
  const because = `The cameras of ${junction} show nothing`;
  if (!scheduled) {
    const reason = { code: "lapsed-released", text: `${because}: handed back to local control.`, values };
    return { junction, action: { kind: "release" }, reasons: [reason] };
  }
  const reason = { code: "lapsed-scheduled", text: `${because}: scheduled plan ${scheduled.id}.`, values };
  return { junction, action: { kind: "plan", plan: scheduled }, reasons: [reason] };
}

/** What keeps the cabinet's watchdog content: a heartbeat for a plan, the same call again for second-by-second control. */
function feed({ setting, junction, hand, now }: Standing): Wanted | undefined {
  if (!hand.claimed) return undefined;
  const cabinet = [...setting.city.cabinets.values()].find((candidate) => candidate.junction === junction);
  const every = millis((cabinet?.backupTime ?? DEFAULT_BACKUP_TIME) / FEEDS_PER_BACKUP_TIME);
  if (between(hand.lastFeed, now) < every) return undefined;
  if (hand.plan) return { junction, action: { kind: "keep-alive" }, reasons: [] };
  if (!hand.serving) return undefined;
  const reason = { code: "renewed", text: `Phases ${hand.serving.join(" and ")} go on.`, values: {} };
  return { junction, action: { kind: "serve", phases: hand.serving }, reasons: [reason] };
}
