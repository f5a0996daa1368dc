import { z } from "zod";
import { identifier, label, provenance, within } from "./common.ts";

/** `corridors.yaml` */
export const corridorsSchema = z
  .strictObject({
    corridors: z
      .array(
        z.strictObject({
          id: identifier,
          name: label,
          junctions: z.array(identifier).min(1).max(64).describe("In driving order of `forward`."),
          forward: z.array(identifier).max(63).describe("Link from each junction to the next."),
          backward: z.array(identifier).max(63).describe("Link from each next junction back."),
          progression_kmh: within(15, 80, "Speed the green wave is made for, km/h."),
          ...provenance,
        }),
      )
      .min(1)
      .max(64),
  })
  .describe("Ordered chains of junctions under one coordination.");

export type CorridorsFile = z.infer<typeof corridorsSchema>;
