import { Command, Option } from "commander";
import { type Millis, seconds } from "../../config/units.ts";
import * as argument from "../arguments.ts";
import { importOsm } from "../compose/import-osm.ts";

interface ImportOsmFlags {
  readonly out: string;
  readonly drivesOn: "left" | "right";
  readonly traffic?: number;
  readonly for: Millis;
  readonly seed: number;
  readonly json?: true;
}

export const importOsmCommand = (): Command =>
  new Command("osm")
    .description("Make a SUMO network of an OpenStreetMap extract (needs netconvert).")
    .argument("<file>", "extract: .osm or .osm.gz")
    .requiredOption("--out <dir>", "new or empty folder for the files")
    .addOption(new Option("--drives-on <side>", "side of the road").choices(["left", "right"]).default("left"))
    .option("--traffic <n>", "add this many random trips an hour, so that it can be run (cars)", argument.wholeNumber)
    .addOption(
      new Option("--for <time>", "of the traffic: 30m, 1h").argParser(argument.duration).default(seconds(3600), "1h"),
    )
    .option("--seed <n>", "of the traffic", argument.wholeNumber, 1)
    .option("--json", "print what was made, and what could not be, as JSON")
    .addHelpText(
      "after",
      "\nThen: simpang sumo run --sumocfg FOLDER/run.sumocfg --strategy max-pressure --tripinfo trips.xml",
    )
    .action(async (file: string, flags: ImportOsmFlags) => {
      const { text, ...facts } = await importOsm(file, {
        out: flags.out,
        drivesOn: flags.drivesOn,
        traffic: flags.traffic ?? 0,
        duration: flags.for,
        seed: flags.seed,
      });
      process.stdout.write(flags.json ? `${JSON.stringify(facts, null, 2)}\n` : text);
    });
