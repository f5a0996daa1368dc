import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Instant, Millis } from "../../../config/units.ts";
import { parseInstant } from "../decode/instants.ts";
import { show } from "../decode/show.ts";

/** One event of a controller's high-resolution log (Indiana enumerations). */
export interface HiresEvent {
  readonly at: Instant;
  readonly code: number;
  readonly param: number;
}

/** Event codes read here; names of the Indiana enumerations, 2012 and 2020. */
export const Code = {
  beginGreen: 1,
  beginYellow: 8,
  /** Always logged, unlike begin red clearance (10): the safe start of red. */
  endYellow: 9,
  detectorOff: 81,
  detectorOn: 82,
  pattern: 131,
  cycleLength: 132,
  offset: 133,
  firstSplit: 134,
  lastSplit: 149,
  clockSet: 181,
  powerFailed: 182,
  powerRestored: 184,
  /** Q-Free MaxTime's own: actual split of phase 1 to 16, actual cycle, actual offset, s. */
  firstActualSplit: 300,
  lastActualSplit: 315,
  actualCycle: 316,
  actualOffset: 318,
} as const;

export interface HiresLog {
  readonly device: string;
  /** By (instant, code, parameter); no two alike. */
  readonly events: readonly HiresEvent[];
  /** Exact duplicate rows left out. */
  readonly duplicates: number;
}

/** A file that cannot be read as what it should be; every fault with its line. */
export class HiresFileError extends Error {
  readonly faults: readonly string[];

  constructor(path: string, faults: readonly string[]) {
    super(`${path}: ${faults.join("; ")}`);
    this.name = "HiresFileError";
    this.faults = faults;
  }
}

/** A log of more is not one signal's day. */
const MAX_BYTES = 1 << 30;
const MAX_FAULTS = 20;

/**
 * Reads a log of one device, CSV `timestamp,device,code,param`, gzipped or not. Time stamps are local time without a zone;
 * `utcOffset` is what local time is ahead of UTC. Throws `HiresFileError`.
 */
export function readHiresLog(path: string, utcOffset: Millis): HiresLog {
  return parseHiresLog(path, readText(path), utcOffset);
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return (gzipped ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes).toString("utf8");
  } catch (error) {
    throw new HiresFileError(path, [`cannot be read: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/** The same from text; `path` is for messages. */
export function parseHiresLog(path: string, text: string, utcOffset: Millis): HiresLog {
  const rows = text.split(/\r?\n/);
  const faults: string[] = [];
  if (rows[0]?.trim().toLowerCase() !== "timestamp,device,code,param") {
    throw new HiresFileError(path, [`line 1 is ${show(rows[0])}; it must be timestamp,device,code,param`]);
  }
  const events: HiresEvent[] = [];
  let device: string | undefined;
  for (let i = 1; i < rows.length && faults.length < MAX_FAULTS; i++) {
    const row = rows[i]!;
    if (row === "") continue;
    const [stamp = "", id = "", code = "", param = "", ...more] = row.split(",");
    const at = parseInstant(stamp, utcOffset);
    const values = [Number(code), Number(param)] as const;
    if (at === undefined) faults.push(`line ${i + 1}: timestamp ${show(stamp)}; write e.g. 2024-04-15 12:00:00.100`);
    else if (more.length > 0 || !values.every(isSmall) || code === "" || param === "") {
      faults.push(`line ${i + 1}: ${show(row)}; code and param are whole numbers from 0 to 65535`);
    } else if (device !== undefined && id !== device) {
      faults.push(`line ${i + 1}: device ${show(id)} in a log of device ${device}; one file, one device`);
    } else {
      device = id;
      events.push({ at, code: values[0], param: values[1] });
    }
  }
  if (faults.length === 0 && device === undefined) faults.push("holds no event");
  if (faults.length > 0 || device === undefined) throw new HiresFileError(path, faults);
  const clean = sortedUnique(events);
  return { device, events: clean, duplicates: events.length - clean.length };
}

const isSmall = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 65_535;

/**
 * By (instant, code, parameter), exact duplicates once. State codes sort before detector codes, so that a detector that
 * picks up at the instant of begin green counts as green.
 */
export function sortedUnique(events: readonly HiresEvent[]): readonly HiresEvent[] {
  const sorted = [...events].sort((a, b) => a.at - b.at || a.code - b.code || a.param - b.param);
  return sorted.filter((event, i) => {
    const before = sorted[i - 1];
    return !(before && before.at === event.at && before.code === event.code && before.param === event.param);
  });
}
