import type { RoadInput } from "./road-network.ts";

/** Finds the quickest way from edge to edge at the speed limits, for a class; undefined where there is none. */
export function shortestPath(
  road: RoadInput,
  /** Seconds over an edge, where they are not those at its limit; infinite: closed. */
  timeOf: (edge: string) => number | undefined = () => undefined,
): (from: string, to: string, classBit: number) => readonly string[] | undefined {
  const index = new Map(road.edges.map((edge, i) => [edge.id, i]));
  const onward: { readonly to: number; readonly classes: number }[][] = road.edges.map(() => []);
  for (const link of road.links) {
    const from = index.get(link.from.edge);
    const to = index.get(link.to.edge);
    if (from === undefined || to === undefined) continue;
    const classes = road.edges[from]!.lanes[link.from.lane]!.classes & road.edges[to]!.lanes[link.to.lane]!.classes;
    onward[from]!.push({ to, classes });
  }
  const seconds = (edge: number): number => {
    const { id, lanes } = road.edges[edge]!;
    return timeOf(id) ?? lanes[0]!.lengthM / Math.max(...lanes.map(({ speedMps }) => speedMps));
  };
  return (from, to, classBit) => {
    const start = index.get(from);
    const goal = index.get(to);
    if (start === undefined || goal === undefined) return undefined;
    const best = new Float64Array(road.edges.length).fill(Number.POSITIVE_INFINITY);
    const before = new Int32Array(road.edges.length).fill(-1);
    const heap = new Heap();
    best[start] = seconds(start);
    heap.push(start, best[start]!);
    for (let edge = heap.pop(); edge >= 0; edge = heap.pop()) {
      if (edge === goal) break;
      for (const { to: next, classes } of onward[edge]!) {
        if ((classes & classBit) === 0) continue;
        const time = best[edge]! + seconds(next);
        if (time >= best[next]!) continue;
        best[next] = time;
        before[next] = edge;
        heap.push(next, time);
      }
    }
    if (best[goal] === Number.POSITIVE_INFINITY) return undefined;
    const path: string[] = [];
    for (let edge = goal; edge >= 0; edge = edge === start ? -1 : before[edge]!) path.unshift(road.edges[edge]!.id);
    return path;
  };
}

/** A binary heap; of equal keys the lower item comes first, so that paths do not depend on the order of insertion. */
class Heap {
  readonly #items: number[] = [];
  readonly #keys: number[] = [];

  push(item: number, key: number): void {
    let at = this.#items.length;
    this.#items.push(item);
    this.#keys.push(key);
    while (at > 0 && this.#less(at, (at - 1) >> 1)) at = this.#swap(at, (at - 1) >> 1);
  }

  /** -1 when empty. */
  pop(): number {
    if (this.#items.length === 0) return -1;
    const top = this.#items[0]!;
    const item = this.#items.pop()!;
    const key = this.#keys.pop()!;
    if (this.#items.length === 0) return top;
    this.#items[0] = item;
    this.#keys[0] = key;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.#items.length && this.#less(child, least)) least = child;
      if (least === at) return top;
      at = this.#swap(at, least);
    }
  }

  #less(a: number, b: number): boolean {
    const difference = this.#keys[a]! - this.#keys[b]!;
    return difference < 0 || (difference === 0 && this.#items[a]! < this.#items[b]!);
  }

  #swap(a: number, b: number): number {
    [this.#items[a], this.#items[b]] = [this.#items[b]!, this.#items[a]!];
    [this.#keys[a], this.#keys[b]] = [this.#keys[b]!, this.#keys[a]!];
    return b;
  }
}
