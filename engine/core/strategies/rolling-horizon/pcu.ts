import type { Control, VehicleClass } from "../../../../config/model.ts";

/** Passenger-car units of one vehicle. */
export type PcuOf = (vehicleClass: VehicleClass) => number;

/** Units of who takes next to no room: nobody passes in no time at all. */
const leastPcu = 0.1;

export const pcuOf =
  ({ pcu }: Control): PcuOf =>
  (vehicleClass) =>
    Math.max(leastPcu, vehicleClass === "unknown" ? 1 : pcu[vehicleClass]);
