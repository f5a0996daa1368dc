import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../app/seeded-random.ts";
import { readNet } from "../simulation/sumo/net.ts";
import { type ImportedRoad, toRoad } from "../simulation/sumo/to-road.ts";
import { tripResults } from "../simulation/traffic/lanes/results.ts";
import { createRoadSimulation } from "../simulation/traffic/lanes/simulation.ts";
import type { TripInput } from "../simulation/traffic/lanes/trips.ts";
import { vehicleType } from "../simulation/traffic/lanes/vehicle-types.ts";

export interface CaseSize {
  /** Junctions to a side, 200 m apart, all with signals; two lanes each way. */
  readonly grid: number;
  readonly fill: number;
  readonly fillS: number;
  readonly after: number;
  readonly endS: number;
}

export interface Case {
  readonly folder: string;
  readonly size: CaseSize;
  readonly net: string;
  readonly routes: string;
  readonly imported: ImportedRoad;
  readonly trips: readonly TripInput[];
}

export interface OwnRun {
  readonly seconds: number;
  readonly vehicleSteps: number;
  readonly inserted: number;
  readonly arrived: number;
  readonly meanTimeLossS: number;
  readonly bytesPerVehicle: number;
  readonly routeBytesPerTrip: number;
}

export type SumoRun = Omit<OwnRun, "bytesPerVehicle" | "routeBytesPerTrip">;

export async function makeCase(folder: string, size: CaseSize): Promise<Case> {
  const net = join(folder, `grid-${size.grid}.net.xml`);
  const routes = join(folder, `grid-${size.grid}.rou.xml`);
  const shape = ["--grid", "--grid.number", String(size.grid), "--grid.length", "200"];
  execFileSync("netgenerate", [...shape, "-L", "2", "-j", "traffic_light", "-o", net], { stdio: "ignore" });
  const trips = tripsOf(size);
  const rows = trips.map(
    ({ id, departS, edges }) =>
      `<vehicle id="${id}" depart="${departS}" departLane="best" departSpeed="max"><route edges="${edges.join(" ")}"/></vehicle>`,
  );
  writeFileSync(routes, `<routes>\n${rows.join("\n")}\n</routes>\n`);
  return { folder, size, net, routes, imported: toRoad(await readNet(net)), trips };
}

/** Everybody drives a random staircase to somewhere at least half the grid away. */
function tripsOf({ grid, fill, fillS, after, endS }: CaseSize): readonly TripInput[] {
  const random = seededRandom(grid);
  const pick = (below: number): number => Math.floor(random.next() * below);
  const car = vehicleType("car", "passenger");
  const trips: TripInput[] = [];
  let owed = 0;
  for (let t = 0; t < endS; t++)
    for (owed += t < fillS ? fill : after; owed >= 1; owed--) {
      let [i, j, k, l] = [pick(grid), pick(grid), pick(grid), pick(grid)];
      while (Math.abs(i - k) + Math.abs(j - l) < grid / 2)
        [i, j, k, l] = [pick(grid), pick(grid), pick(grid), pick(grid)];
      const edges: string[] = [];
      while (i !== k || j !== l) {
        const across = i !== k && (j === l || random.next() < 0.5);
        const [a, b] = across ? [i + Math.sign(k - i), j] : [i, j + Math.sign(l - j)];
        edges.push(node(i, j, grid) + node(a, b, grid));
        [i, j] = [a, b];
      }
      trips.push({ id: String(trips.length), departS: t, type: car, edges, departLane: "best", departSpeed: "max" });
    }
  return trips;
}

/** Names of netgenerate's grid: a column in letters, two of them beyond 26 columns, and a row. */
function node(column: number, row: number, columns: number): string {
  const letter = (n: number): string => String.fromCharCode(65 + n);
  return `${columns > 26 ? letter(Math.floor(column / 26)) : ""}${letter(column % 26)}${row}`;
}

export function ownRun({ imported, trips, size }: Case, seed: number): OwnRun {
  const simulation = createRoadSimulation({ road: imported.road, programs: imported.programs, trips, seed });
  const begin = performance.now();
  while (simulation.kernel.nowS < size.endS) simulation.step();
  const seconds = (performance.now() - begin) / 1000;
  const results = tripResults(simulation);
  const { inserted, arrived, present } = simulation.counts();
  const { vehicles, items, line, lanes, routes } = simulation.kernel;
  return {
    seconds,
    vehicleSteps: simulation.vehicleSteps(),
    inserted,
    arrived,
    meanTimeLossS: mean(results.map(({ timeLossS }) => timeLossS)),
    bytesPerVehicle: (vehicles.bytes() + items.bytes() + line.bytes() + lanes.order.byteLength) / present,
    routeBytesPerTrip: routes.bytes() / trips.length,
  };
}

/** SUMO's own account of its loop: seconds without loading, and the vehicle updates in them. */
export function sumoLoop(options: readonly string[], folder: string) {
  const flags = ["--duration-log.statistics", "--no-step-log", "--no-warnings", "--xml-validation", "never"];
  const output = execFileSync("sumo", [...options, ...flags], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const number = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? Number.NaN);
  const duration = /Duration: ([\d.]+)(ms|s)/.exec(output);
  const seconds = Number(duration?.[1]) * (duration?.[2] === "ms" ? 0.001 : 1);
  const inserted = number(/Inserted: (\d+)/);
  return {
    seconds,
    vehicleSteps: number(/UPS: ([\d.]+)/) * seconds,
    inserted,
    arrived: inserted - number(/Running: (\d+)/),
  };
}

export function sumoRun({ net, routes, folder, size }: Case, seed: number, extra: readonly string[] = []): SumoRun {
  const tripinfo = join(folder, "tripinfo.xml");
  const loop = sumoLoop(
    [
      ...["-n", net, "-r", routes, "-e", String(size.endS), "--seed", String(seed), "--time-to-teleport", "-1"],
      ...["--tripinfo-output", tripinfo, "--tripinfo-output.write-unfinished", ...extra],
    ],
    folder,
  );
  const losses = [...readFileSync(tripinfo, "utf8").matchAll(/ timeLoss="([^"]*)"/g)].map((match) => Number(match[1]));
  return { ...loop, meanTimeLossS: mean(losses) };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
