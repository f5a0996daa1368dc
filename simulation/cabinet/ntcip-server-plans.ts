import {
  describe,
  numbersOf,
  octetsOf,
  Pattern,
  type Ref,
  ref,
  SplitMode,
  sameValue,
  type Value,
  type Write,
} from "ntcip-ts";
import type { Junction } from "../../config/model.ts";
import { type Instant, type Millis, millis, modulo, seconds } from "../../config/units.ts";
import { capacity, type Readers } from "./ntcip-server-layout.ts";
import type { SplitMode as Mode, StoredPlan, VirtualCabinet } from "./virtual-cabinet.ts";

const day = seconds(86_400);

const tables = {
  patternCycleTime: "pattern",
  patternOffsetTime: "pattern",
  patternSplitNumber: "pattern",
  patternSequenceNumber: "pattern",
  splitTime: "split",
  splitMode: "split",
  splitCoordPhase: "split",
  sequenceData: "sequence",
} as const;
type Column = keyof typeof tables;

/** Why a pattern cannot run, by what localFreeStatus calls it. */
export type PatternCause = "plan" | "cycle" | "overrun" | "offset";

interface Fault {
  readonly cause: PatternCause;
  readonly message: string;
}

type Read = (one: Ref) => Value;

/** A plan as rows: `offsetS` counts from the tables' zero. */
interface Rows {
  readonly plan: StoredPlan;
  readonly offsetS: number;
}

/** splitMode in the cabinet's words; `other` and `nonActuated` run their split out. */
const modeWords: Readonly<Record<number, Mode>> = {
  [SplitMode.none]: "none",
  [SplitMode.minimumVehicleRecall]: "minimum-recall",
  [SplitMode.maximumVehicleRecall]: "maximum-recall",
  [SplitMode.pedestrianRecall]: "pedestrian-recall",
  [SplitMode.maximumVehicleAndPedestrianRecall]: "maximum-and-pedestrian-recall",
};
const modeNumber = (mode: Mode | undefined): number =>
  Number(Object.entries(modeWords).find(([, word]) => word === (mode ?? "maximum-recall"))?.[0] ?? SplitMode.other);

/**
 * The pattern, split and sequence tables of NTCIP 1202 over the plans a cabinet stores. The tables hold what was written,
 * row by row, and nothing for rows nobody wrote; the cabinet holds whole plans. A pattern whose rows make no plan it could
 * run is none: called, it runs free. Pattern p of the cabinet's own schedule uses split p and sequence p.
 */
export class PlanTables {
  readonly #unit: VirtualCabinet;
  readonly #zeroOf: (at: Instant) => Instant;
  /** What was written, by object and index. */
  readonly #values = new Map<string, Value>();
  /** By number: the plan whose pattern, split and sequence rows stand there where nobody has written since. */
  readonly #rows = new Map<number, Rows>();
  /** The cabinet's plan that a pattern's rows stand for; another one there means that it was stored past these tables. */
  readonly #shown = new Map<number, StoredPlan>();
  #lead: { readonly pattern: number; readonly plan: StoredPlan; readonly lead: Millis } | undefined;
  readonly #faults = new Map<number, Fault>();
  /** Patterns whose plan was composed here, rather than shown. */
  readonly #composed = new Set<number>();

  /** `zeroOf`: system zero that patterns count from at an instant. */
  constructor(options: { readonly unit: VirtualCabinet; readonly zeroOf: (at: Instant) => Instant }) {
    this.#unit = options.unit;
    this.#zeroOf = options.zeroOf;
  }

  has = ({ name }: Ref): boolean => name in tables;

  readers(): Readers {
    const readers: Readers = new Map();
    for (const name of Object.keys(tables) as Column[])
      readers.set(name, (index) => {
        this.refresh();
        const value = this.#read({ name, index });
        // On request a cabinet reads back other values than it took: `VirtualCabinet.lies`.
        return this.#unit.lies && name === "splitTime" && typeof value === "number" && value > 0 ? value - 1 : value;
      });
    return readers;
  }

  /** Why these writes cannot stand, if they cannot. */
  check(writes: readonly Write[]): string | undefined {
    this.refresh();
    const { touched, after } = this.#after(writes);
    for (const pattern of touched) {
      const made = this.#compose(pattern, after);
      if (made && "cause" in made) return `pattern ${pattern}: ${made.message}`;
    }
    return undefined;
  }

  /** Every pattern whose rows change is composed anew; one that makes no plan is gone. */
  store(writes: readonly Write[]): void {
    this.#lead = undefined;
    this.refresh();
    const { touched } = this.#after(writes);
    for (const { ref: one, value } of writes) this.#values.set(keyOf(one), value);
    for (const pattern of touched) this.#recompose(pattern);
  }

  /** System zero has moved: the plans that were written here count from the new one. */
  rezero(): void {
    this.refresh();
    for (const pattern of this.#composed) this.#recompose(pattern);
  }

  /** Every stored plan counts from the tables' own zero from now on, also those of the cabinet's own schedule. */
  adopt(): void {
    this.refresh();
    for (const pattern of this.#shown.keys()) this.#composed.add(pattern);
    this.rezero();
  }

  /** Why a pattern does not run; undefined: it is programmed, or nobody has programmed it. */
  faultOf = (pattern: number): PatternCause | undefined => this.#faults.get(pattern)?.cause;

  /** Whether its cycle is 0: free by plan. */
  isFree = (pattern: number): boolean => this.#read(ref("patternCycleTime", pattern)) === 0;

  /** Local zero of 1202 lags the start of the coordinated phase by this: another coordinated phase may start first. */
  lead(pattern: number): Millis {
    const plan = this.#unit.storedPlan(pattern);
    if (!plan || pattern > capacity.patterns) return millis(0);
    // Asked in every poll, and the same until rows or plans change.
    if (this.#lead?.plan === plan && this.#lead.pattern === pattern) return this.#lead.lead;
    this.refresh();
    const coordinated = this.#coordinated(pattern, (one) => this.#read(one));
    const lead = leadOf(this.#unit.junction, plan, coordinated);
    this.#lead = { pattern, plan, lead };
    return lead;
  }

  #recompose(pattern: number): void {
    const made = this.#compose(pattern, (one) => this.#read(one));
    this.#faults.delete(pattern);
    if (made && "cause" in made) this.#faults.set(pattern, made);
    if (!made || "cause" in made) {
      this.#unit.erasePlan(pattern);
      this.#shown.delete(pattern);
      if (!made) this.#composed.delete(pattern);
      return;
    }
    const fault = this.#unit.storePlans(new Map([[pattern, made]]));
    if (fault) throw new Error(`stored unchecked: ${fault.message}`);
    this.#shown.set(pattern, this.#unit.storedPlan(pattern)!);
    this.#composed.add(pattern);
  }

  /** Values after these writes, and the patterns they change. */
  #after(writes: readonly Write[]): { readonly touched: readonly number[]; readonly after: Read } {
    const changed = new Map(
      writes
        .filter(({ ref: one, value }) => !sameValue(this.#read(one), value))
        .map(({ ref: one, value }) => [keyOf(one), { one, value }]),
    );
    const after = (one: Ref): Value => changed.get(keyOf(one))?.value ?? this.#read(one);
    const rows = { pattern: new Set<number>(), split: new Set<number>(), sequence: new Set<number>() };
    for (const { one } of changed.values()) rows[tables[one.name as Column]].add(one.index[0]!);
    const touched: number[] = [];
    for (let pattern = 1; pattern <= capacity.patterns; pattern++)
      if (
        rows.pattern.has(pattern) ||
        rows.split.has(after(ref("patternSplitNumber", pattern)) as number) ||
        rows.sequence.has(after(ref("patternSequenceNumber", pattern)) as number)
      )
        touched.push(pattern);
    return { touched, after };
  }

  /** The plan these rows make; undefined: the pattern is not programmed. */
  #compose(pattern: number, value: Read): StoredPlan | undefined | Fault {
    const number = (one: Ref): number => value(one) as number;
    const cycle = seconds(number(ref("patternCycleTime", pattern)));
    if (cycle === 0) return undefined;
    const split = ref("patternSplitNumber", pattern);
    const sequence = ref("patternSequenceNumber", pattern);
    if (number(split) > capacity.splits) return bad("plan", `${describe(split)} is ${number(split)}`);
    if (number(sequence) > capacity.sequences) return bad("plan", `${describe(sequence)} is ${number(sequence)}`);
    const offset = seconds(number(ref("patternOffsetTime", pattern)));
    if (offset >= cycle) return bad("offset", `offset ${offset} ms is not below the cycle of ${cycle} ms`);
    const splits = new Map<number, Millis>();
    const modes = new Map<number, Mode>();
    for (let phase = 1; phase <= capacity.phases; phase++) {
      const time = number(ref("splitTime", number(split), phase));
      const mode = number(ref("splitMode", number(split), phase));
      if (time === 0 || mode === SplitMode.phaseOmitted) continue;
      splits.set(phase, seconds(time));
      modes.set(phase, modeWords[mode] ?? "maximum-recall");
    }
    const rings = this.#rings(number(sequence), value);
    if ("cause" in rings) return rings;
    return this.#plan({ pattern, cycle, offset, splits, modes, rings }, value);
  }

  #rings(sequence: number, value: Read): readonly (readonly number[])[] | Fault {
    const rings: (readonly number[])[] = [];
    for (let ring = 1; ring <= capacity.rings; ring++) {
      const phases = numbersOf(value(ref("sequenceData", sequence, ring)) as Uint8Array);
      if (ring <= this.#unit.junction.rings.length) rings.push(phases);
      else if (phases.length > 0)
        return bad(
          "plan",
          `sequenceData.${sequence}.${ring}: the junction has ${this.#unit.junction.rings.length} rings`,
        );
    }
    return rings;
  }

  #plan(
    {
      pattern,
      cycle,
      offset,
      splits,
      modes,
      rings,
    }: {
      readonly pattern: number;
      readonly cycle: Millis;
      readonly offset: Millis;
      readonly splits: Map<number, Millis>;
      readonly modes: ReadonlyMap<number, Mode>;
      readonly rings: readonly (readonly number[])[];
    },
    value: Read,
  ): StoredPlan | Fault {
    const { junction } = this.#unit;
    const coordinated = this.#coordinated(pattern, value);
    const wrong = coordinationFault(junction, splits, coordinated);
    for (const ring of rings) {
      const total = ring.reduce((sum, phase) => sum + (splits.get(phase) ?? 0), 0);
      const rest = ring.find((phase) => coordinated.includes(phase) && splits.has(phase));
      // What a ring leaves of the cycle goes to its coordinated phase.
      if (total < cycle && rest !== undefined) splits.set(rest, millis(splits.get(rest)! + cycle - total));
    }
    const plan: StoredPlan = { planId: pattern, cycle, offset: millis(0), splits, modes, sequence: rings };
    const fault = this.#unit.checkPlan(plan);
    if (fault) {
      const overrun = rings.some((ring) => ring.reduce((sum, phase) => sum + (splits.get(phase) ?? 0), 0) > cycle);
      return bad(fault.code === "cycle-range" ? "cycle" : overrun ? "overrun" : "plan", fault.message);
    }
    if (wrong !== undefined) return bad("plan", wrong);
    const zero = this.#zeroOf(this.#unit.now()) + offset - leadOf(junction, plan, coordinated);
    return { ...plan, offset: millis(modulo(zero, cycle)) };
  }

  #coordinated(pattern: number, value: Read): readonly number[] {
    const split = value(ref("patternSplitNumber", pattern)) as number;
    const phases: number[] = [];
    for (let phase = 1; phase <= capacity.phases; phase++)
      if (value(ref("splitCoordPhase", split, phase)) === 1 && value(ref("splitTime", split, phase)) !== 0)
        phases.push(phase);
    return phases;
  }

  #read(one: Ref): Value {
    return this.#values.get(keyOf(one)) ?? this.#shownAt(one) ?? this.#empty(one);
  }

  /** What the plan behind a row says there; undefined: no plan is behind it, or it says nothing of this ring. */
  #shownAt({ name, index }: Ref): Value | undefined {
    const [row, second = 0] = index;
    const rows = this.#rows.get(row!);
    if (!rows) return undefined;
    const { plan, offsetS } = rows;
    const time = plan.splits.get(second) ?? 0;
    switch (name as Column) {
      case "patternCycleTime":
        return Math.round(plan.cycle / 1000);
      case "patternOffsetTime":
        return offsetS;
      case "patternSplitNumber":
      case "patternSequenceNumber":
        return row!;
      case "sequenceData": {
        const ring = plan.sequence[second - 1];
        return ring && octetsOf(ring);
      }
      case "splitTime":
        return Math.round(time / 1000);
      case "splitMode":
        return time > 0 ? modeNumber(plan.modes?.get(second)) : SplitMode.phaseOmitted;
      case "splitCoordPhase":
        return second === this.#unit.junction.coordinatedPhase ? 1 : 0;
    }
  }

  /** What stands in a row nobody wrote: the unit's default sequence, and a pattern's own split and sequence. */
  #empty({ name, index }: Ref): Value {
    const [row, second = 0] = index;
    switch (name) {
      case "patternSplitNumber":
      case "patternSequenceNumber":
        return row!;
      case "sequenceData":
        return octetsOf(this.#unit.junction.rings[second - 1] ?? []);
      case "splitMode":
        return SplitMode.none;
      default:
        return 0;
    }
  }

  /** Shows plans that got into the cabinet by another way (its schedule) as pattern, split and sequence of that number. */
  refresh(): void {
    for (let pattern = 1; pattern <= capacity.patterns; pattern++) {
      const plan = this.#unit.storedPlan(pattern);
      if (!plan || this.#shown.get(pattern) === plan) continue;
      this.#shown.set(pattern, plan);
      this.#composed.delete(pattern);
      this.#show(pattern, plan);
    }
  }

  /** Its rows take the place of what was written there. */
  #show(pattern: number, plan: StoredPlan): void {
    const offset = modulo(plan.offset - this.#zeroOf(this.#unit.now()), plan.cycle);
    this.#rows.set(pattern, { plan, offsetS: Math.floor(offset / 1000) });
    if (this.#values.size === 0) return;
    for (const [name, table] of Object.entries(tables)) {
      const within = { pattern: 0, split: capacity.phases, sequence: plan.sequence.length }[table];
      if (within === 0) this.#values.delete(keyOf({ name, index: [pattern] }));
      for (let second = 1; second <= within; second++) this.#values.delete(keyOf({ name, index: [pattern, second] }));
    }
  }
}

const bad = (cause: PatternCause, message: string): Fault => ({ cause, message });

const keyOf = ({ name, index }: { readonly name: string; readonly index: readonly number[] }): string =>
  `${name}.${index.join(".")}`;

/** Local midnight of the day `at` falls in, plus the minutes that patterns count from. */
export const midnightZero = (at: Instant, zone: Millis, minutes: number): Instant =>
  (Math.floor((at + zone) / day) * day - zone + minutes * 60_000) as Instant;

/** Some phase is coordinated, and none on the other side of the barrier from the junction's own. */
function coordinationFault(
  junction: Junction,
  splits: ReadonlyMap<number, Millis>,
  coordinated: readonly number[],
): string | undefined {
  const side = barrierOf(junction, junction.coordinatedPhase);
  const astray = coordinated.find((phase) => barrierOf(junction, phase) !== side);
  if (astray !== undefined)
    return `coordinated phase ${astray} is not on the side of phase ${junction.coordinatedPhase}`;
  return coordinated.some((phase) => (splits.get(phase) ?? 0) > 0) ? undefined : "no phase is coordinated";
}

const barrierOf = (junction: Junction, number: number): number | undefined =>
  junction.phases.find((phase) => phase.number === number)?.barrier;

/** First start of a coordinated phase less the start of the junction's own, both since their barrier. */
function leadOf(junction: Junction, plan: StoredPlan, coordinated: readonly number[]): Millis {
  const side = barrierOf(junction, junction.coordinatedPhase);
  const startOf = (number: number): number => {
    const ring = plan.sequence.find((phases) => phases.includes(number)) ?? [];
    return ring
      .slice(0, ring.indexOf(number))
      .filter((phase) => barrierOf(junction, phase) === side)
      .reduce((total, phase) => total + (plan.splits.get(phase) ?? 0), 0);
  };
  const starts = coordinated.filter((phase) => (plan.splits.get(phase) ?? 0) > 0).map(startOf);
  return millis(starts.length === 0 ? 0 : Math.min(...starts) - startOf(junction.coordinatedPhase));
}

/** Is this the number of a plan rather than standby, free or flash? */
export const isPlanNumber = (pattern: number): boolean => pattern > Pattern.standby && pattern <= Pattern.last;
