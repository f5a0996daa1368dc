import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Incident } from "../../config/incidents.ts";
import type { Instant, Millis } from "../../config/units.ts";
import type { SceneQuality } from "../../simulation/cameras/scenes.ts";
import type { RunReport } from "./report.ts";

export interface RunJob {
  readonly config: string;
  readonly strategy: string;
  readonly seed: number;
  readonly start: Instant;
  readonly duration: Millis;
  readonly demandScale: number;
  readonly incidents?: readonly Incident[];
  /** Undefined: as usual. */
  readonly cameras?: SceneQuality;
}

/** Independent runs side by side, one per core; reports in the order of the jobs. A run that fails fails all. */
export async function runMany(jobs: readonly RunJob[], onDone: (done: number) => void): Promise<readonly RunReport[]> {
  const reports = new Array<RunReport>(jobs.length);
  let next = 0;
  let done = 0;
  const workers: Worker[] = [];
  const lane = async () => {
    const worker = new Worker(new URL("./worker-boot.mjs", import.meta.url), {
      workerData: { entry: new URL("./run-worker.ts", import.meta.url).href },
    });
    workers.push(worker);
    while (next < jobs.length) {
      const index = next++;
      reports[index] = await ask(worker, jobs[index]!);
      onDone(++done);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(jobs.length, availableParallelism()) }, lane));
    return reports;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

async function ask(worker: Worker, job: RunJob): Promise<RunReport> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const ended = once(worker, "exit", { signal }).then(([code]) => {
      throw new Error(`a run's worker ended with code ${code}`);
    });
    worker.postMessage(job);
    // Rejects on the worker's "error" too.
    const [answer] = (await Promise.race([once(worker, "message", { signal }), ended])) as [
      { readonly report: RunReport } | { readonly error: string },
    ];
    if ("report" in answer) return answer.report;
    throw new Error(answer.error);
  } finally {
    settled.abort();
  }
}
