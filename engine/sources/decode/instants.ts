import { type Instant, instant } from "../../../config/units.ts";

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/;

/**
 * Strict ISO 8601 date-time to an instant; undefined when it is none. JavaScript's own parser reads a date-time without
 * a zone as local time of the server; here `zone` says what that means: refuse it, or a fixed offset in ms.
 */
export function parseInstant(text: string, zone: "required" | number): Instant | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((i) => Number(match[i])) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const suffix = match[8];
  if (suffix === undefined && zone === "required") return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = match[7] === undefined ? 0 : Math.floor(Number(match[7].padEnd(3, "0").slice(0, 3)));
  const local = Date.UTC(year, month - 1, day, hour, minute, second, fraction);
  // Date.UTC rolls 30 February over into March; such a date is a fault, not another day.
  const back = new Date(local);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day) return undefined;
  return instant(local - offsetOf(suffix, zone));
}

function offsetOf(suffix: string | undefined, zone: "required" | number): number {
  if (suffix === undefined) return zone === "required" ? 0 : zone;
  if (suffix === "Z") return 0;
  const minutes = Number(suffix.slice(1, 3)) * 60 + Number(suffix.slice(4, 6));
  return (suffix[0] === "-" ? -minutes : minutes) * 60_000;
}
