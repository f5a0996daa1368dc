import { z } from "zod";
import { dayNames, identifier, label, provenance, timeOfDay, wholeWithin } from "./common.ts";

/** One junction's plan in a plan set; by itself, the file of `simpang push`. */
export const planSchema = z.strictObject({
  cycle_s: wholeWithin(30, 255, "s. Default: the set's.").optional(),
  offset_s: wholeWithin(0, 254, "Start of green of the coordinated phase against UTC midnight, modulo the cycle, s."),
  splits_s: z
    .record(z.string().regex(/^([1-9]|1[0-6])$/, "a phase number, 1 to 16"), wholeWithin(1, 255, "s."))
    .describe("Green + amber + all-red of each phase by number, s; each ring adds up to the cycle."),
  sequence: z
    .array(
      z
        .array(wholeWithin(1, 16, "Phase number."))
        .min(1)
        .max(16),
    )
    .min(1)
    .max(4)
    .optional()
    .describe("Phase numbers of each ring in the order served. Default: the junction's."),
});

const planSetSchema = z.strictObject({
  id: identifier,
  name: label,
  slot: wholeWithin(1, 16, "Pattern or plan number in every cabinet that holds it."),
  special: z
    .boolean()
    .default(false)
    .describe(
      "Runs as written while it is in force: no strategy changes it (prayers, events, diversions). Default false.",
    ),
  cycle_s: wholeWithin(30, 255, "Common cycle, s."),
  plans: z.record(identifier, planSchema).describe("By junction; every junction of the city."),
  ...provenance,
});

const entrySchema = z.strictObject({
  days: z.array(z.enum(dayNames)).min(1).max(7),
  from: timeOfDay,
  to: timeOfDay,
  plan_set: identifier,
});

const eventSchema = z.strictObject({
  name: label,
  from: z.iso.datetime({ offset: true }).describe("With offset: 2026-02-03T18:00:00+08:00."),
  to: z.iso.datetime({ offset: true }).describe("Half-open."),
  plan_set: identifier,
});

/** `plans.yaml` */
export const plansSchema = z
  .strictObject({
    plan_sets: z.array(planSetSchema).min(1).max(16),
    schedule: z.array(entrySchema).min(1).max(200).describe("Covers every minute of the week exactly once."),
    events: z.array(eventSchema).max(500).default([]).describe("Dated exceptions; they go before the schedule."),
  })
  .describe("Scheduled plans: the baseline and the fallback.");

export type PlansFile = z.infer<typeof plansSchema>;
export type PlanSetEntry = PlansFile["plan_sets"][number];
export type ScheduleFileEntry = z.infer<typeof entrySchema>;
export type PlanEntry = z.infer<typeof planSchema>;
