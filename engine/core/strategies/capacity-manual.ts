import type { Corridor, Junction } from "../../../config/model.ts";
import { samePlan, type TimingPlan } from "../../../config/plan.ts";
import { type Instant, type Millis, millis, modulo, seconds } from "../../../config/units.ts";
import { boundedStep } from "../plan/bounded-step.ts";
import { fitPlan } from "../plan/fit-plan.ts";
import { greenOf } from "../plan/phase-times.ts";
import type { Knowledge, Reason, Strategy, Wanted } from "../strategy.ts";
import { recommendedCycles, websterCycle } from "../traffic/cycle-time.ts";
import { levelOfService } from "../traffic/level-of-service.ts";
import { manualPerformance } from "../traffic/manual-performance.ts";
import { defaultTurnShare } from "../traffic/passenger-car-units.ts";
import { isUnknown, mayChange, runningPlan, scheduledFirst, takesPlans } from "./cabinet-standing.ts";
import { commonRange } from "./common-cycle.ts";
import { criticalPath, flowRatio, soundFlow } from "./critical-path.ts";

/** The manual works with quarter hours. */
const replanEvery = 900_000;

interface Memory {
  /** Number of the quarter hour last planned for. */
  readonly quarter: number | undefined;
  readonly targets: ReadonlyMap<string, Target>;
  readonly changed: ReadonlyMap<string, Instant>;
}

interface Target {
  readonly plan: TimingPlan;
  readonly reasons: readonly Reason[];
}

/**
 * MKJI/PKJI as an engineer would apply it by hand, every quarter hour: cycle by Webster's formula at the junction that
 * needs most, greens by flow ratio, offsets by progression in the heavier direction; reached in bounded steps.
 */
export const capacityManual: Strategy<Memory> = {
  name: "capacity-manual",
  period: seconds(5),
  start: () => ({ quarter: undefined, targets: new Map(), changed: new Map() }),
  decide: (known, memory) => {
    const quarter = Math.floor(known.now / replanEvery);
    // The first quarter hour only listens: its flows are not measured yet.
    const replan = memory.quarter !== undefined && memory.quarter !== quarter;
    const targets = replan ? design(known) : memory.targets;
    const changed = new Map(memory.changed);
    const wanted = known.corridor.junctions.flatMap((id): readonly Wanted[] => {
      if (isUnknown(known, id)) return scheduledFirst(known, id);
      const target = targets.get(id);
      const status = known.cabinets.get(id);
      const running = runningPlan(known, id);
      if (!target || !running || !takesPlans(status) || !mayChange(status, running, changed.get(id), known.now))
        return [];
      const plan = boundedStep(known.city.junctions.get(id)!, running, target.plan, known.city.control);
      if (samePlan(plan, running)) return [];
      changed.set(id, known.now);
      return [{ junction: id, action: { kind: "plan", plan }, reasons: target.reasons }];
    });
    return { memory: { quarter, targets, changed }, wanted };
  },
};

function design(known: Knowledge): ReadonlyMap<string, Target> {
  const { city, corridor } = known;
  const junctions = corridor.junctions.map((id) => city.junctions.get(id)!);
  const range = commonRange(junctions, known);
  if (!range) return new Map();
  const needs = junctions.map((junction) => {
    const path = criticalPath(junction, (stream) => flowRatio(known.streams.get(stream)));
    const limit = recommendedCycles(path.phases.length).to;
    const webster = websterCycle(path.lostS, path.sum);
    return { junction, path, cycleS: Math.min(webster ?? limit, limit), beyond: webster === undefined };
  });
  const critical = needs.reduce((a, b) => (b.cycleS > a.cycleS ? b : a));
  const cycle = millis(Math.min(range.high, Math.max(range.low, Math.round(critical.cycleS) * 1000)));
  const offsets = progression(known, cycle);
  const targets = new Map<string, Target>();
  for (const { junction, path, beyond } of needs) {
    const fit = fitPlan(junction, {
      id: `capacity-manual/${junction.id}/${Math.floor(known.now / replanEvery)}`,
      cycle,
      offset: offsets.get(junction.id)!,
      greens: path.ratios,
    });
    if (fit.kind !== "fits") continue;
    const reasons = [
      {
        code: "manual-cycle",
        text: `Junction ${critical.junction.id} needs ${critical.cycleS.toFixed(0)} s by (1.5 LTI + 5)/(1 - IFR) with LTI ${critical.path.lostS} s and IFR ${critical.path.sum.toFixed(2)}${beyond ? ", past the formula's range and capped" : ""}; the corridor runs ${cycle / 1000} s.`,
        values: {
          critical: critical.junction.id,
          ifr: critical.path.sum,
          lost_s: critical.path.lostS,
          cycle_s: cycle / 1000,
        },
      },
      performanceReason(known, junction, fit.plan),
    ];
    targets.set(junction.id, { plan: fit.plan, reasons });
  }
  return targets;
}

/** Start of green at each junction by travel time in the heavier direction, the first junction staying where it is. */
function progression(
  { city, corridor, streams, inForce, scheduled }: Knowledge,
  cycle: Millis,
): ReadonlyMap<string, Millis> {
  const volume = (links: Corridor["forward"]): number =>
    corridor.junctions
      .flatMap((id) => city.junctions.get(id)!.streams)
      .filter((stream) => links.includes(linkOf(city.junctions.get(stream.junction)!, stream.approach)))
      .reduce((sum, stream) => sum + soundFlow(streams.get(stream.id)?.flowPcuh.mean), 0);
  const forward = volume(corridor.forward) >= volume(corridor.backward);
  const first = corridor.junctions[0]!;
  let at = (inForce.get(first) ?? scheduled.get(first))?.offset ?? 0;
  const offsets = new Map<string, Millis>();
  for (const [i, id] of corridor.junctions.entries()) {
    if (i > 0) {
      const link = city.links.get((forward ? corridor.forward : corridor.backward)[i - 1]!)!;
      const travel = (link.lengthM / Math.min(link.speedMps, corridor.progressionMps)) * 1000;
      at += forward ? travel : -travel;
    }
    offsets.set(id, millis(modulo(Math.round(at / 1000) * 1000, cycle)));
  }
  return offsets;
}

const linkOf = (junction: Junction, approach: string): string =>
  junction.approaches.find(({ id }) => id === approach)!.link;

/** What the manual expects of the plan: the worst degree of saturation and the junction's level of service. */
function performanceReason(known: Knowledge, junction: Junction, plan: TimingPlan): Reason {
  let flow = 0;
  let delay = 0;
  let worst = 0;
  for (const stream of junction.streams) {
    const seen = known.streams.get(stream.id);
    const flowPcuh = soundFlow(seen?.flowPcuh.mean);
    if (!seen || flowPcuh <= 0) continue;
    const greenS = stream.phases.reduce(
      (sum, number) => sum + greenOf(plan, junction.phases.find((phase) => phase.number === number)!) / 1000,
      0,
    );
    const cycleS = plan.cycle / 1000;
    const capacityPcuh = (seen.saturationPcuh.mean * greenS) / cycleS;
    const turningShare = 2 * defaultTurnShare;
    const result = manualPerformance({ flowPcuh, capacityPcuh, greenS, cycleS, turningShare });
    flow += flowPcuh;
    delay += flowPcuh * result.delayS;
    worst = Math.max(worst, result.degreeOfSaturation);
  }
  const mean = flow > 0 ? delay / flow : 0;
  return {
    code: "manual-performance",
    text: `Expected at ${junction.id}: degree of saturation at most ${worst.toFixed(2)}, mean delay ${mean.toFixed(0)} s/pcu, level of service ${levelOfService(mean)}.`,
    values: { degree_of_saturation: worst, delay_s: mean, level_of_service: levelOfService(mean) },
  };
}
