/**
 * How long one simulated hour of the corridor takes: the street with its cabinets and cameras alone, and with the engine in
 * the loop, in alternation. Prints times real time, vehicle-steps a second, and the ratio of the two, as median (min, max).
 * Run: npm run bench
 */
import { defaultConfig, readCity, strategyOf } from "../app/city-files.ts";
import { directWiring, simulatedRun } from "../app/compose/simulated-run.ts";
import { seededRandom } from "../app/seeded-random.ts";
import { instant, seconds } from "../config/units.ts";
import { createWorld } from "../simulation/world.ts";

const ROUNDS = 5;
const HOUR = seconds(3600);
const START = instant(Date.parse("2026-02-03T07:00:00+08:00"));
const city = readCity(defaultConfig);

function streetAlone(seed: number): { readonly seconds: number; readonly vehicleSteps: number } {
  const world = createWorld({ city, random: seededRandom(seed), start: START });
  let vehicleSteps = 0;
  const begin = performance.now();
  for (let t = 0; t < HOUR; t += world.street.step) {
    world.advance();
    // Vehicles come and go slowly: counting them every minute is exact enough and costs nothing.
    if (t % 60_000 === 0) vehicleSteps += (world.street.results().vehicles.present * 60_000) / world.street.step;
  }
  return { seconds: (performance.now() - begin) / 1000, vehicleSteps };
}

async function wholeLoop(seed: number): Promise<number> {
  const begin = performance.now();
  const options = { city, strategy: strategyOf("cycle-adaptive"), seed, start: START, duration: HOUR };
  await simulatedRun(options, directWiring(city), { speed: Number.POSITIVE_INFINITY, onLate: () => undefined });
  return (performance.now() - begin) / 1000;
}

const spread = (values: readonly number[], digits: number): string => {
  const sorted = [...values].sort((a, b) => a - b);
  const shown = (value: number) => value.toFixed(digits);
  return `${shown(sorted[sorted.length >> 1]!)} (${shown(sorted[0]!)}, ${shown(sorted.at(-1)!)})`;
};

const alone: number[] = [];
const whole: number[] = [];
const rates: number[] = [];
for (let seed = 0; seed <= ROUNDS; seed++) {
  const street = streetAlone(seed);
  const loop = await wholeLoop(seed);
  // The first round warms the machine up.
  if (seed === 0) continue;
  alone.push(3600 / street.seconds);
  rates.push(street.vehicleSteps / street.seconds / 1e6);
  whole.push(3600 / loop);
}
process.stdout.write(
  `street, cabinets, cameras: ${spread(alone, 0)} times real time, ${spread(rates, 2)} million vehicle-steps/s\n`,
);
process.stdout.write(`with the engine in the loop: ${spread(whole, 0)} times real time\n`);
process.stdout.write(
  `ratio of the two: ${spread(
    alone.map((value, i) => value / whole[i]!),
    2,
  )}\n`,
);
