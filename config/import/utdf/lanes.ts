import type { UtdfMovement } from "./network.ts";

export interface UtdfLane {
  readonly laneM: number;
  readonly storageM: number;
  readonly movements: readonly UtdfMovement[];
}

const order: readonly UtdfMovement["turn"][] = ["U", "L2", "L", "T", "R", "R2"];

/**
 * Lanes of one approach from left to right. Shared lanes count as through lanes, or as lanes of the turn that has them
 * where there is no through movement; the code says with which neighbour they are shared.
 */
export function lanesOf(movements: readonly UtdfMovement[]): readonly UtdfLane[] {
  const sorted = [...movements].sort((a, b) => order.indexOf(a.turn) - order.indexOf(b.turn));
  return sorted.flatMap((own, i) =>
    Array.from({ length: own.lanes }, (_, k): UtdfLane => {
      const left = k === 0 && (own.shared === 1 || own.shared === 3) ? neighbour(sorted, i, -1) : [];
      const right = k === own.lanes - 1 && own.shared >= 2 ? neighbour(sorted, i, 1) : [];
      return { laneM: own.laneM, storageM: own.storageM, movements: [...left, own, ...right] };
    }),
  );
}

/** The next movement on that side, and those beyond it that have no lane of their own. */
function neighbour(sorted: readonly UtdfMovement[], from: number, step: -1 | 1): readonly UtdfMovement[] {
  const found: UtdfMovement[] = [];
  for (let i = from + step; sorted[i]; i += step) {
    found.push(sorted[i]!);
    if (sorted[i]!.lanes > 0) break;
  }
  const near = found.filter((movement, k) => k === 0 || movement.lanes === 0);
  return step < 0 ? near.reverse() : near;
}
