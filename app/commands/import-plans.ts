import { Command } from "commander";
import { planSheet } from "../../config/import/plan-sheet.ts";
import { defaultConfig, readCity } from "../city-files.ts";
import type { Answer } from "../cli.ts";
import { importPlans, writePlans } from "../compose/import-plans.ts";
import { UserError } from "../user-error.ts";

interface ImportPlansFlags {
  readonly config: string;
  readonly write?: true;
  readonly template?: true;
  readonly json?: true;
}

export const importPlansCommand = (answer: Answer): Command =>
  new Command("plans")
    .description("Read a CSV table of timing plans into a configuration's plans.yaml, checked; one row a phase.")
    .argument("[sheet]", "CSV file")
    .option("--config <dir>", "configuration folder", defaultConfig)
    .option("--write", "write plans.yaml; without it, only check and say what would change")
    .option("--template", "print the configuration's own plans as such a table, and nothing else")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Columns (any order; comma, semicolon or tab):
  plan        id of the plan set; a new id adds one
  junction    id
  cycle_s     of the junction's plan; on its first row at least
  offset_s    start of green of the coordinated phase after UTC midnight; on its first row at least
  phase       number of the phase or stage
  split_s     green + amber + all-red, or instead
  green_s     green alone
  amber_s, all_red_s  optional; must be those of the junction's file
  order       optional; place of the phase in its ring

Exit code: 0 the plans fit, 2 otherwise (nothing is written then).`,
    )
    .action((sheet: string | undefined, flags: ImportPlansFlags) => {
      const city = readCity(flags.config);
      if (flags.template) {
        process.stdout.write(planSheet(city));
        return;
      }
      if (sheet === undefined) throw new UserError("import plans needs a CSV file, or --template to see the form.");
      const { text, changes, faults } = importPlans(city, sheet, flags.config);
      const fits = faults.length === 0;
      if (fits && flags.write) writePlans(flags.config, text);
      if (flags.json)
        process.stdout.write(
          `${JSON.stringify({ ok: fits, written: fits && flags.write === true, changes, faults }, null, 2)}\n`,
        );
      else if (!fits) {
        for (const fault of faults) process.stdout.write(`${fault}\n`);
        process.stdout.write(`${faults.length} fault${faults.length === 1 ? "" : "s"}; nothing was written.\n`);
      } else {
        for (const change of changes) process.stdout.write(`${change}\n`);
        process.stdout.write(
          flags.write ? "plans.yaml is written.\n" : "All plans fit. Add --write to write plans.yaml.\n",
        );
      }
      answer(fits ? 0 : 2);
    });
