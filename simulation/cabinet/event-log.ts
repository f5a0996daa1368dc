import { type Instant, instant } from "../../config/units.ts";
import type { CabinetEvent } from "./virtual-cabinet.ts";

/** Indiana high-resolution codes this cabinet writes (Purdue enumerations, 2012 and 2020). */
export const Code = {
  phaseOn: 0,
  beginGreen: 1,
  phaseCheck: 2,
  minComplete: 3,
  gapOut: 4,
  maxOut: 5,
  forceOff: 6,
  greenTermination: 7,
  beginYellow: 8,
  endYellow: 9,
  beginRedClearance: 10,
  endRedClearance: 11,
  phaseInactive: 12,
  preemptForceOff: 20,
  walk: 21,
  pedestrianClearance: 22,
  dontWalk: 23,
  barrier: 31,
  holdOn: 41,
  holdOff: 42,
  callRegistered: 43,
  callDropped: 44,
  pedestrianCall: 45,
  omitOn: 46,
  omitOff: 47,
  overlapGreen: 61,
  overlapYellow: 63,
  overlapOff: 65,
  overlapDark: 66,
  detectorOff: 81,
  detectorOn: 82,
  detectorRestored: 83,
  detectorFault: 84,
  buttonOn: 90,
  preemptOn: 102,
  preemptOff: 104,
  preemptEntry: 105,
  preemptTrack: 106,
  preemptDwell: 107,
  preemptMaximum: 110,
  preemptExit: 111,
  pattern: 131,
  cycle: 132,
  offset: 133,
  /** 134 … 149: split of phase 1 … 16. */
  split: 133,
  coordination: 150,
  yieldPoint: 151,
  cycleRest: 156,
  flash: 173,
  functionOn: 176,
  functionOff: 177,
  manual: 178,
  clockSet: 181,
  powerFailed: 182,
  powerRestored: 184,
  alarmOn: 200,
  alarmOff: 201,
} as const;

/** Parameter of code 150. */
export const Coordination = { free: 0, inStep: 1, add: 2, subtract: 3, dwell: 4, localZero: 5 } as const;

/** Parameter of code 173. */
export const Flash = { none: 2, automatic: 3, manual: 4, monitor: 6, startup: 7 } as const;

/** About an hour of a busy eight-phase junction. */
const CAPACITY = 20_000;

/** Bounded; the oldest half is dropped when nobody drains it. */
export class EventLog {
  #events: CabinetEvent[] = [];
  readonly #now: () => Instant;

  constructor(now: () => Instant) {
    this.#now = now;
  }

  write(code: number, param: number): void {
    if (this.#events.length >= CAPACITY) this.#events = this.#events.slice(CAPACITY / 2);
    // The log's resolution is a tenth of a second.
    this.#events.push({ at: instant(Math.floor(this.#now() / 100) * 100), code, param });
  }

  /** A number of whole seconds, capped at 255 as the log's codes are. */
  writeSeconds(code: number, millis: number): void {
    this.write(code, Math.min(255, Math.round(millis / 1000)));
  }

  drain(): readonly CabinetEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
