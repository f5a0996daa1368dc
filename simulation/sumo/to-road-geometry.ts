import type { NetLane } from "./net-model.ts";

/** Half of what a vehicle takes up across its path, with some air, m. */
const HALF_WIDTH_M = 1.1;
/** Paths that meet at a flatter angle than this share a zone no longer than at this angle. */
const LEAST_SINE = 0.35;

/** A lane's centre line with the way driven to each of its points. */
export interface Path {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly way: readonly number[];
}

/** Where two paths meet: from and to, along each. */
export interface Zone {
  readonly fromM: number;
  readonly toM: number;
  readonly foeFromM: number;
  readonly foeToM: number;
}

/** The way is scaled to the lane's stated length, which is what vehicles drive. */
export function pathOf(lane: NetLane): Path {
  const x = lane.shape.map((point) => point.x);
  const y = lane.shape.map((point) => point.y);
  const way = [0];
  for (let i = 1; i < x.length; i++) way.push(way[i - 1]! + Math.hypot(x[i]! - x[i - 1]!, y[i]! - y[i - 1]!));
  const scale = lane.lengthM / (way.at(-1)! || 1);
  return { x, y, way: way.map((at) => at * scale) };
}

/** The zone around the first point where two paths cross. */
export function crossing(own: Path, foe: Path): Zone | undefined {
  for (let i = 0; i + 1 < own.x.length; i++)
    for (let j = 0; j + 1 < foe.x.length; j++) {
      const ax = own.x[i + 1]! - own.x[i]!;
      const ay = own.y[i + 1]! - own.y[i]!;
      const bx = foe.x[j + 1]! - foe.x[j]!;
      const by = foe.y[j + 1]! - foe.y[j]!;
      const cross = ax * by - ay * bx;
      if (cross === 0) continue;
      const cx = foe.x[j]! - own.x[i]!;
      const cy = foe.y[j]! - own.y[i]!;
      const u = (cx * by - cy * bx) / cross;
      const w = (cx * ay - cy * ax) / cross;
      if (u < 0 || u > 1 || w < 0 || w > 1) continue;
      const lengths = Math.hypot(ax, ay) * Math.hypot(bx, by);
      const sine = Math.max(LEAST_SINE, Math.abs(cross) / lengths);
      const half =
        HALF_WIDTH_M / sine + HALF_WIDTH_M * Math.min(1 / LEAST_SINE, Math.abs(ax * bx + ay * by) / lengths / sine);
      const at = own.way[i]! + u * (own.way[i + 1]! - own.way[i]!);
      const foeAt = foe.way[j]! + w * (foe.way[j + 1]! - foe.way[j]!);
      return { fromM: at - half, toM: at + half, foeFromM: foeAt - half, foeToM: foeAt + half };
    }
  return undefined;
}

const SAMPLE_M = 0.5;

/** The last part of two paths that end together: where vehicles on them would touch. */
export function merging(own: Path, foe: Path): Zone {
  const ownEnd = own.way.at(-1)!;
  const foeEnd = foe.way.at(-1)!;
  let back = 0;
  while (back + SAMPLE_M < Math.min(ownEnd, foeEnd)) {
    const a = pointAt(own, ownEnd - back - SAMPLE_M);
    const b = pointAt(foe, foeEnd - back - SAMPLE_M);
    if (Math.hypot(a.x - b.x, a.y - b.y) > 2 * HALF_WIDTH_M) break;
    back += SAMPLE_M;
  }
  return { fromM: ownEnd - back, toM: ownEnd, foeFromM: foeEnd - back, foeToM: foeEnd };
}

function pointAt({ x, y, way }: Path, at: number): { readonly x: number; readonly y: number } {
  let i = 0;
  while (i + 2 < way.length && way[i + 1]! < at) i++;
  const part = (at - way[i]!) / (way[i + 1]! - way[i]! || 1);
  return { x: x[i]! + part * (x[i + 1]! - x[i]!), y: y[i]! + part * (y[i + 1]! - y[i]!) };
}
