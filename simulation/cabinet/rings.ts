import type { Junction } from "../../config/model.ts";
import { Lamp } from "../lamps.ts";
import { Code, type EventLog } from "./event-log.ts";
import type { Heads } from "./heads.ts";
import type { PhaseTiming } from "./virtual-cabinet.ts";

/** Common practice. */
const PASSAGE = 3000;

/** A phase with what the machine asks of it every tick, by index; a centre may set the timing that is not wired. */
export interface UnitPhase {
  readonly index: number;
  readonly number: number;
  readonly bit: number;
  readonly ring: number;
  readonly barrier: number;
  readonly amber: number;
  readonly allRed: number;
  /** The least its green runs: of the vehicle groups, without a walk; a walk adds what it needs by itself. */
  minGreen: number;
  /** With walk and clearance: what a plan must leave. */
  planMinGreen: number;
  maxGreen: number;
  /** Since the last vehicle until the green ends in free operation (NTCIP 1202 phasePassage). */
  passage: number;
  readonly vehicles: readonly number[];
  readonly pedestrians: readonly number[];
}

export interface RingState {
  /** Phases of the ring by index, in default order. */
  readonly order: readonly number[];
  interval: "idle" | "green" | "amber" | "clear";
  /** Phase that is or was last served; -1 after a start. */
  phase: number;
  /** Phase that follows the change under way; -1: none chosen. */
  next: number;
  since: number;
  greenSince: number;
  minimumLogged: boolean;
}

/** Who wants what when a phase turns green, and who is told. */
export interface WalkCalls {
  wantsWalk(group: number, phase: UnitPhase): boolean;
  walkStarted(group: number): void;
  greenStarted(phase: UnitPhase): void;
  greenEnded(phase: UnitPhase): void;
}

export function unitPhases(junction: Junction): readonly UnitPhase[] {
  const groupIndex = new Map(junction.groups.map((group, i) => [group.id, i]));
  return junction.phases.map((phase, index) => {
    const groups = phase.groups.map((id) => groupIndex.get(id)!);
    const vehicles = groups.filter((group) => junction.groups[group]!.kind === "vehicle");
    return {
      index,
      number: phase.number,
      bit: 1 << (phase.number - 1),
      ring: junction.rings.findIndex((ring) => ring.includes(phase.number)),
      barrier: phase.barrier,
      amber: phase.amber,
      allRed: phase.allRed,
      minGreen: vehicles.length
        ? Math.max(
            ...vehicles.map((group) => junction.groups[group]!.minGreen + (junction.groups[group]!.redAmber ?? 0)),
          )
        : phase.minGreen,
      planMinGreen: phase.minGreen,
      maxGreen: phase.maxGreen,
      passage: PASSAGE,
      vehicles,
      pedestrians: groups.filter((group) => junction.groups[group]!.kind === "pedestrian"),
    };
  });
}

/**
 * Rings and barriers: which phase of each ring is green or changing. It knows how a phase starts and ends, never
 * when it should: the coordinator and free operation decide that. A stage-based junction is one ring.
 */
export class Rings {
  readonly phases: readonly UnitPhase[];
  readonly rings: readonly RingState[];
  readonly heads: Heads;
  readonly #junction: Junction;
  readonly #log: EventLog;
  readonly #calls: WalkCalls;
  /** Phase that serves each pedestrian group now; -1: none. */
  readonly #walkPhase: Int8Array;
  #walking = 0;
  /** Rings that stand still, bit n for the ring of index n. */
  stopped = 0;
  #tickedAt = 0;

  constructor(options: {
    readonly junction: Junction;
    readonly phases: readonly UnitPhase[];
    readonly heads: Heads;
    readonly log: EventLog;
    readonly calls: WalkCalls;
  }) {
    this.#junction = options.junction;
    this.phases = options.phases;
    this.heads = options.heads;
    this.#log = options.log;
    this.#calls = options.calls;
    this.#walkPhase = new Int8Array(options.junction.groups.length).fill(-1);
    this.rings = options.junction.rings.map((numbers) => ({
      order: numbers.map((number) => options.phases.findIndex((phase) => phase.number === number)),
      interval: "idle",
      phase: -1,
      next: -1,
      since: 0,
      greenSince: 0,
      minimumLogged: false,
    }));
  }

  /** Times a centre may set: no green shorter than it is wired for. */
  setTiming(number: number, { minGreen, maxGreen, passage }: PhaseTiming): void {
    const phase = this.phases.find((candidate) => candidate.number === number);
    const wired = unitPhases(this.#junction).find((candidate) => candidate.number === number);
    if (!phase || !wired) return;
    phase.minGreen = Math.max(wired.minGreen, minGreen);
    phase.planMinGreen = Math.max(wired.planMinGreen, minGreen);
    phase.maxGreen = Math.max(phase.planMinGreen, maxGreen);
    phase.passage = passage;
  }

  /** After flash or power loss: nothing runs, everything is red. */
  reset(at: number): void {
    this.heads.reset(at);
    this.#walkPhase.fill(-1);
    this.#walking = 0;
    for (const ring of this.rings) {
      if (ring.interval === "green") this.#calls.greenEnded(this.phases[ring.phase]!);
      ring.interval = "idle";
      ring.phase = ring.next = -1;
      ring.since = ring.greenSince = at;
    }
  }

  get idle(): boolean {
    for (const ring of this.rings) if (ring.interval !== "idle") return false;
    return true;
  }

  /** No ring runs a phase and no lamp shows anything but red. */
  get allRed(): boolean {
    return this.idle && this.heads.allRed;
  }

  /** May this phase turn green now: its heads are free and no ring is active across a barrier. */
  mayStart(phase: UnitPhase, at: number): boolean {
    if (this.stopped & (1 << phase.ring)) return false;
    for (const ring of this.rings) {
      if (ring.interval !== "idle" && this.phases[ring.phase]!.barrier !== phase.barrier) return false;
    }
    for (const group of phase.vehicles) if (!this.heads.mayStart(group, at)) return false;
    if (phase.vehicles.length === 0)
      for (const group of phase.pedestrians) if (!this.heads.mayStart(group, at)) return false;
    return true;
  }

  start(phase: UnitPhase, at: number): void {
    const ring = this.rings[phase.ring]!;
    ring.interval = "green";
    ring.phase = phase.index;
    ring.next = -1;
    ring.since = ring.greenSince = at;
    ring.minimumLogged = false;
    this.#log.write(Code.phaseOn, phase.number);
    this.#log.write(Code.beginGreen, phase.number);
    for (const group of phase.vehicles) this.heads.start(group, at);
    this.walk(phase, at);
    this.#calls.greenStarted(phase);
    this.#release(at);
  }

  /** Starts the walks that are called for and that the heads allow. */
  walk(phase: UnitPhase, at: number): void {
    for (const group of phase.pedestrians) {
      if (this.heads.lamps[group] !== Lamp.red) continue;
      if (!this.#calls.wantsWalk(group, phase) || !this.heads.mayStart(group, at)) continue;
      this.heads.start(group, at);
      this.#walkPhase[group] = phase.index;
      this.#walking++;
      this.#calls.walkStarted(group);
      this.#log.write(Code.walk, phase.number);
    }
  }

  /** Ends the walks that have had their minimum, once `at` has come to `until` less the clearance. */
  endWalks(ring: RingState, at: number, until: number): void {
    if (this.#walking === 0) return;
    const phase = this.phases[ring.phase]!;
    for (const group of phase.pedestrians) {
      if (this.heads.lamps[group] !== Lamp.green) continue;
      const { minGreen, clearance } = this.#junction.groups[group]!;
      if (at - this.heads.since(group) < minGreen || at < until - clearance) continue;
      this.heads.stop(group, at);
      this.#log.write(Code.pedestrianClearance, phase.number);
    }
  }

  /** Minimum green has run and every pedestrian of the phase has cleared. */
  minimumOver(ring: RingState, at: number): boolean {
    const phase = this.phases[ring.phase]!;
    if (at - ring.greenSince < phase.minGreen) return false;
    if (this.#walking > 0)
      for (const group of phase.pedestrians) if (this.heads.lamps[group] !== Lamp.red) return false;
    return true;
  }

  /** What `minimumOver` still waits for, ms. */
  minimumRemaining(ring: RingState, at: number): number {
    if (ring.interval !== "green") return 0;
    const phase = this.phases[ring.phase]!;
    let remaining = Math.max(0, ring.greenSince + phase.minGreen - at);
    for (const index of phase.pedestrians) {
      const { minGreen, clearance } = this.#junction.groups[index]!;
      const lamp = this.heads.lamps[index];
      const end = this.heads.since(index) + clearance + (lamp === Lamp.green ? minGreen : 0);
      if (lamp !== Lamp.red) remaining = Math.max(remaining, end - at);
    }
    return remaining;
  }

  /** Ends the green of a ring. Vehicle groups that the next phase shares stay green through the change. */
  end(ring: RingState, at: number, next: number): void {
    const phase = this.phases[ring.phase]!;
    ring.interval = "amber";
    ring.since = at;
    ring.next = next;
    this.#log.write(Code.greenTermination, phase.number);
    this.#log.write(Code.beginYellow, phase.number);
    this.#calls.greenEnded(phase);
    this.#release(at);
  }

  /** Nothing is to follow the changes under way. */
  forgetNext(at: number): void {
    for (const ring of this.rings) ring.next = -1;
    this.#release(at);
  }

  /** Ends every green as soon as its minimum allows; nothing follows. */
  toRed(at: number): void {
    this.forgetNext(at);
    for (const ring of this.rings) {
      if (ring.interval !== "green") continue;
      this.endWalks(ring, at, Number.NEGATIVE_INFINITY);
      if (this.minimumOver(ring, at)) this.end(ring, at, -1);
    }
  }

  /** Ambers, clearances and all-reds that are over. */
  tick(at: number): void {
    this.heads.tick(at);
    if (this.#walking > 0) this.#endedWalks();
    const passed = at - this.#tickedAt;
    this.#tickedAt = at;
    for (const [r, ring] of this.rings.entries()) {
      if (ring.interval === "idle") continue;
      const phase = this.phases[ring.phase]!;
      if (ring.interval === "clear" && this.stopped & (1 << r)) ring.since += passed;
      if (ring.interval === "green") {
        if (!ring.minimumLogged && at - ring.greenSince >= phase.minGreen) {
          ring.minimumLogged = true;
          this.#log.write(Code.minComplete, phase.number);
        }
        continue;
      }
      const elapsed = at - ring.since;
      if (ring.interval === "amber" && elapsed >= phase.amber) {
        ring.interval = "clear";
        this.#log.write(Code.endYellow, phase.number);
        if (phase.allRed > 0) this.#log.write(Code.beginRedClearance, phase.number);
      }
      if (ring.interval === "clear" && elapsed >= phase.amber + phase.allRed) {
        ring.interval = "idle";
        if (phase.allRed > 0) this.#log.write(Code.endRedClearance, phase.number);
        this.#log.write(Code.phaseInactive, phase.number);
      }
    }
  }

  /** Bit mask of the phases whose pedestrian groups show this lamp. */
  walks(lamp: Lamp): number {
    let mask = 0;
    for (let group = 0; group < this.#walkPhase.length; group++) {
      const phase = this.#walkPhase[group]!;
      if (phase >= 0 && this.heads.lamps[group] === lamp) mask |= this.phases[phase]!.bit;
    }
    return mask;
  }

  /** Bit mask of the phases in this interval. */
  mask(interval: RingState["interval"]): number {
    let mask = 0;
    for (const ring of this.rings)
      if (ring.phase >= 0 && ring.interval === interval) mask |= this.phases[ring.phase]!.bit;
    return mask;
  }

  /** Bit mask of the green phases whose minimum is not over. */
  minimums(at: number): number {
    let mask = 0;
    for (const ring of this.rings)
      if (ring.interval === "green" && !this.minimumOver(ring, at)) mask |= this.phases[ring.phase]!.bit;
    return mask;
  }

  /** Bit mask of the phases chosen to follow. */
  get nexts(): number {
    let mask = 0;
    for (const ring of this.rings) if (ring.next >= 0) mask |= this.phases[ring.next]!.bit;
    return mask;
  }

  #endedWalks(): void {
    for (let group = 0; group < this.#walkPhase.length; group++) {
      const phase = this.#walkPhase[group]!;
      if (phase < 0 || this.heads.lamps[group] !== Lamp.red) continue;
      this.#walkPhase[group] = -1;
      this.#walking--;
      this.#log.write(Code.dontWalk, this.phases[phase]!.number);
    }
  }

  /** Stops every vehicle green that no ring wants any longer. */
  #release(at: number): void {
    const { lamps } = this.heads;
    for (let group = 0; group < lamps.length; group++) {
      if (lamps[group] !== Lamp.green || this.#junction.groups[group]!.kind === "pedestrian") continue;
      if (!this.#wanted(group)) this.heads.stop(group, at);
    }
  }

  #wanted(group: number): boolean {
    for (const ring of this.rings) {
      if (ring.phase < 0 || !this.phases[ring.phase]!.vehicles.includes(group)) continue;
      if (ring.interval === "green") return true;
      if (ring.next >= 0 && this.phases[ring.next]!.vehicles.includes(group)) return true;
    }
    return false;
  }
}
