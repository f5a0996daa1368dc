/**
 * Forms SIG-I to SIG-V of the Indonesian capacity manual (MKJI 1997 ch. 2, PKJI 2023 ch. 5) for one junction, column by
 * column. Flows in pcu/h, widths and lengths in m, times in s. What the inputs do not tell stays undefined, with a note.
 */
import { highestFlowRatioSum, longestCycleS, recommendedCycles, websterCycle } from "./cycle-time.ts";
import { type LevelOfService, levelOfService } from "./level-of-service.ts";
import {
  greenCapacity,
  highestFlowRatio,
  junctionDelay,
  manualPerformance,
  queueLengthM,
  stoppingShare,
} from "./manual-performance.ts";
import { flowsOf, type SaturationLine, saturationLine } from "./manual-saturation.ts";
import type { ApproachForm, ApproachSheet, JunctionSheet } from "./manual-sheet.ts";

export interface JunctionForms {
  readonly approaches: readonly ApproachForm[];
  readonly phases: readonly {
    readonly id: string;
    readonly FRcrit: number;
    readonly PR: number;
    readonly g: number;
    readonly intergreenS: number;
  }[];
  readonly LTI: number;
  readonly IFR: number;
  /** Undefined: past the formula's range. */
  readonly cua: number | undefined;
  readonly c: number;
  readonly Qtotal: number;
  /** Undefined while an approach has no saturation flow, like every mean of the junction. */
  readonly stops: number | undefined;
  readonly stopsPerPcu: number | undefined;
  readonly delayTotal: number | undefined;
  readonly D: number | undefined;
  readonly levelOfService: LevelOfService | undefined;
  readonly notes: readonly string[];
}

/** Greens below this are to be avoided (MKJI 1997), s. */
const leastGreenS = 10;

export function manualForms(sheet: JunctionSheet): JunctionForms {
  const notes: string[] = [];
  const flows = new Map(sheet.approaches.map((approach) => [approach.id, flowsOf(approach, sheet)]));
  const lines = sheet.approaches.map((approach) => saturationLine(approach, sheet, flows, notes));
  const timing = timingOf(sheet, lines, notes);
  const approaches = lines.map((line, i) => served(line, sheet.approaches[i]!, sheet, timing, notes));
  return { approaches, ...timing, ...junctionMeans(approaches), notes };
}

type Timing = Pick<JunctionForms, "phases" | "LTI" | "IFR" | "cua" | "c">;

function timingOf(sheet: JunctionSheet, lines: readonly SaturationLine[], notes: string[]): Timing {
  const LTI = sheet.phases.reduce((sum, { amberS, allRedS }) => sum + amberS + allRedS, 0);
  // An approach with a green in two phases needs them together and rules neither.
  const critical = sheet.phases.map(({ id }) =>
    Math.max(0, ...lines.filter((_, i) => sheet.approaches[i]!.phases.join() === id).map(({ FR }) => FR ?? 0)),
  );
  const IFR = critical.reduce((a, b) => a + b, 0);
  const unknown = lines.filter(({ FR }) => FR === undefined).map(({ id }) => id);
  if (unknown.length > 0)
    notes.push(`IFR, cycle and greens leave ${unknown.join(", ")} out, whose saturation flow is not known.`);
  const cua = websterCycle(LTI, IFR);
  const range = recommendedCycles(sheet.phases.length);
  if (cua === undefined)
    notes.push(
      `IFR ${IFR.toFixed(3)} is above ${highestFlowRatioSum}: the cycle formula has no use there. The cycle is capped at ${longestCycleS} s; widen, part the right turn or forbid it.`,
    );
  const c = sheet.cycleS ?? givenCycle(sheet, LTI) ?? Math.round(Math.min(cua ?? longestCycleS, longestCycleS));
  if (c < range.from || c > range.to)
    notes.push(
      `A cycle of ${c} s is outside ${range.from} to ${range.to} s, the manual's advice for ${sheet.phases.length} phases.`,
    );
  const phases = sheet.phases.map(({ id, amberS, allRedS }, i) => {
    const PR = IFR > 0 ? critical[i]! / IFR : 1 / sheet.phases.length;
    const g = sheet.greensS?.get(id) ?? Math.max(0, Math.round((c - LTI) * PR));
    if (g < leastGreenS) notes.push(`Phase ${id} has a green of ${g} s; the manual advises ${leastGreenS} s or more.`);
    return { id, FRcrit: critical[i]!, PR, g, intergreenS: amberS + allRedS };
  });
  const total = phases.reduce((sum, { g }) => sum + g, LTI);
  // Without a cycle given, the cycle is what the rounded greens make of it.
  return { phases, LTI, IFR, cua, c: sheet.cycleS ?? total };
}

const givenCycle = ({ greensS, phases }: JunctionSheet, LTI: number): number | undefined =>
  greensS && phases.every(({ id }) => greensS.has(id)) ? [...greensS.values()].reduce((a, b) => a + b, LTI) : undefined;

function served(
  line: SaturationLine,
  approach: ApproachSheet,
  sheet: JunctionSheet,
  timing: Timing,
  notes: string[],
): ApproachForm {
  const own = timing.phases.filter(({ id }) => approach.phases.includes(id));
  // Between two phases that follow each other the green goes on through the change.
  const g = own.reduce((sum, phase) => sum + phase.g, 0) + throughChanges(approach, timing);
  const rules = own.length === 1 && line.FR !== undefined && line.FR === own[0]!.FRcrit;
  const PR = rules ? own[0]!.PR : undefined;
  if (line.S === undefined) return { ...line, PR, g, served: undefined };
  const C = greenCapacity(line.S, g, timing.c);
  const turning = line.movements.RT + line.movements.LT + (line.Qltor > 0 ? 0 : line.movements.LTOR);
  const turningShare = line.Q > 0 ? Math.min(1, (line.exitRules ? 0 : turning) / line.Q) : 0;
  const result = manualPerformance(
    { flowPcuh: line.Q, capacityPcuh: C, greenS: g, cycleS: timing.c, turningShare },
    sheet.overflow,
  );
  if (line.FR !== undefined && line.FR > highestFlowRatio)
    notes.push(
      `${line.id}: its flow reaches its saturation flow, no green is long enough; NQ2 and DT are held at FR ${highestFlowRatio}.`,
    );
  else if (result.degreeOfSaturation > 1)
    notes.push(
      `${line.id}: DS ${result.degreeOfSaturation.toFixed(2)} is above 1: queues grow, and delay holds for the period only.`,
    );
  const NQ = result.queueLeft + result.queueInRed;
  return {
    ...line,
    PR,
    g,
    served: {
      C,
      DS: result.degreeOfSaturation,
      GR: result.greenRatio,
      NQ1: result.queueLeft,
      NQ2: result.queueInRed,
      NQ,
      NQmax: approach.greatestQueuePcu,
      QL: queueLengthM(approach.greatestQueuePcu ?? NQ, approach.widths.entryM),
      NS: result.stopsPerPcu,
      NSV: line.Q * result.stopsPerPcu,
      PSV: stoppingShare(result.stopsPerPcu),
      DT: result.trafficDelayS,
      DG: result.geometricDelayS,
      D: result.delayS,
      total: line.Q * result.delayS,
    },
  };
}

function throughChanges({ phases }: ApproachSheet, timing: Timing): number {
  const n = timing.phases.length;
  return timing.phases.reduce((sum, phase, i) => {
    const next = timing.phases[(i + 1) % n]!;
    const both = n > 1 && next.id !== phase.id && phases.includes(phase.id) && phases.includes(next.id);
    return sum + (both ? phase.intergreenS : 0);
  }, 0);
}

function junctionMeans(approaches: readonly ApproachForm[]) {
  const onRed = approaches.reduce((sum, { Qltor }) => sum + Qltor, 0);
  const done = approaches.flatMap(({ Q, served: line }) => (line ? [{ flowPcuh: Q, delayS: line.D }] : []));
  const complete = done.length === approaches.length;
  const Qtotal = approaches.reduce((sum, { Q }) => sum + Q, onRed);
  const D = complete ? junctionDelay(done, onRed) : undefined;
  const stops = complete ? approaches.reduce((sum, { served: line }) => sum + (line?.NSV ?? 0), 0) : undefined;
  return {
    Qtotal,
    stops,
    stopsPerPcu: stops === undefined ? undefined : Qtotal > 0 ? stops / Qtotal : 0,
    delayTotal: D === undefined ? undefined : D * Qtotal,
    D,
    levelOfService: D === undefined ? undefined : levelOfService(D),
  };
}
