import { type Millis, millis } from "../../config/units.ts";
import type { Sensor, SensorSpec } from "../street.ts";
import type { RoadLink } from "./network.ts";
import { STEP_S, type Traffic } from "./traffic.ts";
import { Class } from "./vehicle-classes.ts";

/** A vehicle slower than this stands, m/s (5 km/h, the usual queue threshold of count cameras). */
const STANDING_MPS = 5 / 3.6;
/** Presence is felt over this length before the line, m. */
const PRESENCE_M = 5;

export interface LinkSensor extends Sensor {
  readonly crossed: { car: number; hv: number; mc: number };
  occupied: Millis;
  present: boolean;
  inZone: number;
  standing: number;
  queueM: number;
  readonly lineM: number;
  /** Ends of the zone and of the presence part along the link, m. */
  readonly zone: readonly [number, number];
  readonly presence: readonly [number, number];
  /** Bit n: strip n is watched. */
  readonly strips: number;
}

/** The sensors of one link. */
export interface LinkSensors {
  readonly list: LinkSensor[];
  /** No zone begins before this, m. */
  fromM: number;
}

export const noSensors = (): LinkSensors => ({ list: [], fromM: Number.POSITIVE_INFINITY });

export function addSensor(sensors: LinkSensors, link: RoadLink, spec: SensorSpec): Sensor {
  const lineM = spec.from === "stop-line" ? link.lengthM - spec.distanceM : spec.distanceM;
  const zone =
    spec.from === "stop-line" ? ([lineM - spec.zoneM, lineM] as const) : ([lineM, lineM + spec.zoneM] as const);
  const presence =
    spec.from === "stop-line" ? ([lineM - PRESENCE_M, lineM] as const) : ([lineM, lineM + PRESENCE_M] as const);
  let strips = 0;
  for (let strip = 0; strip < link.strips; strip++) {
    if (!spec.lanes || spec.lanes.includes(link.laneOf[strip]!)) strips |= 1 << strip;
  }
  const sensor: LinkSensor = {
    crossed: { car: 0, hv: 0, mc: 0 },
    occupied: millis(0),
    present: false,
    inZone: 0,
    standing: 0,
    queueM: 0,
    lineM,
    zone,
    presence,
    strips,
  };
  sensors.list.push(sensor);
  sensors.fromM = Math.min(sensors.fromM, zone[0], presence[0]);
  return sensor;
}

/** Counts a vehicle over the lines between two places, by the lane its middle is in. */
export function countCrossings(traffic: Traffic, link: number, id: number, fromM: number, toM: number): void {
  const { list } = traffic.sensors[link]!;
  if (list.length === 0) return;
  const { strip, width, vehicleClass } = traffic.vehicles;
  const middle = 1 << (strip[id]! + (width[id]! >> 1));
  for (let i = 0; i < list.length; i++) {
    const sensor = list[i]!;
    if (!(sensor.strips & middle) || sensor.lineM <= fromM || sensor.lineM > toM) continue;
    const c = vehicleClass[id]!;
    if (c === Class.car || c === Class.emergency) sensor.crossed.car++;
    else if (c === Class.motorcycle) sensor.crossed.mc++;
    else sensor.crossed.hv++;
  }
}

/** What the sensors of a link see at the end of a step. */
export function watch(traffic: Traffic, link: number): void {
  const { list, fromM } = traffic.sensors[link]!;
  if (list.length === 0) return;
  for (let i = 0; i < list.length; i++) {
    const sensor = list[i]!;
    sensor.present = false;
    sensor.inZone = 0;
    sensor.standing = 0;
    sensor.queueM = 0;
  }
  const { pos, length, strip, width, speed } = traffic.vehicles;
  const order = traffic.order[link]!;
  const n = traffic.count[link]!;
  for (let k = 0; k < n; k++) {
    const id = order[k]!;
    const front = pos[id]!;
    if (front < fromM) break;
    const rear = front - length[id]!;
    const middle = 1 << (strip[id]! + (width[id]! >> 1));
    const stands = speed[id]! < STANDING_MPS;
    for (let i = 0; i < list.length; i++) {
      const sensor = list[i]!;
      if (!(sensor.strips & middle)) continue;
      if (front >= sensor.presence[0] && rear <= sensor.presence[1]) sensor.present = true;
      if (front >= sensor.zone[0] && rear <= sensor.zone[1]) {
        sensor.inZone++;
        if (stands) {
          sensor.standing++;
          sensor.queueM = Math.max(sensor.queueM, sensor.lineM - rear);
        }
      }
    }
  }
  for (let i = 0; i < list.length; i++)
    if (list[i]!.present) list[i]!.occupied = millis(list[i]!.occupied + STEP_S * 1000);
}
