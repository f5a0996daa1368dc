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

interface Placed {
  readonly column: Column;
  readonly object: NtcipObject;
  readonly oid: Oid;
}

const noIndex: readonly number[] = [];

/** A view of whole columns: the size of a cabinet's answer book does not grow with its tables. */
export class Columns implements View {
  readonly #placed: readonly Placed[];

  constructor(columns: Iterable<Column>) {
    this.#placed = [...columns]
      .map((column) => ({ column, object: objectOf(column.name), oid: partsOfObject(column.name) }))
      .sort((a, b) => compareOids(a.oid, b.oid));
    this.#placed.forEach(({ column, object }, i) => {
      if (i > 0 && this.#placed[i - 1]!.column.name === column.name) throw new Error(`${column.name} is served twice`);
      if (column.rows.length !== object.index.length)
        throw new Error(`${column.name} is indexed by ${object.index.length} parts, not ${column.rows.length}`);
    });
  }

  get(oid: Oid): Served | undefined {
    const placed = this.#owner(oid);
    if (!placed) return undefined;
    const index = oid.slice(placed.oid.length);
    return isInstance(placed.column.rows, index) ? served(placed, index) : undefined;
  }

  after(oid: Oid): Served | undefined {
    const at = this.#lastNotAfter(oid);
    const placed = this.#placed[at];
    if (placed && startsWith(oid, placed.oid)) {
      const index = nextIndex(placed.column.rows, oid.slice(placed.oid.length));
      if (index) return served(placed, index);
    }
    for (let i = at + 1; i < this.#placed.length; i++) {
      const index = firstIndex(this.#placed[i]!.column.rows);
      if (index) return served(this.#placed[i]!, index);
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
}

function served({ column, object, oid }: Placed, index: readonly number[]): Served {
  const scalar = column.rows.length === 0;
  return {
    ref: { name: column.name, index: scalar ? noIndex : index },
    oid: [...oid, ...index],
    object,
    read: () => column.read(scalar ? noIndex : index),
  };
}

const startsWith = (oid: Oid, prefix: Oid): boolean =>
  oid.length >= prefix.length && prefix.every((part, i) => oid[i] === part);

const rowsAt = (rows: Rows, before: readonly number[]): number => (typeof rows === "number" ? rows : rows(before));

function isInstance(rows: readonly Rows[], index: readonly number[]): boolean {
  if (rows.length === 0) return index.length === 1 && index[0] === 0;
  return (
    index.length === rows.length &&
    rows.every((count, i) => index[i]! >= 1 && index[i]! <= rowsAt(count, index.slice(0, i)))
  );
}

/** The first index whose parts begin with `before`; undefined when there is none. */
function firstIndex(rows: readonly Rows[], before: readonly number[] = noIndex): readonly number[] | undefined {
  if (rows.length === 0) return [0];
  if (before.length === rows.length) return before;
  const count = rowsAt(rows[before.length]!, before);
  for (let part = 1; part <= count; part++) {
    const found = firstIndex(rows, [...before, part]);
    if (found) return found;
  }
  return undefined;
}

/** The first index after `index`, which may be shorter, longer or no instance. */
function nextIndex(rows: readonly Rows[], index: readonly number[]): readonly number[] | undefined {
  if (rows.length === 0) return index.length === 0 ? [0] : undefined;
  if (index.length === 0) return firstIndex(rows);
  // The longest part of `index` that could begin an instance; below it, the next row at each level, innermost first.
  for (let depth = Math.min(index.length, rows.length); depth > 0; depth--) {
    const before = index.slice(0, depth - 1);
    if (!isPrefix(rows, before)) continue;
    const last = index[depth - 1]!;
    if (depth < rows.length && depth === index.length && last >= 1 && last <= rowsAt(rows[depth - 1]!, before)) {
      const inside = firstIndex(rows, index);
      if (inside) return inside;
    }
    for (let part = Math.max(1, last + 1); part <= rowsAt(rows[depth - 1]!, before); part++) {
      const found = firstIndex(rows, [...before, part]);
      if (found) return found;
    }
  }
  return undefined;
}

const isPrefix = (rows: readonly Rows[], before: readonly number[]): boolean =>
  before.every((part, i) => part >= 1 && part <= rowsAt(rows[i]!, before.slice(0, i)));
