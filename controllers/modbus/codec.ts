import { type Millis, millis } from "../../config/units.ts";
import type { Point, Points, RegisterMap, WordOrder } from "./register-map.ts";

/** A value the map's register cannot carry, or a register set of the wrong length. */
export class CodecError extends Error {
  readonly point: string;

  constructor(point: string, message: string) {
    super(`${point}: ${message}`);
    this.name = "CodecError";
    this.point = point;
  }
}

/** CRC-16/MODBUS (polynomial 0xA001 reflected, start 0xFFFF) over bytes; "123456789" gives 0x4B37. */
export function crc16(bytes: Iterable<number>): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

/** The same over registers, high byte first. */
export const crcOfRegisters = (registers: readonly number[]): number =>
  crc16(registers.flatMap((register) => [register >> 8, register & 0xff]));

/** Is `candidate` newer than `reference` in serial-number arithmetic modulo 65536? */
export const isNewer = (candidate: number, reference: number): boolean => {
  const ahead = (candidate - reference) & 0xffff;
  return ahead > 0 && ahead < 0x8000;
};

/** Values of one set of points, raw counts as the registers carry them; `unknown` values and absent points read undefined. */
export class PointReader {
  readonly #points: Points;
  readonly #registers: readonly number[];
  readonly #wordOrder: WordOrder;
  readonly #base: number;

  constructor(points: Points, registers: readonly number[], wordOrder: WordOrder, base = 0) {
    this.#points = points;
    this.#registers = registers;
    this.#wordOrder = wordOrder;
    this.#base = base;
  }

  raw(name: string): number | undefined {
    const point = this.#points[name];
    if (!point) return undefined;
    const at = this.#base + point.at;
    const first = this.#registers[at];
    const second = point.type === "u32" ? this.#registers[at + 1] : 0;
    if (first === undefined || second === undefined) throw new CodecError(name, `register ${at} was not read`);
    const value =
      point.type === "u32"
        ? this.#wordOrder === "msw-first"
          ? first * 0x10000 + second
          : second * 0x10000 + first
        : first;
    return value === point.unknown ? undefined : value;
  }

  /** For points the map is checked to have; a value the map calls unknown reads 0xFFFF. */
  need(name: string): number {
    return this.raw(name) ?? 0xffff;
  }

  /** Of points in seconds. */
  time(name: string): Millis | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : millis(value * this.#points[name]!.scale * 1000);
  }

  /** Names of the bits that are set; a set bit without a name reads `bit-n`. */
  bits(name: string): readonly string[] {
    const value = this.raw(name) ?? 0;
    const names = this.#points[name]?.bits ?? [];
    return Array.from({ length: 16 }, (_, i) => i).flatMap((i) => (value & (1 << i) ? [names[i] ?? `bit-${i}`] : []));
  }

  /** The first point whose value is not the one the map expects. */
  unexpected(): { readonly name: string; readonly value: number; readonly expected: number } | undefined {
    for (const [name, { expect }] of Object.entries(this.#points)) {
      if (expect === undefined) continue;
      const value = this.need(name);
      if (value !== expect) return { name, value, expected: expect };
    }
    return undefined;
  }
}

/** Puts a raw value where its point stands. Throws `CodecError` when it does not fit. */
function put(
  registers: number[],
  { point, name, value }: { readonly point: Point; readonly name: string; readonly value: number },
  { base, wordOrder }: { readonly base: number; readonly wordOrder: WordOrder },
): void {
  const least = point.min ?? 0;
  const most = Math.min(point.max ?? Number.POSITIVE_INFINITY, point.type === "u32" ? 0xffffffff : 0xffff);
  if (!Number.isInteger(value)) throw new CodecError(name, `${value} is no whole number of counts of ${point.scale}`);
  if (value < least || value > most) throw new CodecError(name, `${value} lies outside ${least}..${most}`);
  const at = base + point.at;
  if (point.type !== "u32") {
    registers[at] = value;
    return;
  }
  const high = Math.floor(value / 0x10000);
  const low = value % 0x10000;
  registers[at] = wordOrder === "msw-first" ? high : low;
  registers[at + 1] = wordOrder === "msw-first" ? low : high;
}

/** A time in counts of its point; throws `CodecError` when the point's resolution cannot say it. */
export function countsOf(time: Millis, point: Point, name: string): number {
  // Scales like 0.1 are not exact in binary, so the count is rounded first and then must give the time back exactly.
  const counts = Math.round(time / (point.scale * 1000));
  if (Math.round(counts * point.scale * 1000) !== time)
    throw new CodecError(name, `${time} ms is no whole number of counts of ${point.scale} s`);
  return counts;
}

export interface StageBlock {
  readonly stageNo: number;
  readonly green: Millis;
  readonly amber: Millis;
  readonly allRed: Millis;
  readonly redAmber: Millis;
  readonly minGreen: Millis;
  readonly maxGreen: Millis;
  readonly coordinated: boolean;
}

/** A plan in the controller's terms. */
export interface PlanBlock {
  readonly planId: number;
  readonly planSeq: number;
  readonly cycle: Millis;
  /** Start of the first listed stage against the Unix epoch, modulo the cycle. */
  readonly offset: Millis;
  /** Unix seconds; 0: at once. */
  readonly validFrom: number;
  /** Unix seconds. */
  readonly validUntil: number;
  readonly stages: readonly StageBlock[];
}

/**
 * The registers of a plan, CRC included where the map has one. What the plan does not name is zero, or what the map expects.
 * Throws `CodecError` when a value does not fit.
 */
export function encodePlan(plan: PlanBlock, map: RegisterMap): readonly number[] {
  const { points, stages, count, crc } = map.plan;
  const registers = new Array<number>(count).fill(0);
  if (plan.stages.length > stages.count)
    throw new CodecError("stageCount", `${plan.stages.length} stages, the layout has ${stages.count}`);

  writeAll(
    registers,
    points,
    {
      planId: plan.planId,
      planSeq: plan.planSeq,
      cycle: timed(plan.cycle),
      offset: timed(plan.offset),
      stageCount: plan.stages.length,
      flags: flag("atNextCycle", true),
      validFrom: plan.validFrom,
      validUntil: plan.validUntil,
    },
    { base: 0, wordOrder: map.wordOrder },
  );
  for (const [i, stage] of plan.stages.entries()) {
    writeAll(
      registers,
      stages.points,
      {
        stageNo: stage.stageNo,
        green: timed(stage.green),
        amber: timed(stage.amber),
        allRed: timed(stage.allRed),
        minGreen: timed(stage.minGreen),
        maxGreen: timed(stage.maxGreen),
        redAmber: timed(stage.redAmber),
        flags: flag("coordinated", stage.coordinated),
      },
      { base: stages.first + i * stages.stride, wordOrder: map.wordOrder },
    );
  }
  if (crc) registers[crc.at] = crcOfRegisters(registers.slice(crc.from, crc.to + 1));
  return registers;
}

type Value = number | ((point: Point, name: string) => number);

const timed =
  (time: Millis): Value =>
  (point, name) =>
    countsOf(time, point, name);
const flag =
  (bit: string, on: boolean): Value =>
  (point) =>
    on && point.bits.includes(bit) ? 1 << point.bits.indexOf(bit) : 0;

function writeAll(
  registers: number[],
  points: Points,
  values: Readonly<Record<string, Value>>,
  place: { readonly base: number; readonly wordOrder: WordOrder },
): void {
  for (const [name, point] of Object.entries(points)) {
    const given = values[name] ?? 0;
    const own = values[name] === undefined ? (point.write ?? point.default) : undefined;
    const value = own ?? point.expect ?? (typeof given === "number" ? given : given(point, name));
    put(registers, { point, name, value }, place);
  }
}

/** Registers of a small block (heartbeat, commit) from raw values. Throws `CodecError` when a value does not fit. */
export function encodePoints(
  points: Points,
  values: Readonly<Record<string, number>>,
  { count, wordOrder }: { readonly count: number; readonly wordOrder: WordOrder },
): readonly number[] {
  const registers = new Array<number>(count).fill(0);
  for (const [name, point] of Object.entries(points)) {
    const value = point.write ?? values[name] ?? point.expect ?? point.default ?? 0;
    put(registers, { point, name, value }, { base: 0, wordOrder });
  }
  return registers;
}
