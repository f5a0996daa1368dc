import type { JunctionView } from "../../view.ts";
import type { Layout } from "./layout.ts";

/** Whoever is faster in the box is out before a new green can reach it, m/s. */
const leavingMps = 3;
/** Whoever moved at all in the box so long ago is out of it, s. */
const drivenOutS = 2;
/** Slower is standing, m/s. */
const creepingMps = 0.5;

/**
 * Vehicles in the box whose way groups that start with stage `to` would cross, and whether any of the box still moves.
 * `age`: of the picture, s.
 */
export function boxHolds(
  layout: Layout,
  view: JunctionView,
  { from, to, age = 0 }: { readonly from: number; readonly to: number; readonly age?: number },
): { readonly meeting: number; readonly moving: boolean } {
  const { junction } = layout;
  const size = junction.groups.length;
  const starting = junction.groups.flatMap(({ id }, g) =>
    layout.stages[to]!.groups.has(id) && !layout.stages[from]!.groups.has(id) ? [g] : [],
  );
  const meets = (movement: string): boolean => {
    const group = junction.movements.find(({ id }) => id === movement)?.group;
    const g = junction.groups.findIndex(({ id }) => id === group);
    return g >= 0 && starting.some((s) => junction.conflicts[g * size + s] === 1);
  };
  const within = age < drivenOutS ? leavingMps : creepingMps;
  const slow = view.box.filter((vehicle) => vehicle.speedMps <= within && vehicle.movements.some(meets));
  return { meeting: slow.length, moving: view.box.some((vehicle) => vehicle.speedMps > creepingMps) };
}

/** Room that the next vehicle needs beyond the box, m. */
const roomForOne = 7;

/** By movement: whether its exit has no room for another vehicle. */
export function fullExits(layout: Layout, view: JunctionView): readonly boolean[] {
  const full = new Set<string>();
  for (const exit of view.exits) {
    if (exit.lanes.length > 0 && exit.lanes.every((lane) => lane.standing > 0 && lane.roomM < roomForOne))
      full.add(exit.link);
  }
  return layout.movements.map((movement) => full.has(movement.exit));
}
