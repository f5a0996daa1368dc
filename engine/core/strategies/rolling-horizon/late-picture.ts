import type { Layout } from "./layout.ts";
import type { Announced } from "./queues.ts";

/** When a lane last had green, s from now; both 0 or less. */
export interface GreenTime {
  readonly from: number;
  readonly to: number;
}

/** What was shown while a picture was on its way. */
export interface Shown {
  readonly stage: number;
  /** Start and end of its green, s from now. */
  readonly green: GreenTime;
}

/** By lane: its last green; undefined where the stage does not open it. */
export const greenTimes = ({ stages, lanes }: Layout, { stage, green }: Shown): readonly (GreenTime | undefined)[] =>
  lanes.map((_, lane) => (stages[stage]!.open[lane]!.length > 0 ? green : undefined));

/**
 * Vehicles of one lane that are still before its stop line: those who could have left on its green since the picture was
 * taken have. `seen`: when each could be at the stop line unhindered, s from now, below 0 where it could have been by now.
 */
export function stillThere(
  seen: readonly Announced[],
  green: GreenTime | undefined,
  { headway, startLoss, age }: { readonly headway: number; readonly startLoss: number; readonly age: number },
): readonly Announced[] {
  if (!green || age <= 0) return seen;
  const starting = green.from > -age ? green.from + startLoss : -age;
  let free = starting;
  return [...seen]
    .sort((a, b) => a.arrival - b.arrival)
    .filter(({ arrival, weight, load }) => {
      const leaves = Math.max(arrival, free);
      if (leaves > green.to) return true;
      free = leaves + (load ?? weight) * headway;
      return false;
    });
}
