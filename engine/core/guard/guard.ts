import { checkAge, checkMode } from "./cabinet.ts";
import { checkChange } from "./change.ts";
import { checkPhases } from "./conflicts.ts";
import { checkFits, checkNumbers, checkPlan } from "./plan.ts";
import type { Denial, GuardRequest, Verdict } from "./request.ts";
import { checkServed, checkTurns } from "./serve.ts";

export type { Denial, GuardRequest, Invariant, Verdict } from "./request.ts";

/**
 * The last word before dispatch: the ten invariants of DESIGN §4. Pure, and never throws on a well-formed request.
 * `release` passes always; all else passes only when every invariant is known to hold.
 */
export function guard(request: GuardRequest): Verdict {
  if (request.command.action.kind === "release") return { allowed: true };
  const denials = [
    ...checkAddress(request),
    ...checkAction(request),
    ...checkMode(request),
    ...checkAge(request),
    ...checkPermission(request),
  ];
  if (denials.length === 0) return { allowed: true };
  return { allowed: false, denials: denials.sort((a, b) => a.invariant - b.invariant) };
}

function checkAddress({ command, junction }: GuardRequest): readonly Denial[] {
  if (command.junction === junction.id) return [];
  return [
    {
      invariant: 1,
      code: "wrong-junction",
      message: `command ${command.id} is for junction ${command.junction}, judged by the limits of ${junction.id}: judge it by its own`,
    },
  ];
}

function checkAction(request: GuardRequest): readonly Denial[] {
  const { command, junction, cabinet } = request;
  const { action } = command;
  switch (action.kind) {
    case "plan":
      return [
        ...checkPhases(junction),
        ...checkPlan(action.plan, junction),
        ...checkChange(action.plan, request),
        ...(cabinet?.kind === "reachable" ? checkFits(action.plan, cabinet) : []),
      ];
    case "serve":
      return [
        ...checkPhases(junction),
        ...checkServed(action.phases, junction),
        ...(cabinet?.kind === "reachable" ? checkTurns(action.phases, cabinet, request) : []),
        ...(cabinet?.kind === "reachable" ? checkSeconds(action.phases, cabinet.capabilities) : []),
      ];
    case "keep-alive":
    case "release":
      return [];
    default:
      return [
        {
          invariant: 1,
          code: "unknown-action",
          message: `action ${JSON.stringify(action)} is none of plan, serve, keep-alive, release, so its greens are unknown: send one of these`,
        },
      ];
  }
}

function checkSeconds(
  phases: readonly number[],
  can: { readonly secondBySecond: boolean; readonly maxPhases: number },
): readonly Denial[] {
  const denials = checkNumbers(phases, can.maxPhases);
  if (can.secondBySecond) return denials;
  return [
    ...denials,
    {
      invariant: 8,
      code: "no-second-by-second",
      message: `the cabinet takes plans only, and phase ${phases.join(", ")} was called: send a plan`,
    },
  ];
}

/** Invariants 9 and 10. */
function checkPermission({ control, target, auditWritten }: GuardRequest): readonly Denial[] {
  const denials: Denial[] = [];
  if (target !== "virtual" && control.writeEnabled !== true)
    denials.push({
      invariant: 9,
      code: "write-disabled",
      message: `the target is ${target} and writing to real cabinets is off: switch it on in the configuration (write_enabled)`,
    });
  if (auditWritten !== true)
    denials.push({
      invariant: 10,
      code: "not-audited",
      message: "the command is not in the audit trail; 1 entry on disk is needed first: write the trail, then send",
    });
  return denials;
}
