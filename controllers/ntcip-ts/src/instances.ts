import { compareOids, type Oid, partsOf } from "./ber.ts";
import type { Served, View } from "./columns.ts";
import { objectOf, oidOf, type Ref } from "./objects.ts";
import type { Value } from "./value.ts";

/** One thing an agent answers for. */
export interface Instance {
  readonly ref: Ref;
  read(): Value;
}

/** A view of single instances, fixed for its lifetime: for small agents, whose rows are few and odd. */
export class Instances implements View {
  readonly #byOid = new Map<string, Served>();
  readonly #sorted: readonly Served[];

  constructor(instances: Iterable<Instance>) {
    for (const instance of instances) {
      const { ref } = instance;
      const name = oidOf(ref);
      if (this.#byOid.has(name)) throw new Error(`${name} is served twice`);
      this.#byOid.set(name, { ref, oid: partsOf(name), object: objectOf(ref.name), read: () => instance.read() });
    }
    this.#sorted = [...this.#byOid.values()].sort((a, b) => compareOids(a.oid, b.oid));
  }

  get(oid: Oid): Served | undefined {
    return this.#byOid.get(oid.join("."));
  }

  after(oid: Oid): Served | undefined {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareOids(this.#sorted[middle]!.oid, oid) <= 0) low = middle + 1;
      else high = middle;
    }
    return this.#sorted[low];
  }

  hasObject(oid: Oid): boolean {
    const name = `${oid.join(".")}.`;
    return this.#sorted.some(({ object }) => name.startsWith(`${object.oid}.`));
  }
}

/** Several views as one; they share no OID. */
export class Joined implements View {
  readonly #views: readonly View[];

  constructor(views: readonly View[]) {
    this.#views = views;
  }

  get(oid: Oid): Served | undefined {
    for (const view of this.#views) {
      const found = view.get(oid);
      if (found) return found;
    }
    return undefined;
  }

  after(oid: Oid): Served | undefined {
    let first: Served | undefined;
    for (const view of this.#views) {
      const found = view.after(oid);
      if (found && (!first || compareOids(found.oid, first.oid) < 0)) first = found;
    }
    return first;
  }

  hasObject(oid: Oid): boolean {
    return this.#views.some((view) => view.hasObject(oid));
  }
}
