import { Command } from "commander";
import type { Answer } from "../cli.ts";
import { sumoExportCommand } from "./sumo-export.ts";

/** Each subcommand is in a file of its own. */
const subcommands: readonly ((answer: Answer) => Command)[] = [sumoExportCommand];

export const sumoCommand = (answer: Answer): Command => {
  const command = new Command("sumo").description(
    "Networks, demand and plans to and from SUMO (Debian's sumo package).",
  );
  for (const subcommand of subcommands) command.addCommand(subcommand(answer));
  return command;
};
