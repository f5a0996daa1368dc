import { Command } from "commander";
import { checkCity, showFault } from "../../config/load.ts";
import type { Answer } from "../cli.ts";

export const checkCommand = (answer: Answer): Command =>
  new Command("check")
    .description("Check a configuration folder; name every fault by file, place, value, limit and mend.")
    .argument("<dir>", "configuration folder")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExit code: 0 when there is no fault, 2 otherwise.")
    .action((dir: string, { json }: { json?: true }) => {
      const { city, faults, warnings } = checkCity(dir);
      if (json) {
        process.stdout.write(`${JSON.stringify({ ok: faults.length === 0, faults, warnings }, null, 2)}\n`);
      } else {
        for (const fault of faults) process.stdout.write(`${showFault(fault)}\n`);
        for (const warning of warnings) process.stdout.write(`warning: ${showFault(warning)}\n`);
        if (city && faults.length === 0) {
          process.stdout.write(
            `${city.name}: ${city.junctions.size} junctions, ${city.cameras.size} cameras, ${city.detectors.size} detectors, ${city.cabinets.size} cabinets. No fault.\n`,
          );
        } else {
          process.stdout.write(`${faults.length} fault${faults.length === 1 ? "" : "s"}.\n`);
        }
      }
      answer(faults.length === 0 ? 0 : 2);
    });
