import type { Stream } from "../../../config/model.ts";
import { between, type Instant, instant, seconds } from "../../../config/units.ts";
import type { CabinetStatus } from "../cabinet.ts";

/** What is known of one stream's lamps. */
export interface SignalWatch {
  readonly green: boolean | undefined;
  /** Start of the present or last green. */
  readonly since: Instant | undefined;
  /** End of the last green; before `since` while a new one runs. */
  readonly until: Instant | undefined;
}

export const unwatched: SignalWatch = { green: undefined, since: undefined, until: undefined };

/** A stream served by two phases in a row is green through the change between them, which is shorter than this. */
const longestChange = seconds(8);

/** A change is taken to have happened half-way between the two polls around it. */
export function watch(
  before: SignalWatch,
  stream: Stream,
  status: CabinetStatus | undefined,
  previousPoll: Instant | undefined,
): SignalWatch {
  if (status?.kind !== "reachable") return { ...before, green: undefined };
  const green = stream.phases.some((phase) => status.phases[phase] === "green");
  if (green === before.green) return before;
  // After a silence nobody knows when the change was.
  if (before.green === undefined) return { green, since: undefined, until: undefined };
  const at = instant(previousPoll === undefined ? status.at : (previousPoll + status.at) / 2);
  const passesOn = green && before.until !== undefined && between(before.until, at) <= longestChange;
  if (passesOn) return { green, since: before.since, until: undefined };
  return green ? { green, since: at, until: before.until } : { green, since: before.since, until: at };
}
