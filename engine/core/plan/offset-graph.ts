import { modulo } from "../../../config/units.ts";

/** One signal: the offsets it may take, the present or preferred first. */
export interface OffsetNode {
  readonly states: readonly number[];
}

export interface OffsetEdge {
  readonly from: number;
  readonly to: number;
  /** What two neighbours cost together by offset of `to` minus offset of `from`; the same a cycle on. */
  readonly cost: (difference: number) => number;
}

/** Costs by whole steps of the difference. */
export const costTable =
  (table: Float64Array, step: number, cycle: number): OffsetEdge["cost"] =>
  (difference) =>
    table[Math.floor(modulo(difference, cycle) / step + 1e-9) % table.length]!;

export interface OffsetGraph {
  readonly nodes: readonly OffsetNode[];
  readonly edges: readonly OffsetEdge[];
  /** Of the whole, in the unit of the offsets. */
  readonly cycle: number;
}

export interface OffsetChoice {
  readonly offsets: readonly number[];
  readonly cost: number;
  /** `exact`: no loops, so dynamic programming leaves nothing better; `ascent`: the best found from several starts. */
  readonly method: "exact" | "ascent";
}

/** Less than this is rounding. */
const tie = 1e-9;

const costOf = ({ cost }: OffsetEdge, from: number, to: number): number => cost(to - from);

export const totalCost = (edges: readonly OffsetEdge[], offsets: readonly number[]): number =>
  edges.reduce((sum, edge) => sum + costOf(edge, offsets[edge.from]!, offsets[edge.to]!), 0);

/**
 * Offsets of least total cost: exact dynamic programming where the graph has no loops (a path, a tree), else coordinate
 * ascent from the best of its spanning trees, one signal at a time and then one edge's two ends together, until nothing helps.
 */
export function bestOffsets(graph: OffsetGraph): OffsetChoice {
  const { nodes, edges } = graph;
  const ring = closing(nodes.length, edges);
  if (ring.length === 0) {
    const offsets = treeOffsets(nodes, edges);
    return { offsets, cost: totalCost(edges, offsets), method: "exact" };
  }
  // Each closing edge left out once gives another tree to start from, and so do the present offsets.
  const starts = [nodes.map(({ states }) => states[0]!), treeOffsets(nodes, without(edges, ring))];
  for (const left of edges) {
    const order = [...edges.filter((edge) => edge !== left), left];
    starts.push(treeOffsets(nodes, without(order, closing(nodes.length, order))));
  }
  let best: OffsetChoice | undefined;
  for (const start of starts) {
    const offsets = ascend(graph, start);
    const cost = totalCost(edges, offsets);
    if (!best || cost < best.cost - tie) best = { offsets, cost, method: "ascent" };
  }
  return best!;
}

const without = (edges: readonly OffsetEdge[], left: readonly OffsetEdge[]): readonly OffsetEdge[] =>
  edges.filter((edge) => !left.includes(edge));

/** Edges that close a loop with those before them. */
function closing(nodes: number, edges: readonly OffsetEdge[]): readonly OffsetEdge[] {
  const parent = Array.from({ length: nodes }, (_, i) => i);
  const root = (i: number): number => (parent[i] === i ? i : root(parent[i]!));
  return edges.filter(({ from, to }) => {
    const [a, b] = [root(from), root(to)];
    parent[a] = b;
    return a === b;
  });
}

/** Dynamic programming from the leaves of each tree to its highest-numbered node, then back. Ties keep the earlier state. */
function treeOffsets(nodes: readonly OffsetNode[], edges: readonly OffsetEdge[]): number[] {
  const result = new Array<number>(nodes.length);
  const seen = new Set<number>();
  for (let root = nodes.length - 1; root >= 0; root--) {
    if (seen.has(root)) continue;
    const order = walk(root, edges, seen);
    const best = nodes.map(({ states }) => states.map(() => 0));
    const choice = new Map<number, Int32Array>();
    for (const { node, parent, edge } of [...order].reverse()) {
      if (!edge) continue;
      const picks = new Int32Array(nodes[parent]!.states.length);
      for (const [p, above] of nodes[parent]!.states.entries()) {
        let least = Number.POSITIVE_INFINITY;
        for (const [s, below] of nodes[node]!.states.entries()) {
          const own = edge.from === node ? costOf(edge, below, above) : costOf(edge, above, below);
          const total = best[node]![s]! + own;
          if (total < least - tie) {
            least = total;
            picks[p] = s;
          }
        }
        best[parent]![p] = best[parent]![p]! + least;
      }
      choice.set(node, picks);
    }
    const taken = new Map<number, number>();
    for (const { node, parent, edge } of order) {
      const state = edge
        ? choice.get(node)![taken.get(parent)!]!
        : best[node]!.reduce((a, cost, i) => (cost < best[node]![a]! - tie ? i : a), 0);
      taken.set(node, state);
      result[node] = nodes[node]!.states[state]!;
    }
  }
  return result;
}

interface Step {
  readonly node: number;
  readonly parent: number;
  readonly edge: OffsetEdge | undefined;
}

/** The tree's nodes, parents before children. */
function walk(root: number, edges: readonly OffsetEdge[], seen: Set<number>): readonly Step[] {
  const order: Step[] = [{ node: root, parent: -1, edge: undefined }];
  seen.add(root);
  for (const { node } of order)
    for (const edge of edges) {
      const next = edge.from === node ? edge.to : edge.to === node ? edge.from : undefined;
      if (next === undefined || seen.has(next)) continue;
      seen.add(next);
      order.push({ node: next, parent: node, edge });
    }
  return order;
}

/** Each step lowers the total by more than rounding, so it ends. */
function ascend({ nodes, edges, cycle }: OffsetGraph, start: readonly number[]): number[] {
  const offsets = [...start];
  const at = nodes.map((_, i) => edges.filter((edge) => edge.from === i || edge.to === i));
  for (let better = true; better; ) {
    better = false;
    for (const [i, { states }] of nodes.entries())
      better =
        improve(
          offsets,
          [i],
          states.map((state) => [state]),
          at[i]!,
        ) || better;
    if (better) continue;
    // Where no single signal helps, two neighbours moved together may: their own edge keeps its difference.
    for (const { from, to } of edges) {
      const around = [...new Set([...at[from]!, ...at[to]!])];
      const gap = offsets[to]! - offsets[from]!;
      const allowed = new Set(nodes[to]!.states);
      const pairs = nodes[from]!.states.flatMap((state) =>
        [state + gap, state + gap + cycle, state + gap - cycle]
          .filter((other) => allowed.has(other))
          .map((other) => [state, other]),
      );
      better = improve(offsets, [from, to], pairs, around) || better;
    }
  }
  return offsets;
}

function improve(
  offsets: number[],
  moved: readonly number[],
  tried: readonly (readonly number[])[],
  edges: readonly OffsetEdge[],
): boolean {
  const present = moved.map((node) => offsets[node]!);
  const before = totalCost(edges, offsets);
  let least = before;
  let best = present;
  for (const values of tried) {
    for (const [k, node] of moved.entries()) offsets[node] = values[k]!;
    const cost = totalCost(edges, offsets);
    if (cost < least - tie) {
      least = cost;
      best = [...values];
    }
  }
  for (const [k, node] of moved.entries()) offsets[node] = best[k]!;
  return least < before - tie;
}
