import type { CameraFeed, Detector, VehicleClass } from "../../config/model.ts";
import type { Instant } from "../../config/units.ts";
import type { ByClass } from "./faults.ts";

/** What a camera sends, as its transport carries it. */
export interface CameraMessage {
  readonly camera: string;
  /** World's instant of sending. */
  readonly at: Instant;
  readonly transport: CameraFeed["transport"];
  readonly format: CameraFeed["format"] | "atcs-scene";
  /** MQTT only. */
  readonly topic?: string;
  /** MQTT retain flag, as cameras set it on counters. */
  readonly retain?: boolean;
  /** JSON. */
  readonly body: string;
}

/** What a camera saw at one line in one period. */
export interface Seen {
  readonly counts: ByClass;
  readonly occupancy: number;
  readonly queueVeh: number;
  readonly presence: boolean;
}

/** By the device's clock. */
export interface SentPeriod {
  readonly start: Instant;
  readonly end: Instant;
  readonly seq: number;
  readonly night: boolean;
}

const utc = (at: Instant): string => new Date(at).toISOString();

/** `atcs-count/1`: one record, or an array when the camera has several detectors. */
export function atcsCountBody(message: {
  readonly camera: string;
  readonly period: SentPeriod;
  readonly detectors: readonly Detector[];
  readonly seen: readonly Seen[];
}): string {
  const { camera, period } = message;
  const records = message.detectors.map((detector, i) => {
    const { counts, occupancy, queueVeh, presence } = message.seen[i]!;
    return {
      schema: "atcs-count/1",
      source: camera,
      detector: detector.id,
      seq: period.seq,
      periodStart: utc(period.start),
      periodEnd: utc(period.end),
      counts: classified(counts, detector.classes),
      ...(detector.zoneM > 0 ? { occupancy, queueVeh, presence } : {}),
      quality: { observedSeconds: (period.end - period.start) / 1000, rain: false, night: period.night },
    };
  });
  return JSON.stringify(records.length === 1 ? records[0] : records);
}

/** What a message holds of a picture: JSON already, since a picture has many small parts and is sent every second. */
export interface Picture {
  readonly approaches: readonly string[];
  readonly exits: readonly string[];
  readonly box: readonly string[] | undefined;
}

export const nothingSeen: Picture = { approaches: [], exits: [], box: undefined };

export interface SentObject {
  readonly distanceM: number;
  readonly speedMps: number;
  readonly lengthM: number;
  readonly vehicleClass: string;
  readonly lanes: readonly number[];
}

export const approachPart = (part: {
  readonly approach: string;
  readonly rangeM: number;
  readonly passed: readonly number[];
  readonly objects: readonly string[];
}): string =>
  `{"approach":"${part.approach}","rangeM":${part.rangeM},"passed":[${part.passed.join(",")}],"objects":[${part.objects.join(",")}]}`;

export const objectPart = ({ distanceM, speedMps, lengthM, vehicleClass, lanes }: SentObject): string =>
  `{"distanceM":${tenth(distanceM)},"speedMps":${tenth(speedMps)},"lengthM":${tenth(lengthM)},"class":"${vehicleClass}","lanes":[${lanes.join(",")}]}`;

export const exitPart = (part: {
  readonly link: string;
  readonly rangeM: number;
  readonly lanes: readonly { readonly vehicles: number; readonly standing: number; readonly roomM: number }[];
}): string => JSON.stringify({ ...part, lanes: part.lanes.map((lane) => ({ ...lane, roomM: tenth(lane.roomM) })) });

export const boxPart = (part: {
  readonly approach: string;
  readonly lane: number;
  readonly speedMps: number;
  readonly movements: readonly string[];
}): string => {
  const { approach, lane, speedMps, movements } = part;
  return JSON.stringify({ approach, lane, speedMps: tenth(speedMps), movements });
};

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** `atcs-scene/1`: one picture. */
export function atcsSceneBody(message: {
  readonly camera: string;
  readonly junction: string;
  readonly seq: number;
  /** By the device's clock. */
  readonly at: Instant;
  readonly away: boolean;
  readonly picture: Picture;
}): string {
  const { camera, junction, seq, at, away, picture } = message;
  const head = `"schema":"atcs-scene/1","source":"${camera}","junction":"${junction}","seq":${seq},"at":"${utc(at)}"`;
  const seen = `"approaches":[${picture.approaches.join(",")}],"exits":[${picture.exits.join(",")}]`;
  const box = picture.box ? `,"box":[${picture.box.join(",")}]` : "";
  return `{${head}${away ? ',"home":false' : ""},${seen}${box}}`;
}

/** ONVIF line counters: one rule and one running total per detector and class, numbers quoted as the standard shows. */
export function counterMessages(message: {
  readonly prefix: string;
  readonly at: Instant;
  readonly detectors: readonly Detector[];
  readonly totals: readonly ByClass[];
}): readonly { readonly topic: string; readonly body: string }[] {
  return message.detectors.flatMap((detector, i) =>
    Object.entries(classified(message.totals[i]!, detector.classes)).map(([vehicleClass, total]) => {
      const rule = vehicleClass === "unknown" ? detector.id : `${detector.id}:${vehicleClass}`;
      return {
        topic: `${message.prefix}/onvif-ej/RuleEngine/CountAggregation/Counter/&vs1/va1/${rule}`,
        body: JSON.stringify({
          UtcTime: utc(message.at),
          Source: { VideoSource: "vs1", AnalyticsConfiguration: "va1", Rule: rule },
          Data: { Count: String(total) },
        }),
      };
    }),
  );
}

/** A camera without classes counts everything as unknown; one that lacks a class does not count it. */
function classified(counts: ByClass, classes: readonly VehicleClass[]): Partial<Record<VehicleClass, number>> {
  const sent: Partial<Record<VehicleClass, number>> = {};
  for (const name of classes) {
    if (name === "unknown") sent.unknown = classes.length === 1 ? counts.car + counts.hv + counts.mc : 0;
    else sent[name] = name === "um" ? 0 : counts[name];
  }
  return sent;
}
