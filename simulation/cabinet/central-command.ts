import { type Millis, millis } from "../../config/units.ts";
import { type Calls, noControl } from "./calls.ts";
import { Code, type EventLog } from "./event-log.ts";
import type { UnitPhase } from "./rings.ts";
import type { PhaseControl } from "./virtual-cabinet.ts";

/**
 * What a centre has asked for, and the watchdog over it: silence for the backup time takes everything back
 * (NTCIP 1202 unitBackupTime). Times are the cabinet's monotonic milliseconds.
 */
export class CentralCommand {
  backupTime: Millis;
  /** The watchdog has taken the command away and nobody has fed it since. */
  expired: boolean = false;
  /** The centre commands something that is kept elsewhere: a preempt. */
  otherwise: boolean = false;
  readonly #calls: Calls;
  readonly #phases: readonly UnitPhase[];
  readonly #log: EventLog;
  /** Times everything was taken back. */
  lapses = 0;
  #other: boolean = false;
  readonly #forgotten: () => void;
  #pattern = 0;
  #functions = 0;
  #fedAt: number;

  constructor(options: {
    readonly calls: Calls;
    readonly phases: readonly UnitPhase[];
    readonly log: EventLog;
    readonly backupTime: Millis;
    readonly at: number;
    /** Called when everything the centre asked for is taken back. */
    readonly forgotten: () => void;
  }) {
    this.#calls = options.calls;
    this.#phases = options.phases;
    this.#log = options.log;
    this.backupTime = options.backupTime;
    this.#fedAt = options.at;
    this.#forgotten = options.forgotten;
  }

  /** 0: nothing is commanded. */
  get pattern(): number {
    return this.#pattern;
  }

  command(pattern: number, at: number): void {
    this.#pattern = pattern;
    this.feed(at);
  }

  control(changes: Partial<PhaseControl>, at: number): void {
    this.#setControl({ ...this.#calls.control, ...changes });
    for (const phase of this.#phases)
      if (this.#calls.control.pedestrianCall & phase.bit)
        for (const group of phase.pedestrians) this.#calls.callWalk(group);
    this.feed(at);
  }

  holdOther(inForce: boolean, at: number): void {
    this.#other = inForce;
    this.feed(at);
  }

  /** Outputs the cabinet switches for the centre: signs, blank-out arrows; bit n - 1 is number n, 1..16. */
  get functions(): number {
    return this.#functions;
  }

  setFunctions(bits: number, at: number): void {
    this.#switch(bits & 0xffff);
    this.feed(at);
  }

  #switch(after: number): void {
    const before = this.#functions;
    this.#functions = after;
    for (let number = 1; number <= 16; number++) {
      const bit = 1 << (number - 1);
      if ((before ^ after) & bit) this.#log.write(after & bit ? Code.functionOn : Code.functionOff, number);
    }
  }

  feed(at: number): void {
    this.#fedAt = at;
    this.expired = false;
  }

  age(at: number): Millis {
    return millis(at - this.#fedAt);
  }

  tick(at: number): void {
    if (this.backupTime === 0 || at - this.#fedAt < this.backupTime) return;
    const controlled = Object.values(this.#calls.control).some((bits) => bits !== 0);
    if (this.#pattern === 0 && !controlled && this.#functions === 0 && !this.#other && !this.otherwise) return;
    this.forget();
    this.expired = true;
  }

  /** Back to local control. */
  forget(): void {
    this.lapses++;
    this.#pattern = 0;
    this.#other = false;
    this.#setControl(noControl);
    this.#switch(0);
    this.#forgotten();
  }

  #setControl(after: PhaseControl): void {
    const before = this.#calls.control;
    this.#calls.control = after;
    this.#logChange(before.hold, after.hold, Code.holdOn, Code.holdOff);
    this.#logChange(before.omit, after.omit, Code.omitOn, Code.omitOff);
  }

  #logChange(before: number, after: number, on: number, off: number): void {
    if (before === after) return;
    for (const { bit, number } of this.#phases)
      if ((before ^ after) & bit) this.#log.write(after & bit ? on : off, number);
  }
}
