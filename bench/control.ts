/**
 * Every strategy on the same networks and seeds, by demand and by how well cameras see. In SUMO as an outsider would run
 * them (`simpang sumo run`), beside the network's own program and SUMO's actuated logic; without a file also on the
 * demonstration corridor, in SUMO as `simpang sumo export` writes it and in our own street. Each line is printed once it is
 * known. The whole of it takes hours: options narrow it.
 *
 * Run: npm run bench:control -- [--seeds 1..10] [--demand 0.7,1,1.3] [--cameras perfect,real] [--range 200]
 *   [--strategies a,b] [--street] [--fixed-order] [--for 30m] [FILE.sumocfg ...]
 * `--street`: minimum green 7 s and 2 s of all-red instead of 3 s and the programs' own.
 *
 * Columns: mean delay a vehicle over seeds (time loss + departure delay, unfinished trips counted to the end), its 95 %
 * interval, the worst seed; 95th percentiles of delay from side streets and of waits at crossings; minutes that roads were
 * full up to the junction behind; vehicles left at the end (the last four as means over seeds, - where nobody measures it).
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { duration, factor, instantOf, names, seeds as seedList } from "../app/arguments.ts";
import { defaultConfig, readCity } from "../app/city-files.ts";
import { DEFAULT_START } from "../app/commands/run.ts";
import { runMany } from "../app/compose/many-runs.ts";
import type { SumoFacts } from "../app/compose/sumo-report.ts";
import { interval95, mean } from "../app/statistics.ts";
import { strategies } from "../engine/core/strategies/registry.ts";
import { perfectScenes, poorScenes } from "../simulation/cameras/scenes.ts";
import { sumoAlone } from "./sumo-alone.ts";

const simpang = new URL("../app/simpang.mjs", import.meta.url).pathname;
const call = promisify(execFile);
const AT_ONCE = Math.min(2, availableParallelism());
/** Nobody's strategy: SUMO by itself. */
const ALONE = ["own-program", "sumo-actuated"];
/** `max-pressure` at the periods of the literature. */
const PERIODS: Readonly<Record<string, number>> = { "max-pressure-1s": 1, "max-pressure-10s": 10 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "1..10" },
    demand: { type: "string", default: "0.7,1,1.3" },
    cameras: { type: "string", default: "perfect,real" },
    range: { type: "string", default: "200" },
    strategies: { type: "string", default: [...ALONE, ...strategies.keys(), ...Object.keys(PERIODS)].join(",") },
    street: { type: "boolean", default: false },
    "fixed-order": { type: "boolean", default: false },
    for: { type: "string", default: "30m" },
  },
});

/** Of one seed; undefined: nobody measures it there. */
interface Outcome {
  readonly delayS: number;
  readonly sideP95S: number;
  readonly pedestrianP95S: number | undefined;
  readonly spillBackMin: number | undefined;
  readonly left: number;
}

interface Case {
  readonly strategy: string;
  readonly demand: number;
  readonly cameras: string;
}

const rules = [
  ...(values.street ? ["--min-green", "7", "--all-red", "2"] : []),
  ...(values["fixed-order"] ? ["--fixed-order"] : []),
];

async function inSumo(sumocfg: string, { strategy, demand, cameras }: Case, seed: number): Promise<Outcome> {
  if (ALONE.includes(strategy)) {
    const actuated = strategy === "sumo-actuated";
    const { trips, remaining } = await sumoAlone({ folder, sumocfg, seed, demand, actuated });
    return outcome(trips, { left: remaining, pedestrianP95S: undefined, spillBackMin: undefined });
  }
  const out = join(folder, `${strategy}-${seed}-${basename(sumocfg)}.trips.xml`);
  const every = PERIODS[strategy];
  const { stdout } = await call(process.execPath, [
    ...[simpang, "sumo", "run", "--sumocfg", sumocfg, "--seed", String(seed), "--tripinfo", out, "--json"],
    ...["--strategy", every ? "max-pressure" : strategy, ...(every ? ["--every", String(every)] : [])],
    ...["--range", values.range, "--demand", String(demand), "--cameras", cameras, ...rules],
  ]);
  const { trips, remaining, spillBackMin } = JSON.parse(stdout) as SumoFacts;
  return outcome(trips!, { left: remaining, pedestrianP95S: undefined, spillBackMin });
}

const outcome = (
  { meanDelayS, side }: NonNullable<SumoFacts["trips"]>,
  rest: Pick<Outcome, "left" | "pedestrianP95S" | "spillBackMin">,
): Outcome => ({ delayS: meanDelayS, sideP95S: side.p95DelayS, ...rest });

/** Some at a time, in order. */
async function bySeed(seeds: readonly number[], run: (seed: number) => Promise<Outcome>): Promise<readonly Outcome[]> {
  const done: Outcome[] = [];
  for (let i = 0; i < seeds.length; i += AT_ONCE)
    done.push(...(await Promise.all(seeds.slice(i, i + AT_ONCE).map(run))));
  return done;
}

/** Our own street, mixed traffic and people on foot included. */
async function inOurs({ strategy, demand, cameras }: Case, seeds: readonly number[]): Promise<readonly Outcome[]> {
  const start = instantOf(DEFAULT_START, readCity(defaultConfig).utcOffset);
  const common = { config: defaultConfig, strategy, start, duration: duration(values.for), demandScale: demand };
  const reports = await runMany(
    seeds.map((seed) => ({ ...common, seed, cameras: cameras === "real" ? poorScenes : perfectScenes })),
    () => undefined,
  );
  return reports.map(({ all, side, pedestrians, spillBackS, vehicles }) => ({
    delayS: all.meanDelayS,
    sideP95S: side.p95DelayS,
    pedestrianP95S: pedestrians.p95WaitS,
    spillBackMin: spillBackS / 60,
    left: vehicles.present + vehicles.waiting,
  }));
}

/** The demonstration corridor as SUMO files. */
async function corridor(): Promise<string> {
  const out = join(folder, "corridor");
  await call(process.execPath, [simpang, "sumo", "export", "--out", out, "--for", values.for, "--cars-only"]);
  return join(out, readdirSync(out).find((file) => file.endsWith(".sumocfg"))!);
}

function row(name: string, outcomes: readonly Outcome[]): string {
  const delays = outcomes.map(({ delayS }) => delayS);
  const { mean: centre, low, high } = interval95(delays);
  const part = (of: (one: Outcome) => number | undefined): number => mean(outcomes.map((one) => of(one) ?? Number.NaN));
  const figures = [
    centre,
    low,
    high,
    Math.max(...delays),
    part(({ sideP95S }) => sideP95S),
    part(({ pedestrianP95S }) => pedestrianP95S),
    part(({ spillBackMin }) => spillBackMin),
    part(({ left }) => left),
  ];
  return `  ${name.padEnd(17)}${figures.map((value) => shown(value).padStart(10)).join("")}\n`;
}

/** One seed has no interval. */
const shown = (value: number): string => (Number.isNaN(value) ? "-" : value.toFixed(1));

const HEAD = `  ${"".padEnd(17)}${["delay s", "low", "high", "worst", "side p95", "walk p95", "spill min", "left"]
  .map((title) => title.padStart(10))
  .join("")}\n`;

async function table(
  title: string,
  wanted: readonly string[],
  run: (what: Case, seeds: readonly number[]) => Promise<readonly Outcome[]>,
): Promise<void> {
  const seeds = seedList(values.seeds);
  for (const demand of values.demand.split(",").map(factor))
    for (const [i, cameras] of names(values.cameras).entries()) {
      process.stdout.write(`${title}, demand x ${demand}, ${cameras} cameras, ${seeds.length} seeds\n${HEAD}`);
      for (const strategy of wanted) {
        // SUMO by itself looks at no camera.
        if (ALONE.includes(strategy) && i > 0) continue;
        process.stdout.write(row(strategy, await run({ strategy, demand, cameras }, seeds)));
      }
    }
}

const folder = mkdtempSync(join(tmpdir(), "simpang-control-"));
try {
  const wanted = names(values.strategies);
  for (const sumocfg of positionals.length > 0 ? positionals : [await corridor()])
    await table(`SUMO, ${sumocfg}, cameras see ${values.range} m`, wanted, (what, seeds) =>
      bySeed(seeds, (seed) => inSumo(sumocfg, what, seed)),
    );
  if (positionals.length === 0) {
    const ours = wanted.filter((name) => strategies.has(name));
    await table(`Our street, demonstration corridor, ${values.for}`, ours, inOurs);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
