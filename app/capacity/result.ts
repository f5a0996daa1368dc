import type { OverflowVariant } from "../../engine/core/traffic/manual-performance.ts";
import type { Manual } from "../../engine/core/traffic/passenger-car-units.ts";
import type { Comparison } from "./compare.ts";
import type { Loose } from "./words.ts";

/** One approach, conflict point or reading. */
export interface ResultRow {
  readonly name: string;
  /** Inputs worth repeating beside the columns. */
  readonly inputs: Loose;
  readonly computed: Loose;
  /** Other variants of the same columns, such as `computed_s`. */
  readonly variants?: Readonly<Record<string, Loose>>;
}

/** What a vector's figures come to. */
export interface Evaluated {
  readonly computed: Loose;
  readonly rows: readonly ResultRow[];
  readonly comparisons: readonly Comparison[];
  readonly notes: readonly string[];
}

export interface Choices {
  readonly manual: Manual;
  /** Set by hand, for this vector or the run. */
  readonly overflow: OverflowVariant;
}
