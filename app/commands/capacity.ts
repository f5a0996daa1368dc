import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import type { OverflowVariant } from "../../engine/core/traffic/manual-performance.ts";
import type { Manual } from "../../engine/core/traffic/passenger-car-units.ts";
import { evaluateFile, tally } from "../capacity/evaluate.ts";
import { capacityJson, capacityText } from "../capacity/text.ts";
import type { Answer } from "../cli.ts";
import { UserError } from "../user-error.ts";

interface CapacityFlags {
  readonly vectors: string;
  readonly manual?: Manual;
  readonly nq1?: OverflowVariant;
  readonly json?: true;
}

export const capacityCommand = (answer: Answer): Command =>
  new Command("capacity")
    .description("Work through the forms of MKJI 1997 / PKJI 2023 and compare with printed worked examples.")
    .requiredOption("--vectors <file>", "JSON file with worked examples or a junction's data; - reads standard input")
    .addOption(
      new Option("--manual <name>", "for every vector; default: the vector's own, or its publication's").choices([
        "mkji-1997",
        "pkji-2023",
      ]),
    )
    .addOption(
      new Option("--nq1 <variant>", "NQ1 with the capacity, or with the cycle as PKJI 2023 prints it").choices([
        "capacity",
        "pkji-as-printed",
      ]),
    )
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Kinds of vector: pcu, allred, design, performance, performance-webster (decree 273/1996), saturation-capacity,
opposed-saturation, los, and junction: a whole junction through SIG-I to SIG-V, from
  phases [{id, amber, allRed, g?}], approaches [{approach, type P|O, phase, flows {LT, LTOR, ST, RT: {LV, HV, MC, UM}},
  WA, Wentry, Wexit, Wltor, median, environment COM|RES|RA, friction, grade, Lp, opposedBy, S0, NQmax}],
  cityFactor or population, cycle, table [[We, QRT, QRTO, S0]].
Symbols of either manual are read; JSON results carry both. Opposed approaches (type O) need S0, a table row, or
protected stages: the manual prints no formula for them.
Exit code: 0 every given figure met or explained, 3 some deviate, 2 bad input.`,
    )
    .action((flags: CapacityFlags) => {
      const results = evaluateFile(textOf(flags.vectors), flags.vectors, { manual: flags.manual, nq1: flags.nq1 });
      process.stdout.write(flags.json ? `${JSON.stringify(capacityJson(results), null, 2)}\n` : capacityText(results));
      answer(tally(results).deviates > 0 ? 3 : 0);
    });

function textOf(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UserError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}). Give a JSON file of worked examples.`,
    );
  }
}
