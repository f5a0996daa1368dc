import { Command } from "commander";
import type { Answer } from "../cli.ts";
import { importOsmCommand } from "./import-osm.ts";
import { importPlansCommand } from "./import-plans.ts";
import { importUtdfCommand } from "./import-utdf.ts";

/** Each subcommand is in a file of its own. */
const subcommands: readonly ((answer: Answer) => Command)[] = [importPlansCommand, importUtdfCommand, importOsmCommand];

export const importCommand = (answer: Answer): Command => {
  const command = new Command("import").description("Bring timing plans and networks in from other tools' files.");
  for (const subcommand of subcommands) command.addCommand(subcommand(answer));
  return command;
};
