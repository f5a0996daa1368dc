import { Command } from "commander";
import * as argument from "../arguments.ts";
import { runInSumo } from "../compose/sumo-loop.ts";
import { joinNetwork, readNetwork } from "../compose/sumo-network.ts";
import {
  amberTime,
  hostAndPort,
  mended,
  rulesOf,
  type SumoFlags,
  seeing,
  simulationTime,
  strategyFor,
  withSumoOptions,
} from "../compose/sumo-options.ts";
import { sumoReport } from "../compose/sumo-report.ts";
import { stopSignal } from "../stop-signal.ts";

interface DriveFlags extends SumoFlags {
  readonly net: string;
  readonly traci: { readonly host: string; readonly port: number };
  readonly end: number;
  readonly order: number;
  readonly wait: number;
}

/** Unlikely to be another client's turn: SUMO refuses two with the same. */
const DEFAULT_ORDER = 10;

export const sumoDriveCommand = (): Command =>
  withSumoOptions(
    new Command("drive")
      .description(
        "Join a SUMO that somebody else has started (it may still be loading), control its signals, step it to the end and close.",
      )
      .requiredOption("--net <file>", "the network that this SUMO runs (.net.xml or .net.xml.gz)")
      .requiredOption("--traci <host:port>", "where it listens (its --remote-port)", hostAndPort)
      .requiredOption("--end <s>", "simulation time to step to", simulationTime),
  )
    .option("--yellow <s>", "amber; default: the programs' own", amberTime)
    .option("--order <n>", "turn among several TraCI clients, the lowest first", argument.wholeNumber, DEFAULT_ORDER)
    .option("--wait <s>", "how long to wait for SUMO to listen", argument.wholeNumber, 120)
    .action((flags: DriveFlags) =>
      mended(async () => {
        const strategy = strategyFor(flags);
        const network = await readNetwork(flags.net, rulesOf(flags), flags.range);
        const joined = await joinNetwork(network, {
          address: flags.traci,
          order: flags.order,
          ...seeing(flags),
          connectMs: flags.wait * 1000,
        });
        try {
          const tally = await runInSumo({ ...joined, strategy, endS: flags.end, signal: stopSignal() });
          await joined.traci.close();
          const report = sumoReport({
            flags,
            network: network.network,
            tally,
            trips: undefined,
            remaining: joined.street.expected(),
            spillBackS: joined.street.spillBackS(),
          });
          process.stdout.write(flags.json ? `${JSON.stringify(report.facts, null, 2)}\n` : report.text);
        } finally {
          joined.traci.abandon();
        }
      }),
    );
