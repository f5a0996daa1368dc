import type { z } from "zod";
import { websterCycle } from "../../engine/core/traffic/cycle-time.ts";
import { greenCapacity } from "../../engine/core/traffic/manual-performance.ts";
import {
  citySizeFactor,
  type Environment,
  gradeFactor,
  leftTurnFactor,
  parkingFactor,
  protectedSaturation,
  rightTurnFactor,
  sideFrictionFactor,
} from "../../engine/core/traffic/saturation-flow.ts";
import {
  type Comparison,
  compareColumns,
  compared,
  digitsTolerance,
  type Explanation,
  tolerancesOf,
} from "./compare.ts";
import { factorNames, type saturationForm } from "./forms.ts";
import type { Choices, Evaluated, ResultRow } from "./result.ts";
import { isObject, type Loose } from "./words.ts";

type Form = z.infer<typeof saturationForm>;
type Row = Form["rows"][number];

export const environments: Readonly<Record<"COM" | "RES" | "RA", Environment>> = {
  COM: "commercial",
  RES: "residential",
  RA: "restricted",
};

/** Form SIG-IV: S = S0 FCS FSF FG FP FRT FLT, FR, C and DS. A factor that is not given follows from the site where that is given, else it is 1. */
export function saturationCapacity(form: Form, { manual }: Choices): Evaluated {
  const tolerance = tolerancesOf(form["tolerance"]);
  const notes: string[] = [];
  const comparisons: Comparison[] = [];
  const rows = form.rows.map((row, i): ResultRow => {
    const label = row.approach ?? `${i + 1}`;
    const { factors, S0, S } = saturationOf(row, form, { label, notes, manual });
    const c = form.cycle;
    const FR = S !== undefined && row.Q !== undefined ? row.Q / S : undefined;
    const C = S !== undefined && row.g !== undefined && c !== undefined ? greenCapacity(S, row.g, c) : undefined;
    const GR = row.g !== undefined && c !== undefined ? row.g / c : undefined;
    const DS = C !== undefined && C > 0 && row.Q !== undefined ? row.Q / C : undefined;
    if (DS !== undefined && DS > 1)
      notes.push(`${label}: DS ${DS.toFixed(2)} is above 1: demand is over the capacity of this green.`);
    if (C === 0) notes.push(`${label}: no green, so no capacity and no DS.`);
    const computed = { S0, ...factors, S, Q: row.Q, FR, g: row.g, GR, C, DS };
    const limit = (key: string): number => limitOf(key, computed, tolerance.of);
    comparisons.push(
      ...compareColumns({
        at: `rows.${i}.printed`,
        expected: row["printed"],
        computed,
        tolerance: limit,
        explain: (key) => explanations(key, { row, form, computed }),
      }),
      ...compareColumns({
        at: `rows.${i}.recomputed`,
        expected: row["recomputed"],
        computed,
        tolerance: (_, value) => digitsTolerance(value),
      }),
    );
    return { name: row.type ? `${label} ${row.type}` : label, inputs: { width: row.width, type: row.type }, computed };
  });
  const sums = isObject(form["sums"]) ? form["sums"] : {};
  const IFR = typeof sums["IFR"] === "number" ? sums["IFR"] : undefined;
  const cua = IFR !== undefined && form.LTI !== undefined ? websterCycle(form.LTI, IFR) : undefined;
  if (typeof sums["sPrinted"] === "number")
    comparisons.push(compared({ at: "sums.sPrinted", expected: sums["sPrinted"], computed: cua, tolerance: 1 }));
  return { computed: { IFR, LTI: form.LTI, cua }, rows, comparisons, notes };
}

/** A capacity printed to whole units was worked with GR to three digits; DS follows it. */
function limitOf(
  key: string,
  { S, C, DS }: { readonly S?: number | undefined; readonly C?: number | undefined; readonly DS?: number | undefined },
  of: (key: string) => number,
): number {
  const capacity = of("C") + 0.0005 * (S ?? 0);
  if (key === "C") return capacity;
  if (key === "DS" && C && DS) return Math.max(of("DS"), (DS * capacity) / C);
  return of(key);
}

interface Noting {
  readonly label: string;
  readonly notes: string[];
  readonly manual: Choices["manual"];
}

function saturationOf(row: Row, form: Form, noting: Noting) {
  const { label, notes } = noting;
  const factors = factorsOf(row, form, noting);
  if (row.S !== undefined) return { factors: {}, S0: row.S0, S: row.S };
  const S0 = row.S0 ?? (row.type !== "O" && row.width !== undefined ? protectedSaturation(row.width) : undefined);
  if (S0 === undefined) {
    notes.push(
      row.type === "O"
        ? `${label} is opposed (type O): its S0 is read from the manual's chart; give S0, or protect its right turn in a stage of its own. No formula is made up.`
        : `${label} has neither S0 nor an effective width; give one of them.`,
    );
    return { factors, S0: undefined, S: undefined };
  }
  if (row.type === "P" && row.width !== undefined && Math.abs(S0 - protectedSaturation(row.width)) > 1)
    notes.push(`${label}: S0 ${S0} is given, 600 We is ${protectedSaturation(row.width)}; the given one is used.`);
  const product = factorNames.reduce((all, key) => all * (factors[key] ?? 1), 1);
  return { factors, S0, S: S0 * product };
}

function factorsOf(
  row: Row,
  form: Form,
  { label, notes, manual }: Noting,
): Readonly<Partial<Record<(typeof factorNames)[number], number>>> {
  const given = row.F ?? {};
  const city = form.cityFactor ?? (form.population === undefined ? undefined : citySizeFactor(form.population));
  const protection = row.type === "O" ? "opposed" : "protected";
  const isProtected = protection === "protected";
  if (given.FCS !== undefined && city !== undefined && Math.abs(given.FCS - city) > 1e-6)
    notes.push(`${label}: FCS ${given.FCS} of the row contradicts ${city} of the city; the row's is used.`);
  const site = {
    FCS: city,
    FSF:
      row.environment &&
      sideFrictionFactor({
        environment: environments[row.environment],
        friction: row.friction ?? "high",
        protection,
        unmotorisedRatio: row.UMMV ?? 0,
      }),
    FG: row.grade === undefined ? undefined : gradeFactor(row.grade),
    FP:
      row.Lp === undefined || (row.WA ?? row.width) === undefined
        ? undefined
        : parkingFactor({
            clearM: row.Lp,
            approachM: row.WA ?? row.width!,
            greenS: row.g || (manual === "mkji-1997" ? 26 : 27),
          }),
    FRT: isProtected && row.PRT !== undefined ? rightTurnFactor(row.PRT) : undefined,
    FLT: isProtected && row.PLT !== undefined ? leftTurnFactor(row.PLT) : undefined,
  };
  return Object.fromEntries(
    factorNames.flatMap((key) => {
      const value = given[key] ?? site[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** PKJI's example prints C 830 where S g / c is 838.7: 830 belongs to a green of 40.6 s, printed as 41. */
export const greenBeforeRounding = (green: number, printed: number): Explanation => ({
  code: "green-before-rounding",
  text: `the printed figure was worked with a green of ${green.toFixed(2)} s, which the form then shows as ${printed} s`,
  value: Math.abs(green - printed) <= 0.5 ? green : undefined,
});

interface Explaining {
  readonly row: Row;
  readonly form: Form;
  readonly computed: Loose;
}

function explanations(key: string, { row, form, computed }: Explaining): readonly Explanation[] {
  const printed = (isObject(row["printed"]) ? row["printed"] : {}) as Loose;
  const number = (entry: unknown): number | undefined => (typeof entry === "number" ? entry : undefined);
  const found: Explanation[] = [];
  const S = number(printed["S"]) ?? number(computed["S"]);
  const C = number(printed["C"]);
  if (C !== undefined && S && row.g && form.cycle) {
    const green = (C * form.cycle) / S;
    const before = greenBeforeRounding(green, row.g);
    if (key === "C") found.push({ ...before, value: before.value && C });
    if (key === "DS" && row.Q !== undefined) found.push({ ...before, value: before.value && row.Q / C });
  }
  const sums = isObject(form["sums"]) ? form["sums"] : {};
  const IFR = number(sums["IFR"]);
  if (key === "FR" && IFR !== undefined && row.g && form.cycle && form.LTI !== undefined) {
    found.push({
      code: "early-start-share",
      text: `for an approach that also has green in another phase the printed flow ratio is what its early start alone uses, IFR g / (c - LTI) to two digits, not Q / S ${S === undefined ? "" : `= ${number(computed["FR"])?.toFixed(3)}`}`,
      value: Number(((IFR * row.g) / (form.cycle - form.LTI)).toFixed(2)),
    });
  }
  return found;
}
