import { describe, ref } from "ntcip-ts";
import { type Instant, type Millis, seconds } from "../../config/units.ts";
import { isOff } from "../upkeep/clock-watch.ts";
import { get, type Script } from "./script.ts";
import { command } from "./transaction.ts";

const time = ref("globalTime");

/** The unit's clock minus ours, both in whole seconds, as globalTime is. */
export const clockError = (globalTime: number, at: Instant): Millis => seconds(globalTime - Math.floor(at / 1000));

/**
 * Sets the unit's clock where it is off. Not being able to is no reason to leave it without a plan: what is wrong with its
 * clock stands in every status. The text says what was done; undefined: nothing had to be.
 */
export function* mendClock(now: () => Instant): Script<string | undefined> {
  const seen = yield* get(time);
  if (!seen.ok) return undefined;
  const error = clockError(seen.values[0] as number, now());
  return isOff(error) ? yield* setClock(error, now()) : undefined;
}

export function* setClock(error: Millis, now: Instant): Script<string> {
  const reply = yield* command([{ ref: time, value: Math.round(now / 1000) }]);
  return reply.ok
    ? `its clock was ${error / 1000} s off and was set`
    : `${describe(time)} is ${error / 1000} s off: ${reply.error.message}`;
}
