import type { Instant } from "../../config/units.ts";

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  at: Instant;
}

/** Senders remembered; the longest unseen is forgotten first, so strangers cannot fill the memory. */
const MAX_SENDERS = 4096;

/** A token bucket per sender, on the engine's clock. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** True when this message may pass. */
  take(sender: string, now: Instant): boolean {
    const { perSecond, burst } = this.#rate;
    const found = this.#buckets.get(sender);
    const tokens = found ? Math.min(burst, found.tokens + (Math.max(0, now - found.at) / 1000) * perSecond) : burst;
    this.#buckets.delete(sender);
    if (this.#buckets.size >= MAX_SENDERS) this.#buckets.delete(this.#buckets.keys().next().value!);
    this.#buckets.set(sender, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1;
  }
}
