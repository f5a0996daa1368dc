import { parentPort } from "node:worker_threads";
import * as highsModule from "highs";

/** Its types describe a CommonJS module; what Node imports is the function itself. */
interface Loaded {
  solve(
    text: string,
    options: object,
  ): { readonly Status: string; readonly Columns: Readonly<Record<string, { readonly Primal?: number }>> };
}
const loadHighs = (highsModule as unknown as { readonly default: () => Promise<Loaded> }).default;

/** One programme after another. HiGHS blocks its thread, so it never runs on the main one. */
parentPort!.on("message", async ({ text, limitS }: { readonly text: string; readonly limitS: number }) => {
  try {
    const highs = await loadHighs();
    const solution = highs.solve(text, { output_flag: false, time_limit: limitS, mip_rel_gap: 0.005 });
    const values = Object.entries(solution.Columns).map(([name, column]) => [name, column.Primal]);
    parentPort!.postMessage({ status: solution.Status, values });
  } catch (error) {
    // What HiGHS throws may carry its whole module as text.
    parentPort!.postMessage({ error: String(error instanceof Error ? error.message : error).slice(0, 300) });
  }
});
