import type { Control, VehicleClass } from "../../../config/model.ts";
import type { Counts } from "../reading.ts";
import { defaultComposition } from "../traffic/passenger-car-units.ts";

/** What passes: vehicles, their pcu, and the sum of squared pcu, over the last few hundred vehicles. */
export interface Composition {
  readonly vehicles: number;
  readonly pcu: number;
  readonly squares: number;
}

/** Vehicles after which the mix is forgotten to 1/e: about a quarter of an hour of one lane. */
const memoryVehicles = 200;
/** The manual's default mix counts as this many vehicles seen. */
const priorVehicles = 20;

export function startComposition(pcu: Control["pcu"]): Composition {
  const { car, hv, mc } = defaultComposition;
  const mean = car * pcu.car + hv * pcu.hv + mc * pcu.mc;
  const squares = car * pcu.car ** 2 + hv * pcu.hv ** 2 + mc * pcu.mc ** 2;
  return { vehicles: priorVehicles, pcu: priorVehicles * mean, squares: priorVehicles * squares };
}

export const pcuPerVehicle = ({ vehicles, pcu }: Composition): number => pcu / vehicles;

/** Relative variance of a pcu count against that of the vehicle count (compound Poisson): at least 1. */
export const spreadOfPcu = ({ vehicles, pcu, squares }: Composition): number => (squares * vehicles) / pcu ** 2;

export interface Weighed {
  readonly vehicles: number;
  readonly pcu: number;
  readonly squares: number;
}

/** Vehicles of unknown class weigh what the mix weighs; unmotorised ones weigh what the settings say. */
export function weigh(counts: Counts, units: Control["pcu"], mix: Composition): Weighed {
  const unknown = pcuPerVehicle(mix);
  let vehicles = 0;
  let pcu = 0;
  let squares = 0;
  for (const key of ["car", "hv", "mc", "um", "unknown"] as const satisfies readonly VehicleClass[]) {
    const n = counts[key] ?? 0;
    const unit = key === "unknown" ? unknown : units[key];
    vehicles += n;
    pcu += n * unit;
    squares += n * unit ** 2;
  }
  return { vehicles, pcu, squares };
}

export function mixed(before: Composition, seen: Weighed): Composition {
  const keep = Math.exp(-seen.vehicles / memoryVehicles);
  return {
    vehicles: before.vehicles * keep + seen.vehicles,
    pcu: before.pcu * keep + seen.pcu,
    squares: before.squares * keep + seen.squares,
  };
}
