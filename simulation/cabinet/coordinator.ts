import { modulo } from "../../config/units.ts";
import { type CoordinationSettings, deliveredCoordination } from "./coordination-settings.ts";
import { Code, Coordination, type EventLog } from "./event-log.ts";
import type { Rings } from "./rings.ts";
import { corrected, correction, type Layout, layOut, type Timetable } from "./timetable.ts";
import type { StoredPlan } from "./virtual-cabinet.ts";

/** Nearer than one step of the machine counts as in step. */
const IN_STEP = 100;

/**
 * Runs a plan by the clock, cycle after cycle. Another plan, and any correction of the offset, begins only at the barrier
 * that opens a cycle: the one instant when all rings turn over together. In a stage-based junction that barrier is local
 * zero; in a dual ring, phases that lead the coordinated one come between the two.
 */
export class Coordinator {
  readonly #rings: Rings;
  readonly #log: EventLog;
  readonly #coordinatedPhase: number;
  /** The cabinet's UTC clock at a monotonic instant. */
  readonly #calendar: (at: number) => number;
  #layout: Layout | undefined;
  #table: Timetable | undefined;
  readonly #pointers: number[];
  /** Monotonic instant of the barrier that opened this cycle. */
  #opened = 0;
  #zeroPassed: boolean = false;
  #zero = 0;
  #change = 0;
  #late = 0;
  cycleCounter = 0;
  settings: CoordinationSettings = deliveredCoordination;

  constructor(options: {
    readonly rings: Rings;
    readonly log: EventLog;
    readonly coordinatedPhase: number;
    readonly calendar: (at: number) => number;
  }) {
    this.#rings = options.rings;
    this.#log = options.log;
    this.#coordinatedPhase = options.coordinatedPhase;
    this.#calendar = options.calendar;
    this.#pointers = options.rings.rings.map(() => 0);
  }

  /** The plan that runs; undefined while the coordinator does not. */
  get plan(): StoredPlan | undefined {
    return this.#layout?.plan;
  }

  get inTransition(): boolean {
    return this.#late !== 0;
  }

  cyclePosition(at: number): number {
    return at - this.#zero;
  }

  stop(): void {
    this.#layout = this.#table = undefined;
    this.#late = 0;
  }

  /**
   * Takes over from all red, in step at once: each ring waits for its next phase of the running cycle, or joins the
   * present one where enough green is left.
   */
  pickUp(plan: StoredPlan, at: number): void {
    this.#layOut(plan);
    const table = this.#layout!.nominal;
    const position = modulo(this.#calendar(at) - plan.offset + table.zero, table.length);
    this.#table = table;
    this.#change = this.#late = 0;
    this.#opened = at - position;
    for (const [r, entries] of table.rings.entries()) {
      const joined = entries.findIndex(
        ({ phase, start, greenEnd }) => Math.max(start, position) + phase.planMinGreen <= greenEnd,
      );
      this.#pointers[r] = joined < 0 ? entries.length : joined;
    }
    this.#zeroPassed = position > table.zero;
    this.#zero = this.#opened + table.zero - (this.#zeroPassed || position === table.zero ? 0 : table.length);
    this.#log.write(Code.coordination, Coordination.inStep);
  }

  /** One step; `wanted` replaces the running plan when the next cycle opens. */
  tick(wanted: StoredPlan, at: number): void {
    if (this.#finished(at)) this.#open(wanted, at);
    const table = this.#table!;
    if (!this.#zeroPassed && at >= this.#opened + table.zero) {
      this.#zeroPassed = true;
      this.#zero = this.#opened + table.zero;
      this.cycleCounter++;
      this.#log.write(Code.coordination, Coordination.localZero);
    }
    const { rings } = this.#rings;
    for (let r = 0; r < rings.length; r++) {
      const ring = rings[r]!;
      const entries = table.rings[r]!;
      if (ring.interval === "green") {
        const end = this.#opened + entries[this.#pointers[r]!]!.greenEnd;
        this.#rings.endWalks(ring, at, end);
        if (at < end || !this.#rings.minimumOver(ring, at)) continue;
        this.#log.write(Code.forceOff, this.#rings.phases[ring.phase]!.number);
        const next = entries[++this.#pointers[r]!] ?? entries[0]!;
        this.#rings.end(ring, at, next.phase.index);
      } else if (ring.interval === "idle") {
        const entry = entries[this.#pointers[r]!];
        if (entry && at >= this.#opened + entry.start && this.#rings.mayStart(entry.phase, at))
          this.#rings.start(entry.phase, at);
      }
    }
  }

  #finished(at: number): boolean {
    const table = this.#table!;
    if (at < this.#opened + table.length || !this.#rings.idle) return false;
    return table.rings.every((entries, r) => this.#pointers[r]! >= entries.length);
  }

  /** Opens a cycle: where it should have opened, or now if the rings were held up. */
  #open(wanted: StoredPlan, at: number): void {
    const due = this.#opened + this.#table!.length;
    this.#opened = at - due < IN_STEP ? due : at;
    if (wanted !== this.plan) this.#layOut(wanted);
    const layout = this.#layout!;
    const { cycle, offset } = layout.plan;
    const late = modulo(this.#calendar(this.#opened + layout.nominal.zero) - offset, cycle);
    const before = Math.sign(this.#change);
    if (late < IN_STEP || cycle - late < IN_STEP) {
      this.#opened -= late < IN_STEP ? late : late - cycle;
      this.#late = this.#change = 0;
    } else {
      this.#late = late;
      this.#change = correction(layout, late, this.settings.correction);
    }
    const dwells = this.settings.correction === "dwell" && this.#change > 0 && this.#change <= layout.dwell;
    this.#table = corrected(layout, this.#coordinatedPhase, this.#change, dwells);
    this.#pointers.fill(0);
    this.#zeroPassed = false;
    if (Math.sign(this.#change) !== before)
      this.#log.write(
        Code.coordination,
        this.#change === 0
          ? Coordination.inStep
          : dwells
            ? Coordination.dwell
            : this.#change > 0
              ? Coordination.add
              : Coordination.subtract,
      );
  }

  #layOut(plan: StoredPlan): void {
    this.#layout = layOut(plan, this.#rings.phases, this.#coordinatedPhase);
    this.#log.writeSeconds(Code.cycle, plan.cycle);
    if (plan.cycle > 255_000) this.#log.writeSeconds(Code.cycleRest, plan.cycle - 255_000);
    this.#log.writeSeconds(Code.offset, plan.offset);
    for (const [phase, split] of plan.splits) this.#log.writeSeconds(Code.split + phase, split);
  }
}
