import { Command } from "commander";
import type { Answer } from "../cli.ts";
import { sumoCheckCommand } from "./sumo-check.ts";
import { sumoDriveCommand } from "./sumo-drive.ts";
import { sumoExportCommand } from "./sumo-export.ts";
import { sumoRunCommand } from "./sumo-run.ts";

/** Each subcommand is in a file of its own. */
const subcommands: readonly ((answer: Answer) => Command)[] = [
  sumoRunCommand,
  sumoDriveCommand,
  sumoCheckCommand,
  sumoExportCommand,
];

export const sumoCommand = (answer: Answer): Command => {
  const command = new Command("sumo").description(
    "Control a SUMO simulation; networks, demand and plans to and from SUMO (Debian's sumo package).",
  );
  for (const subcommand of subcommands) command.addCommand(subcommand(answer));
  return command;
};
