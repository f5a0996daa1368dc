/**
 * The built-in street and Debian's SUMO on the Balikpapan corridor: the same vehicles (exported one by one), the same
 * scheduled plans. Prints mean travel time, delay and counts by link of both, seed by seed.
 *
 *   npm run bench:corridor -- [cars|mixed] [seeds, such as 1..3] [local start] [hours]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instantOf, seeds as seedsOf } from "../app/arguments.ts";
import { defaultConfig, readCity } from "../app/city-files.ts";
import { seededRandom } from "../app/seeded-random.ts";
import type { City } from "../config/model.ts";
import { type Instant, type Millis, seconds } from "../config/units.ts";
import { carsOnly } from "../simulation/sumo/export/cars-only.ts";
import { exportSumo, fileNames } from "../simulation/sumo/export/export.ts";
import { networkOf } from "../simulation/sumo/export/netconvert.ts";
import { readTrips } from "../simulation/sumo/tripinfo.ts";
import { createWorld } from "../simulation/world.ts";

interface Outcome {
  readonly vehicles: number;
  readonly finished: number;
  /** Over all trips, unfinished ones up to the end; waiting to enter included, s. */
  readonly travelS: number;
  readonly delayS: number;
  readonly collisions: number;
  /** Vehicles past the end of each link. */
  readonly counts: ReadonlyMap<string, number>;
}

interface Case {
  readonly city: City;
  readonly mode: "cars" | "mixed";
  readonly seed: number;
  readonly start: Instant;
  readonly duration: Millis;
}

function onOurStreet({ city, seed, start, duration }: Case): Outcome {
  const world = createWorld({ city, random: seededRandom(seed), start });
  const sensors = [...city.links.keys()].map((link) => ({
    link,
    sensor: world.street.sensor({ link, lanes: undefined, from: "stop-line", distanceM: 1, zoneM: 0 }),
  }));
  for (let at = 0; at < duration; at += world.street.step) world.advance();
  const { vehicles, all, collisions } = world.street.results();
  return {
    vehicles: vehicles.demanded,
    finished: vehicles.arrived,
    travelS: all.meanTravelTimeS,
    delayS: all.meanDelayS,
    collisions,
    counts: new Map(
      sensors.map(({ link, sensor: { crossed } }) => [link, crossed.car + crossed.hv + crossed.mc] as const),
    ),
  };
}

async function inSumo({ city, mode, seed, start, duration }: Case): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "simpang-corridor-"));
  try {
    const exported = exportSumo({
      city,
      random: seededRandom(seed),
      start,
      duration,
      demandScale: 1,
      carsOnly: mode === "cars",
      planSet: undefined,
      seed,
    });
    await networkOf(exported.plain, join(folder, fileNames.network), city.drivesOn);
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write(fileNames.routes, exported.routes);
    write(fileNames.configuration, exported.configuration);
    write("count.add.xml", '<additional><edgeData id="links" file="links.xml"/></additional>');
    if (exported.additional !== undefined) write(fileNames.additional, exported.additional);
    const additional = ["count.add.xml", ...(exported.additional === undefined ? [] : [fileNames.additional])].join();
    const flags = ["-c", fileNames.configuration, "-a", additional, "--no-step-log", "--tripinfo-output", "trips.xml"];
    const { status, stderr } = spawnSync("sumo", [...flags, "--tripinfo-output.write-unfinished"], { cwd: folder });
    if (status !== 0) throw new Error(`sumo ended with ${status}: ${stderr}`);
    const trips = await readTrips(join(folder, "trips.xml"));
    const edges = readFileSync(join(folder, "links.xml"), "utf8").matchAll(/<edge id="([^"]+)" ([^>]*)>/g);
    const value = (text: string, key: string) => Number(new RegExp(`\\b${key}="(\\d+)`).exec(text)?.[1] ?? 0);
    return {
      vehicles: exported.vehicles,
      finished: trips.trips - trips.unfinished,
      travelS: trips.meanDurationS + trips.meanDepartDelayS,
      delayS: trips.meanDelayS,
      collisions: [...stderr.toString().matchAll(/collision with/g)].length,
      counts: new Map([...edges].map(([, id, text]) => [id!, value(text!, "left") + value(text!, "arrived")])),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Geoffrey E. Havers: hourly flows that differ as much as one would expect of counts are below 5. */
const geh = (a: number, b: number): number => (a + b === 0 ? 0 : Math.sqrt((2 * (a - b) ** 2) / (a + b)));

const [mode = "cars", seeds = "1..3", from = "2026-02-03T07:00", hours = "1"] = process.argv.slice(2);
if (mode !== "cars" && mode !== "mixed") throw new Error("give cars or mixed");
const whole = readCity(defaultConfig);
const duration = seconds(Number(hours) * 3600);
const start = instantOf(from, whole.utcOffset);
const row = (cells: readonly (string | number)[]): string =>
  cells.map((cell) => (typeof cell === "number" ? cell.toFixed(1) : cell).padStart(11)).join("");
console.log(`Balikpapan, ${mode}, ${from}, ${hours} h; SUMO at steps of 1 s, the street at steps of half a second`);
console.log(row(["seed", "", "vehicles", "finished", "travel s", "delay s", "collisions"]));
let within = 0;
let linkHours = 0;
const ratios: number[] = [];
for (const seed of seedsOf(seeds)) {
  const sumo = await inSumo({ city: whole, mode, seed, start, duration });
  const street = onOurStreet({ city: mode === "cars" ? carsOnly(whole) : whole, mode, seed, start, duration });
  for (const [name, own] of [
    ["SUMO", sumo],
    ["street", street],
  ] as const)
    console.log(
      row([`${seed}`, name, `${own.vehicles}`, `${own.finished}`, own.travelS, own.delayS, `${own.collisions}`]),
    );
  const perHour = Number(hours);
  const links = [...whole.links.keys()].map((link) => {
    const [a, b] = [(sumo.counts.get(link) ?? 0) / perHour, (street.counts.get(link) ?? 0) / perHour];
    return { link, a, b, geh: geh(a, b) };
  });
  within += links.filter((link) => link.geh < 5).length;
  linkHours += links.length;
  ratios.push(street.travelS / sumo.travelS);
  const worst = links.reduce((far, link) => (link.geh > far.geh ? link : far));
  console.log(
    `${" ".repeat(11)}travel time of the street over SUMO's ${(street.travelS / sumo.travelS).toFixed(3)}; worst link ${worst.link}: ${worst.a.toFixed(0)} and ${worst.b.toFixed(0)} veh/h, GEH ${worst.geh.toFixed(2)}`,
  );
}
const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
console.log(
  `travel time of the street over SUMO's, mean of seeds: ${mean.toFixed(3)}; link-hours with GEH below 5: ${within} of ${linkHours}`,
);
