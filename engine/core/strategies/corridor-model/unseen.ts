import type { Junction } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import { millis } from "../../../../config/units.ts";
import { changeTime, greenOf, type LeastSplit } from "../../plan/phase-times.ts";
import type { Knowledge } from "../../strategy.ts";

/**
 * A stream that nobody has seen keeps the share of the green that the schedule's engineer gave it: without knowledge
 * there is no reason to take any. Its phase's least split at any cycle.
 */
export function keepUnseen(
  junction: Junction,
  scheduled: TimingPlan | undefined,
  { streams }: Knowledge,
): LeastSplit | undefined {
  if (!scheduled) return undefined;
  const unseen = junction.streams.filter((stream) => (streams.get(stream.id)?.basis ?? "scheduled") === "scheduled");
  if (unseen.length === 0) return undefined;
  const phases = new Map(junction.phases.map((phase) => [phase.number, phase]));
  const kept = new Set(unseen.flatMap((stream) => stream.phases));
  return (number, cycle) => {
    const phase = phases.get(number);
    if (!phase || !kept.has(number)) return undefined;
    const ring = scheduled.sequence.find((entry) => entry.includes(number)) ?? [];
    const lost = ring.reduce((sum, entry) => sum + changeTime(phases.get(entry)!), 0);
    const green = (greenOf(scheduled, phase) * (cycle - lost)) / Math.max(1, scheduled.cycle - lost);
    return millis(green + changeTime(phase));
  };
}
