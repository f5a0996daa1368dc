import { z } from "zod";
import { identifier, label, provenance, within } from "./common.ts";

/** `city.yaml` */
export const citySchema = z
  .strictObject({
    id: identifier,
    name: label,
    utc_offset_h: within(-12, 14, "Local time minus UTC, h; no daylight saving (WITA: 8)."),
    drives_on: z.enum(["left", "right"]).describe("Side of the road traffic keeps to."),
    city_size_factor: within(0.8, 1.1, "FCS of MKJI 1997 / FUK of PKJI 2023: 0.94 for 0.5 to 1 million people."),
    ...provenance,
  })
  .describe("The city as a whole.");

export type CityFile = z.infer<typeof citySchema>;
