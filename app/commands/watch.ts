import { Command } from "commander";
import { type Millis, seconds } from "../../config/units.ts";
import * as argument from "../arguments.ts";
import { defaultConfig } from "../city-files.ts";
import type { Answer } from "../cli.ts";
import { type WatchOptions, watchCabinet } from "../compose/watch.ts";

export const watchCommand = (answer: Answer): Command =>
  new Command("watch")
    .description("Show one cabinet's status as it changes; reads only. Until Ctrl-C, or for a time.")
    .requiredOption(
      "--cabinet <url>",
      "udp://host:port (NTCIP), tcp://host:port or rtu:///dev/ttyS0?baud=9600 (Modbus)",
    )
    .option("--map <file>", "Modbus register map (atcs-modbus-map/1); without it our own profile ATCS-MB-A")
    .option("--unit <n>", "Modbus unit; without it the map's", argument.unit)
    .option("--every <time>", "between two looks", argument.duration, seconds(1) as Millis)
    .option("--for <time>", "how long, such as 90s or 30m; default until Ctrl-C", argument.duration)
    .option("--timeout <time>", "how long one request may take (Modbus); default 2s", argument.duration)
    .option("--phases <n>", "phases or stages to look at where no junction says", argument.wholeNumber, 8)
    .option("--junction <id>", "junction of the configuration that the cabinet serves")
    .option("--config <dir>", "configuration folder", defaultConfig)
    .option("--json", "one JSON line per look")
    .addHelpText(
      "after",
      "\nThe SNMP community is read from SIMPANG_COMMUNITY (default: public).\nExit code: 0 it answered the last look; 2 bad input; 3 it did not.",
    )
    .action(async (flags: WatchOptions) => {
      answer((await watchCabinet(flags)) ? 0 : 3);
    });
