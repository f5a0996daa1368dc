/** Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom (any statistical table); 1.96 beyond. */
const T95: readonly number[] = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL95 = 1.96;

export const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;

/** Mean and its 95 % confidence interval (Student's t); with one value the interval is unknown (NaN). */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export function interval95(values: readonly number[]): Interval {
  const centre = mean(values);
  const n = values.length;
  const variance = values.reduce((total, value) => total + (value - centre) ** 2, 0) / (n - 1);
  const half = n > 1 ? (T95[n - 2] ?? NORMAL95) * Math.sqrt(variance / n) : Number.NaN;
  return { mean: centre, low: centre - half, high: centre + half };
}
