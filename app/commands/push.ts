import { existsSync, readFileSync } from "node:fs";
import { Command } from "commander";
import type { Millis } from "../../config/units.ts";
import * as argument from "../arguments.ts";
import { defaultConfig } from "../city-files.ts";
import type { Answer } from "../cli.ts";
import { type PlanGiven, type PushOutcome, push } from "../compose/push.ts";
import { UserError } from "../user-error.ts";

interface PushFlags {
  readonly config: string;
  readonly cabinet: string;
  readonly junction?: string;
  readonly map?: string;
  readonly unit?: number;
  readonly timeout?: Millis;
  readonly verify?: true;
  readonly json?: true;
}

export const pushCommand = (answer: Answer): Command =>
  new Command("push")
    .description("Download one plan to one cabinet: shadow, read back, commit, verify, run.")
    .argument("<plan>", "a YAML/JSON file with the plan, or a plan set's name in the configuration")
    .requiredOption(
      "--cabinet <url>",
      "udp://host:port (NTCIP), tcp://host:port or rtu:///dev/ttyS0?baud=9600 (Modbus)",
    )
    .option("--map <file>", "Modbus register map (atcs-modbus-map/1); without it our own profile ATCS-MB-A")
    .option("--unit <n>", "Modbus unit; without it the map's", argument.unit)
    .option("--verify", "wait until the cabinet runs the plan and read it back from there")
    .option("--timeout <time>", "how long one request may take, such as 0.5s (Modbus); default 2s", argument.duration)
    .option("--junction <id>", "check the plan against this junction of the configuration too")
    .option("--config <dir>", "configuration folder", defaultConfig)
    .option("--json", "print the outcome as JSON")
    .addHelpText("after", help)
    .action(async (plan: string, flags: PushFlags) => {
      const outcome = await push(planText(plan), flags);
      process.stdout.write(flags.json ? `${JSON.stringify(outcome)}\n` : told(outcome));
      answer(outcome.result === "accepted" ? 0 : 3);
    });

const help = `
A plan file gives cycle_s, offset_s (start of the coordinated green against UTC midnight) and either splits_s (green + amber +
all-red by stage or phase, {1: 30, 2: 25}) with an optional sequence, or stages in the order served:
  cycle_s: 60
  offset_s: 12
  coordinated_phase: 1        # default: the first in the sequence
  splits_s: {1: 35, 2: 25}    # or  stages: [{stage: 1, green_s: 30, amber_s: 3, all_red_s: 2}, …]
  amber_s: 3                  # and all_red_s, also by stage; default: what the cabinet says its own are
Without --junction nothing of a configuration is read: the plan, the map and the cabinet's own limits say everything.

The cabinet goes back to its own plan when its watchdog has heard nobody for its backup time after this command.
The SNMP community is read from SIMPANG_COMMUNITY (default: private).
Exit code: 0 taken (with --verify: runs and was read back); 2 bad input, nothing sent; 3 refused, or nobody knows ("lost").`;

const told = (outcome: PushOutcome): string =>
  `${outcome.result}: ${outcome.detail}${"code" in outcome ? ` (${outcome.code})` : ""}\n`;

/** A name stays a name; a path becomes its text. */
function planText(plan: string): PlanGiven {
  if (!/[./]/.test(plan) && !existsSync(plan)) return { name: plan, text: undefined };
  try {
    return { name: plan, text: readFileSync(plan, "utf8") };
  } catch (error) {
    throw new UserError(
      `${plan} cannot be read (${(error as NodeJS.ErrnoException).code}). Give a file with cycle_s, offset_s and splits_s, or a plan set's name.`,
    );
  }
}
