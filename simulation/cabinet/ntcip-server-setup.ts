import {
  describe,
  maskOf,
  numbersOf,
  type ObjectName,
  objectOf,
  octetsOf,
  type Ref,
  ref,
  sameValue,
  type Value,
  type Write,
} from "ntcip-ts";
import { type Millis, millis, seconds } from "../../config/units.ts";
import { capacity } from "./ntcip-server-layout.ts";
import type { PreemptSettings } from "./preemption.ts";
import type { VirtualCabinet } from "./virtual-cabinet.ts";

/**
 * The stored set-up that no other table keeps: what was written, over what is wired and common practice. The cabinet acts on
 * phase timing, detectors' phases, periods and the manual pattern; the rest it keeps and tells. Safety is wired: clearances,
 * walks, rings and conflicts cannot be set from outside.
 */
export class SetUp {
  readonly #unit: VirtualCabinet;
  readonly #written = new Map<string, Value>();
  readonly #delivered: ReadonlyMap<number, PreemptSettings>;

  constructor(unit: VirtualCabinet) {
    this.#unit = unit;
    this.#delivered = unit.preempts.settings;
  }

  read({ name, index }: Ref): Value {
    return this.#written.get(keyOf({ name, index })) ?? this.#wired(name, index) ?? emptyValue(name);
  }

  number(name: ObjectName, ...index: readonly number[]): number {
    return this.read({ name, index }) as number;
  }

  /** Why these writes cannot stand, if they cannot. */
  check(writes: readonly Write[]): string | undefined {
    const after = new Map(writes.map(({ ref: at, value }) => [keyOf(at), value]));
    const value = (at: Ref): number => (after.get(keyOf(at)) ?? this.read(at)) as number;
    for (const { ref: at, value: wanted } of writes) {
      if (wired.has(at.name) && !sameValue(this.read(at), wanted)) return `${describe(at)} is wired in this unit`;
      const why = this.#fault(at, wanted, value);
      if (why !== undefined) return `${describe(at)}: ${why}`;
    }
    return undefined;
  }

  store(writes: readonly Write[]): void {
    for (const { ref: at, value } of writes) this.#written.set(keyOf(at), value);
  }

  /** Preempts as the cabinet takes them; one that is not enabled (v03) has nowhere to dwell. */
  preempts(): ReadonlyMap<number, PreemptSettings> {
    const value = (name: ObjectName, row: number): Value => this.read(ref(name, row));
    const time = (name: ObjectName, row: number): Millis => seconds(value(name, row) as number);
    const phases = (name: ObjectName, row: number) => numbersOf(value(name, row) as Uint8Array);
    return new Map(
      Array.from({ length: capacity.preempts }, (_, i): [number, PreemptSettings] => [
        i + 1,
        {
          delay: time("preemptDelay", i + 1),
          trackPhases: phases("preemptTrackPhase", i + 1),
          trackGreen: time("preemptTrackGreen", i + 1),
          dwellPhases: (value("preemptControl", i + 1) as number) & enabled ? phases("preemptDwellPhase", i + 1) : [],
          dwellGreen: time("preemptDwellGreen", i + 1),
          minimumDuration: time("preemptMinimumDuration", i + 1),
          maximumPresence: time("preemptMaximumPresence", i + 1),
          exitPhases: phases("preemptExitPhase", i + 1),
        },
      ]),
    );
  }

  #fault({ name, index }: Ref, wanted: Value, value: (at: Ref) => number): string | undefined {
    const [row = 0] = index;
    switch (name) {
      case "phaseMinimumGreen": {
        const least = this.#wired(name, index) as number;
        if ((wanted as number) < least) return `${wanted} s is below the ${least} s wired`;
        return undefined;
      }
      case "phaseMaximum1":
      case "phaseMaximum2": {
        const least = value(ref("phaseMinimumGreen", row));
        return (wanted as number) < least ? `${wanted} s is below the minimum green of ${least} s` : undefined;
      }
      case "phaseOptions":
        return ((wanted as number) & 1) === ((this.#wired(name, index) as number) & 1)
          ? undefined
          : "which phases there are is wired";
      case "vehicleDetectorCallPhase":
      case "vehicleDetectorSwitchPhase":
      case "pedestrianDetectorCallPhase":
        return (wanted as number) <= capacity.phases ? undefined : `the unit has ${capacity.phases} phases`;
      case "vehicleDetectorDelay":
        return (wanted as number) <= 2550 ? undefined : "at most 255 s";
      case "volumeOccupancyPeriodV3":
        return (wanted as number) <= 3600 ? undefined : "at most 3600 s";
      case "coordCorrectionMode":
        return (wanted as number) in corrections ? undefined : "the unit knows dwell, short way, add and subtract only";
      case "coordForceMode":
        return (wanted as number) in forceModes ? undefined : "the unit knows floating and fixed";
      case "timebaseAscPatternSync":
        return (wanted as number) < 1440 ? undefined : "patterns count from a minute of the day";
      default:
        return undefined;
    }
  }

  /** What this cabinet is built with. */
  #wired(name: ObjectName, index: readonly number[]): Value | undefined {
    const [row = 0] = index;
    if (name.startsWith("phase")) return this.#phase(name, row);
    if (name.startsWith("channel")) return this.#channel(name, row);
    if (name.startsWith("preempt")) return this.#preempt(name, row);
    if (name === "overlapIncludedPhases")
      return octetsOf(this.#unit.overlaps.find(({ number }) => number === row)?.phases ?? []);
    switch (name) {
      case "vehicleDetectorOptions":
        return this.#unit.detectorPhase(row) === 0 ? 0b0000_0011 : 0b1001_0011;
      case "vehicleDetectorCallPhase":
        return this.#unit.detectorPhase(row);
      case "pedestrianDetectorCallPhase": {
        const crossing = this.#unit.junction.crossings[row - 1];
        return (
          this.#unit.junction.phases.find(({ groups }) => crossing && groups.includes(crossing.group))?.number ?? 0
        );
      }
      default:
        return practice[name];
    }
  }

  #phase(name: ObjectName, number: number): Value | undefined {
    const { junction } = this.#unit;
    const phase = junction.phases.find((entry) => entry.number === number);
    if (!phase) return undefined;
    const walks = junction.groups.filter(({ id, kind }) => kind === "pedestrian" && phase.groups.includes(id));
    switch (name) {
      case "phaseWalk":
        return whole(Math.max(0, ...walks.map(({ minGreen }) => minGreen)));
      case "phasePedestrianClear":
        return whole(Math.max(0, ...walks.map(({ clearance }) => clearance)));
      case "phaseMinimumGreen":
        return whole(phase.minGreen);
      case "phaseMaximum1":
      case "phaseMaximum2":
      case "phaseMaximum3":
        return whole(phase.maxGreen);
      case "phasePassage":
        return tenths(seconds(3));
      case "phaseYellowChange":
        return tenths(phase.amber);
      case "phaseRedClear":
        return tenths(phase.allRed);
      case "phaseOptions":
        return 1;
      case "phaseRing":
        return phase.ring;
      case "phaseConcurrency":
        return octetsOf(
          junction.phases.flatMap((other) =>
            other.ring !== phase.ring && other.barrier === phase.barrier ? [other.number] : [],
          ),
        );
      default:
        return undefined;
    }
  }

  /** As the cabinet was delivered. */
  #preempt(name: ObjectName, number: number): Value | undefined {
    const preempt = this.#delivered.get(number);
    if (!preempt) return practice[name];
    const time = preemptTimes[name as keyof typeof preemptTimes];
    if (time) return Math.ceil(preempt[time] / 1000);
    const phases = preemptPhases[name as keyof typeof preemptPhases];
    return phases ? octetsOf(preempt[phases]) : practice[name];
  }

  /** Channel n drives the junction's n-th signal group, by the first phase that shows it. */
  #channel(name: ObjectName, number: number): Value | undefined {
    const group = this.#unit.junction.groups[number - 1];
    if (!group) return undefined;
    switch (name) {
      case "channelControlSource":
        return this.#unit.junction.phases.find(({ groups }) => groups.includes(group.id))?.number ?? 0;
      case "channelControlType":
        return group.kind === "pedestrian" ? 3 : 2;
      case "channelFlash":
        return 4; // red
      case "channelGreenType":
        return 2; // protected
      default:
        return undefined;
    }
  }
}

const preemptTimes = {
  preemptDelay: "delay",
  preemptMinimumDuration: "minimumDuration",
  preemptTrackGreen: "trackGreen",
  preemptDwellGreen: "dwellGreen",
  preemptMaximumPresence: "maximumPresence",
} as const satisfies Partial<Record<ObjectName, keyof PreemptSettings>>;

const preemptPhases = {
  preemptTrackPhase: "trackPhases",
  preemptDwellPhase: "dwellPhases",
  preemptExitPhase: "exitPhases",
} as const satisfies Partial<Record<ObjectName, keyof PreemptSettings>>;

const wired: ReadonlySet<ObjectName> = new Set([
  "phaseWalk",
  "phasePedestrianClear",
  "phaseYellowChange",
  "phaseRedClear",
  "phaseRing",
  "phaseConcurrency",
  "channelControlSource",
  "channelControlType",
  "overlapIncludedPhases",
  "coordMaximumMode",
  "unitCoordSyncPoint",
  "patternCoordSyncPoint",
  "globalDaylightSaving",
  "communityNameAdmin",
  "communityNameUser",
  "communityNameAccessMask",
] as const);

/** Values of objects that the junction says nothing about. */
const practice: Readonly<Partial<Record<ObjectName, Value>>> = {
  phaseStartup: 2, // phaseNotOn
  unitStartUpFlash: 3,
  unitAutoPedestrianClear: 2, // enable
  unitRedRevert: 20,
  coordCorrectionMode: 3, // shortway
  coordMaximumMode: 4, // maxInhibit
  coordForceMode: 3, // fixed
  unitCoordSyncPoint: 2, // firstPhaseGreenBegin
  patternCoordSyncPoint: 2, // unitCoordSyncPoint
  patternOptions: 2, // coordMaximumMode
  globalDaylightSaving: 2, // disableDST
  overlapType: 2, // normal
  preemptControl: 16, // enabled
  preemptSequenceNumber: 1,
  preemptExitType: 1, // exitPhases
};

const enabled = maskOf("preemptControl", "enabled");

const keyOf = ({ name, index }: Ref): string => `${name}.${index.join(".")}`;

/** The least an object can hold; of a choice the first that is not `other`. */
export function emptyValue(name: ObjectName): Value {
  const { syntax } = objectOf(name);
  switch (syntax.kind) {
    case "integer":
      return Math.min(syntax.max, Math.max(0, syntax.min));
    case "choice":
      return Object.values(syntax.values).find((value) => value > 1) ?? 1;
    case "octets":
      return new Uint8Array(syntax.min);
    case "oid":
      return "0.0";
    case "opaque":
      return new Uint8Array(0);
    default:
      return 0;
  }
}

const whole = (time: number): number => Math.min(255, Math.ceil(time / 1000));
const tenths = (time: number): number => Math.min(255, Math.ceil(time / 100));

/** What of the set-up the cabinet runs by. `maximum`: the column in force for the phase's ring. */
export function applyTiming(unit: VirtualCabinet, setUp: SetUp, maximum: (ring: number) => 1 | 2 | 3): void {
  for (const { number, ring } of unit.junction.phases)
    unit.setPhaseTiming(number, {
      minGreen: seconds(setUp.number("phaseMinimumGreen", number)),
      maxGreen: seconds(setUp.number(`phaseMaximum${maximum(ring)}`, number)),
      passage: tenthsOf(setUp.number("phasePassage", number)),
    });
}

const tenthsOf = (value: number): Millis => millis(value * 100);

/** coordCorrectionMode and coordForceMode in the cabinet's words; undefined: it knows none such. */
export const corrections = { 2: "dwell", 3: "short-way", 4: "add-only", 5: "subtract-only" } as const;
export const forceModes = { 2: "floating", 3: "fixed" } as const;
