import { groupsFor, type ObjectName, objectOf, objects, type Shape, type Value } from "ntcip-ts";

/** What the virtual cabinet has room for. */
export const capacity = {
  phases: 16,
  rings: 4,
  sequences: 64,
  patterns: 64,
  splits: 64,
  detectors: 64,
  pedestrianDetectors: 16,
  channels: 32,
  overlaps: 16,
  preempts: 8,
  specialFunctions: 16,
  alarmGroups: 1,
  actions: 64,
  scheduleEntries: 64,
  dayPlans: 32,
  dayPlanEvents: 16,
  eventConfigs: 16,
  eventClasses: 4,
} as const;

export type Reader = (index: readonly number[]) => Value;
/** Readers by object; index columns read themselves. */
export type Readers = Map<ObjectName, Reader>;

/** Rows by the name of the index part. */
const rows: Readonly<Record<string, number>> = {
  phaseNumber: capacity.phases,
  phaseStatusGroupNumber: groupsFor(capacity.phases),
  phaseControlGroupNumber: groupsFor(capacity.phases),
  vehicleDetectorNumber: capacity.detectors,
  vehicleDetectorStatusGroupNumber: groupsFor(capacity.detectors),
  vehicleDetectorControlGroupNumber: groupsFor(capacity.detectors),
  pedestrianDetectorNumber: capacity.pedestrianDetectors,
  pedestrianDetectorStatusGroupNumber: groupsFor(capacity.pedestrianDetectors),
  pedestrianDetectorControlGroupNumber: groupsFor(capacity.pedestrianDetectors),
  alarmGroupNumber: capacity.alarmGroups,
  specialFunctionOutputNumber: capacity.specialFunctions,
  patternNumber: capacity.patterns,
  splitNumber: capacity.splits,
  splitPhase: capacity.phases,
  timebaseAscActionNumber: capacity.actions,
  preemptNumber: capacity.preempts,
  preemptControlNumber: capacity.preempts,
  preemptStatusGroupNumber: groupsFor(capacity.preempts),
  sequenceNumber: capacity.sequences,
  sequenceRingNumber: capacity.rings,
  ringControlGroupNumber: groupsFor(capacity.rings),
  channelNumber: capacity.channels,
  channelStatusGroupNumber: groupsFor(capacity.channels),
  overlapNumber: capacity.overlaps,
  overlapStatusGroupNumber: groupsFor(capacity.overlaps),
  moduleNumber: 1,
  timeBaseScheduleNumber: capacity.scheduleEntries,
  dayPlanNumber: capacity.dayPlans,
  dayPlanEventNumber: capacity.dayPlanEvents,
  eventConfigID: capacity.eventConfigs,
  eventClassNumber: capacity.eventClasses,
  eventLogClass: capacity.eventClasses,
  communityNameIndex: 2,
};

const sizes: Readonly<Partial<Record<ObjectName, number>>> = {
  maxPhases: capacity.phases,
  maxPhaseGroups: groupsFor(capacity.phases),
  maxVehicleDetectors: capacity.detectors,
  maxVehicleDetectorStatusGroups: groupsFor(capacity.detectors),
  maxVehicleDetectorControlGroups: groupsFor(capacity.detectors),
  maxPedestrianDetectors: capacity.pedestrianDetectors,
  maxPedestrianDetectorGroups: groupsFor(capacity.pedestrianDetectors),
  maxAlarmGroups: capacity.alarmGroups,
  maxSpecialFunctionOutputs: capacity.specialFunctions,
  maxPatterns: capacity.patterns,
  maxSplits: capacity.splits,
  maxTimebaseAscActions: capacity.actions,
  maxPreempts: capacity.preempts,
  maxRings: capacity.rings,
  maxSequences: capacity.sequences,
  maxRingControlGroups: groupsFor(capacity.rings),
  maxChannels: capacity.channels,
  maxChannelStatusGroups: groupsFor(capacity.channels),
  maxOverlaps: capacity.overlaps,
  maxOverlapStatusGroups: groupsFor(capacity.overlaps),
  globalMaxModules: 1,
  maxTimeBaseScheduleEntries: capacity.scheduleEntries,
  maxDayPlans: capacity.dayPlans,
  maxDayPlanEvents: capacity.dayPlanEvents,
  maxEventLogConfigs: capacity.eventConfigs,
  maxEventClasses: capacity.eventClasses,
  communityNamesMax: 2,
};

/** Index parts whose rows come and go. */
const live: ReadonlySet<string> = new Set(["eventLogNumber"]);

/** What an object of these reads without asking anybody: an index column its own part, a size what there is room for. */
export function readFixed(name: ObjectName, index: readonly number[]): number | undefined {
  const own = (objectOf(name).index as readonly string[]).indexOf(name);
  return own >= 0 ? index[own]! : sizes[name];
}

/** A shape for every object that is fixed or among `names`, where the cabinet has rows for it. */
export function shapesOf(names: ReadonlySet<ObjectName>): readonly Shape[] {
  const shapes: Shape[] = [];
  for (const { name, index } of objects) {
    const parts: readonly string[] = index;
    if (!names.has(name) && !parts.includes(name) && sizes[name] === undefined) continue;
    const counts = parts.map((part) => (live.has(part) ? "live" : rows[part]));
    if (!counts.includes(undefined)) shapes.push({ name, rows: counts as Shape["rows"] });
  }
  return shapes;
}
