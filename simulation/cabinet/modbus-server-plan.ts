import type { Junction } from "../../config/model.ts";
import { type Instant, type Millis, millis, modulo } from "../../config/units.ts";
import type { PlanFault, StoredPlan } from "./virtual-cabinet.ts";

/** How this controller differs from profile ATCS-MB-A; every maker differs somewhere. */
export interface ModbusVariant {
  /** Low word of 32-bit values first. */
  readonly lowWordFirst: boolean;
  /** One count of every time register. */
  readonly count: Millis;
  /** Most registers in one write; below 77 the shadow takes parts. */
  readonly maxWrite: number;
  /** False: the plan's last register and the commit's third mean nothing. */
  readonly crc: boolean;
}

export const profileAVariant: ModbusVariant = { lowWordFirst: false, count: millis(100), maxWrite: 123, crc: true };

/** Commit results of profile A. */
export const Commit = {
  none: 0,
  pendingSwitch: 2,
  applied: 3,
  badKey: 16,
  badCrc: 17,
  staleSequence: 18,
  badLayout: 19,
  badStageList: 20,
  cycleSum: 21,
  cycleRange: 22,
  greenTooShort: 23,
  clearanceTooShort: 24,
  greenTooLong: 25,
  offsetRange: 26,
  validity: 27,
  modeRefuses: 28,
} as const;

/** Why a block is not taken; `at` is the offset in the block of the first offending register. */
export interface BlockFault {
  readonly result: number;
  readonly at: number;
}

/** Plan block of profile A, registers 0..76. */
export const BLOCK = 77;
const CRC_AT = 76;
const FIRST_STAGE = 12;
const STAGE = 8;
const STAGES = 8;
const LAYOUT_VERSION = 1;
const SKIP_IF_NO_DEMAND = 1;
const STAGE_FLAGS = 7;
export const UNKNOWN = 0xffff;

/** CRC-16/MODBUS of the registers' bytes, high byte first, by table. */
const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xa001 : 0);
  return rest;
});

export function blockCrc(block: Uint16Array): number {
  let crc = 0xffff;
  const add = (byte: number) => {
    crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
  };
  for (const register of block.subarray(0, CRC_AT)) {
    add(register >>> 8);
    add(register & 0xff);
  }
  return crc;
}

export const double = (registers: Uint16Array, at: number, { lowWordFirst }: ModbusVariant): number =>
  lowWordFirst ? registers[at + 1]! * 65_536 + registers[at]! : registers[at]! * 65_536 + registers[at + 1]!;

export interface Reader {
  readonly junction: Junction;
  readonly variant: ModbusVariant;
  readonly now: Instant;
}

/**
 * Reads a plan block as this cabinet would run it. The cabinet's amber and all-red are wired: a plan that asks for shorter ones
 * is unsafe, one that asks for longer ones or for red-amber or for skipped stages is refused as a stage list it does not have.
 */
export function readBlock(block: Uint16Array, reader: Reader): StoredPlan | BlockFault {
  const { junction, variant, now } = reader;
  const time = (at: number): number => block[at]! * variant.count;
  const no = (result: number, at: number): BlockFault => ({ result, at });

  if (block[0] !== LAYOUT_VERSION) return no(Commit.badLayout, 0);
  if (block[1] === 0) return no(Commit.badLayout, 1);
  if (block[5] !== 0) return no(Commit.badLayout, 5);
  if (block[7]! > 1) return no(Commit.badLayout, 7);
  const stages = block[6]!;
  if (stages < 2 || stages > STAGES) return no(Commit.badStageList, 6);
  const unused = block.subarray(FIRST_STAGE + stages * STAGE, CRC_AT).findIndex((register) => register !== 0);
  if (unused >= 0) return no(Commit.badLayout, FIRST_STAGE + stages * STAGE + unused);

  const splits = new Map<number, Millis>();
  const cycle = time(3);
  let before = 0;
  let total = 0;
  for (let i = 0; i < stages; i++) {
    const at = FIRST_STAGE + i * STAGE;
    const phase = junction.phases.find((entry) => entry.number === block[at]);
    if (!phase || splits.has(phase.number)) return no(Commit.badStageList, at);
    if (time(at + 2) > phase.amber) return no(Commit.badStageList, at + 2);
    if (time(at + 3) > phase.allRed) return no(Commit.badStageList, at + 3);
    if (time(at + 6) !== (phase.redAmber ?? 0)) return no(Commit.badStageList, at + 6);
    if (block[at + 7]! > STAGE_FLAGS || block[at + 7]! & SKIP_IF_NO_DEMAND) return no(Commit.badStageList, at + 7);
    if (phase.number === junction.coordinatedPhase) before = total;
    const split = time(at + 6) + time(at + 1) + time(at + 2) + time(at + 3);
    splits.set(phase.number, millis(split));
    total += split;
  }
  if (total !== cycle) return no(Commit.cycleSum, 3);
  if (cycle < junction.cycleMin || cycle > junction.cycleMax) return no(Commit.cycleRange, 3);

  for (let i = 0; i < stages; i++) {
    const at = FIRST_STAGE + i * STAGE;
    const phase = junction.phases.find((entry) => entry.number === block[at])!;
    const green = time(at + 1);
    const least = phase.minGreen - (phase.redAmber ?? 0);
    if (green < least || green < time(at + 4)) return no(Commit.greenTooShort, at + 1);
    if (time(at + 4) < least) return no(Commit.greenTooShort, at + 4);
    if (time(at + 2) < phase.amber) return no(Commit.clearanceTooShort, at + 2);
    if (time(at + 3) < phase.allRed) return no(Commit.clearanceTooShort, at + 3);
    if (green > phase.maxGreen || green > time(at + 5)) return no(Commit.greenTooLong, at + 1);
    if (time(at + 5) > phase.maxGreen) return no(Commit.greenTooLong, at + 5);
  }
  if (time(4) >= cycle) return no(Commit.offsetRange, 4);
  if (double(block, 8, variant) * 1000 > now) return no(Commit.validity, 8);
  if (double(block, 10, variant) * 1000 <= now) return no(Commit.validity, 10);
  return {
    planId: block[1]!,
    cycle: millis(cycle),
    // The block's offset is the first listed stage's, the cabinet's that of the coordinated phase.
    offset: millis(modulo(time(4) + before, cycle)),
    splits,
    sequence: [[...splits.keys()]],
  };
}

/** What the cabinet's own check said, in the words of the register map. */
export function asBlockFault(fault: PlanFault, block: Uint16Array): BlockFault {
  const stage = Array.from({ length: STAGES }, (_, i) => FIRST_STAGE + i * STAGE).find(
    (at) => block[at] === fault.phase,
  );
  const result: Readonly<Record<PlanFault["code"], number>> = {
    "cycle-range": Commit.cycleRange,
    "cycle-sum": Commit.cycleSum,
    barrier: Commit.badStageList,
    "split-too-short": Commit.greenTooShort,
    "split-too-long": Commit.greenTooLong,
    clearance: Commit.clearanceTooShort,
    offset: Commit.offsetRange,
    sequence: Commit.badStageList,
    "unknown-phase": Commit.badStageList,
    slot: Commit.modeRefuses,
    refused: Commit.modeRefuses,
  };
  return { result: result[fault.code], at: fault.phase > 0 && stage !== undefined ? stage : UNKNOWN };
}
