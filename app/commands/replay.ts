import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { defaultConfig, readCity } from "../city-files.ts";
import type { Answer } from "../cli.ts";
import { replay } from "../compose/replay.ts";
import { UserError } from "../user-error.ts";

export const replayCommand = (answer: Answer): Command =>
  new Command("replay")
    .description(
      "Put a recorded run's readings, statuses and outcomes through the same pipeline and compare every decision.",
    )
    .argument("<run>", "folder of a run, or its events.jsonl")
    .option("--config <dir>", "the configuration it ran with", defaultConfig)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExit code: 0 when every decision is the same, 3 when one differs or the record was altered after the run.",
    )
    .action(async (run: string, { config, json }: { config: string; json?: true }) => {
      if (!existsSync(run))
        throw new UserError(`${run} does not exist. Give the folder that the run printed, or its events.jsonl.`);
      const file = statSync(run).isDirectory() ? join(run, "events.jsonl") : run;
      if (!existsSync(file)) throw new UserError(`${file} does not exist: ${run} holds no recorded run.`);
      const result = await replay(readCity(config), file);
      if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      else {
        process.stdout.write(
          `${result.ticks} ticks, ${result.inputs} inputs, ${result.recorded} decisions recorded, ${result.same} the same.\n`,
        );
        if (result.first)
          process.stdout.write(
            `First difference at ${result.first.at}:\n  recorded ${result.first.recorded}\n  replayed ${result.first.replayed}\n`,
          );
        if (result.altered !== undefined) process.stdout.write(`The record was altered: ${result.altered}.\n`);
      }
      answer(result.first || result.altered !== undefined ? 3 : 0);
    });
