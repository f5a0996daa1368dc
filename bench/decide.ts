/**
 * How long the second-by-second level takes to decide, on what it saw in a run: 50th and 95th percentile of one junction's
 * decision, and 1 000 junctions' decisions for one second, CPU time on one core.
 * Run: npm run bench:decide -- [--strategy adaptive] [--seed 1] [--seconds 600] [FILE.sumocfg ...]
 * Without files: the junctions of the demonstration corridor that take second-by-second control, in our own street.
 */
import { parseArgs } from "node:util";
import { instantOf, wholeNumber } from "../app/arguments.ts";
import { defaultConfig, readCity, strategyOf } from "../app/city-files.ts";
import { DEFAULT_START } from "../app/commands/run.ts";
import { directWiring, simulatedRun } from "../app/compose/simulated-run.ts";
import { runInSumo } from "../app/compose/sumo-loop.ts";
import { joinNetwork, readNetwork } from "../app/compose/sumo-network.ts";
import { seconds } from "../config/units.ts";
import { servesSeconds } from "../engine/core/strategies/cabinet-standing.ts";
import type { Knowledge, Strategy } from "../engine/core/strategy.ts";
import { BENCH_RULES } from "../simulation/sumo/city/signal.ts";
import { perfectCameras } from "../simulation/sumo/cosimulation/camera-quality.ts";
import { startSumo } from "../simulation/sumo/process.ts";
import { readSumoConfig } from "../simulation/sumo/sumocfg.ts";
import { percentile } from "../simulation/traffic/trips.ts";

const RANGE_M = 200;
const JUNCTIONS = 1000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    strategy: { type: "string", default: "adaptive" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "600" },
  },
});
const seed = wholeNumber(values.seed);
const lengthS = wholeNumber(values.seconds);
const strategy = strategyOf(values.strategy);

/** The same strategy, with all that it was told kept. */
function recording(heard: Knowledge[]): Strategy {
  return {
    ...strategy,
    decide: (known, memory) => {
      heard.push(known);
      return strategy.decide(known, memory);
    },
  };
}

async function inSumo(sumocfg: string): Promise<readonly Knowledge[]> {
  const heard: Knowledge[] = [];
  const config = await readSumoConfig(sumocfg);
  const network = await readNetwork(config.netFile, BENCH_RULES, RANGE_M);
  const sumo = await startSumo(["-c", sumocfg, "--seed", String(seed), "--time-to-teleport", "-1"]);
  try {
    const address = { host: "127.0.0.1", port: sumo.port };
    const joined = await joinNetwork(network, { address, order: 1, alive: sumo.ended, seed, quality: perfectCameras });
    await runInSumo({ ...joined, strategy: recording(heard), endS: config.beginS + lengthS });
    await joined.traci.close();
  } finally {
    sumo.kill();
  }
  return heard;
}

async function inOurs(): Promise<readonly Knowledge[]> {
  const heard: Knowledge[] = [];
  const city = readCity(defaultConfig);
  const start = instantOf(DEFAULT_START, city.utcOffset);
  const run = { city, strategy: recording(heard), seed, start, duration: seconds(lengthS) };
  await simulatedRun(run, directWiring(city), { speed: Number.POSITIVE_INFINITY, onLate: () => undefined });
  return heard;
}

/** CPU time of this process, ms. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Each junction by itself, through all it was told; the first half warms up. CPU ms of each decision of the second half. */
function decisions(heard: readonly Knowledge[]): readonly number[] {
  const junctions = heard[0]!.corridor.junctions.filter((id) =>
    heard.some(({ cabinets, views }) => servesSeconds(cabinets.get(id)) && views?.has(id)),
  );
  return junctions.flatMap((id) => {
    const corridor = { ...heard[0]!.corridor, junctions: [id] };
    let memory = strategy.start(heard[0]!.city, corridor);
    return heard.flatMap((known, i) => {
      const before = cpuMs();
      ({ memory } = strategy.decide({ ...known, corridor }, memory));
      return i < heard.length / 2 ? [] : [cpuMs() - before];
    });
  });
}

const report = (title: string, times: readonly number[]): string => {
  const sorted = [...times].sort((a, b) => a - b);
  const thousand = (times.reduce((sum, time) => sum + time, 0) / times.length) * JUNCTIONS;
  return `${title}: ${times.length} decisions, p50 ${percentile(sorted, 0.5).toFixed(2)} ms, p95 ${percentile(sorted, 0.95).toFixed(2)} ms; ${JUNCTIONS} junctions in ${(thousand / 1000).toFixed(2)} s of one core\n`;
};

process.stdout.write(`${strategy.name}, ${lengthS} s, CPU time\n`);
if (positionals.length === 0) process.stdout.write(report("demonstration corridor", decisions(await inOurs())));
for (const sumocfg of positionals) process.stdout.write(report(sumocfg, decisions(await inSumo(sumocfg))));
