import { bitsOf } from "./bits.ts";
import { numbersOf, occupancyOf } from "./codec.ts";
import { type ObjectName, objectOf } from "./objects.ts";
import type { Value } from "./value.ts";

/** Phase, overlap and pedestrian lists: one octet a number. */
const isList = (name: ObjectName): boolean =>
  /^(sequenceData|phaseConcurrency|preempt\w+(Phase|Ped|Overlap)|overlap\w+Phases)$/.test(name);

/** Masks of eight items a row. */
const isGroup = (name: ObjectName): boolean =>
  /(Group[A-Z]\w*|Group)$/.test(name) && !name.endsWith("Number") && !name.startsWith("max") && !bitsOf(name);

/** A value in words a technician reads: `29 s`, `maximumVehicleRecall (4)`, `1 2 3 4`, `red, alternate (12)`. */
export function display(name: ObjectName, value: Value, index: readonly number[] = []): string {
  const { syntax } = objectOf(name);
  if (value instanceof Uint8Array) return octets(name, value);
  if (typeof value === "string") return value;
  if (name === "detectorOccupancy") return occupancy(value);
  const bits = bitsOf(name);
  if (bits) {
    const set = Object.entries(bits).filter(([, bit]) => value & (1 << bit));
    return `${set.length === 0 ? "none" : set.map(([bit]) => bit).join(", ")} (${value})`;
  }
  if (isGroup(name)) return items(value, index.at(-1) ?? 1);
  switch (syntax.kind) {
    case "choice": {
      const label = Object.entries(syntax.values).find(([, number]) => number === value)?.[0];
      return label === undefined ? `${value}` : `${label} (${value})`;
    }
    case "integer":
    case "counter":
      return scaled(value, syntax.unit);
    case "ticks":
      return `${value / 100} s`;
    default:
      return `${value}`;
  }
}

const text = /^[\x20-\x7e\r\n\t]*$/;

function octets(name: ObjectName, value: Uint8Array): string {
  if (isList(name)) return numbersOf(value).join(" ");
  const latin = Buffer.from(value).toString("latin1");
  return text.test(latin) ? latin : Buffer.from(value).toString("hex");
}

function occupancy(code: number): string {
  const seen = occupancyOf(code);
  if (seen.kind === "share") return `${seen.share * 100} %`;
  return seen.kind === "fault" ? `${seen.fault} (${code})` : `reserved (${code})`;
}

/** `0.1 s` and the like are told in the whole unit. */
function scaled(value: number, unit: string | undefined): string {
  if (unit === undefined) return `${value}`;
  const [, factor, whole] = /^([\d.]+) (.+)$/.exec(unit) ?? [];
  return factor === undefined ? `${value} ${unit}` : `${Number((value * Number(factor)).toFixed(3))} ${whole}`;
}

function items(mask: number, group: number): string {
  const numbers = Array.from({ length: 8 }, (_, bit) => bit).filter((bit) => mask & (1 << bit));
  return numbers.length === 0 ? "none" : numbers.map((bit) => 8 * (group - 1) + bit + 1).join(" ");
}
