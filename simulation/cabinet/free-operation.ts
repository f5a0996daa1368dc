import type { Calls } from "./calls.ts";
import { Code, type EventLog } from "./event-log.ts";
import type { RingState, Rings, UnitPhase } from "./rings.ts";

/** What a coordinator asks of actuated operation, as bits of phases. Maximum greens are then the coordinator's to keep. */
export interface Steer {
  readonly call: number;
  readonly hold: number;
  readonly forceOff: number;
  readonly omit: number;
  /** Phases by index in the order served, by ring. */
  readonly orders: readonly (readonly number[])[];
}

/** What a ring would do next, were it alone: nothing yet, nothing at all, or leave the barrier. */
type Wish = "busy" | "rest" | "cross";

/**
 * Actuated operation without a cycle: called phases in ring order, barriers crossed together, green rests where nobody
 * calls. Hold, force-off and omit steer it from outside, but a maximum green with somebody waiting beats both hold
 * and omit: no engine can starve a movement here (NTCIP lets a hold win; DESIGN safety rule 3 does not).
 */
export class FreeOperation {
  readonly #rings: Rings;
  readonly #calls: Calls;
  readonly #log: EventLog;
  readonly #rest: UnitPhase;
  readonly #unseenGreen: (phase: UnitPhase) => number;
  /** Barriers in the order they are crossed, and the phases of each as bits. */
  readonly #barriers: readonly number[];
  readonly #barrierBits: ReadonlyMap<number, number>;
  /** Phases that cannot be green together with this one, as bits, by phase index. */
  readonly #against: readonly number[];
  /** Since when somebody has been waiting against the green of each ring; undefined: nobody is. */
  readonly #checkedSince: (number | undefined)[];
  readonly #maxedOut: boolean[];
  #barrier = 0;
  #crossing: boolean = false;
  #steer: Steer | undefined;

  constructor(options: {
    readonly rings: Rings;
    readonly calls: Calls;
    readonly log: EventLog;
    /** Green rests here when nobody has called since a start. */
    readonly restPhase: number;
    /** Green of a phase without detectors while others wait, ms. */
    readonly unseenGreen: (phase: UnitPhase) => number;
  }) {
    this.#rings = options.rings;
    this.#calls = options.calls;
    this.#log = options.log;
    this.#unseenGreen = options.unseenGreen;
    const { phases, rings } = options.rings;
    this.#rest = phases.find((phase) => phase.number === options.restPhase)!;
    this.#barriers = [...new Set(rings.flatMap((ring) => ring.order.map((index) => phases[index]!.barrier)))];
    this.#barrierBits = new Map(
      this.#barriers.map((barrier) => [barrier, bits(phases.filter((phase) => phase.barrier === barrier))]),
    );
    this.#against = phases.map((phase) =>
      bits(phases.filter((other) => other !== phase && (other.ring === phase.ring || other.barrier !== phase.barrier))),
    );
    this.#checkedSince = rings.map(() => undefined);
    this.#maxedOut = rings.map(() => false);
  }

  /** Takes over whatever the rings are doing. Whoever waits now has waited since the greens began. */
  enter(at: number): void {
    const { rings, phases } = this.#rings;
    this.#rings.forgetNext(at);
    for (const [r, ring] of rings.entries()) {
      this.#checkedSince[r] = ring.interval === "green" ? ring.greenSince : undefined;
      this.#maxedOut[r] = false;
    }
    this.#crossing = false;
    const running = rings.find((ring) => ring.interval !== "idle") ?? rings.find((ring) => ring.phase >= 0);
    this.#barrier = running ? phases[running.phase]!.barrier : this.#rest.barrier;
  }

  /** One step under a coordinator. */
  steered(at: number, steer: Steer): void {
    this.#steer = steer;
    this.tick(at, false);
    this.#steer = undefined;
  }

  /** One step. While `held` (a policeman at the cabinet), no green ends. */
  tick(at: number, held: boolean): void {
    const { rings } = this.#rings;
    const open = this.#open();
    if (this.#crossing) {
      if (!this.#rings.idle) return;
      this.#crossing = false;
    }
    if (open === 0 && this.#rings.idle && rings.every((ring) => ring.next < 0)) this.#rouse();
    let busy = false;
    let cross = false;
    for (let r = 0; r < rings.length; r++) {
      const wish = rings[r]!.interval === "green" ? this.#green(r, open, at, held) : this.#red(r, open, at);
      busy ||= wish === "busy";
      cross ||= wish === "cross";
    }
    if (cross && !busy) this.#cross(open, at);
  }

  /** Phases that are called and may be served. */
  #open(): number {
    const { control } = this.#calls;
    const all = this.#all();
    return this.#maxedOut.includes(true) ? all : all & ~control.omit & ~(this.#steer?.omit ?? 0);
  }

  #all(): number {
    return this.#calls.all | (this.#steer?.call ?? 0);
  }

  #order(r: number): readonly number[] {
    return this.#steer?.orders[r] ?? this.#rings.rings[r]!.order;
  }

  #red(r: number, open: number, at: number): Wish {
    const ring = this.#rings.rings[r]!;
    if (ring.interval !== "idle") return "busy";
    if (ring.next < 0) {
      const next = this.#choose(ring, open);
      if (typeof next === "string") return next;
      ring.next = next.index;
    }
    const phase = this.#rings.phases[ring.next]!;
    if (this.#rings.mayStart(phase, at)) {
      this.#rings.start(phase, at);
      this.#checkedSince[r] = undefined;
      this.#maxedOut[r] = false;
    }
    return "busy";
  }

  #green(r: number, open: number, at: number, held: boolean): Wish {
    const ring = this.#rings.rings[r]!;
    const phase = this.#rings.phases[ring.phase]!;
    const checked = this.#check(r, phase, at);
    const { control } = this.#calls;
    const forced = ((control.forceOff | (this.#steer?.forceOff ?? 0)) & phase.bit) !== 0;
    if (!checked && !forced && this.#calls.pressedWalk(phase)) this.#rings.walk(phase, at);
    const walkRests = !checked && !forced && phase.pedestrians.some((group) => this.#calls.isRecalled(group));
    this.#rings.endWalks(ring, at, walkRests ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
    const maxedOut = this.#maxedOut[r]!;
    const over = this.#calls.sees(phase)
      ? this.#calls.gap(phase, at) >= phase.passage
      : at - ring.greenSince >= this.#unseenGreen(phase);
    const gapOut = over && !((control.hold | (this.#steer?.hold ?? 0)) & phase.bit);
    if (held || !this.#rings.minimumOver(ring, at) || !(maxedOut || forced || gapOut)) return "busy";
    const next = this.#choose(ring, maxedOut ? this.#all() : open);
    if (next === "rest") return "rest";
    if (next === "cross") {
      // A maximum does not wait in green for the other ring: this one waits in red.
      if (!maxedOut) return "cross";
      this.#end(ring, at, -1);
      return "busy";
    }
    this.#end(ring, at, next.index);
    return "busy";
  }

  /** Is somebody waiting against this green? Runs its maximum. */
  #check(r: number, phase: UnitPhase, at: number): boolean {
    if ((this.#all() & this.#against[phase.index]!) === 0) {
      this.#checkedSince[r] = undefined;
      return false;
    }
    if (this.#checkedSince[r] === undefined) {
      this.#checkedSince[r] = at;
      this.#log.write(Code.phaseCheck, phase.number);
    }
    if (!this.#steer && at - this.#checkedSince[r] >= phase.maxGreen) this.#maxedOut[r] = true;
    return true;
  }

  /** Phases further on inside the barrier, then the other side, then back to earlier ones of this side. */
  #choose(ring: RingState, open: number): UnitPhase | "cross" | "rest" {
    const { phases } = this.#rings;
    const called = (index: number): boolean =>
      phases[index]!.barrier === this.#barrier && (open & phases[index]!.bit) !== 0;
    const order = this.#order(this.#rings.rings.indexOf(ring));
    const here = ring.phase < 0 || phases[ring.phase]!.barrier !== this.#barrier ? -1 : order.indexOf(ring.phase);
    for (let i = here + 1; i < order.length; i++) if (called(order[i]!)) return phases[order[i]!]!;
    if (open & ~this.#barrierBits.get(this.#barrier)!) return "cross";
    const last = ring.interval === "green" ? here - 1 : here;
    for (let i = 0; i <= last; i++) if (called(order[i]!)) return phases[order[i]!]!;
    return "rest";
  }

  #cross(open: number, at: number): void {
    const turn = this.#barriers.indexOf(this.#barrier);
    const target = this.#barriers
      .map((_, i) => this.#barriers[(turn + 1 + i) % this.#barriers.length]!)
      .find((barrier) => open & this.#barrierBits.get(barrier)!)!;
    this.#log.write(Code.barrier, this.#barrier);
    this.#barrier = target;
    this.#crossing = true;
    for (const ring of this.#rings.rings) {
      const next = this.#enterBy(ring, open);
      if (ring.interval === "green") this.#end(ring, at, next);
      else ring.next = next;
    }
  }

  /** First called phase beyond the barrier; else the last one that is not omitted, so that the ring does not idle. */
  #enterBy(ring: RingState, open: number): number {
    const { phases } = this.#rings;
    const order = this.#order(this.#rings.rings.indexOf(ring));
    const beyond = order.filter((index) => phases[index]!.barrier === this.#barrier);
    const omit = this.#calls.control.omit | (this.#steer?.omit ?? 0);
    return (
      beyond.find((index) => open & phases[index]!.bit) ??
      beyond.findLast((index) => !(omit & phases[index]!.bit)) ??
      -1
    );
  }

  /** Nobody calls and all is red: green rests on the coordinated phase. */
  #rouse(): void {
    this.#barrier = this.#rest.barrier;
    for (const [r, ring] of this.#rings.rings.entries())
      ring.next = r === this.#rest.ring ? this.#rest.index : this.#enterBy(ring, 0);
  }

  #end(ring: RingState, at: number, next: number): void {
    const phase = this.#rings.phases[ring.phase]!;
    const forced = ((this.#calls.control.forceOff | (this.#steer?.forceOff ?? 0)) & phase.bit) !== 0;
    const reason = this.#maxedOut[phase.ring] ? Code.maxOut : forced ? Code.forceOff : Code.gapOut;
    this.#log.write(reason, phase.number);
    this.#rings.end(ring, at, next);
  }
}

const bits = (phases: readonly UnitPhase[]): number => phases.reduce((mask, phase) => mask | phase.bit, 0);
