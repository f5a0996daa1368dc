import { defer, map, type Observable, of, type Subscription, share } from "rxjs";
import type { Cabinet } from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { between, type Instant, millis, seconds } from "../../config/units.ts";
import type { CabinetStatus, Capabilities, Command, Outcome, PhaseState } from "../../engine/core/cabinet.ts";
import { BoxHold, holdLapses } from "../../engine/ports/box-hold.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import type { FieldController } from "../../engine/ports/field-controller.ts";
import { noControl } from "./calls.ts";
import { FREE } from "./plan-store.ts";
import { sameStoredPlan, storedPlan } from "./stored-plan.ts";
import type { VirtualCabinet } from "./virtual-cabinet.ts";

/** Slots the engine writes in turn, so that it never writes over the pattern that runs. */
const ENGINE_SLOTS = [101, 102] as const;

/** What an outcome says apart from whose it is. */
type Answer =
  | { readonly result: "accepted"; readonly detail: string }
  | { readonly result: "refused"; readonly code: string; readonly detail: string };

export interface DirectOptions {
  readonly unit: VirtualCabinet;
  readonly spec: Cabinet;
  readonly clock: Clock;
}

/**
 * A virtual cabinet driven without sockets, for runs far faster than the street. It can do what the cabinet's protocol
 * can: NTCIP takes whole seconds and second-by-second control, Modbus profile A tenths and plans only.
 */
export function directController({ unit, spec, clock }: DirectOptions): FieldController {
  const { junction } = unit;
  const capabilities: Capabilities = {
    planDownload: true,
    secondBySecond: spec.protocol === "ntcip",
    maxPhases: spec.maxPhases,
    cycleMin: junction.cycleMin,
    cycleMax: junction.cycleMax,
    resolution: spec.protocol === "ntcip" ? seconds(1) : millis(100),
  };
  let planId = 0;

  const plan = (timing: TimingPlan): Answer => {
    if (timing.junction !== junction.id)
      return refused("other-junction", `plan ${timing.id} is for junction ${timing.junction}, this is ${junction.id}`);
    const { mode, pattern } = unit.status();
    if (mode !== "local" && mode !== "central" && mode !== "startup")
      return refused("mode", `the cabinet is in ${mode} and takes no plan`);
    const coarse = [timing.cycle, ...timing.splits.map(({ split }) => split)].find(
      (time) => time % capabilities.resolution !== 0,
    );
    if (coarse !== undefined)
      return refused("resolution", `${coarse} ms is not a multiple of ${capabilities.resolution} ms`);
    const slot = ENGINE_SLOTS.find((candidate) => candidate !== pattern)!;
    planId++;
    const stored = storedPlan(timing, planId, unit.now());
    const fault = unit.storePlans(new Map([[slot, stored]]));
    if (fault) return refused(fault.code, fault.message);
    const back = unit.storedPlan(slot);
    if (!back || !sameStoredPlan(back, stored)) return refused("read-back", `pattern ${slot} reads back other values`);
    unit.setControl(noControl);
    unit.commandPattern(slot);
    return { result: "accepted", detail: `pattern ${slot}` };
  };

  const boxHold = new BoxHold();
  let lapse: Subscription | undefined;
  /** `hold`: rings between two greens stand still until the next word. */
  const waitForBox = (hold: boolean): void => {
    lapse?.unsubscribe();
    const waits = boxHold.allows(hold, clock.now());
    unit.setControl({ stopTime: waits ? ringsBetweenGreens(unit) : 0 });
    if (waits) lapse = clock.scheduler.schedule(() => waitForBox(false), holdLapses);
  };

  const serve = (numbers: readonly number[], hold: boolean): Answer => {
    if (!capabilities.secondBySecond) return refused("unsupported", `${spec.protocol} cabinets take plans only`);
    const phases = numbers.map((number) => junction.phases.find((phase) => phase.number === number));
    const first = phases[0];
    if (!first || phases.some((phase) => phase === undefined))
      return refused("unknown-phase", `junction ${junction.id} cannot serve ${numbers.join(" and ")}`);
    const rings = new Set(phases.map((phase) => phase!.ring));
    if (rings.size < phases.length || phases.some((phase) => phase!.barrier !== first.barrier))
      return refused("phases", `phases ${numbers.join(" and ")} cannot be green together`);
    const wanted = mask(numbers);
    const others = mask(junction.phases.map((phase) => phase.number)) & ~wanted;
    unit.commandPattern(FREE);
    unit.setControl({ vehicleCall: wanted, hold: wanted, forceOff: others, omit: others });
    waitForBox(hold);
    return { result: "accepted", detail: `serving ${numbers.join(" and ")}` };
  };

  const execute = ({ action }: Command): Answer => {
    switch (action.kind) {
      case "plan":
        return plan(action.plan);
      case "serve":
        return serve(action.phases, action.hold === true);
      case "keep-alive":
        unit.feedWatchdog();
        return { result: "accepted", detail: "watchdog fed" };
      case "release":
        unit.setControl(noControl);
        unit.commandPattern(0);
        return { result: "accepted", detail: "released to local control" };
    }
  };

  return {
    junction: junction.id,
    status$: clock.ticks(spec.poll).pipe(
      map((at) => directStatus({ unit, capabilities, at })),
      share(),
    ),
    send: (command: Command): Observable<Outcome> =>
      defer(() =>
        of({ command: command.id, junction: command.junction, at: clock.now(), ...execute(command) } satisfies Outcome),
      ),
  };
}

function directStatus(options: {
  readonly unit: VirtualCabinet;
  readonly capabilities: Capabilities;
  readonly at: Instant;
}): CabinetStatus {
  const { unit, capabilities, at } = options;
  const status = unit.status();
  const phases: Record<number, PhaseState> = {};
  for (const { number } of unit.junction.phases) {
    const bit = 1 << (number - 1);
    phases[number] = status.greens & bit ? "green" : status.ambers & bit ? "amber" : "red";
  }
  return {
    kind: "reachable",
    junction: unit.junction.id,
    at,
    mode: status.mode,
    capabilities,
    pattern: status.pattern,
    inTransition: status.inTransition,
    phases,
    walkCalls: unit.junction.phases.flatMap(({ number }) =>
      status.pedestrianCalls & (1 << (number - 1)) ? [number] : [],
    ),
    cyclePosition: status.plan ? status.cyclePosition : undefined,
    elapsed: status.intervalElapsed,
    clockError: between(at, unit.now()),
    faults: status.faults,
  };
}

/** Bit n - 1 is ring n: none of its phases is green or amber. */
function ringsBetweenGreens(unit: VirtualCabinet): number {
  const { greens, ambers } = unit.status();
  return unit.junction.rings.reduce(
    (bits, numbers, ring) => (mask(numbers) & (greens | ambers) ? bits : bits | (1 << ring)),
    0,
  );
}

const refused = (code: string, detail: string): Answer => ({ result: "refused", code, detail });

const mask = (numbers: readonly number[]): number => numbers.reduce((bits, number) => bits | (1 << (number - 1)), 0);
