import { Command, CommanderError } from "commander";
import { UserError } from "./user-error.ts";

/** Each subcommand is loaded only when asked for: DuckDB alone costs half a second to load. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./commands/run.ts")).runCommand(),
  check: async () => (await import("./commands/check.ts")).checkCommand(),
  compare: async () => (await import("./commands/compare.ts")).compareCommand(),
  replay: async () => (await import("./commands/replay.ts")).replayCommand(),
  cabinet: async () => (await import("./commands/cabinet.ts")).cabinetCommand(),
  push: async () => (await import("./commands/push.ts")).pushCommand(),
  schema: async () => (await import("./commands/schema.ts")).schemaCommand(),
};

/** Exit codes: 0 done, 1 our fault, 2 yours (bad input, busy port), 3 it ran and the answer is no (a replay that differs). */
async function main(args: readonly string[]): Promise<void> {
  const program = new Command("simpang")
    .description("Adaptive signal control for a city's ATCS network: engine, field protocols, simulator.")
    .addHelpText("after", "\nExit codes: 0 done; 1 internal error; 2 bad input; 3 it ran and the answer is no.");
  const asked = args.find((arg) => !arg.startsWith("-"));
  const wanted = asked !== undefined && asked in commands ? [asked] : Object.keys(commands);
  for (const name of wanted) program.addCommand(await commands[name]!());
  for (const command of [program, ...program.commands]) command.exitOverride();
  await program.parseAsync([...args], { from: "user" });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof UserError) {
    process.stderr.write(`simpang: ${error.message}\n`);
    process.exitCode = 2;
  } else {
    process.stderr.write(`simpang: internal error: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  }
}
