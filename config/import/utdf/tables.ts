import { show, suggest } from "../../fault.ts";
import { type Cell, parseCsv, type TableFault } from "../csv.ts";

/**
 * Synchro's UTDF (Universal Traffic Data Format, version 7 and later): CSV tables under names in brackets, in one file or
 * one file each. A table starts with a title and a row of column names. `[Nodes]` has a row a node; the others have a row
 * for each record of a node: `RECORDNAME,INTID,...`.
 */
export type TableName = "Network" | "Nodes" | "Links" | "Lanes" | "Timeplans" | "Phases" | "Volumes";

/** Names and titles a table goes by. */
const names: Readonly<Record<string, TableName>> = {
  network: "Network",
  "network settings": "Network",
  nodes: "Nodes",
  "node data": "Nodes",
  links: "Links",
  "link data": "Links",
  lanes: "Lanes",
  "lane group data": "Lanes",
  timeplans: "Timeplans",
  timeplan: "Timeplans",
  timings: "Timeplans",
  "timing plan settings": "Timeplans",
  phases: "Phases",
  phasing: "Phases",
  "phasing data": "Phases",
  volumes: "Volumes",
  volume: "Volumes",
};

/** A value of a table; UTDF marks values somebody wrote over with a star, which is dropped. */
export interface Value extends Cell {
  readonly file: string;
}

/** Records of one node in one table: record name in lower case, then column. */
export type Records = ReadonlyMap<string, ReadonlyMap<string, Value>>;

export interface UtdfTables {
  /** Record name in lower case to value. */
  readonly network: ReadonlyMap<string, Value>;
  /** A row a node: columns in lower case. */
  readonly nodes: readonly ReadonlyMap<string, Value>[];
  /** By node, for each table. */
  readonly links: ReadonlyMap<string, Records>;
  readonly lanes: ReadonlyMap<string, Records>;
  readonly timeplans: ReadonlyMap<string, Records>;
  readonly phases: ReadonlyMap<string, Records>;
  readonly volumes: ReadonlyMap<string, Records>;
  /** Tables that were there and are not read. */
  readonly unread: readonly string[];
  readonly faults: readonly (TableFault & { readonly file: string })[];
}

type NodeTable = Exclude<TableName, "Network" | "Nodes">;

/** Reads the tables of one or more files. Names every fault with its place; never throws. */
export function parseUtdf(files: readonly { readonly name: string; readonly text: string }[]): UtdfTables {
  const network = new Map<string, Value>();
  const nodes: ReadonlyMap<string, Value>[] = [];
  const tables: Record<NodeTable, Map<string, Map<string, Map<string, Value>>>> = {
    Links: new Map(),
    Lanes: new Map(),
    Timeplans: new Map(),
    Phases: new Map(),
    Volumes: new Map(),
  };
  const unread = new Set<string>();
  const faults: (TableFault & { readonly file: string })[] = [];
  for (const { name: file, text } of files) {
    const { rows, faults: unreadable } = parseCsv(text);
    faults.push(...unreadable.map((fault) => ({ file, ...fault })));
    let table: TableName | undefined;
    let header: readonly string[] | undefined;
    for (const row of rows) {
      const first = row[0]!;
      const bracketed = /^\[(.+)\]$/.exec(first.text)?.[1];
      const title = names[(bracketed ?? first.text).toLowerCase()];
      const alone = row.slice(1).every((cell) => cell.text === "");
      if (bracketed !== undefined || (title !== undefined && alone)) {
        table = title;
        header = undefined;
        if (table === undefined) unread.add(bracketed!);
        continue;
      }
      if (table === undefined) {
        if (unread.size === 0 && first.text !== "")
          faults.push({
            file,
            line: first.line,
            column: first.column,
            message: `${show(first.text)} stands before any table; UTDF files begin with a name such as [Network] (${suggest(first.text, ["[Network]", "[Nodes]"])})`,
          });
        if (unread.size === 0) break;
        continue;
      }
      if (header === undefined) {
        const upper = row.map((cell) => cell.text.toUpperCase());
        if (upper[0] === "RECORDNAME" || upper[0] === "INTID") header = upper;
        continue;
      }
      const values = new Map<string, Value>();
      for (const [i, cell] of row.entries()) {
        const column = header[i];
        if (column !== undefined && column !== "" && cell.text !== "")
          values.set(column, { ...cell, text: cell.text.replace(/^\*/, ""), file });
      }
      if (table === "Nodes") nodes.push(values);
      else if (table === "Network") {
        const data = values.get("DATA");
        if (data) network.set(first.text.toLowerCase(), data);
      } else addRecord(tables[table], header, values, first);
    }
  }
  return {
    network,
    nodes,
    links: tables.Links,
    lanes: tables.Lanes,
    timeplans: tables.Timeplans,
    phases: tables.Phases,
    volumes: tables.Volumes,
    unread: [...unread],
    faults,
  };
}

/** The record layout, and the layout of a row a node that some tables of volumes have. */
function addRecord(
  table: Map<string, Map<string, Map<string, Value>>>,
  header: readonly string[],
  values: Map<string, Value>,
  first: Cell,
): void {
  const node = values.get("INTID")?.text;
  if (node === undefined) return;
  const record = header[0] === "RECORDNAME" ? first.text.toLowerCase() : "volume";
  const records = table.get(node) ?? new Map<string, Map<string, Value>>();
  table.set(node, records);
  // Offsets may be given once more after the phases; the later one holds.
  const own = records.get(record) ?? new Map<string, Value>();
  records.set(record, own);
  for (const [column, value] of values) if (column !== "RECORDNAME" && column !== "INTID") own.set(column, value);
}
