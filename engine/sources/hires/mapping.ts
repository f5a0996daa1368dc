import { readFileSync } from "node:fs";
import { type Millis, millis, seconds } from "../../../config/units.ts";
import { show } from "../decode/show.ts";
import { HiresFileError } from "./log.ts";

export type HiresFunction = "advance" | "presence" | "yellow-red" | "stop-line-count";

/** What a detector channel of the controller is for. */
export interface HiresDetector {
  readonly channel: number;
  readonly approach: string;
  readonly phase: number;
  readonly functions: readonly HiresFunction[];
  /** Added to a detection's instant to get the arrival at the stop line; 0 where no distance is known. */
  readonly shift: Millis;
}

const FUNCTIONS: Readonly<Record<string, HiresFunction>> = {
  advance: "advance",
  presence: "presence",
  yellow_red: "yellow-red",
  "stop bar count": "stop-line-count",
};
/** UDOT's detection types; others (speed, AI) are not read here. */
const UDOT_TYPES: Readonly<Record<string, HiresFunction>> = {
  "2": "advance",
  "4": "stop-line-count",
  "5": "yellow-red",
  "6": "presence",
};
/** UDOT's form of mph to feet a second. */
const FPS_PER_MPH = 1.467;

/**
 * Reads a detector table in either of two forms, told by its header: `DeviceId,Phase,Function,Parameter`, or UDOT's
 * `approach_id,…,phase,…,mph,channel,det_types,distance_ft,latency_s`. One entry per channel. Throws `HiresFileError`.
 */
export function readHiresDetectors(path: string): readonly HiresDetector[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new HiresFileError(path, [`cannot be read: ${error instanceof Error ? error.message : String(error)}`]);
  }
  return parseHiresDetectors(path, text);
}

export function parseHiresDetectors(path: string, text: string): readonly HiresDetector[] {
  const [header = "", ...rows] = text.split(/\r?\n/).filter((row) => row.trim() !== "");
  const columns = header.split(",").map((name) => name.trim());
  const faults: string[] = [];
  const read = columns.includes("det_types") ? udotRow : columns.includes("Function") ? functionRow : undefined;
  if (!read)
    throw new HiresFileError(path, [
      `header is ${show(header)}; it must name Function and Parameter, or det_types and channel`,
    ]);
  const byChannel = new Map<number, HiresDetector>();
  for (const [i, row] of rows.entries()) {
    const values = row.split(",").map((value) => value.trim());
    const detector = read((name) => values[columns.indexOf(name)] ?? "");
    if (typeof detector === "string") faults.push(`line ${i + 2}: ${detector}`);
    else {
      const same = byChannel.get(detector.channel);
      byChannel.set(detector.channel, { ...detector, functions: [...(same?.functions ?? []), ...detector.functions] });
    }
  }
  if (faults.length > 0) throw new HiresFileError(path, faults);
  return [...byChannel.values()].sort((a, b) => a.channel - b.channel);
}

type Cell = (column: string) => string;

function functionRow(cell: Cell): HiresDetector | string {
  const use = FUNCTIONS[cell("Function").toLowerCase()];
  if (!use) return `Function is ${show(cell("Function"))}; known are Advance, Presence, Yellow_Red, stop bar count`;
  const phase = whole(cell("Phase"));
  const channel = whole(cell("Parameter"));
  if (phase === undefined) return `Phase is ${show(cell("Phase"))}; write a whole number`;
  if (channel === undefined) return `Parameter (the channel) is ${show(cell("Parameter"))}; write a whole number`;
  return { channel, phase, approach: String(phase), functions: [use], shift: millis(0) };
}

function udotRow(cell: Cell): HiresDetector | string {
  const phase = whole(cell("phase"));
  const channel = whole(cell("channel"));
  if (phase === undefined) return `phase is ${show(cell("phase"))}; write a whole number`;
  if (channel === undefined) return `channel is ${show(cell("channel"))}; write a whole number`;
  const numbers = [cell("distance_ft"), cell("mph"), cell("latency_s")].map((value) =>
    value === "" ? 0 : Number(value),
  );
  if (!numbers.every((value) => Number.isFinite(value) && value >= 0)) {
    return "distance_ft, mph and latency_s are numbers from 0, or empty";
  }
  const [distance, mph, latency] = numbers as [number, number, number];
  const functions = cell("det_types")
    .split(/[;| ]/)
    .flatMap((type) => UDOT_TYPES[type] ?? []);
  // No distance or no speed: no shift, the latency neither.
  const shift = distance > 0 && mph > 0 ? seconds(distance / (mph * FPS_PER_MPH) - latency) : millis(0);
  return { channel, phase, approach: cell("approach_id") || String(phase), functions, shift };
}

const whole = (text: string): number | undefined => (/^\d{1,5}$/.test(text) ? Number(text) : undefined);
