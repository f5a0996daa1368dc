import { readFileSync } from "node:fs";
import type { CabinetMode } from "../../engine/core/cabinet.ts";
import {
  type CommitResult,
  checkFile,
  type FileMode,
  type FilePoints,
  type FileRepeat,
  type Interval,
  type RegisterMapFile,
} from "./register-map-file.ts";

export type { CommitResult, Interval } from "./register-map-file.ts";

/**
 * What the driver must know of one make of controller, parsed from a register map file (schema `atcs-modbus-map/1`) and
 * checked: every address is a zero-based PDU address, every point lies inside its block, every name the driver needs is there.
 */
export interface RegisterMap {
  readonly profile: string;
  readonly wordOrder: WordOrder;
  readonly maxReadRegisters: number;
  readonly maxWriteRegisters: number;
  readonly status: Block;
  /** One entry a stage, entry n - 1 for stage n. */
  readonly limits: RepeatBlock;
  readonly active: Span;
  readonly heartbeat: Block;
  readonly shadow: Span;
  readonly commit: Block;
  readonly plan: PlanLayout;
  readonly releaseCoil: number;
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
  /** One count is this many of the point's unit; 1 where the file is silent. */
  readonly scale: number;
  /** A read that says otherwise comes from another device or layout; a write always says this. */
  readonly expect: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
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
  const base = file.addressing === "one-based number" ? 1 : 0;
  const { blocks, layouts } = file;
  const spanOf = ({ table, address, count }: Span): Span => ({ table, address: address - base, count });
  const repeatOf = ({ first, stride, count, points }: FileRepeat): Repeat => ({
    first,
    stride,
    count,
    points: pointsOf(points),
  });
  const { plan } = layouts;
  return {
    profile: file.profile,
    wordOrder: file.wordOrder,
    maxReadRegisters: file.maxReadRegisters,
    maxWriteRegisters: file.maxWriteRegisters,
    status: { ...spanOf(blocks.status), points: pointsOf(blocks.status.points) },
    limits: { ...spanOf(blocks.limits), repeat: repeatOf(blocks.limits.repeat) },
    active: spanOf(blocks.active),
    heartbeat: { ...spanOf(blocks.heartbeat), points: pointsOf(blocks.heartbeat.points) },
    shadow: spanOf(blocks.shadow),
    commit: { ...spanOf(blocks.commit), points: pointsOf(blocks.commit.points) },
    plan: {
      count: plan.count,
      points: pointsOf(plan.points),
      stages: repeatOf({ ...plan.stages, count: plan.stages.max }),
      crc: plan.crc && { at: plan.crc.at, from: plan.crc.over[0], to: plan.crc.over[1] },
    },
    releaseCoil: file.coils.releaseToLocal - base,
    modes: codesOf(file.enums.mode, (name) => modeOf[name]),
    intervals: codesOf(file.enums.interval, (name) => name),
    commitResults: codesOf(file.enums.commitResult, (name) => name),
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
        scale: point.scale ?? 1,
        expect: point.expect,
        min: point.min,
        max: point.max,
        unknown: point.unknown,
        write: point.write,
        bits: point.bits ?? [],
      },
    ]),
  );

/** Our own default profile, ATCS-MB-A. */
export const profileA: RegisterMap = parseRegisterMap(
  JSON.parse(readFileSync(new URL("./profile-a.json", import.meta.url), "utf8")),
);
