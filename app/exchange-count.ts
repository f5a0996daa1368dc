import type { InFlight } from "../engine/ports/in-flight.ts";

/** Counts open socket exchanges, so that a stepped run can wait until the wires are quiet. */
export class ExchangeCount implements InFlight {
  #open = 0;
  #wake: (() => void) | undefined;

  get open(): number {
    return this.#open;
  }

  begin(): () => void {
    this.#open++;
    let settled = false;
    return () => {
      if (settled) return;
      settled = true;
      this.#open--;
      if (this.#open === 0) this.#wake?.();
    };
  }

  /**
   * Settles when nothing is open and no follow-up has begun: an answer may start the next exchange within the same turn
   * of the event loop, so two quiet turns are asked for.
   */
  async idle(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      if (this.#open > 0) {
        quiet = 0;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#open === 0) quiet++;
    }
  }
}
