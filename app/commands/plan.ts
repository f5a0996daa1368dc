import { readFileSync, writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import type { City, Corridor } from "../../config/model.ts";
import { type Millis, seconds } from "../../config/units.ts";
import { junctionsOf } from "../../engine/core/network/network.ts";
import * as argument from "../arguments.ts";
import { readCity } from "../city-files.ts";
import { type Counts, readCounts } from "../planning/counts.ts";
import { demandCounts } from "../planning/demand-counts.ts";
import { type Design, design, type Solution } from "../planning/design.ts";
import { designJson } from "../planning/design-json.ts";
import { writePlans } from "../planning/plan-files.ts";
import { timeSpaceSvg } from "../planning/time-space.ts";
import { worksheet } from "../planning/worksheet.ts";
import { UserError } from "../user-error.ts";

interface PlanFlags {
  readonly from: string;
  readonly at?: argument.Hours;
  readonly period?: string;
  readonly corridor?: readonly string[];
  readonly offsets: "delay" | "bandwidth" | "best";
  readonly cycle?: Millis;
  readonly keepOrder?: true;
  readonly compare?: string;
  readonly acceptImbalance?: true;
  readonly out?: string;
  readonly svg?: string;
  readonly json?: true;
}

export const planCommand = (): Command =>
  new Command("plan")
    .description(
      "Make plans offline from counts: cycle, splits, stage order and offsets, with a worksheet and a time-space picture.",
    )
    .argument("<dir>", "configuration folder")
    .requiredOption("--from <counts>", "CSV or JSON file of counts; demand: the simulator's true mean demand")
    .option("--at <hours>", "hours of --from demand, local, such as 07:00-09:00", argument.hours)
    .option("--period <id>", "name of the period of --from demand; that of a plan set replaces it in plans.yaml")
    .option("--corridor <ids>", "corridors to plan together; default: all", argument.names)
    .addOption(
      new Option("--offsets <kind>", "by least delay, by widest bands, or whichever is predicted to cost less")
        .choices(["delay", "bandwidth", "best"])
        .default("best"),
    )
    .option("--cycle <time>", "this common cycle, such as 90s; default: the cheapest", argument.duration)
    .option("--keep-order", "leave stages in the junctions' own order")
    .option("--compare <plan set>", "plan set in use; default: the schedule's at that time of day")
    .option("--accept-imbalance", "go on though counts of neighbouring junctions contradict each other")
    .option("--out <dir>", "write plans.yaml, files for simpang push, worksheet and picture there")
    .option("--svg <file>", "write the time-space picture there (one for each period)")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Counts, CSV: columns junction, approach, movement (id or left, through, right; empty: the whole approach), from, to
(local HH:MM), car, hv, mc, um (or LV, HV, MC, UM; MP, KS, SM, KTB), optionally period and vehicles (without classes).
Rows of one movement at several times of a period are added up and brought to an hour. Every approach of every junction
planned must be counted, with 0 where nobody came. JSON: {"periods": [{"id", "from", "to", "counts": [...]}],
"saturation": [{"junction", "approach", "group", "pcu_per_h"}], "friction": "high"|"medium"|"low"}.
A period named like a plan set of the configuration replaces that set in plans.yaml.`,
    )
    .action(async (dir: string, flags: PlanFlags) => {
      const city = readCity(dir);
      const corridors = [...city.corridors.values()].filter(({ id }) => flags.corridor?.includes(id) ?? true);
      const unknown = flags.corridor?.find((id) => !city.corridors.has(id));
      if (unknown !== undefined)
        throw new UserError(
          `There is no corridor "${unknown}" in ${dir}. Take of: ${[...city.corridors.keys()].join(", ")}.`,
        );
      if (flags.cycle !== undefined && flags.cycle % seconds(1) !== 0)
        throw new UserError(`--cycle ${flags.cycle / 1000}s: give whole seconds.`);
      const counts = countsOf(city, corridors, flags);
      const made: { readonly design: Design; readonly taken: Solution }[] = [];
      for (const period of counts.periods) {
        const wish = {
          city,
          corridors,
          counts,
          cycle: flags.cycle,
          keepOrder: flags.keepOrder ?? false,
          inUse: flags.compare,
        };
        const found = await design(wish, period);
        made.push({ design: found, taken: takenOf(found, flags.offsets) });
      }
      const written = flags.out === undefined ? undefined : writePlans(flags.out, dir, made);
      if (flags.svg !== undefined) writePictures(flags.svg, made);
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ plans: made.map(({ design: entry, taken }) => designJson(entry, taken)), written }, null, 2)}\n`
          : `${made.map(({ design: entry, taken }) => `${worksheet(entry)}\n\nTaken: offsets by ${taken.name}.`).join("\n\n")}\n${written ? `\n${written.files.length} files written to ${written.folder}.\n` : ""}`,
      );
    });

function countsOf(city: City, corridors: readonly Corridor[], flags: PlanFlags): Counts {
  if (flags.from === "demand") {
    if (!flags.at)
      throw new UserError("--from demand needs --at with the hours to plan for, such as --at 07:00-09:00.");
    return demandCounts(city, flags.at, flags.period);
  }
  if (flags.at || flags.period !== undefined)
    throw new UserError("--at and --period go with --from demand; a file of counts says its own hours and periods.");
  return readCounts(countsText(flags.from), flags.from, {
    city,
    junctions: junctionsOf(city, corridors),
    acceptImbalance: flags.acceptImbalance ?? false,
  });
}

function takenOf({ delay, bandwidth }: Design, wanted: PlanFlags["offsets"]): Solution {
  if (wanted === "delay" || !bandwidth) {
    if (wanted === "bandwidth")
      throw new UserError("No plan by bandwidth was found (see the notes of the worksheet); take --offsets delay.");
    return delay;
  }
  if (wanted === "bandwidth") return bandwidth;
  return bandwidth.cost.index < delay.cost.index ? bandwidth : delay;
}

function countsText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}). Give a CSV or JSON file of counts.`,
    );
  }
}

function writePictures(file: string, made: readonly { readonly design: Design; readonly taken: Solution }[]): void {
  for (const { design: entry, taken } of made) {
    const name = made.length === 1 ? file : file.replace(/(\.svg)?$/i, `-${entry.period.id}.svg`);
    try {
      writeFileSync(name, timeSpaceSvg(entry, taken));
    } catch (error) {
      throw new UserError(
        `${name} cannot be written (${(error as NodeJS.ErrnoException).code}). Give another --svg file.`,
      );
    }
  }
}
