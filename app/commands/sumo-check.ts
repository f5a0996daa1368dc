import { Command } from "commander";
import { checkRoutes } from "../../simulation/sumo/import/route-check.ts";
import { noteText } from "../../simulation/sumo/input-fault.ts";
import { readNet } from "../../simulation/sumo/net.ts";
import { readSumoConfig } from "../../simulation/sumo/sumocfg.ts";
import type { Answer } from "../cli.ts";
import { mended } from "../compose/sumo-options.ts";
import { UserError } from "../user-error.ts";

interface CheckFlags {
  readonly sumocfg?: string;
  readonly net?: string;
  readonly routes?: readonly string[];
  readonly json?: true;
}

export const sumoCheckCommand = (answer: Answer): Command =>
  new Command("check")
    .description("Check a SUMO network and its demand: parts that do not connect, routes that cannot be driven.")
    .option("--sumocfg <file>", "SUMO configuration; its network and routes")
    .option("--net <file>", "network, without a configuration")
    .option("--routes <files...>", "route files, without a configuration")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExit code: 0 everything can be driven, 2 otherwise.")
    .action((flags: CheckFlags) =>
      mended(async () => {
        if ((flags.sumocfg === undefined) === (flags.net === undefined))
          throw new UserError("Give either --sumocfg FILE, or --net FILE and perhaps --routes FILE.");
        const config = flags.sumocfg === undefined ? undefined : await readSumoConfig(flags.sumocfg);
        const net = await readNet(config?.netFile ?? flags.net!);
        const result = await checkRoutes(net, config?.routeFiles ?? flags.routes ?? []);
        const facts = {
          ok: result.faults.length === 0,
          edges: [...net.edges.values()].filter((edge) => edge.function === "normal").length,
          signals: net.signals.size,
          ...result,
          notes: net.notes.map(noteText),
        };
        process.stdout.write(flags.json ? `${JSON.stringify(facts, null, 2)}\n` : textOf(facts));
        answer(facts.ok ? 0 : 2);
      }),
    );

function textOf(facts: {
  readonly edges: number;
  readonly signals: number;
  readonly routes: number;
  readonly vehicles: number;
  readonly faults: readonly string[];
  readonly unnamed: number;
  readonly notes: readonly string[];
}): string {
  const { edges, signals, routes, vehicles, faults, unnamed, notes } = facts;
  const count = faults.length + unnamed;
  return [
    ...faults,
    ...(unnamed > 0 ? [`and ${unnamed} more.`] : []),
    ...notes.map((note) => `note: ${note}`),
    `${edges} edges, ${signals} signals, ${routes} routes, ${vehicles} vehicles, trips and flows. ${count === 0 ? "No fault." : `${count} fault${count === 1 ? "" : "s"}.`}`,
    "",
  ].join("\n");
}
