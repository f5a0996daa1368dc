import { between, type Instant } from "../../../../config/units.ts";
import type { ApproachView } from "../../view.ts";

/**
 * The headway of a discharging queue, learned lane by lane: of each queue that was seen standing, the time from its second
 * vehicle over the stop line to its last, and who went over in it. (HCM measures from the fourth; here the model's own
 * start-up takes the first two.)
 */
export interface Discharge {
  /** Vehicles that stood when the queue began to move, and those of them that have crossed since. */
  readonly stood: number;
  readonly gone: number;
  /** The last crossing. */
  readonly at: Instant;
  /** What has been measured, s and passenger-car units; it fades. */
  readonly seconds: number;
  readonly units: number;
}

/** Until it is measured, s a passenger-car unit; and as how many measured units that counts. */
const usualHeadway = 2.1;
const usualUnits = 20;
/** Units after which half of an older measurement is forgotten. */
const halfLife = 150;
/** Shorter queues say too little beside times of whole seconds. */
const fewest = 4;
/** A queue: the first stands this near to the stop line, m, and nobody moves faster than this, m/s. */
const firstM = 10;
const standingMps = 1;
/** Longer between two of them: something stood in the way, s. */
const interrupted = 6;
/** Nothing on the road is outside these, s a unit. */
const bounds = { least: 1.2, most: 4 };

export const undischarged = (now: Instant): Discharge => ({
  stood: 0,
  gone: 0,
  at: now,
  seconds: usualHeadway * usualUnits,
  units: usualUnits,
});

export const headwayOf = ({ seconds, units }: Discharge): number =>
  Math.min(bounds.most, Math.max(bounds.least, seconds / units));

/** What a view says of one lane; `pcu`: of a vehicle of its mix. */
export function watchDischarge(
  before: Discharge,
  view: ApproachView,
  { lane, now, pcu }: { readonly lane: number; readonly now: Instant; readonly pcu: number },
): Discharge {
  if (view.rangeM <= 0) return { ...before, stood: 0 };
  const crossed = view.crossed[lane] ?? 0;
  if (crossed === 0) {
    const queue = standing(view, lane);
    if (queue > 0) return { ...before, stood: queue, gone: 0, at: now };
    return before;
  }
  const gone = before.gone + crossed;
  const seconds = between(before.at, now) / 1000;
  const known = { ...before, gone, at: now, stood: seconds > interrupted && before.gone > 0 ? 0 : before.stood };
  if (known.stood < fewest || before.gone < 2 || gone > known.stood) return known;
  const units = crossed * pcu;
  const kept = 0.5 ** (units / halfLife);
  return { ...known, seconds: before.seconds * kept + seconds, units: before.units * kept + units };
}

/** Length of the queue that stands in a lane, vehicles; 0 where its first is on its way. */
function standing({ vehicles }: ApproachView, lane: number): number {
  let queue = 0;
  for (const { lanes, distanceM, speedMps, behind } of vehicles) {
    if (lanes.length !== 1 || lanes[0] !== lane || behind !== undefined) continue;
    if (speedMps > standingMps || (queue === 0 && distanceM > firstM)) break;
    queue++;
  }
  return queue;
}
