import { type Cell, parseCsv, type Row, type TableFault } from "../../config/import/csv.ts";
import type { City } from "../../config/model.ts";

/** Vehicles counted past a stop line in a part of a day. */
export interface CountRow {
  readonly junction: string;
  readonly approach: string;
  /** Undefined: the whole approach. */
  readonly movement: string | undefined;
  /** Local, minutes since midnight. */
  readonly fromMin: number;
  readonly toMin: number;
  readonly vehicles: number;
  /** Undefined where classes were not told apart. */
  readonly classes: { readonly car: number; readonly hv: number; readonly mc: number } | undefined;
  readonly line: number;
}

/** Columns by the names that count sheets use: MKJI's, PKJI's, or plain ones; in small letters. */
export const countColumns: Readonly<Record<string, string>> = {
  junction: "junction",
  simpang: "junction",
  approach: "approach",
  pendekat: "approach",
  movement: "movement",
  gerakan: "movement",
  from: "from",
  to: "to",
  vehicles: "vehicles",
  car: "car",
  lv: "car",
  mp: "car",
  hv: "hv",
  ks: "hv",
  mc: "mc",
  sm: "mc",
  um: "um",
  ktb: "um",
  period: "period",
};
const needed = ["junction", "approach", "from", "to"];
const maxFaults = 100;

/** Reads a table of counts; names every fault with its place, up to a hundred. */
export function parseCounts(
  source: string,
  city: City,
): { readonly rows: readonly CountRow[]; readonly faults: readonly TableFault[] } {
  const { rows, faults: unreadable } = parseCsv(source);
  const faults: TableFault[] = [...unreadable];
  const used = rows.filter((row) => !row[0]!.text.startsWith("#"));
  const header = used[0];
  const columns = new Map<string, number>();
  for (const [i, cell] of (header ?? []).entries()) {
    const name = countColumns[cell.text.toLowerCase()];
    if (name === undefined && cell.text !== "")
      faults.push(at(cell, `no column "${cell.text}"; known: ${[...new Set(Object.values(countColumns))].join(", ")}`));
    else if (name !== undefined) columns.set(name, i);
  }
  for (const name of needed)
    if (!columns.has(name))
      faults.push({ line: header?.[0]?.line ?? 1, column: 1, message: `column "${name}" is missing; add it` });
  if (faults.length > 0) return { rows: [], faults };
  const counts = used.slice(1).flatMap((row) => (faults.length < maxFaults ? countOf(row, columns, city, faults) : []));
  if (counts.length === 0 && faults.length === 0)
    faults.push({ line: 1, column: 1, message: "holds no count; add rows" });
  return { rows: counts, faults };
}

const at = ({ line, column }: Cell, message: string): TableFault => ({ line, column, message });

function countOf(
  row: Row,
  columns: ReadonlyMap<string, number>,
  city: City,
  faults: TableFault[],
): readonly CountRow[] {
  const last = row.at(-1)!;
  const cell = (name: string): Cell => {
    const index = columns.get(name);
    return (index === undefined ? undefined : row[index]) ?? { ...last, text: "" };
  };
  const before = faults.length;
  const fault = (where: Cell, message: string): void => {
    faults.push(at(where, message));
  };
  const junction = city.junctions.get(cell("junction").text);
  if (!junction) {
    fault(cell("junction"), `no junction "${cell("junction").text}"; known: ${[...city.junctions.keys()].join(", ")}`);
    return [];
  }
  const approach = junction.approaches.find(({ id }) => id === cell("approach").text);
  if (!approach) {
    fault(
      cell("approach"),
      `junction ${junction.id} has no approach "${cell("approach").text}"; known: ${junction.approaches.map(({ id }) => id).join(", ")}`,
    );
    return [];
  }
  const turn = cell("movement").text;
  const own = junction.movements.filter((movement) => movement.approach === approach.id);
  const found = own.filter((movement) => movement.id === turn || movement.turn === turn);
  if (turn !== "" && found.length !== 1)
    fault(
      cell("movement"),
      `approach ${approach.id} of ${junction.id} has ${found.length === 0 ? "no" : "several"} "${turn}"; known: ${own.map(({ id }) => id).join(", ")}`,
    );
  const minutes = (name: string): number => {
    const match = /^(\d{1,2}):([0-5]\d)$/.exec(cell(name).text);
    const value = match ? Number(match[1]) * 60 + Number(match[2]) : Number.NaN;
    if (value <= 1440) return value;
    fault(cell(name), `${name} is "${cell(name).text}"; give local time as HH:MM, 00:00 to 24:00`);
    return 0;
  };
  const number = (name: string): number | undefined => {
    const { text } = cell(name);
    if (text === "") return undefined;
    if (/^\d{1,7}([.,]\d+)?$/.test(text)) return Number(text.replace(",", "."));
    fault(cell(name), `${name} is "${text}"; a count is a number, 0 or more`);
    return 0;
  };
  const [fromMin, toMin] = [minutes("from"), minutes("to")];
  if (faults.length === before && fromMin >= toMin)
    fault(cell("to"), `${cell("to").text} is not after ${cell("from").text}; mend one of them`);
  const [car, hv, mc, all] = [number("car"), number("hv"), number("mc"), number("vehicles")];
  const told = car !== undefined || hv !== undefined || mc !== undefined;
  if (!told && all === undefined)
    fault(last, "nothing is counted; give vehicles, or car, hv and mc (0 where nobody came)");
  const classes = told ? { car: car ?? 0, hv: hv ?? 0, mc: mc ?? 0 } : undefined;
  const sum = classes ? classes.car + classes.hv + classes.mc : 0;
  if (classes && all !== undefined && Math.abs(all - sum) > 1)
    fault(cell("vehicles"), `vehicles ${all} contradicts its classes, which add up to ${sum}; mend one of them`);
  if (faults.length > before) return [];
  return [
    {
      junction: junction.id,
      approach: approach.id,
      movement: found[0]?.id,
      fromMin,
      toMin,
      vehicles: classes ? sum : all!,
      classes,
      line: row[0]!.line,
    },
  ];
}
