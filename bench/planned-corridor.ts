import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMap, isSeq, parseDocument } from "yaml";
import { readCity } from "../app/city-files.ts";
import type { City } from "../config/model.ts";

/** How the day's demand differs from the mean that the plans were made for, as factors on what enters. */
export interface Shift {
  readonly name: string;
  /** On everybody. */
  readonly all: number;
  /** Besides, on what enters at the first end of a corridor and at its last. */
  readonly forward: number;
  readonly backward: number;
}

export const shifts: readonly Shift[] = [
  { name: "none", all: 1, forward: 1, backward: 1 },
  { name: "up", all: 1.3, forward: 1, backward: 1 },
  { name: "down", all: 0.7, forward: 1, backward: 1 },
  { name: "forward", all: 1, forward: 1.3, backward: 0.7 },
  { name: "backward", all: 1, forward: 0.7, backward: 1.3 },
];

/** Edge nodes at which traffic enters the corridors: at their first junctions along them, and at their last. */
export function ends(city: City): { readonly forward: ReadonlySet<string>; readonly backward: ReadonlySet<string> } {
  const outside = (junction: string): readonly string[] => {
    const { approaches } = city.junctions.get(junction)!;
    return approaches
      .filter(({ main }) => main)
      .map(({ link }) => city.links.get(link)!.from)
      .filter((node) => city.nodes.get(node)!.kind === "edge");
  };
  const corridors = [...city.corridors.values()];
  return {
    forward: new Set(corridors.flatMap(({ junctions }) => outside(junctions[0]!))),
    backward: new Set(corridors.flatMap(({ junctions }) => outside(junctions.at(-1)!))),
  };
}

export interface Change {
  readonly shift: Shift;
  /** A `plans.yaml` in place of the configuration's own. */
  readonly plans?: string;
  /** What every corridor is run for. */
  readonly objective?: string;
  /** Every cabinet by NTCIP, so that each can be held and forced off second by second. */
  readonly ntcip?: true;
}

/** A copy of a configuration with another demand and, where asked for, other plans and cabinets. */
export function shiftedConfig(from: string, to: string, { shift, plans, objective, ntcip }: Change): string {
  cpSync(from, to, { recursive: true });
  if (ntcip) {
    const cabinets = join(to, "cabinets.yaml");
    writeFileSync(cabinets, readFileSync(cabinets, "utf8").replaceAll("protocol: modbus", "protocol: ntcip"));
  }
  if (objective !== undefined) {
    const file = join(to, "corridors.yaml");
    const document = parseDocument(readFileSync(file, "utf8"));
    const corridors = document.get("corridors");
    if (!isSeq(corridors)) throw new Error("a checked corridors.yaml has corridors");
    for (const corridor of corridors.items) if (isMap(corridor)) corridor.set("objective", objective);
    writeFileSync(file, document.toString());
  }
  if (plans !== undefined) cpSync(plans, join(to, "plans.yaml"));
  const file = join(to, "demand.yaml");
  const { forward, backward } = ends(readCity(from));
  const document = parseDocument(readFileSync(file, "utf8"));
  const flows = document.get("flows");
  if (!isSeq(flows)) throw new Error("a checked demand.yaml has flows");
  for (const flow of flows.items) {
    if (!isMap(flow)) continue;
    const origin = String(flow.get("from"));
    const own = forward.has(origin) ? shift.forward : backward.has(origin) ? shift.backward : 1;
    flow.set("vehicles_per_hour", Number(flow.get("vehicles_per_hour")) * shift.all * own);
  }
  writeFileSync(file, document.toString());
  readCity(to);
  return to;
}
