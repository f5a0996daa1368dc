import { type DelayOffsets, delayOffsets, quick } from "./delay-offsets.ts";
import type { PlannedNetwork } from "./network.ts";
import { phaseOrders } from "./orders.ts";

/** Another order of stages than people are used to must save at least this much. */
const worthReordering = 0.01;

/** Lead and lag: one junction at a time, the order that saves most once offsets have answered it. */
export function reorder(network: PlannedNetwork, given: DelayOffsets): DelayOffsets {
  let best = given;
  for (const junction of network.junctions) {
    const tried = phaseOrders(junction)
      .slice(1)
      .map((sequence) => new Map(best.plans).set(junction.id, { ...best.plans.get(junction.id)!, sequence }))
      .map((plans) => delayOffsets(network, plans, quick));
    const first = tried.reduce<DelayOffsets | undefined>(
      (a, b) => (a && a.cost.index <= b.cost.index ? a : b),
      undefined,
    );
    if (!first || first.cost.index >= (1 - worthReordering) * best.cost.index) continue;
    best = delayOffsets(network, first.plans);
  }
  return best;
}
