import type { VehicleClass } from "../../../config/model.ts";
import { type Instant, seconds } from "../../../config/units.ts";
import type { PeriodReading, Reading, ReadingFault } from "../../core/reading.ts";
import { fault, flag, isObject, isWhole, list, name, number, time, unknownKeys, whole } from "./fields.ts";
import type { KnownDetectors } from "./known.ts";
import { cut, show } from "./show.ts";

/** One message: a record, or an array of records. Our own schema; limits are our own design. */
export const MAX_RECORDS = 256;
/** 256 records of the longest sensible form are about 100 kB. */
export const MAX_BODY_BYTES = 256 * 1024;
/** More vehicles in one record than any period could hold is a broken counter; the physical bound is judged later. */
const MAX_COUNT = 1_000_000;
const MAX_CLASSES = 32;
const MAX_PERIOD = seconds(24 * 3600);
const MAX_SPEED_KMH = 250;

const KEYS = new Set([
  "schema",
  "source",
  "detector",
  "seq",
  "periodStart",
  "periodEnd",
  "counts",
  "occupancy",
  "speedKmh",
  "queueVeh",
  "presence",
  "quality",
]);
const QUALITY_KEYS = new Set(["observedSeconds", "rain", "night"]);
const CLASSES: ReadonlySet<string> = new Set<VehicleClass>(["car", "hv", "mc", "um", "unknown"]);
const CLASS_NAME = /^[A-Za-z][A-Za-z0-9 _-]{0,31}$/;

export interface AtcsCountContext {
  readonly receivedAt: Instant;
  readonly known: KnownDetectors;
  /** The camera the transport vouches for (its path or topic); a record of another one is refused. */
  readonly camera?: string | undefined;
}

/**
 * `atcs-count/1` to readings: one period reading or one fault per record, in order. Never throws; a fault names every
 * mistake of its record with place and mend. Checked by hand: a schema library costs 100 µs a message.
 */
export function decodeAtcsCount(body: string, context: AtcsCountContext): readonly Reading[] {
  if (body.length > MAX_BODY_BYTES) {
    return [fault(context, "too-large", `body has ${body.length} characters; send at most ${MAX_BODY_BYTES}`)];
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return [
      fault(context, "invalid", `body is not JSON (begins ${show(body)}); send one atcs-count/1 record or an array`),
    ];
  }
  if (!Array.isArray(value)) return [decodeRecord(value, "", context)];
  if (value.length === 0) return [fault(context, "invalid", "body is an empty array; send at least one record")];
  if (value.length > MAX_RECORDS) {
    return [fault(context, "too-large", `body has ${value.length} records; send at most ${MAX_RECORDS}`)];
  }
  return value.map((record: unknown, i) => decodeRecord(record, `record ${i}: `, context));
}

function decodeRecord(value: unknown, where: string, context: AtcsCountContext): PeriodReading | ReadingFault {
  if (!isObject(value)) return fault(context, "invalid", `${where}is ${show(value)}; send an object`);
  const wrong: string[] = [];
  unknownKeys(value, KEYS, wrong);
  if (value["schema"] !== "atcs-count/1") wrong.push(`schema is ${show(value["schema"])}; send "atcs-count/1"`);
  const source = name(value, "source", wrong);
  const detector = name(value, "detector", wrong);
  const seq = whole(value, "seq", Number.MAX_SAFE_INTEGER, wrong);
  const start = time(value, "periodStart", wrong);
  const end = time(value, "periodEnd", wrong);
  if (start !== undefined && end !== undefined && (end <= start || end - start > MAX_PERIOD)) {
    wrong.push(
      `period from ${show(value["periodStart"])} to ${show(value["periodEnd"])} must be positive and at most 24 h`,
    );
  }
  const counts: Partial<Record<VehicleClass, number>> = {};
  const unknownClasses = readCounts(value["counts"], counts, wrong);
  const occupancy = number(value, "occupancy", 1, wrong);
  const speedKmh = number(value, "speedKmh", MAX_SPEED_KMH, wrong);
  const queueVeh = whole(value, "queueVeh", MAX_COUNT, wrong);
  const presence = flag(value, "presence", wrong);
  const observed = readQuality(value["quality"], wrong);

  const at = { receivedAt: context.receivedAt, camera: source, detector };
  if (wrong.length > 0) return fault(at, "invalid", where + wrong.join("; "));
  if (context.camera !== undefined && source !== context.camera) {
    return fault(
      at,
      "not-for-this-source",
      `${where}source is "${source}" but it came by the way of "${context.camera}"; use each camera's own path or topic`,
    );
  }
  const detectors = context.known.get(source!);
  if (!detectors) {
    return fault(
      at,
      "not-for-this-source",
      `${where}camera "${source}" is not configured; add it to the cameras file or mend "source"`,
    );
  }
  if (!detectors.has(detector!)) {
    return fault(
      at,
      "unknown-detector",
      `${where}camera "${source}" has no detector "${detector}"; it has ${list(detectors)}`,
    );
  }
  return {
    kind: "period",
    source: source!,
    detector: detector!,
    receivedAt: context.receivedAt,
    start: start!,
    end: end!,
    counts,
    ...(seq === undefined ? {} : { seq }),
    ...(unknownClasses === undefined ? {} : { unknownClasses }),
    ...(occupancy === undefined ? {} : { occupancy }),
    ...(speedKmh === undefined ? {} : { speedKmh }),
    ...(queueVeh === undefined ? {} : { queueVeh }),
    ...(presence === undefined ? {} : { presence }),
    ...(observed === undefined ? {} : { observed: seconds(observed) }),
  };
}

function readCounts(
  value: unknown,
  counts: Partial<Record<VehicleClass, number>>,
  wrong: string[],
): Record<string, number> | undefined {
  if (!isObject(value)) {
    wrong.push(`counts is ${show(value)}; send an object of whole numbers by class`);
    return undefined;
  }
  const names = Object.keys(value);
  if (names.length > MAX_CLASSES) {
    wrong.push(`counts has ${names.length} classes; send at most ${MAX_CLASSES}`);
    return undefined;
  }
  let unknown: Record<string, number> | undefined;
  for (const key of names) {
    const count = value[key];
    if (!isWhole(count, MAX_COUNT)) {
      wrong.push(`counts.${cut(key)} is ${show(count)}; send a whole number from 0 to ${MAX_COUNT}`);
    } else if (CLASSES.has(key)) counts[key as VehicleClass] = count;
    else if (CLASS_NAME.test(key)) {
      unknown ??= {};
      unknown[key] = count;
    } else wrong.push(`class ${show(key)} is no name; use letters, digits, space, - or _`);
  }
  return unknown;
}

function readQuality(value: unknown, wrong: string[]): number | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value)) {
    wrong.push(`quality is ${show(value)}; send an object or leave it out`);
    return undefined;
  }
  unknownKeys(value, QUALITY_KEYS, wrong, "quality.");
  flag(value, "rain", wrong, "quality.");
  flag(value, "night", wrong, "quality.");
  return number(value, "observedSeconds", MAX_PERIOD / 1000, wrong, "quality.");
}
