import {
  describe,
  numbersOf,
  octetsOf,
  oidOf,
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
import type { StoredPlan, VirtualCabinet } from "./virtual-cabinet.ts";

/** Rows of patternTable, splitTable and sequenceTable. Pattern p of the cabinet's own schedule uses split p and sequence p. */
export const planRows = 64;

const day = seconds(86_400);

/**
 * The pattern, split and sequence tables of NTCIP 1202 over the plans a cabinet stores. The tables hold what was written,
 * row by row; the cabinet holds whole plans. Rows change only if every pattern that uses them is a plan the cabinet can run.
 */
export class PlanTables {
  readonly #unit: VirtualCabinet;
  readonly #utcOffset: Millis;
  readonly #phases: number;
  readonly #values = new Map<string, Value>();
  /** The cabinet's plan that a pattern's rows stand for; another one there means that it was stored past these tables. */
  readonly #shown = new Map<number, StoredPlan>();

  constructor(options: { readonly unit: VirtualCabinet; readonly utcOffset: Millis; readonly phases: number }) {
    this.#unit = options.unit;
    this.#utcOffset = options.utcOffset;
    this.#phases = options.phases;
    for (const one of this.refs()) this.#values.set(oidOf(one), emptyValue(one));
  }

  *refs(): Generator<Ref> {
    for (let row = 1; row <= planRows; row++) {
      yield ref("patternCycleTime", row);
      yield ref("patternOffsetTime", row);
      yield ref("patternSplitNumber", row);
      yield ref("patternSequenceNumber", row);
      for (let ring = 1; ring <= this.#unit.junction.rings.length; ring++) yield ref("sequenceData", row, ring);
      for (let phase = 1; phase <= this.#phases; phase++) {
        yield ref("splitTime", row, phase);
        yield ref("splitMode", row, phase);
        yield ref("splitCoordPhase", row, phase);
      }
    }
  }

  has(one: Ref): boolean {
    return this.#values.has(oidOf(one));
  }

  read(one: Ref): Value {
    this.#refresh();
    return this.#values.get(oidOf(one))!;
  }

  /** Why these writes cannot stand, if they cannot. */
  check(writes: readonly Write[]): string | undefined {
    const plans = this.#plansAfter(writes);
    return typeof plans === "string" ? plans : undefined;
  }

  /** Of writes that `check` passed. */
  store(writes: readonly Write[]): void {
    const plans = this.#plansAfter(writes);
    if (typeof plans === "string") throw new Error(`stored unchecked: ${plans}`);
    const fault = this.#unit.storePlans(plans);
    if (fault) throw new Error(`stored unchecked: ${fault.message}`);
    for (const { ref: one, value } of writes) this.#values.set(oidOf(one), value);
    for (const pattern of plans.keys()) this.#shown.set(pattern, this.#unit.storedPlan(pattern)!);
  }

  /** Local zero of 1202 lags the start of the coordinated phase by this: another coordinated phase may start first. */
  lead(pattern: number): Millis {
    const plan = this.#unit.storedPlan(pattern);
    if (!plan || pattern > planRows) return millis(0);
    this.#refresh();
    return leadOf(
      this.#unit.junction,
      plan,
      this.#coordinated(pattern, (one) => this.#values.get(oidOf(one))!),
    );
  }

  /** Of the day `at` falls in, by the cabinet's time zone: system zero of patterns. */
  systemZero(at: Instant): number {
    return Math.floor((at + this.#utcOffset) / day) * day - this.#utcOffset;
  }

  #plansAfter(writes: readonly Write[]): ReadonlyMap<number, StoredPlan> | string {
    this.#refresh();
    const changed = new Map(
      writes
        .filter(({ ref: one, value }) => !sameValue(this.#values.get(oidOf(one))!, value))
        .map(({ ref: one, value }) => [oidOf(one), value]),
    );
    const after = (one: Ref): Value => changed.get(oidOf(one)) ?? this.#values.get(oidOf(one))!;
    const plans = new Map<number, StoredPlan>();
    for (let pattern = 1; pattern <= planRows; pattern++) {
      if (!this.#rowsOf(pattern, after).some((one) => changed.has(oidOf(one)))) continue;
      const plan = this.#compose(pattern, after);
      if (typeof plan === "string") return `pattern ${pattern}: ${plan}`;
      if (plan) plans.set(pattern, plan);
      else if (this.#unit.storedPlan(pattern)) return `pattern ${pattern}: a stored pattern cannot be erased`;
    }
    return plans;
  }

  #rowsOf(pattern: number, value: (one: Ref) => Value): readonly Ref[] {
    const split = value(ref("patternSplitNumber", pattern)) as number;
    const sequence = value(ref("patternSequenceNumber", pattern)) as number;
    const rows = [
      ref("patternCycleTime", pattern),
      ref("patternOffsetTime", pattern),
      ref("patternSplitNumber", pattern),
      ref("patternSequenceNumber", pattern),
      ...this.#unit.junction.rings.map((_, r) => ref("sequenceData", sequence, r + 1)),
    ];
    for (let phase = 1; phase <= this.#phases; phase++)
      rows.push(ref("splitTime", split, phase), ref("splitMode", split, phase), ref("splitCoordPhase", split, phase));
    return rows;
  }

  /** The plan these rows make; undefined: the pattern is not programmed; text: they make none the cabinet can run. */
  #compose(pattern: number, value: (one: Ref) => Value): StoredPlan | undefined | string {
    const number = (one: Ref): number => value(one) as number;
    const cycle = seconds(number(ref("patternCycleTime", pattern)));
    if (cycle === 0) return undefined;
    for (const one of [ref("patternSplitNumber", pattern), ref("patternSequenceNumber", pattern)])
      if (number(one) > planRows) return `${describe(one)} is ${number(one)}, the unit has ${planRows}`;
    const offset = seconds(number(ref("patternOffsetTime", pattern)));
    if (offset >= cycle) return `offset ${offset} ms is not below the cycle of ${cycle} ms`;
    const split = number(ref("patternSplitNumber", pattern));
    const splits = new Map<number, Millis>();
    for (let phase = 1; phase <= this.#phases; phase++) {
      const time = number(ref("splitTime", split, phase));
      if (time > 0 && number(ref("splitMode", split, phase)) !== SplitMode.phaseOmitted)
        splits.set(phase, seconds(time));
    }
    const { junction } = this.#unit;
    const sequence = junction.rings.map((_, r) =>
      numbersOf(value(ref("sequenceData", number(ref("patternSequenceNumber", pattern)), r + 1)) as Uint8Array),
    );
    const plan: StoredPlan = { planId: pattern, cycle, offset: millis(0), splits, sequence };
    const fault = this.#unit.checkPlan(plan);
    if (fault) return fault.message;
    const coordinated = this.#coordinated(pattern, value);
    const wrong = coordinationFault(junction, plan, coordinated);
    if (wrong !== undefined) return wrong;
    const zero = this.systemZero(this.#unit.now()) + offset - leadOf(junction, plan, coordinated);
    return { ...plan, offset: millis(modulo(zero, cycle)) };
  }

  #coordinated(pattern: number, value: (one: Ref) => Value): readonly number[] {
    const split = value(ref("patternSplitNumber", pattern)) as number;
    const phases: number[] = [];
    for (let phase = 1; phase <= this.#phases; phase++)
      if (value(ref("splitCoordPhase", split, phase)) === 1 && value(ref("splitTime", split, phase)) !== 0)
        phases.push(phase);
    return phases;
  }

  /** Shows plans that got into the cabinet by another way (its schedule) as pattern, split and sequence of that number. */
  #refresh(): void {
    for (let pattern = 1; pattern <= planRows; pattern++) {
      const plan = this.#unit.storedPlan(pattern);
      if (!plan || this.#shown.get(pattern) === plan) continue;
      this.#shown.set(pattern, plan);
      const set = (one: Ref, value: Value) => this.#values.set(oidOf(one), value);
      const offset = modulo(plan.offset - this.systemZero(this.#unit.now()), plan.cycle);
      set(ref("patternCycleTime", pattern), Math.round(plan.cycle / 1000));
      set(ref("patternOffsetTime", pattern), Math.floor(offset / 1000));
      set(ref("patternSplitNumber", pattern), pattern);
      set(ref("patternSequenceNumber", pattern), pattern);
      for (const [r, ring] of plan.sequence.entries()) set(ref("sequenceData", pattern, r + 1), octetsOf(ring));
      for (let phase = 1; phase <= this.#phases; phase++) {
        const time = plan.splits.get(phase) ?? 0;
        set(ref("splitTime", pattern, phase), Math.round(time / 1000));
        set(ref("splitMode", pattern, phase), time > 0 ? SplitMode.none : SplitMode.phaseOmitted);
        set(ref("splitCoordPhase", pattern, phase), phase === this.#unit.junction.coordinatedPhase ? 1 : 0);
      }
    }
  }
}

function emptyValue({ name, index }: Ref): Value {
  switch (name) {
    case "patternSplitNumber":
    case "patternSequenceNumber":
      return index[0]!;
    case "sequenceData":
      return new Uint8Array(0);
    case "splitMode":
      return SplitMode.none;
    default:
      return 0;
  }
}

/** Some phase is coordinated, and none on the other side of the barrier from the junction's own. */
function coordinationFault(junction: Junction, plan: StoredPlan, coordinated: readonly number[]): string | undefined {
  const side = barrierOf(junction, junction.coordinatedPhase);
  const astray = coordinated.find((phase) => barrierOf(junction, phase) !== side);
  if (astray !== undefined)
    return `coordinated phase ${astray} is not on the side of phase ${junction.coordinatedPhase}`;
  return coordinated.some((phase) => (plan.splits.get(phase) ?? 0) > 0) ? undefined : "no phase is coordinated";
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
