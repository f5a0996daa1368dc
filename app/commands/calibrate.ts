import { Command, InvalidArgumentError, Option } from "commander";
import { instant } from "../../config/units.ts";
import type { Agreement } from "../../simulation/demand/agreement.ts";
import * as argument from "../arguments.ts";
import { defaultConfig, readCity } from "../city-files.ts";
import { type CalibrationReport, calibrateCity, writeDemand } from "../compose/calibrate.ts";

interface CalibrateFlags {
  readonly config: string;
  readonly holdBack: number;
  readonly seed: number;
  readonly runs: readonly number[];
  readonly simulate: boolean;
  readonly date: string;
  readonly write?: true;
  readonly json?: true;
}

const share = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 0.9))
    throw new InvalidArgumentError("Give a share from 0 to 0.9.");
  return value;
};

const date = (text: string): string => {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError("Give a date such as 2026-02-03.");
  return text;
};

export const calibrateCommand = (): Command =>
  new Command("calibrate")
    .description("Fit a configuration's demand to counts, and judge it by counts that were held back (GEH).")
    .argument("<counts>", "CSV file of vehicles counted past stop lines")
    .option("--config <dir>", "configuration folder", defaultConfig)
    .option("--hold-back <share>", "of the counted approaches, which the fit does not see", share, 0.25)
    .option("--seed <n>", "which approaches are held back", argument.wholeNumber, 1)
    .addOption(new Option("--runs <list>", "seeds of the street's runs").argParser(argument.seeds).default([1], "1"))
    .option("--no-simulate", "do not run the street; judge by the fitted flows alone")
    .option("--date <day>", "day that the street runs, for its scheduled plans", date, "2026-02-03")
    .option("--write", "write demand.yaml; without it, only report")
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      `
Columns: junction, approach, movement (empty: the whole approach), from, to (HH:MM), and vehicles, or car, hv, mc.
Fitted: vehicles between each origin and destination, each origin's level in each counted part of the day, classes.
GEH of two hourly flows below 5 is good agreement.`,
    )
    .action((counts: string, flags: CalibrateFlags) => {
      const { utcOffset } = readCity(flags.config);
      const { report, text } = calibrateCity(counts, {
        config: flags.config,
        holdBack: flags.holdBack,
        seed: flags.seed,
        seeds: flags.simulate ? flags.runs : [],
        day: instant(Date.parse(flags.date) - utcOffset),
      });
      if (flags.write) writeDemand(flags.config, text);
      if (flags.json)
        process.stdout.write(`${JSON.stringify({ ...report, written: flags.write === true }, null, 2)}\n`);
      else
        process.stdout.write(
          `${textOf(report)}${flags.write ? "demand.yaml is written.\n" : "Add --write to write demand.yaml.\n"}`,
        );
    });

function textOf({ counts, places, fitted, heldBack, street, origins, unreached }: CalibrationReport): string {
  const line = (name: string, { hours, within, meanGeh, worst }: Agreement): string =>
    hours === 0
      ? `  ${name.padEnd(34)} none`
      : `  ${name.padEnd(34)} ${(100 * within).toFixed(0).padStart(4)} % of ${hours} below 5, mean ${meanGeh.toFixed(2)}, worst ${worst!.geh.toFixed(1)} at ${worst!.place} (${worst!.modelled.toFixed(0)} for ${worst!.counted.toFixed(0)} counted)`;
  return [
    `${counts} counts at ${places} places. GEH of hourly flows at a place:`,
    line("fitted, before", fitted.before),
    line("fitted, after", fitted.after),
    line("held back, before", heldBack.before),
    line("held back, after", heldBack.after),
    ...(street
      ? [line("on the street, fitted places", street.fitted), line("on the street, held back", street.heldBack)]
      : []),
    "Vehicles an hour at factor 1, before and after:",
    ...origins.map(
      ({ from, before, after }) =>
        `  ${from.padEnd(34)} ${before.toFixed(0).padStart(6)} ${after.toFixed(0).padStart(6)}`,
    ),
    ...(unreached.length > 0
      ? [`No route of the demand passes ${unreached.join(", ")}; their counts changed nothing.`]
      : []),
    "",
  ].join("\n");
}
