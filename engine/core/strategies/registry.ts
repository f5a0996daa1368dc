import type { Strategy } from "../strategy.ts";
import { actuated } from "./actuated.ts";
import { adaptive } from "./adaptive.ts";
import { capacityManual } from "./capacity-manual.ts";
import { cycleAdaptive } from "./cycle-adaptive.ts";
import { fixed } from "./fixed.ts";
import { greedy } from "./greedy.ts";
import { maxPressure } from "./max-pressure.ts";
import { priorityIndex } from "./priority-index.ts";
import { rollingHorizon } from "./rolling-horizon.ts";

// A strategy's memory is its own business: whoever runs it hands back what it got.
const all = [
  fixed,
  capacityManual,
  actuated,
  maxPressure,
  cycleAdaptive,
  greedy,
  priorityIndex,
  rollingHorizon,
  adaptive,
] as readonly Strategy[];

/** Every strategy that ships, by the name used in configuration and on the command line. */
export const strategies: ReadonlyMap<string, Strategy> = new Map(all.map((strategy) => [strategy.name, strategy]));
