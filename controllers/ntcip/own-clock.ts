import { describe, ref } from "ntcip-ts";
import type { Instant } from "../../config/units.ts";
import { get, type Script } from "./script.ts";
import { command } from "./transaction.ts";

/** A unit's offsets count from its own clock: further off than this, it would be out of step on the street, s. */
export const clockTolerance = 2;

const time = ref("globalTime");

/**
 * Sets the unit's clock where it is off. Not being able to is no reason to leave it without a plan: what is wrong with its
 * clock stands in every status. The text says what was done; undefined: nothing had to be.
 */
export function* superviseClock(now: () => Instant): Script<string | undefined> {
  const seen = yield* get(time);
  if (!seen.ok) return undefined;
  const error = (seen.values[0] as number) - Math.floor(now() / 1000);
  if (Math.abs(error) <= clockTolerance) return undefined;
  const reply = yield* command([{ ref: time, value: Math.round(now() / 1000) }]);
  return reply.ok
    ? `its clock was ${error} s off and was set`
    : `${describe(time)} is ${error} s off: ${reply.error.message}`;
}
