import type { z } from "zod";
import { type JunctionForms, manualForms } from "../../engine/core/traffic/manual-forms.ts";
import type { ApproachForm, ApproachSheet, ClassFlow, FormMovement } from "../../engine/core/traffic/manual-sheet.ts";
import { citySizeFactor } from "../../engine/core/traffic/saturation-flow.ts";
import { type Comparison, compareColumns, digitsTolerance, type Explanation, tolerancesOf } from "./compare.ts";
import type { junctionForm } from "./forms.ts";
import type { Choices, Evaluated, ResultRow } from "./result.ts";
import { environments } from "./saturation.ts";
import { isObject, type Loose } from "./words.ts";

type Form = z.infer<typeof junctionForm>;
type Entry = Form["approaches"][number];

export interface Fault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What the schema cannot see: references and sums across the form. */
export function junctionFaults(form: Form): readonly Fault[] {
  const faults: Fault[] = [];
  const phases = new Set(form.phases.map(({ id }) => id));
  const names = form.approaches.map(({ approach }) => approach);
  for (const [i, entry] of form.approaches.entries()) {
    for (const phase of [entry.phase].flat())
      if (!phases.has(phase))
        faults.push({
          path: ["approaches", i, "phase"],
          message: `there is no phase ${phase}; known: ${[...phases].join(", ")}`,
        });
    if (entry.opposedBy !== undefined && !names.includes(entry.opposedBy))
      faults.push({
        path: ["approaches", i, "opposedBy"],
        message: `there is no approach ${entry.opposedBy}; known: ${names.join(", ")}`,
      });
    if (entry.Wltor >= entry.WA)
      faults.push({
        path: ["approaches", i, "Wltor"],
        message: `${entry.Wltor} m leaves nothing of the approach's ${entry.WA} m`,
      });
  }
  const greens = form.phases.filter(({ g }) => g !== undefined);
  if (greens.length > 0 && greens.length < form.phases.length)
    faults.push({ path: ["phases"], message: "some phases have a green and some do not; give it to all or to none" });
  const lost = form.phases.reduce((sum, { amber, allRed }) => sum + amber + allRed, 0);
  const total = greens.reduce((sum, { g }) => sum + g!, lost);
  if (form.cycle !== undefined && greens.length === form.phases.length && Math.abs(total - form.cycle) > 0.5)
    faults.push({
      path: ["cycle"],
      message: `greens and changes add up to ${total} s, the cycle is ${form.cycle} s; make them equal`,
    });
  if (form.cycle !== undefined && form.cycle <= lost)
    faults.push({
      path: ["cycle"],
      message: `${form.cycle} s is no more than the ${lost} s lost in the changes; lengthen it`,
    });
  return faults;
}

/** Forms SIG-I to SIG-V of a whole junction. */
export function junction(form: Form, { manual, overflow }: Choices): Evaluated {
  const greens = form.phases.flatMap(({ id, g }) => (g === undefined ? [] : [[id, g] as const]));
  const sheet = (variant: Choices["overflow"]) =>
    manualForms({
      manual,
      overflow: variant,
      citySizeFactor: form.cityFactor ?? (form.population === undefined ? 1 : citySizeFactor(form.population)),
      phases: form.phases.map(({ id, amber, allRed }) => ({ id, amberS: amber, allRedS: allRed })),
      approaches: form.approaches.map(sheetOf),
      opposedReadings: (form.table ?? []).map(([widthM, rightPcuh, opposingRightPcuh, saturationPcuh]) => ({
        widthM,
        rightPcuh,
        opposingRightPcuh,
        saturationPcuh,
      })),
      cycleS: form.cycle,
      greensS: greens.length > 0 ? new Map(greens) : undefined,
    });
  const forms = sheet(overflow);
  const alt = sheet(overflow === "capacity" ? "pkji-as-printed" : "capacity");
  const notes = [...forms.notes];
  if (form.cityFactor === undefined && form.population === undefined)
    notes.push("Neither cityFactor nor population is given: FCS is 1.");
  const tolerance = tolerancesOf(form["tolerance"]);
  const comparisons: Comparison[] = [];
  const rows = forms.approaches.map((line, i): ResultRow => {
    const computed = columnsOf(line);
    comparisons.push(
      ...compareWith(form.approaches[i]!, computed, columnsOf(alt.approaches[i]!), {
        at: `approaches.${i}`,
        of: tolerance.of,
      }),
    );
    return { name: line.id, inputs: { type: line.protection === "protected" ? "P" : "O" }, computed };
  });
  const computed = totals(forms);
  comparisons.push(...compareWith(form, computed, totals(alt), { at: "", of: tolerance.of }));
  return { computed, rows, comparisons, notes };
}

function compareWith(
  entry: Loose,
  computed: Loose,
  alt: Loose,
  { at, of }: { readonly at: string; readonly of: (key: string) => number },
): readonly Comparison[] {
  const explain = (key: string): readonly Explanation[] => {
    const value = alt[key];
    return typeof value === "number"
      ? [{ code: "nq1-with-cycle", text: "PKJI 2023 worked its example with s where C belongs in NQ1", value }]
      : [];
  };
  const place = (name: string): string => (at === "" ? name : `${at}.${name}`);
  return [
    ...compareColumns({ at: place("printed"), expected: entry["printed"], computed, tolerance: of, explain }),
    ...compareColumns({
      at: place("recomputed"),
      expected: entry["recomputed"],
      computed,
      tolerance: (_, value) => digitsTolerance(value),
    }),
  ];
}

const none: ClassFlow = { car: 0, hv: 0, mc: 0, um: 0 };

function sheetOf(entry: Entry): ApproachSheet {
  const flow = (turn: FormMovement): ClassFlow => {
    const given = entry.flows[turn];
    return given ? { car: given.LV, hv: given.HV, mc: given.MC, um: given.UM } : none;
  };
  return {
    id: entry.approach,
    protection: entry.type === "P" ? "protected" : "opposed",
    phases: [entry.phase].flat(),
    flows: { LT: flow("LT"), LTOR: flow("LTOR"), ST: flow("ST"), RT: flow("RT") },
    widths: { approachM: entry.WA, entryM: entry.Wentry, exitM: entry.Wexit, leftTurnOnRedM: entry.Wltor },
    divided: entry.median,
    oneWay: entry.oneWay,
    environment: environments[entry.environment],
    friction: entry.friction,
    gradePercent: entry.grade,
    clearM: entry.Lp,
    opposedBy: entry.opposedBy,
    basicSaturation: entry.S0,
    factors: definedOnly(entry.F ?? {}),
    greatestQueuePcu: entry.NQmax,
  };
}

function definedOnly(factors: NonNullable<Entry["F"]>): ApproachSheet["factors"] {
  const result: Record<string, number> = {};
  for (const [key, value] of Object.entries(factors)) if (value !== undefined) result[key] = value;
  return result;
}

function columnsOf(line: ApproachForm): Loose {
  const { movements, factors, served, id: _, protection: __, exitRules, ...rest } = line;
  const pcu = Object.fromEntries(Object.entries(movements).map(([turn, value]) => [`q${turn}`, value]));
  return { ...pcu, ...rest, exitRules: exitRules ? "yes" : "no", ...factors, ...served };
}

const totals = (forms: JunctionForms): Loose & { readonly phases: unknown } => {
  const { LTI, IFR, cua, c, Qtotal, stops, stopsPerPcu, delayTotal, D, levelOfService, phases } = forms;
  const of = (value: number | undefined) => (isObject(value) ? undefined : value);
  return {
    LTI,
    IFR,
    cua: of(cua),
    c,
    Qtotal,
    totalStops: stops,
    stopsPerVeh: stopsPerPcu,
    totalDelay: delayTotal,
    avgDelay: of(D),
    avg: of(D),
    levelOfService,
    phases,
  };
};
