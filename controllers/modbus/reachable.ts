import { between, type Instant, type Millis, millis, modulo, seconds } from "../../config/units.ts";
import type { Capabilities, PhaseState, ReachableStatus } from "../../engine/core/cabinet.ts";
import { type Download, kebab } from "./download.ts";
import type { ModbusSite, ModbusSpec } from "./driver.ts";
import type { RegisterMap } from "./register-map.ts";
import type { StatusBlock } from "./status-block.ts";

/** A coordinated green this near to its offset is in step: the resolution of an offset as people state it. */
const inStep = seconds(1);

export interface Seen {
  readonly spec: ModbusSpec;
  readonly junction: ModbusSite;
  readonly map: RegisterMap;
  readonly at: Instant;
  /** The plan this driver sent last, if it runs. */
  readonly running: Download | undefined;
  /** Faults the driver itself found. */
  readonly own: readonly string[];
}

/** A good poll in the engine's words. */
export function reachable(status: StatusBlock, { spec, junction, map, at, running, own }: Seen): ReachableStatus {
  const stages = map.plan.stages.count;
  const capabilities: Capabilities = {
    planDownload: junction.form === "stages",
    secondBySecond: false,
    maxPhases: Math.min(spec.maxPhases, status.capStages ?? stages, stages),
    cycleMin: junction.cycleMin,
    cycleMax: junction.cycleMax,
    resolution: resolutionOf(map),
  };
  return {
    kind: "reachable",
    junction: junction.id,
    at,
    mode: status.mode,
    capabilities,
    pattern: status.planId ?? 0,
    inTransition: inTransition(status, running),
    phases: phasesOf(status, junction),
    cyclePosition: status.cyclePosition,
    elapsed: status.elapsed,
    clockError: clockErrorOf(status, at),
    faults: [...status.faults.map(kebab), ...own],
  };
}

export const clockErrorOf = ({ utc }: StatusBlock, at: Instant): Millis | undefined =>
  utc === undefined ? undefined : between(at, utc);

/** A plan waits for its cycle, or ours runs and its coordinated green is not yet where the offset wants it. */
function inTransition({ result, mode, utc, cyclePosition }: StatusBlock, running: Download | undefined): boolean {
  if (result === "pendingSwitch") return true;
  if (!running || mode !== "central" || utc === undefined || cyclePosition === undefined) return false;
  const { plan, offset } = running;
  const late = modulo(utc - cyclePosition - offset, plan.cycle);
  return Math.min(late, plan.cycle - late) > inStep;
}

function phasesOf({ stage, interval }: StatusBlock, { phases }: ModbusSite): Readonly<Record<number, PhaseState>> {
  if (stage === undefined || interval === undefined) return {};
  const shown: PhaseState = interval === "green" || interval === "amber" ? interval : "red";
  return Object.fromEntries(phases.map(({ number }) => [number, number === stage ? shown : "red"]));
}

/** The coarsest count of the plan's times: what every one of them can be a whole multiple of. */
function resolutionOf({ plan }: RegisterMap): Millis {
  const scales = [
    ...["cycle", "offset"].map((name) => plan.points[name]!.scale),
    ...["green", "amber", "allRed"].map((name) => plan.stages.points[name]?.scale ?? 0),
  ];
  return millis(Math.max(...scales) * 1000);
}
