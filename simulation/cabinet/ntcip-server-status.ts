import {
  asc,
  groupOfMask,
  groupSize,
  groupsFor,
  type Instance,
  LocalFreeStatus,
  occupancyCode,
  octetsOf,
  Pattern,
  ref,
  ShortAlarm,
  UnitAlarm1,
  UnitAlarm2,
  UnitControlStatus,
  UnitFlashStatus,
  type Value,
  volumeCode,
} from "ntcip-ts";
import { type Millis, modulo } from "../../config/units.ts";
import { Lamp } from "../lamps.ts";
import { isPlanNumber, type PlanTables } from "./ntcip-server-plans.ts";
import type { UnitStatus, VirtualCabinet } from "./virtual-cabinet.ts";

/** Rows of the volume-occupancy table; channels nobody wired read 0. */
export const detectorRows = 64;
/** Cycles a called pattern may take to come before that is an alarm (shortAlarmStatus bit 4). */
const transitionLimit = 3;

export interface Shown {
  readonly unit: VirtualCabinet;
  readonly tables: PlanTables;
  readonly phases: number;
}

/** Everything a unit only tells: phases, coordination, alarms, detectors, channels. */
export function* statusInstances({ unit, tables, phases }: Shown): Generator<Instance> {
  const one = (at: Instance["ref"], read: () => Value): Instance => ({ ref: at, read });
  yield one(ref("maxPhases"), () => phases);
  yield one(ref("maxPhaseGroups"), () => groupsFor(phases));
  yield* phaseGroups(unit, phases);
  yield* coordination(unit, tables);
  yield* alarms(unit);
  yield* detectors(unit);
  yield* channels(unit);
}

function* phaseGroups(unit: VirtualCabinet, phases: number): Generator<Instance> {
  const pedestrian = unit.junction.phases
    .filter((phase) =>
      phase.groups.some((id) => unit.junction.groups.find((group) => group.id === id)!.kind === "pedestrian"),
    )
    .reduce((mask, phase) => mask | (1 << (phase.number - 1)), 0);
  const columns: readonly (readonly [Parameters<typeof ref>[0], (status: UnitStatus) => number])[] = [
    ["phaseStatusGroupReds", (status) => status.reds],
    ["phaseStatusGroupYellows", (status) => status.ambers],
    ["phaseStatusGroupGreens", (status) => status.greens],
    ["phaseStatusGroupDontWalks", (status) => pedestrian & ~status.walks & ~status.pedClears],
    ["phaseStatusGroupPedClears", (status) => status.pedClears],
    ["phaseStatusGroupWalks", (status) => status.walks],
    ["phaseStatusGroupVehCalls", (status) => status.vehicleCalls],
    ["phaseStatusGroupPedCalls", (status) => status.pedestrianCalls],
    ["phaseStatusGroupPhaseOns", (status) => status.phaseOns],
    ["phaseStatusGroupPhaseNexts", (status) => status.phaseNexts],
  ];
  for (let group = 1; group <= groupsFor(phases); group++) {
    yield { ref: ref("phaseStatusGroupNumber", group), read: () => group };
    for (const [name, mask] of columns)
      yield { ref: ref(name, group), read: () => groupOfMask(mask(unit.status()), group) };
  }
}

function* coordination(unit: VirtualCabinet, tables: PlanTables): Generator<Instance> {
  yield { ref: ref("coordPatternStatus"), read: () => unit.status().pattern };
  yield { ref: ref("localFreeStatus"), read: () => freeStatus(unit) };
  yield {
    ref: ref("coordCycleStatus"),
    read: () => {
      const { plan, pattern, cyclePosition } = unit.status();
      if (!plan) return 0;
      const lead = tables.lead(pattern);
      const position = lead === 0 ? cyclePosition : modulo(cyclePosition - lead, plan.cycle);
      return wholeSeconds(plan.cycle - position, Math.ceil);
    },
  };
  yield {
    ref: ref("coordSyncStatus"),
    read: () => {
      const { plan } = unit.status();
      const now = unit.now();
      return plan ? wholeSeconds(modulo(now - tables.systemZero(now), plan.cycle), Math.floor) : 0;
    },
  };
  yield { ref: ref("unitControlStatus"), read: () => controlStatus(unit) };
  yield { ref: ref("unitFlashStatus"), read: () => flashStatus(unit) };
}

/** coordCycleStatus and coordSyncStatus are 0..510 s. */
const wholeSeconds = (time: number, round: (value: number) => number): number =>
  Math.min(510, Math.max(0, round(time / 1000)));

function freeStatus(unit: VirtualCabinet): number {
  const { mode, pattern, inTransition } = unit.status();
  if (mode === "manual") return LocalFreeStatus.inputFree;
  if (mode !== "local" && mode !== "central") return LocalFreeStatus.other;
  if (isPlanNumber(pattern)) return LocalFreeStatus.notFree;
  if (inTransition) return LocalFreeStatus.transitionFree;
  if (unit.commandedPattern === Pattern.free) return LocalFreeStatus.commandFree;
  if (!isPlanNumber(unit.commandedPattern)) return LocalFreeStatus.coordFree;
  return unit.storedPlan(unit.commandedPattern) ? LocalFreeStatus.transitionFree : LocalFreeStatus.badPlan;
}

function controlStatus(unit: VirtualCabinet): number {
  const { mode, faults } = unit.status();
  if (mode === "manual") return UnitControlStatus.manual;
  if (mode === "fault-flash" || mode === "preempt") return UnitControlStatus.other;
  if (mode === "flash" && unit.commandedPattern !== Pattern.flash) return UnitControlStatus.other;
  if (unit.commandedPattern !== Pattern.standby) return UnitControlStatus.systemControl;
  return faults.includes("watchdog-expired") ? UnitControlStatus.backupMode : UnitControlStatus.timebase;
}

function flashStatus(unit: VirtualCabinet): number {
  switch (unit.status().mode) {
    case "fault-flash":
      return UnitFlashStatus.mmu;
    case "startup":
      return UnitFlashStatus.startup;
    case "flash":
      return unit.commandedPattern === Pattern.flash ? UnitFlashStatus.automatic : UnitFlashStatus.localManual;
    default:
      return UnitFlashStatus.notFlash;
  }
}

function* alarms(unit: VirtualCabinet): Generator<Instance> {
  let zerosSeen = unit.status().cycleCounter;
  let called = { pattern: unit.commandedPattern, at: zerosSeen };
  let restarted = true;
  const bit = (on: boolean, value: number): number => (on ? value : 0);
  /** Reading clears local zero, so that only one central may poll it. */
  const short = (): number => {
    const { mode, pattern, cycleCounter, faults } = unit.status();
    const { commandedPattern } = unit;
    // On its own schedule nobody has called a pattern that could fail to come.
    if (!isPlanNumber(commandedPattern) || called.pattern !== commandedPattern || pattern === commandedPattern)
      called = { pattern: commandedPattern, at: cycleCounter };
    const localZero = cycleCounter !== zerosSeen;
    zerosSeen = cycleCounter;
    const flash = mode === "flash" || mode === "fault-flash" || mode === "startup";
    return (
      bit(mode === "preempt", ShortAlarm.preempt) |
      bit(flash, ShortAlarm.flash) |
      bit(localZero, ShortAlarm.localZero) |
      bit(isPlanNumber(commandedPattern) && !isPlanNumber(pattern), ShortAlarm.localOverride) |
      bit(cycleCounter - called.at > transitionLimit, ShortAlarm.coordination) |
      bit(faults.includes("detector-fault"), ShortAlarm.detector) |
      bit(faults.includes("door-open") || faults.includes("plan-rejected"), ShortAlarm.nonCritical) |
      bit(faults.includes("conflict") || faults.includes("lamp-fail"), ShortAlarm.critical)
    );
  };
  yield { ref: ref("shortAlarmStatus"), read: short };
  yield {
    ref: ref("unitAlarmStatus1"),
    read: () => {
      const { mode, pattern, plan } = unit.status();
      return (
        bit(mode === "fault-flash", UnitAlarm1.mmuFlash) |
        bit(flashStatus(unit) === UnitFlashStatus.localManual, UnitAlarm1.localFlash) |
        bit(pattern === Pattern.free, UnitAlarm1.localFree) |
        bit(plan !== undefined, UnitAlarm1.coordActive)
      );
    },
  };
  yield {
    ref: ref("unitAlarmStatus2"),
    read: () => {
      const { mode, inTransition, pending } = unit.status();
      const restart = restarted || mode === "startup";
      restarted = false;
      return bit(restart, UnitAlarm2.powerRestart) | bit(inTransition || pending, UnitAlarm2.offsetTransition);
    },
  };
}

function* detectors(unit: VirtualCabinet): Generator<Instance> {
  yield { ref: ref("maxVehicleDetectors"), read: () => detectorRows };
  yield { ref: ref("maxVehicleDetectorStatusGroups"), read: () => groupsFor(detectorRows) };
  for (let group = 1; group <= groupsFor(detectorRows); group++) {
    const channelsOf = Array.from({ length: groupSize }, (_, b) => (group - 1) * groupSize + b + 1);
    yield { ref: ref("vehicleDetectorStatusGroupNumber", group), read: () => group };
    yield {
      ref: ref("vehicleDetectorStatusGroupActive", group),
      read: () => channelsOf.reduce((bits, channel, b) => bits | (unit.detector(channel).present ? 1 << b : 0), 0),
    };
    yield { ref: ref("vehicleDetectorStatusGroupAlarms", group), read: () => 0 };
  }
  yield { ref: ref("volumeOccupancySequence"), read: () => unit.detectorSequence % 256 };
  yield { ref: ref("activeVolumeOccupancyDetectors"), read: () => detectorRows };
  for (let channel = 1; channel <= detectorRows; channel++) {
    yield { ref: ref("detectorVolume", channel), read: () => volumeCode(unit.detector(channel).volume) };
    yield { ref: ref("detectorOccupancy", channel), read: () => occupancyCode(unit.detector(channel).occupancy) };
  }
}

/** Channel n drives the junction's n-th signal group. */
function* channels(unit: VirtualCabinet): Generator<Instance> {
  const count = unit.junction.groups.length;
  yield { ref: ref("maxChannels"), read: () => count };
  yield { ref: ref("maxChannelStatusGroups"), read: () => groupsFor(count) };
  const showing = (group: number, lamps: readonly number[]): number => {
    let bits = 0;
    for (let b = 0; b < groupSize; b++)
      if (lamps.includes(unit.lamps[(group - 1) * groupSize + b] ?? -1)) bits |= 1 << b;
    return bits;
  };
  for (let group = 1; group <= groupsFor(count); group++) {
    yield { ref: ref("channelStatusGroupNumber", group), read: () => group };
    yield { ref: ref("channelStatusGroupReds", group), read: () => showing(group, [Lamp.red, Lamp.redAmber]) };
    yield { ref: ref("channelStatusGroupYellows", group), read: () => showing(group, [Lamp.amber, Lamp.clearance]) };
    yield { ref: ref("channelStatusGroupGreens", group), read: () => showing(group, [Lamp.green]) };
  }
}

/** Phase timing and the rest of the set-up that is wired into this cabinet: read, and written only to what it is. */
export function* fixedInstances({ unit, phases }: Shown, utcOffset: Millis): Generator<Instance> {
  const { junction } = unit;
  const fixed = (at: Instance["ref"], value: Value): Instance => ({ ref: at, read: () => value });
  const text = (value: string): Uint8Array => Buffer.from(value, "latin1");
  const whole = (time: number): number => Math.min(255, Math.ceil(time / 1000));
  const tenths = (time: number): number => Math.min(255, Math.ceil(time / 100));
  for (let number = 1; number <= phases; number++) {
    const phase = junction.phases.find((entry) => entry.number === number);
    const walk = junction.groups.filter((group) => group.kind === "pedestrian" && phase?.groups.includes(group.id));
    const beside = phase
      ? junction.phases.filter((other) => other.ring !== phase.ring && other.barrier === phase.barrier)
      : [];
    yield fixed(ref("phaseNumber", number), number);
    yield fixed(ref("phaseWalk", number), whole(Math.max(0, ...walk.map(({ minGreen }) => minGreen))));
    yield fixed(ref("phasePedestrianClear", number), whole(Math.max(0, ...walk.map(({ clearance }) => clearance))));
    yield fixed(ref("phaseMinimumGreen", number), whole(phase?.minGreen ?? 0));
    yield fixed(ref("phaseMaximum1", number), whole(phase?.maxGreen ?? 0));
    yield fixed(ref("phaseYellowChange", number), tenths(phase?.amber ?? 0));
    yield fixed(ref("phaseRedClear", number), tenths(phase?.allRed ?? 0));
    yield fixed(ref("phaseOptions", number), phase ? 1 : 0);
    yield fixed(ref("phaseRing", number), phase?.ring ?? 0);
    yield fixed(ref("phaseConcurrency", number), octetsOf(beside.map((other) => other.number)));
  }
  yield fixed(ref("coordOperationalMode"), 0);
  yield fixed(ref("coordCorrectionMode"), 3); // shortway
  yield fixed(ref("coordMaximumMode"), 4); // maxInhibit
  yield fixed(ref("coordForceMode"), 3); // fixed
  yield fixed(ref("unitCoordSyncPoint"), 2); // firstPhaseGreenBegin
  yield fixed(ref("patternTableType"), 2); // patterns
  yield fixed(ref("timebaseAscPatternSync"), 0);
  yield fixed(ref("globalDaylightSaving"), 2); // disableDST
  yield fixed(ref("globalLocalTimeDifferential"), utcOffset / 1000);
  yield fixed(ref("controllerStandardTimeZone"), utcOffset / 1000);
  yield fixed(ref("maxRings"), junction.rings.length);
  yield fixed(ref("globalMaxModules"), 1);
  yield fixed(ref("moduleNumber", 1), 1);
  yield fixed(ref("moduleDeviceNode", 1), asc);
  yield fixed(ref("moduleMake", 1), text("Simpang"));
  yield fixed(ref("moduleModel", 1), text("virtual cabinet"));
  yield fixed(ref("moduleVersion", 1), text("0.1.0"));
  yield fixed(ref("moduleType", 1), 3); // software
}
