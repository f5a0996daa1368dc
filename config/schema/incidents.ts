import { z } from "zod";
import { identifier, provenance, timeOfDay, wholeWithin, within } from "./common.ts";

const span = {
  from: timeOfDay.describe('Local time of day "HH:MM" at which it begins, on every day of a run.'),
  to: timeOfDay.describe("When it is over; later than `from`."),
};
const link = identifier.describe("Link it is on.");

/** A file of incidents for `--incidents`. */
export const incidentsSchema = z
  .strictObject({
    incidents: z
      .array(
        z.discriminatedUnion("kind", [
          z
            .strictObject({
              kind: z.literal("blockage"),
              link,
              at_m: within(0, 20_000, "Its beginning, from the link's beginning."),
              length_m: within(1, 2000, "Along the link; default 6, one parked car.").default(6),
              width_m: within(0.5, 30, "Blocked from the kerb; 2 is a car parked at the kerb."),
              ...span,
            })
            .describe("A part of the road is taken: illegal parking, a breakdown, a street stall."),
          z
            .strictObject({
              kind: z.literal("closure"),
              link,
              reroute: z
                .boolean()
                .default(true)
                .describe(
                  "true: drivers know, and take the quickest open way, or the nearest way out where none is left; false: they come up to it and wait. Default true.",
                ),
              ...span,
            })
            .describe("Nobody may drive onto the link; who is on it drives off."),
          z
            .strictObject({
              kind: z.literal("contraflow"),
              link: identifier.describe("Link that gains lanes."),
              lender: identifier.describe("Link of the other direction, which lends the lanes at its median."),
              lanes: wholeWithin(1, 3, "How many; default 1.").default(1),
              ...span,
            })
            .describe("Lanes of the other direction are lent, once they are empty."),
          z
            .strictObject({
              kind: z.literal("flood"),
              link,
              depth_mm: within(0, 2000, "Water on the road: slows down, and from 300 mm on closes the link.").default(
                0,
              ),
              capacity: within(0.1, 1, "Share of the saturation flow that is left; default 1.").default(1),
              ...span,
            })
            .describe("Water on the road."),
          z
            .strictObject({
              kind: z.literal("emergency"),
              at: timeOfDay.describe('Local time of day "HH:MM" at which it enters, on every day of a run.'),
              from: identifier.describe("Edge node it enters at."),
              to: identifier.describe("Edge node it leaves by."),
            })
            .describe("A vehicle with siren: others keep the junction clear for it."),
        ]),
      )
      .min(1)
      .max(200),
    ...provenance,
  })
  .describe("What goes wrong on the street in a what-if. Never read by the engine's control.");
