import {
  groupOfMask,
  groupSize,
  LocalFreeStatus,
  maskOf,
  type ObjectName,
  occupancyCode,
  Pattern,
  ringStatusCode,
  UnitControlStatus,
  UnitFlashStatus,
  volumeCode,
} from "ntcip-ts";
import { modulo } from "../../config/units.ts";
import { Lamp } from "../lamps.ts";
import { capacity, type Readers } from "./ntcip-server-layout.ts";
import { isPlanNumber, type PlanTables } from "./ntcip-server-plans.ts";
import type { UnitStatus, VirtualCabinet } from "./virtual-cabinet.ts";

export interface Shown {
  readonly unit: VirtualCabinet;
  readonly tables: PlanTables;
  /** coordOperationalMode: 0 automatic. */
  readonly manualPattern: () => number;
  /** System zero that patterns count from now. */
  readonly systemZero: () => number;
}

/** Everything a unit only tells of phases, rings, coordination, channels and detectors. */
export function statusReaders(shown: Shown): Readers {
  const { unit } = shown;
  return new Map([
    ...phaseGroups(unit),
    ...rings(unit),
    ...coordination(shown),
    ...channels(unit),
    ...detectors(unit),
    ...pedestrianDetectors(),
    ...overlaps(unit),
    ...preempts(unit),
    ["alarmGroupState", () => (unit.status().faults.includes("door-open") ? 1 : 0)],
  ]);
}

function phaseGroups(unit: VirtualCabinet): Readers {
  const pedestrian = unit.junction.phases
    .filter((phase) =>
      phase.groups.some((id) => unit.junction.groups.find((group) => group.id === id)!.kind === "pedestrian"),
    )
    .reduce((mask, phase) => mask | (1 << (phase.number - 1)), 0);
  const masks: readonly (readonly [ObjectName, (status: UnitStatus) => number])[] = [
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
  return new Map(masks.map(([name, mask]) => [name, ([group]) => groupOfMask(mask(unit.status()), group!)]));
}

function rings(unit: VirtualCabinet): Readers {
  const interval = (ring: number) => {
    const { greens, ambers, phaseOns, minimums, vehicleCalls } = unit.status();
    const own = (unit.junction.rings[ring - 1] ?? []).reduce((mask, number) => mask | (1 << (number - 1)), 0);
    if (own & minimums) return "min-green";
    if (own & greens) return vehicleCalls === 0 ? "green-rest" : "extension";
    if (own & ambers) return "yellow";
    return own & phaseOns ? "red-clear" : "red-rest";
  };
  return new Map([["ringStatus", ([ring]) => ringStatusCode(interval(ring!), [])]]);
}

function coordination({ unit, tables, manualPattern, systemZero }: Shown): Readers {
  return new Map<ObjectName, () => number>([
    ["coordPatternStatus", () => unit.status().pattern],
    ["localFreeStatus", () => freeStatus(unit, tables, manualPattern())],
    [
      "coordCycleStatus",
      () => {
        const { plan, pattern, cyclePosition } = unit.status();
        if (!plan) return 0;
        const lead = tables.lead(pattern);
        const position = lead === 0 ? cyclePosition : modulo(cyclePosition - lead, plan.cycle);
        return wholeSeconds(plan.cycle - position, Math.ceil);
      },
    ],
    [
      "coordSyncStatus",
      () => {
        const { plan } = unit.status();
        return plan ? wholeSeconds(modulo(unit.now() - systemZero(), plan.cycle), Math.floor) : 0;
      },
    ],
    ["unitControlStatus", () => controlStatus(unit, manualPattern())],
    ["unitFlashStatus", () => flashStatus(unit, manualPattern())],
    ["patternTableType", () => 2], // patterns
  ]);
}

/** coordCycleStatus and coordSyncStatus are 0..510 s. */
const wholeSeconds = (time: number, round: (value: number) => number): number =>
  Math.min(510, Math.max(0, round(time / 1000)));

const causes = {
  plan: LocalFreeStatus.badPlan,
  cycle: LocalFreeStatus.badCycleTime,
  overrun: LocalFreeStatus.splitOverrun,
  offset: LocalFreeStatus.invalidOffset,
} as const;

function freeStatus(unit: VirtualCabinet, tables: PlanTables, manual: number): number {
  const { mode, pattern, inTransition } = unit.status();
  if (mode === "manual") return LocalFreeStatus.inputFree;
  if (mode !== "local" && mode !== "central") return LocalFreeStatus.other;
  if (isPlanNumber(pattern)) return LocalFreeStatus.notFree;
  if (inTransition) return LocalFreeStatus.transitionFree;
  const wanted = manual === 0 ? unit.commandedPattern : manual;
  if (wanted === Pattern.free) return LocalFreeStatus.commandFree;
  if (!isPlanNumber(wanted)) return LocalFreeStatus.coordFree;
  if (unit.storedPlan(wanted)) return LocalFreeStatus.transitionFree;
  return causes[tables.faultOf(wanted) ?? "plan"];
}

function controlStatus(unit: VirtualCabinet, manual: number): number {
  const { mode, faults } = unit.status();
  if (mode === "manual") return UnitControlStatus.manual;
  if (mode === "fault-flash" || mode === "preempt") return UnitControlStatus.other;
  if (manual !== 0) return UnitControlStatus.manual;
  if (mode === "flash" && unit.commandedPattern !== Pattern.flash) return UnitControlStatus.other;
  if (unit.commandedPattern !== Pattern.standby) return UnitControlStatus.systemControl;
  return faults.includes("watchdog-expired") ? UnitControlStatus.backupMode : UnitControlStatus.timebase;
}

export function flashStatus(unit: VirtualCabinet, manual: number): number {
  switch (unit.status().mode) {
    case "fault-flash":
      return UnitFlashStatus.mmu;
    case "startup":
      return UnitFlashStatus.startup;
    case "flash":
      return (manual || unit.commandedPattern) === Pattern.flash
        ? UnitFlashStatus.automatic
        : UnitFlashStatus.localManual;
    default:
      return UnitFlashStatus.notFlash;
  }
}

/** Channel n drives the junction's n-th signal group. */
function channels(unit: VirtualCabinet): Readers {
  const showing = (group: number, lamps: readonly number[]): number => {
    let bits = 0;
    for (let b = 0; b < groupSize; b++)
      if (lamps.includes(unit.lamps[(group - 1) * groupSize + b] ?? -1)) bits |= 1 << b;
    return bits;
  };
  return new Map([
    ["channelStatusGroupReds", ([group]) => showing(group!, [Lamp.red, Lamp.redAmber])],
    ["channelStatusGroupYellows", ([group]) => showing(group!, [Lamp.amber, Lamp.clearance])],
    ["channelStatusGroupGreens", ([group]) => showing(group!, [Lamp.green])],
  ]);
}

function detectors(unit: VirtualCabinet): Readers {
  return new Map<ObjectName, (index: readonly number[]) => number>([
    [
      "vehicleDetectorStatusGroupActive",
      ([group]) => {
        let bits = 0;
        for (let b = 0; b < groupSize; b++) if (unit.detector((group! - 1) * groupSize + b + 1).present) bits |= 1 << b;
        return bits;
      },
    ],
    [
      "vehicleDetectorStatusGroupAlarms",
      ([group]) => {
        let bits = 0;
        for (let b = 0; b < groupSize; b++)
          if (unit.detector((group! - 1) * groupSize + b + 1).fault !== "ok") bits |= 1 << b;
        return bits;
      },
    ],
    ["vehicleDetectorAlarms", ([channel]) => detectorAlarms[unit.detector(channel!).fault]],
    ["vehicleDetectorReportedAlarms", () => 0],
    ["volumeOccupancySequence", () => unit.detectorSequence % 256],
    ["activeVolumeOccupancyDetectors", () => capacity.detectors],
    ["detectorVolume", ([channel]) => volumeCode(unit.detector(channel!).volume)],
    [
      "detectorOccupancy",
      ([channel]) => {
        const { fault, occupancy } = unit.detector(channel!);
        return fault === "ok" ? occupancyCode(occupancy) : occupancyFault[fault];
      },
    ],
  ]);
}

const detectorAlarms = {
  ok: 0,
  "no-activity": maskOf("vehicleDetectorAlarms", "noActivity"),
  "stuck-on": maskOf("vehicleDetectorAlarms", "maxPresence"),
} as const;
/** `occupancyFaults` of the standard. */
const occupancyFault = { "stuck-on": 210, "no-activity": 211 } as const;

const pedestrianDetectors = (): Readers =>
  new Map([
    ["pedestrianDetectorAlarms", () => 0],
    ["pedestrianDetectorStatusGroupActive", () => 0],
    ["pedestrianDetectorStatusGroupAlarms", () => 0],
  ]);

function overlaps(unit: VirtualCabinet): Readers {
  const wired = unit.overlaps.reduce((bits, { number }) => bits | (1 << (number - 1)), 0);
  const reds = ({ overlapGreens, overlapAmbers }: UnitStatus): number => wired & ~overlapGreens & ~overlapAmbers;
  return new Map([
    ["overlapStatusGroupReds", ([group]) => groupOfMask(reds(unit.status()), group!)],
    ["overlapStatusGroupYellows", ([group]) => groupOfMask(unit.status().overlapAmbers, group!)],
    ["overlapStatusGroupGreens", ([group]) => groupOfMask(unit.status().overlapGreens, group!)],
  ]);
}

/** preemptState. */
const preemptStates = {
  idle: 2,
  delay: 3,
  entry: 4,
  track: 5,
  dwell: 6,
  exit: 8,
  "maximum-presence": 9,
} as const;

function preempts(unit: VirtualCabinet): Readers {
  const inputs = (): number => {
    let bits = 0;
    for (let number = 1; number <= capacity.preempts; number++)
      if (unit.preempts.state(number) !== "idle") bits |= 1 << (number - 1);
    return bits;
  };
  return new Map<ObjectName, (index: readonly number[]) => number>([
    ["preemptState", ([number]) => preemptStates[unit.preempts.state(number!)]],
    ["preemptControlState", ([number]) => (unit.preempts.commanded >> (number! - 1)) & 1],
    ["preemptStatus", () => unit.preempts.active],
    ["preemptStatusGroup", () => inputs()],
  ]);
}
