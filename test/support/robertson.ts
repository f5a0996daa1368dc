/** Robertson's β: the platoon's front runs ahead of its mean (Robertson 1969; TRANSYT-7F). */
const BETA = 0.8;

export interface Dispersion {
  /** Smoothing factor, per s: `q'(t) = F q(t − βT) + (1 − F) q'(t − 1)`. */
  readonly smoothing: number;
  /** Mean travel time T that fits, s. */
  readonly travelS: number;
  /** Robertson's α = (1/F − 1)/(β T); TRANSYT-7F gives 0.5, 0.35 and 0.25 for heavy, moderate and low friction. */
  readonly alpha: number;
  /** Share of the variance of the flow through the cycle that the form explains. */
  readonly explained: number;
}

/** The dispersion that makes one cycle's flow of vehicles, by second of the cycle, out of that further upstream. */
export function dispersion(upstream: Float64Array, downstream: Float64Array, freeFlowS: number): Dispersion {
  const cycle = upstream.length;
  const predicted = new Float64Array(cycle);
  let best = { smoothing: 0, travelS: 0, alpha: 0, squares: Number.POSITIVE_INFINITY };
  for (let travelS = 0.9 * freeFlowS; travelS <= 1.3 * freeFlowS; travelS += 0.5) {
    const lag = Math.round(BETA * travelS);
    for (let smoothing = 0.03; smoothing < 1; smoothing += 0.01) {
      let flow = 0;
      // The recursion has forgotten its beginning after a few cycles.
      for (let t = 0; t < 6 * cycle; t++) {
        flow = smoothing * upstream[(t + cycle - (lag % cycle)) % cycle]! + (1 - smoothing) * flow;
        predicted[t % cycle] = flow;
      }
      const squares = predicted.reduce((sum, each, t) => sum + (each - downstream[t]!) ** 2, 0);
      if (squares < best.squares) best = { smoothing, travelS, alpha: (1 / smoothing - 1) / (BETA * travelS), squares };
    }
  }
  const mean = downstream.reduce((sum, each) => sum + each, 0) / cycle;
  const variance = downstream.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { ...best, explained: 1 - best.squares / variance };
}
