import {
  groupsFor,
  itemsOf,
  LocalFreeStatus,
  ref,
  ShortAlarm,
  type SnmpError,
  UnitAlarm1,
  UnitAlarm2,
  UnitControlStatus,
  UnitFlashStatus,
} from "ntcip-ts";
import type { Junction } from "../../config/model.ts";
import { type Instant, seconds } from "../../config/units.ts";
import type { CabinetMode, Capabilities, PhaseState, ReachableStatus } from "../../engine/core/cabinet.ts";
import { optional } from "./discovery.ts";
import { clockError } from "./own-clock.ts";
import { get, type Script } from "./script.ts";

/** Asked for in every poll, whatever the junction. */
export const polledScalars = [
  "globalTime",
  "globalSetIDParameter",
  "systemPatternControl",
  "coordPatternStatus",
  "localFreeStatus",
  "coordCycleStatus",
  "unitControlStatus",
  "unitFlashStatus",
  "shortAlarmStatus",
  "unitAlarmStatus1",
  "unitAlarmStatus2",
] as const;

type Scalar = (typeof polledScalars)[number];
type Bits = readonly (number | undefined)[];

/** The same by groups of eight phases. */
export const polledRows = ["phaseStatusGroupGreens", "phaseStatusGroupYellows", "phaseStatusGroupPedCalls"] as const;

/** What is known of a unit between polls. */
export interface Known {
  /** Cycle lengths of patterns, until the unit's database changes. */
  setId: number;
  readonly seconds: Map<number, number>;
  /** Objects the unit does not have. */
  readonly absent: Set<string>;
}

export interface PollOptions {
  readonly junction: Junction;
  readonly capabilities: Capabilities;
  readonly known: Known;
  readonly now: () => Instant;
}

/** Read of a unit that does not say. */
const unsaid: Readonly<Partial<Record<Scalar, number>>> = {
  localFreeStatus: LocalFreeStatus.other,
  unitControlStatus: UnitControlStatus.other,
  unitFlashStatus: UnitFlashStatus.notFlash,
};

/** One message to read it all; a second where the running pattern's cycle is not yet known. */
export function* poll({
  junction,
  capabilities,
  known,
  now,
}: PollOptions): Script<ReachableStatus | { readonly error: SnmpError }> {
  const groups = groupsFor(Math.max(...junction.phases.map(({ number }) => number)));
  const rows = Array.from({ length: groups }, (_, i) => i + 1);
  const reply = yield* optional(
    [...polledScalars.map((name) => ref(name)), ...polledRows.flatMap((name) => rows.map((group) => ref(name, group)))],
    known.absent,
  );
  if ("error" in reply) return reply;
  const values = reply.values as readonly (number | undefined)[];
  const said = (name: Scalar): number | undefined => values[polledScalars.indexOf(name)];
  const value = (name: Scalar): number => said(name) ?? unsaid[name] ?? 0;
  const [greens, ambers, walkCalls] = polledRows.map((_, i) =>
    values.slice(polledScalars.length + i * groups, polledScalars.length + (i + 1) * groups),
  ) as readonly Bits[] as readonly [Bits, Bits, Bits];
  const shows = (bits: Bits, number: number): boolean => itemsOf(bits.map((row) => row ?? 0)).includes(number);
  const pattern = value("coordPatternStatus");
  const cycle =
    value("localFreeStatus") === LocalFreeStatus.notFree && said("coordCycleStatus") !== undefined
      ? yield* cycleOf(pattern, value("globalSetIDParameter"), known)
      : undefined;
  const at = now();
  const phases: Record<number, PhaseState> = {};
  for (const { number } of junction.phases)
    phases[number] = shows(greens, number) ? "green" : shows(ambers, number) ? "amber" : "red";
  const time = said("globalTime");
  return {
    kind: "reachable",
    junction: junction.id,
    at,
    mode: modeOf(value("unitControlStatus"), value("unitFlashStatus"), value("shortAlarmStatus")),
    capabilities,
    pattern,
    inTransition:
      (value("unitAlarmStatus2") & UnitAlarm2.offsetTransition) !== 0 ||
      value("localFreeStatus") === LocalFreeStatus.transitionFree,
    phases,
    ...(walkCalls.includes(undefined)
      ? {}
      : { walkCalls: junction.phases.flatMap(({ number }) => (shows(walkCalls, number) ? [number] : [])) }),
    cyclePosition: cycle === undefined ? undefined : seconds(cycle - value("coordCycleStatus")),
    elapsed: undefined,
    clockError: time === undefined ? undefined : clockError(time, at),
    faults: faultsOf(value),
  };
}

function* cycleOf(pattern: number, setId: number, cycles: Known): Script<number | undefined> {
  if (cycles.setId !== setId) {
    cycles.setId = setId;
    cycles.seconds.clear();
  }
  const known = cycles.seconds.get(pattern);
  if (known !== undefined) return known;
  const reply = yield* get(ref("patternCycleTime", pattern));
  if (!reply.ok) return undefined;
  cycles.seconds.set(pattern, reply.values[0] as number);
  return reply.values[0] as number;
}

/** Flash beats whoever commands the pattern; what nobody can name is local. */
export function modeOf(control: number, flash: number, alarm: number): CabinetMode {
  switch (flash) {
    case UnitFlashStatus.faultMonitor:
    case UnitFlashStatus.mmu:
      return "fault-flash";
    case UnitFlashStatus.startup:
      return "startup";
    case UnitFlashStatus.preempt:
      return "preempt";
    case UnitFlashStatus.notFlash:
      break;
    default:
      return "flash";
  }
  if (alarm & ShortAlarm.preempt) return "preempt";
  switch (control) {
    case UnitControlStatus.systemControl:
      return "central";
    case UnitControlStatus.manual:
    case UnitControlStatus.remoteManualControl:
    case UnitControlStatus.localManualControl:
      return "manual";
    default:
      return "local";
  }
}

const alarmWords: readonly (readonly [Scalar, number, string])[] = [
  ["shortAlarmStatus", ShortAlarm.coordination, "coordination"],
  ["shortAlarmStatus", ShortAlarm.detector, "detector-fault"],
  ["shortAlarmStatus", ShortAlarm.nonCritical, "alarm-input"],
  ["shortAlarmStatus", ShortAlarm.critical, "critical-alarm"],
  ["unitAlarmStatus1", UnitAlarm1.cycleFault, "cycle-fault"],
  ["unitAlarmStatus1", UnitAlarm1.coordFault, "coordination-fault"],
  ["unitAlarmStatus1", UnitAlarm1.coordFail, "coordination-fail"],
  ["unitAlarmStatus1", UnitAlarm1.cycleFail, "cycle-fail"],
  ["unitAlarmStatus1", UnitAlarm1.mmuFlash, "conflict"],
  ["unitAlarmStatus2", UnitAlarm2.lowBattery, "low-battery"],
  ["unitAlarmStatus2", UnitAlarm2.stopTime, "stop-time"],
  ["unitAlarmStatus2", UnitAlarm2.stall, "stall"],
  ["unitAlarmStatus2", UnitAlarm2.processFailure, "process-failure"],
];

/** What a unit says of time that stands still (NTCIP 1202 unitAlarmStatus2 bit 4, shortAlarmStatus bit 7). */
export const ofStopTime: ReadonlySet<string> = new Set(["stop-time", "critical-alarm"]);

function faultsOf(value: (name: Scalar) => number): readonly string[] {
  const faults = alarmWords.filter(([name, bit]) => value(name) & bit).map(([, , word]) => word);
  return value("unitControlStatus") === UnitControlStatus.backupMode ? [...faults, "watchdog-expired"] : faults;
}
