import type { Detector, VehicleClass } from "../../config/model.ts";
import type { Instant } from "../../config/units.ts";
import type { ByClass } from "./faults.ts";

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
