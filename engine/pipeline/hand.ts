import { samePlan } from "../../config/plan.ts";
import { after, type Instant, type Millis, millis, seconds } from "../../config/units.ts";
import type { Action, CabinetMode, CabinetStatus, Outcome, ReachableStatus } from "../core/cabinet.ts";
import type { Hand } from "./state.ts";

/** First stand-back after a lost command; doubles with each further loss up to the limit. */
const LOST_BACKOFF = seconds(5);
const LOST_BACKOFF_LIMIT = seconds(120);
/** After a refusal the cabinet is left alone this long, whatever is wanted next. */
const REFUSED_STAND_BACK = seconds(15);
/** The same plan is proposed to the guard no sooner; what it denied it denies again while nothing changes. */
const DENIED_PAUSE: Readonly<Record<Action["kind"], Millis>> = {
  plan: seconds(10),
  serve: seconds(1),
  "keep-alive": seconds(1),
  release: seconds(1),
};
/** Modes in which a cabinet listens to a centre; in all others somebody or something at the junction has the say. */
const LISTENING: ReadonlySet<CabinetMode> = new Set(["local", "central"]);
/** A cabinet that was not ours and is only starting needs no time to itself afterwards. */
const STARTING: ReadonlySet<CabinetMode> = new Set(["startup", "dark"]);

export const idleHand = (now: Instant): Hand => ({
  pending: undefined,
  plan: undefined,
  serving: undefined,
  held: false,
  interrupted: undefined,
  watched: undefined,
  claimed: false,
  settlingUntil: undefined,
  standBackUntil: now,
  standBackReason: "",
  lost: 0,
  lastFeed: now,
  refused: undefined,
  denied: undefined,
  transitionSince: undefined,
  mode: undefined,
});

export const actionKey = (action: Action): string => JSON.stringify(action);

/** What a command's outcome does to what the engine believes of the cabinet. `settling`: how long acceptance may take to show. */
export function settle(hand: Hand, outcome: Outcome, { now, settling }: { now: Instant; settling: Millis }): Hand {
  const { pending } = hand;
  if (pending?.id !== outcome.command) return hand;
  const { action } = pending;
  const base: Hand = { ...hand, pending: undefined, lastFeed: now };
  switch (outcome.result) {
    case "accepted":
      return { ...accepted(base, action, after(now, settling)), lost: 0 };
    case "refused":
      return {
        ...base,
        lost: 0,
        refused: action.kind === "keep-alive" ? hand.refused : actionKey(action),
        standBackUntil: after(now, REFUSED_STAND_BACK),
        standBackReason: `refused: ${outcome.detail}`,
      };
    case "lost": {
      const wait = Math.min(LOST_BACKOFF * 2 ** hand.lost, LOST_BACKOFF_LIMIT);
      // Nobody knows whether it runs: no plan is believed in force, and there may be something to hand back.
      const unknown =
        action.kind === "keep-alive" ? base : { ...base, plan: undefined, serving: undefined, claimed: true };
      return {
        ...unknown,
        lost: hand.lost + 1,
        standBackUntil: after(now, millis(wait)),
        standBackReason: `lost: ${outcome.detail}`,
      };
    }
  }
}

function accepted(hand: Hand, action: Action, settlingUntil: Instant): Hand {
  const fresh = { ...hand, held: false, refused: undefined, denied: undefined };
  switch (action.kind) {
    case "plan":
      return { ...fresh, plan: action.plan, serving: undefined, interrupted: undefined, claimed: true, settlingUntil };
    case "serve":
      return {
        ...fresh,
        plan: undefined,
        serving: action.phases,
        held: action.hold === true,
        interrupted: hand.plan ?? hand.interrupted,
        claimed: true,
        settlingUntil,
      };
    case "keep-alive":
      return hand;
    case "release":
      return {
        ...fresh,
        plan: undefined,
        serving: undefined,
        interrupted: undefined,
        claimed: false,
        settlingUntil: undefined,
      };
  }
}

/** What a poll does: a cabinet that has left central control is let go, and re-entered only after `holdOff`. */
export function witness(hand: Hand, status: CabinetStatus, { now, holdOff }: { now: Instant; holdOff: Millis }): Hand {
  if (status.kind === "unreachable") return { ...hand, mode: "unreachable" };
  const { mode } = status;
  const seen: Hand = {
    ...hand,
    mode,
    transitionSince: status.inTransition ? (hand.transitionSince ?? now) : undefined,
    refused: mode === hand.mode ? hand.refused : undefined,
  };
  if (mode === "central") return { ...seen, settlingUntil: undefined };
  const letGo: Hand = {
    ...seen,
    claimed: false,
    plan: undefined,
    serving: undefined,
    interrupted: undefined,
    settlingUntil: undefined,
  };
  const standBack = { standBackUntil: after(now, holdOff), standBackReason: `cabinet is in ${mode}` };
  if (!LISTENING.has(mode)) return STARTING.has(mode) && !hand.claimed ? letGo : { ...letGo, ...standBack };
  const settling = hand.settlingUntil !== undefined && now < hand.settlingUntil;
  if (!hand.claimed || hand.pending || settling) return seen;
  // Where nothing was known to run, there was nothing to fall back from: the back-off of what was lost is enough.
  return hand.plan || hand.serving ? { ...letGo, ...standBack } : letGo;
}

/** The guard said no; the same is not proposed again at once. */
export const denied = (hand: Hand, action: Action, now: Instant): Hand => ({
  ...hand,
  pending: undefined,
  ...(action.kind === "keep-alive"
    ? { lastFeed: now }
    : { denied: { action: actionKey(action), until: after(now, DENIED_PAUSE[action.kind]) } }),
});

/** Nothing would change by sending this. */
export function redundant(hand: Hand, action: Action): boolean {
  switch (action.kind) {
    case "plan":
      return hand.plan !== undefined && samePlan(hand.plan, action.plan);
    case "serve":
      // That the next green waits is said anew each second, and that it waits no longer is said once.
      if (action.hold || hand.held || hand.serving === undefined) return false;
      return actionKey({ kind: "serve", phases: hand.serving }) === actionKey(action);
    case "keep-alive":
      return false;
    case "release":
      return !hand.claimed;
  }
}

/** Not while one is under way, not while standing back, not the refused one again, not to a cabinet that cannot hear. */
export function mayAct(hand: Hand, action: Action, status: CabinetStatus | undefined, now: Instant): boolean {
  if (hand.pending) return false;
  if (action.kind === "release") return hand.lost === 0 || now >= hand.standBackUntil;
  if (!hears(status)) return false;
  if (action.kind === "keep-alive") return status.mode === "central";
  const key = actionKey(action);
  const asDenied = hand.denied?.action === key && now < hand.denied.until;
  return now >= hand.standBackUntil && key !== hand.refused && !asDenied;
}

const hears = (status: CabinetStatus | undefined): status is ReachableStatus =>
  status?.kind === "reachable" && LISTENING.has(status.mode);
