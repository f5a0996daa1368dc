import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { jsonSchemas } from "../../config/schema/files.ts";
import { UserError } from "../user-error.ts";

export const schemaCommand = (): Command =>
  new Command("schema")
    .description("Write the JSON Schema of every configuration file, for editors.")
    .option("--out <dir>", "folder to write to")
    .option("--json", "print the schemas by file name instead of writing them")
    .action(({ out, json }: { out?: string; json?: true }) => {
      const schemas = Object.entries(jsonSchemas());
      if (json) {
        process.stdout.write(`${JSON.stringify(Object.fromEntries(schemas), null, 2)}\n`);
        return;
      }
      if (out === undefined) throw new UserError("schema needs --out DIR, or --json to print.");
      try {
        mkdirSync(out, { recursive: true });
        for (const [name, schema] of schemas) writeFileSync(join(out, name), `${JSON.stringify(schema, null, 2)}\n`);
      } catch (error) {
        throw new UserError(`${out} cannot be written: ${(error as Error).message}`);
      }
      process.stdout.write(`${schemas.length} schemas in ${out}\n`);
    });
