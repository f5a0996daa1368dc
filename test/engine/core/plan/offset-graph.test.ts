import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { bestOffsets, costTable, type OffsetEdge, totalCost } from "../../../../engine/core/plan/offset-graph.ts";

const seeds = Array.from({ length: 30 }, (_, i) => i + 1);

function graph(seed: number, pairs: readonly (readonly [number, number])[], cycle = 12) {
  const random = seededRandom(seed);
  const count = Math.max(...pairs.flat()) + 1;
  const nodes = Array.from({ length: count }, () => ({ states: Array.from({ length: cycle }, (_, k) => k) }));
  const edges = pairs.map(([from, to]): OffsetEdge => {
    const table = Float64Array.from({ length: cycle }, () => random.next() * 10);
    return { from, to, cost: costTable(table, 1, cycle) };
  });
  return { nodes, edges, cycle };
}

/** Every combination. */
function bruteForce({ nodes, edges }: ReturnType<typeof graph>): number {
  let least = Number.POSITIVE_INFINITY;
  const offsets = nodes.map(() => 0);
  const tryFrom = (i: number): void => {
    if (i === nodes.length) {
      least = Math.min(least, totalCost(edges, offsets));
      return;
    }
    for (const state of nodes[i]!.states) {
      offsets[i] = state;
      tryFrom(i + 1);
    }
  };
  tryFrom(1);
  return least;
}

describe("offsets of least cost", () => {
  it.each(seeds)("are those of every combination tried, on a path and on a tree (SEED=%i)", (seed) => {
    for (const pairs of [
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
      [
        [1, 0],
        [1, 2],
        [3, 1],
      ],
    ] as const) {
      const given = graph(seed, pairs);
      const found = bestOffsets(given);
      expect(found.method).toBe("exact");
      expect(found.cost).toBeCloseTo(bruteForce(given), 9);
      expect(totalCost(given.edges, found.offsets)).toBeCloseTo(found.cost, 9);
    }
  });

  it("on loops are no worse than where they began, and mostly the best there is", () => {
    let best = 0;
    for (const seed of seeds) {
      const given = graph(seed, [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 0],
      ]);
      const found = bestOffsets(given);
      expect(found.method).toBe("ascent");
      expect(found.cost).toBeLessThanOrEqual(totalCost(given.edges, [0, 0, 0, 0]) + 1e-9);
      const least = bruteForce(given);
      expect(found.cost).toBeGreaterThanOrEqual(least - 1e-9);
      if (found.cost < least + 1e-6) best++;
    }
    expect(best / seeds.length).toBeGreaterThan(0.6);
  });

  it("wrap at the cycle: only the difference counts", () => {
    const given = graph(7, [
      [0, 1],
      [1, 2],
    ]);
    const [a, b, c] = bestOffsets(given).offsets as [number, number, number];
    for (let turn = 0; turn < 12; turn++)
      expect(totalCost(given.edges, [(a + turn) % 12, (b + turn) % 12, (c + turn) % 12])).toBeCloseTo(
        totalCost(given.edges, [a, b, c]),
        9,
      );
  });

  it("keep a signal that may not move where it is", () => {
    const given = graph(3, [
      [0, 1],
      [1, 2],
    ]);
    const nodes = [{ states: [5] }, ...given.nodes.slice(1)];
    expect(bestOffsets({ ...given, nodes }).offsets[0]).toBe(5);
  });
});
