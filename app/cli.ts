import { Command, CommanderError } from "commander";
import { UserError } from "./user-error.ts";

/** 0 done; 1 our fault; 2 yours (bad input, busy port); 3 it ran and the answer is no (refused, a replay that differs). */
export type ExitCode = 0 | 1 | 2 | 3;

/** A subcommand says its exit code here when it is not 0. */
export type Answer = (code: ExitCode) => void;

/** Each subcommand is loaded only when asked for: DuckDB alone costs half a second to load. */
const commands: Readonly<Record<string, () => Promise<(answer: Answer) => Command>>> = {
  run: async () => (await import("./commands/run.ts")).runCommand,
  check: async () => (await import("./commands/check.ts")).checkCommand,
  compare: async () => (await import("./commands/compare.ts")).compareCommand,
  replay: async () => (await import("./commands/replay.ts")).replayCommand,
  cabinet: async () => (await import("./commands/cabinet.ts")).cabinetCommand,
  report: async () => (await import("./commands/report.ts")).reportCommand,
  watch: async () => (await import("./commands/watch.ts")).watchCommand,
  push: async () => (await import("./commands/push.ts")).pushCommand,
  capacity: async () => (await import("./commands/capacity.ts")).capacityCommand,
  plan: async () => (await import("./commands/plan.ts")).planCommand,
  calibrate: async () => (await import("./commands/calibrate.ts")).calibrateCommand,
  schema: async () => (await import("./commands/schema.ts")).schemaCommand,
  import: async () => (await import("./commands/import.ts")).importCommand,
  sumo: async () => (await import("./commands/sumo.ts")).sumoCommand,
};

/** Runs one command line. Writes to standard output and error; never throws. */
export async function cli(args: readonly string[]): Promise<ExitCode> {
  try {
    return await parse(args);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UserError) {
      process.stderr.write(`simpang: ${error.message}\n`);
      return 2;
    }
    process.stderr.write(`simpang: internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
    return 1;
  }
}

async function parse(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = new Command("simpang")
    .description("Adaptive signal control for a city's ATCS network: engine, field protocols, simulator.")
    .addHelpText("after", "\nExit codes: 0 done; 1 internal error; 2 bad input; 3 it ran and the answer is no.");
  const asked = args.find((arg) => !arg.startsWith("-"));
  const wanted = asked !== undefined && Object.hasOwn(commands, asked) ? [asked] : Object.keys(commands);
  for (const name of wanted) {
    const command = await commands[name]!();
    program.addCommand(
      command((answer) => {
        code = answer;
      }),
    );
  }
  for (const command of [program, ...program.commands, ...program.commands.flatMap((own) => own.commands)])
    command.exitOverride();
  await program.parseAsync([...args], { from: "user" });
  return code;
}
