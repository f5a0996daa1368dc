import type { Junction, SignalGroup } from "../../../config/model.ts";
import { splitOf, type TimingPlan } from "../../../config/plan.ts";
import { type Millis, millis, modulo } from "../../../config/units.ts";
import { Lamp } from "../../lamps.ts";

/** Lamps that hold for a time: by index in `junction.groups`, values of `Lamp` (red, green, amber, clearance). */
export interface LampInterval {
  readonly duration: Millis;
  readonly lamps: Uint8Array;
}

/** Start and end since the start of the coordinated green; an end may lie past the cycle. */
interface Green {
  readonly start: number;
  readonly end: number;
}

/**
 * What a plan shows through one cycle, from the start of the coordinated green. A vehicle group that the next phase of a
 * ring shares stays green through the change; a walk ends so that its clearance ends with the phase's green.
 */
export function planLamps(junction: Junction, plan: TimingPlan): readonly LampInterval[] {
  const { cycle } = plan;
  const greens = groupGreens(junction, plan);
  const edges = new Set<number>([0]);
  for (const [g, group] of junction.groups.entries())
    for (const { start, end } of greens[g]!)
      for (const edge of [start, end, end + tailOf(group)]) edges.add(modulo(edge, cycle));
  const sorted = [...edges].sort((a, b) => a - b);
  return sorted.map((at, i) => ({
    duration: millis((sorted[i + 1] ?? cycle) - at),
    lamps: Uint8Array.from(junction.groups, (group, g) => lampAt(group, greens[g]!, at, cycle)),
  }));
}

/** The lamps at a position in the cycle. */
export function lampsAt(intervals: readonly LampInterval[], position: number): Uint8Array {
  let end = 0;
  for (const { duration, lamps } of intervals) {
    end += duration;
    if (position < end) return lamps;
  }
  return intervals.at(-1)!.lamps;
}

/** Amber of a vehicle group, clearance of a pedestrian group. */
const tailOf = (group: SignalGroup): number => (group.kind === "vehicle" ? group.amber : group.clearance);

function lampAt(group: SignalGroup, greens: readonly Green[], at: number, cycle: number): Lamp {
  const since = (edge: number) => modulo(at - edge, cycle);
  if (greens.some(({ start, end }) => since(start) < end - start)) return Lamp.green;
  if (greens.some(({ end }) => since(end) < tailOf(group)))
    return group.kind === "vehicle" ? Lamp.amber : Lamp.clearance;
  return Lamp.red;
}

function groupGreens(junction: Junction, plan: TimingPlan): readonly (readonly Green[])[] {
  const starts = phaseStarts(junction, plan);
  return junction.groups.map((group) =>
    junction.phases
      .filter((phase) => phase.groups.includes(group.id) && splitOf(plan, phase.number) > 0)
      .map((phase) => {
        const start = starts.get(phase.number)!;
        const split = splitOf(plan, phase.number);
        const greenEnd = start + split - phase.amber - phase.allRed;
        if (group.kind === "pedestrian")
          return { start, end: Math.max(start + group.minGreen, greenEnd - group.clearance) };
        const ring = plan.sequence.find((numbers) => numbers.includes(phase.number))!;
        const next = ring[(ring.indexOf(phase.number) + 1) % ring.length]!;
        const after = next === phase.number ? undefined : junction.phases.find(({ number }) => number === next);
        return { start, end: after?.groups.includes(group.id) ? start + split : greenEnd };
      }),
  );
}

/** Start of green of each phase since the start of the coordinated one, ms; rings meet at each barrier. */
function phaseStarts(junction: Junction, plan: TimingPlan): ReadonlyMap<number, number> {
  const phaseOf = new Map(junction.phases.map((phase) => [phase.number, phase]));
  const barriers = [...new Set(plan.sequence.flat().map((number) => phaseOf.get(number)!.barrier))];
  const starts = new Map<number, number>();
  let opened = 0;
  for (const barrier of barriers) {
    let longest = 0;
    for (const ring of plan.sequence) {
      let at = 0;
      for (const number of ring) {
        if (phaseOf.get(number)!.barrier !== barrier) continue;
        starts.set(number, opened + at);
        at += splitOf(plan, number);
      }
      longest = Math.max(longest, at);
    }
    opened += longest;
  }
  const zero = starts.get(junction.coordinatedPhase) ?? 0;
  return new Map([...starts].map(([number, start]) => [number, modulo(start - zero, plan.cycle)]));
}
