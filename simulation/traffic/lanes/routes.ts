import type { RoadNetwork } from "./road-network.ts";

/** How far ahead drivers weigh one lane against another, m. */
const LOOK_AHEAD_M = 3000;

/**
 * Routes as a tree of their remainders: all vehicles that still have the same edges before them share one node, and what
 * each lane of its edge is worth to them. Built when routes are read, so that the step only looks up.
 */
export class Routes {
  readonly #network: RoadNetwork;
  readonly #known: Map<number, number>[] = [];
  #nodes = 0;
  #lanes = 0;
  /** By node. Edge, the node after it (-1 at the last edge), place of its lanes below. */
  edge = new Int32Array(1024);
  next = new Int32Array(1024);
  first = new Int32Array(1024);
  /** By lane of a node: way without changing lanes, m; lanes to change, signed, towards the best; link to take, -1 none. */
  wayM = new Float32Array(2048);
  change = new Int8Array(2048);
  link = new Int32Array(2048);

  constructor(network: RoadNetwork) {
    this.#network = network;
  }

  get nodes(): number {
    return this.#nodes;
  }

  /** Memory held, bytes. */
  bytes(): number {
    const { edge, next, first, wayM, change, link } = this;
    return [edge, next, first, wayM, change, link].reduce((sum, column) => sum + column.byteLength, 0);
  }

  /** The node at the beginning of a route; an error names the first pair of edges that no lane connects for this class. */
  add(edges: readonly number[], classBit: number): number {
    if (edges.length === 0) throw new Error("a route has no edges");
    let node = -1;
    for (let i = edges.length - 1; i >= 0; i--) node = this.#node(edges[i]!, node, classBit);
    return node;
  }

  #node(edge: number, next: number, classBit: number): number {
    const key = edge * 32 + Math.log2(classBit);
    let branch = this.#known[next + 1];
    if (!branch) {
      branch = new Map();
      this.#known[next + 1] = branch;
    }
    const known = branch.get(key);
    if (known !== undefined) return known;
    const lanes = this.#network.edgeLanes[edge]!;
    this.#grow(lanes);
    const node = this.#nodes++;
    this.edge[node] = edge;
    this.next[node] = next;
    this.first[node] = this.#lanes;
    this.#lanes += lanes;
    this.#weigh(node, lanes, classBit);
    branch.set(key, node);
    return node;
  }

  #weigh(node: number, lanes: number, classBit: number): void {
    const { network: net } = { network: this.#network };
    const { wayM, change, link } = this;
    const edge = this.edge[node]!;
    const next = this.next[node]!;
    const after = new Int32Array(lanes);
    let best = -1;
    let bestWay = -1;
    let bestAfter = 0;
    for (let l = 0; l < lanes; l++) {
      const lane = net.edgeFirst[edge]! + l;
      const at = this.first[node]! + l;
      const open = (net.laneClasses[lane]! & classBit) !== 0;
      link[at] = open && next >= 0 ? this.#bestLink(lane, next, classBit) : -1;
      const onward = link[at]! < 0 ? -1 : this.#laneAt(next, net.linkTo[link[at]!]!);
      const way = net.laneLength[lane]! + (onward < 0 ? 0 : wayM[onward]!);
      wayM[at] = !open ? 0 : Math.min(way, LOOK_AHEAD_M + net.laneLength[lane]!);
      after[l] = onward < 0 ? 0 : Math.abs(change[onward]!);
      // A lane that leads on is better than one that does not, however far either goes.
      const worth = !open || (next >= 0 && link[at]! < 0) ? -1 : wayM[at]!;
      if (worth > bestWay + 0.01 || (best >= 0 && worth > bestWay - 0.01 && worth >= 0 && after[l]! < bestAfter)) {
        best = l;
        bestWay = worth;
        bestAfter = after[l]!;
      }
    }
    if (best < 0)
      throw new Error(
        next < 0
          ? `edge ${net.edgeId[edge]} has no lane for this vehicle class`
          : `no lane of edge ${net.edgeId[edge]} leads to edge ${net.edgeId[this.edge[next]!]} for this vehicle class`,
      );
    for (let l = 0; l < lanes; l++) {
      const at = this.first[node]! + l;
      let nearest = best - l;
      for (let m = 0; m < lanes; m++) {
        const other = this.first[node]! + m;
        const good = (next < 0 || link[other]! >= 0) && wayM[other]! > bestWay - 0.01 && after[m] === bestAfter;
        if (good && Math.abs(m - l) < Math.abs(nearest)) nearest = m - l;
      }
      change[at] = nearest;
    }
  }

  /** Of the links from a lane to the next edge, the one that needs the fewest changes later and leads furthest. */
  #bestLink(lane: number, next: number, classBit: number): number {
    const net = this.#network;
    let best = -1;
    let bestWay = -1;
    let bestChanges = 0;
    for (let i = net.linksFrom.start[lane]!; i < net.linksFrom.start[lane + 1]!; i++) {
      const link = net.linksFrom.items[i]!;
      const to = net.linkTo[link]!;
      if (net.laneEdge[to] !== this.edge[next] || (net.laneClasses[to]! & classBit) === 0) continue;
      if (net.laneJunction[net.linkNext[link]!]! >= 0 && (net.laneClasses[net.linkNext[link]!]! & classBit) === 0)
        continue;
      const at = this.#laneAt(next, to);
      const way = this.wayM[at]!;
      const changes = Math.abs(this.change[at]!);
      if (best < 0 || way > bestWay + 0.01 || (way > bestWay - 0.01 && changes < bestChanges)) {
        best = link;
        bestWay = way;
        bestChanges = changes;
      }
    }
    return best;
  }

  #laneAt(node: number, lane: number): number {
    return this.first[node]! + lane - this.#network.edgeFirst[this.edge[node]!]!;
  }

  #grow(lanes: number): void {
    if (this.#nodes === this.edge.length) {
      this.edge = doubled(this.edge);
      this.next = doubled(this.next);
      this.first = doubled(this.first);
    }
    if (this.#lanes + lanes > this.link.length) {
      const wayM = new Float32Array(2 * this.wayM.length);
      wayM.set(this.wayM);
      this.wayM = wayM;
      const change = new Int8Array(2 * this.change.length);
      change.set(this.change);
      this.change = change;
      this.link = doubled(this.link);
    }
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(2 * array.length);
  twice.set(array);
  return twice;
}
