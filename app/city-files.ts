import { fileURLToPath } from "node:url";
import { checkIncidents, type Incident } from "../config/incidents.ts";
import { checkCity, showFault } from "../config/load.ts";
import type { City, Junction } from "../config/model.ts";
import { strategies } from "../engine/core/strategies/registry.ts";
import type { Strategy } from "../engine/core/strategy.ts";
import { UserError } from "./user-error.ts";

/** The set that comes with Simpang. */
export const defaultConfig: string = fileURLToPath(new URL("../config/balikpapan", import.meta.url));

/** A checked city, or every fault in one error. */
export function readCity(dir: string): City {
  const { city, faults } = checkCity(dir);
  if (city && faults.length === 0) return city;
  const shown = faults.map((fault) => `\n  ${showFault(fault)}`);
  throw new UserError(
    `${dir} has ${faults.length} fault${faults.length === 1 ? "" : "s"}; nothing was started.${shown.join("")}`,
  );
}

/** Checked incidents of a file, or every fault in one error. */
export function readIncidents(path: string, city: City): readonly Incident[] {
  const { incidents, faults } = checkIncidents(path, city);
  if (incidents) return incidents;
  const shown = faults.map((fault) => `\n  ${showFault(fault)}`);
  throw new UserError(
    `${path} has ${faults.length} fault${faults.length === 1 ? "" : "s"}; nothing was started.${shown.join("")}`,
  );
}

export function junctionOf(city: City, id: string, dir: string): Junction {
  const junction = city.junctions.get(id);
  if (junction) return junction;
  throw new UserError(`There is no junction "${id}" in ${dir}. Take one of: ${[...city.junctions.keys()].join(", ")}.`);
}

export function strategyOf(name: string): Strategy {
  const strategy = strategies.get(name);
  if (!strategy)
    throw new UserError(`There is no strategy "${name}". Take one of: ${[...strategies.keys()].join(", ")}.`);
  return strategy;
}
