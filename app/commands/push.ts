import { readFileSync } from "node:fs";
import { Command } from "commander";
import { defaultConfig, readCity } from "../city-files.ts";
import type { Answer } from "../cli.ts";
import { push } from "../compose/push.ts";
import { UserError } from "../user-error.ts";

interface PushFlags {
  readonly config: string;
  readonly cabinet: string;
  readonly junction: string;
  readonly json?: true;
}

export const pushCommand = (answer: Answer): Command =>
  new Command("push")
    .description("Download one plan to one cabinet: shadow, read back, commit, verify, run.")
    .argument("<plan>", "a plan set's name in the configuration, or a YAML/JSON file with cycle_s, offset_s, splits_s")
    .requiredOption("--cabinet <url>", "udp://host:port (NTCIP) or tcp://host:port (Modbus)")
    .requiredOption("--junction <id>", "junction of the configuration that the cabinet serves")
    .option("--config <dir>", "configuration folder", defaultConfig)
    .option("--json", "print the outcome as JSON")
    .addHelpText(
      "after",
      "\nThe SNMP community is read from SIMPANG_COMMUNITY (default: private). Exit code: 0 verified, 3 refused or lost.",
    )
    .action(async (plan: string, flags: PushFlags) => {
      const city = readCity(flags.config);
      const outcome = await push(city, planText(plan), flags);
      process.stdout.write(flags.json ? `${JSON.stringify(outcome)}\n` : `${outcome.result}: ${outcome.detail}\n`);
      answer(outcome.result === "accepted" ? 0 : 3);
    });

/** A name stays a name; a path becomes its text. */
function planText(plan: string): { readonly name: string; readonly text: string | undefined } {
  if (!/[./]/.test(plan)) return { name: plan, text: undefined };
  try {
    return { name: plan, text: readFileSync(plan, "utf8") };
  } catch (error) {
    throw new UserError(
      `${plan} cannot be read (${(error as NodeJS.ErrnoException).code}). Give a file with cycle_s, offset_s and splits_s, or a plan set's name.`,
    );
  }
}
