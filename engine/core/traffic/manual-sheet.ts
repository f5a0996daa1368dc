/** What the forms SIG-I to SIG-V of the Indonesian capacity manual ask for, and the columns of one approach. */
import type { OverflowVariant } from "./manual-performance.ts";
import type { Manual, PassengerCarUnits, Protection } from "./passenger-car-units.ts";
import type { ApproachWidths, Environment, OpposedReading, SideFriction } from "./saturation-flow.ts";

export type FormMovement = "LT" | "LTOR" | "ST" | "RT";

/** Vehicles/h. */
export interface ClassFlow extends PassengerCarUnits {
  readonly um: number;
}

export type SaturationFactor = "FCS" | "FSF" | "FG" | "FP" | "FRT" | "FLT";

export interface ApproachSheet {
  readonly id: string;
  readonly protection: Protection;
  /** Numbers of the phases in which it is green. */
  readonly phases: readonly string[];
  readonly flows: Readonly<Record<FormMovement, ClassFlow>>;
  readonly widths: Pick<ApproachWidths, "approachM" | "entryM" | "exitM" | "leftTurnOnRedM">;
  readonly divided: boolean;
  readonly oneWay: boolean;
  readonly environment: Environment;
  readonly friction: SideFriction;
  readonly gradePercent: number;
  /** To the first parked vehicle, or length of a short lane; undefined: neither. */
  readonly clearM: number | undefined;
  /** Approach whose right turns oppose; its flow is QRTO. */
  readonly opposedBy: string | undefined;
  /** A reading of the chart for this very approach, pcu/h of green. */
  readonly basicSaturation: number | undefined;
  /** Factors that the user gives instead of the tables. */
  readonly factors: Readonly<Partial<Record<SaturationFactor, number>>>;
  /** A reading of the manual's chart for the probability of overflow, pcu. */
  readonly greatestQueuePcu: number | undefined;
}

export interface JunctionSheet {
  readonly manual: Manual;
  readonly overflow: OverflowVariant;
  readonly citySizeFactor: number;
  /** In order, with what follows each. */
  readonly phases: readonly { readonly id: string; readonly amberS: number; readonly allRedS: number }[];
  readonly approaches: readonly ApproachSheet[];
  readonly opposedReadings: readonly OpposedReading[];
  /** Given by hand: the forms are then worked for these. */
  readonly cycleS: number | undefined;
  readonly greensS: ReadonlyMap<string, number> | undefined;
}

/** One line of SIG-IV and SIG-V, with what SIG-II says of its flow. */
export interface ApproachForm {
  readonly id: string;
  readonly protection: Protection;
  readonly movements: Readonly<Record<FormMovement, number>>;
  readonly PLTOR: number;
  readonly PLT: number;
  readonly PRT: number;
  readonly UMMV: number;
  readonly We: number;
  readonly exitRules: boolean;
  readonly S0: number | undefined;
  readonly factors: Readonly<Record<SaturationFactor, number>>;
  readonly S: number | undefined;
  readonly Q: number;
  readonly Qltor: number;
  readonly FR: number | undefined;
  /** Of its phase; undefined where another approach rules the phase. */
  readonly PR: number | undefined;
  readonly g: number;
  readonly served: ServedForm | undefined;
}

export interface ServedForm {
  readonly C: number;
  readonly DS: number;
  readonly GR: number;
  readonly NQ1: number;
  readonly NQ2: number;
  readonly NQ: number;
  readonly NQmax: number | undefined;
  /** Of NQmax where it is read, else of NQ. */
  readonly QL: number;
  readonly NS: number;
  readonly NSV: number;
  readonly PSV: number;
  readonly DT: number;
  readonly DG: number;
  readonly D: number;
  readonly total: number;
}
