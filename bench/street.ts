/**
 * Our street against Debian's SUMO on the same network, demand and signal plans, in alternation: vehicle-steps a second,
 * their ratio as median (min, max), memory for each vehicle, and the outputs that must agree. Also against SUMO's
 * mesoscopic model, and two independent runs on two threads against one. Steps of 1 s; SUMO's defaults otherwise,
 * `--time-to-teleport -1`.
 * Run: npm run bench:street
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type Case, makeCase, type OwnRun, ownRun, type SumoRun, sumoRun } from "./street-case.ts";

interface Size {
  readonly name: string;
  readonly grid: number;
  /** Vehicles that set off in each of the first `fillS` seconds, and in each one after. */
  readonly fill: number;
  readonly fillS: number;
  readonly after: number;
  readonly endS: number;
  readonly rounds: number;
}

const SIZES: readonly Size[] = [
  { name: "1 000", grid: 8, fill: 4.3, fillS: 600, after: 4.3, endS: 600, rounds: 3 },
  { name: "10 000", grid: 25, fill: 250, fillS: 42, after: 20, endS: 100, rounds: 2 },
  { name: "50 000", grid: 50, fill: 1300, fillS: 40, after: 0, endS: 70, rounds: 1 },
];

/** Runs before anything is measured: the compiler of the machine needs a few. */
const WARM_UP = 3;

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function spread(values: readonly number[], digits = 1): string {
  const sorted = [...values].sort((a, b) => a - b);
  const shown = (value: number) => value.toFixed(digits);
  return `${shown(sorted[sorted.length >> 1]!)} (${shown(sorted[0]!)}, ${shown(sorted.at(-1)!)})`;
}

const rate = (run: { readonly vehicleSteps: number; readonly seconds: number }): number =>
  run.vehicleSteps / run.seconds;

async function compare(size: Size, folder: string): Promise<Case> {
  const street = await makeCase(folder, size);
  // The machine warms up before anything is measured.
  for (let i = 0; i < WARM_UP; i++) ownRun(street, i);
  const own: OwnRun[] = [];
  const sumo: SumoRun[] = [];
  for (let round = 1; round <= size.rounds; round++) {
    own.push(ownRun(street, round));
    sumo.push(sumoRun(street, round));
  }
  const present = own[0]!.vehicleSteps / size.endS;
  print(
    `about ${size.name} vehicles: ${Math.round(present)} present on average, ${size.endS} steps, ${size.rounds} rounds`,
  );
  print(
    `  ours  ${spread(
      own.map((run) => rate(run) / 1e6),
      2,
    )} million vehicle-steps/s`,
  );
  print(
    `  SUMO  ${spread(
      sumo.map((run) => rate(run) / 1e6),
      3,
    )}`,
  );
  print(`  ratio ${spread(own.map((run, i) => rate(run) / rate(sumo[i]!)))}`);
  print(
    `  memory ${Math.round(own[0]!.bytesPerVehicle)} bytes a vehicle, plus ${Math.round(own[0]!.routeBytesPerTrip)} a trip for routes`,
  );
  for (const [who, run] of [
    ["ours", own.at(-1)!],
    ["SUMO", sumo.at(-1)!],
  ] as const)
    print(`  ${who}: ${run.arrived} arrived of ${run.inserted}, mean time loss ${run.meanTimeLossS.toFixed(1)} s`);
  if (size.grid <= 25) {
    const meso = sumoRun(street, 1, ["--mesosim"]);
    print(
      `  SUMO mesoscopic ${(rate(meso) / 1e6).toFixed(3)}; ours to it ${(rate(own.at(-1)!) / rate(meso)).toFixed(1)}`,
    );
  }
  return street;
}

/** Time of one run alone, and of two side by side on two threads. */
async function threads(street: Case): Promise<void> {
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
  const ask = (worker: Worker, seed: number): Promise<number> =>
    new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.postMessage(seed);
    });
  for (const worker of workers) await ask(worker, 0);
  const ratios: number[] = [];
  for (let round = 1; round <= 5; round++) {
    const one = await ask(workers[0]!, round);
    const begin = performance.now();
    await Promise.all(workers.map((worker) => ask(worker, round)));
    ratios.push((performance.now() - begin) / 1000 / one);
  }
  print(`two runs on two threads take ${spread(ratios, 2)} times one`);
  for (const worker of workers) await worker.terminate();
}

const folder = mkdtempSync(join(tmpdir(), "simpang-bench-"));
try {
  let first: Case | undefined;
  const costs: number[] = [];
  for (const size of SIZES) {
    const street = await compare(size, folder);
    first ??= street;
    costs.push(1 / rate(ownRun(street, 9)));
  }
  print(`cost of a vehicle-step, from the smallest to the largest: ${(costs.at(-1)! / costs[0]!).toFixed(2)} times`);
  await threads(first!);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
