import { modulo } from "../../config/units.ts";
import type { Calls } from "./calls.ts";
import type { CoordinationSettings } from "./coordination-settings.ts";
import { Code, Coordination, type EventLog } from "./event-log.ts";
import type { FreeOperation } from "./free-operation.ts";
import type { Rings, UnitPhase } from "./rings.ts";
import { type Layout, layOut } from "./timetable.ts";
import type { SplitMode, StoredPlan } from "./virtual-cabinet.ts";

/** A plan with a phase that may be skipped or end early runs actuated; one of maximum recalls only is fixed time. */
export const isActuated = ({ modes }: StoredPlan): boolean =>
  modes !== undefined && [...modes.values()].some((mode) => !mode.startsWith("maximum") && mode !== "omitted");

/** Nearer than one step of the machine counts as in step. */
const IN_STEP = 100;
/** While out of step the cycle clock runs slow or fast by this share (as `timetable` changes a cycle). */
const SHARE = 0.2;
/** A coordinator that waits in the coordinated green waits this share of a cycle at most, each cycle. */
const DWELL = 0.5;

/**
 * Coordinated actuated operation: phases come by call and end by gap, the coordinated ones hold their place in the cycle, and
 * the others are forced off in time for it. A cycle clock runs beside the cabinet's; where the two differ by more than the
 * offset wants, it runs slow, fast, or waits.
 */
export class ActuatedCoordination {
  readonly #rings: Rings;
  readonly #free: FreeOperation;
  readonly #calls: Calls;
  readonly #log: EventLog;
  readonly #coordinatedPhase: number;
  readonly #calendar: (at: number) => number;
  #layout: Layout | undefined;
  /** Cycle clock, ms since local zero of a cycle long ago; 0 mod cycle is local zero. */
  #clock = 0;
  #at = 0;
  #waited = 0;
  #state: number = Coordination.free;
  /** By phase index: cycle clock at which its green must end. */
  #forceAt: Float64Array = new Float64Array(0);
  #wasGreen = 0;
  #yielded = 0;
  cycleCounter = 0;

  constructor(options: {
    readonly rings: Rings;
    readonly free: FreeOperation;
    readonly calls: Calls;
    readonly log: EventLog;
    readonly coordinatedPhase: number;
    readonly calendar: (at: number) => number;
  }) {
    this.#rings = options.rings;
    this.#free = options.free;
    this.#calls = options.calls;
    this.#log = options.log;
    this.#coordinatedPhase = options.coordinatedPhase;
    this.#calendar = options.calendar;
  }

  get plan(): StoredPlan | undefined {
    return this.#layout?.plan;
  }

  get inTransition(): boolean {
    return (
      this.#state === Coordination.add || this.#state === Coordination.subtract || this.#state === Coordination.dwell
    );
  }

  /** Since local zero. */
  get cyclePosition(): number {
    return this.#layout ? modulo(this.#clock, this.#layout.plan.cycle) : 0;
  }

  stop(): void {
    this.#layout = undefined;
    this.#state = Coordination.free;
  }

  /** Takes over whatever the rings are doing. */
  pickUp(plan: StoredPlan, at: number): void {
    this.#free.enter(at);
    this.#layOut(plan, at);
  }

  /** One step; another plan begins at the next local zero. */
  tick(wanted: StoredPlan, at: number, settings: CoordinationSettings): void {
    const zero = this.#advance(at, settings);
    if (zero) {
      this.cycleCounter++;
      this.#waited = 0;
      this.#log.write(Code.coordination, Coordination.localZero);
      if (wanted !== this.plan) this.#layOut(wanted, at);
    }
    const { layout, phases } = { layout: this.#layout!, phases: this.#rings.phases };
    const greens = this.#rings.mask("green");
    for (const phase of phases) {
      if (greens & ~this.#wasGreen & phase.bit) this.#began(phase, layout, settings);
    }
    this.#wasGreen = greens;
    this.#free.steered(at, this.#steer(layout, greens));
  }

  #layOut(plan: StoredPlan, at: number): void {
    this.#layout = layOut(plan, this.#rings.phases, this.#coordinatedPhase);
    const { cycle, offset } = plan;
    this.#clock = modulo(this.#clock, cycle);
    if (this.#state === Coordination.free) this.#clock = modulo(this.#calendar(at) - offset, cycle);
    this.#at = at;
    this.#forceAt = new Float64Array(this.#rings.phases.length).fill(Number.POSITIVE_INFINITY);
    this.#wasGreen = 0;
    this.#log.writeSeconds(Code.cycle, cycle);
    if (cycle > 255_000) this.#log.writeSeconds(Code.cycleRest, cycle - 255_000);
    this.#log.writeSeconds(Code.offset, offset);
    for (const [phase, split] of plan.splits) this.#log.writeSeconds(Code.split + phase, split);
    if (this.#state === Coordination.free) this.#enter(Coordination.inStep);
  }

  #enter(state: number): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#log.write(Code.coordination, state);
  }

  /** Runs the cycle clock; true when it has passed local zero. */
  #advance(at: number, { correction }: CoordinationSettings): boolean {
    const { cycle, offset } = this.#layout!.plan;
    const elapsed = at - this.#at;
    this.#at = at;
    const before = Math.floor(this.#clock / cycle);
    const early = modulo(this.#calendar(at) - offset - (this.#clock + elapsed), cycle);
    if (early < IN_STEP || cycle - early < IN_STEP) {
      this.#clock += elapsed + (early < IN_STEP ? early : early - cycle);
      this.#enter(Coordination.inStep);
    } else if (correction === "dwell") {
      this.#enter(Coordination.dwell);
      const waits = this.#inCoordinatedGreen() && this.#waited < DWELL * cycle;
      if (waits) this.#waited += elapsed;
      else this.#clock += elapsed;
    } else {
      const add = correction === "add-only" || (correction === "short-way" && early > cycle / 2);
      this.#enter(add ? Coordination.add : Coordination.subtract);
      const left = add ? cycle - early : early;
      this.#clock += elapsed + (add ? -1 : 1) * Math.min(SHARE * elapsed, left);
    }
    return Math.floor(this.#clock / cycle) > before;
  }

  #inCoordinatedGreen(): boolean {
    const phase = this.#rings.phases.find(({ number }) => number === this.#coordinatedPhase)!;
    return (this.#rings.mask("green") & phase.bit) !== 0;
  }

  /** Place of a phase in the cycle, from local zero. */
  #greenEnd(layout: Layout, phase: UnitPhase): number | undefined {
    for (const ring of layout.nominal.rings)
      for (const entry of ring)
        if (entry.phase === phase) return modulo(entry.greenEnd - layout.nominal.zero, layout.plan.cycle);
    return undefined;
  }

  /** On the cycle clock, the next time its green must have ended. */
  #nextEnd(layout: Layout, phase: UnitPhase): number | undefined {
    const end = this.#greenEnd(layout, phase);
    return end === undefined ? undefined : this.#clock + modulo(end - this.#clock, layout.plan.cycle);
  }

  #began(phase: UnitPhase, layout: Layout, { forceOff }: CoordinationSettings): void {
    this.#yielded &= ~phase.bit;
    const end = this.#nextEnd(layout, phase) ?? this.#clock;
    const own = layout.plan.splits.get(phase.number)! - phase.amber - phase.allRed;
    this.#forceAt[phase.index] =
      forceOff === "floating" && !this.#coordinated(layout, phase) ? Math.min(end, this.#clock + own) : end;
  }

  /** The coordinated phase, and in other rings the one that is green beside it at local zero. */
  #coordinated(layout: Layout, phase: UnitPhase): boolean {
    const { zero } = layout.nominal;
    return layout.nominal.rings[phase.ring]!.some(
      (entry) => entry.phase === phase && entry.start <= zero && zero < entry.greenEnd,
    );
  }

  #steer(layout: Layout, greens: number): Parameters<FreeOperation["steered"]>[1] {
    let [call, hold, forceOff, omit] = [0, 0, 0, 0];
    for (const phase of this.#rings.phases) {
      const mode = this.#modeOf(layout, phase);
      const end = this.#nextEnd(layout, phase);
      if (mode === "omitted" || end === undefined) {
        omit |= phase.bit;
        continue;
      }
      const coordinated = this.#coordinated(layout, phase);
      if (coordinated || mode !== "none") call |= phase.bit;
      if (mode.includes("pedestrian")) this.#calls.callWalks(phase);
      if (greens & phase.bit) {
        const over = this.#clock >= this.#forceAt[phase.index]!;
        if (over) {
          forceOff |= phase.bit;
          if (coordinated) this.#yields(phase);
        } else if (coordinated || mode.startsWith("maximum")) hold |= phase.bit;
      } else if (!coordinated && end - this.#clock < phase.planMinGreen) omit |= phase.bit;
    }
    const orders = layout.plan.sequence.map((ring) =>
      ring.flatMap((number) => this.#rings.phases.findIndex((phase) => phase.number === number)),
    );
    return { call, hold, forceOff, omit, orders };
  }

  /** Once in each green. */
  #yields(phase: UnitPhase): void {
    if (this.#yielded & phase.bit) return;
    this.#yielded |= phase.bit;
    this.#log.write(Code.yieldPoint, phase.number);
  }

  #modeOf({ plan }: Layout, phase: UnitPhase): SplitMode {
    return plan.modes?.get(phase.number) ?? "maximum-recall";
  }
}
