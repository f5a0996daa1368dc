/**
 * Our street against Debian's SUMO on the same network, demand and signal plans, in alternation: vehicle-steps a second,
 * their ratio as median (min, max), memory for each vehicle, and the outputs that must agree. Also against SUMO's
 * mesoscopic model, against its sublane model on mixed traffic, two independent runs on two threads against one, and an
 * hour of five junctions. Steps of 1 s unless said; SUMO's defaults otherwise, `--time-to-teleport -1`. Loading is in
 * neither's time: ours is the loop over the steps, SUMO's is its own account of its loop. Takes about five minutes. The script collects
 * garbage on the thread that made it, so that one run uses one core.
 * Run: npm run bench:street
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { print, spread } from "./spread.ts";
import { type Case, makeCase, type OwnRun, ownRun, type SumoRun, sumoRun } from "./street-case.ts";
import { compareMixed, fiveJunctionHour, sumoVersion } from "./street-mixed.ts";
import { compareThreads } from "./street-threads.ts";

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

/** Runs before anything is measured: the compiler of the machine needs a few, and one more after each change of size. */
const WARM_UP = 5;

const rate = (run: { readonly vehicleSteps: number; readonly seconds: number }): number =>
  run.vehicleSteps / run.seconds;

async function compare(size: Size, folder: string): Promise<Case> {
  const street = await makeCase(folder, size);
  for (let i = 0; i < (size === SIZES[0] ? WARM_UP : 1); i++) ownRun(street, i);
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
  print(`  ratio ${spread(own.map((run, i) => rate(run) / rate(sumo[i]!)))} (wanted: 40)`);
  print(
    `  memory ${Math.round(own[0]!.bytesPerVehicle)} bytes a vehicle, plus ${Math.round(own[0]!.routeBytesPerTrip)} a trip for routes (wanted: below 300)`,
  );
  for (const [who, run] of [
    ["ours", own.at(-1)!],
    ["SUMO", sumo.at(-1)!],
  ] as const)
    print(`  ${who}: ${run.arrived} arrived of ${run.inserted}, mean time loss ${run.meanTimeLossS.toFixed(1)} s`);
  if (size.grid <= 25) {
    const meso = sumoRun(street, 1, ["--mesosim"]);
    print(
      `  SUMO mesoscopic ${(rate(meso) / 1e6).toFixed(3)}; ours to it ${(rate(own.at(-1)!) / rate(meso)).toFixed(1)} (wanted: above 1)`,
    );
  }
  return street;
}

const folder = mkdtempSync(join(tmpdir(), "simpang-bench-"));
try {
  print(`Simpang and SUMO ${sumoVersion()}, median (least, most) of alternating runs`);
  let first: Case | undefined;
  const costs: number[] = [];
  for (const size of SIZES) {
    const street = await compare(size, folder);
    first ??= street;
    costs.push(1 / Math.max(...[7, 8, 9].map((seed) => rate(ownRun(street, seed)))));
  }
  print(
    `cost of a vehicle-step, from the smallest to the largest: ${(costs.at(-1)! / costs[0]!).toFixed(2)} times (wanted: below 2)`,
  );
  await compareThreads(first!);
  await compareMixed(folder);
  await fiveJunctionHour(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
