/**
 * Every strategy on the same SUMO networks and seeds, as an outsider would run them: `simpang sumo run`, two at a time.
 * Prints mean delay (time loss + departure delay, unfinished trips counted to the end), its 95 % interval over seeds, the
 * worst seed, and vehicles left at the end.
 * Run: npm run bench:control -- [--seeds 1..3] [--range 200] [--strategies a,b] [FILE.sumocfg ...]
 * Without files: the demonstration corridor, exported for half an hour of the morning peak, cars only.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { names, seeds as seedList } from "../app/arguments.ts";
import { interval95 } from "../app/statistics.ts";
import { strategies } from "../engine/core/strategies/registry.ts";

const simpang = new URL("../app/simpang.mjs", import.meta.url).pathname;
const call = promisify(execFile);
const AT_ONCE = 2;

interface Facts {
  readonly remaining: number;
  readonly trips: { readonly meanDelayS: number };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "1..3" },
    range: { type: "string", default: "200" },
    strategies: { type: "string", default: [...strategies.keys()].join(",") },
  },
});

async function run(sumocfg: string, strategy: string, seed: number): Promise<Facts> {
  const out = join(folder, `${strategy}-${seed}-${basename(sumocfg)}.trips.xml`);
  const given = ["--sumocfg", sumocfg, "--strategy", strategy, "--seed", String(seed), "--range", values.range];
  const { stdout } = await call(process.execPath, [simpang, "sumo", "run", ...given, "--tripinfo", out, "--json"]);
  return JSON.parse(stdout) as Facts;
}

/** The demonstration corridor as SUMO files. */
async function corridor(): Promise<string> {
  const out = join(folder, "corridor");
  await call(process.execPath, [simpang, "sumo", "export", "--out", out, "--for", "30m", "--cars-only"]);
  return join(out, readdirSync(out).find((file) => file.endsWith(".sumocfg"))!);
}

async function row(sumocfg: string, strategy: string, wanted: readonly number[]): Promise<string> {
  const facts: Facts[] = [];
  for (let i = 0; i < wanted.length; i += AT_ONCE)
    facts.push(...(await Promise.all(wanted.slice(i, i + AT_ONCE).map((seed) => run(sumocfg, strategy, seed)))));
  const delays = facts.map(({ trips }) => trips.meanDelayS);
  const { mean, low, high } = interval95(delays);
  const left = Math.max(...facts.map(({ remaining }) => remaining));
  const cells = [mean, low, high, Math.max(...delays)].map((value) => shown(value).padStart(8));
  return `  ${strategy.padEnd(16)}${cells.join("")}${String(left).padStart(8)}`;
}

/** One seed has no interval. */
const shown = (value: number): string => (Number.isNaN(value) ? "-" : value.toFixed(1));

const folder = mkdtempSync(join(tmpdir(), "simpang-control-"));
try {
  const wanted = seedList(values.seeds);
  for (const sumocfg of positionals.length > 0 ? positionals : [await corridor()]) {
    process.stdout.write(`${sumocfg}, ${wanted.length} seeds, cameras see ${values.range} m\n`);
    process.stdout.write("  delay, s            mean     low    high   worst    left\n");
    for (const strategy of names(values.strategies)) process.stdout.write(`${await row(sumocfg, strategy, wanted)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
