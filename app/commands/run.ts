import { Command, Option } from "commander";
import type { Millis } from "../../config/units.ts";
import * as argument from "../arguments.ts";
import { defaultConfig } from "../city-files.ts";
import { UserError } from "../user-error.ts";

export interface RunFlags {
  readonly config: string;
  readonly strategy?: string;
  readonly seed: number;
  readonly speed: number;
  readonly for?: Millis;
  /** Local time of the city. */
  readonly from: string;
  readonly demand?: number;
  readonly incidents?: string;
  readonly port?: number;
  readonly out?: string;
  readonly json?: true;
  readonly shadow?: true;
  readonly events?: string;
  readonly live?: true;
}

/** The morning of an ordinary Tuesday. */
export const DEFAULT_START = "2026-02-03T07:00";
const DEFAULT_SPEED = 10;

export const runCommand = (): Command =>
  new Command("run")
    .description(
      "Run a corridor: by default the simulated street, with virtual cabinets over NTCIP and Modbus on loopback.",
    )
    .option("--config <dir>", "configuration folder", defaultConfig)
    .option("--strategy <name>", "control strategy (default: the configuration's)")
    .option("--seed <n>", "seed of all chance", argument.wholeNumber, 1)
    .addOption(new Option("--speed <n|max>", "times real time").argParser(argument.speed).default(DEFAULT_SPEED, "10"))
    .option("--for <time>", "how long, in simulated time: 90s, 30m, 1h (default: until Ctrl-C)", argument.duration)
    .option("--from <local time>", "start", argument.localTime, DEFAULT_START)
    .option("--demand <factor>", "times the configured demand", argument.factor)
    .option(
      "--incidents <file>",
      "what goes wrong on the street: blockages, closures, contraflow, floods, sirens (YAML)",
    )
    .option(
      "--port <n>",
      "port of the page and the webhook; 0 for any free one (default: 8080, or any free one when that is taken)",
      argument.port,
    )
    .option("--out <dir>", "keep events, audit trail and history here (default: a new folder under var/)")
    .option("--json", "print the summary as JSON, nothing else on standard output")
    .option("--shadow", "decide but send nothing; needs --events")
    .option("--events <file>", "a recorded controller log (CSV or CSV.gz of timestamp, device, code, param)")
    .option("--live", "the street itself: cabinets by their url, counts from the webhook and MQTT, wall time")
    .addHelpText(
      "after",
      "\nExamples:\n  simpang run\n  simpang run --speed max --for 1h --seed 7 --json\n  simpang run --shadow --events events.csv.gz --config config/atspm-1136\n\nCtrl-C ends cleanly: cabinets are released to local control, the store is closed.",
    )
    .action(async (flags: RunFlags) => {
      const { events } = flags;
      if (flags.incidents !== undefined && (flags.shadow || flags.live))
        throw new UserError("--incidents happen on the simulated street; leave --shadow and --live out.");
      if (events !== undefined && !flags.shadow)
        throw new UserError("--events plays a recorded log, which nothing can be sent to. Add --shadow.");
      if (flags.shadow) {
        if (flags.live)
          throw new UserError("--shadow plays a recorded log, --live is the street itself; give one of them.");
        if (events === undefined) throw new UserError("--shadow needs --events FILE: the recorded log to play.");
        return (await import("../compose/shadow-run.ts")).runShadow({ ...flags, events });
      }
      if (flags.live) return (await import("../compose/live-run.ts")).runLive(flags);
      return (await import("../compose/demo-run.ts")).runDemo(flags);
    });
