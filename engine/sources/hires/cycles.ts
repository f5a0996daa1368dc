import type { Instant, Millis } from "../../../config/units.ts";
import { Code, type HiresEvent } from "./log.ts";

/** Half-open in time. */
export interface Window {
  readonly from: Instant;
  readonly to: Instant;
}

/** End of yellow to end of yellow: red [red, green), green [green, yellow), yellow [yellow, end). */
export interface RedCycle {
  readonly phase: number;
  readonly red: Instant;
  readonly green: Instant;
  readonly yellow: Instant;
  readonly end: Instant;
}

/** Begin green to begin green. */
export interface GreenCycle {
  readonly phase: number;
  readonly green: Instant;
  readonly yellow: Instant;
  readonly red: Instant;
  readonly end: Instant;
}

const STATES: ReadonlySet<number> = new Set([Code.beginGreen, Code.beginYellow, Code.endYellow]);
const CUTS: ReadonlySet<number> = new Set([Code.clockSet, Code.powerFailed, Code.powerRestored]);
/** No phase state at all for this long is a gap in the log (five minutes are longer than any cycle). */
const GAP_MS = 300_000;

/**
 * The cycles of a phase that start or end in the window: four consecutive states 9, 1, 8, 9. Any other order, a gap, a
 * clock set or a power failure gives no cycle. Events sorted.
 */
export function redCycles(events: readonly HiresEvent[], phase: number, window?: Window): readonly RedCycle[] {
  return quads(events, phase, [Code.endYellow, Code.beginGreen, Code.beginYellow, Code.endYellow])
    .map(([red, green, yellow, end]) => ({ phase, red, green, yellow, end }))
    .filter((cycle) => touches(cycle.red, cycle.end, window));
}

/** The same from green to green: states 1, 8, 9, 1. */
export function greenCycles(events: readonly HiresEvent[], phase: number, window?: Window): readonly GreenCycle[] {
  return quads(events, phase, [Code.beginGreen, Code.beginYellow, Code.endYellow, Code.beginGreen])
    .map(([green, yellow, red, end]) => ({ phase, green, yellow, red, end }))
    .filter((cycle) => touches(cycle.green, cycle.end, window));
}

const touches = (start: Instant, end: Instant, window: Window | undefined): boolean =>
  !window || (start >= window.from && start < window.to) || (end >= window.from && end < window.to);

type Quad = readonly [Instant, Instant, Instant, Instant];

function quads(events: readonly HiresEvent[], phase: number, order: readonly number[]): readonly Quad[] {
  const found: Quad[] = [];
  let run: HiresEvent[] = [];
  let alive: Instant | undefined;
  for (const event of events) {
    if (CUTS.has(event.code) || (alive !== undefined && event.at - alive > GAP_MS)) run = [];
    alive = event.at;
    if (event.param !== phase || !STATES.has(event.code)) continue;
    run.push(event);
    if (run.length > order.length) run.shift();
    if (run.length === order.length && run.every(({ code }, i) => code === order[i])) {
      found.push(run.map(({ at }) => at) as unknown as Quad);
    }
  }
  return found;
}

/** What arrived in a cycle and when; arrivals on red wait for the green. */
export interface CycleVolume extends RedCycle {
  readonly volume: number;
  readonly onGreen: number;
  readonly onYellow: number;
  readonly onRed: number;
  /** Sum over arrivals on red of green minus arrival: a lower bound of delay. */
  readonly delay: Millis;
}

/** Arrivals (sorted instants) by cycle; an arrival belongs to the cycle whose [red, end) holds it. */
export function cycleVolumes(cycles: readonly RedCycle[], arrivals: readonly Instant[]): readonly CycleVolume[] {
  let next = 0;
  return cycles.map((cycle) => {
    while (next < arrivals.length && arrivals[next]! < cycle.red) next += 1;
    let [onRed, onGreen, onYellow, delay] = [0, 0, 0, 0];
    for (; next < arrivals.length && arrivals[next]! < cycle.end; next++) {
      const at = arrivals[next]!;
      if (at < cycle.green) {
        onRed += 1;
        delay += cycle.green - at;
      } else if (at < cycle.yellow) onGreen += 1;
      else onYellow += 1;
    }
    return { ...cycle, volume: onRed + onGreen + onYellow, onGreen, onYellow, onRed, delay: delay as Millis };
  });
}
