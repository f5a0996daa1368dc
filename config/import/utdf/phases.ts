import type { UtdfFault, UtdfMovement } from "./network.ts";
import { number } from "./network.ts";
import type { Records, UtdfTables, Value } from "./tables.ts";

/** A NEMA phase as the file has it; seconds. */
export interface UtdfPhase {
  readonly number: number;
  readonly barrier: number;
  readonly ring: number;
  readonly position: number;
  readonly minGreenS: number;
  readonly maxGreenS: number;
  readonly amberS: number;
  readonly allRedS: number;
  /** Walk and clearance of people who cross in it; 0 where nobody is served. */
  readonly walkS: number;
  readonly clearanceS: number;
  /** Of its green, on the clock that offsets refer to. */
  readonly startS: number | undefined;
}

export interface UtdfTiming {
  readonly cycleS: number;
  readonly offsetS: number;
  /** 0 last start of green, 1 first start of amber, 2 first start of red, 3 first start of green, 4 end of walk. */
  readonly referencedTo: number;
  readonly referencePhases: readonly number[];
  /** 0 pretimed, 1 and 2 not coordinated, 3 coordinated. */
  readonly control: number;
}

/** The least and the most amber a junction's file may hold, s. */
const AMBER_S = [3, 6] as const;

/** Phases that at least one movement obeys, in order of number; and what was mended in them. */
export function phasesOf(
  tables: UtdfTables,
  node: string,
  movements: readonly UtdfMovement[],
  faults: UtdfFault[],
): { readonly phases: readonly UtdfPhase[]; readonly notes: readonly string[] } {
  const records = tables.phases.get(node);
  const notes: string[] = [];
  const used = new Set(movements.flatMap((own) => [...own.protectedPhases, ...own.permittedPhases]));
  const phases = [...(records?.get("brp") ?? [])].flatMap(([column, brp]) => {
    const id = /^D(\d{1,2})$/.exec(column)?.[1];
    if (id === undefined || !records!.get("maxgreen")?.has(column)) return [];
    const value = (record: string, otherwise: number) => number(records!.get(record)?.get(column), otherwise, faults);
    if (!used.has(Number(id))) {
      notes.push(`phase ${id} is obeyed by no movement; it is left out, and its time goes to the phases around it`);
      return [];
    }
    const amber = value("yellow", 4);
    const amberS = Math.min(AMBER_S[1], Math.max(AMBER_S[0], amber));
    if (amberS !== amber)
      notes.push(`phase ${id} has an amber of ${amber} s; ${amberS} s is written (3 to 6 s are allowed)`);
    const people = records!.get("pedcalls") === undefined || records!.get("pedcalls")!.has(column);
    const clearanceS = value("dontwalk", 0);
    return [
      {
        ...place(brp, Number(id), faults),
        number: Number(id),
        minGreenS: value("mingreen", 5),
        maxGreenS: value("maxgreen", 0),
        amberS,
        allRedS: Math.max(0, value("allred", 1)),
        walkS: people && clearanceS > 0 ? value("walk", 0) : 0,
        clearanceS: people ? clearanceS : 0,
        startS: records!.get("start")?.has(column) ? value("start", 0) : undefined,
      },
    ];
  });
  return { phases: phases.sort((a, b) => a.number - b.number), notes };
}

/** `112`: barrier 1, ring 1, position 2. */
function place(brp: Value, phase: number, faults: UtdfFault[]): Pick<UtdfPhase, "barrier" | "ring" | "position"> {
  const digits = /^([1-8])([1-4])([1-8])$/.exec(brp.text);
  if (digits) return { barrier: Number(digits[1]), ring: Number(digits[2]), position: Number(digits[3]) };
  faults.push({
    file: brp.file,
    line: brp.line,
    column: brp.column,
    message: `BRP ${brp.text} of phase ${phase} is not three digits of barrier, ring and position, such as 112; mend it`,
  });
  return { barrier: 1, ring: 1, position: phase };
}

export function timingOf(records: Records | undefined, faults: UtdfFault[]): UtdfTiming | undefined {
  if (!records) return undefined;
  const value = (record: string, otherwise: number) => number(records.get(record)?.get("DATA"), otherwise, faults);
  const reference = value("reference phase", 0);
  return {
    cycleS: value("cycle length", 0),
    offsetS: value("offset", 0),
    referencedTo: value("referenced to", 0),
    // Two phases are written as one number: 206 is 2 and 6.
    referencePhases: [Math.floor(reference / 100), reference % 100].filter((phase) => phase > 0),
    control: value("control type", 3),
  };
}
