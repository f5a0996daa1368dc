import { readFileSync } from "node:fs";
import type { CabinetMode } from "../../engine/core/cabinet.ts";
import { addressOf, type Table } from "./register-address.ts";
import { checkFile } from "./register-map-check.ts";
import {
  type CommitResult,
  type FileMode,
  type FilePoints,
  type FileRepeat,
  type Interval,
  numberingOf,
  type RegisterMapFile,
} from "./register-map-file.ts";

export type { CommitResult, Interval } from "./register-map-file.ts";

/**
 * What the driver must know of one make of controller, parsed from a register map file (schema `atcs-modbus-map/1`) and
 * checked: every address is a zero-based PDU address, every point lies inside its block, every name the driver needs is there.
 */
export interface RegisterMap {
  readonly profile: string;
  /** Unless whoever opens the cabinet names another. */
  readonly unitId: number;
  readonly wordOrder: WordOrder;
  readonly maxReadRegisters: number;
  readonly maxWriteRegisters: number;
  readonly status: Block;
  /** One entry a stage, entry n - 1 for stage n; undefined: the cabinet does not say what it holds to. */
  readonly limits: RepeatBlock | undefined;
  /** Undefined: the status says by sequence and CRC what runs. */
  readonly active: Span | undefined;
  /** Undefined: the cabinet has no watchdog that this map knows of. */
  readonly heartbeat: Block | undefined;
  readonly clock: Block | undefined;
  readonly detectors: RepeatBlock | undefined;
  readonly shadow: Span;
  readonly commit: Block;
  readonly plan: PlanLayout;
  readonly releaseCoil: number | undefined;
  readonly modes: ReadonlyMap<number, CabinetMode>;
  readonly intervals: ReadonlyMap<number, Interval>;
  readonly commitResults: ReadonlyMap<number, CommitResult>;
}

export type WordOrder = "msw-first" | "lsw-first";

export interface Span {
  readonly table: "input" | "holding";
  readonly address: number;
  readonly count: number;
}

export interface Block extends Span {
  readonly points: Points;
}

export interface RepeatBlock extends Span {
  readonly repeat: Repeat;
}

export interface Repeat {
  readonly first: number;
  readonly stride: number;
  readonly count: number;
  readonly points: Points;
}

export type Points = Readonly<Record<string, Point>>;

export interface Point {
  readonly at: number;
  readonly type: "u16" | "u32" | "bits";
  /** One count is this many of the point's unit, of seconds where it is a time; 1 where the file is silent. */
  readonly scale: number;
  /** A read that says otherwise comes from another device or layout; a write always says this. */
  readonly expect: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** What stands there unless the driver knows better. */
  readonly default: number | undefined;
  /** Value that means "not known". */
  readonly unknown: number | undefined;
  /** The one value ever written: a key. */
  readonly write: number | undefined;
  /** Names of the bits, lowest first. */
  readonly bits: readonly string[];
}

export interface PlanLayout {
  readonly count: number;
  readonly points: Points;
  readonly stages: Repeat;
  /** CRC-16/MODBUS over the big-endian bytes of registers `from`..`to`; undefined: the device has none. */
  readonly crc: { readonly at: number; readonly from: number; readonly to: number } | undefined;
}

/** Checks a register map (the parsed JSON of its file) and makes it ready for the driver. Throws `RegisterMapError` with every fault. */
export const parseRegisterMap = (raw: unknown): RegisterMap => build(checkFile(raw));

function build(file: RegisterMapFile): RegisterMap {
  const { blocks, layouts } = file;
  const numbering = numberingOf(file.addressing)!;
  // The checks have found every address good.
  const at = (value: number, table: Table): number => addressOf(value, table, numbering) as number;
  const spanOf = ({ table, address, count }: Span): Span => ({ table, address: at(address, table), count });
  const repeatOf = ({ first, stride, count, points }: FileRepeat): Repeat => ({
    first,
    stride,
    count,
    points: pointsOf(points),
  });
  const blockOf = <B extends Span & { readonly points: FilePoints }>(block: B): Block => ({
    ...spanOf(block),
    points: pointsOf(block.points),
  });
  const listOf = <B extends Span & { readonly repeat: FileRepeat }>(block: B): RepeatBlock => ({
    ...spanOf(block),
    repeat: repeatOf(block.repeat),
  });
  const { plan } = layouts;
  const release = file.coils?.releaseToLocal;
  return {
    profile: file.profile,
    unitId: file.unitId,
    wordOrder: file.wordOrder,
    maxReadRegisters: file.maxReadRegisters,
    maxWriteRegisters: file.maxWriteRegisters,
    status: blockOf(blocks.status),
    limits: blocks.limits && listOf(blocks.limits),
    active: blocks.active && spanOf(blocks.active),
    heartbeat: blocks.heartbeat && blockOf(blocks.heartbeat),
    clock: blocks.clock && blockOf(blocks.clock),
    detectors: blocks.detectors && listOf(blocks.detectors),
    shadow: spanOf(blocks.shadow),
    commit: blockOf(blocks.commit),
    plan: {
      count: plan.count,
      points: pointsOf(plan.points),
      stages: repeatOf({ ...plan.stages, count: plan.stages.max }),
      crc: plan.crc && { at: plan.crc.at, from: plan.crc.over[0], to: plan.crc.over[1] },
    },
    releaseCoil: release === undefined ? undefined : at(release, "coil"),
    modes: codesOf(file.enums.mode, (name) => modeOf[name]),
    intervals: codesOf(file.enums.interval ?? {}, (name) => name),
    commitResults: codesOf(file.enums.commitResult ?? {}, (name) => name as CommitResult),
  };
}

const modeOf: Readonly<Record<FileMode, CabinetMode>> = {
  dark: "dark",
  startup: "startup",
  flash: "flash",
  allRed: "all-red",
  local: "local",
  central: "central",
  manual: "manual",
  preempt: "preempt",
  faultFlash: "fault-flash",
};

const codesOf = <From, To>(entries: Readonly<Record<string, From>>, to: (name: From) => To): ReadonlyMap<number, To> =>
  new Map(Object.entries(entries).map(([code, name]) => [Number(code), to(name)]));

const pointsOf = (points: FilePoints): Points =>
  Object.fromEntries(
    Object.entries(points).map(([name, point]) => [
      name,
      {
        at: point.at,
        type: point.type,
        scale: (point.scale ?? 1) * secondsIn(point.unit),
        expect: point.expect,
        min: point.min,
        max: point.max,
        default: point.default,
        unknown: point.unknown,
        write: point.write,
        bits: (point.bits ?? []).map((name) => name ?? ""),
      },
    ]),
  );

/** Times are kept in seconds; a file may count them in another unit. */
function secondsIn(unit: string | undefined): number {
  if (unit === undefined) return 1;
  if (/^(ms|milliseconds?)$/i.test(unit.trim())) return 0.001;
  return /^(min|minutes?)$/i.test(unit.trim()) ? 60 : 1;
}

/** Our own default profile, ATCS-MB-A. */
export const profileA: RegisterMap = parseRegisterMap(
  JSON.parse(readFileSync(new URL("./profile-a.json", import.meta.url), "utf8")),
);
