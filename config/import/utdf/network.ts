import { show } from "../../fault.ts";
import type { TableFault } from "../csv.ts";
import type { Records, UtdfTables, Value } from "./tables.ts";

/** What the importer works on: numbers in metres, seconds and km/h. */
export interface UtdfNetwork {
  readonly metric: boolean;
  readonly defaultLaneM: number;
  readonly nodes: ReadonlyMap<string, UtdfNode>;
  /** One-way, from node to node, as drawn. */
  readonly links: readonly UtdfLink[];
}

export interface UtdfNode {
  readonly id: string;
  readonly kind: "signal" | "external" | "bend" | "unsignalised" | "roundabout";
  readonly name: string | undefined;
  readonly xM: number;
  readonly yM: number;
  readonly heightM: number;
  readonly movements: readonly UtdfMovement[];
}

export interface UtdfLink {
  readonly from: string;
  readonly to: string;
  /** Of travel at `to`: NB, SB, EB, WB, NE, NW, SE, SW. */
  readonly direction: string;
  readonly lanes: number;
  readonly lengthM: number;
  readonly speedKmh: number;
  readonly gradePercent: number;
  readonly name: string | undefined;
}

/** A column of the lane groups: a turn from one approach. */
export interface UtdfMovement {
  /** As in the file: `NBL`, `SBR2`, `EBU`. */
  readonly column: string;
  readonly direction: string;
  readonly turn: "U" | "L2" | "L" | "T" | "R" | "R2";
  readonly from: string;
  readonly to: string;
  readonly lanes: number;
  /** 0 none, 1 with the movement to the left, 2 to the right, 3 both. */
  readonly shared: number;
  readonly laneM: number;
  /** Lanes that begin in a bay of this length; 0: all along. */
  readonly storageM: number;
  readonly protectedPhases: readonly number[];
  readonly permittedPhases: readonly number[];
  readonly volume: number;
  readonly heavyPercent: number;
  readonly turnOnRed: boolean;
  readonly detectorPhase: number;
}

export type UtdfFault = TableFault & { readonly file: string };

const FOOT_M = 0.3048;
const MILE_KM = 1.609344;
const kinds: Readonly<Record<string, UtdfNode["kind"]>> = {
  "0": "signal",
  "1": "external",
  "2": "bend",
  "3": "unsignalised",
  "4": "roundabout",
};
const columnForm = /^(N|S|E|W|NE|NW|SE|SW)(?:B)?(U|L2|L|T|R|R2)$/;

/** Numbers of the tables; every fault with its place. */
export function readNetwork(tables: UtdfTables, faults: UtdfFault[]): UtdfNetwork {
  const metric = number(tables.network.get("metric"), 0, faults) === 1;
  const lengthM = metric ? 1 : FOOT_M;
  const speed = metric ? 1 : MILE_KM;
  const defaultLaneM = number(tables.network.get("defwidth"), metric ? 3.6 : 12, faults) * lengthM;
  const nodes = new Map<string, UtdfNode>();
  for (const row of tables.nodes) {
    const id = row.get("INTID");
    if (!id) continue;
    const kind = kinds[row.get("TYPE")?.text ?? ""];
    if (!/^\d{1,6}$/.test(id.text)) faults.push(at(id, `${show(id.text)} is no number of a node; write digits`));
    else if (!kind)
      faults.push(
        at(
          row.get("TYPE") ?? id,
          `type ${show(row.get("TYPE")?.text)} of node ${id.text} is not known; 0 signal, 1 external, 2 bend, 3 unsignalised, 4 roundabout`,
        ),
      );
    else if (nodes.has(id.text)) faults.push(at(id, `node ${id.text} is there twice; remove one row`));
    else
      nodes.set(id.text, {
        id: id.text,
        kind,
        name: row.get("DESCRIPTION")?.text,
        xM: needed(row.get("X"), id, "X", faults) * lengthM,
        yM: needed(row.get("Y"), id, "Y", faults) * lengthM,
        heightM: number(row.get("Z"), 0, faults) * lengthM,
        movements: movementsOf(tables, id.text, { lengthM, defaultLaneM }, faults),
      });
  }
  if (nodes.size === 0)
    faults.push({
      file: tables.network.values().next().value?.file ?? "",
      line: 1,
      column: 1,
      message:
        "holds no node: there is no table [Nodes], or it is empty; export the network from Synchro as combined UTDF, version 7 or later",
    });
  const links = [...tables.links].flatMap(([to, records]) => linksTo(to, records, nodes, { lengthM, speed }, faults));
  return { metric, defaultLaneM, nodes, links };
}

function linksTo(
  to: string,
  records: Records,
  nodes: ReadonlyMap<string, UtdfNode>,
  unit: { readonly lengthM: number; readonly speed: number },
  faults: UtdfFault[],
): readonly UtdfLink[] {
  return [...(records.get("up id") ?? [])].flatMap(([direction, up]) => {
    if (!nodes.has(to) || !nodes.has(up.text)) {
      faults.push(
        at(
          up,
          `link from node ${up.text} to node ${to}: node ${nodes.has(to) ? up.text : to} is not in [Nodes]; add it there`,
        ),
      );
      return [];
    }
    const value = (record: string, otherwise: number) => number(records.get(record)?.get(direction), otherwise, faults);
    return [
      {
        from: up.text,
        to,
        direction,
        lanes: value("lanes", 0),
        lengthM: value("distance", 0) * unit.lengthM,
        speedKmh: value("speed", 0) * unit.speed,
        gradePercent: value("grade", 0),
        name: records.get("name")?.get(direction)?.text,
      },
    ];
  });
}

function movementsOf(
  tables: UtdfTables,
  node: string,
  unit: { readonly lengthM: number; readonly defaultLaneM: number },
  faults: UtdfFault[],
): readonly UtdfMovement[] {
  const records = tables.lanes.get(node);
  const volumes = tables.volumes.get(node)?.get("volume");
  return [...(records?.get("dest node") ?? [])].flatMap(([column, dest]) => {
    const form = columnForm.exec(column);
    const from = records!.get("up node")?.get(column);
    if (!form || !from) return [];
    const value = (record: string, otherwise: number) => number(records!.get(record)?.get(column), otherwise, faults);
    const phases = (record: string): readonly number[] =>
      [1, 2, 3, 4].map((i) => value(`${record}${i}`, 0)).filter((phase) => phase !== 0);
    const laneM = value("width", 0) * unit.lengthM;
    return [
      {
        column,
        direction: column.slice(0, column.length - form[2]!.length),
        turn: form[2] as UtdfMovement["turn"],
        from: from.text,
        to: dest.text,
        lanes: value("lanes", 0),
        shared: value("shared", 0),
        laneM: laneM > 0 ? laneM : unit.defaultLaneM,
        storageM: value("storage", 0) * unit.lengthM,
        protectedPhases: phases("phase"),
        permittedPhases: phases("permphase"),
        volume: volumes?.has(column) ? number(volumes.get(column), 0, faults) : value("volume", 0),
        heavyPercent: value("heavyvehicles", 2),
        turnOnRed: value("allow rtor", 0) === 1,
        detectorPhase: value("numdetects", 0) > 0 ? value("detectphase1", 0) : 0,
      },
    ];
  });
}

const at = ({ file, line, column }: Value, message: string): UtdfFault => ({ file, line, column, message });

function needed(value: Value | undefined, row: Value, name: string, faults: UtdfFault[]): number {
  if (value) return number(value, 0, faults);
  faults.push(at(row, `node ${row.text} has no ${name}; write it`));
  return 0;
}

/** Finite numbers of a sensible size; a fault otherwise. */
export function number(value: Value | undefined, otherwise: number, faults: UtdfFault[]): number {
  if (!value) return otherwise;
  if (/^-?\d{0,9}(\.\d{1,9})?$/.test(value.text) && /\d/.test(value.text)) return Number(value.text);
  faults.push(at(value, `${show(value.text)} is not a number; write digits, such as 12.5`));
  return otherwise;
}
