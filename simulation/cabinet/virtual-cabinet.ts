import type { Junction } from "../../config/model.ts";
import type { Instant, Millis } from "../../config/units.ts";
import type { CoordinationSettings } from "./coordination-settings.ts";
import type { Overlap } from "./overlaps.ts";
import type { Preempts } from "./preemption.ts";

/**
 * A virtual field controller: its own plans on its own clock, its own safety rules, its own conflict monitor. Protocol
 * servers (direct, NTCIP, Modbus) are thin layers over this; none of them decides a lamp.
 */
export interface VirtualCabinet {
  readonly id: string;
  readonly junction: Junction;
  /** The cabinet's own clock: the world's, plus what it has drifted or was set to. */
  now(): Instant;
  setClock(to: Instant): void;
  /** Since power came on. */
  uptime(): Millis;
  /** Advances to the world's instant `at` in whole 100 ms steps; lamps, timers, detectors' periods, watchdog. */
  step(at: Instant): void;
  /** By index in `junction.groups`; the same array always, overwritten by `step`. Values of `Lamp`. */
  readonly lamps: Uint8Array;
  status(): UnitStatus;

  /** Refuses what the cabinet could not run safely. */
  checkPlan(plan: StoredPlan): PlanFault | undefined;
  storedPlan(pattern: number): StoredPlan | undefined;
  /** All or none. Storing over the running pattern takes effect at the next local zero. */
  storePlans(plans: ReadonlyMap<number, StoredPlan>): PlanFault | undefined;
  /** Forgets a plan; a pattern without one runs free. */
  erasePlan(pattern: number): void;
  /** Who says which pattern the calendar asks for, once a second; where it says undefined, the cabinet's own schedule does. */
  setTimeBase(patternAt: ((now: Instant) => number | undefined) | undefined): void;
  /** 0 automatic; otherwise beats what a centre or the calendar asks for (NTCIP 1202 coordOperationalMode). */
  setManualPattern(pattern: number): void;
  /** Timing of a phase that a centre may set, within what is wired. */
  setPhaseTiming(phase: number, timing: PhaseTiming): void;
  /** 0 hand back to the local schedule, 1..253 pattern, 254 free, 255 flash. Feeds the watchdog. */
  commandPattern(pattern: number): void;
  readonly commandedPattern: number;

  /** Second-by-second control; bit n - 1 is phase n. Setting feeds the watchdog. Cleared when it expires. */
  setControl(control: Partial<PhaseControl>): void;
  readonly control: PhaseControl;
  /** Silence for this long hands back to local; 0 is off. */
  setBackupTime(time: Millis): void;
  readonly backupTime: Millis;
  feedWatchdog(): void;
  /** A protocol's own commands (special functions and the like) are in force, or no longer: the watchdog minds them. */
  holdOther(inForce: boolean): void;
  /** Times the centre's commands were taken away: by the watchdog or with the power. */
  readonly lapses: number;
  /** Since the last feeding. */
  watchdogAge(): Millis;

  /** Detector input by channel (1-based): presence now, and vehicles that arrived since the last call. */
  detect(channel: number, present: boolean, arrivals: number): void;
  detector(channel: number): DetectorState;
  /** Rises each time a volume-occupancy period closes. */
  readonly detectorSequence: number;
  readonly detectorPeriod: Millis;
  setDetectorPeriod(period: Millis): void;
  /** The phase a channel calls from now on; 0: none. */
  assignDetector(channel: number, phase: number): void;
  /** The phase a channel calls; 0: none. */
  detectorPhase(channel: number): number;
  /** A press of the button of a crossing (index in `junction.crossings`). */
  pressButton(crossing: number): void;

  /** Called after every step. */
  onStep(listener: () => void): void;
  readonly preempts: Preempts;
  /** Outputs switched for the centre; bit n - 1 is number n, 1..16. Setting feeds the watchdog; cleared when it expires. */
  readonly specialFunctions: number;
  setSpecialFunctions(bits: number): void;
  /** Wired: groups that are green in more than one phase. */
  readonly overlaps: readonly Overlap[];
  readonly coordination: CoordinationSettings;
  setCoordination(changes: Partial<CoordinationSettings>): void;
  /** Faults on request, for tests and drills. */
  inject(fault: InjectedFault): void;
  /** High-resolution events since the last call (Indiana codes), oldest first; bounded, oldest dropped. */
  drainEvents(): readonly CabinetEvent[];
  /** Reads back other values than it took: a fault on request. */
  readonly lies: boolean;
  /** Times the conflict monitor has tripped. */
  readonly trips: number;
}

/** What a cabinet keeps in a pattern slot. */
export interface StoredPlan {
  /** Engine's or planner's number; shown, not used. */
  readonly planId: number;
  readonly cycle: Millis;
  /** Start of green of the coordinated phase against the Unix epoch modulo the cycle, by the cabinet's clock. */
  readonly offset: Millis;
  /** By phase number: green + amber + all-red; absent phases are not served. */
  readonly splits: ReadonlyMap<number, Millis>;
  /** Phase numbers of each ring in order. */
  readonly sequence: readonly (readonly number[])[];
  /**
   * How each phase comes to its green and ends it. Absent phases, and plans without modes, have maximum recall: every split is
   * run out, which is fixed time.
   */
  readonly modes?: ReadonlyMap<number, SplitMode>;
}

/** NTCIP 1202 splitMode, in words: served when called, always to its minimum, always to its end, with a walk, never. */
export type SplitMode =
  | "none"
  | "minimum-recall"
  | "maximum-recall"
  | "pedestrian-recall"
  | "maximum-and-pedestrian-recall"
  | "omitted";

export interface PlanFault {
  readonly code:
    | "cycle-range"
    | "cycle-sum"
    | "barrier"
    | "split-too-short"
    | "split-too-long"
    | "clearance"
    | "offset"
    | "sequence"
    | "unknown-phase"
    | "slot"
    /** On request: see `InjectedFault`. */
    | "refused";
  /** Phase the fault is about, 0 for the whole plan. */
  readonly phase: number;
  readonly message: string;
}

export interface PhaseTiming {
  /** Never below what is wired. */
  readonly minGreen: Millis;
  readonly maxGreen: Millis;
  /** A green ends when nothing has crossed its detectors for this long. */
  readonly passage: Millis;
}

export interface PhaseControl {
  readonly vehicleCall: number;
  readonly pedestrianCall: number;
  readonly hold: number;
  readonly forceOff: number;
  readonly omit: number;
  readonly pedestrianOmit: number;
  /** Bit n - 1 is ring n: its green is held, its red clearance does not run, nothing begins; amber and walks run out. */
  readonly stopTime: number;
}

export interface UnitStatus {
  readonly mode: "startup" | "flash" | "local" | "central" | "manual" | "preempt" | "fault-flash";
  /** Pattern that runs now; 254 free, 255 flash. */
  readonly pattern: number;
  readonly plan: StoredPlan | undefined;
  /** Plan waiting for the next local zero. */
  readonly pending: boolean;
  readonly inTransition: boolean;
  /** Bit n - 1 is phase n. */
  readonly greens: number;
  readonly ambers: number;
  readonly reds: number;
  readonly walks: number;
  readonly pedClears: number;
  readonly phaseOns: number;
  readonly phaseNexts: number;
  /** Green phases whose minimum is not over. */
  readonly minimums: number;
  readonly vehicleCalls: number;
  readonly pedestrianCalls: number;
  /** Bit n - 1 is overlap n. */
  readonly overlapGreens: number;
  readonly overlapAmbers: number;
  /** Preempt that has the junction; 0: none. */
  readonly preempt: number;
  /** Of ring 1: since its present interval began, and the least its green still has to run. */
  readonly intervalElapsed: Millis;
  readonly minRemaining: Millis;
  /** Since local zero. */
  readonly cyclePosition: Millis;
  readonly cycleCounter: number;
  readonly faults: readonly CabinetFault[];
}

export type CabinetFault =
  | "conflict"
  | "lamp-fail"
  | "watchdog-expired"
  | "clock-not-set"
  | "detector-fault"
  | "plan-rejected"
  | "door-open";

export interface DetectorState {
  readonly present: boolean;
  /** Running total since power-up. */
  readonly total: number;
  /** Of the last closed period. */
  readonly volume: number;
  /** 0..1, of the last closed period. */
  readonly occupancy: number;
  /** What the cabinet's own diagnostics say of it. */
  readonly fault: "ok" | "no-activity" | "stuck-on";
}

export type InjectedFault =
  | { readonly kind: "clock-drift"; readonly partsPerMillion: number }
  | { readonly kind: "reboot" }
  | { readonly kind: "manual"; readonly on: boolean }
  | { readonly kind: "flash"; readonly on: boolean }
  | { readonly kind: "door"; readonly open: boolean }
  /** A welded relay: the group shows green whatever the controller says. The conflict monitor must see it. */
  | { readonly kind: "stuck-green"; readonly group: number }
  /** A burnt-out red: the group is dark when it should be red. */
  | { readonly kind: "lamp-failure"; readonly group: number }
  /** A detector that says the same whatever happens. */
  | { readonly kind: "stuck-detector"; readonly channel: number; readonly present: boolean }
  /** Takes no plan, whatever plan it is. */
  | { readonly kind: "refuse"; readonly on: boolean }
  /** Reads back other values than it took. */
  | { readonly kind: "lie"; readonly on: boolean }
  | { readonly kind: "preempt"; readonly number: number; readonly on: boolean }
  | { readonly kind: "clear" };

export interface CabinetEvent {
  readonly at: Instant;
  /** Indiana high-resolution code. */
  readonly code: number;
  readonly param: number;
}
