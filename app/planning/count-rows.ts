import { parse } from "yaml";
import { countColumns } from "../../simulation/demand/count-table.ts";
import { UserError } from "../user-error.ts";

/** One row of a count, as text or number, before anything is believed. */
export interface RawRow {
  /** Where it stands, such as `line 12` or `counts.3`. */
  readonly where: string;
  readonly cells: ReadonlyMap<string, string>;
}

export interface RawCounts {
  readonly rows: readonly RawRow[];
  /** Measured saturation flows and side friction, where the file has them. */
  readonly saturation: readonly RawRow[];
  readonly friction: string | undefined;
}

/** Those of a count, and what a plan needs besides. */
const columns: Readonly<Record<string, string>> = {
  ...countColumns,
  turn: "movement",
  group: "group",
  pcu_per_h: "pcu_per_h",
};

/** Reads CSV (comma, semicolon or tab; first line names the columns) or JSON/YAML. */
export function readRows(text: string, file: string): RawCounts {
  const body = text.replace(/^\uFEFF/, "");
  return /^\s*[[{]/.test(body) || /\.(json|ya?ml)$/i.test(file) ? fromJson(body, file) : fromCsv(body, file);
}

function fromCsv(text: string, file: string): RawCounts {
  const lines = text.split(/\r?\n/).map((line, i) => ({ line, number: i + 1 }));
  const used = lines.filter(({ line }) => line.trim() !== "" && !line.trimStart().startsWith("#"));
  const [head, ...rest] = used;
  if (!head) throw new UserError(`${file} is empty. ${form}`);
  const separator = [";", "\t", ","].find((mark) => head.line.includes(mark)) ?? ",";
  const names = split(head.line, separator).map((name) => known(name, `${file} line ${head.number}`));
  if (!names.includes("junction") || !names.includes("approach"))
    throw new UserError(`${file} line ${head.number}: no column junction or approach. ${form}`);
  const rows = rest.map(({ line, number }): RawRow => {
    const cells = split(line, separator);
    if (cells.length !== names.length)
      throw new UserError(
        `${file} line ${number}: ${cells.length} cells, the heading has ${names.length}; give one for each column, empty where nothing was counted.`,
      );
    return { where: `line ${number}`, cells: new Map(names.map((name, i) => [name, cells[i]!])) };
  });
  return { rows, saturation: [], friction: undefined };
}

const form =
  "Give columns junction, approach, movement (empty: the whole approach), from, to (HH:MM), car, hv, mc, um (or LV, HV, MC, UM), optionally period and vehicles (without classes).";

function split(line: string, separator: string): readonly string[] {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (const letter of line) {
    if (letter === '"') quoted = !quoted;
    else if (letter === separator && !quoted) {
      cells.push(cell.trim());
      cell = "";
    } else cell += letter;
  }
  return [...cells, cell.trim()];
}

function known(name: string, where: string): string {
  const column = columns[name.trim().toLowerCase()];
  if (column === undefined) throw new UserError(`${where}: there is no column ${JSON.stringify(name)}. ${form}`);
  return column;
}

function fromJson(text: string, file: string): RawCounts {
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch (error) {
    throw new UserError(`${file} cannot be parsed: ${(error as Error).message.split("\n")[0]}`);
  }
  const whole = Array.isArray(parsed) ? { counts: parsed } : parsed;
  if (!isRecord(whole)) throw new UserError(`${file} holds no counts. ${form}`);
  const rows: RawRow[] = [];
  const periods = whole["periods"];
  if (Array.isArray(periods)) {
    for (const [i, period] of periods.entries()) {
      if (!isRecord(period) || !Array.isArray(period["counts"]))
        throw new UserError(`${file} periods.${i}: give id, from, to and counts.`);
      const common = { period: period["id"] ?? period["name"], from: period["from"], to: period["to"] };
      for (const [k, entry] of period["counts"].entries())
        rows.push(
          rowOf({ ...common, ...record(entry, `${file} periods.${i}.counts.${k}`) }, `periods.${i}.counts.${k}`, file),
        );
    }
  }
  const counts = whole["counts"];
  if (Array.isArray(counts))
    for (const [k, entry] of counts.entries())
      rows.push(rowOf(record(entry, `${file} counts.${k}`), `counts.${k}`, file));
  if (rows.length === 0)
    throw new UserError(
      `${file} holds no counts: give {"counts": [...]} or {"periods": [{"id", "from", "to", "counts": [...]}]}. ${form}`,
    );
  const saturation = Array.isArray(whole["saturation"]) ? whole["saturation"] : [];
  return {
    rows,
    saturation: saturation.map((entry, k) => rowOf(record(entry, `${file} saturation.${k}`), `saturation.${k}`, file)),
    friction: typeof whole["friction"] === "string" ? whole["friction"] : undefined,
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function record(value: unknown, where: string): Record<string, unknown> {
  if (!isRecord(value)) throw new UserError(`${where}: is not an object with junction, approach and counts.`);
  return value;
}

function rowOf(entry: Record<string, unknown>, where: string, file: string): RawRow {
  const cells = new Map<string, string>();
  for (const [key, value] of Object.entries(entry)) {
    if (value === undefined || value === null || key === "note") continue;
    cells.set(known(key, `${file} ${where}`), String(value));
  }
  return { where, cells };
}
