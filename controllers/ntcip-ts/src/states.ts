/** Numbers of the states a central reads and writes, by the names of NTCIP 1201 and 1202. */

export const DbState = { normal: 1, transaction: 2, verify: 3, done: 6 } as const;
export const DbVerify = { notDone: 1, doneWithError: 2, doneWithNoError: 3 } as const;

export const UnitControlStatus = {
  other: 1,
  systemControl: 2,
  systemStandby: 3,
  backupMode: 4,
  manual: 5,
  timebase: 6,
  interconnect: 7,
  interconnectBackup: 8,
  remoteManualControl: 9,
  localManualControl: 10,
} as const;

export const UnitFlashStatus = {
  other: 1,
  notFlash: 2,
  automatic: 3,
  localManual: 4,
  faultMonitor: 5,
  mmu: 6,
  startup: 7,
  preempt: 8,
} as const;

export const LocalFreeStatus = {
  other: 1,
  notFree: 2,
  commandFree: 3,
  transitionFree: 4,
  inputFree: 5,
  coordFree: 6,
  badPlan: 7,
  badCycleTime: 8,
  splitOverrun: 9,
  invalidOffset: 10,
  failed: 11,
} as const;

export const SplitMode = {
  other: 1,
  none: 2,
  minimumVehicleRecall: 3,
  maximumVehicleRecall: 4,
  pedestrianRecall: 5,
  maximumVehicleAndPedestrianRecall: 6,
  phaseOmitted: 7,
  nonActuated: 8,
} as const;

/** Values of `systemPatternControl` and `coordPatternStatus` that are no pattern. */
export const Pattern = { standby: 0, free: 254, flash: 255, last: 253 } as const;

/** `systemSyncControl`: the unit's own time base is the reference. */
export const ownTimeBase = 255;

export const ShortAlarm = {
  preempt: 1,
  flash: 2,
  localZero: 4,
  localOverride: 8,
  coordination: 16,
  detector: 32,
  nonCritical: 64,
  critical: 128,
} as const;

export const UnitAlarm1 = {
  cycleFault: 1,
  coordFault: 2,
  coordFail: 4,
  cycleFail: 8,
  mmuFlash: 16,
  localFlash: 32,
  localFree: 64,
  coordActive: 128,
} as const;

export const UnitAlarm2 = {
  powerRestart: 1,
  lowBattery: 2,
  responseFault: 4,
  externalStart: 8,
  stopTime: 16,
  offsetTransition: 32,
  stall: 64,
  processFailure: 128,
} as const;
