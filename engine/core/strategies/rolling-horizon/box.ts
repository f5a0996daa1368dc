import type { JunctionView } from "../../view.ts";
import type { Layout } from "./layout.ts";

/** A vehicle slower than this in the box is not on its way out, m/s. */
const stuckMps = 3;

/** Indexes of groups of vehicles in the box whose way the new groups of stage `to` would cross. */
export function boxHolds(layout: Layout, view: JunctionView, from: number, to: number): number {
  const { junction } = layout;
  const size = junction.groups.length;
  const starting = junction.groups.flatMap((group, g) =>
    layout.stages[to]!.groups.has(group.id) && !layout.stages[from]!.groups.has(group.id) ? [g] : [],
  );
  let holding = 0;
  for (const vehicle of view.box) {
    if (vehicle.speedMps > stuckMps) continue;
    const meets = vehicle.movements.some((id) => {
      const group = junction.movements.find((movement) => movement.id === id)?.group;
      const g = junction.groups.findIndex((candidate) => candidate.id === group);
      return g >= 0 && starting.some((s) => junction.conflicts[g * size + s] === 1);
    });
    if (meets) holding++;
  }
  return holding;
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
