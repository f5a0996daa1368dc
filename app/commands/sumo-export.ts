import { Command, Option } from "commander";
import { type Millis, seconds } from "../../config/units.ts";
import * as argument from "../arguments.ts";
import { defaultConfig, readCity, readIncidents } from "../city-files.ts";
import { writeExport } from "../compose/sumo-export.ts";
import { DEFAULT_START } from "./run.ts";

interface SumoExportFlags {
  readonly config: string;
  readonly out: string;
  readonly from: string;
  readonly for: Millis;
  readonly seed: number;
  readonly demand: number;
  readonly plans?: string;
  readonly incidents?: string;
  readonly carsOnly?: true;
  readonly json?: true;
}

export const sumoExportCommand = (): Command =>
  new Command("export")
    .description("Write a configuration's network, demand and plans as files that SUMO runs (needs netconvert).")
    .requiredOption("--out <dir>", "new or empty folder for the files")
    .option("--config <dir>", "configuration folder", defaultConfig)
    .option("--from <local time>", "start", argument.localTime, DEFAULT_START)
    .addOption(
      new Option("--for <time>", "how long: 90s, 30m, 1h").argParser(argument.duration).default(seconds(3600), "1h"),
    )
    .option("--seed <n>", "seed of the demand; the same vehicles as in `simpang run` with it", argument.wholeNumber, 1)
    .option("--demand <factor>", "times the configured demand", argument.factor, 1)
    .option("--plans <id>", "this plan set all the time (default: the scheduled ones)")
    .option("--incidents <file>", "blockages of this file as standing vehicles; other incidents are named and left out")
    .option("--cars-only", "cars alone, as many as there were passenger-car units; without the sublane model")
    .option("--json", "print what was written, and what could not be, as JSON")
    .addHelpText("after", "\nThen: sumo -c FOLDER/run.sumocfg. Time 0 of SUMO is --from.")
    .action(async (flags: SumoExportFlags) => {
      const city = readCity(flags.config);
      const written = await writeExport(city, {
        out: flags.out,
        start: argument.instantOf(flags.from, city.utcOffset),
        from: flags.from,
        duration: flags.for,
        seed: flags.seed,
        demandScale: flags.demand,
        planSet: flags.plans,
        carsOnly: flags.carsOnly === true,
        incidents: flags.incidents === undefined ? [] : readIncidents(flags.incidents, city),
      });
      process.stdout.write(flags.json ? `${JSON.stringify(written, null, 2)}\n` : written.text);
    });
