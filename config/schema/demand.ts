import { z } from "zod";
import { identifier, provenance, share, timeOfDay, within } from "./common.ts";

const perHour = (max: number, about: string) => within(0, max, about);

/** `demand.yaml` */
export const demandSchema = z
  .strictObject({
    class_shares: z
      .strictObject({
        car: share("Light vehicles."),
        hv: share("Trucks."),
        mc: share("Motorcycles."),
        bus: share("Buses."),
      })
      .describe("Shares of vehicles; they add up to 1."),
    truck_ban: z
      .array(z.strictObject({ from: timeOfDay, to: timeOfDay }))
      .max(8)
      .default([])
      .describe("Local hours without heavy goods vehicles."),
    profiles: z
      .record(
        identifier,
        z
          .array(z.strictObject({ at: timeOfDay, factor: within(0, 5, "On the flow's vehicles per hour.") }))
          .min(1)
          .max(200),
      )
      .describe("Factors by local time of day, linear between points."),
    flows: z
      .array(
        z.strictObject({
          id: identifier,
          from: identifier.describe("Edge node it enters at."),
          vehicles_per_hour: perHour(10_000, "At factor 1."),
          profile: identifier,
          to: z
            .array(z.strictObject({ node: identifier, share: share("Of the flow.") }))
            .min(1)
            .max(200)
            .describe("Edge nodes it leaves by; shares add up to 1."),
        }),
      )
      .min(1)
      .max(1000),
    day_variation: within(
      0,
      0.5,
      "Standard deviation of the day's level of each origin, and of each of its destinations, around 1 (lognormal).",
    ),
    quarter_variation: within(
      0,
      0.5,
      "Standard deviation of each 15 minutes of each origin around the profile (lognormal).",
    ),
    pedestrians: z
      .array(
        z.strictObject({
          junction: identifier,
          crossing: identifier,
          per_hour: perHour(5_000, "People at factor 1."),
          profile: identifier,
        }),
      )
      .max(500)
      .default([]),
    ...provenance,
  })
  .describe("What the simulator loads onto the street. Never read by the engine's control.");

export type DemandFile = z.infer<typeof demandSchema>;
