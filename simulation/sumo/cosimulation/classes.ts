import type { VehicleClass } from "../../../config/model.ts";

/** SUMO's vehicle classes as a counting camera tells them apart; everything else is a car. */
const SEEN_AS: Readonly<Record<string, VehicleClass>> = {
  bus: "hv",
  coach: "hv",
  truck: "hv",
  trailer: "hv",
  tram: "hv",
  motorcycle: "mc",
  moped: "mc",
  bicycle: "um",
};

export const seenAs = (vClass: string): VehicleClass => SEEN_AS[vClass] ?? "car";
