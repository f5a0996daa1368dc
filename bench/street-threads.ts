import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { print, spread } from "./spread.ts";
import { type Case, ownRun } from "./street-case.ts";
import type { ThreadAnswer } from "./street-worker.ts";

/** Runs that a thread does one after another in each measurement: long enough that a pause of the machine does not decide. */
const RUNS = 6;
const ROUNDS = 5;

/**
 * Independent runs on one thread alone, and the same on two threads side by side, in alternation; each is timed by the
 * thread itself, from laying out the network to the results, after it has warmed up.
 */
export async function compareThreads(street: Case): Promise<void> {
  const workers = [0, 1].map(
    () =>
      new Worker(new URL("../app/compose/worker-boot.mjs", import.meta.url), {
        workerData: {
          entry: new URL("./street-worker.ts", import.meta.url).href,
          folder: street.folder,
          size: street.size,
        },
      }),
  );
  const ask = async (worker: Worker, seeds: readonly number[]): Promise<ThreadAnswer> => {
    worker.postMessage(seeds);
    const [answer] = (await once(worker, "message")) as [ThreadAnswer];
    return answer;
  };
  const seeds = Array.from({ length: RUNS }, (_, i) => i);
  for (const worker of workers) await ask(worker, seeds);
  const own = ownRun(street, seeds.at(-1)!);
  const ratios: number[] = [];
  let same = true;
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await ask(workers[round % 2]!, seeds);
    const both = await Promise.all(workers.map((worker) => ask(worker, seeds)));
    ratios.push(Math.max(...both.map(({ seconds }) => seconds)) / alone.seconds);
    for (const answer of [alone, ...both])
      same &&= answer.arrived === own.arrived && answer.meanTimeLossS === own.meanTimeLossS;
  }
  print(`two runs on two threads take ${spread(ratios, 2)} times one alone (wanted: at most 1.15)`);
  print(`  the same seed gives the same results on every thread: ${same ? "yes" : "NO"}`);
  for (const worker of workers) await worker.terminate();
}
