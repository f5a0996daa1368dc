import type { VehicleClass } from "../../config/model.ts";
import type { Instant } from "../../config/units.ts";
import type { BoxVehicle, ExitLaneView, SeenVehicle } from "./view.ts";

/** One picture of one camera, decoded but not yet judged: what it makes out where. `at` is the device's clock. */
export interface SceneReading {
  readonly kind: "scene";
  /** Camera id. */
  readonly source: string;
  readonly junction: string;
  readonly receivedAt: Instant;
  readonly at: Instant;
  readonly seq?: number;
  /** It says that it looks elsewhere (a PTZ away from its home preset). */
  readonly away?: true;
  /** Those of its approaches and exits that it could see in this picture. */
  readonly approaches: readonly SceneApproach[];
  readonly exits: readonly SceneExit[];
  /** Absent when it does not see the box. */
  readonly box?: readonly BoxVehicle[];
}

export interface SceneApproach {
  /** `Approach.id`. */
  readonly approach: string;
  readonly rangeM: number;
  /** Crossings of the stop line since the device's last reset, by lane in the order of `Approach.lanes`. */
  readonly passed: readonly number[];
  /** Nearest the stop line first. */
  readonly vehicles: readonly SeenVehicle[];
}

export interface SceneExit {
  /** `Link.id`. */
  readonly link: string;
  readonly rangeM: number;
  readonly lanes: readonly ExitLaneView[];
}

/** Distances, lengths and speeds are kept to this: finer is beyond any camera, and makes long records. */
export const tenth = (value: number): number => Math.round(value * 10) / 10 + 0;

const CLASSES: readonly VehicleClass[] = ["car", "hv", "mc", "um", "unknown"];

/** A scene as the record keeps it: rows of numbers, an eighth of the length of its JSON. */
export interface PackedScene {
  readonly source: string;
  readonly junction: string;
  /** receivedAt, at, seq (-1: none), away (0 or 1). */
  readonly of: readonly [number, number, number, number];
  /** Per approach: id, range, passed, and five numbers a vehicle: distance, speed, length, class, bits of its lanes. */
  readonly a: readonly (readonly [string, number, readonly number[], readonly number[]])[];
  /** Per exit: link, range, and three numbers a lane. */
  readonly e: readonly (readonly [string, number, readonly number[]])[];
  /** Per vehicle: approach, lane, speed, movements. */
  readonly b?: readonly (readonly [string, number, number, ...string[]])[];
}

export function packScene(scene: SceneReading): PackedScene {
  return {
    source: scene.source,
    junction: scene.junction,
    of: [scene.receivedAt, scene.at, scene.seq ?? -1, scene.away ? 1 : 0],
    a: scene.approaches.map(({ approach, rangeM, passed, vehicles }) => [
      approach,
      rangeM,
      passed,
      vehicles.flatMap(({ distanceM, speedMps, lengthM, vehicleClass, lanes }) => [
        distanceM,
        speedMps,
        lengthM,
        CLASSES.indexOf(vehicleClass),
        lanes.reduce((bits, lane) => bits | (1 << lane), 0),
      ]),
    ]),
    e: scene.exits.map(({ link, rangeM, lanes }) => [
      link,
      rangeM,
      lanes.flatMap(({ vehicles, standing, roomM }) => [vehicles, standing, roomM]),
    ]),
    ...(scene.box
      ? { b: scene.box.map(({ approach, lane, speedMps, movements }) => [approach, lane, speedMps, ...movements]) }
      : {}),
  };
}

/** The scene that was packed, value for value. */
export function unpackScene({ source, junction, of: [receivedAt, at, seq, away], a, e, b }: PackedScene): SceneReading {
  return {
    kind: "scene",
    source,
    junction,
    receivedAt: receivedAt as Instant,
    at: at as Instant,
    ...(seq < 0 ? {} : { seq }),
    ...(away === 1 ? { away: true } : {}),
    approaches: a.map(([approach, rangeM, passed, numbers]) => ({
      approach,
      rangeM,
      passed,
      vehicles: rows(numbers, 5).map(([distanceM, speedMps, lengthM, kind, bits]) => ({
        distanceM: distanceM!,
        speedMps: speedMps!,
        lengthM: lengthM!,
        vehicleClass: CLASSES[kind!]!,
        lanes: lanesOf(bits!),
      })),
    })),
    exits: e.map(([link, rangeM, numbers]) => ({
      link,
      rangeM,
      lanes: rows(numbers, 3).map(([vehicles, standing, roomM]) => ({
        vehicles: vehicles!,
        standing: standing!,
        roomM: roomM!,
      })),
    })),
    ...(b
      ? { box: b.map(([approach, lane, speedMps, ...movements]) => ({ approach, lane, movements, speedMps })) }
      : {}),
  };
}

function rows(numbers: readonly number[], width: number): readonly (readonly number[])[] {
  return Array.from({ length: numbers.length / width }, (_, i) => numbers.slice(i * width, (i + 1) * width));
}

function lanesOf(bits: number): readonly number[] {
  const lanes: number[] = [];
  for (let lane = 0; 1 << lane <= bits; lane++) if (bits & (1 << lane)) lanes.push(lane);
  return lanes;
}
