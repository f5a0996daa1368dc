import type { Incident } from "../config/incidents.ts";
import type { City } from "../config/model.ts";
import { after, type Instant } from "../config/units.ts";
import type { Random } from "../engine/ports/random.ts";
import { createVirtualCabinet } from "./cabinet/unit.ts";
import type { VirtualCabinet } from "./cabinet/virtual-cabinet.ts";
import { type CameraFaults, type CameraMessage, createCameras } from "./cameras/cameras.ts";
import { createSceneCameras, isBlind, type SceneQuality } from "./cameras/scenes.ts";
import type { Sensor, Street } from "./street.ts";
import { createStreet } from "./traffic/street.ts";

/** Street, cabinets and cameras on one time. Takes plans through the cabinets, gives camera messages; knows no engine. */
export interface World {
  readonly street: Street;
  /** By junction id. */
  readonly cabinets: ReadonlyMap<string, VirtualCabinet>;
  now(): Instant;
  /** One step of the street; what the cameras sent in it. */
  advance(): readonly CameraMessage[];
}

export interface WorldOptions {
  readonly city: City;
  readonly random: Random;
  readonly start: Instant;
  readonly demandScale?: number;
  /** What goes wrong on the street; nobody tells the engine. */
  readonly incidents?: readonly Incident[];
  readonly cameraFaults?: CameraFaults;
  /** How well all cameras see; undefined: as usual. */
  readonly cameras?: SceneQuality;
  /** "off": nobody looks at scenes, so none are made. */
  readonly scenes?: "off";
}

interface Loop {
  readonly unit: VirtualCabinet;
  readonly channel: number;
  readonly sensor: Sensor;
  seen: number;
}

/** Position of a cabinet's stop-line loops and their length, m (usual practice: a 6-10 ft to 20 m zone; we take one car). */
const LOOP_AT_M = 1;
const LOOP_LENGTH_M = 5;

export function createWorld(options: WorldOptions): World {
  const { city, random, start } = options;
  const street = createStreet({
    city,
    random: random.fork("street"),
    start,
    ...(options.demandScale === undefined ? {} : { demandScale: options.demandScale }),
    ...(options.incidents === undefined ? {} : { incidents: options.incidents }),
  });
  const cabinets = new Map<string, VirtualCabinet>();
  const loops: Loop[] = [];
  for (const cabinet of city.cabinets.values()) {
    const junction = city.junctions.get(cabinet.junction)!;
    const unit = createVirtualCabinet({ cabinet, junction, schedule: city.schedule, utcOffset: city.utcOffset, start });
    cabinets.set(junction.id, unit);
    street.attach(junction.id, unit.lamps);
    for (const { channel, approach: id, lanes } of cabinet.detectors) {
      const approach = junction.approaches.find((candidate) => candidate.id === id)!;
      const sensor = street.sensor({
        link: approach.link,
        lanes: lanes.map((lane) => approach.lanes.findIndex((candidate) => candidate.id === lane)),
        from: "stop-line",
        distanceM: LOOP_AT_M,
        zoneM: LOOP_LENGTH_M,
      });
      loops.push({ unit, channel, sensor, seen: 0 });
    }
  }
  const faults = options.cameraFaults ? { faults: options.cameraFaults } : {};
  const { scenes, cameras: quality } = options;
  const sceneRandom = random.fork("scenes");
  const counts = quality && {
    missed: quality.missed,
    latency: quality.latency,
    isBlind: (junction: string, approach: string) => isBlind(sceneRandom, quality, `${junction}/${approach}`),
  };
  const cameras = createCameras({
    city,
    street,
    random: random.fork("cameras"),
    ...faults,
    ...(counts ? { quality: counts } : {}),
  });
  const sceneCameras =
    scenes === "off"
      ? undefined
      : createSceneCameras({
          city,
          street,
          random: sceneRandom,
          ...faults,
          ...(quality ? { quality } : {}),
        });

  return {
    street,
    cabinets,
    now: () => street.now(),
    advance: () => {
      const at = after(street.now(), street.step);
      for (const unit of cabinets.values()) unit.step(at);
      street.advance();
      for (const loop of loops) {
        const { crossed, present } = loop.sensor;
        const total = crossed.car + crossed.hv + crossed.mc;
        loop.unit.detect(loop.channel, present, total - loop.seen);
        loop.seen = total;
      }
      for (const { junction, crossing } of street.presses) cabinets.get(junction)?.pressButton(crossing);
      const counts = cameras.poll(street.now());
      return sceneCameras ? [...counts, ...sceneCameras.poll(street.now())] : counts;
    },
  };
}
