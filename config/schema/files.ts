import { z } from "zod";
import { cabinetsSchema } from "./cabinets.ts";
import { camerasSchema } from "./cameras.ts";
import { citySchema } from "./city.ts";
import { controlSchema } from "./control.ts";
import { corridorsSchema } from "./corridors.ts";
import { demandSchema } from "./demand.ts";
import { incidentsSchema } from "./incidents.ts";
import { junctionSchema } from "./junction.ts";
import { networkSchema } from "./network.ts";
import { plansSchema } from "./plans.ts";

/** Schema of each file of a set; `junction` is that of every file in `junctions/`, `incidents` that of a what-if's own file. */
export const schemas = {
  city: citySchema,
  network: networkSchema,
  junction: junctionSchema,
  corridors: corridorsSchema,
  cameras: camerasSchema,
  cabinets: cabinetsSchema,
  plans: plansSchema,
  control: controlSchema,
  demand: demandSchema,
  incidents: incidentsSchema,
} as const;

export type FileKind = keyof typeof schemas;
export type Parsed<Kind extends FileKind> = z.infer<(typeof schemas)[Kind]>;

export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a person may write in a file of this kind (before defaults are filled in). */
export const jsonSchema = (kind: FileKind): JsonSchema =>
  z.toJSONSchema(schemas[kind], { io: "input" }) as unknown as JsonSchema;

/** JSON Schemas for editors, by file name `<kind>.schema.json`. */
export const jsonSchemas = (): Readonly<Record<string, JsonSchema>> =>
  Object.fromEntries(
    (Object.keys(schemas) as FileKind[]).map((kind) => [`${kind}.schema.json`, jsonSchema(kind)] as const),
  );
