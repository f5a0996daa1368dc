import { between } from "../../../config/units.ts";
import type { CabinetMode } from "../cabinet.ts";
import { isScheduled } from "./change.ts";
import { type Denial, type GuardRequest, shown, within } from "./request.ts";

/** Modes in which the cabinet listens to a centre. In all others somebody or something at the junction has the say. */
const listening: readonly CabinetMode[] = ["local", "central"];

/** Invariant 6: the junction's own people and faults come first. */
export function checkMode({ command, cabinet, inForce, junction }: GuardRequest): readonly Denial[] {
  if (!cabinet) return [denied("cabinet-unknown", "no status of the cabinet is known", "wait for its first good poll")];
  if (cabinet.junction !== junction.id)
    return [
      denied("wrong-cabinet", `the status is of junction ${cabinet.junction}, not ${junction.id}`, "ask the right one"),
    ];
  if (cabinet.kind !== "reachable")
    return [denied("unreachable", `the cabinet does not answer: ${cabinet.reason}`, "wait until it does")];
  if (!listening.includes(cabinet.mode))
    return [
      denied(
        "cabinet-has-control",
        `the cabinet is in mode ${cabinet.mode}`,
        "wait until it is local or central again",
      ),
    ];
  if (command.action.kind !== "keep-alive") return [];
  // A keep-alive prolongs what the engine already holds; it must never be the way to take hold.
  if (cabinet.mode !== "central")
    return [denied("not-in-control", `the cabinet is in mode ${cabinet.mode}, not central`, "send a plan first")];
  if (inForce?.junction !== junction.id)
    return [denied("nothing-in-force", "no plan of the engine is in force there", "send a plan first")];
  return [];
}

const denied = (code: string, what: string, mend: string): Denial => ({
  invariant: 6,
  code,
  message: `${what}; only release is allowed: ${mend}`,
});

/** Invariant 7: an old decision, an old status and old readings decide nothing; the scheduled plan needs no readings. */
export function checkAge(request: GuardRequest): readonly Denial[] {
  const { command, cabinet, newestReading, now, control } = request;
  const limit = control.maxReadingAge;
  const fresh = (age: number): boolean => within(age, 0, limit);
  const denials: Denial[] = [];
  const stale = (code: string, what: string, age: number, mend: string): void => {
    denials.push({
      invariant: 7,
      code,
      message: `${what} is ${shown(age)} old; it must be between 0 s and ${shown(limit)}: ${mend}`,
    });
  };
  const decided = between(command.at, now);
  if (!fresh(decided)) stale("stale-command", "the command", decided, "decide anew");
  const polled = cabinet ? between(cabinet.at, now) : Number.NaN;
  if (!fresh(polled)) stale("stale-status", "the cabinet's status", polled, "poll it");
  const { action } = command;
  if (action.kind === "keep-alive" || (action.kind === "plan" && isScheduled(action.plan, request))) return denials;
  const read = newestReading === undefined ? Number.NaN : between(newestReading, now);
  if (!fresh(read)) stale("stale-readings", "the newest reading", read, "send the scheduled plan or release");
  return denials;
}
