import {
  encodeValue,
  type ObjectName,
  objects,
  oidOf,
  type Ref,
  ref,
  sameValue,
  type Value,
  type Write,
} from "ntcip-ts";
import { capacity, type Readers } from "./ntcip-server-layout.ts";
import { emptyValue } from "./ntcip-server-setup.ts";

/** Entries one class may keep at most; the standard's own limit. */
const classLimit = 255;
const Mode = { onChange: 2, greaterThanValue: 3, smallerThanValue: 4, hysteresisBound: 5, periodic: 6 } as const;
const logged = 3;

interface Entry {
  readonly config: number;
  readonly time: number;
  readonly value: Uint8Array;
}

/** What a watched object was last seen as. */
interface Seen {
  value?: Value;
  held?: boolean;
  since?: number;
  side?: "above" | "below";
  at?: number;
}

/** Changes of these are logged from the start, one class for all. */
const usual: readonly ObjectName[] = [
  "coordPatternStatus",
  "unitControlStatus",
  "unitFlashStatus",
  "localFreeStatus",
  "unitAlarmStatus1",
];

/** Reading these changes them, so that nobody may watch them. */
const readOnce: ReadonlySet<ObjectName> = new Set(["shortAlarmStatus", "unitAlarmStatus2", "dbMakeID"]);

/** Event log of NTCIP 1201 (globalReport): looks at what it is told to watch, once a second. */
export class Reports {
  readonly #values = new Map<string, Value>();
  readonly #entries: Entry[][] = Array.from({ length: capacity.eventClasses }, () => []);
  readonly #seen: Seen[] = Array.from({ length: capacity.eventConfigs }, () => ({}));
  #watching: readonly number[];
  readonly #look: (at: Ref) => Value | undefined;

  /** `look` reads an instance of the unit, if it has it. */
  constructor(look: (at: Ref) => Value | undefined) {
    this.#look = look;
    for (const [i, name] of usual.entries()) {
      this.#values.set(keyOf(ref("eventConfigMode", i + 1)), Mode.onChange);
      this.#values.set(keyOf(ref("eventConfigCompareOID", i + 1)), oidOf(ref(name)));
      this.#values.set(keyOf(ref("eventConfigLogOID", i + 1)), oidOf(ref(name)));
      this.#values.set(keyOf(ref("eventConfigAction", i + 1)), logged);
    }
    for (let row = 1; row <= capacity.eventClasses; row++)
      this.#values.set(keyOf(ref("eventClassLimit", row)), classLimit);
    this.#watching = this.#rowsThatLog();
  }

  #rowsThatLog(): readonly number[] {
    const rows = Array.from({ length: capacity.eventConfigs }, (_, i) => i + 1);
    return rows.filter((row) => this.#number("eventConfigAction", row) === logged);
  }

  has = ({ name }: Ref): boolean => /^event(Config|Class)/.test(name);

  readers(): Readers {
    const readers: Readers = new Map();
    for (const { name, access } of objects)
      if (access === "read-write" && this.has({ name, index: [] }))
        readers.set(name, (index) => this.#read(name, index));
    readers.set("maxEventLogSize", () => classLimit * capacity.eventClasses);
    readers.set("eventClassNumRowsInLog", ([row]) => this.rows(row!));
    const entry = ([row, number]: readonly number[]): Entry => this.#entries[row! - 1]![number! - 1]!;
    readers.set("eventLogID", (at) => entry(at).config);
    readers.set("eventLogTime", (at) => entry(at).time);
    readers.set("eventLogValue", (at) => entry(at).value);
    return readers;
  }

  /** Entries of a class now. */
  rows = (row: number): number => this.#entries[row - 1]?.length ?? 0;

  check(writes: readonly Write[]): string | undefined {
    for (const { ref: at, value } of writes) {
      if (at.name === "eventConfigClass" && (value as number) > capacity.eventClasses)
        return `eventConfigClass.${at.index[0]}: the unit has ${capacity.eventClasses} classes`;
      if (at.name !== "eventConfigCompareOID" && at.name !== "eventConfigLogOID") continue;
      if (value === "0.0") continue;
      const watched = instanceOf(value as string);
      if (!watched || this.#look(watched) === undefined) return `${at.name}.${at.index[0]}: the unit has no ${value}`;
      if (readOnce.has(watched.name)) return `${at.name}.${at.index[0]}: reading ${watched.name} would clear it`;
    }
    return undefined;
  }

  store(writes: readonly Write[]): void {
    for (const { ref: at, value } of writes) {
      this.#values.set(keyOf(at), value);
      const row = at.index[0]! - 1;
      if (at.name.startsWith("eventConfig")) this.#seen[row] = {};
      if (at.name === "eventClassClearTime")
        this.#entries[row] = this.#entries[row]!.filter(({ time }) => time > (value as number));
      if (at.name === "eventClassLimit") this.#trim(row, value as number);
    }
    this.#watching = this.#rowsThatLog();
  }

  /** Looks once; `time` is the unit's globalTime. */
  tick(time: number): void {
    for (const row of this.#watching) {
      const watched = instanceOf(this.#read("eventConfigCompareOID", [row]) as string);
      const value = watched && this.#look(watched);
      if (value === undefined || !this.#happens(row, value, time)) continue;
      const shown = instanceOf(this.#read("eventConfigLogOID", [row]) as string);
      const told = shown ? this.#look(shown) : undefined;
      if (shown && told !== undefined) this.#log(row, { config: row, time, value: encodeValue(shown.name, told) });
    }
  }

  #happens(row: number, value: Value, time: number): boolean {
    const seen = this.#seen[row - 1]!;
    const first = this.#number("eventConfigCompareValue", row);
    const second = this.#number("eventConfigCompareValue2", row);
    switch (this.#number("eventConfigMode", row)) {
      case Mode.onChange: {
        const changed = seen.value !== undefined && !sameValue(seen.value, value);
        seen.value = value;
        return changed;
      }
      case Mode.greaterThanValue:
        return holds(seen, { now: (value as number) > first, time, during: second });
      case Mode.smallerThanValue:
        return holds(seen, { now: (value as number) < first, time, during: second });
      case Mode.hysteresisBound: {
        const [low, high] = [Math.min(first, second), Math.max(first, second)];
        const side = (value as number) > high ? "above" : (value as number) < low ? "below" : seen.side;
        const crossed = side !== undefined && side !== seen.side;
        if (side !== undefined) seen.side = side;
        return crossed;
      }
      case Mode.periodic: {
        if (first <= 0 || time - (seen.at ?? Number.NEGATIVE_INFINITY) < first) return false;
        seen.at = time;
        return true;
      }
      default:
        return false;
    }
  }

  #log(row: number, entry: Entry): void {
    const at = this.#number("eventConfigClass", row) - 1;
    this.#entries[at]!.push(entry);
    this.#trim(at, this.#number("eventClassLimit", at + 1));
  }

  #trim(at: number, limit: number): void {
    const entries = this.#entries[at]!;
    if (entries.length > limit) this.#entries[at] = entries.slice(entries.length - limit);
  }

  #read(name: ObjectName, index: readonly number[]): Value {
    return this.#values.get(keyOf({ name, index })) ?? emptyValue(name);
  }

  #number = (name: ObjectName, row: number): number => this.#read(name, [row]) as number;
}

/** True once, when a condition has held for a while; again only after it did not. */
function holds(
  seen: Seen,
  { now, time, during }: { readonly now: boolean; readonly time: number; readonly during: number },
): boolean {
  if (!now) {
    seen.held = false;
    delete seen.since;
    return false;
  }
  seen.since ??= time;
  if (seen.held || time - seen.since < during) return false;
  seen.held = true;
  return true;
}

const keyOf = ({ name, index }: Ref): string => `${name}.${index.join(".")}`;

const definitions = new Map(objects.map((object) => [object.oid, object]));
/** OIDs that were looked up, which are few: centrals watch the same things everywhere. */
const known = new Map<string, Ref | undefined>();
const knownLimit = 1000;

/** The instance an OID names, if it is one of an object we know. */
function instanceOf(oid: string): Ref | undefined {
  if (known.has(oid)) return known.get(oid);
  if (known.size >= knownLimit) known.clear();
  const found = parse(oid);
  known.set(oid, found);
  return found;
}

function parse(oid: string): Ref | undefined {
  const parts = oid.split(".");
  for (const length of [1, 2]) {
    const object = definitions.get(parts.slice(0, -length).join("."));
    if (!object) continue;
    const index = parts.slice(-length).map(Number);
    if (object.index.length === 0) return length === 1 && index[0] === 0 ? ref(object.name) : undefined;
    if (object.index.length === length) return { name: object.name, index };
  }
  return undefined;
}
