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

const topic = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^+#\s]+$/, "an MQTT topic without wildcards or blanks")
  .optional()
  .describe("MQTT topic prefix; needed for mqtt.");

const feedSchema = z.strictObject({
  transport: z.enum(["webhook", "mqtt"]),
  format: z.enum(["atcs-count", "onvif-counter"]).describe("atcs-count: period counts; onvif-counter: running totals."),
  period_s: within(1, 900, "Of the counts; running totals are reported as often, s."),
  topic,
});

const sceneSchema = z
  .strictObject({
    transport: z.enum(["webhook", "mqtt"]),
    topic,
    period_s: within(0.2, 5, "Between two pictures, s. Default 1.").default(1),
    junction: identifier,
    approaches: z.array(identifier).max(8).default([]).describe("Approaches it sees from the stop line on."),
    range_m: within(10, 300, "How far it sees upstream of the stop line, m. Default 100.").default(100),
    exits: z
      .array(identifier)
      .max(8)
      .default([])
      .describe("Arms of whose leaving carriageway it sees the first metres."),
    exit_range_m: within(5, 150, "How far it sees along an exit, m. Default 50.").default(50),
    box: z.boolean().default(false).describe("It sees the junction box. Default false."),
  })
  .describe("atcs-scene: what stands and moves where, each second; absent: it sends no pictures of objects.");

const cameraSchema = z.strictObject({
  id: identifier,
  make: z.string().min(1).max(40),
  kind: z.enum(["ptz", "anpr", "parking", "fixed"]),
  feed: feedSchema.optional().describe("How its counts arrive; absent: it only watches."),
  zones: z.array(zoneSchema).max(32).default([]),
  scene: sceneSchema.optional(),
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
export type SceneEntry = NonNullable<CameraEntry["scene"]>;
export type ZoneEntry = CameraEntry["zones"][number];
