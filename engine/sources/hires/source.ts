import { from, map, mergeMap, type Observable, of, share } from "rxjs";
import { after, type Instant, type Millis, seconds } from "../../../config/units.ts";
import type { Capabilities, Command, Outcome, PhaseState, ReachableStatus } from "../../core/cabinet.ts";
import type { Reading } from "../../core/reading.ts";
import type { Clock } from "../../ports/clock.ts";
import type { DetectionSource } from "../../ports/detection-source.ts";
import type { FieldController } from "../../ports/field-controller.ts";
import { Code, type HiresEvent, type HiresLog } from "./log.ts";

/** What a channel of the controller is in the city's configuration. */
export interface HiresChannel {
  readonly detector: string;
  /** `count`: each detector-on is a vehicle. `presence`: share of time occupied per period; merges vehicles, so no count. */
  readonly measures: "count" | "presence";
}

export interface HiresOptions {
  readonly log: HiresLog;
  readonly clock: Clock;
  /** Camera id under which the configuration lists these detectors. */
  readonly source: string;
  /** By channel; channels that are not here are not played. */
  readonly channels: ReadonlyMap<number, HiresChannel>;
  /** Of presence readings. */
  readonly period: Millis;
  readonly junction: string;
  /** What the cabinet is said to be able to do; it is never asked to. */
  readonly capabilities: Capabilities;
}

export interface HiresPlayback extends DetectionSource {
  /** Shows the lamps of the log; takes nothing. */
  readonly cabinet: FieldController;
  /** What happened in each second. */
  readonly events$: Observable<readonly HiresEvent[]>;
  readonly start: Instant;
  /** Just after the last event. */
  readonly end: Instant;
}

const STEP = seconds(1);
/** Coordinator states (event 150) that are a transition: add, subtract, dwell. */
const COORD_STATE = 150;
const TRANSITIONS: ReadonlySet<number> = new Set([2, 3, 4]);

interface Frame {
  readonly now: Instant;
  readonly events: readonly HiresEvent[];
  readonly readings: readonly Reading[];
  readonly status: ReachableStatus;
}

/**
 * Plays a log second by second on a clock that stands in the log's own time: detections as readings, phase states as
 * the status of a cabinet that refuses every command. Hot while subscribed; starts where the clock is.
 */
export function hiresSource(options: HiresOptions): HiresPlayback {
  const { log, clock } = options;
  const player = newPlayer(options);
  const frames$ = clock.ticks(STEP).pipe(
    map((now) => player(now)),
    share(),
  );
  return {
    readings$: frames$.pipe(mergeMap(({ readings }) => from(readings))),
    events$: frames$.pipe(map(({ events }) => events)),
    cabinet: {
      junction: options.junction,
      status$: frames$.pipe(map(({ status }) => status)),
      send: (command) => of(refusal(command, clock.now())),
    },
    start: log.events[0]!.at,
    end: after(log.events.at(-1)!.at, 1 as Millis),
  };
}

const refusal = (command: Command, at: Instant): Outcome => ({
  command: command.id,
  junction: command.junction,
  at,
  result: "refused",
  code: "recorded",
  detail: "this cabinet is a recorded log; nothing can be sent to it",
});

interface Zone {
  on: boolean;
  since: Instant;
  /** In the present period, ms. */
  occupied: number;
}

function newPlayer({ log, source, channels, period, junction, capabilities }: HiresOptions): (now: Instant) => Frame {
  let next = 0;
  const phases: Record<number, PhaseState> = {};
  let pattern = 0;
  let inTransition = false;
  /** A zone is known from its first event on; before that nobody can say whether it was occupied. */
  const zones = new Map<number, Zone>();
  let periodEnd = after((Math.floor(log.events[0]!.at / period) * period) as Instant, period);

  const closePeriod = (receivedAt: Instant): readonly Reading[] => {
    const start = after(periodEnd, -period as Millis);
    const readings: Reading[] = [];
    for (const [channel, zone] of zones) {
      if (zone.on) zone.occupied += periodEnd - zone.since;
      readings.push({
        kind: "period",
        source,
        detector: channels.get(channel)!.detector,
        receivedAt,
        start,
        end: periodEnd,
        counts: {},
        occupancy: Math.min(1, zone.occupied / period),
        presence: zone.on,
      });
      zone.occupied = 0;
      zone.since = periodEnd;
    }
    periodEnd = after(periodEnd, period);
    return readings;
  };
  const sense = (event: HiresEvent, receivedAt: Instant): readonly Reading[] => {
    const channel = channels.get(event.param);
    if (!channel) return [];
    const on = event.code === Code.detectorOn;
    if (channel.measures === "count") {
      if (!on) return [];
      const { detector } = channel;
      return [{ kind: "crossing", source, detector, receivedAt, at: event.at, vehicleClass: "unknown" }];
    }
    const zone = zones.get(event.param);
    if (!zone) zones.set(event.param, { on, since: event.at, occupied: 0 });
    else if (zone.on !== on) {
      if (zone.on) zone.occupied += event.at - zone.since;
      zone.on = on;
      zone.since = event.at;
    }
    return [];
  };

  return (now) => {
    const first = next;
    const readings: Reading[] = [];
    for (; next < log.events.length && log.events[next]!.at < now; next++) {
      const event = log.events[next]!;
      while (event.at >= periodEnd) readings.push(...closePeriod(now));
      if (event.code === Code.detectorOn || event.code === Code.detectorOff) readings.push(...sense(event, now));
      else if (event.code === Code.beginGreen) phases[event.param] = "green";
      else if (event.code === Code.beginYellow) phases[event.param] = "amber";
      else if (event.code === Code.endYellow) phases[event.param] = "red";
      else if (event.code === Code.pattern) pattern = event.param;
      else if (event.code === COORD_STATE)
        inTransition = TRANSITIONS.has(event.param) || (inTransition && event.param > 4);
    }
    while (next < log.events.length && now >= periodEnd) readings.push(...closePeriod(now));
    const status: ReachableStatus = {
      kind: "reachable",
      junction,
      at: now,
      mode: "local",
      capabilities,
      pattern,
      inTransition,
      phases: { ...phases },
      cyclePosition: undefined,
      elapsed: undefined,
      clockError: undefined,
      faults: [],
    };
    return { now, events: log.events.slice(first, next), readings, status };
  };
}
