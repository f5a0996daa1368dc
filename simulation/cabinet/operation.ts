import { type ActuatedCoordination, isActuated } from "./actuated-coordination.ts";
import type { CoordinationSettings } from "./coordination-settings.ts";
import type { Coordinator } from "./coordinator.ts";
import { Code, Coordination, type EventLog } from "./event-log.ts";
import type { FreeOperation } from "./free-operation.ts";
import { FLASH, FREE } from "./plan-store.ts";
import type { Preemption } from "./preemption.ts";
import type { Rings } from "./rings.ts";
import type { StoredPlan } from "./virtual-cabinet.ts";

/** No pattern runs: power-up. */
const NONE = 0;

/**
 * Who drives the rings: the coordinator by a plan, free operation by calls, or nobody while all goes to red on the way
 * from one to another. Free operation takes over at once; a plan and a commanded flash begin from all red.
 */
export class Operation {
  readonly #rings: Rings;
  readonly #coordinator: Coordinator;
  readonly #actuated: ActuatedCoordination;
  readonly #free: FreeOperation;
  readonly #log: EventLog;
  readonly #preemption: Preemption;
  #driver: "free" | "coordinator" | "actuated" | "preempt" | "none" = "none";
  #pattern: number = NONE;

  constructor(options: {
    readonly rings: Rings;
    readonly coordinator: Coordinator;
    readonly actuated: ActuatedCoordination;
    readonly free: FreeOperation;
    readonly preemption: Preemption;
    readonly log: EventLog;
  }) {
    this.#rings = options.rings;
    this.#coordinator = options.coordinator;
    this.#actuated = options.actuated;
    this.#free = options.free;
    this.#preemption = options.preemption;
    this.#log = options.log;
  }

  /** The pattern that runs; 254 free, 255 flash, 0 none yet. */
  get pattern(): number {
    return this.#pattern;
  }

  get inTransition(): boolean {
    return this.#driver === "none" || this.#coordinator.inTransition || this.#actuated.inTransition;
  }

  /** The plan that runs; undefined where none does. */
  get running(): StoredPlan | undefined {
    return this.#coordinator.plan ?? this.#actuated.plan;
  }

  /** Since local zero. */
  cyclePosition(at: number): number {
    return this.#actuated.plan ? this.#actuated.cyclePosition : this.#coordinator.cyclePosition(at);
  }

  get cycleCounter(): number {
    return this.#coordinator.cycleCounter + this.#actuated.cycleCounter;
  }

  /** A plan, on its way in or running; `pattern` is its number. */
  plan(plan: StoredPlan, pattern: number, at: number, settings: CoordinationSettings): void {
    if (isActuated(plan)) {
      this.#runActuated(plan, pattern, at, settings);
      return;
    }
    if (this.#driver !== "coordinator") {
      if (!this.#cleared(at)) return;
      this.#driver = "coordinator";
      this.#coordinator.pickUp(plan, at);
    }
    this.#coordinator.tick(plan, at);
    if (this.#coordinator.plan === plan) this.#runs(pattern);
  }

  /** From free operation it takes over at once, as free operation itself does; from fixed time, from all red. */
  #runActuated(plan: StoredPlan, pattern: number, at: number, settings: CoordinationSettings): void {
    if (this.#driver !== "actuated") {
      if (this.#driver !== "free" && !this.#cleared(at)) return;
      this.#driver = "actuated";
      this.#actuated.pickUp(plan, at);
    }
    this.#actuated.tick(plan, at, settings);
    if (this.#actuated.plan === plan) this.#runs(pattern);
  }

  #halt(): void {
    this.#coordinator.stop();
    this.#actuated.stop();
  }

  /** Free operation; while `held`, no green ends. */
  free(at: number, held: boolean): void {
    if (this.#driver !== "free") {
      this.#halt();
      this.#free.enter(at);
      this.#driver = "free";
      this.#log.write(Code.coordination, Coordination.free);
    }
    this.#free.tick(at, held);
    this.#runs(FREE);
  }

  /** A preempt drives the rings. */
  preempt(at: number): void {
    if (this.#driver !== "preempt") {
      this.#halt();
      this.#rings.forgetNext(at);
      this.#driver = "preempt";
      this.#log.write(Code.coordination, Coordination.free);
    }
    this.#preemption.tick(at);
    this.#runs(FREE);
  }

  /** Towards a commanded flash; true once every lamp is red. */
  flash(at: number): boolean {
    return this.#cleared(at);
  }

  /** The rings are out of service: flash, or no power. */
  stop(at: number, flashing: boolean): void {
    this.#halt();
    this.#preemption.reset();
    this.#rings.reset(at);
    this.#driver = "none";
    this.#runs(flashing ? FLASH : NONE);
  }

  #cleared(at: number): boolean {
    this.#halt();
    this.#driver = "none";
    this.#rings.toRed(at);
    return this.#rings.allRed;
  }

  #runs(pattern: number): void {
    if (pattern === this.#pattern) return;
    this.#pattern = pattern;
    this.#log.write(Code.pattern, pattern);
  }
}
