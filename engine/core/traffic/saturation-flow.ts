/** Saturation flow of the Indonesian capacity manual (MKJI 1997 ch. 2, PKJI 2023 ch. 5): S = S0 FCS FSF FG FP FRT FLT. */

import type { Protection } from "./passenger-car-units.ts";

export type Environment = "commercial" | "residential" | "restricted";
export type SideFriction = "high" | "medium" | "low";

/** Basic saturation flow of a protected approach, pcu/h of green per metre of effective width (MKJI 1997, S0 = 600 We). */
export const basicSaturationPerMetre = 600;

/** Effective widths below this left-turn-on-red width keep the left turn in the approach's queue (MKJI 1997), m. */
export const separateLeftTurnM = 2;

export interface ApproachWidths {
  readonly approachM: number;
  readonly entryM: number;
  readonly exitM: number;
  /** Lane of the left turn on red; 0 where it is not signed. */
  readonly leftTurnOnRedM: number;
  /** Shares of the approach's pcu. */
  readonly leftOnRedShare: number;
  readonly rightShare: number;
}

export interface EffectiveWidth {
  readonly widthM: number;
  /** The exit is narrower than what the entry could send: take the through flow alone and the exit's width. */
  readonly limitedByExit: boolean;
}

/** We of a protected approach with the exit check of MKJI 1997 / PKJI 2023. */
export function effectiveWidth(widths: ApproachWidths): EffectiveWidth {
  const { approachM, entryM, exitM, leftTurnOnRedM, leftOnRedShare, rightShare } = widths;
  const bypasses = leftTurnOnRedM >= separateLeftTurnM;
  const widthM = bypasses
    ? Math.min(approachM - leftTurnOnRedM, entryM)
    : Math.min(approachM, entryM + leftTurnOnRedM, approachM * (1 + leftOnRedShare) - leftTurnOnRedM);
  const straightShare = 1 - rightShare - (bypasses ? 0 : leftOnRedShare);
  return exitM < widthM * straightShare ? { widthM: exitM, limitedByExit: true } : { widthM, limitedByExit: false };
}

/** One reading of the manual's charts for opposed approaches: the user's table, since the manual prints no formula. */
export interface OpposedReading {
  readonly widthM: number;
  readonly rightPcuh: number;
  readonly opposingRightPcuh: number;
  readonly saturationPcuh: number;
}

/** S0 of a protected approach, pcu/h of green. */
export const protectedSaturation = (effectiveWidthM: number): number => basicSaturationPerMetre * effectiveWidthM;

/** Right turns beyond this are off the manual's charts, pcu/h. */
const chartLimit = 250;

/**
 * S0 of an opposed approach from chart readings the user supplies: linear in width between two readings with the same
 * right turns, and the manual's printed corrections beyond 250 pcu/h. Undefined when the table does not cover the case;
 * no formula is invented.
 */
export function opposedSaturation(
  table: readonly OpposedReading[],
  at: { readonly widthM: number; readonly rightPcuh: number; readonly opposingRightPcuh: number },
): number | undefined {
  const { widthM, rightPcuh, opposingRightPcuh } = at;
  if (opposingRightPcuh > chartLimit && rightPcuh > chartLimit) {
    const corner = lookUp(table, { widthM, rightPcuh: chartLimit, opposingRightPcuh: chartLimit });
    return corner === undefined ? undefined : corner - 2 * (opposingRightPcuh + rightPcuh - 2 * chartLimit);
  }
  if (opposingRightPcuh > chartLimit) {
    const edge = lookUp(table, { widthM, rightPcuh, opposingRightPcuh: chartLimit });
    return edge === undefined ? undefined : edge - 8 * (opposingRightPcuh - chartLimit);
  }
  return lookUp(table, { widthM, rightPcuh: Math.min(rightPcuh, chartLimit), opposingRightPcuh });
}

function lookUp(
  table: readonly OpposedReading[],
  at: { readonly widthM: number; readonly rightPcuh: number; readonly opposingRightPcuh: number },
): number | undefined {
  const same = table
    .filter((row) => row.rightPcuh === at.rightPcuh && row.opposingRightPcuh === at.opposingRightPcuh)
    .sort((a, b) => a.widthM - b.widthM);
  const below = same.filter((row) => row.widthM <= at.widthM).at(-1);
  const above = same.find((row) => row.widthM >= at.widthM);
  if (!below || !above) return undefined;
  if (below.widthM === above.widthM) return below.saturationPcuh;
  const share = (at.widthM - below.widthM) / (above.widthM - below.widthM);
  return below.saturationPcuh + share * (above.saturationPcuh - below.saturationPcuh);
}

/** City-size factor FCS / FUK by population, persons (signalised junctions; MKJI 1997 table C-4:3). */
export function citySizeFactor(population: number): number {
  if (population > 3_000_000) return 1.05;
  if (population > 1_000_000) return 1;
  if (population > 500_000) return 0.94;
  if (population > 100_000) return 0.83;
  return 0.82;
}

/** Columns of the side-friction table: ratio of unmotorised to motorised vehicles. */
const ratioStep = 0.05;

/** FSF / FHS by environment and friction at RUM = 0, .05, .10, .15, .20, >= .25 (MKJI 1997 table C-4:4; the printed .99 of RES high P is .89). */
const sideFrictionTable: Readonly<Record<string, Readonly<Record<Protection, readonly number[]>>>> = {
  "commercial/high": { opposed: [0.93, 0.88, 0.84, 0.79, 0.74, 0.7], protected: [0.93, 0.91, 0.88, 0.87, 0.85, 0.81] },
  "commercial/medium": {
    opposed: [0.94, 0.89, 0.85, 0.8, 0.75, 0.71],
    protected: [0.94, 0.92, 0.89, 0.88, 0.86, 0.82],
  },
  "commercial/low": { opposed: [0.95, 0.9, 0.86, 0.81, 0.76, 0.72], protected: [0.95, 0.93, 0.9, 0.89, 0.87, 0.83] },
  "residential/high": {
    opposed: [0.96, 0.91, 0.86, 0.81, 0.78, 0.72],
    protected: [0.96, 0.94, 0.92, 0.89, 0.86, 0.84],
  },
  "residential/medium": {
    opposed: [0.97, 0.92, 0.87, 0.82, 0.79, 0.73],
    protected: [0.97, 0.95, 0.93, 0.9, 0.87, 0.85],
  },
  "residential/low": { opposed: [0.98, 0.93, 0.88, 0.83, 0.8, 0.74], protected: [0.98, 0.96, 0.94, 0.91, 0.88, 0.86] },
  restricted: { opposed: [1, 0.95, 0.9, 0.85, 0.8, 0.75], protected: [1, 0.98, 0.95, 0.93, 0.9, 0.88] },
};

/** FSF / FHS, linear between the table's columns. */
export function sideFrictionFactor(site: {
  readonly environment: Environment;
  readonly friction: SideFriction;
  readonly protection: Protection;
  readonly unmotorisedRatio: number;
}): number {
  const key = site.environment === "restricted" ? "restricted" : `${site.environment}/${site.friction}`;
  const row = sideFrictionTable[key]![site.protection];
  const position = Math.min(Math.max(site.unmotorisedRatio, 0) / ratioStep, row.length - 1);
  const left = Math.floor(position);
  const right = Math.min(left + 1, row.length - 1);
  return row[left]! + (position - left) * (row[right]! - row[left]!);
}

/** FG: about -1 % per 1 % uphill, +0.5 % per 1 % downhill; the manual prints a chart only (reading of low confidence). */
export const gradeFactor = (gradePercent: number): number =>
  gradePercent >= 0 ? 1 - 0.01 * gradePercent : 1 - 0.005 * gradePercent;

/** FP for a parked vehicle or a short lane `clearM` from the stop line, never above 1 (MKJI 1997; g 26 s where unknown). */
export function parkingFactor(site: {
  readonly clearM: number;
  readonly approachM: number;
  readonly greenS: number;
}): number {
  const reach = site.clearM / 3;
  const factor = (reach - ((site.approachM - 2) * (reach - site.greenS)) / site.approachM) / site.greenS;
  return site.greenS > 0 ? Math.min(1, Math.max(0, factor)) : 1;
}

/** FRT: protected, undivided two-way street, width set by the entry; otherwise 1. */
export const rightTurnFactor = (rightShare: number): number => 1 + 0.26 * rightShare;

/** FLT: protected, no left turn on red, width set by the entry; otherwise 1. */
export const leftTurnFactor = (leftShare: number): number => 1 - 0.16 * leftShare;

/** An approach green in two phases: S12 = (S1 g1 + S2 g2) / (g1 + g2). */
export const combinedSaturation = (
  parts: readonly { readonly saturationPcuh: number; readonly greenS: number }[],
): number =>
  parts.reduce((total, part) => total + part.saturationPcuh * part.greenS, 0) /
  parts.reduce((total, part) => total + part.greenS, 0);
