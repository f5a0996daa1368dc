/** Whole seconds between bounds, and a wish that grows with a common level. */
export interface Part {
  readonly low: number;
  readonly high: number;
  /** Not decreasing in `level`. */
  readonly wish: (level: number) => number;
}

/** Halvings of the level's range: finer than a millisecond of any split. */
const halvings = 60;

/**
 * Divides `total` whole seconds among the parts so that each is its wish at one common level, cut to its bounds; the
 * seconds lost to rounding go to the largest remainders. Undefined when the bounds leave no room.
 */
export function apportion(
  total: number,
  parts: readonly Part[],
  range: readonly [number, number],
): number[] | undefined {
  const low = parts.reduce((sum, part) => sum + part.low, 0);
  const high = parts.reduce((sum, part) => sum + part.high, 0);
  // Negated, so that what is no number is refused too.
  if (!(low <= total && high >= total) || parts.some((part) => part.low > part.high)) return undefined;
  let [from, to] = range;
  for (let i = 0; i < halvings; i++) {
    const level = (from + to) / 2;
    if (parts.reduce((sum, part) => sum + cut(part, level), 0) < total) from = level;
    else to = level;
  }
  const exact = parts.map((part) => cut(part, to));
  const whole = exact.map((value, i) => Math.max(parts[i]!.low, Math.floor(value + 1e-9)));
  let rest = total - whole.reduce((a, b) => a + b, 0);
  const order = parts.map((_, i) => i).sort((a, b) => exact[b]! - whole[b]! - (exact[a]! - whole[a]!) || a - b);
  while (rest !== 0) {
    const step = Math.sign(rest);
    const before = rest;
    for (const i of step > 0 ? order : [...order].reverse()) {
      if (rest === 0) break;
      const next = whole[i]! + step;
      if (next < parts[i]!.low || next > parts[i]!.high) continue;
      whole[i] = next;
      rest -= step;
    }
    if (rest === before) return undefined;
  }
  return whole;
}

const cut = (part: Part, level: number): number => Math.min(part.high, Math.max(part.low, part.wish(level)));
