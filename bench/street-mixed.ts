import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defaultConfig, readCity } from "../app/city-files.ts";
import { seededRandom } from "../app/seeded-random.ts";
import { instant, type Millis, seconds } from "../config/units.ts";
import { exportSumo, fileNames, type SumoExport } from "../simulation/sumo/export/export.ts";
import { networkOf } from "../simulation/sumo/export/netconvert.ts";
import { readNet } from "../simulation/sumo/net.ts";
import { toRoad } from "../simulation/sumo/to-road.ts";
import { readTrips as readRoutes } from "../simulation/sumo/to-road-trips.ts";
import { readTrips } from "../simulation/sumo/tripinfo.ts";
import { createRoadSimulation } from "../simulation/traffic/lanes/simulation.ts";
import { createWorld } from "../simulation/world.ts";
import { print, spread } from "./spread.ts";
import { sumoLoop } from "./street-case.ts";

const START = instant(Date.parse("2026-02-03T07:00:00+08:00"));
const MIXED = seconds(1200);
const HOUR = seconds(3600);
const ROUNDS = 2;
const LATERAL_M = 0.4;
const city = readCity(defaultConfig);

/** The Balikpapan corridor as SUMO's files: network, routes, plans. */
async function exported(folder: string, duration: Millis, carsOnly: boolean): Promise<SumoExport> {
  mkdirSync(folder, { recursive: true });
  const options = { city, random: seededRandom(1), start: START, duration, demandScale: 1, carsOnly };
  const files = exportSumo({ ...options, planSet: undefined, seed: 1 });
  await networkOf(files.plain, join(folder, fileNames.network), city.drivesOn);
  writeFileSync(join(folder, fileNames.routes), files.routes);
  writeFileSync(join(folder, fileNames.configuration), files.configuration);
  if (files.additional !== undefined) writeFileSync(join(folder, fileNames.additional), files.additional);
  return files;
}

/** The street of strips with its cabinets and the counts of its cameras, the scheduled plans of the city. */
function onStrips(duration: Millis, seed: number) {
  const world = createWorld({ city, random: seededRandom(seed), start: START, scenes: "off" });
  const { step } = world.street;
  let vehicleSteps = 0;
  const begin = performance.now();
  for (let t = 0; t < duration; t += step) {
    world.advance();
    // Vehicles come and go slowly: counting them each minute is exact enough and costs little.
    if (t % 60_000 === 0) vehicleSteps += (world.street.results().vehicles.present * 60_000) / step;
  }
  return { seconds: (performance.now() - begin) / 1000, vehicleSteps, stepS: step / 1000, ...world.street.results() };
}

/** Mixed traffic on the Balikpapan corridor: our strips against SUMO's sublane model, in alternation. */
export async function compareMixed(parent: string): Promise<void> {
  const folder = join(parent, "mixed");
  const { vehicles } = await exported(folder, MIXED, false);
  onStrips(MIXED, 1);
  const own: ReturnType<typeof onStrips>[] = [];
  const sumo: ReturnType<typeof sumoLoop>[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    own.push(onStrips(MIXED, 1));
    sumo.push(
      sumoLoop(
        [...["-c", fileNames.configuration, "--lateral-resolution", String(LATERAL_M), "--seed", String(round)]].concat(
          [...["--tripinfo-output", "trips.xml", "--tripinfo-output.write-unfinished"]],
        ),
        folder,
      ),
    );
  }
  const trips = await readTrips(join(folder, "trips.xml"));
  const last = own.at(-1)!;
  const present = (last.vehicleSteps * last.stepS * 1000) / MIXED;
  const rates = (runs: readonly { readonly vehicleSteps: number; readonly seconds: number }[]) =>
    runs.map((run) => run.vehicleSteps / run.seconds / 1e6);
  const ratios = own.map((run, i) => rates([run])[0]! / rates([sumo[i]!])[0]!);
  print(
    `mixed traffic: Balikpapan, ${vehicles} vehicles in ${MIXED / 60_000} min, ${Math.round(present)} present on average`,
  );
  print(`  ours (strips, cabinets and the counts of cameras included, steps of ${last.stepS} s)`);
  print(`        ${spread(rates(own), 2)} million vehicle-steps/s`);
  print(`  SUMO sublane, lateral resolution ${LATERAL_M} m, steps of 1 s`);
  print(`        ${spread(rates(sumo), 3)}`);
  print(
    `  ratio ${spread(ratios)} (wanted: 40); by time simulated ${spread(ratios.map((ratio) => ratio * last.stepS))}`,
  );
  print(`  ours: ${last.vehicles.arrived} arrived, mean travel time ${last.all.meanTravelTimeS.toFixed(1)} s`);
  print(
    `  SUMO: ${trips.trips - trips.unfinished} arrived, mean travel time ${(trips.meanDurationS + trips.meanDepartDelayS).toFixed(1)} s`,
  );
}

/** Wall time of an hour of the five junctions of Balikpapan, with everything that belongs to a run but reading the files. */
export async function fiveJunctionHour(parent: string): Promise<void> {
  const folder = join(parent, "hour");
  await exported(folder, HOUR, true);
  const { road, programs } = toRoad(await readNet(join(folder, fileNames.network)));
  const { trips } = await readRoutes(join(folder, fileNames.routes), road, { beginS: 0, endS: HOUR / 1000 });
  const onLanes = (seed: number): number => {
    const begin = performance.now();
    const street = createRoadSimulation({ road, programs, trips, seed });
    while (street.kernel.nowS < HOUR / 1000) street.step();
    return (performance.now() - begin) / 1000;
  };
  const lanes = [1, 2, 3, 4].map(onLanes).slice(1);
  const strips = [1, 2].map((seed) => onStrips(HOUR, seed).seconds).slice(1);
  print(`an hour of ${city.junctions.size} junctions (wanted: below 1 s)`);
  print(`  cars on lanes, ${trips.length} trips: ${spread(lanes, 2)} s`);
  print(`  mixed traffic on strips, with cabinets and cameras: ${spread(strips, 2)} s`);
}

/** For comparison with the command line: the program that ran. */
export const sumoVersion = (): string =>
  execFileSync("sumo", ["--version"], { encoding: "utf8" }).split("\n")[0]!.replace("Eclipse SUMO ", "");
