import { parentPort, workerData } from "node:worker_threads";
import { type CaseSize, makeCase, ownRun } from "./street-case.ts";

/** For each list of seeds it is sent, one run after another: answers with the seconds they took and what came of the last. */
const { folder, size } = workerData as { readonly folder: string; readonly size: CaseSize };
const street = makeCase(folder, size);

export interface ThreadAnswer {
  readonly seconds: number;
  readonly arrived: number;
  readonly meanTimeLossS: number;
}

parentPort!.on("message", (seeds: readonly number[]) => {
  void street.then((ready) => {
    const begin = performance.now();
    const last = seeds.map((seed) => ownRun(ready, seed)).at(-1)!;
    const answer: ThreadAnswer = {
      seconds: (performance.now() - begin) / 1000,
      arrived: last.arrived,
      meanTimeLossS: last.meanTimeLossS,
    };
    parentPort!.postMessage(answer);
  });
});
