import { Command } from "commander";
import { startsOnSideStreet } from "../../simulation/sumo/city/side-streets.ts";
import { startSumo } from "../../simulation/sumo/process.ts";
import { readSumoConfig } from "../../simulation/sumo/sumocfg.ts";
import { TraciError } from "../../simulation/sumo/traci/connection.ts";
import { readTrips } from "../../simulation/sumo/tripinfo.ts";
import * as argument from "../arguments.ts";
import { runInSumo } from "../compose/sumo-loop.ts";
import { joinNetwork, readNetwork } from "../compose/sumo-network.ts";
import {
  amberTime,
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

interface RunFlags extends SumoFlags {
  readonly sumocfg: string;
  readonly tripinfo: string;
  readonly demand: number;
}

export const sumoRunCommand = (): Command =>
  withSumoOptions(
    new Command("run")
      .description("Start SUMO on a configuration and control its signals; SUMO writes the trips.")
      .requiredOption("--sumocfg <file>", "SUMO configuration")
      .requiredOption("--tripinfo <file>", "where SUMO writes every trip, unfinished ones too"),
  )
    .option("--end <s>", "simulation time; default: the configuration's, else until nobody is left", simulationTime)
    .option("--demand <factor>", "times the demand of the files (SUMO's scale)", argument.factor, 1)
    .option("--yellow <s>", "amber; default: the programs' own", amberTime)
    .action((flags: RunFlags) =>
      mended(async () => {
        const strategy = strategyFor(flags);
        const config = await readSumoConfig(flags.sumocfg);
        const network = await readNetwork(config.netFile, rulesOf(flags), flags.range);
        const sumo = await startSumo([
          ...["-c", flags.sumocfg, "--seed", String(flags.seed), "--time-to-teleport", "-1"],
          ...(flags.demand === 1 ? [] : ["--scale", String(flags.demand)]),
          ...["--tripinfo-output", flags.tripinfo, "--tripinfo-output.write-unfinished"],
        ]);
        try {
          const joined = await joinNetwork(network, {
            address: { host: "127.0.0.1", port: sumo.port },
            order: 1,
            ...seeing(flags),
            alive: sumo.ended,
          });
          const endS = flags.end ?? config.endS;
          const tally = await runInSumo({ ...joined, strategy, endS, signal: stopSignal() });
          await joined.traci.close();
          await sumo.finished();
          const report = sumoReport({
            flags,
            network: network.network,
            tally,
            trips: await readTrips(flags.tripinfo, startsOnSideStreet(network.network)),
            remaining: joined.street.expected(),
            spillBackS: joined.street.spillBackS(),
          });
          process.stdout.write(flags.json ? `${JSON.stringify(report.facts, null, 2)}\n` : report.text);
        } catch (error) {
          // SUMO's own last words say more than a connection that broke.
          if (error instanceof TraciError) await sumo.lastWords();
          throw error;
        } finally {
          sumo.kill();
        }
      }),
    );
