import type { UtdfPhase } from "./phases.ts";

/** A phase or stage of the junction's file: the phases of the UTDF that are green in it, and its split. */
export interface PlannedPhase {
  readonly number: number;
  readonly barrier: number;
  readonly phases: readonly UtdfPhase[];
  /** Whole seconds: green, amber and all-red. */
  readonly splitS: number;
}

export interface PlannedRings {
  readonly form: "stages" | "rings";
  readonly phases: readonly PlannedPhase[];
  /** Numbers of each ring in order. */
  readonly rings: readonly (readonly number[])[];
  readonly cycleS: number;
  readonly notes: readonly string[];
}

/** Amber and all-red, as a cabinet holds them: whole seconds up. */
export const changeS = (phase: UtdfPhase): number => Math.ceil(phase.amberS + phase.allRedS - 1e-9);

const splitOf = (phase: UtdfPhase): number => phase.maxGreenS + phase.amberS + phase.allRedS;

/** Rings and barriers with splits of whole seconds that add up; one ring of stages where the rings do not match. */
export function plannedRings(phases: readonly UtdfPhase[], wantedCycleS: number): PlannedRings {
  const barriers = [...new Set(phases.map(({ barrier }) => barrier))].sort((a, b) => a - b);
  const ringNumbers = [...new Set(phases.map(({ ring }) => ring))].sort((a, b) => a - b);
  const inOrder = (ring: number, barrier: number) =>
    phases.filter((own) => own.ring === ring && own.barrier === barrier).sort((a, b) => a.position - b.position);
  const notes: string[] = [];
  const lengths = barriers.map((barrier) =>
    Math.max(...ringNumbers.map((ring) => inOrder(ring, barrier).reduce((total, phase) => total + splitOf(phase), 0))),
  );
  const sum = lengths.reduce((total, length) => total + length, 0);
  const cycleS = Math.round(wantedCycleS > 0 ? wantedCycleS : sum);
  if (Math.abs(sum - cycleS) > 0.05)
    notes.push(
      `its splits add up to ${Number(sum.toFixed(1))} s and the cycle is ${wantedCycleS} s; they are written in proportion to a cycle of ${cycleS} s`,
    );
  const need = (phase: UtdfPhase) => Math.min(phase.minGreenS, phase.maxGreenS) + changeS(phase);
  const wholeLengths = apportion(
    cycleS,
    barriers.map((barrier, i) => ({
      weight: lengths[i]!,
      least: Math.max(
        ...ringNumbers.map((ring) =>
          inOrder(ring, barrier).reduce((total, phase) => total + Math.ceil(need(phase)), 0),
        ),
      ),
    })),
  );
  const splits = new Map<UtdfPhase, number>();
  for (const [i, barrier] of barriers.entries())
    for (const ring of ringNumbers) {
      const own = inOrder(ring, barrier);
      const whole = apportion(
        wholeLengths[i]!,
        own.map((phase) => ({ weight: splitOf(phase), least: Math.ceil(need(phase)) })),
      );
      for (const [k, phase] of own.entries()) splits.set(phase, whole[k]!);
    }
  if ([...splits].some(([phase, split]) => Math.abs(split - splitOf(phase)) > 1e-6))
    notes.push("its splits are not whole seconds, or do not add up; they are rounded to whole seconds that do");
  const matched = ringNumbers.every((ring) => barriers.every((barrier) => inOrder(ring, barrier).length > 0));
  if (ringNumbers.length > 1 && matched)
    return {
      form: "rings",
      phases: phases.map((phase) => ({
        number: phase.number,
        barrier: barriers.indexOf(phase.barrier) + 1,
        phases: [phase],
        splitS: splits.get(phase)!,
      })),
      rings: ringNumbers.map((ring) =>
        barriers.flatMap((barrier) => inOrder(ring, barrier).map(({ number }) => number)),
      ),
      cycleS,
      notes,
    };
  const timelines = ringNumbers.map((ring) =>
    barriers.flatMap((barrier, i) =>
      timeline(
        inOrder(ring, barrier),
        wholeLengths.slice(0, i).reduce((a, b) => a + b, 0),
        splits,
      ),
    ),
  );
  const stages = stagesOf(timelines, cycleS);
  if (ringNumbers.length > 1)
    notes.push(
      "a ring has no phase behind one of its barriers; the phases are written as stages in the order of the plan, and rings can no longer differ from it",
    );
  return { form: "stages", phases: stages, rings: [stages.map(({ number }) => number)], cycleS, notes };
}

interface Span {
  readonly phase: UtdfPhase;
  readonly start: number;
  readonly end: number;
}

function timeline(
  phases: readonly UtdfPhase[],
  opened: number,
  splits: ReadonlyMap<UtdfPhase, number>,
): readonly Span[] {
  let at = opened;
  return phases.map((phase) => {
    const start = at;
    at += splits.get(phase)!;
    return { phase, start, end: at };
  });
}

/** What runs together between any two changes of any ring; changes too near each other for a green between them are one. */
function stagesOf(timelines: readonly (readonly Span[])[], cycleS: number): readonly PlannedPhase[] {
  const spans = timelines.flat();
  const changes = [...new Set([0, ...spans.map(({ start }) => start)])].sort((a, b) => a - b);
  const kept: number[] = [];
  for (const change of changes) {
    const shortest =
      LEAST_GREEN_S + Math.max(...spans.filter((span) => span.end >= change).map(({ phase }) => changeS(phase)));
    if (kept.length === 0 || (change - kept.at(-1)! >= shortest && cycleS - change >= shortest)) kept.push(change);
  }
  const snapped = (at: number) => (at >= cycleS ? cycleS : kept.findLast((change) => change <= at)!);
  // A phase alone in its ring keeps its number; stages of several count from 1.
  const single = timelines.length === 1;
  return kept.map((start, i) => {
    const own = spans
      .filter((span) => snapped(span.start) <= start && start < snapped(span.end))
      .map(({ phase }) => phase);
    return {
      number: single ? own[0]!.number : i + 1,
      barrier: 1,
      phases: own,
      splitS: (kept[i + 1] ?? cycleS) - start,
    };
  });
}

/** The least green a junction's file may hold, s. */
const LEAST_GREEN_S = 4;

/** Whole parts of a whole, near to the weights and not below the least where that is possible (largest remainders). */
export function apportion(
  total: number,
  parts: readonly { readonly weight: number; readonly least: number }[],
): readonly number[] {
  if (parts.length === 0) return [];
  const weights = parts.reduce((sum, { weight }) => sum + weight, 0);
  const ideal = parts.map(({ weight, least }) =>
    Math.max(least, weights > 0 ? (weight / weights) * total : total / parts.length),
  );
  const whole = ideal.map((value) => Math.floor(value + 1e-9));
  const rest = () => total - whole.reduce((sum, value) => sum + value, 0);
  const byRemainder = [...parts.keys()].sort((a, b) => ideal[b]! - whole[b]! - (ideal[a]! - whole[a]!) || a - b);
  for (let k = 0; rest() > 0; k++) whole[byRemainder[k % parts.length]!]! += 1;
  while (rest() < 0) {
    const spare = (i: number) => whole[i]! - parts[i]!.least;
    const widest = [...parts.keys()].sort((a, b) => spare(b) - spare(a) || a - b)[0]!;
    whole[widest]! -= 1;
  }
  return whole;
}
