import type { Junction } from "../../config/model.ts";
import { type Instant, type Millis, millis } from "../../config/units.ts";
import type { CoordinationSettings } from "./coordination-settings.ts";
import { Code } from "./event-log.ts";
import { Machine, type UnitOptions } from "./machine.ts";
import type { Overlap } from "./overlaps.ts";
import { STEP } from "./own-clock.ts";
import { checkPlan } from "./plan-check.ts";
import type { Preempts } from "./preemption.ts";
import { distorted } from "./stored-plan.ts";
import type {
  CabinetEvent,
  DetectorState,
  InjectedFault,
  PhaseControl,
  PhaseTiming,
  PlanFault,
  StoredPlan,
  UnitStatus,
  VirtualCabinet,
} from "./virtual-cabinet.ts";

export type { UnitOptions };

/** A virtual field controller; it starts up at `start` and runs its own plans until somebody commands it. */
export const createVirtualCabinet = (options: UnitOptions): VirtualCabinet => new Unit(options);

class Unit implements VirtualCabinet {
  readonly id: string;
  readonly junction: Junction;
  readonly #machine: Machine;
  readonly #listeners: (() => void)[] = [];

  constructor(options: UnitOptions) {
    this.id = options.cabinet.id;
    this.junction = options.junction;
    this.#machine = new Machine(options);
  }

  get lamps(): Uint8Array {
    return this.#machine.lamps;
  }

  get preempts(): Preempts {
    return this.#machine.preempts;
  }

  get overlaps(): readonly Overlap[] {
    return this.#machine.overlaps;
  }

  status(): UnitStatus {
    return this.#machine.status();
  }

  now(): Instant {
    return this.#machine.clock.now();
  }

  uptime(): Millis {
    return millis(Math.max(0, this.#machine.clock.ticked - this.#machine.poweredAt));
  }

  setClock(to: Instant): void {
    this.#machine.log.write(Code.clockSet, 0);
    this.#machine.clock.set(to);
    this.#machine.reschedule();
  }

  step(at: Instant): void {
    for (let due = this.#machine.clock.due(at); due > 0; due--) {
      this.#machine.clock.ticked += STEP;
      this.#machine.tick(this.#machine.clock.ticked);
    }
    for (const listener of this.#listeners) listener();
  }

  onStep(listener: () => void): void {
    this.#listeners.push(listener);
  }

  get trips(): number {
    return this.#machine.monitor.trips;
  }

  checkPlan(plan: StoredPlan): PlanFault | undefined {
    return this.#refusal ?? checkPlan(this.junction, plan);
  }

  storedPlan(pattern: number): StoredPlan | undefined {
    const plan = this.#machine.plans.get(pattern);
    return plan && this.lies ? distorted(plan) : plan;
  }

  get lies(): boolean {
    return this.#machine.injected.lies;
  }

  get #refusal(): PlanFault | undefined {
    return this.#machine.injected.refuses
      ? { code: "refused", phase: 0, message: "this cabinet takes no plans at present" }
      : undefined;
  }

  storePlans(plans: ReadonlyMap<number, StoredPlan>): PlanFault | undefined {
    return this.#refusal ?? this.#machine.plans.store(plans);
  }

  erasePlan(pattern: number): void {
    this.#machine.plans.erase(pattern);
  }

  setTimeBase(patternAt: ((now: Instant) => number | undefined) | undefined): void {
    this.#machine.timeBase = patternAt;
    this.#machine.reschedule();
  }

  setManualPattern(pattern: number): void {
    this.#machine.manualPattern = pattern;
  }

  setPhaseTiming(number: number, timing: PhaseTiming): void {
    this.#machine.rings.setTiming(number, timing);
  }

  commandPattern(pattern: number): void {
    this.#machine.command.command(pattern, this.#machine.clock.ticked);
  }

  get commandedPattern(): number {
    return this.#machine.command.pattern;
  }

  setControl(control: Partial<PhaseControl>): void {
    this.#machine.command.control(control, this.#machine.clock.ticked);
  }

  get control(): PhaseControl {
    return this.#machine.calls.control;
  }

  setBackupTime(time: Millis): void {
    this.#machine.command.backupTime = time;
  }

  get backupTime(): Millis {
    return this.#machine.command.backupTime;
  }

  feedWatchdog(): void {
    this.#machine.command.feed(this.#machine.clock.ticked);
  }

  holdOther(inForce: boolean): void {
    this.#machine.command.holdOther(inForce, this.#machine.clock.ticked);
  }

  get lapses(): number {
    return this.#machine.command.lapses;
  }

  watchdogAge(): Millis {
    return this.#machine.command.age(this.#machine.clock.ticked);
  }

  get specialFunctions(): number {
    return this.#machine.command.functions;
  }

  setSpecialFunctions(bits: number): void {
    this.#machine.command.setFunctions(bits, this.#machine.clock.ticked);
  }

  get coordination(): CoordinationSettings {
    return this.#machine.coordinator.settings;
  }

  setCoordination(changes: Partial<CoordinationSettings>): void {
    this.#machine.coordinator.settings = { ...this.#machine.coordinator.settings, ...changes };
  }

  detect(channel: number, present: boolean, arrivals: number): void {
    this.#machine.calls.detect(channel, present, arrivals, this.#machine.clock.ticked);
  }

  detector(channel: number): DetectorState {
    return this.#machine.calls.detector(channel);
  }

  get detectorSequence(): number {
    return this.#machine.calls.detectorSequence;
  }

  get detectorPeriod(): Millis {
    return this.#machine.calls.period;
  }

  setDetectorPeriod(period: Millis): void {
    this.#machine.calls.period = period;
  }

  detectorPhase(channel: number): number {
    return this.#machine.calls.phaseOf(channel);
  }

  assignDetector(channel: number, phase: number): void {
    this.#machine.calls.assign(channel, phase);
  }

  pressButton(crossing: number): void {
    this.#machine.calls.press(crossing);
  }

  /**
   * `clear` is a technician's visit: it mends what was injected but drift, and resets a latched conflict; `reboot` loses
   * commands, calls and totals, and keeps plans, the clock and a latched conflict.
   */
  inject(fault: InjectedFault): void {
    switch (fault.kind) {
      case "clock-drift":
        this.#machine.clock.drift(fault.partsPerMillion);
        break;
      case "reboot":
        this.#machine.reboot();
        break;
      case "stuck-detector":
        this.#machine.calls.stick(fault.channel, fault.present, this.#machine.clock.ticked);
        break;
      case "preempt":
        this.#machine.preempts.input(fault.number, fault.on);
        break;
      case "clear":
        this.#machine.calls.mendAll(this.#machine.clock.ticked);
        this.#machine.injected.clear();
        this.#machine.preempts.clear();
        this.#machine.latched = undefined;
        break;
      default:
        this.#machine.injected.take(fault);
    }
  }

  drainEvents(): readonly CabinetEvent[] {
    return this.#machine.log.drain();
  }
}
