/** How a cabinet keeps a plan's offset (NTCIP 1202 coordCorrectionMode, coordForceMode). */
export interface CoordinationSettings {
  /** Short-way adds or subtracts, whichever needs fewer cycles; dwell waits in the coordinated green. */
  readonly correction: "short-way" | "add-only" | "subtract-only" | "dwell";
  /**
   * Fixed: each phase is forced off at its place in the cycle, and time it leaves goes to the next one. Floating: each gets its
   * split, and time it leaves goes to the coordinated phase.
   */
  readonly forceOff: "fixed" | "floating";
}

export const deliveredCoordination: CoordinationSettings = { correction: "short-way", forceOff: "fixed" };
