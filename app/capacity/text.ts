import { type Tally, tally, type VectorResult } from "./evaluate.ts";
import { bothNames, isObject, type Loose, namesInside } from "./words.ts";

/** For programs: every column under both manuals' symbols. */
export function capacityJson(results: readonly VectorResult[]): object {
  return {
    summary: tally(results),
    vectors: results.map(({ id, kind, publication, manual, nq1, computed, rows, comparisons, notes }) => ({
      id,
      kind,
      ...(publication === undefined ? {} : { publication }),
      manual,
      nq1,
      computed: deep(computed),
      ...(kind === "performance" ? { junction: deep(computed) } : {}),
      rows: rows.map((row) => ({
        approach: row.name,
        inputs: deep(row.inputs),
        computed: deep(row.computed),
        ...Object.fromEntries(Object.entries(row.variants ?? {}).map(([key, value]) => [key, deep(value)])),
      })),
      comparisons,
      notes,
    })),
  };
}

const deep = (value: unknown, key = ""): unknown => {
  if (Array.isArray(value)) return value.map((entry) => deep(entry));
  if (typeof value === "number") return Number.isFinite(value) ? Number(value.toFixed(4)) : null;
  if (!isObject(value)) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, deep(entry, name)]));
  return namesInside.has(key) ? inner : bothNames(inner);
};

/** For people: one table a vector, then what deviates and why. */
export function capacityText(results: readonly VectorResult[]): string {
  return [...results.map(vectorText), summaryText(tally(results))].join("\n");
}

function vectorText(result: VectorResult): string {
  const lines = [
    `${result.id} (${result.kind}, ${result.manual}${result.nq1 === "capacity" ? "" : ", NQ1 as PKJI prints it"})`,
  ];
  lines.push(...table(result.rows.map((row) => [row.name, flat({ ...row.inputs, ...row.computed })] as const)));
  const totals = result.kind === "pcu" ? [] : flat(result.computed);
  if (totals.length > 0) lines.push(`  ${totals.map(([key, value]) => `${key} ${value}`).join("   ")}`);
  for (const note of result.notes) lines.push(`  note: ${note}`);
  const compared = result.comparisons;
  const within = compared.filter(({ verdict }) => verdict === "within").length;
  if (compared.length > 0) lines.push(`  ${within} of ${compared.length} given figures met within their rounding`);
  for (const { at, expected, computed, verdict, why } of compared) {
    if (verdict === "within") continue;
    const got = typeof computed === "number" ? Number(computed.toFixed(4)) : computed;
    lines.push(
      `  ${verdict}: ${at} ${expected}${got === null ? "" : `, here ${got}`}${why === undefined ? "" : ` (${why})`}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** Nested columns side by side, such as protected.total. */
function flat(columns: Loose, prefix = ""): readonly (readonly [string, string])[] {
  return Object.entries(columns).flatMap(([key, value]): readonly (readonly [string, string])[] => {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value))
      return value.length === 0
        ? []
        : value.every((entry) => typeof entry === "number")
          ? [[prefix + key, value.map(shown).join(" ")]]
          : value.flatMap((entry, i) => flat(isObject(entry) ? entry : {}, `${prefix}${key}.${i + 1}.`));
    if (isObject(value)) return flat(value, `${prefix}${key}.`);
    return [[prefix + key, typeof value === "number" ? shown(value) : String(value)]];
  });
}

/** As many digits as the forms carry. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (Number.isInteger(value)) return `${value}`;
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(3);
}

const widest = 118;

function table(rows: readonly (readonly [string, readonly (readonly [string, string])[]])[]): string[] {
  const names = [...new Set(rows.flatMap(([, cells]) => cells.map(([key]) => key)))];
  const cellOf = (cells: readonly (readonly [string, string])[], name: string): string =>
    cells.find(([key]) => key === name)?.[1] ?? "";
  const first = Math.max(8, ...rows.map(([name]) => name.length));
  const widths = names.map((name) => Math.max(name.length, ...rows.map(([, cells]) => cellOf(cells, name).length)));
  const lines: string[] = [];
  // As many columns as fit on a line, the rest in further bands.
  for (let from = 0; from < names.length; ) {
    let to = from;
    let used = first + 2;
    while (to < names.length && (to === from || used + widths[to]! + 2 <= widest)) used += widths[to++]! + 2;
    const band = names.slice(from, to);
    const line = (head: string, cells: readonly string[]): string =>
      `  ${head.padEnd(first)}${cells.map((cell, i) => cell.padStart(widths[from + i]! + 2)).join("")}`.trimEnd();
    lines.push(line("", band));
    for (const [name, cells] of rows)
      lines.push(
        line(
          name,
          band.map((key) => cellOf(cells, key)),
        ),
      );
    from = to;
  }
  return lines;
}

const summaryText = ({ within, explained, deviates, notComputed }: Tally): string =>
  `${within} figures within rounding, ${explained} explained by a known trap, ${deviates} deviating, ${notComputed} not determined by the inputs.\n`;
