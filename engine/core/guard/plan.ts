import type { Junction, Phase } from "../../../config/model.ts";
import { splitOf, type TimingPlan } from "../../../config/plan.ts";
import { sum } from "../../../config/units.ts";
import type { ReachableStatus } from "../cabinet.ts";
import { hasDemand, limitsOf, longestCycle } from "./limits.ts";
import { type Denial, shown, within } from "./request.ts";

/** Invariants 1 to 4 of a plan against its junction. */
export function checkPlan(plan: TimingPlan, junction: Junction): readonly Denial[] {
  return [
    ...checkOwner(plan, junction),
    ...junction.phases.flatMap((phase) => checkSplit(plan, junction, phase)),
    ...checkWaits(plan, junction),
    ...checkTimes(plan, junction),
    ...checkSums(plan, junction),
    ...checkSequence(plan, junction),
  ];
}

function checkOwner(plan: TimingPlan, junction: Junction): readonly Denial[] {
  if (plan.junction === junction.id) return [];
  return [
    {
      invariant: 1,
      code: "wrong-junction",
      message: `plan ${plan.id} is for junction ${plan.junction}, the command for ${junction.id}: send each plan to its own junction`,
    },
  ];
}

function checkSplit(plan: TimingPlan, junction: Junction, phase: Phase): readonly Denial[] {
  const split = splitOf(plan, phase.number);
  const { minSplit, maxSplit, clearance, minGreen, maxGreen } = limitsOf(junction, phase);
  const denials: Denial[] = [];
  if (!(split >= minSplit))
    denials.push({
      invariant: 2,
      code: "split-too-short",
      message: `phase ${phase.number} has a split of ${shown(split)}; minimum green or walk and clearance ${shown(minGreen)} with amber and all-red ${shown(clearance)} need ${shown(minSplit)}: lengthen the split`,
    });
  if (!(split <= maxSplit))
    denials.push({
      invariant: 3,
      code: "green-too-long",
      message: `phase ${phase.number} would be green for ${shown(split - clearance)}; its maximum is ${shown(maxGreen)}: cut the split to ${shown(maxSplit)} or less`,
    });
  return denials;
}

function checkWaits(plan: TimingPlan, junction: Junction): readonly Denial[] {
  const denials: Denial[] = [];
  const served = new Set(plan.sequence.flat());
  for (const phase of junction.phases) {
    const split = splitOf(plan, phase.number);
    if (hasDemand(junction, phase) && (!served.has(phase.number) || split === 0)) {
      denials.push({
        invariant: 3,
        code: "starved",
        message: `phase ${phase.number} is in no ring or has no split, but lanes or crossings depend on it: serve it once a cycle`,
      });
      continue;
    }
    const red = plan.cycle - (split - limitsOf(junction, phase).clearance);
    if (!(red <= junction.maxRed))
      denials.push({
        invariant: 3,
        code: "red-too-long",
        message: `phase ${phase.number} would be red for ${shown(red)}; the maximum red is ${shown(junction.maxRed)}: lengthen its split or shorten the cycle`,
      });
  }
  const longest = longestCycle(junction);
  if (longest < junction.cycleMax && !(plan.cycle <= longest))
    denials.push({
      invariant: 3,
      code: "crossing-waits-too-long",
      message: `cycle ${shown(plan.cycle)} keeps people at a crossing past its maximum wait; the longest cycle that does not is ${shown(longest)}: shorten the cycle`,
    });
  return denials;
}

function checkTimes(plan: TimingPlan, junction: Junction): readonly Denial[] {
  const denials: Denial[] = [];
  const times = [plan.cycle, plan.offset, ...plan.splits.map((entry) => entry.split)];
  if (!times.every((time) => Number.isSafeInteger(time)))
    denials.push({
      invariant: 4,
      code: "not-whole",
      message: `cycle, offset and splits are ${times.join(", ")} ms; only whole milliseconds are allowed: round them`,
    });
  if (!within(plan.cycle, junction.cycleMin, junction.cycleMax))
    denials.push({
      invariant: 4,
      code: "cycle-range",
      message: `cycle ${shown(plan.cycle)} is outside ${shown(junction.cycleMin)} to ${shown(junction.cycleMax)}: choose a cycle in the junction's range`,
    });
  if (!(plan.offset >= 0 && plan.offset < plan.cycle))
    denials.push({
      invariant: 4,
      code: "offset-range",
      message: `offset ${shown(plan.offset)} is outside 0 s to less than the cycle ${shown(plan.cycle)}: take it modulo the cycle`,
    });
  return denials;
}

function checkSums(plan: TimingPlan, junction: Junction): readonly Denial[] {
  const denials: Denial[] = [];
  const phases = new Map(junction.phases.map((phase) => [phase.number, phase]));
  junction.rings.forEach((ring, i) => {
    const total = sum(ring.map((number) => splitOf(plan, number)));
    if (total !== plan.cycle)
      denials.push({
        invariant: 4,
        code: "ring-sum",
        message: `splits of ring ${i + 1} add up to ${shown(total)}; the cycle is ${shown(plan.cycle)}: make them equal`,
      });
  });
  for (const barrier of new Set(junction.phases.map((phase) => phase.barrier))) {
    const totals = junction.rings.map((ring) =>
      sum(ring.filter((number) => phases.get(number)?.barrier === barrier).map((number) => splitOf(plan, number))),
    );
    if (totals.some((total) => total !== totals[0]))
      denials.push({
        invariant: 4,
        code: "barrier",
        message: `splits up to barrier ${barrier} take ${totals.map(shown).join(" and ")} in the rings; they must be equal: let all rings cross it together`,
      });
  }
  return denials;
}

function checkSequence(plan: TimingPlan, junction: Junction): readonly Denial[] {
  const denials: Denial[] = [];
  const known = new Map(junction.phases.map((phase) => [phase.number, phase]));
  const numbers = plan.splits.map((entry) => entry.phase);
  const wrong = numbers.filter((number, i) => !known.has(number) || numbers.indexOf(number) !== i);
  if (wrong.length > 0)
    denials.push({
      invariant: 4,
      code: "unknown-phase",
      message: `splits name phase ${wrong.join(", ")} twice or without the junction having it; its phases are ${[...known.keys()].join(", ")}: give one split to each`,
    });
  for (let i = 0; i < Math.max(plan.sequence.length, junction.rings.length); i++) {
    const ring = plan.sequence[i];
    const own = junction.rings[i];
    if (ring && own && keepsOrder(ring, own, known)) continue;
    denials.push({
      invariant: 4,
      code: "sequence",
      message: `ring ${i + 1} serves ${ring?.join(", ") || "nothing"}; it must serve ${own?.map((number) => `phase ${number}`).join(", ") ?? "nothing"} once each, barrier by barrier: order them only inside a barrier`,
    });
  }
  if (!junction.rings.flat().includes(junction.coordinatedPhase))
    denials.push({
      invariant: 4,
      code: "coordinated-phase",
      message: `the offset refers to phase ${junction.coordinatedPhase}, which is in no ring: name a phase of the junction`,
    });
  return denials;
}

/** The same phases as the junction's ring, and the barriers in the same order. */
function keepsOrder(ring: readonly number[], own: readonly number[], known: ReadonlyMap<number, Phase>): boolean {
  const sorted = (numbers: readonly number[]): string => [...numbers].sort((a, b) => a - b).join();
  const barriers = (numbers: readonly number[]): string => numbers.map((number) => known.get(number)?.barrier).join();
  return sorted(ring) === sorted(own) && barriers(ring) === barriers(own);
}

/** Invariant 8 of a plan: what the cabinet could not take whole is not sent in part. */
export function checkFits(plan: TimingPlan, { capabilities: can }: ReachableStatus): readonly Denial[] {
  const denials: Denial[] = [];
  if (!can.planDownload)
    denials.push({
      invariant: 8,
      code: "no-plan-download",
      message: "the cabinet takes no plans, and 1 was sent: use second-by-second control or its local plans",
    });
  if (!within(plan.cycle, can.cycleMin, can.cycleMax))
    denials.push({
      invariant: 8,
      code: "cabinet-cycle-range",
      message: `cycle ${shown(plan.cycle)} is outside the cabinet's ${shown(can.cycleMin)} to ${shown(can.cycleMax)}: choose a cycle it can hold`,
    });
  const times = [plan.cycle, plan.offset, ...plan.splits.map((entry) => entry.split)];
  // A resolution of 0 or unknown gives NaN, which is not 0 either.
  const odd = times.filter((time) => time % can.resolution !== 0);
  if (odd.length > 0)
    denials.push({
      invariant: 8,
      code: "resolution",
      message: `${odd.map(shown).join(", ")} cannot be told to the cabinet, whose resolution is ${shown(can.resolution)}: round cycle, offset and splits to it`,
    });
  return [
    ...denials,
    ...checkNumbers(
      plan.splits.map((entry) => entry.phase),
      can.maxPhases,
    ),
  ];
}

/** Invariant 8: the cabinet knows these phase numbers. */
export function checkNumbers(phases: readonly number[], maxPhases: number): readonly Denial[] {
  const beyond = phases.filter((number) => !within(number, 1, maxPhases));
  if (beyond.length === 0) return [];
  return [
    {
      invariant: 8,
      code: "too-many-phases",
      message: `phase ${beyond.join(", ")} is beyond the cabinet's ${maxPhases} phases: renumber or use a larger cabinet`,
    },
  ];
}
