import type { City, Junction } from "../../../../config/model.ts";
import { splitOf, type TimingPlan } from "../../../../config/plan.ts";
import { seconds } from "../../../../config/units.ts";

/** What is wrong with a plan, by rules written again from DESIGN section 4; empty when it is sound. */
export function planFaults(junction: Junction, plan: TimingPlan): readonly string[] {
  const faults: string[] = [];
  const fault = (bad: boolean, text: string): void => {
    if (bad) faults.push(text);
  };
  fault(plan.cycle < junction.cycleMin || plan.cycle > junction.cycleMax, `cycle ${plan.cycle}`);
  fault(plan.offset < 0 || plan.offset >= plan.cycle, `offset ${plan.offset}`);
  fault(plan.splits.length !== junction.phases.length, "phases missing");
  const numbers = plan.splits.map((entry) => entry.phase);
  fault(numbers.join() !== [...numbers].sort((p, q) => p - q).join(), "splits out of order");
  fault(
    [plan.cycle, plan.offset, ...plan.splits.map((entry) => entry.split)].some((time) => time % 1000 !== 0),
    "not whole seconds",
  );
  for (const phase of junction.phases) {
    const green = splitOf(plan, phase.number) - phase.amber - phase.allRed;
    fault(green < phase.minGreen, `phase ${phase.number} green ${green} under ${phase.minGreen}`);
    fault(green > phase.maxGreen, `phase ${phase.number} green ${green} over ${phase.maxGreen}`);
    fault(plan.cycle - green > junction.maxRed, `phase ${phase.number} red ${plan.cycle - green}`);
  }
  const length = (numbersOfPart: readonly number[]): number =>
    numbersOfPart.reduce((sum, number) => sum + splitOf(plan, number), 0);
  const barrier = new Map(junction.phases.map((phase) => [phase.number, phase.barrier]));
  for (const ring of plan.sequence) fault(length(ring) !== plan.cycle, `ring ${ring.join()} sums to ${length(ring)}`);
  for (const number of new Set(barrier.values())) {
    const lengths = plan.sequence.map((ring) => length(ring.filter((phase) => barrier.get(phase) === number)));
    fault(new Set(lengths).size > 1, `barrier ${number}: ${lengths.join(" and ")}`);
  }
  return faults;
}

/** One of the test city's junctions with other minima, maxima, clearances and cycle ranges. */
export function randomJunction(city: City, random: { next(): number }): Junction {
  const junctions = [...city.junctions.values()];
  const base = junctions[Math.floor(random.next() * junctions.length)]!;
  const between = (low: number, high: number): number => Math.round(low + random.next() * (high - low));
  return {
    ...base,
    cycleMin: seconds(between(40, 70)),
    cycleMax: seconds(between(100, 150)),
    maxRed: seconds(between(110, 160)),
    phases: base.phases.map((phase) => {
      const minGreen = seconds(between(10, 50) / 2);
      return {
        ...phase,
        minGreen,
        maxGreen: seconds(Math.max(minGreen / 1000, between(20, 70))),
        amber: seconds(3),
        allRed: seconds(between(1, 4)),
      };
    }),
  };
}
