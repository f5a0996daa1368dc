import type { Camera, City, SceneFeed } from "../../config/model.ts";
import { after, type Instant, instant, type Millis, millis, seconds } from "../../config/units.ts";
import type { Random } from "../../engine/ports/random.ts";
import type { Sensor, Street, StreetExitView, StreetVehicle, StreetView } from "../street.ts";
import {
  type ByClass,
  type CameraFault,
  type CameraFaults,
  isNight,
  MISSED_AT_NIGHT,
  MISSED_BY_DAY,
  within,
} from "./faults.ts";
import {
  approachPart,
  atcsSceneBody,
  boxPart,
  type CameraMessage,
  exitPart,
  nothingSeen,
  objectPart,
  type Picture,
} from "./messages.ts";
import { gaussian } from "./noise.ts";

/** How well the city's cameras make out objects. */
export interface SceneQuality {
  /** Share of vehicles never made out as long as they are there; undefined: as for counts, by day and by night. */
  readonly missed?: ByClass;
  /** Standard deviation of a vehicle's place and speed. */
  readonly placeNoiseM: number;
  readonly speedNoiseMps: number;
  /** From the picture to its message. */
  readonly latency: Millis;
  /** Share of the approaches of which no camera sends a picture, drawn once. */
  readonly blindApproaches: number;
}

/**
 * Object detection at the edge takes some tenths of a second, and places are read off a tilted picture; what we take is our
 * own assumption.
 */
export const usualScenes: SceneQuality = {
  placeNoiseM: 0.7,
  speedNoiseMps: 0.4,
  latency: seconds(0.5),
  blindApproaches: 0,
};

/** Sees everything as it is, at once. */
export const perfectScenes: SceneQuality = {
  missed: { car: 0, hv: 0, mc: 0 },
  placeNoiseM: 0,
  speedNoiseMps: 0,
  latency: millis(0),
  blindApproaches: 0,
};

/** 10 % missed, a fifth of the approaches unseen, 5 s late: what a city has that buys cameras for people to watch. */
export const poorScenes: SceneQuality = {
  ...usualScenes,
  missed: { car: 0.1, hv: 0.1, mc: 0.1 },
  latency: seconds(5),
  blindApproaches: 0.2,
};

export interface SceneCamerasOptions {
  readonly city: City;
  readonly street: Street;
  readonly random: Random;
  readonly quality?: SceneQuality;
  readonly faults?: CameraFaults;
}

export interface SceneCameras {
  /** Call after each `street.advance()`; gives what was sent since the last call, by camera id. */
  poll(now: Instant): readonly CameraMessage[];
}

interface Lane {
  readonly sensor: Sensor;
  last: ByClass;
  /** Crossings made out, since the start. */
  passed: number;
}

interface Unit {
  readonly camera: Camera;
  readonly feed: SceneFeed;
  readonly approaches: readonly string[];
  readonly lanes: ReadonlyMap<string, readonly Lane[]>;
  readonly faults: readonly CameraFault[];
  readonly random: Random;
  /** Where on the scale of conspicuity this camera is blind: other cameras miss other vehicles. */
  readonly shift: number;
  readonly quality: SceneQuality;
  /** Next picture. */
  due: Instant;
  seq: number;
  last: Picture;
  readonly underway: CameraMessage[];
}

/** A vehicle slower than this stands, m/s (5 km/h, the usual queue threshold of count cameras). */
const STANDING_MPS = 5 / 3.6;
const classes = ["car", "hv", "mc"] as const;

/** Every camera of the city that sends scenes. Registers sensors with the street, so make it before the first step. */
export function createSceneCameras(options: SceneCamerasOptions): SceneCameras {
  const { city, street } = options;
  const units = [...city.cameras.values()]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((camera) => (camera.scene ? [newUnit(options, camera, camera.scene)] : []));
  return {
    poll: (now) => {
      const sent: CameraMessage[] = [];
      for (const unit of units) {
        while (unit.due <= now) {
          takePicture(unit, { city, street, at: now });
          unit.due = after(unit.due, unit.feed.period);
        }
        while (unit.underway.length > 0 && unit.underway[0]!.at <= now) sent.push(unit.underway.shift()!);
      }
      return sent;
    },
  };
}

function newUnit(options: SceneCamerasOptions, camera: Camera, feed: SceneFeed): Unit {
  const { city, street, quality = usualScenes } = options;
  const random = options.random.fork(`${camera.id}/scene`);
  const { approaches } = city.junctions.get(feed.junction)!;
  const seen = feed.approaches.filter((id) => !isBlind(options.random, quality, `${feed.junction}/${id}`));
  const lanes = seen.map((id): [string, readonly Lane[]] => {
    const approach = approaches.find((candidate) => candidate.id === id)!;
    const lines = approach.lanes.map((_, lane) =>
      street.sensor({ link: approach.link, lanes: [lane], from: "stop-line", distanceM: 0, zoneM: 0 }),
    );
    return [id, lines.map((sensor) => ({ sensor, last: { ...sensor.crossed }, passed: 0 }))];
  });
  // Messages arrive on whole periods of the clock; the pictures were taken before.
  const start = street.now();
  const first = Math.ceil((start + quality.latency + 1) / feed.period) * feed.period - quality.latency;
  return {
    camera,
    feed,
    approaches: seen,
    lanes: new Map(lanes),
    faults: options.faults?.get(camera.id) ?? [],
    random,
    shift: random.next(),
    quality,
    due: instant(first),
    seq: 0,
    last: nothingSeen,
    underway: [],
  };
}

/** Is no camera on this approach (`junction/approach`)? Drawn once for each. */
export const isBlind = (random: Random, { blindApproaches }: SceneQuality, approach: string): boolean =>
  random.fork(`blind/${approach}`).next() < blindApproaches;

interface Moment {
  readonly city: City;
  readonly street: Street;
  readonly at: Instant;
}

function takePicture(unit: Unit, moment: Moment): void {
  const { camera, feed, faults, random, quality } = unit;
  const { at } = moment;
  const during = (kind: "silent" | "stuck" | "blind" | "away") => within(faults, kind, at);
  countCrossings(unit, moment);
  unit.seq += 1;
  const away = during("away");
  const blind = away || during("blind");
  const picture = during("stuck") ? unit.last : pictureOf(unit, moment, blind);
  unit.last = picture;
  if (during("silent")) return;
  const shift = faults.find((fault) => fault.kind === "clock-offset")?.offset ?? millis(0);
  const { junction } = feed;
  const message: CameraMessage = {
    camera: camera.id,
    at: after(at, quality.latency),
    transport: feed.transport,
    format: "atcs-scene",
    ...(feed.transport === "mqtt" ? { topic: `${feed.topic ?? camera.id}/scene` } : {}),
    body: atcsSceneBody({ camera: camera.id, junction, seq: unit.seq, at: after(at, shift), away, picture }),
  };
  unit.underway.push(message);
  const duplicate = faults.find((fault) => fault.kind === "duplicate");
  if (duplicate && random.next() < duplicate.share) unit.underway.push(message);
}

function missedOf({ quality, faults }: Unit, { city, at }: Moment): ByClass {
  const miscount = faults.find((fault) => fault.kind === "miscount");
  return miscount?.missed ?? quality.missed ?? (isNight(city, at) ? MISSED_AT_NIGHT : MISSED_BY_DAY);
}

function countCrossings(unit: Unit, moment: Moment): void {
  const missed = missedOf(unit, moment);
  const unseeing = within(unit.faults, "blind", moment.at) || within(unit.faults, "away", moment.at);
  for (const lanes of unit.lanes.values()) {
    for (const lane of lanes) {
      for (const key of classes) {
        const crossed = lane.sensor.crossed[key] - lane.last[key];
        for (let i = 0; i < crossed; i++) if (unit.random.next() >= missed[key] && !unseeing) lane.passed++;
      }
      lane.last = { ...lane.sensor.crossed };
    }
  }
}

function pictureOf(unit: Unit, moment: Moment, blind: boolean): Picture {
  const { feed, approaches } = unit;
  const { junction, rangeM, exits, exitRangeM, box } = feed;
  const view = moment.street.view({ junction, approaches, rangeM, exits, exitRangeM, box });
  const sight = { missed: blind ? ALL : missedOf(unit, moment), shift: unit.shift };
  return {
    approaches: view.approaches.map((seen) => approachPicture(unit, seen, sight)),
    exits: view.exits.map((seen) => exitPicture(seen, sight)),
    box: box ? view.box.filter((vehicle) => isMadeOut(vehicle, sight)).map(boxPart) : undefined,
  };
}

const ALL: ByClass = { car: 1, hv: 1, mc: 1 };

interface Sight {
  readonly missed: ByClass;
  readonly shift: number;
}

const isMadeOut = (vehicle: Pick<StreetVehicle, "conspicuity" | "vehicleClass">, { missed, shift }: Sight): boolean =>
  (vehicle.conspicuity + shift) % 1 >= missed[vehicle.vehicleClass];

function approachPicture(unit: Unit, seen: StreetView["approaches"][number], sight: Sight): string {
  const { lanes, quality, random } = unit;
  const { approach, rangeM, vehicles } = seen;
  const objects: string[] = [];
  for (const vehicle of vehicles) {
    if (!isMadeOut(vehicle, sight)) continue;
    const still = vehicle.speedMps < STILL_MPS;
    objects.push(
      objectPart({
        ...vehicle,
        distanceM: blurred(vehicle.distanceM, quality.placeNoiseM, rangeM, random),
        speedMps: still ? 0 : blurred(vehicle.speedMps, quality.speedNoiseMps, FASTEST_MPS, random),
      }),
    );
  }
  return approachPart({ approach, rangeM, passed: lanes.get(approach)!.map(({ passed }) => passed), objects });
}

const blurred = (value: number, sd: number, max: number, random: Random): number =>
  sd === 0 ? value : Math.min(max, Math.max(0, value + sd * gaussian(random)));

/** What stands is seen to stand. */
const STILL_MPS = 0.1;
/** No camera believes in more. */
const FASTEST_MPS = 60;

function exitPicture({ link, rangeM, lanes }: StreetExitView, sight: Sight): string {
  return exitPart({
    link,
    rangeM,
    lanes: lanes.map((vehicles) => {
      const seen = vehicles.filter((vehicle) => isMadeOut(vehicle, sight));
      const standing = seen.filter(({ speedMps }) => speedMps < STANDING_MPS);
      const roomM = standing.reduce((least, { rearM }) => Math.min(least, Math.max(0, rearM)), rangeM);
      return { vehicles: seen.length, standing: standing.length, roomM };
    }),
  });
}
