import type { Instant } from "../../../config/units.ts";
import { Code, type HiresEvent } from "./log.ts";

/** What the log says about the plan in force, from `at` on. Programmed values where logged, and the maker's actual ones. */
export interface RanPlan {
  readonly at: Instant;
  /** 254 free, 255 flash; undefined before the first word of it. */
  readonly pattern: number | undefined;
  readonly cycleS: number | undefined;
  readonly offsetS: number | undefined;
  /** By phase. */
  readonly splitsS: Readonly<Record<number, number>>;
  /** Of the cycle just run (Q-Free MaxTime codes); undefined for other makers. */
  readonly actualCycleS: number | undefined;
  readonly actualOffsetS: number | undefined;
  readonly actualSplitsS: Readonly<Record<number, number>>;
}

const unknownPlan: Omit<RanPlan, "at"> = {
  pattern: undefined,
  cycleS: undefined,
  offsetS: undefined,
  splitsS: {},
  actualCycleS: undefined,
  actualOffsetS: undefined,
  actualSplitsS: {},
};

/** Every change, in order of time; repeats of the same values are left out. */
export function ranPlans(events: readonly HiresEvent[]): readonly RanPlan[] {
  const plans: RanPlan[] = [];
  let known = unknownPlan;
  for (const event of events) {
    const next = told(known, event);
    if (next === known) continue;
    known = next;
    if (plans.at(-1)?.at === event.at) plans.pop();
    plans.push({ at: event.at, ...known });
  }
  return plans;
}

/** What was known at an instant. */
export function planAt(plans: readonly RanPlan[], at: Instant): RanPlan {
  let [low, high] = [0, plans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (plans[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  return plans[low - 1] ?? { at, ...unknownPlan };
}

function told(known: Omit<RanPlan, "at">, { code, param }: HiresEvent): Omit<RanPlan, "at"> {
  switch (code) {
    case Code.pattern:
      return known.pattern === param ? known : { ...known, pattern: param };
    case Code.cycleLength:
      return known.cycleS === param ? known : { ...known, cycleS: param };
    case Code.offset:
      return known.offsetS === param ? known : { ...known, offsetS: param };
    case Code.actualCycle:
      return known.actualCycleS === param ? known : { ...known, actualCycleS: param };
    case Code.actualOffset:
      return known.actualOffsetS === param ? known : { ...known, actualOffsetS: param };
  }
  if (code >= Code.firstSplit && code <= Code.lastSplit) {
    const phase = code - Code.firstSplit + 1;
    return known.splitsS[phase] === param ? known : { ...known, splitsS: { ...known.splitsS, [phase]: param } };
  }
  if (code >= Code.firstActualSplit && code <= Code.lastActualSplit) {
    const phase = code - Code.firstActualSplit + 1;
    if (known.actualSplitsS[phase] === param) return known;
    return { ...known, actualSplitsS: { ...known.actualSplitsS, [phase]: param } };
  }
  return known;
}
