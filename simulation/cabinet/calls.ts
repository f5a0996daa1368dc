import type { Cabinet, Junction } from "../../config/model.ts";
import { type Millis, millis } from "../../config/units.ts";
import { Lamp } from "../lamps.ts";
import { Code, type EventLog } from "./event-log.ts";
import type { UnitPhase, WalkCalls } from "./rings.ts";
import type { DetectorState, PhaseControl } from "./virtual-cabinet.ts";

export const noControl: PhaseControl = {
  vehicleCall: 0,
  pedestrianCall: 0,
  hold: 0,
  forceOff: 0,
  omit: 0,
  pedestrianOmit: 0,
  stopTime: 0,
};

interface Channel {
  readonly phase: UnitPhase | undefined;
  present: boolean;
  /** Since when the present presence counts towards the open period. */
  presentFrom: number;
  total: number;
  arrivals: number;
  occupied: number;
  volume: number;
  occupancy: number;
  /** A fault on request: what it says for ever. */
  stuck: boolean | undefined;
  /** Present, or silent, without a change since. */
  unchangedSince: number;
  fault: DetectorState["fault"];
}

/** On for this long without a break, and so long without a vehicle, a detector is called broken (common practice). */
const STUCK_ON = 10 * 60_000;
const SILENT = 6 * 3_600_000;

/**
 * Detectors, push buttons and what they ask of the phases. A phase without a detector, or with a crossing that has no
 * button, is always called: nobody it cannot see is left standing. Times are the cabinet's monotonic milliseconds.
 */
export class Calls implements WalkCalls {
  control: PhaseControl = noControl;
  /** Last time something stood on or arrived at a detector of the phase, by phase index. */
  readonly actuated: Float64Array;
  detectorSequence = 0;
  period: Millis = millis(60_000);
  readonly #phases: readonly UnitPhase[];
  readonly #junction: Junction;
  readonly #log: EventLog;
  readonly #lamps: Uint8Array;
  readonly #channels = new Map<number, Channel>();
  readonly #present: Uint8Array;
  readonly #walkCalled: Uint8Array;
  readonly #walkRecall: Uint8Array;
  #recall = 0;
  #seen = 0;
  /** Phases with a detector that has said nothing for too long: they are called always. */
  #blind = 0;
  #latched = 0;
  #green = 0;
  #walkCalls = 0;
  #periodStart: number;

  constructor(options: {
    readonly cabinet: Cabinet;
    readonly junction: Junction;
    readonly phases: readonly UnitPhase[];
    readonly lamps: Uint8Array;
    readonly log: EventLog;
    readonly at: number;
  }) {
    const { cabinet, junction, phases } = options;
    this.#phases = phases;
    this.#junction = junction;
    this.#log = options.log;
    this.#lamps = options.lamps;
    this.#periodStart = options.at;
    this.actuated = new Float64Array(phases.length).fill(Number.NEGATIVE_INFINITY);
    this.#present = new Uint8Array(phases.length);
    this.#walkCalled = new Uint8Array(junction.groups.length);
    this.#walkRecall = Uint8Array.from(junction.groups, (group) => (hasButton(junction, group.id) ? 0 : 1));
    for (const { channel, phase } of cabinet.detectors) {
      this.#channels.set(
        channel,
        newChannel(
          phases.find((candidate) => candidate.number === phase),
          options.at,
        ),
      );
    }
    this.#judgeRecall();
  }

  /** The phase a channel calls from now on; 0: none. */
  assign(channel: number, number: number): void {
    const state = this.#channels.get(channel);
    const phase = this.#phases.find((candidate) => candidate.number === number);
    if (state?.phase === phase && state) return;
    if (state?.present && state.phase) this.#present[state.phase.index]!--;
    this.#channels.set(channel, { ...(state ?? newChannel(undefined, this.#periodStart)), phase });
    if (state?.present && phase) this.#present[phase.index]!++;
    this.#judgeRecall();
  }

  phaseOf(channel: number): number {
    return this.#channels.get(channel)?.phase?.number ?? 0;
  }

  #judgeRecall(): void {
    this.#seen = this.#recall = 0;
    for (const { phase } of this.#channels.values()) if (phase) this.#seen |= phase.bit;
    for (const phase of this.#phases) {
      if (!this.sees(phase)) this.#recall |= phase.bit;
      if (phase.pedestrians.some((group) => this.#walkRecall[group])) this.#recall |= phase.bit;
    }
  }

  /** Power comes back: calls, presence and totals are gone. */
  reset(at: number): void {
    this.#latched = this.#green = this.#walkCalls = 0;
    this.#walkCalled.fill(0);
    this.#present.fill(0);
    this.actuated.fill(Number.NEGATIVE_INFINITY);
    for (const [channel, { phase }] of this.#channels) this.#channels.set(channel, newChannel(phase, at));
    this.#periodStart = at;
  }

  /** Phases somebody asks for, bit by phase number; a green phase with somebody still on its detector does not ask. */
  get vehicleCalls(): number {
    return this.#latched | this.#recall | this.#blind | this.control.vehicleCall;
  }

  get pedestrianCalls(): number {
    return this.#walkCalls;
  }

  get all(): number {
    return this.vehicleCalls | this.#walkCalls;
  }

  isRecalled(group: number): boolean {
    return this.#walkRecall[group] === 1;
  }

  wantsWalk(group: number, phase: UnitPhase): boolean {
    if (this.control.pedestrianOmit & phase.bit) return false;
    return this.#walkRecall[group] === 1 || this.#walkCalled[group] === 1;
  }

  /** A walk somebody pressed for, as against one that comes with every green. */
  pressedWalk(phase: UnitPhase): boolean {
    return phase.pedestrians.some((group) => this.#walkCalled[group] === 1);
  }

  walkStarted(group: number): void {
    this.#walkCalled[group] = 0;
    this.#countWalkCalls();
  }

  greenStarted(phase: UnitPhase): void {
    this.#green |= phase.bit;
    if (this.#latched & phase.bit) {
      this.#latched &= ~phase.bit;
      this.#log.write(Code.callDropped, phase.number);
    }
  }

  greenEnded(phase: UnitPhase): void {
    this.#green &= ~phase.bit;
    // NTCIP 1202 phaseControlGroupForceOff: the unit clears the bit itself when that green ends.
    if (this.control.forceOff & phase.bit)
      this.control = { ...this.control, forceOff: this.control.forceOff & ~phase.bit };
    if (this.#present[phase.index]! > 0) this.#latch(phase);
  }

  press(crossing: number): void {
    const spec = this.#junction.crossings[crossing];
    if (!spec) return;
    this.#log.write(Code.buttonOn, crossing + 1);
    this.callWalk(this.#junction.groups.findIndex((group) => group.id === spec.group));
  }

  /** Every walk of a phase, as by its buttons. */
  callWalks(phase: UnitPhase): void {
    for (const group of phase.pedestrians) this.callWalk(group);
  }

  callWalk(group: number): void {
    if (this.#walkRecall[group] || this.#walkCalled[group] || this.#lamps[group] === Lamp.green) return;
    this.#walkCalled[group] = 1;
    this.#countWalkCalls();
    for (const phase of this.#phases)
      if (phase.pedestrians.includes(group)) this.#log.write(Code.pedestrianCall, phase.number);
  }

  /** A detector that says the same from now on, whatever passes; undefined mends it. */
  stick(channel: number, present: boolean | undefined, at: number): void {
    const state = this.#channels.get(channel);
    if (!state) return;
    state.stuck = undefined;
    if (present !== undefined) this.detect(channel, present, 0, at);
    state.stuck = present;
  }

  mendAll(at: number): void {
    for (const [channel, { stuck }] of this.#channels) if (stuck !== undefined) this.stick(channel, undefined, at);
  }

  get faulty(): boolean {
    for (const { fault } of this.#channels.values()) if (fault !== "ok") return true;
    return false;
  }

  detect(channel: number, present: boolean, arrivals: number, at: number): void {
    const state = this.#channels.get(channel);
    if (!state || state.stuck !== undefined) return;
    const { phase } = state;
    if (present !== state.present || arrivals > 0) state.unchangedSince = at;
    if (present !== state.present) {
      if (!present) state.occupied += at - state.presentFrom;
      state.present = present;
      state.presentFrom = at;
      this.#log.write(present ? Code.detectorOn : Code.detectorOff, channel);
      if (phase) this.#present[phase.index]! += present ? 1 : -1;
      if (phase && !present) this.actuated[phase.index] = at;
    }
    state.total += arrivals;
    state.arrivals += arrivals;
    if (!phase || (!present && arrivals === 0)) return;
    this.actuated[phase.index] = at;
    if (!(this.#green & phase.bit)) this.#latch(phase);
  }

  /** Has the phase a detector? */
  sees(phase: UnitPhase): boolean {
    return (this.#seen & phase.bit) !== 0;
  }

  /** Since the last vehicle of the phase, ms; 0 while one stands on a detector. */
  gap(phase: UnitPhase, at: number): number {
    return this.#present[phase.index]! > 0 ? 0 : at - this.actuated[phase.index]!;
  }

  detector(channel: number): DetectorState {
    const state = this.#channels.get(channel);
    if (!state) return { present: false, total: 0, volume: 0, occupancy: 0, fault: "ok" };
    const { present, total, volume, occupancy, fault } = state;
    return { present, total, volume, occupancy, fault };
  }

  /** Closes the volume-occupancy period when it is over. */
  tick(at: number): void {
    if (at - this.#periodStart < this.period) return;
    const length = at - this.#periodStart;
    this.#periodStart = at;
    this.detectorSequence++;
    this.#blind = 0;
    for (const [channel, state] of this.#channels) {
      this.#diagnose(channel, state, at);
      if (state.fault === "no-activity" && state.phase) this.#blind |= state.phase.bit;
      if (state.present) {
        state.occupied += at - state.presentFrom;
        state.presentFrom = at;
      }
      state.volume = state.arrivals;
      state.occupancy = Math.min(1, state.occupied / length);
      state.arrivals = state.occupied = 0;
    }
  }

  #diagnose(channel: number, state: Channel, at: number): void {
    const still = at - state.unchangedSince;
    const fault = state.present ? (still >= STUCK_ON ? "stuck-on" : "ok") : still >= SILENT ? "no-activity" : "ok";
    if ((fault === "ok") !== (state.fault === "ok"))
      this.#log.write(fault === "ok" ? Code.detectorRestored : Code.detectorFault, channel);
    state.fault = fault;
  }

  #latch(phase: UnitPhase): void {
    if (this.#latched & phase.bit) return;
    this.#latched |= phase.bit;
    if (!(this.#recall & phase.bit)) this.#log.write(Code.callRegistered, phase.number);
  }

  #countWalkCalls(): void {
    let mask = 0;
    for (const phase of this.#phases)
      for (const group of phase.pedestrians) if (this.#walkCalled[group]) mask |= phase.bit;
    this.#walkCalls = mask;
  }
}

const hasButton = (junction: Junction, group: string): boolean => {
  const crossings = junction.crossings.filter((crossing) => crossing.group === group);
  return crossings.length > 0 && crossings.every((crossing) => crossing.button);
};

const newChannel = (phase: UnitPhase | undefined, at: number): Channel => ({
  phase,
  present: false,
  presentFrom: 0,
  total: 0,
  arrivals: 0,
  occupied: 0,
  volume: 0,
  occupancy: 0,
  stuck: undefined,
  unchangedSince: at,
  fault: "ok",
});
