import { after, type Instant, type Millis } from "../../../config/units.ts";
import type { Window } from "./cycles.ts";
import { Code, type HiresEvent } from "./log.ts";
import type { HiresDetector, HiresFunction } from "./mapping.ts";

export interface VolumeBin {
  readonly approach: string;
  readonly phase: number;
  readonly start: Instant;
  readonly count: number;
  readonly vehPerHour: number;
}

/** Arrivals at the stop line (detections shifted by distance, speed and latency) of these channels, sorted. */
export function arrivals(events: readonly HiresEvent[], detectors: readonly HiresDetector[]): readonly Instant[] {
  const shifts = new Map(detectors.map(({ channel, shift }) => [channel, shift]));
  const found: Instant[] = [];
  for (const { at, code, param } of events) {
    if (code !== Code.detectorOn) continue;
    const shift = shifts.get(param);
    if (shift !== undefined) found.push(after(at, shift));
  }
  return found.sort((a, b) => a - b);
}

/** Detectors of one use. */
export const withFunction = (detectors: readonly HiresDetector[], use: HiresFunction): readonly HiresDetector[] =>
  detectors.filter(({ functions }) => functions.includes(use));

/**
 * Volume of each approach in each bin, by its advance detectors (other use on request); bins lie on whole multiples of
 * `bin` from the window's start, and hold zeros where nothing came. By phase, approach, time.
 */
export function volumeBins(options: {
  readonly events: readonly HiresEvent[];
  readonly detectors: readonly HiresDetector[];
  readonly window: Window;
  readonly bin: Millis;
  readonly use?: HiresFunction;
}): readonly VolumeBin[] {
  const { events, window, bin } = options;
  const counted = withFunction(options.detectors, options.use ?? "advance");
  const approaches = new Map(counted.map(({ approach, phase }) => [approach, phase]));
  const ordered = [...approaches].sort(([a, p], [b, q]) => p - q || (a < b ? -1 : 1));
  return ordered.flatMap(([approach, phase]) => {
    const own = counted.filter((detector) => detector.approach === approach);
    const starts = binStarts(window, bin);
    const counts = countByBin(arrivals(events, own), window, bin);
    return starts.map((start, i) => ({
      approach,
      phase,
      start,
      count: counts[i]!,
      vehPerHour: counts[i]! * (3_600_000 / bin),
    }));
  });
}

export interface Actuations {
  readonly channel: number;
  readonly start: Instant;
  readonly count: number;
}

/** Detector-on events of every channel that had any, by bin then channel; bins without one are left out. */
export function actuations(events: readonly HiresEvent[], window: Window, bin: Millis): readonly Actuations[] {
  const channels = new Map<number, Instant[]>();
  for (const { at, code, param } of events) {
    if (code !== Code.detectorOn) continue;
    const times = channels.get(param);
    if (times) times.push(at);
    else channels.set(param, [at]);
  }
  const starts = binStarts(window, bin);
  return [...channels]
    .flatMap(([channel, times]) =>
      countByBin(times, window, bin).map((count, i) => ({ channel, start: starts[i]!, count })),
    )
    .filter(({ count }) => count > 0)
    .sort((a, b) => a.start - b.start || a.channel - b.channel);
}

function binStarts({ from, to }: Window, bin: Millis): readonly Instant[] {
  const starts: Instant[] = [];
  for (let start = from; start < to; start = after(start, bin)) starts.push(start);
  return starts;
}

function countByBin(times: readonly Instant[], window: Window, bin: Millis): readonly number[] {
  const counts = new Array<number>(Math.ceil((window.to - window.from) / bin)).fill(0);
  for (const at of times) {
    if (at >= window.from && at < window.to) counts[Math.floor((at - window.from) / bin)]! += 1;
  }
  return counts;
}
