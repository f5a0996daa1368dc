import type { ObjectName } from "./objects.ts";
import type { Value } from "./value.ts";

/** Bit numbers of masks by name; bit 0 is the lowest. A bit without a name is reserved. */
const named = {
  phaseOptions: {
    enabled: 0,
    automaticFlashEntry: 1,
    automaticFlashExit: 2,
    nonActuated1: 3,
    nonActuated2: 4,
    nonLockMemory: 5,
    minimumVehicleRecall: 6,
    maximumVehicleRecall: 7,
    pedestrianRecall: 8,
    softVehicleRecall: 9,
    dualEntry: 10,
    simultaneousGapDisable: 11,
    guaranteedPassage: 12,
    actuatedRestInWalk: 13,
    conditionalService: 14,
    addedInitialLargest: 15,
  },
  vehicleDetectorOptions: {
    volume: 0,
    occupancy: 1,
    yellowLock: 2,
    redLock: 3,
    passage: 4,
    addedInitial: 5,
    queue: 6,
    call: 7,
  },
  vehicleDetectorAlarms: { noActivity: 0, maxPresence: 1, erratic: 2, communications: 3, configuration: 4, other: 7 },
  vehicleDetectorReportedAlarms: { other: 0, watchdog: 1, openLoop: 2, shortedLoop: 3, excessiveChange: 4 },
  unitAlarmStatus1: {
    cycleFault: 0,
    coordFault: 1,
    coordFail: 2,
    cycleFail: 3,
    mmuFlash: 4,
    localFlash: 5,
    localFree: 6,
    coordActive: 7,
  },
  unitAlarmStatus2: {
    powerRestart: 0,
    lowBattery: 1,
    responseFault: 2,
    externalStart: 3,
    stopTime: 4,
    offsetTransition: 5,
    stall: 6,
    processFailure: 7,
  },
  unitAlarmStatus3: {
    communicationsTimeout: 0,
    cmuLink: 1,
    upsLink: 2,
    rsuLink: 3,
    powerQuality: 4,
    certificate: 5,
  },
  unitAlarmStatus4: {
    memory: 0,
    preemptMaxPresence: 1,
    cabinetEnvironment: 2,
    clock: 3,
    scheduleNotFollowed: 4,
    usbPresent: 5,
  },
  shortAlarmStatus: {
    preempt: 0,
    flash: 1,
    localZero: 2,
    localOverride: 3,
    coordination: 4,
    detector: 5,
    nonCritical: 6,
    critical: 7,
  },
  /** Bit 1 is reserved in v02 and locks out every remote SET in v03. */
  unitControl: {
    remoteLockout: 1,
    minimumRecall: 2,
    callNonActuated1: 3,
    callNonActuated2: 4,
    walkRest: 5,
    interconnect: 6,
    dimming: 7,
  },
  splitOptions: { omitInTransition: 0 },
  timebaseAscAuxillaryFunction: { auxiliary1: 0, auxiliary2: 1, auxiliary3: 2, dimming: 3 },
  /** Bits 4 and 5 are reserved in v02; bit 4 enables the preempt in v03. */
  preemptControl: {
    nonLocking: 0,
    notOverFlash: 1,
    notOverNext: 2,
    flashDwell: 3,
    enabled: 4,
    flashAtMaxPresence: 5,
  },
  /** Bits 0 to 2 are the interval, see `ringStatusOf`. */
  ringStatus: { interval0: 0, interval1: 1, interval2: 2, gapOut: 3, maxOut: 4, forceOff: 5 },
  channelFlash: { yellow: 1, red: 2, alternate: 3 },
  channelDim: { green: 0, yellow: 1, red: 2, alternate: 3 },
} as const satisfies Partial<Record<ObjectName, Readonly<Record<string, number>>>>;

export type MaskName = keyof typeof named;
export type BitName<Name extends MaskName> = keyof (typeof named)[Name] & string;

const table: Partial<Record<ObjectName, Readonly<Record<string, number>>>> = named;

/** Bit numbers by name; undefined for an object that is no mask with named bits. */
export const bitsOf = (name: ObjectName): Readonly<Record<string, number>> | undefined => table[name];

/** Names of the bits that are set, lowest first; reserved ones have none. */
export function bitNames<Name extends MaskName>(name: Name, mask: number): readonly BitName<Name>[] {
  const bits = Object.entries(named[name]) as unknown as readonly (readonly [BitName<Name>, number])[];
  return bits.filter(([, bit]) => mask & (1 << bit)).map(([bit]) => bit);
}

export function maskOf<Name extends MaskName>(name: Name, ...bits: readonly BitName<Name>[]): number {
  const numbers: Readonly<Record<string, number>> = named[name];
  return bits.reduce((mask, bit) => mask | (1 << numbers[bit]!), 0);
}

/** The bits of this value that no edition has a name for; a unit refuses a SET of them (badValue). */
export function reservedBits(name: ObjectName, value: Value): number {
  const bits = table[name];
  if (!bits || typeof value !== "number") return 0;
  return value & ~Object.values(bits).reduce((mask, bit) => mask | (1 << bit), 0);
}
