import type { z } from "zod";
import { websterCycle } from "../../engine/core/traffic/cycle-time.ts";
import { levelOfService } from "../../engine/core/traffic/level-of-service.ts";
import {
  decree273Delay,
  greenCapacity,
  highestFlowRatio,
  junctionDelay,
  manualPerformance,
  type OverflowVariant,
  overflowQueue,
  queueLengthM,
  stoppingShare,
  turnDelayS,
} from "../../engine/core/traffic/manual-performance.ts";
import { type Comparison, compareColumns, digitsTolerance, type Explanation, tolerancesOf } from "./compare.ts";
import type { decreeForm, performanceForm } from "./forms.ts";
import type { Choices, Evaluated, ResultRow } from "./result.ts";
import { greenBeforeRounding } from "./saturation.ts";
import { isObject, type Loose } from "./words.ts";

type Row = z.infer<typeof performanceForm>["rows"][number];

const other = (variant: OverflowVariant): OverflowVariant => (variant === "capacity" ? "pkji-as-printed" : "capacity");

/** Form SIG-V of each row, and of the junction where the vector has one. */
export function performance(form: z.infer<typeof performanceForm>, { overflow }: Choices): Evaluated {
  const tolerance = tolerancesOf(form["tolerance"]);
  const notes: string[] = [];
  const comparisons: Comparison[] = [];
  const both = (row: Row) => ({
    own: columns(row, form.cycle, overflow),
    alt: columns(row, form.cycle, other(overflow)),
  });
  const lines = form.rows.map((row) => ({ row, ...both(row) }));
  const rows = lines.map(({ row, own, alt }, i): ResultRow => {
    const label = row.approach ?? `${i + 1}`;
    notes.push(...remarks(row, own, { label, cycle: form.cycle }));
    const capacity = overflow === "capacity" ? own : alt;
    const printed = overflow === "capacity" ? alt : own;
    comparisons.push(...compareRow({ row, own, alt, printed, capacity, at: `rows.${i}`, tolerance, overflow }));
    return {
      name: label,
      inputs: { Q: row.Q, g: row.g, c: form.cycle, PT: turning(row) },
      computed: own,
      variants: { computed_C: capacity, computed_s: printed },
    };
  });
  const means = (pick: "own" | "alt") =>
    junctionMeans(
      lines.map((line) => ({ Q: line.row.Q, columns: line[pick] })),
      form.junction?.ltorFlow ?? 0,
    );
  const computed = means("own");
  if (form.junction)
    comparisons.push(...compareJunction(form.junction, { computed, alt: means("alt"), tolerance, overflow }));
  return { computed, rows, comparisons, notes };
}

const turning = (row: Row): number => row.PT ?? (row.PLT ?? 0) + (row.PRT ?? 0);

function columns(row: Row, cycle: number, variant: OverflowVariant) {
  const C = row.C ?? greenCapacity(row.S!, row.g, cycle);
  const result = manualPerformance(
    { flowPcuh: row.Q, capacityPcuh: C, greenS: row.g, cycleS: cycle, turningShare: turning(row) },
    variant,
  );
  const NQ = result.queueLeft + result.queueInRed;
  const queue = row.NQmax ?? NQ;
  return {
    C,
    DS: result.degreeOfSaturation,
    GR: result.greenRatio,
    NQ1: result.queueLeft,
    NQ2: result.queueInRed,
    NQ,
    NQmax: row.NQmax,
    QL: row.Wentry === undefined ? undefined : queueLengthM(queue, row.Wentry),
    NS: result.stopsPerPcu,
    NSV: row.Q * result.stopsPerPcu,
    PSV: stoppingShare(result.stopsPerPcu),
    DT: result.trafficDelayS,
    DG: result.geometricDelayS,
    D: result.delayS,
    total: row.Q * result.delayS,
  };
}
type Columns = ReturnType<typeof columns>;

function remarks(
  row: Row,
  own: Columns,
  { label, cycle }: { readonly label: string; readonly cycle: number },
): string[] {
  const notes: string[] = [];
  if (row.C !== undefined && row.S !== undefined) {
    const follows = greenCapacity(row.S, row.g, cycle);
    if (Math.abs(follows - row.C) > 1 + 0.0005 * row.S)
      notes.push(`${label}: C ${row.C} is given, but S g / c is ${follows.toFixed(1)}; the given C is used.`);
  }
  if (own.GR * own.DS > highestFlowRatio)
    notes.push(
      `${label}: the flow reaches the saturation flow; NQ2 and DT have no value there and are held at GR DS = ${highestFlowRatio}.`,
    );
  else if (own.DS > 1)
    notes.push(
      `${label}: DS ${own.DS.toFixed(2)} is above 1: the queue grows as long as this lasts; not valid where a blocked exit is the cause.`,
    );
  if (row.NQmax === undefined && row.Wentry !== undefined)
    notes.push(
      `${label}: the manual gives NQmax by a chart only; QL is that of the mean queue NQ. Give NQmax for the design length.`,
    );
  return notes;
}

const nq1Trap = (overflow: OverflowVariant, value: number | undefined): Explanation =>
  overflow === "capacity"
    ? {
        code: "nq1-with-cycle",
        text: "PKJI 2023 prints the cycle s where C belongs in NQ1, and its example was worked so; with s it comes out as printed",
        value,
      }
    : { code: "nq1-with-capacity", text: "this figure was worked with C in NQ1, as MKJI 1997 prints it", value };

interface RowComparing {
  readonly row: Row;
  readonly own: Columns;
  readonly alt: Columns;
  readonly printed: Columns;
  readonly capacity: Columns;
  readonly at: string;
  readonly tolerance: { readonly of: (key: string) => number };
  readonly overflow: OverflowVariant;
}

function compareRow({
  row,
  own,
  alt,
  printed,
  capacity,
  at,
  tolerance,
  overflow,
}: RowComparing): readonly Comparison[] {
  const sheet = row["printed"];
  const limit = (key: string): number =>
    key === "NSV"
      ? Math.max(1, row.Q * tolerance.of("NS"))
      : key === "total"
        ? row.Q * tolerance.of("D")
        : tolerance.of(key);
  const exact = (_: string, value: number): number => digitsTolerance(value);
  return [
    ...compareColumns({
      at: `${at}.printed`,
      expected: sheet,
      computed: own,
      tolerance: limit,
      explain: (key) => [
        nq1Trap(overflow, alt[key as keyof Columns]),
        ...greenRatio(key, own, { row, sheet }),
        ...contradiction(key, own, { sheet, tolerance }),
      ],
    }),
    ...compareColumns({ at: `${at}.recomputed`, expected: row["recomputed"], computed: own, tolerance: exact }),
    ...compareColumns({
      at: `${at}.recomputed_C`,
      expected: row["recomputed_C"],
      computed: capacity,
      tolerance: exact,
    }),
    ...compareColumns({ at: `${at}.recomputed_s`, expected: row["recomputed_s"], computed: printed, tolerance: exact }),
  ];
}

const columnOf = (sheet: unknown, key: string): number | undefined =>
  isObject(sheet) && typeof sheet[key] === "number" ? sheet[key] : undefined;

/** GR of a green that the form shows in whole seconds. */
function greenRatio(
  key: string,
  own: Columns,
  { row, sheet }: { readonly row: Row; readonly sheet: unknown },
): readonly Explanation[] {
  const ratio = columnOf(sheet, "GR");
  if (key !== "GR" || ratio === undefined) return [];
  const before = greenBeforeRounding((ratio * row.g) / own.GR, row.g);
  return [{ ...before, value: before.value && ratio }];
}

/** A printed sum that differs from its own printed parts is a misprint where the parts add up to what the formulas give. */
function contradiction(
  key: string,
  own: Columns,
  { sheet, tolerance }: Pick<RowComparing, "tolerance"> & { readonly sheet: unknown },
): readonly Explanation[] {
  const parts = key === "D" ? ["DT", "DG"] : key === "NQ" ? ["NQ1", "NQ2"] : [];
  const [a, b] = parts.map((name) => columnOf(sheet, name));
  const whole = columnOf(sheet, key);
  if (a === undefined || b === undefined || whole === undefined || Math.abs(a + b - whole) < 0.15) return [];
  const right = Math.abs(a + b - (own[key as "D" | "NQ"] ?? 0)) <= 2 * tolerance.of(key);
  const text = `${key} ${whole} is not the sum of its own printed parts ${parts[0]} ${a} and ${parts[1]} ${b}, which do add up to the computed value`;
  return [{ code: "misprint", text, value: right ? whole : undefined }];
}

function junctionMeans(lines: readonly { readonly Q: number; readonly columns: Columns }[], ltorFlow: number) {
  const totalFlow = lines.reduce((sum, { Q }) => sum + Q, ltorFlow);
  const approaches = lines.map(({ Q, columns: line }) => ({ flowPcuh: Q, delayS: line.D }));
  const avgDelay = junctionDelay(approaches, ltorFlow);
  const totalStops = lines.reduce((sum, { columns: line }) => sum + line.NSV, 0);
  return {
    ltorFlow,
    ltorDelayEach: turnDelayS,
    totalFlow,
    totalDelay: avgDelay * totalFlow,
    avgDelay,
    avg: avgDelay,
    avgDelayWithoutLtor: junctionDelay(approaches, 0),
    totalStops,
    stopsPerVeh: totalFlow > 0 ? totalStops / totalFlow : 0,
    levelOfService: levelOfService(avgDelay),
  };
}
type Means = ReturnType<typeof junctionMeans>;

/** Names that print uses for the junction's figures, with the name they are computed under. */
const junctionNames: Readonly<Record<string, keyof Means>> = {
  totalFlow: "totalFlow",
  printedTotalDelay: "totalDelay",
  printedAvgDelay: "avgDelay",
  printedAvg: "avgDelay",
  printedStopsPerVeh: "stopsPerVeh",
  printedStops: "totalStops",
  recomputedAvgDelay: "avgDelay",
  recomputedAvg: "avgDelay",
  recomputedAvg_C: "avgDelay",
  recomputedAvg_s: "avgDelay",
};

function compareJunction(
  junction: Loose,
  given: {
    readonly computed: Means;
    readonly alt: Means;
    readonly tolerance: { readonly of: (key: string) => number };
    readonly overflow: OverflowVariant;
  },
): readonly Comparison[] {
  const { computed, alt, tolerance, overflow } = given;
  const limits: Readonly<Partial<Record<keyof Means, number>>> = {
    totalFlow: tolerance.of("totalFlow"),
    totalDelay: computed.totalFlow * tolerance.of("avg"),
    avgDelay: tolerance.of("avg"),
    stopsPerVeh: Math.max(tolerance.of("NS"), 0.01),
    totalStops: computed.totalFlow * tolerance.of("NS"),
  };
  return Object.entries(junction).flatMap(([key, expected]) => {
    const column = junctionNames[key];
    if (!column) return [];
    const wantsOther =
      (key.endsWith("_s") && overflow === "capacity") || (key.endsWith("_C") && overflow !== "capacity");
    const from = wantsOther ? alt : computed;
    const explain = nq1Trap(overflow, alt[column] as number);
    return compareColumns({
      at: "junction",
      expected: { [key]: expected },
      computed: { [key]: from[column] },
      tolerance: (_, value) =>
        key.startsWith("recomputed") ? Math.max(0.02, digitsTolerance(value)) : (limits[column] ?? 0.01),
      explain: () => [explain],
    });
  });
}

/** The table of decree 273/1996: saturation flow, capacity and the delay of Webster's first two terms times 0.9. */
export function decree273(form: z.infer<typeof decreeForm>): Evaluated {
  const tolerance = tolerancesOf(form["tolerance"]);
  const notes: string[] = [];
  const comparisons: Comparison[] = [];
  let flow = 0;
  let delay = 0;
  let complete = true;
  const rows = form.rows.map((row, i): ResultRow => {
    const label = row.approach ?? `${i + 1}`;
    const S = row.S ?? row.S0! * (form.FCS ?? 1);
    const C = row.C ?? greenCapacity(S, row.g, form.cycle);
    const DS = row.Q / C;
    const GR = row.g / form.cycle;
    const D = decree273Delay({ flowPcuh: row.Q, capacityPcuh: C, greenS: row.g, cycleS: form.cycle });
    if (D === undefined)
      notes.push(`${label}: DS ${DS.toFixed(2)} is 1 or more, where the decree's delay has no value.`);
    const valid = D !== undefined;
    const A = valid ? (1 - GR) ** 2 / (2 * (1 - GR * DS)) : undefined;
    const B = valid ? DS ** 2 / (2 * (1 - DS)) : undefined;
    const computed = { S, FR: row.Q / S, C, DS, GR, NQ1: overflowQueue(DS, C), A, B, D };
    // "T=B" stands for two approaches that are alike.
    const count = label.split("=").length;
    flow += count * row.Q;
    delay += count * row.Q * (D ?? 0);
    complete &&= valid;
    const at = `rows.${i}`;
    comparisons.push(
      ...compareColumns({
        at: `${at}.printed`,
        expected: row["printed"],
        computed,
        tolerance: (key) => tolerance.of(key),
        missing: (key) =>
          key === "NQ2" || key === "PSV" || key === "psv"
            ? "decree-column: the decree's NQ2 and psv columns were worked with c - 12 for c - g; not to be used"
            : undefined,
      }),
      ...compareColumns({
        at: `${at}.recomputed`,
        expected: row["recomputed"],
        computed,
        tolerance: (_, value) => digitsTolerance(value),
      }),
    );
    return { name: label, inputs: { Q: row.Q, g: row.g, c: form.cycle }, computed };
  });
  const avgDelay = complete && flow > 0 ? delay / flow : undefined;
  const cua = form.IFR !== undefined && form.LTI !== undefined ? websterCycle(form.LTI, form.IFR) : undefined;
  const computed = { totalFlow: flow, avgDelay, cua };
  comparisons.push(
    ...compareColumns({
      at: "",
      expected: { avgDelayPrinted: form["avgDelayPrinted"], cuaPrinted: form["cuaPrinted"] },
      computed: { avgDelayPrinted: avgDelay, cuaPrinted: cua },
      tolerance: (key) => (key === "cuaPrinted" ? 0.1 : tolerance.of("D")),
    }),
  );
  return { computed, rows, comparisons, notes };
}
