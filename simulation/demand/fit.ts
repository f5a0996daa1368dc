/** A count that is a sum of unknowns: `mean = Σ weights[k] · x[unknowns[k]]`. */
export interface Observation {
  readonly unknowns: readonly number[];
  readonly weights: readonly number[];
  readonly value: number;
}

export interface Prior {
  readonly value: number;
  /** How much it counts against the observations: 1 as much as one of them that holds nothing else. */
  readonly weight: number;
}

export const meanOf = ({ unknowns, weights }: Observation, x: ArrayLike<number>): number =>
  unknowns.reduce((sum, k, i) => sum + weights[i]! * x[k]!, 0);

const ITERATIONS = 400;

/**
 * Unknowns of the greatest likelihood for counts that are Poisson, held to a prior: the expectation-maximisation of
 * Richardson and Lucy with a Gamma prior. Nothing becomes negative; what no count touches keeps its prior.
 */
export function fitCounts(observations: readonly Observation[], priors: readonly Prior[]): Float64Array {
  const x = Float64Array.from(priors, ({ value }) => value);
  const exposure = new Float64Array(priors.length);
  const touched = new Float64Array(priors.length);
  for (const { unknowns, weights } of observations)
    for (const [i, k] of unknowns.entries()) {
      exposure[k]! += weights[i]!;
      touched[k]! += 1;
    }
  const hold = priors.map(({ weight }, k) => weight * (touched[k]! > 0 ? exposure[k]! / touched[k]! : 1));
  const gain = new Float64Array(priors.length);
  for (let round = 0; round < ITERATIONS; round++) {
    gain.fill(0);
    for (const observation of observations) {
      const mean = meanOf(observation, x);
      if (mean <= 0) continue;
      const ratio = observation.value / mean;
      for (const [i, k] of observation.unknowns.entries()) gain[k]! += observation.weights[i]! * ratio;
    }
    for (const [k, { value }] of priors.entries()) {
      const below = exposure[k]! + hold[k]!;
      if (below > 0) x[k] = (x[k]! * gain[k]! + hold[k]! * value) / below;
    }
  }
  return x;
}

/** Geoffrey E. Havers' measure of two hourly flows; below 5 they agree as well as counts do. */
export const geh = (modelled: number, counted: number): number =>
  modelled + counted === 0 ? 0 : Math.sqrt((2 * (modelled - counted) ** 2) / (modelled + counted));
