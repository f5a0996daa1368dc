import type { City, VehicleClass } from "../../../config/model.ts";
import { after, type Instant, type Millis, millis } from "../../../config/units.ts";
import type { PeriodReading } from "../../../engine/core/reading.ts";
import type { ApproachView, BoxVehicle, ExitView, JunctionView, SeenVehicle } from "../../../engine/core/view.ts";
import type { LaneSight, SightLines } from "./sight-lines.ts";

/** A vehicle as SUMO has it at one instant; what of it a camera may tell is decided here. */
export interface StreetVehicle {
  readonly vehicleClass: VehicleClass;
  readonly lengthM: number;
  lane: string;
  /** Front bumper from the lane's start, m. */
  positionM: number;
  speedMps: number;
}

export interface Cameras {
  /** Everything the cameras see now. `vehicles` by SUMO's id, in any order. */
  look(vehicles: ReadonlyMap<string, StreetVehicle>, now: Instant): readonly JunctionView[];
  /** Counts of the periods that ended at or before `now`. */
  counts(now: Instant): readonly PeriodReading[];
}

/** Slower than this stands (5 km/h). */
const STANDING_MPS = 5 / 3.6;
/** The part of a counting zone whose occupancy is told, m. */
const OCCUPIED_M = 5;

const CLASSES = ["car", "hv", "mc", "um"] as const;
type CountedClass = (typeof CLASSES)[number];

/** Counts of one line in the present period. */
interface Line {
  readonly detector: string;
  readonly camera: string;
  readonly zoneM: number;
  readonly period: Millis;
  counts: Record<CountedClass, number>;
  looks: number;
  occupied: number;
  standing: number;
  since: Instant;
}

interface Track {
  edge: string;
  /** The stop line it is heading for, once it is on the last lane. */
  stop: LaneSight["stop"];
  /** Junction whose box it was last seen in, -1 for none. */
  box: number;
}

/** Virtual cameras at every signal: objects, positions and crossings, never routes or destinations. */
export function createCameras(city: City, lines: SightLines, start: Instant): Cameras {
  const junctions = lines.junctions.map((id) => city.junctions.get(id)!);
  const counters = junctions.map((junction) =>
    junction.approaches.map((approach) =>
      approach.lanes.map((lane): Line | undefined => {
        const detector = city.detectors.get(lane.id);
        return (
          detector && {
            detector: detector.id,
            camera: detector.camera,
            zoneM: detector.zoneM,
            period: detector.period,
            counts: { car: 0, hv: 0, mc: 0, um: 0 },
            looks: 0,
            occupied: 0,
            standing: 0,
            since: start,
          }
        );
      }),
    ),
  );
  let tracks = new Map<string, Track>();

  const pictures = () =>
    junctions.map((junction, j) => ({
      approaches: junction.approaches.map((approach) => ({
        vehicles: [] as SeenVehicle[],
        crossed: approach.lanes.map(() => 0),
        standing: approach.lanes.map(() => 0),
        occupied: approach.lanes.map(() => false),
      })),
      exits: lines.exits[j]!.map(({ lanes, rangeM }) =>
        Array.from({ length: lanes }, () => ({ vehicles: 0, standing: 0, roomM: rangeM })),
      ),
      box: [] as BoxVehicle[],
    }));
  type Picture = ReturnType<typeof pictures>[number];

  const cross = (shots: readonly Picture[], stop: NonNullable<LaneSight["stop"]>, seen: StreetVehicle): void => {
    const crossed = shots[stop.junction]!.approaches[stop.approach]!.crossed;
    crossed[stop.lane] = (crossed[stop.lane] ?? 0) + 1;
    const line = counters[stop.junction]![stop.approach]![stop.lane];
    const name = seen.vehicleClass === "unknown" ? "car" : seen.vehicleClass;
    if (line) line.counts[name]++;
  };

  /** Who was before a stop line at the last look and is past it now, or is in a box that it was not in. */
  const follow = (
    shots: readonly Picture[],
    seen: StreetVehicle,
    sight: LaneSight | undefined,
    before: Track | undefined,
  ): Track => {
    const edge = sight?.edge ?? seen.lane.slice(0, seen.lane.lastIndexOf("_"));
    const box = sight?.boxes[0];
    if (before?.stop && before.edge !== edge) cross(shots, before.stop, seen);
    else if (box && before?.box !== box.junction && before !== undefined)
      // So fast that no look fell on the last lane.
      cross(shots, box, seen);
    return { edge, stop: sight?.stop, box: box?.junction ?? -1 };
  };

  const show = (shots: readonly Picture[], seen: StreetVehicle, sight: LaneSight): void => {
    const toEndM = Math.max(0, sight.lengthM - seen.positionM);
    const stands = seen.speedMps < STANDING_MPS;
    for (const { junction, approach, beyondM, lanes, behind } of sight.approaches) {
      const distanceM = toEndM + beyondM;
      if (distanceM > lines.ranges[junction]![approach]!) continue;
      const picture = shots[junction]!.approaches[approach]!;
      picture.vehicles.push({
        distanceM,
        speedMps: seen.speedMps,
        lengthM: seen.lengthM,
        vehicleClass: seen.vehicleClass,
        lanes,
        ...(behind === undefined ? {} : { behind }),
      });
      const lane = lanes[0]!;
      const line = counters[junction]![approach]![lane];
      if (behind !== undefined || !line) continue;
      if (stands && distanceM <= line.zoneM) picture.standing[lane]!++;
      if (distanceM <= OCCUPIED_M) picture.occupied[lane] = true;
    }
    for (const { junction, exit, lane, beforeM } of sight.exits) {
      const picture = shots[junction]!.exits[exit]![lane]!;
      const rearM = beforeM + seen.positionM - seen.lengthM;
      if (rearM > lines.exits[junction]![exit]!.rangeM) continue;
      picture.vehicles++;
      if (!stands) continue;
      picture.standing++;
      picture.roomM = Math.max(0, Math.min(picture.roomM, rearM));
    }
    for (const { junction, approach, lane, movements } of sight.boxes)
      shots[junction]!.box.push({
        approach: junctions[junction]!.approaches[approach]!.id,
        lane,
        movements,
        speedMps: seen.speedMps,
      });
  };

  return {
    look: (vehicles, now) => {
      const shots = pictures();
      const present = new Map<string, Track>();
      for (const [id, seen] of vehicles) {
        const sight = lines.lanes.get(seen.lane);
        present.set(id, follow(shots, seen, sight, tracks.get(id)));
        if (sight) show(shots, seen, sight);
      }
      tracks = present;
      return shots.map((shot, j): JunctionView => {
        const junction = junctions[j]!;
        return {
          junction: junction.id,
          at: now,
          approaches: shot.approaches.map((picture, a): ApproachView => {
            for (const [k, line] of counters[j]![a]!.entries()) {
              if (!line) continue;
              line.looks++;
              if (picture.occupied[k]) line.occupied++;
              line.standing = picture.standing[k]!;
            }
            return {
              approach: junction.approaches[a]!.id,
              rangeM: lines.ranges[j]![a]!,
              vehicles: picture.vehicles.sort((x, y) => x.distanceM - y.distanceM),
              crossed: picture.crossed,
            };
          }),
          exits: shot.exits.map((lanes, e): ExitView => {
            const { link, rangeM } = lines.exits[j]![e]!;
            return { link, rangeM, lanes };
          }),
          box: shot.box,
        };
      });
    },

    counts: (now) => {
      const readings: PeriodReading[] = [];
      for (const line of counters.flat(2)) {
        if (!line || now < after(line.since, line.period)) continue;
        readings.push({
          kind: "period",
          source: line.camera,
          detector: line.detector,
          receivedAt: now,
          start: line.since,
          end: now,
          counts: line.counts,
          occupancy: line.looks > 0 ? line.occupied / line.looks : 0,
          queueVeh: line.standing,
          presence: line.standing > 0,
          observed: millis(now - line.since),
        });
        line.counts = { car: 0, hv: 0, mc: 0, um: 0 };
        line.looks = 0;
        line.occupied = 0;
        line.since = now;
      }
      return readings;
    },
  };
}
