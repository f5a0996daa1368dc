import type { InFlight } from "../../engine/ports/in-flight.ts";

/** Holds the run's clock while exchanges follow one another, and lets go of it while waiting in engine time. */
export class Hold {
  readonly #inFlight: InFlight;
  #done: () => void;

  constructor(inFlight: InFlight) {
    this.#inFlight = inFlight;
    this.#done = inFlight.begin();
  }

  resume(): void {
    this.#done = this.#inFlight.begin();
  }

  release(): void {
    this.#done();
  }
}
