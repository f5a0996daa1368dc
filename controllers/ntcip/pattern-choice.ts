import { ref } from "ntcip-ts";
import type { Junction } from "../../config/model.ts";
import { splitOf, type TimingPlan } from "../../config/plan.ts";
import type { Instant } from "../../config/units.ts";
import type { Unit } from "./discovery.ts";
import { offsetSeconds } from "./plan-rows.ts";
import { type Ending, endingOf, get, refused, type Script } from "./script.ts";

/** For a unit that takes no plans: the pattern it holds that is this plan, second for second. */
export function* findPattern(
  plan: TimingPlan,
  { unit, junction, at }: { readonly unit: Unit; readonly junction: Junction; readonly at: Instant },
): Script<number | Ending> {
  const { limits } = unit;
  const offset = offsetSeconds(plan, { junction, limits, at });
  for (let pattern = 1; pattern <= limits.maxPatterns; pattern++) {
    const row = yield* get(
      ref("patternCycleTime", pattern),
      ref("patternOffsetTime", pattern),
      ref("patternSplitNumber", pattern),
    );
    if (!row.ok) return endingOf(row.error, "reading the unit's patterns");
    const [cycle, shift, split] = row.values as readonly number[];
    if (cycle! * 1000 !== plan.cycle || shift !== offset) continue;
    const phases = junction.phases.map(({ number }) => number);
    const times = yield* get(...phases.map((phase) => ref("splitTime", split!, phase)));
    if (!times.ok) return endingOf(times.error, "reading the unit's splits");
    if (phases.every((phase, i) => (times.values[i] as number) * 1000 === splitOf(plan, phase))) return pattern;
  }
  return refused("no-such-plan", `the unit takes no plans, and none of its ${limits.maxPatterns} patterns is this one`);
}
