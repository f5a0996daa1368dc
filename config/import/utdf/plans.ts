import type { ImportedJunction } from "./junction.ts";
import type { UtdfPhase, UtdfTiming } from "./phases.ts";

export interface ImportedPlan {
  readonly cycle_s: number;
  readonly offset_s: number;
  readonly splits_s: Readonly<Record<number, number>>;
  readonly notes: readonly string[];
}

/** A junction's plan: splits of whole seconds and the offset of its coordinated phase against UTC midnight. */
export function planOf(
  { planned, file }: ImportedJunction,
  timing: UtdfTiming,
  phases: readonly UtdfPhase[],
  utcOffsetS: number,
): ImportedPlan {
  const notes: string[] = [];
  if (timing.control !== 3 && timing.control !== 0)
    notes.push("it is not coordinated in the file; it runs its cycle by the clock here");
  const localS = startOfCoordinated({ planned, coordinated: file.coordinated_phase, timing, phases }, notes);
  const offsetS = Math.round(localS - utcOffsetS);
  return {
    cycle_s: planned.cycleS,
    offset_s: ((offsetS % planned.cycleS) + planned.cycleS) % planned.cycleS,
    splits_s: Object.fromEntries(planned.phases.map((phase) => [phase.number, phase.splitS])),
    notes,
  };
}

/** On the clock that offsets refer to, which starts at local midnight. */
function startOfCoordinated(
  {
    planned,
    coordinated,
    timing,
    phases,
  }: {
    readonly planned: ImportedJunction["planned"];
    readonly coordinated: number;
    readonly timing: UtdfTiming;
    readonly phases: readonly UtdfPhase[];
  },
  notes: string[],
): number {
  const own = planned.phases.find((phase) => phase.number === coordinated)!.phases;
  const reference = own.find(({ number }) => timing.referencePhases.includes(number)) ?? own[0]!;
  if (reference.startS !== undefined) return reference.startS;
  const referenced = phases.filter(({ number }) => timing.referencePhases.includes(number));
  const greenS = Math.min(...(referenced.length > 0 ? referenced : [reference]).map((phase) => phase.maxGreenS));
  notes.push("the start of its phases is not in the file; the offset is worked out from what it is referenced to");
  switch (timing.referencedTo) {
    case 1:
      return timing.offsetS - greenS;
    case 2:
      return timing.offsetS - greenS - reference.amberS;
    case 4:
      return timing.offsetS - (greenS - reference.clearanceS);
    default:
      return timing.offsetS;
  }
}
