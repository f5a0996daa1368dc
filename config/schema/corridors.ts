import { z } from "zod";
import { dayNames, identifier, label, provenance, timeOfDay, within } from "./common.ts";

const objective = z
  .enum(["balanced", "smooth-flow", "access-equity", "throughput", "queue-limits"])
  .describe(
    "balanced: least waiting, side streets no worse than scheduled; smooth-flow: few stops on the corridor; access-equity: nobody waits much longer than others; throughput: the most served; queue-limits: no queue reaches the junction behind.",
  );

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
          objective: objective.default("balanced").describe("What it is run for where no entry holds."),
          objectives: z
            .array(
              z.strictObject({
                days: z.array(z.enum(dayNames)).min(1).max(7),
                from: timeOfDay,
                to: timeOfDay,
                objective,
              }),
            )
            .max(100)
            .default([])
            .describe("What it is run for in some hours of the week; none may overlap."),
          ...provenance,
        }),
      )
      .min(1)
      .max(64),
  })
  .describe("Ordered chains of junctions under one coordination.");

export type CorridorsFile = z.infer<typeof corridorsSchema>;
