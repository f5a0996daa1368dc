import { Command, InvalidArgumentError, Option } from "commander";
import type { Answer } from "../cli.ts";
import { importUtdf } from "../compose/import-utdf.ts";

interface ImportUtdfFlags {
  readonly out: string;
  readonly utcOffset: number;
  readonly drivesOn: "left" | "right";
  readonly keepFaulty?: true;
  readonly json?: true;
}

const hours = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !(value >= -12 && value <= 14))
    throw new InvalidArgumentError("Give hours from -12 to 14.");
  return value;
};

export const importUtdfCommand = (answer: Answer): Command =>
  new Command("utdf")
    .description("Make a configuration folder of a Synchro network (UTDF, combined or a file a table).")
    .argument("<files...>", "CSV files with the tables Network, Nodes, Links, Lanes, Timeplans and Phases")
    .requiredOption("--out <dir>", "new or empty folder for the configuration")
    .addOption(new Option("--utc-offset <hours>", "local time minus UTC").argParser(hours).default(0))
    .addOption(new Option("--drives-on <side>", "side of the road").choices(["left", "right"]).default("right"))
    .option("--keep-faulty", "write the folder even if `simpang check` finds faults in it, to mend them by hand")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExit code: 0 the folder is written and has no fault, 2 otherwise.")
    .action((files: readonly string[], flags: ImportUtdfFlags) => {
      const result = importUtdf(files, { ...flags, keepFaulty: flags.keepFaulty === true });
      process.stdout.write(flags.json ? `${JSON.stringify(result, null, 2)}\n` : textOf(result));
      answer(result.faults.length === 0 ? 0 : 2);
    });

const textOf = ({ written, faults, notes, junctions }: ReturnType<typeof importUtdf>): string =>
  [
    ...faults,
    ...notes.map((note) => `not represented, or otherwise: ${note}`),
    written === undefined
      ? `${faults.length} fault${faults.length === 1 ? "" : "s"}; nothing was written.`
      : `${written}: ${junctions} junctions. ${faults.length === 0 ? "No fault." : `${faults.length} faults to mend.`}`,
    "",
  ].join("\n");
