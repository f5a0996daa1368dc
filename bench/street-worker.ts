import { parentPort, workerData } from "node:worker_threads";
import { type CaseSize, makeCase, ownRun } from "./street-case.ts";

/** One run for each seed it is sent; answers with the seconds it took. */
const { folder, size } = workerData as { readonly folder: string; readonly size: CaseSize };
const street = makeCase(folder, size);
parentPort!.on("message", (seed: number) => {
  void street.then((ready) => {
    parentPort!.postMessage(ownRun(ready, seed).seconds);
  });
});
