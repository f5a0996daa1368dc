import { isObject, type Loose } from "./words.ts";

/** What a published figure may have come from instead of the manual's formula and the given inputs. */
export interface Explanation {
  readonly code: string;
  readonly text: string;
  /** The figure that would follow. */
  readonly value: number | undefined;
}

export interface Comparison {
  /** Where in the vector, such as `rows.2.printed.DS`. */
  readonly at: string;
  readonly expected: number | string;
  readonly computed: number | string | null;
  readonly tolerance: number | null;
  readonly verdict: "within" | "explained" | "deviates" | "not-computed";
  readonly why?: string;
}

/** Hand rounding of the manuals' forms, per column, where the vector states no tolerance of its own. */
const handRounding: Readonly<Record<string, number>> = {
  S: 1,
  Q: 1,
  C: 1,
  FR: 0.001,
  IFR: 0.002,
  PR: 0.002,
  GR: 0.001,
  DS: 0.002,
  NQ1: 0.1,
  NQ2: 0.1,
  NQ: 0.2,
  QL: 2,
  NS: 0.01,
  PSV: 0.01,
  DT: 0.3,
  DG: 0.3,
  D: 0.3,
  avg: 0.3,
  A: 0.001,
  B: 0.01,
  cua: 1,
  cycleUsed: 1,
  greens: 1,
  allRed: 0.05,
  pcu: 1.5,
  S0: 30,
  hourly: 1,
  totalFlow: 2,
};

export interface Tolerances {
  readonly of: (key: string) => number;
}

/** A stated tolerance holds for its column; one number holds for all. */
export const tolerancesOf = (stated: unknown): Tolerances => ({
  of: (key) =>
    typeof stated === "number"
      ? stated
      : isObject(stated) && typeof stated[key] === "number"
        ? stated[key]
        : (handRounding[key] ?? 0.005),
});

export interface Comparing {
  readonly at: string;
  readonly expected: number | string;
  readonly computed: number | string | undefined;
  readonly tolerance: number;
  readonly explanations?: readonly Explanation[];
  /** Why nothing was computed. */
  readonly missing?: string;
}

export function compared({ at, expected, computed, tolerance, explanations = [], missing }: Comparing): Comparison {
  const base = { at, expected, computed: computed ?? null, tolerance };
  if (computed === undefined)
    return { ...base, verdict: "not-computed", why: missing ?? "the vector's inputs do not determine it" };
  if (typeof expected === "string" || typeof computed === "string")
    return { ...base, tolerance: null, verdict: expected === computed ? "within" : "deviates" };
  if (near(expected, computed, tolerance)) return { ...base, verdict: "within" };
  const found = explanations.find(({ value }) => value !== undefined && near(expected, value, tolerance));
  return found
    ? { ...base, verdict: "explained", why: `${found.code}: ${found.text}` }
    : { ...base, verdict: "deviates", why: "outside the tolerance and none of the known traps gives it" };
}

const near = (a: number, b: number, tolerance: number): boolean => Math.abs(a - b) <= tolerance * (1 + 1e-9) + 1e-9;

/** Half a unit of the last digit given, and a little: an unrounded recomputation is to be met that closely. */
export function digitsTolerance(value: number): number {
  const decimals = `${value}`.split(".")[1]?.length ?? 0;
  return 0.6 * 10 ** -decimals;
}

/** Every number of `expected` against the column of the same name. */
export function compareColumns(given: {
  readonly at: string;
  readonly expected: unknown;
  readonly computed: Loose;
  readonly tolerance: (key: string, value: number) => number;
  readonly explain?: (key: string) => readonly Explanation[];
  readonly missing?: (key: string) => string | undefined;
}): readonly Comparison[] {
  if (!isObject(given.expected)) return [];
  return Object.entries(given.expected).flatMap(([key, expected]): readonly Comparison[] => {
    if (typeof expected !== "number" && typeof expected !== "string") return [];
    const value = given.computed[key];
    const missing = given.missing?.(key);
    return [
      compared({
        at: `${given.at}.${key}`,
        expected,
        computed: typeof value === "number" || typeof value === "string" ? value : undefined,
        tolerance: typeof expected === "number" ? given.tolerance(key, expected) : 0,
        explanations: given.explain?.(key) ?? [],
        ...(missing === undefined ? {} : { missing }),
      }),
    ];
  });
}
