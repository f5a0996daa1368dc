/** Forms SIG-II and SIG-IV of the Indonesian capacity manual: flow in pcu, effective width and saturation flow with its factors. */
import type { ApproachForm, ApproachSheet, FormMovement, JunctionSheet, SaturationFactor } from "./manual-sheet.ts";
import { passengerCarUnits, toPcu } from "./passenger-car-units.ts";
import {
  effectiveWidth,
  gradeFactor,
  leftTurnFactor,
  opposedSaturation,
  parkingFactor,
  protectedSaturation,
  rightTurnFactor,
  separateLeftTurnM,
  sideFrictionFactor,
} from "./saturation-flow.ts";

/** LT and LTOR are the same turn, with and without a signal to wait for. */
export const formMovements = ["LT", "LTOR", "ST", "RT"] as const satisfies readonly FormMovement[];

export interface ApproachFlows {
  readonly movements: Readonly<Record<FormMovement, number>>;
  /** Queues at the signal. */
  readonly q: number;
  /** Passes beside the queue. */
  readonly bypass: number;
  readonly PLTOR: number;
  readonly PLT: number;
  readonly PRT: number;
  readonly UMMV: number;
}

export function flowsOf({ flows, protection, widths }: ApproachSheet, { manual }: JunctionSheet): ApproachFlows {
  const unit = passengerCarUnits(manual, protection);
  const pcu = (movement: FormMovement): number => toPcu(flows[movement], unit);
  const movements = { LT: pcu("LT"), LTOR: pcu("LTOR"), ST: pcu("ST"), RT: pcu("RT") };
  const total = movements.LT + movements.LTOR + movements.ST + movements.RT;
  const bypass = widths.leftTurnOnRedM >= separateLeftTurnM ? movements.LTOR : 0;
  const share = (part: number): number => (total > 0 ? part / total : 0);
  let motor = 0;
  let slow = 0;
  for (const movement of formMovements) {
    const { car, hv, mc, um } = flows[movement];
    motor += car + hv + mc;
    slow += um;
  }
  return {
    movements,
    q: total - bypass,
    bypass,
    PLTOR: share(movements.LTOR),
    PLT: share(movements.LT),
    PRT: share(movements.RT),
    UMMV: motor > 0 ? slow / motor : 0,
  };
}

export type SaturationLine = Omit<ApproachForm, "PR" | "g" | "served">;

export function saturationLine(
  approach: ApproachSheet,
  sheet: JunctionSheet,
  flows: ReadonlyMap<string, ApproachFlows>,
  notes: string[],
): SaturationLine {
  const { id, protection, widths } = approach;
  const own = flows.get(id)!;
  const { widthM, limitedByExit } = effectiveWidth({ ...widths, leftOnRedShare: own.PLTOR, rightShare: own.PRT });
  const exitRules = limitedByExit && protection === "protected";
  const We = limitedByExit && !exitRules ? entryWidth(widths, own.PLTOR) : widthM;
  const S0 = basicSaturation(approach, sheet, { We, flows });
  if (S0 === undefined)
    notes.push(
      `${id} is opposed (type O) and no reading of the manual's chart covers We ${We.toFixed(1)} m, QRT ${own.movements.RT.toFixed(0)}, QRTO ${opposing(approach, flows).toFixed(0)} pcu/h: give S0, a row of the table, or protect its right turn in a stage of its own. The manual prints no formula and none is made up.`,
    );
  const factors = factorsOf(approach, sheet, { own, exitRules });
  const product = Object.values(factors).reduce((a, b) => a * b, 1);
  const S = S0 === undefined ? undefined : S0 * product;
  const Q = exitRules ? own.movements.ST : own.q;
  if (exitRules)
    notes.push(`${id}: its exit of ${widths.exitM} m rules, so We is the exit and Q the straight flow alone.`);
  return {
    id,
    protection,
    movements: own.movements,
    PLTOR: own.PLTOR,
    PLT: own.PLT,
    PRT: own.PRT,
    UMMV: own.UMMV,
    We,
    exitRules,
    S0,
    factors,
    S,
    Q,
    Qltor: own.bypass,
    FR: S === undefined || S <= 0 ? undefined : Q / S,
  };
}

/** The exit check is for protected approaches only. */
const entryWidth = (widths: ApproachSheet["widths"], leftOnRedShare: number): number =>
  effectiveWidth({ ...widths, exitM: Number.POSITIVE_INFINITY, leftOnRedShare, rightShare: 0 }).widthM;

const opposing = ({ opposedBy }: ApproachSheet, flows: ReadonlyMap<string, ApproachFlows>): number =>
  (opposedBy === undefined ? undefined : flows.get(opposedBy))?.movements.RT ?? 0;

function basicSaturation(
  approach: ApproachSheet,
  sheet: JunctionSheet,
  { We, flows }: { readonly We: number; readonly flows: ReadonlyMap<string, ApproachFlows> },
): number | undefined {
  if (approach.basicSaturation !== undefined) return approach.basicSaturation;
  if (approach.protection === "protected") return protectedSaturation(We);
  return opposedSaturation(sheet.opposedReadings, {
    widthM: We,
    rightPcuh: flows.get(approach.id)!.movements.RT,
    opposingRightPcuh: opposing(approach, flows),
  });
}

/** Green that FP takes where none is known yet, s: 26 in MKJI 1997, 27 in PKJI 2023. */
const parkingGreenS = { "mkji-1997": 26, "pkji-2023": 27 } as const;

function factorsOf(
  approach: ApproachSheet,
  sheet: JunctionSheet,
  { own, exitRules }: { readonly own: ApproachFlows; readonly exitRules: boolean },
): Readonly<Record<SaturationFactor, number>> {
  const { protection, widths, environment, friction, divided, oneWay, clearM } = approach;
  const byEntry = protection === "protected" && !exitRules;
  const green = sheet.greensS ? greenFor(approach, sheet.greensS) : parkingGreenS[sheet.manual];
  const parking =
    clearM === undefined || exitRules ? 1 : parkingFactor({ clearM, approachM: widths.approachM, greenS: green });
  const leftWaits = own.movements.LTOR === 0;
  return {
    FCS: sheet.citySizeFactor,
    FSF: sideFrictionFactor({ environment, friction, protection, unmotorisedRatio: own.UMMV }),
    FG: gradeFactor(approach.gradePercent),
    FP: parking,
    FRT: byEntry && !divided && !oneWay ? rightTurnFactor(own.PRT) : 1,
    FLT: byEntry && leftWaits ? leftTurnFactor(own.PLT) : 1,
    ...approach.factors,
  };
}

const greenFor = ({ phases }: ApproachSheet, greens: ReadonlyMap<string, number>): number =>
  phases.reduce((sum, phase) => sum + (greens.get(phase) ?? 0), 0);
