import { type Instant, type Millis, modulo } from "../../../config/units.ts";

const DAY_MS = 86_400_000;

/** When a span of local time of day holds within a run, s since its start: once for each day it touches. */
export function daysOf(
  { from, to }: { readonly from: Millis; readonly to: Millis },
  start: Instant,
  duration: Millis,
  utcOffset: Millis,
): readonly { readonly fromS: number; readonly toS: number }[] {
  const spans: { fromS: number; toS: number }[] = [];
  for (let day = -modulo(start + utcOffset, DAY_MS); day < duration; day += DAY_MS) {
    const [begin, end] = [Math.max(0, day + from), day + to];
    if (end > 0 && begin < duration) spans.push({ fromS: begin / 1000, toS: end / 1000 });
  }
  return spans;
}
