import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { readNet } from "../../../../simulation/sumo/net.ts";
import { toRoad } from "../../../../simulation/sumo/to-road.ts";
import { readTrips } from "../../../../simulation/sumo/to-road-trips.ts";
import { createRoadSimulation } from "../../../../simulation/traffic/lanes/simulation.ts";
import { scratch, tool, written } from "../../sumo/tools.ts";

const folder = scratch();
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/** Fewer of SUMO's: starting it takes longer than its run. */
const SUMO_SEEDS = SEEDS.slice(0, 3);
const END_S = 900;

/** One crossing of four roads; where the type knows a major road, that from west to east, of so many lanes each way. */
function crossing(type: string, lanes = 1): string {
  const ends = { w: [-300, 0], e: [300, 0], n: [0, 300], s: [0, -300] } as const;
  const nodes = Object.entries(ends).map(([id, [x, y]]) => `<node id="${id}" x="${x}" y="${y}"/>`);
  const edge = (from: string, to: string, end: string) =>
    `<edge id="${from}${to}" from="${from}" to="${to}" speed="13.89" ${end === "w" || end === "e" ? `numLanes="${lanes}" priority="9"` : `numLanes="1" priority="1"`}/>`;
  const edges = Object.keys(ends).flatMap((end) => [edge(end, "c", end), edge("c", end, end)]);
  const net = join(folder, `${type}-${lanes}.net.xml`);
  tool(
    "netconvert",
    ...[
      "-n",
      written(folder, "x.nod.xml", `<nodes><node id="c" x="0" y="0" type="${type}"/>${nodes.join("")}</nodes>`),
    ],
    ...["-e", written(folder, "x.edg.xml", `<edges>${edges.join("")}</edges>`), "-o", net, "--no-turnarounds"],
  );
  return net;
}

/** A road in and a road out, and vehicles an hour. */
type Stream = readonly [from: string, to: string, perHour: number];

/** One vehicle after another in even steps, or as they come by chance: headways of an exponential law. */
function departures(perHour: number, byChance: boolean): readonly number[] {
  const random = seededRandom(perHour);
  const times: number[] = [];
  for (let t = 0; t < END_S; t += (3600 / perHour) * (byChance ? -Math.log(1 - random.next()) : 1)) times.push(t);
  return times;
}

/** Vehicles an hour that get through from a queue that never ends, against streams they give way to: ours and SUMO's. */
async function throughput(
  net: string,
  queue: readonly [string, string],
  against: readonly Stream[],
  { byChance = false } = {},
) {
  const flow = (id: string, [from, to, perHour]: Stream, chance: boolean) =>
    departures(perHour, chance).map((at, k) => ({
      at,
      xml: `<vehicle id="${id}.${k}" depart="${at.toFixed(2)}" departLane="best" departSpeed="max"><route edges="${from}c c${to}"/></vehicle>`,
    }));
  const vehicles = [
    ...flow("q", [...queue, 1200], false),
    ...against.flatMap((stream, i) => flow(`a${i}`, stream, byChance)),
  ];
  const text = vehicles.sort((a, b) => a.at - b.at).map(({ xml }) => xml);
  const routes = written(folder, "x.rou.xml", `<routes>${text.join("")}</routes>`);
  const { road, programs } = toRoad(await readNet(net));
  const { trips } = await readTrips(routes, road, { beginS: 0, endS: END_S });
  let own = 0;
  let sumo = 0;
  for (const seed of SEEDS) {
    const simulation = createRoadSimulation({ road, programs, trips, seed });
    while (simulation.kernel.nowS < END_S) simulation.step();
    own += simulation.trips.filter(({ id }, i) => id.startsWith("q") && simulation.log.arrivedS[i]! >= 0).length;
  }
  for (const seed of SUMO_SEEDS) {
    const out = join(folder, "trips.xml");
    const run = ["-n", net, "-r", routes, "-e", `${END_S}`, "--seed", `${seed}`, "--tripinfo-output", out];
    const quiet = ["--time-to-teleport", "-1", "--no-step-log", "--xml-validation", "never"];
    execFileSync("sumo", [...run, ...quiet], { stdio: "ignore" });
    sumo += [...readFileSync(out, "utf8").matchAll(/<tripinfo id="q/g)].length;
  }
  const hours = END_S / 3600;
  return { own: own / SEEDS.length / hours, sumo: sumo / SUMO_SEEDS.length / hours };
}

describe("who gives way gets through as often as in SUMO", () => {
  const signals = crossing("traffic_light");
  it.each([200, 400, 600])("a permitted turn at a signal against %i veh/h, within 0.15", async (perHour) => {
    const { own, sumo } = await throughput(signals, ["w", "n"], [["e", "w", perHour]]);
    expect(Math.abs(own / sumo - 1), `${own} and ${sumo}`).toBeLessThan(0.15);
  });

  const priority = crossing("priority");
  it("a turn off the major road against 600 veh/h, within 15 %", async () => {
    const { own, sumo } = await throughput(priority, ["w", "n"], [["e", "w", 600]]);
    expect(Math.abs(own / sumo - 1), `${own} and ${sumo}`).toBeLessThan(0.15);
  });

  it.each([600, 1000])("a merge into a major road of %i veh/h, within 0.2", async (perHour) => {
    const { own, sumo } = await throughput(priority, ["s", "e"], [["w", "e", perHour]]);
    expect(Math.abs(own / sumo - 1), `${own} and ${sumo}`).toBeLessThan(0.2);
  });

  const wide = crossing("traffic_light", 2);
  it.each([400, 800])("a permitted turn across two lanes against %i veh/h, within 0.15", async (perHour) => {
    const { own, sumo } = await throughput(wide, ["w", "n"], [["e", "w", perHour]]);
    expect(Math.abs(own / sumo - 1), `${own} and ${sumo}`).toBeLessThan(0.15);
  });

  const equal = crossing("right_before_left");
  it("a queue that gives way to the right, within 20 %", async () => {
    const { own, sumo } = await throughput(equal, ["w", "e"], [["s", "n", 600]], { byChance: true });
    expect(Math.abs(own / sumo - 1), `${own} and ${sumo}`).toBeLessThan(0.2);
  });
});

/**
 * Capacity of a minor stream by critical and follow-up headway, veh/h: potential capacity of HCM 6, ch. 20, with its base
 * headways for going straight over a major road of two lanes.
 */
const potentialCapacity = (perHour: number, criticalS = 6.5, followUpS = 4): number =>
  (perHour * Math.exp((-perHour * criticalS) / 3600)) / (1 - Math.exp((-perHour * followUpS) / 3600));

describe("straight over a major road whose vehicles come by chance", () => {
  const yields = crossing("priority");
  const stops = crossing("priority_stop");
  it.each([600, 1000])(
    "of %i veh/h: within 0.15 of SUMO's, and the HCM's between giving way and stopping",
    async (n) => {
      const major = [["w", "e", n]] as const;
      const giving = await throughput(yields, ["s", "n"], major, { byChance: true });
      const stopping = await throughput(stops, ["s", "n"], major, { byChance: true });
      for (const { own, sumo } of [giving, stopping])
        expect(Math.abs(own / sumo - 1), `${own} and ${sumo}`).toBeLessThan(0.15);
      expect(stopping.own).toBeLessThan(potentialCapacity(n));
      expect(giving.own).toBeGreaterThan(potentialCapacity(n));
    },
  );
});
