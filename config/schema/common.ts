import { z } from "zod";

/** Letters, digits, dot, underscore, hyphen: safe in topics, file names and stream ids (`junction/approach/group`). */
export const identifier = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dot, underscore and hyphen, starting with a letter or digit")
  .describe("Id: letters, digits, dot, underscore, hyphen; at most 64 characters.");

/** Zones may carry a slash, so that a recorded log's `device/channel` can be an id. */
export const zoneIdentifier = z
  .string()
  .max(96)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, "letters, digits, dot, underscore, hyphen and slash")
  .describe("Id of a counting zone; unique in the city.");

export const label = z.string().min(1).max(120).describe("Name for people.");

/** Where a fact comes from. Nothing that was assumed may pass for a survey. */
export const provenance = {
  origin: z
    .enum(["sourced", "synthetic"])
    .describe("sourced: from a named publication or survey; synthetic: assumed for the demonstration."),
  source: z.string().min(1).max(500).optional().describe("Publication, survey or person behind a sourced fact."),
};

/** Order of `Date.prototype.getUTCDay`. */
export const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

export const timeOfDay = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a local time of day "HH:MM", "00:00" to "24:00"')
  .describe('Local time of day "HH:MM"; "24:00" ends a day.');

/** A number with inclusive limits; the unit is in the key. */
export const within = (min: number, max: number, about: string) => z.number().min(min).max(max).describe(about);

export const wholeWithin = (min: number, max: number, about: string) => z.int().min(min).max(max).describe(about);

export const share = (about: string) => within(0, 1, about);
