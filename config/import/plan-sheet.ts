import { nearest, show, suggest } from "../fault.ts";
import type { City, Junction, Phase } from "../model.ts";
import type { PlanEntry } from "../schema/plans.ts";
import { toSeconds } from "../units.ts";
import { type Cell, parseCsv, type Row, type TableFault } from "./csv.ts";

/**
 * The table of timing plans, one row a phase:
 *
 * | column | holds |
 * |---|---|
 * | `plan` | id of the plan set; a new one is added |
 * | `junction` | id |
 * | `cycle_s`, `offset_s` | of the junction's plan; on its first row at least, the same on the others or empty. The offset is the start of green of the coordinated phase after UTC midnight |
 * | `phase` | number of the phase or stage |
 * | `split_s` | green + amber + all-red; or |
 * | `green_s` | green alone, to which amber and all-red are added |
 * | `amber_s`, `all_red_s` | optional: must be those of the junction's file, which a plan may not change |
 * | `order` | optional: place of the phase in its ring, where it differs from the junction's file |
 */
export const sheetColumns = [
  "plan",
  "junction",
  "cycle_s",
  "offset_s",
  "phase",
  "split_s",
  "green_s",
  "amber_s",
  "all_red_s",
  "order",
] as const;
export type SheetColumn = (typeof sheetColumns)[number];

const needed: readonly SheetColumn[] = ["plan", "junction", "cycle_s", "offset_s", "phase"];
const maxFaults = 100;

/** One junction's plan in a plan set, and where it stands in the table. */
export interface SheetPlan {
  readonly planSet: string;
  readonly junction: string;
  readonly entry: PlanEntry & { readonly cycle_s: number };
  readonly first: Cell;
  /** The cell with the split or green of each phase. */
  readonly phases: ReadonlyMap<number, Cell>;
}

export interface Sheet {
  readonly plans: readonly SheetPlan[];
  readonly faults: readonly TableFault[];
}

/** Reads a table of plans for a city. Names every fault with its place, up to a hundred; never throws. */
export function parsePlanSheet(source: string, city: City): Sheet {
  const { rows, faults: unreadable } = parseCsv(source);
  const faults: TableFault[] = [...unreadable];
  const header = rows[0];
  if (!header) {
    faults.push({
      line: 1,
      column: 1,
      message: `holds no rows; the first names the columns: ${sheetColumns.join(",")}`,
    });
    return { plans: [], faults };
  }
  const columns = columnsOf(header, faults);
  if (faults.length > 0) return { plans: [], faults };
  const reader = new SheetReader(city, columns, faults);
  for (const row of rows.slice(1)) {
    if (faults.length >= maxFaults) break;
    reader.read(row);
  }
  return { plans: reader.plans(), faults: faults.slice(0, maxFaults) };
}

function columnsOf(header: Row, faults: TableFault[]): ReadonlyMap<SheetColumn, number> {
  const columns = new Map<SheetColumn, number>();
  for (const [i, { text, ...place }] of header.entries()) {
    const name = text.toLowerCase().replaceAll(/[\s-]+/g, "_") as SheetColumn;
    if (text === "") continue;
    if (!sheetColumns.includes(name))
      faults.push({ ...place, message: `no column ${show(text)}; ${suggest(name, sheetColumns)}` });
    else if (columns.has(name)) faults.push({ ...place, message: `column ${show(text)} is there twice; remove one` });
    else columns.set(name, i);
  }
  const place = { line: header[0]!.line, column: 1 };
  for (const name of needed)
    if (!columns.has(name)) faults.push({ ...place, message: `column ${show(name)} is missing; add it` });
  if (!columns.has("split_s") && !columns.has("green_s"))
    faults.push({ ...place, message: 'neither column "split_s" nor "green_s" is there; add one of them' });
  return columns;
}

interface Draft {
  readonly planSet: string;
  readonly junction: Junction;
  readonly first: Cell;
  cycle: Cell | undefined;
  cycleS: number | undefined;
  offsetS: number | undefined;
  readonly splits: Map<number, number>;
  readonly phases: Map<number, Cell>;
  readonly order: Map<number, Cell>;
}

class SheetReader {
  readonly #city: City;
  readonly #columns: ReadonlyMap<SheetColumn, number>;
  readonly #faults: TableFault[];
  readonly #drafts = new Map<string, Draft>();

  constructor(city: City, columns: ReadonlyMap<SheetColumn, number>, faults: TableFault[]) {
    this.#city = city;
    this.#columns = columns;
    this.#faults = faults;
  }

  read(row: Row): void {
    const planSet = this.#cell(row, "plan");
    const junctionCell = this.#cell(row, "junction");
    const junction = this.#city.junctions.get(junctionCell.text);
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(planSet.text)) {
      this.#fault(
        planSet,
        `${show(planSet.text)} is no id of a plan set; use letters, digits, dot, underscore and hyphen, at most 64`,
      );
      return;
    }
    if (!junction) {
      this.#fault(
        junctionCell,
        `no junction ${show(junctionCell.text)}; ${suggest(junctionCell.text, this.#city.junctions.keys())}`,
      );
      return;
    }
    const draft = this.#draft(planSet, junction);
    this.#common(row, draft);
    const phaseCell = this.#cell(row, "phase");
    const phase = junction.phases.find(({ number }) => String(number) === phaseCell.text);
    if (!phase) {
      this.#fault(
        phaseCell,
        `no phase ${show(phaseCell.text)} at junction ${show(junction.id)}; known: ${junction.phases.map(({ number }) => number).join(", ")}`,
      );
      return;
    }
    if (draft.phases.has(phase.number)) {
      this.#fault(
        phaseCell,
        `phase ${phase.number} of plan ${show(planSet.text)} at ${show(junction.id)} stands on line ${draft.phases.get(phase.number)!.line} already; remove one row`,
      );
      return;
    }
    this.#split(row, draft, phase);
    const order = this.#cell(row, "order");
    if (order.text !== "") {
      if (/^\d{1,2}$/.test(order.text)) draft.order.set(phase.number, order);
      else this.#fault(order, `${show(order.text)} is no place in a ring; write a whole number`);
    }
  }

  plans(): readonly SheetPlan[] {
    return [...this.#drafts.values()].flatMap((draft) => this.#plan(draft));
  }

  #plan(draft: Draft): readonly SheetPlan[] {
    const { planSet, junction, first, cycleS, offsetS, splits, phases } = draft;
    if (cycleS === undefined || offsetS === undefined) {
      const what = cycleS === undefined ? "cycle_s" : "offset_s";
      this.#fault(first, `plan ${show(planSet)} at ${show(junction.id)} has no ${what}; write it on this row`);
      return [];
    }
    const sequence = this.#sequence(draft);
    return [
      {
        planSet,
        junction: junction.id,
        first,
        phases,
        entry: {
          cycle_s: cycleS,
          offset_s: offsetS,
          splits_s: Object.fromEntries(
            [...splits].sort((a, b) => a[0] - b[0]).map(([number, split]) => [String(number), split]),
          ),
          ...(sequence ? { sequence: sequence.map((ring) => [...ring]) } : {}),
        },
      },
    ];
  }

  /** Undefined where the table keeps to the junction's own order. */
  #sequence({ junction, order, first, planSet }: Draft): readonly (readonly number[])[] | undefined {
    if (order.size === 0) return undefined;
    for (const ring of junction.rings) {
      const places = ring.map((number) => order.get(number)?.text);
      const missing = ring.filter((number) => !order.has(number));
      if (missing.length > 0)
        this.#fault(
          first,
          `plan ${show(planSet)} at ${show(junction.id)}: phase ${missing.join(", ")} has no order, others have; write all or none`,
        );
      else if (new Set(places).size < places.length)
        this.#fault(
          first,
          `plan ${show(planSet)} at ${show(junction.id)}: two phases of the ring ${ring.join(", ")} have the same order; number them one by one`,
        );
    }
    const sorted = junction.rings.map((ring) =>
      [...ring].sort((a, b) => Number(order.get(a)?.text) - Number(order.get(b)?.text)),
    );
    return JSON.stringify(sorted) === JSON.stringify(junction.rings) ? undefined : sorted;
  }

  #draft(planSet: Cell, junction: Junction): Draft {
    const key = `${planSet.text}\n${junction.id}`;
    const known = this.#drafts.get(key);
    if (known) return known;
    const draft: Draft = {
      planSet: planSet.text,
      junction,
      first: planSet,
      cycle: undefined,
      cycleS: undefined,
      offsetS: undefined,
      splits: new Map(),
      phases: new Map(),
      order: new Map(),
    };
    this.#drafts.set(key, draft);
    return draft;
  }

  /** Cycle and offset, which every row of a plan may repeat. */
  #common(row: Row, draft: Draft): void {
    for (const [column, key] of [
      ["cycle_s", "cycleS"],
      ["offset_s", "offsetS"],
    ] as const) {
      const cell = this.#cell(row, column);
      if (cell.text === "") continue;
      const value = this.#whole(cell, column);
      if (value === undefined) continue;
      if (draft[key] !== undefined && draft[key] !== value)
        this.#fault(
          cell,
          `${column} ${value}, but the plan's first row (line ${draft.first.line}) says ${draft[key]}; write the same or leave it empty`,
        );
      draft[key] ??= value;
    }
  }

  #split(row: Row, draft: Draft, phase: Phase): void {
    const [split, green] = [this.#cell(row, "split_s"), this.#cell(row, "green_s")];
    const amberS = this.#fixed(row, "amber_s", toSeconds(phase.amber), draft.junction, phase);
    const allRedS = this.#fixed(row, "all_red_s", toSeconds(phase.allRed), draft.junction, phase);
    const cell = split.text === "" ? green : split;
    draft.phases.set(phase.number, cell);
    if (cell.text === "") {
      this.#fault(cell, `phase ${phase.number} has neither split_s nor green_s; write one of them`);
      return;
    }
    const value = this.#number(cell, cell === split ? "split_s" : "green_s");
    if (value === undefined) return;
    const total = cell === split ? value : value + amberS + allRedS;
    if (!Number.isInteger(Number(total.toFixed(6)))) {
      this.#fault(cell, `${show(cell.text)} makes a split of ${total} s; splits are whole seconds: change it`);
      return;
    }
    if (cell === split && green.text !== "") {
      const other = this.#number(green, "green_s");
      if (other !== undefined && Math.abs(other + amberS + allRedS - total) > 1e-6)
        this.#fault(
          green,
          `green ${other} s, amber ${amberS} s and all-red ${allRedS} s do not make the split of ${total} s; mend one or leave green_s empty`,
        );
    }
    draft.splits.set(phase.number, Math.round(total));
  }

  /** Amber and all-red are the junction's; a table may only repeat them. */
  #fixed(row: Row, column: "amber_s" | "all_red_s", own: number, junction: Junction, phase: Phase): number {
    const cell = this.#cell(row, column);
    if (cell.text === "") return own;
    const value = this.#number(cell, column);
    if (value !== undefined && Math.abs(value - own) > 1e-6)
      this.#fault(
        cell,
        `${column} ${value}, but junctions/${junction.id}.yaml gives phase ${phase.number} ${own} s, which a plan may not change; mend the table or the junction's file`,
      );
    return own;
  }

  #whole(cell: Cell, column: string): number | undefined {
    const value = this.#number(cell, column);
    if (value === undefined || Number.isInteger(value)) return value;
    this.#fault(cell, `${column} ${show(cell.text)} is not a whole number of seconds; round it`);
    return undefined;
  }

  #number(cell: Cell, column: string): number | undefined {
    const text = cell.text.replace(",", ".");
    if (/^\d{1,6}(\.\d{1,6})?$/.test(text)) return Number(text);
    this.#fault(cell, `${column} ${show(cell.text)} is not a number of seconds; write digits, such as 24`);
    return undefined;
  }

  #cell(row: Row, column: SheetColumn): Cell {
    const index = this.#columns.get(column);
    const last = row.at(-1)!;
    return (index === undefined ? undefined : row[index]) ?? { line: last.line, column: last.column, text: "" };
  }

  #fault({ line, column }: Cell, message: string): void {
    this.#faults.push({ line, column, message });
  }
}

/** The plans of a city in this form. */
export function planSheet(city: City): string {
  const rows = [...city.schedule.planSets.values()].flatMap(({ id, plans }) =>
    [...plans.values()].flatMap((plan) => {
      const junction = city.junctions.get(plan.junction)!;
      return plan.sequence.flatMap((ring) =>
        ring.map((number, place) => {
          const phase = junction.phases.find((own) => own.number === number)!;
          const splitS = toSeconds(plan.splits.find((own) => own.phase === number)!.split);
          const [amberS, allRedS] = [toSeconds(phase.amber), toSeconds(phase.allRed)];
          return [
            id,
            junction.id,
            toSeconds(plan.cycle),
            toSeconds(plan.offset),
            number,
            splitS,
            splitS - amberS - allRedS,
            amberS,
            allRedS,
            place + 1,
          ].join(",");
        }),
      );
    }),
  );
  return `${sheetColumns.join(",")}\n${rows.join("\n")}\n`;
}

/** The known plan set that was probably meant by a new id; undefined where none is near. */
export const nearestPlanSet = (city: City, planSet: string): string | undefined =>
  city.schedule.planSets.has(planSet) ? undefined : nearest(planSet, city.schedule.planSets.keys());
