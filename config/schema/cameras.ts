import { z } from "zod";
import { identifier, label, provenance, within, zoneIdentifier } from "./common.ts";

const zoneSchema = z.strictObject({
  id: zoneIdentifier,
  junction: identifier,
  approach: identifier.describe("exit zones: the arm on whose leaving carriageway the line lies."),
  lanes: z
    .array(identifier)
    .max(8)
    .default([])
    .describe("Lanes of the approach it covers; empty only for exit zones, which cover the whole width."),
  kind: z.enum(["stop-line", "advance", "exit"]),
  distance_m: within(0, 1000, "Of the line, upstream of the stop line; exit: downstream of the junction, m."),
  zone_m: within(0, 300, "Presence zone upstream of the line, m; 0: counts only. Default 0.").default(0),
  classes: z
    .array(z.enum(["car", "hv", "mc", "um", "unknown"]))
    .min(1)
    .max(5)
    .default(["car", "hv", "mc"])
    .describe("Classes it tells apart. Default car, hv, mc."),
});

const feedSchema = z.strictObject({
  transport: z.enum(["webhook", "mqtt"]),
  format: z.enum(["atcs-count", "onvif-counter"]).describe("atcs-count: period counts; onvif-counter: running totals."),
  period_s: within(1, 900, "Of the counts; running totals are reported as often, s."),
  topic: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^+#\s]+$/, "an MQTT topic without wildcards or blanks")
    .optional()
    .describe("MQTT topic prefix; needed for mqtt."),
});

const cameraSchema = z.strictObject({
  id: identifier,
  make: z.string().min(1).max(40),
  kind: z.enum(["ptz", "anpr", "parking", "fixed"]),
  feed: feedSchema.optional().describe("How its counts arrive; absent: it only watches."),
  zones: z.array(zoneSchema).max(32).default([]),
});

/** `cameras.yaml` */
export const camerasSchema = z
  .strictObject({
    sites: z
      .array(
        z.strictObject({
          id: identifier,
          name: label,
          cameras: z.array(cameraSchema).min(1).max(64),
          ...provenance,
        }),
      )
      .max(1000),
  })
  .describe("Camera sites, their cameras, and the counting zones of those that count.");

export type CamerasFile = z.infer<typeof camerasSchema>;
export type CameraEntry = CamerasFile["sites"][number]["cameras"][number];
export type ZoneEntry = CameraEntry["zones"][number];
