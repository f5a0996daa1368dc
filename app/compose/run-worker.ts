import { parentPort } from "node:worker_threads";
import { readCity, strategyOf } from "../city-files.ts";
import type { RunJob } from "./many-runs.ts";
import { directWiring, simulatedRun } from "./simulated-run.ts";

/** One run after another, on demand. */
parentPort!.on("message", async ({ config, strategy, ...options }: RunJob) => {
  try {
    const city = readCity(config);
    const report = await simulatedRun({ city, strategy: strategyOf(strategy), ...options }, directWiring(city), {
      speed: Number.POSITIVE_INFINITY,
      onLate: () => undefined,
    });
    parentPort!.postMessage({ report });
  } catch (error) {
    parentPort!.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
