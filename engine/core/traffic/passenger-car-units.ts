import type { Control } from "../../../config/model.ts";

export type Manual = Control["manual"];

/** Protected (type P, terlindung): no oncoming traffic while green. Opposed (type O, terlawan): right turns yield. */
export type Protection = "protected" | "opposed";

export interface PassengerCarUnits {
  readonly car: number;
  readonly hv: number;
  readonly mc: number;
}

/** Passenger-car equivalents (emp / EMP): MKJI 1997 ch. 2 table 1.1-1, PKJI 2023 ch. 5. Unmotorised traffic is not flow in either. */
const equivalents: Readonly<Record<Manual, Readonly<Record<Protection, PassengerCarUnits>>>> = {
  "mkji-1997": {
    protected: { car: 1, hv: 1.3, mc: 0.2 },
    opposed: { car: 1, hv: 1.3, mc: 0.4 },
  },
  "pkji-2023": {
    protected: { car: 1, hv: 1.3, mc: 0.15 },
    opposed: { car: 1, hv: 1.3, mc: 0.4 },
  },
};

export const passengerCarUnits = (manual: Manual, protection: Protection): PassengerCarUnits =>
  equivalents[manual][protection];

/** Vehicles (or veh/h) by class to pcu (or pcu/h). */
export const toPcu = (vehicles: PassengerCarUnits, unit: PassengerCarUnits): number =>
  vehicles.car * unit.car + vehicles.hv * unit.hv + vehicles.mc * unit.mc;

/** Default composition of a city of 0.5 to 1 million when nothing is counted (MKJI 1997 table B-3:1): shares of vehicles. */
export const defaultComposition: PassengerCarUnits = { car: 0.4, hv: 0.03, mc: 0.57 };

/** Default share of left and of right turns when nothing is counted (MKJI 1997, PLT = PRT = 0.15). */
export const defaultTurnShare = 0.15;
