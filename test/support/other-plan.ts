import type { TimingPlan } from "../../config/plan.ts";
import { seconds } from "../../config/units.ts";

/** Junction `a` of the test city, other than the scheduled plan in cycle, offset and every split. */
export const otherPlan: TimingPlan = {
  id: "adaptive/a",
  junction: "a",
  cycle: seconds(80),
  offset: seconds(17),
  splits: [
    { phase: 1, split: seconds(40) },
    { phase: 2, split: seconds(15) },
    { phase: 3, split: seconds(25) },
  ],
  sequence: [[1, 2, 3]],
};
