import type { Cabinet, Junction, Schedule } from "../../config/model.ts";
import { type Instant, type Millis, millis } from "../../config/units.ts";
import { Lamp } from "../lamps.ts";
import { Calls } from "./calls.ts";
import { CentralCommand } from "./central-command.ts";
import { ConflictMonitor } from "./conflict-monitor.ts";
import { Coordinator } from "./coordinator.ts";
import { Code, EventLog, Flash } from "./event-log.ts";
import { FreeOperation } from "./free-operation.ts";
import { Heads } from "./heads.ts";
import { Operation } from "./operation.ts";
import { OwnClock, STEP } from "./own-clock.ts";
import { checkPlan } from "./plan-check.ts";
import { FLASH, FREE, PlanStore } from "./plan-store.ts";
import { Rings, type UnitPhase, unitPhases } from "./rings.ts";
import type {
  CabinetEvent,
  CabinetFault,
  DetectorState,
  InjectedFault,
  PhaseControl,
  PhaseTiming,
  PlanFault,
  StoredPlan,
  UnitStatus,
  VirtualCabinet,
} from "./virtual-cabinet.ts";

/** A controller that loses power is dark this long before it flashes. */
const DARK = 2000;
/** Flash after power-up or after a cleared fault, before all red. */
const STARTUP_FLASH = 3000;
/** The least all-red after flash; the junction's longest intergreen if that is longer. */
const STARTUP_RED = 3000;

/** What the lamps are under: power-up in three parts, the rings, or flash. */
type Condition = "dark" | "startup-flash" | "startup-red" | "running" | "flash";

export interface UnitOptions {
  readonly cabinet: Cabinet;
  readonly junction: Junction;
  readonly schedule: Schedule;
  readonly utcOffset: Millis;
  readonly start: Instant;
}

/** A virtual field controller; it starts up at `start` and runs its own plans until somebody commands it. */
export const createVirtualCabinet = (options: UnitOptions): VirtualCabinet => new Unit(options);

class Unit implements VirtualCabinet {
  readonly id: string;
  readonly junction: Junction;
  readonly lamps: Uint8Array;
  readonly #clock: OwnClock;
  readonly #log: EventLog;
  readonly #plans: PlanStore;
  readonly #calls: Calls;
  readonly #rings: Rings;
  readonly #coordinator: Coordinator;
  readonly #operation: Operation;
  readonly #command: CentralCommand;
  readonly #monitor: ConflictMonitor;
  readonly #phaseBits: number;
  readonly #startupRed: number;
  #condition: Condition = "startup-flash";
  #conditionSince: number;
  readonly #listeners: (() => void)[] = [];
  #timeBase: ((now: Instant) => number) | undefined;
  #manualPattern: number = 0;
  #scheduled = FREE;
  #scheduledAt = Number.NEGATIVE_INFINITY;
  #latched: string | undefined;
  #manual: boolean = false;
  #flashSwitch: boolean = false;
  #door: boolean = false;
  readonly #stuck = new Set<number>();

  constructor({ cabinet, junction, schedule, utcOffset, start }: UnitOptions) {
    this.id = cabinet.id;
    this.junction = junction;
    this.#clock = new OwnClock(start);
    const log = new EventLog(() => this.#clock.now());
    const heads = new Heads(junction, start);
    const phases = unitPhases(junction);
    const calls = new Calls({ cabinet, junction, phases, lamps: heads.lamps, log, at: start });
    const rings = new Rings({ junction, phases, heads, log, calls });
    const coordinatedPhase = junction.coordinatedPhase;
    this.#log = log;
    this.#calls = calls;
    this.#rings = rings;
    this.#plans = new PlanStore({ junction, schedule, utcOffset });
    this.#coordinator = new Coordinator({ rings, log, coordinatedPhase, calendar: (at) => this.#clock.calendar(at) });
    const free = new FreeOperation({
      rings,
      calls,
      log,
      restPhase: coordinatedPhase,
      unseenGreen: (phase) => this.#scheduledGreen(phase),
    });
    this.#operation = new Operation({ rings, coordinator: this.#coordinator, free, log });
    this.#monitor = new ConflictMonitor(junction, start);
    this.#phaseBits = phases.reduce((mask, phase) => mask | phase.bit, 0);
    this.#startupRed = Math.max(STARTUP_RED, ...junction.intergreen);
    this.#command = new CentralCommand({ calls, phases, log, backupTime: cabinet.backupTime, at: start });
    this.#conditionSince = start;
    this.lamps = new Uint8Array(junction.groups.length).fill(Lamp.flash);
    this.#scheduled = this.#plans.scheduledPattern(start);
    log.write(Code.powerRestored, 1);
    log.write(Code.flash, Flash.startup);
  }

  now(): Instant {
    return this.#clock.now();
  }

  setClock(to: Instant): void {
    this.#log.write(Code.clockSet, 0);
    this.#clock.set(to);
    this.#scheduledAt = Number.NEGATIVE_INFINITY;
  }

  step(at: Instant): void {
    for (let due = this.#clock.due(at); due > 0; due--) {
      this.#clock.ticked += STEP;
      this.#tick(this.#clock.ticked);
    }
    for (const listener of this.#listeners) listener();
  }

  onStep(listener: () => void): void {
    this.#listeners.push(listener);
  }

  get trips(): number {
    return this.#monitor.trips;
  }

  // --- plans and commands

  checkPlan(plan: StoredPlan): PlanFault | undefined {
    return checkPlan(this.junction, plan);
  }

  storedPlan(pattern: number): StoredPlan | undefined {
    return this.#plans.get(pattern);
  }

  storePlans(plans: ReadonlyMap<number, StoredPlan>): PlanFault | undefined {
    return this.#plans.store(plans);
  }

  erasePlan(pattern: number): void {
    this.#plans.erase(pattern);
  }

  setTimeBase(patternAt: ((now: Instant) => number) | undefined): void {
    this.#timeBase = patternAt;
    this.#scheduledAt = Number.NEGATIVE_INFINITY;
  }

  setManualPattern(pattern: number): void {
    this.#manualPattern = pattern;
  }

  setPhaseTiming(number: number, { minGreen, maxGreen, passage }: PhaseTiming): void {
    const phase = this.#rings.phases.find((candidate) => candidate.number === number);
    const wired = unitPhases(this.junction).find((candidate) => candidate.number === number);
    if (!phase || !wired) return;
    phase.minGreen = Math.max(wired.minGreen, minGreen);
    phase.planMinGreen = Math.max(wired.planMinGreen, minGreen);
    phase.maxGreen = Math.max(phase.planMinGreen, maxGreen);
    phase.passage = passage;
  }

  commandPattern(pattern: number): void {
    this.#command.command(pattern, this.#clock.ticked);
  }

  get commandedPattern(): number {
    return this.#command.pattern;
  }

  setControl(control: Partial<PhaseControl>): void {
    this.#command.control(control, this.#clock.ticked);
  }

  get control(): PhaseControl {
    return this.#calls.control;
  }

  setBackupTime(time: Millis): void {
    this.#command.backupTime = time;
  }

  get backupTime(): Millis {
    return this.#command.backupTime;
  }

  feedWatchdog(): void {
    this.#command.feed(this.#clock.ticked);
  }

  holdOther(inForce: boolean): void {
    this.#command.holdOther(inForce, this.#clock.ticked);
  }

  get lapses(): number {
    return this.#command.lapses;
  }

  watchdogAge(): Millis {
    return this.#command.age(this.#clock.ticked);
  }

  // --- inputs

  detect(channel: number, present: boolean, arrivals: number): void {
    this.#calls.detect(channel, present, arrivals, this.#clock.ticked);
  }

  detector(channel: number): DetectorState {
    return this.#calls.detector(channel);
  }

  get detectorSequence(): number {
    return this.#calls.detectorSequence;
  }

  get detectorPeriod(): Millis {
    return this.#calls.period;
  }

  setDetectorPeriod(period: Millis): void {
    this.#calls.period = period;
  }

  assignDetector(channel: number, phase: number): void {
    this.#calls.assign(channel, phase);
  }

  pressButton(crossing: number): void {
    this.#calls.press(crossing);
  }

  /**
   * `clear` is a technician's visit: it mends what was injected but drift, and resets a latched conflict; `reboot` loses
   * commands, calls and totals, and keeps plans, the clock and a latched conflict.
   */
  inject(fault: InjectedFault): void {
    switch (fault.kind) {
      case "clock-drift":
        this.#clock.drift(fault.partsPerMillion);
        break;
      case "reboot":
        this.#reboot();
        break;
      case "manual":
        this.#manual = fault.on;
        this.#log.write(Code.manual, fault.on ? 1 : 0);
        break;
      case "flash":
        this.#flashSwitch = fault.on;
        break;
      case "door":
        this.#door = fault.open;
        break;
      case "stuck-green":
        this.#stuck.add(fault.group);
        break;
      case "clear":
        this.#stuck.clear();
        this.#latched = undefined;
        this.#manual = this.#flashSwitch = this.#door = false;
        break;
    }
  }

  drainEvents(): readonly CabinetEvent[] {
    return this.#log.drain();
  }

  // --- one step

  #tick(at: number): void {
    this.#command.tick(at);
    this.#calls.tick(at);
    this.#calendar(at);
    if (this.#condition === "running") {
      if (this.#latched || this.#flashSwitch) this.#enter("flash", at);
      else this.#run(at);
    } else this.#standStill(at);
    this.#show(at);
  }

  /** The schedule once a second. */
  #calendar(at: number): void {
    if (at - this.#scheduledAt < 1000) return;
    this.#scheduledAt = at;
    const now = this.#clock.now();
    const own = this.#plans.scheduledPattern(now);
    this.#scheduled = this.#timeBase?.(now) ?? own;
  }

  #run(at: number): void {
    this.#rings.tick(at);
    const pattern = this.#wantedPattern();
    const plan = this.#plans.get(pattern);
    if (this.#manual) this.#operation.free(at, true);
    else if (plan) this.#operation.plan(plan, pattern, at);
    else if (pattern !== FLASH) this.#operation.free(at, false);
    else if (this.#operation.flash(at)) this.#enter("flash", at);
  }

  /** Set by hand, else commanded, else scheduled; a number nobody stored a plan under runs free, as NTCIP 1202 has it. */
  #wantedPattern(): number {
    return this.#manualPattern || this.#command.pattern || this.#scheduled;
  }

  /** What the scheduled plan gives a phase; its minimum where no plan does. */
  #scheduledGreen(phase: UnitPhase): number {
    const split = this.#plans.get(this.#scheduled)?.splits.get(phase.number);
    return split ? split - phase.amber - phase.allRed : phase.planMinGreen;
  }

  /** Power-up and flash: no ring runs. */
  #standStill(at: number): void {
    const stood = at - this.#conditionSince;
    const flash = this.#latched !== undefined || this.#flashSwitch || this.#wantedPattern() === FLASH;
    switch (this.#condition) {
      case "dark":
        if (stood >= DARK) this.#enter("startup-flash", at);
        break;
      case "flash":
        if (!flash) this.#enter("startup-flash", at);
        break;
      case "startup-flash":
        if (stood < STARTUP_FLASH) break;
        this.#enter(flash ? "flash" : "startup-red", at);
        break;
      case "startup-red":
        if (flash) this.#enter("flash", at);
        else if (stood >= this.#startupRed) this.#enter("running", at);
        break;
      case "running":
        break;
    }
  }

  #enter(condition: Condition, at: number): void {
    this.#condition = condition;
    this.#conditionSince = at;
    if (condition === "running") {
      this.#run(at);
      return;
    }
    this.#operation.stop(at, condition === "flash");
    if (condition === "flash") {
      this.#log.write(Code.flash, this.#latched ? Flash.monitor : this.#flashSwitch ? Flash.manual : Flash.automatic);
    } else if (condition === "startup-flash") this.#log.write(Code.flash, Flash.startup);
    else if (condition === "startup-red") this.#log.write(Code.flash, Flash.none);
  }

  /** Lamps out, welded relays in, and the monitor looks. */
  #show(at: number): void {
    const { lamps } = this;
    if (this.#condition === "dark") lamps.fill(Lamp.dark);
    else if (this.#condition === "flash" || this.#condition === "startup-flash") lamps.fill(Lamp.flash);
    else {
      lamps.set(this.#rings.heads.lamps);
      for (const group of this.#stuck) lamps[group] = Lamp.green;
    }
    const fault = this.#monitor.look(lamps, at);
    if (fault === undefined) return;
    this.#latched = fault;
    this.#enter("flash", at);
    lamps.fill(Lamp.flash);
  }

  #reboot(): void {
    const at = this.#clock.ticked;
    this.#log.write(Code.powerFailed, 1);
    this.#command.forget();
    this.#command.feed(at);
    this.#calls.reset(at);
    this.#enter("dark", at);
    this.lamps.fill(Lamp.dark);
    this.#log.write(Code.powerRestored, 1);
  }

  // --- what it says of itself

  status(): UnitStatus {
    const at = this.#clock.ticked;
    const rings = this.#rings;
    const first = rings.rings[0]!;
    const greens = rings.mask("green");
    const ambers = rings.mask("amber");
    const running = this.#condition === "running";
    const wanted = this.#plans.get(this.#wantedPattern());
    const { plan } = this.#coordinator;
    return {
      mode: this.#mode(),
      pattern: this.#operation.pattern,
      plan,
      pending: plan !== undefined && plan !== wanted,
      inTransition: running && this.#operation.inTransition,
      greens,
      ambers,
      reds: this.#phaseBits & ~greens & ~ambers,
      walks: rings.walks(Lamp.green),
      pedClears: rings.walks(Lamp.clearance),
      phaseOns: greens | ambers | rings.mask("clear"),
      phaseNexts: rings.nexts,
      vehicleCalls: this.#calls.vehicleCalls & ~greens,
      pedestrianCalls: this.#calls.pedestrianCalls,
      intervalElapsed: millis(at - first.since),
      minRemaining: millis(rings.minimumRemaining(first, at)),
      cyclePosition: millis(plan ? this.#coordinator.cyclePosition(at) : 0),
      cycleCounter: this.#coordinator.cycleCounter,
      faults: this.#faults(),
    };
  }

  #mode(): UnitStatus["mode"] {
    if (this.#latched) return "fault-flash";
    if (this.#condition === "flash") return "flash";
    if (this.#condition !== "running") return "startup";
    if (this.#manual) return "manual";
    return this.#command.pattern === 0 ? "local" : "central";
  }

  #faults(): readonly CabinetFault[] {
    const faults: CabinetFault[] = [];
    if (this.#latched) faults.push("conflict");
    if (this.#command.expired) faults.push("watchdog-expired");
    if (this.#plans.rejected) faults.push("plan-rejected");
    if (this.#door) faults.push("door-open");
    return faults;
  }
}
