import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Instant, instant, type Millis, seconds } from "../../../../config/units.ts";

export const folder = join(import.meta.dirname, "../../../data/atspm-sample/hires-1136");
/** Oregon in April: PDT. */
export const PDT = seconds(-7 * 3600);
/** Local text of the sample to an instant. */
export const local = (text: string): Instant => instant(Date.parse(`${text.replace(" ", "T")}Z`) - PDT);
export const window = { from: local("2024-04-15 12:00:00.000"), to: local("2024-04-15 14:00:00.000") };
export const quarter: Millis = seconds(900);

export function table(name: string): readonly Readonly<Record<string, string>>[] {
  const [header = "", ...rows] = readFileSync(join(folder, name), "utf8").trim().split(/\r?\n/);
  const columns = header.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((value, i) => [columns[i]!, value])));
}
