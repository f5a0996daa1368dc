import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { jsonSchemas } from "../../config/schema/files.ts";

export const schemaCommand = (): Command =>
  new Command("schema")
    .description("Write the JSON Schema of every configuration file, for editors.")
    .requiredOption("--out <dir>", "folder to write to")
    .action(({ out }: { out: string }) => {
      mkdirSync(out, { recursive: true });
      for (const [name, schema] of Object.entries(jsonSchemas()))
        writeFileSync(join(out, `${name}.json`), `${JSON.stringify(schema, null, 2)}\n`);
    });
