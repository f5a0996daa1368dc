import { compareOids, type Oid } from "./ber.ts";
import type { NtcipObject } from "./object.ts";
import { type ObjectName, objectOf, partsOfObject, type Ref } from "./objects.ts";
import type { Value } from "./value.ts";

/** One instance an agent answers for. */
export interface Served {
  readonly ref: Ref;
  readonly oid: Oid;
  readonly object: NtcipObject;
  read(): Value;
}

/** All an agent answers for, in the order of their OIDs. */
export interface View {
  get(oid: Oid): Served | undefined;
  /** The first instance after `oid`. */
  after(oid: Oid): Served | undefined;
  /** Whether this OID belongs to an object of the view, though not to an instance of it (v2c tells the two apart). */
  hasObject(oid: Oid): boolean;
}

/**
 * How many rows an index part has: 1, 2, ... up to this; where it depends on the parts before it, a function of them.
 * Rows may come and go.
 */
export type Rows = number | ((before: readonly number[]) => number);

/** A scalar (no rows) or one column of a table. Nothing is kept per instance. */
export interface Column {
  readonly name: ObjectName;
  readonly rows: readonly Rows[];
  read(index: readonly number[]): Value;
}

/** The same for every unit of a kind: which objects there are and how many rows they have; `live`: ask the unit. */
export interface Shape {
  readonly name: ObjectName;
  readonly rows: readonly (number | "live")[];
}

/** One unit's values, for a layout that many share. */
export interface Source {
  read(name: ObjectName, index: readonly number[]): Value;
  /** Rows of a `live` index part. */
  rows(name: ObjectName, before: readonly number[]): number;
}

interface Placed {
  readonly name: ObjectName;
  readonly rows: readonly (number | "live")[];
  readonly object: NtcipObject;
  readonly oid: Oid;
}

const noIndex: readonly number[] = [];

/** Objects in the order of their OIDs; made once for a kind of unit. */
export class Layout {
  readonly placed: readonly Placed[];

  constructor(shapes: Iterable<Shape>) {
    this.placed = [...shapes]
      .map(({ name, rows }) => ({ name, rows, object: objectOf(name), oid: partsOfObject(name) }))
      .sort((a, b) => compareOids(a.oid, b.oid));
    this.placed.forEach(({ name, rows, object }, i) => {
      if (i > 0 && this.placed[i - 1]!.name === name) throw new Error(`${name} is served twice`);
      if (rows.length !== object.index.length)
        throw new Error(`${name} is indexed by ${object.index.length} parts, not ${rows.length}`);
    });
  }
}

/** A view of whole columns: the size of a cabinet's answer book does not grow with its tables. */
export class Columns implements View {
  readonly #placed: readonly Placed[];
  readonly #source: Source;

  constructor(layout: Layout, source: Source) {
    this.#placed = layout.placed;
    this.#source = source;
  }

  /** Of columns that bring their own values. */
  static of(columns: Iterable<Column>): Columns {
    const byName = new Map([...columns].map((column) => [column.name, column]));
    const shapes = [...columns].map(
      ({ name, rows }): Shape => ({
        name,
        rows: rows.map((count) => (typeof count === "number" ? count : "live")),
      }),
    );
    return new Columns(new Layout(shapes), {
      read: (name, index) => byName.get(name)!.read(index),
      rows: (name, before) => {
        const rows = byName.get(name)!.rows[before.length]!;
        return typeof rows === "number" ? rows : rows(before);
      },
    });
  }

  get(oid: Oid): Served | undefined {
    const placed = this.#owner(oid);
    if (!placed) return undefined;
    const index = oid.slice(placed.oid.length);
    return this.#isInstance(placed, index) ? this.#served(placed, index) : undefined;
  }

  after(oid: Oid): Served | undefined {
    const at = this.#lastNotAfter(oid);
    const placed = this.#placed[at];
    if (placed && startsWith(oid, placed.oid)) {
      const index = this.#next(placed, oid.slice(placed.oid.length));
      if (index) return this.#served(placed, index);
    }
    for (let i = at + 1; i < this.#placed.length; i++) {
      const index = this.#first(this.#placed[i]!);
      if (index) return this.#served(this.#placed[i]!, index);
    }
    return undefined;
  }

  hasObject(oid: Oid): boolean {
    return this.#owner(oid) !== undefined;
  }

  #owner(oid: Oid): Placed | undefined {
    const placed = this.#placed[this.#lastNotAfter(oid)];
    return placed && startsWith(oid, placed.oid) ? placed : undefined;
  }

  #lastNotAfter(oid: Oid): number {
    let low = 0;
    let high = this.#placed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareOids(this.#placed[middle]!.oid, oid) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #served({ name, object, oid }: Placed, index: readonly number[]): Served {
    const at = object.index.length === 0 ? noIndex : index;
    return { ref: { name, index: at }, oid: [...oid, ...index], object, read: () => this.#source.read(name, at) };
  }

  #rows({ name, rows }: Placed, before: readonly number[]): number {
    const count = rows[before.length]!;
    return count === "live" ? this.#source.rows(name, before) : count;
  }

  #isInstance(placed: Placed, index: readonly number[]): boolean {
    const { rows } = placed;
    if (rows.length === 0) return index.length === 1 && index[0] === 0;
    return index.length === rows.length && this.#isPrefix(placed, index);
  }

  #isPrefix = (placed: Placed, before: readonly number[]): boolean =>
    before.every((part, i) => part >= 1 && part <= this.#rows(placed, before.slice(0, i)));

  /** The first index whose parts begin with `before`; undefined when there is none. */
  #first(placed: Placed, before: readonly number[] = noIndex): readonly number[] | undefined {
    if (placed.rows.length === 0) return [0];
    if (before.length === placed.rows.length) return before;
    const count = this.#rows(placed, before);
    for (let part = 1; part <= count; part++) {
      const found = this.#first(placed, [...before, part]);
      if (found) return found;
    }
    return undefined;
  }

  /** The first index after `index`, which may be shorter, longer or no instance. */
  #next(placed: Placed, index: readonly number[]): readonly number[] | undefined {
    const { rows } = placed;
    if (rows.length === 0) return index.length === 0 ? [0] : undefined;
    if (index.length === 0) return this.#first(placed);
    // The longest part of `index` that could begin an instance; below it, the next row at each level, innermost first.
    for (let depth = Math.min(index.length, rows.length); depth > 0; depth--) {
      const before = index.slice(0, depth - 1);
      if (!this.#isPrefix(placed, before)) continue;
      const last = index[depth - 1]!;
      const count = this.#rows(placed, before);
      if (depth < rows.length && depth === index.length && last >= 1 && last <= count) {
        const inside = this.#first(placed, index);
        if (inside) return inside;
      }
      for (let part = Math.max(1, last + 1); part <= count; part++) {
        const found = this.#first(placed, [...before, part]);
        if (found) return found;
      }
    }
    return undefined;
  }
}

const startsWith = (oid: Oid, prefix: Oid): boolean =>
  oid.length >= prefix.length && prefix.every((part, i) => oid[i] === part);
