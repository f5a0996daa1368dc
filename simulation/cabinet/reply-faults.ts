/** Takes a reply to the wire: sends it, now or later, once, twice or never. */
export type Carry = (reply: Uint8Array, send: (bytes: Uint8Array) => void) => void;

/** A wire that is not what it should be. Shares are of replies, 0..1; times in ms. */
export interface ReplyFaults {
  drop: number;
  duplicate: number;
  /** Held back until the next reply has gone, or for a second. */
  reorder: number;
  /** Every reply is late by so much, and by up to as much again at random. */
  delay: number;
  jitter: number;
}

export const noReplyFaults: ReplyFaults = { drop: 0, duplicate: 0, reorder: 0, delay: 0, jitter: 0 };

/** A reply that nothing follows is not held back for longer, ms. */
const heldLongest = 1000;

/** Carries replies by what `faults` says at the time. `later` runs something after so many ms. */
export function faultyCarry(options: {
  readonly faults: () => ReplyFaults;
  /** 0..1 */
  readonly dice: () => number;
  readonly later: (run: () => void, delay: number) => void;
}): Carry {
  const { faults, dice, later } = options;
  let held: (() => void) | undefined;
  return (reply, send) => {
    const { drop, duplicate, reorder, delay, jitter } = faults();
    if (dice() < drop) return;
    const late = delay + dice() * jitter;
    const go = late > 0 ? () => later(() => send(reply), late) : () => send(reply);
    if (!held && dice() < reorder) {
      const own = go;
      held = own;
      later(() => {
        if (held !== own) return;
        held = undefined;
        own();
      }, heldLongest);
      return;
    }
    go();
    if (dice() < duplicate) go();
    const before = held;
    held = undefined;
    before?.();
  };
}
