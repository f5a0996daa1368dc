import type { z } from "zod";
import {
  highestFlowRatioSum,
  longestCycleS,
  recommendedCycles,
  websterCycle,
  websterGreens,
} from "../../engine/core/traffic/cycle-time.ts";
import { type LevelOfService, levelOfService } from "../../engine/core/traffic/level-of-service.ts";
import { allRedAt } from "../../engine/core/traffic/lost-time.ts";
import {
  type Manual,
  type PassengerCarUnits,
  type Protection,
  passengerCarUnits,
  toPcu,
} from "../../engine/core/traffic/passenger-car-units.ts";
import { opposedSaturation } from "../../engine/core/traffic/saturation-flow.ts";
import { type Comparison, compareColumns, compared, digitsTolerance, tolerancesOf } from "./compare.ts";
import type { allRedForm, designForm, losForm, opposedForm, pcuForm } from "./forms.ts";
import type { Choices, Evaluated, ResultRow } from "./result.ts";
import { isObject, type Loose } from "./words.ts";

type Movements = z.infer<typeof pcuForm>["approaches"][string];
const turns = ["LT", "LTOR", "ST", "RT"] as const;

/** Form SIG-II: every approach as protected and as opposed. */
export function pcuFlows(form: z.infer<typeof pcuForm>, { manual }: Choices): Evaluated {
  const tolerance = tolerancesOf(form["tolerance"]);
  const comparisons: Comparison[] = [];
  const rows: ResultRow[] = [];
  const printed = isObject(form["printed"]) ? form["printed"] : {};
  for (const [name, movements] of Object.entries(form.approaches)) {
    const computed = {
      protected: flowsBy(movements, manual, "protected"),
      opposed: flowsBy(movements, manual, "opposed"),
    };
    for (const protection of ["protected", "opposed"] as const) {
      const expected = isObject(printed[protection]) ? printed[protection][name] : undefined;
      if (typeof expected !== "number") continue;
      // Trap of PKJI 2023's example: the table is headed 0.15, its totals use 0.20.
      const value = flowsBy(movements, "mkji-1997", protection).total;
      comparisons.push(
        compared({
          at: `printed.${protection}.${name}`,
          expected,
          computed: computed[protection].total,
          tolerance: typeof form["tolerance"] === "number" ? form["tolerance"] : tolerance.of("pcu"),
          explanations: [
            {
              code: "mc-0.20",
              text: "the printed total weighs motorcycles 0.20, the value of MKJI 1997, not 0.15",
              value,
            },
          ],
        }),
      );
    }
    rows.push({ name, inputs: { shares: shares(movements, manual), UMMV: unmotorised(movements) }, computed });
  }
  const totals = (manual: Manual, protection: Protection): Loose =>
    Object.fromEntries(
      Object.entries(form.approaches).map(([name, entry]) => [name, flowsBy(entry, manual, protection).total]),
    );
  const computed = {
    protected: totals(manual, "protected"),
    opposed: totals(manual, "opposed"),
    recomputedWithMC015: totals("pkji-2023", "protected"),
    recomputedWithMC020: totals("mkji-1997", "protected"),
  };
  for (const key of ["recomputedWithMC015", "recomputedWithMC020"] as const)
    comparisons.push(
      ...compareColumns({ at: key, expected: form[key], computed: computed[key], tolerance: () => 0.01 }),
    );
  return { computed, rows, comparisons, notes: [] };
}

interface ByMovement {
  readonly total: number;
  readonly withoutLTOR: number;
  readonly movements: Loose;
}

function flowsBy(movements: Movements, manual: Manual, protection: Protection): ByMovement {
  const unit = passengerCarUnits(manual, protection);
  const each = turns.flatMap((turn) => {
    const entry = movements[turn];
    return entry ? [[turn, toPcu(vehicles(entry), unit)] as const] : [];
  });
  const total = each.reduce((sum, [, pcu]) => sum + pcu, 0);
  const left = each.find(([turn]) => turn === "LTOR")?.[1] ?? 0;
  return { total, withoutLTOR: total - left, movements: Object.fromEntries(each) };
}

const vehicles = (entry: NonNullable<Movements["LT"]>): PassengerCarUnits => ({
  car: entry.LV,
  hv: entry.HV,
  mc: entry.MC,
});

function shares(movements: Movements, manual: Manual): Loose {
  const { total, movements: pcu } = flowsBy(movements, manual, "protected");
  const of = (turn: string): number => (total > 0 ? ((pcu[turn] as number | undefined) ?? 0) / total : 0);
  return { PLTOR: of("LTOR"), PLT: of("LT"), PRT: of("RT") };
}

function unmotorised(movements: Movements): number {
  const entries = turns.flatMap((turn) => movements[turn] ?? []);
  const motor = entries.reduce((sum, { LV, HV, MC }) => sum + LV + HV + MC, 0);
  return motor > 0 ? entries.reduce((sum, { UM }) => sum + UM, 0) / motor : 0;
}

/** Form SIG-III. */
export function allReds(form: z.infer<typeof allRedForm>): Evaluated {
  const tolerance = tolerancesOf(form["tolerance"]);
  const comparisons: Comparison[] = [];
  const rows = form.rows.map((row, i): ResultRow => {
    const { LEV, lEV, VEV, LAV, VAV } = row;
    const exact = allRedAt({ leavingM: LEV, vehicleM: lEV, leavingMps: VEV, enteringM: LAV, enteringMps: VAV });
    const computed = { allRed: exact, rounded: Math.ceil(exact - 1e-9) };
    const expected = {
      allRed: row["allRed"],
      rounded: row["rounded"],
      ...(isObject(row["printed"]) ? row["printed"] : {}),
    };
    comparisons.push(
      ...compareColumns({
        at: `rows.${i}`,
        expected,
        computed,
        tolerance: (key, value) =>
          key === "rounded" ? 0 : form["tolerance"] === undefined ? digitsTolerance(value) : tolerance.of(key),
        explain: (key) => misprintedClearance(key, row, exact),
      }),
    );
    return { name: row.approach ?? `${i + 1}`, inputs: { LEV, lEV, VEV, LAV, VAV }, computed };
  });
  const worst = Math.max(0, ...rows.map(({ computed }) => computed["allRed"] as number));
  const rounded = Math.ceil(worst - 1e-9);
  comparisons.push(
    ...compareColumns({
      at: "",
      expected: { rounded: form["rounded"] },
      computed: { rounded },
      tolerance: () => 0,
    }),
  );
  return { computed: { allRed: worst, rounded }, rows, comparisons, notes: [] };
}

/** MKJI 1997 example 1, western approach: the cell prints 2.3, its own lengths and speeds give 2.06. */
function misprintedClearance(key: string, { LEV, lEV, LAV }: { LEV: number; lEV: number; LAV: number }, exact: number) {
  const known = key === "allRed" && LEV === 26.8 && lEV === 5 && LAV === 11.2;
  return known
    ? [
        {
          code: "misprint",
          text: `the cell's own lengths and speeds give ${exact.toFixed(2)} s, not what is printed`,
          value: 2.3,
        },
      ]
    : [];
}

/** Cycle and greens from flow ratios and lost time, and hourly from daily flows. */
export function design(form: z.infer<typeof designForm>): Evaluated {
  const tolerance = tolerancesOf(form["tolerance"]);
  const { LTI, FR } = form.inputs;
  const notes: string[] = [];
  const IFR = form.inputs.IFR ?? FR?.reduce((a, b) => a + b, 0);
  const printed = isObject(form["printed"]) ? form["printed"] : {};
  const cua = IFR === undefined ? undefined : websterCycle(LTI, IFR);
  const phases =
    form.inputs.phases ?? FR?.length ?? (Array.isArray(printed["greens"]) ? printed["greens"].length : undefined);
  const range = phases === undefined ? undefined : recommendedCycles(phases);
  if (IFR === undefined) notes.push("Neither IFR nor FR is given, so no cycle follows.");
  else if (cua === undefined)
    notes.push(
      `IFR ${IFR.toFixed(3)} is above ${highestFlowRatioSum}: the cycle formula has no use there${range ? `; cap the cycle at ${range.to} s` : ""}, and widen, part the right turn or forbid it.`,
    );
  else if (range && (cua < range.from || cua > range.to))
    notes.push(
      `${cua.toFixed(0)} s is outside ${range.from} to ${range.to} s, the manual's advice for ${phases} phases.`,
    );
  const given = form.cycle ?? (typeof printed["cycleUsed"] === "number" ? printed["cycleUsed"] : undefined);
  const c = given ?? (cua === undefined ? range?.to : Math.round(Math.min(cua, longestCycleS)));
  const greens = FR && c !== undefined ? websterGreens(c, LTI, FR) : undefined;
  const PR = FR && IFR ? FR.map((ratio) => ratio / IFR) : undefined;
  // Greens in proportion to flow ratios give every critical approach the same degree of saturation.
  const DSequal = IFR !== undefined && c !== undefined && c > LTI ? (IFR * c) / (c - LTI) : undefined;
  const hourly = form.k !== undefined && form.daily ? form.daily.map((flow) => flow * form.k!) : undefined;
  const computed = { IFR, LTI, cua, c, PR, greens, DSequal, hourly };
  const compare = (at: string, expected: unknown, limit: (key: string, value: number) => number) =>
    compareColumns({
      at,
      expected,
      computed: { ...computed, cycleUsed: undefined },
      tolerance: limit,
      missing: () => "needs the flow, saturation flow and green of each approach, which the vector does not give",
    });
  const list = (key: string, name: string, values: readonly number[] | undefined): Comparison[] => {
    const expected = name === "greens" ? printed[key] : form[key];
    if (!Array.isArray(expected)) return [];
    return expected.map((value: number, i) =>
      compared({
        at: `${key}.${i}`,
        expected: value,
        computed: values?.[i],
        tolerance: tolerance.of(name),
        missing: "needs the flow ratio of each phase, which the vector does not give",
      }),
    );
  };
  return {
    computed,
    rows: [],
    comparisons: [
      ...compare("printed", printed, (key) => tolerance.of(key)),
      ...compare("recomputed", form["recomputed"], (_, value) => digitsTolerance(value)),
      ...list("greens", "greens", greens),
      ...list("hourlyPrinted", "hourly", hourly),
    ],
    notes,
  };
}

/** S0 of opposed approaches, from the readings of the file alone. */
export function opposed(form: z.infer<typeof opposedForm>): Evaluated {
  const tolerance =
    typeof form["tolerance"] === "number" ? form["tolerance"] : tolerancesOf(form["tolerance"]).of("S0");
  const table = form.rows.map(([widthM, rightPcuh, opposingRightPcuh, saturationPcuh]) => ({
    widthM,
    rightPcuh,
    opposingRightPcuh,
    saturationPcuh,
  }));
  const asked = form.interpolation === undefined ? [] : [form.interpolation].flat();
  const notes: string[] = [
    "S0 of opposed approaches comes from the readings given and the corrections the manual prints beyond 250 smp/h; it prints no formula for the chart, and none is made up.",
  ];
  const comparisons: Comparison[] = [];
  const rows = asked.map((entry, i): ResultRow => {
    const { We, QRT, QRTO } = entry;
    const S0 = opposedSaturation(table, { widthM: We, rightPcuh: QRT, opposingRightPcuh: QRTO });
    if (S0 === undefined)
      notes.push(
        `We ${We}, QRT ${QRT}, QRTO ${QRTO}: no two readings enclose it; add a reading or protect the movement.`,
      );
    if (QRT > 200) notes.push(`QRT ${QRT} is above 200 smp/h: the manual advises a stage of its own.`);
    comparisons.push(
      ...compareColumns({
        at: `interpolation.${i}`,
        expected: { S0: entry["S0"] },
        computed: { S0 },
        tolerance: () => tolerance,
      }),
    );
    return { name: `${i + 1}`, inputs: { We, QRT, QRTO }, computed: { S0 } };
  });
  const readings = table.map(
    (row, i): ResultRow => ({
      name: `reading ${i + 1}`,
      inputs: { We: row.widthM, QRT: row.rightPcuh, QRTO: row.opposingRightPcuh },
      computed: { S0: opposedSaturation(table, row) },
    }),
  );
  return { computed: { S0: rows[0]?.computed["S0"] }, rows: [...readings, ...rows], comparisons, notes };
}

export function levels(form: z.infer<typeof losForm>): Evaluated {
  const comparisons: Comparison[] = [];
  const rows = form.rows.map(([delay, expected], i): ResultRow => {
    const level: LevelOfService = levelOfService(delay);
    if (expected !== undefined)
      comparisons.push(compared({ at: `rows.${i}`, expected, computed: level, tolerance: 0 }));
    return { name: `${delay} s`, inputs: { delay }, computed: { levelOfService: level } };
  });
  return {
    computed: {},
    rows,
    comparisons,
    notes: ["PM 96/2015 leaves the bounds open; here a bound belongs to the worse level."],
  };
}
