import { z } from "zod";
import { identifier, provenance, share, timeOfDay, within } from "./common.ts";

const perHour = (max: number, about: string) => within(0, max, about);

const classSharesSchema = z
  .strictObject({
    car: share("Light vehicles."),
    hv: share("Trucks."),
    mc: share("Motorcycles."),
    bus: share("Buses."),
  })
  .describe("Shares of vehicles; they add up to 1.");

const platoonsSchema = z
  .strictObject({
    cycle_s: within(20, 300, "Of the signal outside, s."),
    window_s: within(5, 295, "Part of each cycle in which the platoon comes, s; below the cycle."),
    share: share("Of the vehicles that come in the window; more than its part of the cycle."),
    offset_s: within(0, 300, "Start of a window after UTC midnight, modulo the cycle, s. Default 0.").default(0),
  })
  .describe("A signal outside the network lets vehicles come in platoons. Default: at random.");

/** `demand.yaml` */
export const demandSchema = z
  .strictObject({
    class_shares: classSharesSchema,
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
          class_shares: classSharesSchema.optional().describe("Of this flow; default: those of the whole demand."),
          platoons: platoonsSchema.optional(),
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
    bus_lines: z
      .array(
        z.strictObject({
          id: identifier,
          from: identifier.describe("Edge node it enters at."),
          to: identifier.describe("Edge node it leaves by; its way is the quickest."),
          every_s: within(30, 7200, "Time between two buses, s."),
          first: timeOfDay.describe("Local time of the first bus."),
          last: timeOfDay.describe("No bus sets out later."),
          stops: z
            .array(
              z.strictObject({
                link: identifier.describe("Link of its way."),
                at_m: within(0, 20_000, "Where its front stops, from the link's beginning."),
                dwell_s: within(1, 600, "Mean time it stands in the lane at the kerb, s; it varies by 60 %."),
              }),
            )
            .max(100),
        }),
      )
      .max(200)
      .optional()
      .describe("Buses by the clock, besides those among the flows. Default: none."),
    ...provenance,
  })
  .describe("What the simulator loads onto the street. Never read by the engine's control.");

export type DemandFile = z.infer<typeof demandSchema>;
