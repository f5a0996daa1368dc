import type { Camera, CameraFeed, City, Detector } from "../../config/model.ts";
import { after, type Instant, instant, type Millis, millis } from "../../config/units.ts";
import type { Random } from "../../engine/ports/random.ts";
import type { Sensor, SensorSpec, Street } from "../street.ts";
import {
  type ByClass,
  type CameraFault,
  type CameraFaults,
  FALSE_PER_HOUR,
  isNight,
  MISSED_AT_NIGHT,
  MISSED_BY_DAY,
  QUEUE_NOISE,
  within,
} from "./faults.ts";
import { atcsCountBody, type CameraMessage, counterMessages, type Seen } from "./messages.ts";
import { gaussian } from "./noise.ts";

export type { CameraFault, CameraFaults } from "./faults.ts";
export type { CameraMessage } from "./messages.ts";

export interface Cameras {
  /** Call after each `street.advance()`; gives what was sent since the last call, by camera id. */
  poll(now: Instant): readonly CameraMessage[];
}

export interface CamerasOptions {
  readonly city: City;
  readonly street: Street;
  readonly random: Random;
  readonly faults?: CameraFaults;
  readonly quality?: CountQuality;
}

/** How well the city's cameras count; default: as usual, everywhere and at once. */
export interface CountQuality {
  /** Undefined: as usual, by day and by night. */
  readonly missed?: ByClass | undefined;
  /** From the end of a period to its message. */
  readonly latency: Millis;
  /** No camera counts at the stop lines of this approach. */
  readonly isBlind: (junction: string, approach: string) => boolean;
}

interface Line {
  readonly detector: Detector;
  readonly sensor: Sensor;
  /** Sensor's values when the present period began. */
  crossed: ByClass;
  occupied: number;
  /** Running totals for counters, and the last values sent. */
  readonly totals: { car: number; hv: number; mc: number };
  last: Seen;
}

interface Unit {
  readonly camera: Camera;
  readonly feed: CameraFeed;
  readonly lines: readonly Line[];
  readonly faults: readonly CameraFault[];
  readonly missed: ByClass | undefined;
  readonly random: Random;
  due: Instant;
  seq: number;
  /** The first, cut period is not sent. */
  whole: boolean;
}

const classes = ["car", "hv", "mc"] as const;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Every camera of the city that has a feed. Registers its sensors with the street, so make it before the first step. */
export function createCameras({ city, street, random, faults, quality }: CamerasOptions): Cameras {
  const unwatched = ({ kind, junction, approach }: Detector): boolean =>
    kind !== "exit" && quality !== undefined && quality.isBlind(junction, approach);
  const units = [...city.cameras.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((camera): Unit[] => {
      const { feed } = camera;
      if (!feed) return [];
      const start = street.now();
      const lines = [...city.detectors.values()]
        .filter((detector) => detector.camera === camera.id && !unwatched(detector))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((detector) => newLine(detector, street.sensor(sensorOf(city, detector))));
      if (lines.length === 0) return [];
      return [
        {
          camera,
          feed,
          lines,
          faults: faults?.get(camera.id) ?? [],
          missed: quality?.missed,
          random: random.fork(camera.id),
          due: instant(Math.ceil(start / feed.period) * feed.period + (start % feed.period === 0 ? feed.period : 0)),
          seq: 0,
          whole: start % feed.period === 0,
        },
      ];
    });
  let earliest = Math.min(...units.map((unit) => unit.due));
  const take = (now: Instant): readonly CameraMessage[] => {
    if (now < earliest) return [];
    const messages: CameraMessage[] = [];
    for (const unit of units) {
      while (unit.due <= now) {
        messages.push(...closePeriod(unit, city, now));
        unit.due = after(unit.due, unit.feed.period);
      }
    }
    earliest = Math.min(...units.map((unit) => unit.due));
    return messages;
  };
  if (quality === undefined) return { poll: take };
  const underway: CameraMessage[] = [];
  return {
    poll: (now) => {
      underway.push(...take(now).map((message) => ({ ...message, at: after(message.at, quality.latency) })));
      const late = underway.findIndex(({ at }) => at > now);
      return underway.splice(0, late < 0 ? underway.length : late);
    },
  };
}

function newLine(detector: Detector, sensor: Sensor): Line {
  const none: Seen = { counts: { car: 0, hv: 0, mc: 0 }, occupancy: 0, queueVeh: 0, presence: false };
  return {
    detector,
    sensor,
    crossed: { ...sensor.crossed },
    occupied: sensor.occupied,
    totals: { car: 0, hv: 0, mc: 0 },
    last: none,
  };
}

/** Where the detector's line lies on the street. An exit line lies on the road that leaves by its approach's arm. */
function sensorOf(city: City, detector: Detector): SensorSpec {
  const junction = city.junctions.get(detector.junction)!;
  const approach = junction.approaches.find(({ id }) => id === detector.approach)!;
  const { distanceM, zoneM } = detector;
  if (detector.kind === "exit") {
    const arm = city.links.get(approach.link)!.from;
    const exit = [...city.links.values()].find((link) => link.from === junction.node && link.to === arm);
    if (!exit) throw new Error(`detector ${detector.id}: no road leaves ${junction.id} towards ${arm}`);
    return { link: exit.id, lanes: undefined, from: "entry", distanceM, zoneM };
  }
  const lanes = detector.lanes.map((lane) => approach.lanes.findIndex(({ id }) => id === lane));
  return { link: approach.link, lanes: lanes.length > 0 ? lanes : undefined, from: "stop-line", distanceM, zoneM };
}

function closePeriod(unit: Unit, city: City, now: Instant): readonly CameraMessage[] {
  const { camera, feed, faults, random } = unit;
  const end = unit.due;
  const start = after(end, millis(-feed.period));
  const night = isNight(city, end);
  const hours = feed.period / HOUR_MS;
  const during = (kind: "silent" | "stuck" | "blind") => within(faults, kind, end);
  const miscount = faults.find((fault) => fault.kind === "miscount");
  const missed = miscount?.missed ?? unit.missed ?? (night ? MISSED_AT_NIGHT : MISSED_BY_DAY);
  const falsePerHour = miscount?.falsePerHour ?? FALSE_PER_HOUR;
  const seen = unit.lines.map((line) => {
    const glance = look(line, { period: feed.period, missed, falseNow: scaled(falsePerHour, hours), random });
    if (during("blind")) return { counts: { car: 0, hv: 0, mc: 0 }, occupancy: 0, queueVeh: 0, presence: false };
    if (during("stuck")) return line.last;
    line.last = glance;
    for (const key of classes) line.totals[key] += glance.counts[key];
    return glance;
  });
  // Counters begin anew at local midnight, as cameras commonly do.
  const midnight = Math.floor((start + city.utcOffset) / DAY_MS) !== Math.floor((end + city.utcOffset) / DAY_MS);
  if (midnight) for (const { totals } of unit.lines) totals.car = totals.hv = totals.mc = 0;
  const whole = unit.whole;
  unit.whole = true;
  if (!whole || during("silent")) return [];

  const shift = faults.find((fault) => fault.kind === "clock-offset")?.offset ?? millis(0);
  unit.seq += 1;
  const period = { start: after(start, shift), end: after(end, shift), seq: unit.seq, night };
  const detectors = unit.lines.map(({ detector }) => detector);
  const common = { camera: camera.id, at: now, transport: feed.transport, format: feed.format };
  const prefix = feed.topic ?? camera.id;
  const messages: CameraMessage[] =
    feed.format === "onvif-counter"
      ? counterMessages({ prefix, at: period.end, detectors, totals: unit.lines.map(({ totals }) => totals) }).map(
          (message) => ({ ...common, ...message, retain: true }),
        )
      : [
          {
            ...common,
            ...(feed.transport === "mqtt" ? { topic: `${prefix}/counts` } : {}),
            body: atcsCountBody({ camera: camera.id, period, detectors, seen }),
          },
        ];
  const duplicate = faults.find((fault) => fault.kind === "duplicate");
  return duplicate && random.next() < duplicate.share ? [...messages, ...messages] : messages;
}

interface Sight {
  readonly period: number;
  readonly missed: ByClass;
  /** Chance of one false vehicle in this period. */
  readonly falseNow: ByClass;
  readonly random: Random;
}

/** What the camera makes of the period that just ended. */
function look(line: Line, { period, missed, falseNow, random }: Sight): Seen {
  const { sensor } = line;
  const counts = { car: 0, hv: 0, mc: 0 };
  for (const key of classes) {
    const passed = sensor.crossed[key] - line.crossed[key];
    for (let i = 0; i < passed; i++) if (random.next() >= missed[key]) counts[key] += 1;
    if (random.next() < falseNow[key]) counts[key] += 1;
  }
  const occupancy = Math.min(1, Math.max(0, (sensor.occupied - line.occupied) / period));
  line.crossed = { ...sensor.crossed };
  line.occupied = sensor.occupied;
  const queueVeh = Math.max(0, Math.round(sensor.standing * (1 + QUEUE_NOISE * gaussian(random))));
  return { counts, occupancy: Math.round(occupancy * 1000) / 1000, queueVeh, presence: sensor.present };
}

const scaled = (rate: ByClass, hours: number): ByClass => ({
  car: rate.car * hours,
  hv: rate.hv * hours,
  mc: rate.mc * hours,
});
