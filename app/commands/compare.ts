import { Command, Option } from "commander";
import { type Millis, seconds } from "../../config/units.ts";
import * as argument from "../arguments.ts";
import { defaultConfig, readCity, readIncidents, strategyOf } from "../city-files.ts";
import { comparison, comparisonText } from "../compose/comparison.ts";
import { runMany } from "../compose/many-runs.ts";
import { UserError } from "../user-error.ts";
import { DEFAULT_START } from "./run.ts";

interface CompareFlags {
  readonly config: string;
  readonly strategies: readonly string[];
  readonly seeds: readonly number[];
  readonly for: Millis;
  readonly from: string;
  readonly demand?: number;
  readonly incidents?: string;
  readonly json?: true;
}

export const compareCommand = (): Command =>
  new Command("compare")
    .description(
      "Run two or more strategies on the same traffic and seeds; paired differences with 95 % intervals against the first.",
    )
    .requiredOption("--strategies <list>", "names, the first is the base, such as fixed,cycle-adaptive", argument.names)
    .option("--config <dir>", "configuration folder", defaultConfig)
    .addOption(
      new Option("--seeds <list>", "1..10 or 1,4,9")
        .argParser(argument.seeds)
        .default(argument.seeds("1..10"), "1..10"),
    )
    .addOption(
      new Option("--for <time>", "simulated time of each run")
        .argParser(argument.duration)
        .default(seconds(3600), "1h"),
    )
    .option("--from <local time>", "start", argument.localTime, DEFAULT_START)
    .option("--demand <factor>", "times the configured demand", argument.factor)
    .option(
      "--incidents <file>",
      "what goes wrong on the street: blockages, closures, contraflow, floods, sirens (YAML)",
    )
    .option("--json", "print every run and the comparison as JSON")
    .addHelpText(
      "after",
      "\nRuns use the direct wiring (function calls instead of sockets): the same engine, cabinets and street, as fast as they go.",
    )
    .action(async (flags: CompareFlags) => {
      if (flags.strategies.length < 2)
        throw new UserError("compare needs at least two strategies, such as --strategies fixed,cycle-adaptive.");
      if (new Set(flags.strategies).size !== flags.strategies.length)
        throw new UserError("A strategy is named twice in --strategies; name each once.");
      for (const name of flags.strategies) strategyOf(name);
      const city = readCity(flags.config);
      const start = argument.instantOf(flags.from, city.utcOffset);
      const incidents = flags.incidents === undefined ? {} : { incidents: readIncidents(flags.incidents, city) };
      const jobs = flags.seeds.flatMap((seed) =>
        flags.strategies.map((strategy) => ({
          config: flags.config,
          strategy,
          seed,
          start,
          duration: flags.for,
          demandScale: flags.demand ?? 1,
          ...incidents,
        })),
      );
      const reports = await runMany(jobs, (done) => {
        if (!flags.json && process.stderr.isTTY) process.stderr.write(`\r${done} of ${jobs.length} runs`);
      });
      if (!flags.json && process.stderr.isTTY) process.stderr.write("\r\u001b[K");
      const result = comparison(flags.strategies, flags.seeds, reports);
      process.stdout.write(
        flags.json ? `${JSON.stringify({ ...result, runs: reports }, null, 2)}\n` : comparisonText(result),
      );
    });
