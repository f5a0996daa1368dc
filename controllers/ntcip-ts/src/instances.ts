import type { NtcipObject } from "./object.ts";
import { objectOf, oidOf, type Ref } from "./objects.ts";
import type { Value } from "./value.ts";

/** One thing an agent answers for. */
export interface Instance {
  readonly ref: Ref;
  read(): Value;
}

export interface Served extends Instance {
  readonly oid: string;
  readonly object: NtcipObject;
  readonly parts: readonly number[];
}

/** All instances of an agent: found by OID at once, the next one by binary search. Rows are fixed for its lifetime. */
export class Instances {
  readonly #byOid = new Map<string, Served>();
  readonly #sorted: readonly Served[];
  readonly #definitions: readonly string[];

  constructor(instances: Iterable<Instance>) {
    for (const instance of instances) {
      const oid = oidOf(instance.ref);
      if (this.#byOid.has(oid)) throw new Error(`${oid} is served twice`);
      this.#byOid.set(oid, {
        ref: instance.ref,
        read: () => instance.read(),
        oid,
        object: objectOf(instance.ref.name),
        parts: partsOf(oid),
      });
    }
    this.#sorted = [...this.#byOid.values()].sort((a, b) => compareOids(a.parts, b.parts));
    this.#definitions = [...new Set(this.#sorted.map((served) => `${served.object.oid}.`))];
  }

  get(oid: string): Served | undefined {
    return this.#byOid.get(oid);
  }

  /** The first instance after `oid` in numeric order. */
  after(oid: string): Served | undefined {
    const parts = partsOf(oid);
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareOids(this.#sorted[middle]!.parts, parts) <= 0) low = middle + 1;
      else high = middle;
    }
    return this.#sorted[low];
  }

  /** Whether some instance of the object this OID belongs to is served (v2c tells the two apart). */
  hasObject(oid: string): boolean {
    return this.#definitions.some((definition) => oid.startsWith(definition));
  }
}

const partsOf = (oid: string): readonly number[] => oid.split(".").map(Number);

export function compareOids(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
