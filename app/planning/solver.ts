import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Values } from "../../engine/core/network/bandwidth-model.ts";

export type Solved = { readonly values: Values } | { readonly failed: string };

/** Bands of 20 signals take seconds; beyond this the best found so far counts. */
const limitS = 30;

interface Answer {
  readonly status?: string;
  readonly values?: readonly (readonly [string, number | undefined])[];
  readonly error?: string;
}

/** A mixed-integer programme in CPLEX LP text, solved by HiGHS in a worker. Whoever asks checks the answer. */
export async function solveProgramme(text: string): Promise<Solved> {
  const worker = new Worker(new URL("../compose/worker-boot.mjs", import.meta.url), {
    workerData: { entry: new URL("./solver-worker.ts", import.meta.url).href },
  });
  try {
    worker.postMessage({ text, limitS });
    const ended = once(worker, "exit").then(([code]) => [{ error: `the solver's worker ended with code ${code}` }]);
    const [answer] = (await Promise.race([once(worker, "message"), ended])) as [Answer];
    if (answer.error !== undefined) return { failed: answer.error };
    const values = new Map(
      (answer.values ?? []).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    );
    const found = answer.status === "Optimal" || (answer.status === "Time limit reached" && values.size > 0);
    return found ? { values } : { failed: `HiGHS answers ${answer.status}` };
  } catch (error) {
    return { failed: String(error instanceof Error ? error.message : error).slice(0, 300) };
  } finally {
    await worker.terminate();
  }
}
