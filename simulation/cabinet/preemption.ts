import type { Junction } from "../../config/model.ts";
import { type Millis, millis, seconds } from "../../config/units.ts";
import { Code, type EventLog } from "./event-log.ts";
import type { Rings, UnitPhase } from "./rings.ts";

/** One preempt as it is programmed (NTCIP 1202 preemptTable). */
export interface PreemptSettings {
  /** Input on for this long before it is served. */
  readonly delay: Millis;
  /** Green first, to clear a track or the way of the fire engine; none: straight to the dwell. */
  readonly trackPhases: readonly number[];
  readonly trackGreen: Millis;
  /** Green while the input stands; at most one of each ring, all inside one barrier. */
  readonly dwellPhases: readonly number[];
  /** The least the dwell lasts, though the input drops. */
  readonly dwellGreen: Millis;
  /** From entry to exit at least. */
  readonly minimumDuration: Millis;
  /** An input that stands longer is broken and no longer served; 0: no limit. */
  readonly maximumPresence: Millis;
  /** Green at the end; none: normal operation takes over from red. */
  readonly exitPhases: readonly number[];
}

/** NTCIP 1202 preemptState, in words. */
export type PreemptState = "idle" | "delay" | "entry" | "track" | "dwell" | "maximum-presence" | "exit";

export interface PreemptFault {
  readonly number: number;
  readonly message: string;
}

/** Preempts as the cabinet's servers see them. Numbers from 1; the lower one wins. */
export interface Preempts {
  readonly settings: ReadonlyMap<number, PreemptSettings>;
  /** All or none. A preempt under way ends by its old settings. */
  store(settings: ReadonlyMap<number, PreemptSettings>): PreemptFault | undefined;
  /** The wire of a fire station or a railway. */
  input(number: number, on: boolean): void;
  /** From the centre, bit n - 1 for preempt n; feeds the watchdog, and is dropped with it. */
  command(bits: number): void;
  readonly commanded: number;
  state(number: number): PreemptState;
  /** Why these phases cannot be green together, if they cannot. */
  fault(phases: readonly number[]): string | undefined;
  /** Number of the one that has the junction; 0: none. */
  readonly active: number;
}

interface Input {
  wire: boolean;
  centre: boolean;
  since: number;
  /** Too long on: not served until it has been off. */
  spent: boolean;
}

/** Preempts that a cabinet is delivered with: number k holds phase k of ring 1, and the phases beside it in other rings. */
function delivered(junction: Junction): ReadonlyMap<number, PreemptSettings> {
  const byBarrier = (ring: readonly number[], barrier: number): readonly number[] =>
    ring.filter((number) => junction.phases.find((phase) => phase.number === number)!.barrier === barrier);
  const [main = [], ...others] = junction.rings;
  return new Map(
    main.map((number, i): [number, PreemptSettings] => {
      const { barrier } = junction.phases.find((phase) => phase.number === number)!;
      const place = byBarrier(main, barrier).indexOf(number);
      const beside = others.flatMap((ring) => {
        const side = byBarrier(ring, barrier);
        return side.length > 0 ? [side[Math.min(place, side.length - 1)]!] : [];
      });
      return [i + 1, { ...usual, dwellPhases: [number, ...beside] }];
    }),
  );
}

const usual: Omit<PreemptSettings, "dwellPhases"> = {
  delay: millis(0),
  trackPhases: [],
  trackGreen: millis(0),
  dwellGreen: seconds(5),
  minimumDuration: millis(0),
  maximumPresence: millis(0),
  exitPhases: [],
};

/**
 * Takes the rings to the phases of a preempt, keeps them there and lets go of them. Greens end as always: minimum, walk,
 * clearance, amber and all-red are never shortened.
 */
export class Preemption implements Preempts {
  settings: ReadonlyMap<number, PreemptSettings>;
  readonly #junction: Junction;
  readonly #rings: Rings;
  readonly #log: EventLog;
  readonly #now: () => number;
  readonly #fed: () => void;
  readonly #inputs = new Map<number, Input>();
  #run:
    | { readonly number: number; readonly settings: PreemptSettings; state: PreemptState; since: number; from: number }
    | undefined;

  constructor(options: {
    readonly junction: Junction;
    readonly rings: Rings;
    readonly log: EventLog;
    /** Monotonic time. */
    readonly now: () => number;
    /** Called when the centre commands. */
    readonly fed: () => void;
  }) {
    this.#junction = options.junction;
    this.#rings = options.rings;
    this.#log = options.log;
    this.#now = options.now;
    this.#fed = options.fed;
    this.settings = delivered(options.junction);
  }

  store(settings: ReadonlyMap<number, PreemptSettings>): PreemptFault | undefined {
    for (const [number, preempt] of settings)
      for (const phases of [preempt.trackPhases, preempt.dwellPhases, preempt.exitPhases]) {
        const message = this.fault(phases);
        if (message) return { number, message };
      }
    this.settings = new Map(settings);
    return undefined;
  }

  fault(numbers: readonly number[]): string | undefined {
    const phases = numbers.map((number) => this.#junction.phases.find((phase) => phase.number === number));
    const astray = numbers.find((_, i) => !phases[i]);
    if (astray !== undefined) return `junction ${this.#junction.id} has no phase ${astray}`;
    const rings = new Set(phases.map((phase) => phase!.ring));
    if (rings.size < phases.length || phases.some((phase) => phase!.barrier !== phases[0]!.barrier))
      return `phases ${numbers.join(" and ")} cannot be green together`;
    return undefined;
  }

  input(number: number, on: boolean): void {
    this.#set(number, "wire", on);
  }

  command(bits: number): void {
    this.#fed();
    this.#centre(bits);
  }

  /** A technician has mended the wires. */
  clear(): void {
    for (const number of this.#inputs.keys()) this.#set(number, "wire", false);
  }

  /** The watchdog has taken back what the centre asked for. */
  forget(): void {
    this.#centre(0);
  }

  #centre(bits: number): void {
    for (const number of this.settings.keys()) this.#set(number, "centre", (bits & (1 << (number - 1))) !== 0);
  }

  get commanded(): number {
    let bits = 0;
    for (const [number, { centre }] of this.#inputs) if (centre) bits |= 1 << (number - 1);
    return bits;
  }

  #set(number: number, from: "wire" | "centre", on: boolean): void {
    const input = this.#inputs.get(number) ?? { wire: false, centre: false, since: 0, spent: false };
    const before = input.wire || input.centre;
    input[from] = on;
    this.#inputs.set(number, input);
    const after = input.wire || input.centre;
    if (before === after) return;
    input.since = this.#now();
    if (!after) input.spent = false;
    this.#log.write(after ? Code.preemptOn : Code.preemptOff, number);
  }

  get active(): number {
    return this.#run?.number ?? 0;
  }

  state(number: number): PreemptState {
    if (this.#run?.number === number) return this.#run.state;
    const input = this.#inputs.get(number);
    if (!input || !(input.wire || input.centre)) return "idle";
    return input.spent ? "maximum-presence" : "delay";
  }

  /** Has a preempt the junction now? Chooses which. */
  wants(at: number): boolean {
    for (const [number, input] of [...this.#inputs].sort(([a], [b]) => a - b)) {
      const settings = this.settings.get(number);
      if (!settings || settings.dwellPhases.length === 0 || !(input.wire || input.centre) || input.spent) continue;
      if (this.#run && this.#run.number <= number && this.#run.state !== "exit") break;
      if (at - input.since < settings.delay) continue;
      this.#log.write(Code.preemptEntry, number);
      this.#run = { number, settings, state: "entry", since: at, from: at };
      break;
    }
    return this.#run !== undefined;
  }

  /** Power is gone or the lamps flash: a preempt starts over afterwards. */
  reset(): void {
    this.#run = undefined;
  }

  /** One step of the preempt that has the junction. */
  tick(at: number): void {
    const run = this.#run!;
    const { settings, number } = run;
    const enter = (state: PreemptState, code: number) => {
      run.state = state;
      run.since = at;
      this.#log.write(code, number);
    };
    switch (run.state) {
      case "entry": {
        const track = settings.trackPhases.length > 0;
        if (this.#drive(track ? settings.trackPhases : settings.dwellPhases, at))
          enter(track ? "track" : "dwell", track ? Code.preemptTrack : Code.preemptDwell);
        break;
      }
      case "track":
        if (at - run.since < settings.trackGreen) this.#drive(settings.trackPhases, at);
        else if (this.#drive(settings.dwellPhases, at)) enter("dwell", Code.preemptDwell);
        break;
      case "dwell":
        this.#drive(settings.dwellPhases, at);
        if (this.#dwellOver(at)) enter("exit", Code.preemptExit);
        break;
      default:
        if (this.#drive(settings.exitPhases, at)) this.#run = undefined;
    }
  }

  #dwellOver(at: number): boolean {
    const { number, settings, since, from } = this.#run!;
    const input = this.#inputs.get(number)!;
    if (settings.maximumPresence > 0 && !input.spent && at - input.since >= settings.maximumPresence) {
      input.spent = true;
      this.#log.write(Code.preemptMaximum, number);
    }
    if ((input.wire || input.centre) && !input.spent) return false;
    return at - since >= settings.dwellGreen && at - from >= settings.minimumDuration;
  }

  /** Towards green of exactly these phases; true once they all are, or at once when there are none. */
  #drive(numbers: readonly number[], at: number): boolean {
    if (numbers.length === 0) return true;
    const { rings, phases } = this.#rings;
    let there = true;
    for (const [r, ring] of rings.entries()) {
      const target = phases.find((phase) => phase.ring === r && numbers.includes(phase.number));
      if (ring.interval === "green" && phases[ring.phase] === target) continue;
      if (ring.interval === "green") this.#leave(ring, target, at);
      else if (ring.interval === "idle" && target && this.#rings.mayStart(target, at)) {
        this.#rings.start(target, at);
        continue;
      }
      there &&= ring.interval === "idle" && !target;
    }
    return there;
  }

  #leave(ring: Rings["rings"][number], target: UnitPhase | undefined, at: number): void {
    this.#rings.endWalks(ring, at, Number.NEGATIVE_INFINITY);
    if (!this.#rings.minimumOver(ring, at)) return;
    this.#log.write(Code.preemptForceOff, this.#rings.phases[ring.phase]!.number);
    this.#rings.end(ring, at, target?.index ?? -1);
  }
}
