/**
 * The demonstration corridor against the best that fixed plans can do: plans that `simpang plan` makes of the true mean demand,
 * which nobody on a street knows so well. On both streets, with the demand as planned for and shifted by 30 %, the same vehicles
 * for all. Prints, over seeds: mean delay and its 95 % interval, the worst seed, the paired difference to the plans in
 * per cent with its interval; 95th percentile of delay from side streets and of waits on foot, and the longest of these (ours only: the
 * export has nobody on foot); share of arrivals on green in both directions.
 * `ours-ntcip` is our street with an NTCIP cabinet at every junction: the shipped corridor has three that take plans only.
 * Run: npm run bench:plan -- [--seeds 1..3] [--for 30m] [--shifts none,up,down,forward,backward] [--streets ours,ours-ntcip,sumo]
 *   [--strategies fixed,cycle-adaptive,adaptive] [--objective balanced]
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { duration, instantOf, names, seeds as seedList } from "../app/arguments.ts";
import { defaultConfig, readCity } from "../app/city-files.ts";
import { DEFAULT_START } from "../app/commands/run.ts";
import { runMany } from "../app/compose/many-runs.ts";
import { interval95, mean } from "../app/statistics.ts";
import { fileNames } from "../simulation/sumo/export/export.ts";
import { readTrips } from "../simulation/sumo/tripinfo.ts";
import { measuredExport, onGreen } from "./corridor-in-sumo.ts";
import { ends, type Shift, shiftedConfig, shifts } from "./planned-corridor.ts";

const simpang = new URL("../app/simpang.mjs", import.meta.url).pathname;
const call = promisify(execFile);
const run = (...given: readonly string[]) => call(process.execPath, [simpang, ...given], { maxBuffer: 1 << 26 });
/** Cameras in SUMO see so far, m. */
const RANGE_M = "200";
/** Of the plans: the first hour of the default start. */
const PLANNED = "07:00-08:00";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1..3" },
    for: { type: "string", default: "30m" },
    shifts: { type: "string", default: shifts.map(({ name }) => name).join(",") },
    streets: { type: "string", default: "ours,ours-ntcip,sumo" },
    objective: { type: "string", default: "balanced" },
    strategies: { type: "string", default: "fixed,cycle-adaptive,adaptive" },
  },
});

/** Of one seed. */
interface Outcome {
  readonly delayS: number;
  readonly sideP95S: number;
  readonly walkP95S: number;
  readonly walkMaxS: number;
  readonly forward: number;
  readonly backward: number;
}

/** `plan` is the fixed strategy on the plans made; everybody else starts from the schedule. */
interface Case {
  readonly strategy: string;
  readonly shift: Shift;
  readonly config: string;
}

const seeds = seedList(values.seeds);
const city = readCity(defaultConfig);
const wanted = names(values.shifts).map((name) => {
  const shift = shifts.find((known) => known.name === name);
  if (!shift) throw new Error(`no shift "${name}": take of ${shifts.map((known) => known.name).join(", ")}`);
  return shift;
});

async function onOurs({ strategy, config }: Case): Promise<readonly Outcome[]> {
  const start = instantOf(DEFAULT_START, city.utcOffset);
  const jobs = seeds.map((seed) => ({
    ...{ config, strategy, seed, start, duration: duration(values.for), demandScale: 1 },
  }));
  const reports = await runMany(jobs, () => undefined);
  return reports.map(({ all, side, pedestrians, arrivalsOnGreen }) => ({
    delayS: all.meanDelayS,
    sideP95S: side.p95DelayS,
    walkP95S: pedestrians.p95WaitS,
    walkMaxS: pedestrians.maxWaitS,
    forward: arrivalsOnGreen.forward.onGreen,
    backward: arrivalsOnGreen.backward.onGreen,
  }));
}

async function inSumo({ strategy, config }: Case): Promise<readonly Outcome[]> {
  const { forward, backward } = ends(city);
  const alongCorridor = (edge: string): boolean => {
    const from = city.links.get(edge)?.from;
    return from !== undefined && (forward.has(from) || backward.has(from));
  };
  const outcomes: Outcome[] = [];
  for (const seed of seeds) {
    const folder = mkdtempSync(join(work, "sumo-"));
    await run(
      "sumo",
      "export",
      ...["--config", config, "--out", folder, "--seed", String(seed)],
      "--for",
      values.for,
      "--cars-only",
    );
    const lines = await measuredExport(folder, city);
    const trips = join(folder, "trips.xml");
    const given = ["--sumocfg", join(folder, fileNames.configuration), "--tripinfo", trips, "--seed", String(seed)];
    await run("sumo", "run", ...given, "--strategy", strategy, "--range", RANGE_M);
    const { meanDelayS, side } = await readTrips(trips, (edge) => !alongCorridor(edge));
    outcomes.push({
      delayS: meanDelayS,
      sideP95S: side.p95DelayS,
      walkP95S: Number.NaN,
      walkMaxS: Number.NaN,
      ...onGreen(folder, lines),
    });
    rmSync(folder, { recursive: true });
  }
  return outcomes;
}

const shown = (value: number, digits = 1): string => (Number.isNaN(value) ? "-" : value.toFixed(digits));

function row(name: string, own: readonly Outcome[], plan: readonly Outcome[]): string {
  const delays = own.map(({ delayS }) => delayS);
  const { mean: centre, low, high } = interval95(delays);
  const against = interval95(delays.map((delay, i) => (100 * (delay - plan[i]!.delayS)) / plan[i]!.delayS));
  const part = (of: (one: Outcome) => number): number => mean(own.map(of));
  const cells = [
    ...[centre, low, high, Math.max(...delays)].map((value) => shown(value)),
    shown(against.mean),
    `[${shown(against.low)},${shown(against.high)}]`,
    ...[part((one) => one.sideP95S), part((one) => one.walkP95S)].map((value) => shown(value, 0)),
    shown(Math.max(...own.map((one) => one.walkMaxS)), 0),
    ...[part((one) => 100 * one.forward), part((one) => 100 * one.backward)].map((value) => shown(value, 0)),
  ];
  const widths = [8, 8, 8, 8, 8, 16, 9, 9, 9, 7, 7];
  return `  ${name.padEnd(16)}${cells.map((cell, i) => cell.padStart(widths[i]!)).join("")}\n`;
}

const work = mkdtempSync(join(tmpdir(), "simpang-plan-"));
try {
  const made = join(work, "made");
  await run("plan", defaultConfig, "--from", "demand", "--at", PLANNED, "--period", "morning-peak", "--out", made);
  const streets = names(values.streets);
  for (const shift of wanted) {
    const plans = join(made, "plans.yaml");
    for (const street of streets) {
      const cabinets = street === "ours-ntcip" ? { ntcip: true as const } : {};
      const folder = (kind: string): string => join(work, `${kind}-${shift.name}-${street}`);
      const scheduled = shiftedConfig(defaultConfig, folder("scheduled"), {
        shift,
        objective: values.objective,
        ...cabinets,
      });
      const planned = shiftedConfig(defaultConfig, folder("planned"), { shift, plans, ...cabinets });
      const onStreet = street === "sumo" ? inSumo : onOurs;
      process.stdout.write(`${street}, demand ${shift.name}, ${seeds.length} seeds, ${values.for}\n`);
      process.stdout.write(
        "  delay, s            mean     low    high   worst  % plan        interval side p95 walk p95 walk max  green fwd/back %\n",
      );
      const plan = await onStreet({ strategy: "fixed", shift, config: planned });
      process.stdout.write(row("plan", plan, plan));
      for (const strategy of names(values.strategies))
        process.stdout.write(row(strategy, await onStreet({ strategy, shift, config: scheduled }), plan));
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
