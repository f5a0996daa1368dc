import type { Cabinet, Junction, Schedule } from "../../config/model.ts";
import type { Instant, Millis } from "../../config/units.ts";
import { Lamp } from "../lamps.ts";
import { ActuatedCoordination } from "./actuated-coordination.ts";
import { Calls } from "./calls.ts";
import { CentralCommand } from "./central-command.ts";
import { type Condition, nextCondition, STARTUP_RED } from "./condition.ts";
import { ConflictMonitor } from "./conflict-monitor.ts";
import { Coordinator } from "./coordinator.ts";
import { Code, EventLog, Flash } from "./event-log.ts";
import { FreeOperation } from "./free-operation.ts";
import { Heads } from "./heads.ts";
import { Injected } from "./injected.ts";
import { Operation } from "./operation.ts";
import { type Overlap, OverlapLog, overlapsOf } from "./overlaps.ts";
import { OwnClock } from "./own-clock.ts";
import { FLASH, FREE, PlanStore } from "./plan-store.ts";
import { Preemption } from "./preemption.ts";
import { Rings, type UnitPhase, unitPhases } from "./rings.ts";
import { statusOf } from "./unit-status.ts";
import type { CabinetFault, UnitStatus } from "./virtual-cabinet.ts";

export interface UnitOptions {
  readonly cabinet: Cabinet;
  readonly junction: Junction;
  readonly schedule: Schedule;
  readonly utcOffset: Millis;
  readonly start: Instant;
}

/**
 * The controller itself: what it steps, and who may tell it what. `Unit` is the face it shows to protocol servers.
 */
export class Machine {
  readonly id: string;
  readonly junction: Junction;
  readonly lamps: Uint8Array;
  readonly preempts: Preemption;
  readonly overlaps: readonly Overlap[];
  readonly #overlapLog: OverlapLog;
  readonly clock: OwnClock;
  readonly log: EventLog;
  readonly plans: PlanStore;
  readonly calls: Calls;
  readonly rings: Rings;
  readonly coordinator: Coordinator;
  readonly operation: Operation;
  readonly command: CentralCommand;
  readonly monitor: ConflictMonitor;
  readonly #phaseBits: number;
  readonly #startupRed: number;
  #condition: Condition = "startup-flash";
  #conditionSince: number;
  /** Monotonic instant at which power came on. */
  poweredAt: number;
  timeBase: ((now: Instant) => number | undefined) | undefined;
  manualPattern: number = 0;
  #scheduled = FREE;
  #scheduledAt = Number.NEGATIVE_INFINITY;
  latched: string | undefined;
  readonly injected: Injected;

  constructor({ cabinet, junction, schedule, utcOffset, start }: UnitOptions) {
    this.id = cabinet.id;
    this.junction = junction;
    this.clock = new OwnClock(start);
    const log = new EventLog(() => this.clock.now());
    const heads = new Heads(junction, start);
    const phases = unitPhases(junction);
    const calls = new Calls({ cabinet, junction, phases, lamps: heads.lamps, log, at: start });
    const rings = new Rings({ junction, phases, heads, log, calls });
    rings.reset(start);
    const coordinatedPhase = junction.coordinatedPhase;
    this.log = log;
    this.injected = new Injected(log);
    this.calls = calls;
    this.rings = rings;
    this.plans = new PlanStore({ junction, schedule, utcOffset });
    this.coordinator = new Coordinator({ rings, log, coordinatedPhase, calendar: (at) => this.clock.calendar(at) });
    const free = new FreeOperation({
      rings,
      calls,
      log,
      restPhase: coordinatedPhase,
      unseenGreen: (phase) => this.#scheduledGreen(phase),
    });
    this.preempts = new Preemption({
      junction,
      rings,
      log,
      now: () => this.clock.ticked,
      fed: () => this.command.feed(this.clock.ticked),
    });
    const { coordinator, preempts: preemption } = this;
    const calendar = (at: number) => this.clock.calendar(at);
    const actuated = new ActuatedCoordination({ rings, free, calls, log, coordinatedPhase, calendar });
    this.operation = new Operation({ rings, coordinator, actuated, free, preemption, log });
    this.overlaps = overlapsOf(junction);
    this.#overlapLog = new OverlapLog(this.overlaps, log);
    this.monitor = new ConflictMonitor(junction, start);
    this.#phaseBits = phases.reduce((mask, phase) => mask | phase.bit, 0);
    this.#startupRed = Math.max(STARTUP_RED, ...junction.intergreen);
    const forgotten = () => this.preempts.forget();
    this.command = new CentralCommand({ calls, phases, log, backupTime: cabinet.backupTime, at: start, forgotten });
    this.#conditionSince = this.poweredAt = start;
    this.lamps = new Uint8Array(junction.groups.length).fill(Lamp.flash);
    this.#scheduled = this.plans.scheduledPattern(start);
    log.write(Code.powerRestored, 1);
    log.write(Code.flash, Flash.startup);
  }

  tick(at: number): void {
    this.command.otherwise = this.preempts.commanded !== 0;
    this.command.tick(at);
    this.calls.tick(at);
    this.#calendar(at);
    if (this.#condition === "running") {
      if (this.latched || this.injected.flash) this.#enter("flash", at);
      else this.#run(at);
    } else this.#standStill(at);
    this.#show(at);
  }

  /** The schedule once a second. */
  #calendar(at: number): void {
    if (at - this.#scheduledAt < 1000) return;
    this.#scheduledAt = at;
    const now = this.clock.now();
    const own = this.plans.scheduledPattern(now);
    this.#scheduled = this.timeBase?.(now) ?? own;
  }

  #run(at: number): void {
    const { manual } = this.injected;
    const preempted = !manual && this.preempts.wants(at);
    // A preempt and a policeman at the panel do not wait for a centre.
    this.rings.stopped = manual || preempted ? 0 : this.calls.control.stopTime;
    this.rings.tick(at);
    const pattern = this.#wantedPattern();
    const plan = this.plans.get(pattern);
    if (manual) this.operation.free(at, true);
    else if (preempted) this.operation.preempt(at);
    else if (plan) this.operation.plan(plan, pattern, at, this.coordinator.settings);
    else if (pattern !== FLASH) this.operation.free(at, false);
    else if (this.operation.flash(at)) this.#enter("flash", at);
  }

  /** The calendar has changed: look at it with the next tick. */
  reschedule(): void {
    this.#scheduledAt = Number.NEGATIVE_INFINITY;
  }

  /** Set by hand, else commanded, else scheduled; a number nobody stored a plan under runs free, as NTCIP 1202 has it. */
  #wantedPattern(): number {
    return this.manualPattern || this.command.pattern || this.#scheduled;
  }

  /** What the scheduled plan gives a phase; its minimum where no plan does. */
  #scheduledGreen(phase: UnitPhase): number {
    const split = this.plans.get(this.#scheduled)?.splits.get(phase.number);
    return split ? split - phase.amber - phase.allRed : phase.planMinGreen;
  }

  /** Power-up and flash: no ring runs. */
  #standStill(at: number): void {
    const next = nextCondition({
      condition: this.#condition,
      stood: at - this.#conditionSince,
      flash: this.latched !== undefined || this.injected.flash || this.#wantedPattern() === FLASH,
      startupRed: this.#startupRed,
    });
    if (next) this.#enter(next, at);
  }

  #enter(condition: Condition, at: number): void {
    this.#condition = condition;
    this.#conditionSince = at;
    if (condition === "running") {
      this.#run(at);
      return;
    }
    this.operation.stop(at, condition === "flash");
    if (condition === "flash") {
      this.log.write(Code.flash, this.latched ? Flash.monitor : this.injected.flash ? Flash.manual : Flash.automatic);
    } else if (condition === "startup-flash") this.log.write(Code.flash, Flash.startup);
    else if (condition === "startup-red") this.log.write(Code.flash, Flash.none);
  }

  /** Lamps out, welded relays in, and the monitor looks. */
  #show(at: number): void {
    const { lamps } = this;
    if (this.#condition === "dark") lamps.fill(Lamp.dark);
    else if (this.#condition === "flash" || this.#condition === "startup-flash") lamps.fill(Lamp.flash);
    else {
      lamps.set(this.rings.heads.lamps);
      this.injected.spoil(lamps);
    }
    this.#overlapLog.look(lamps);
    const fault = this.monitor.look(lamps, at);
    if (fault === undefined) return;
    this.latched = fault;
    this.#enter("flash", at);
    lamps.fill(Lamp.flash);
  }

  reboot(): void {
    const at = this.clock.ticked;
    this.poweredAt = at;
    this.log.write(Code.powerFailed, 1);
    this.command.forget();
    this.command.feed(at);
    this.calls.reset(at);
    this.#enter("dark", at);
    this.lamps.fill(Lamp.dark);
    this.log.write(Code.powerRestored, 1);
  }

  status(): UnitStatus {
    return statusOf({
      at: this.clock.ticked,
      latched: this.latched !== undefined,
      condition: this.#condition,
      manual: this.injected.manual,
      commanded: this.command.pattern !== 0,
      wanted: this.plans.get(this.#wantedPattern()),
      rings: this.rings,
      calls: this.calls,
      operation: this.operation,
      phaseBits: this.#phaseBits,
      overlaps: this.overlaps,
      lamps: this.lamps,
      preempt: this.preempts.active,
      faults: this.#faults(),
    });
  }

  #faults(): readonly CabinetFault[] {
    const faults: CabinetFault[] = [...this.injected.faults];
    if (this.latched) faults.unshift("conflict");
    if (this.command.expired) faults.push("watchdog-expired");
    if (this.calls.faulty) faults.push("detector-fault");
    if (this.plans.rejected) faults.push("plan-rejected");
    return faults;
  }
}
