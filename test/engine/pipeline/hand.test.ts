import { describe, expect, it } from "vitest";
import { instant, seconds } from "../../../config/units.ts";
import type { Action } from "../../../engine/core/cabinet.ts";
import { idleHand, redundant, settle } from "../../../engine/pipeline/hand.ts";
import type { Hand } from "../../../engine/pipeline/state.ts";

const now = instant(1_000_000);
const go: Action = { kind: "serve", phases: [2, 6] };
const hold: Action = { kind: "serve", phases: [2, 6], hold: true };

/** A cabinet that has accepted these, one after the other. */
function having(...actions: readonly Action[]): Hand {
  let hand = idleHand(now);
  for (const action of actions) {
    const command = { id: "c", junction: "a", at: now, action };
    const outcome = { command: "c", junction: "a", at: now, result: "accepted" as const, detail: "" };
    hand = settle({ ...hand, pending: command }, outcome, { now, settling: seconds(0) });
  }
  return hand;
}

describe("what need not be said again", () => {
  it("is the call that is in force already, and no other", () => {
    expect(redundant(idleHand(now), go)).toBe(false);
    expect(redundant(having(go), go)).toBe(true);
    expect(redundant(having(go), { kind: "serve", phases: [4, 8] })).toBe(false);
  });

  it("is not that the next green waits: that is said anew each second", () => {
    expect(redundant(having(go), hold)).toBe(false);
    expect(redundant(having(go, hold), hold)).toBe(false);
  });

  it("is that it waits no longer, once it has been said", () => {
    expect(redundant(having(go, hold), go)).toBe(false);
    expect(redundant(having(go, hold, go), go)).toBe(true);
    expect(redundant(having(hold, { kind: "release" }, go), go)).toBe(true);
  });
});
