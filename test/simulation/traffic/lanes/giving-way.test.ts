import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readNet } from "../../../../simulation/sumo/net.ts";
import { toRoad } from "../../../../simulation/sumo/to-road.ts";
import { readTrips } from "../../../../simulation/sumo/to-road-trips.ts";
import { createRoadSimulation } from "../../../../simulation/traffic/lanes/simulation.ts";
import { scratch, tool, written } from "../../sumo/tools.ts";

const folder = scratch();
const SEEDS = [1, 2];
const END_S = 3600;

/** One crossing of four roads of one lane; at "priority" the road from west to east has the right of way. */
function crossing(type: string): string {
  const ends = { w: [-300, 0], e: [300, 0], n: [0, 300], s: [0, -300] } as const;
  const nodes = Object.entries(ends).map(([id, [x, y]]) => `<node id="${id}" x="${x}" y="${y}"/>`);
  const edge = (from: string, to: string, end: string) =>
    `<edge id="${from}${to}" from="${from}" to="${to}" numLanes="1" speed="13.89" priority="${end === "w" || end === "e" ? 9 : 1}"/>`;
  const edges = Object.keys(ends).flatMap((end) => [edge(end, "c", end), edge("c", end, end)]);
  const net = join(folder, `${type}.net.xml`);
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

/** Vehicles that got through in an hour from a queue that never ends, against a stream they give way to: ours and SUMO's. */
async function throughput(net: string, queue: readonly [string, string], against: readonly [string, string, number]) {
  const flow = (id: string, [from, to]: readonly string[], perHour: number) =>
    `<flow id="${id}" begin="0" end="${END_S}" vehsPerHour="${perHour}" departSpeed="max"><route edges="${from}c c${to}"/></flow>`;
  const routes = written(
    folder,
    "x.rou.xml",
    `<routes>${flow("q", queue, 900)}${flow("a", [against[0], against[1]], against[2])}</routes>`,
  );
  const { road, programs } = toRoad(await readNet(net));
  const { trips } = await readTrips(routes, road, { beginS: 0, endS: END_S });
  let own = 0;
  let sumo = 0;
  for (const seed of SEEDS) {
    const simulation = createRoadSimulation({ road, programs, trips, seed });
    while (simulation.kernel.nowS < END_S) simulation.step();
    own += simulation.trips.filter(({ id }, i) => id.startsWith("q") && simulation.log.arrivedS[i]! >= 0).length;
    const out = join(folder, "trips.xml");
    const run = ["-n", net, "-r", routes, "-e", `${END_S}`, "--seed", `${seed}`, "--tripinfo-output", out];
    execFileSync("sumo", [...run, "--time-to-teleport", "-1", "--no-step-log"], { stdio: "ignore" });
    sumo += [...readFileSync(out, "utf8").matchAll(/<tripinfo id="q/g)].length;
  }
  return { own: own / SEEDS.length, sumo: sumo / SEEDS.length };
}

describe("who gives way gets through as often as in SUMO", () => {
  const signals = crossing("traffic_light");
  it.each([200, 400, 600])("a permitted turn at a signal against %i veh/h, within 15 %%", async (perHour) => {
    const { own, sumo } = await throughput(signals, ["w", "n"], ["e", "w", perHour]);
    expect(Math.abs(own / sumo - 1), `${own} and ${sumo}`).toBeLessThan(0.15);
  });

  const priority = crossing("priority");
  it("a turn off the major road against 600 veh/h, within 15 %", async () => {
    const { own, sumo } = await throughput(priority, ["w", "n"], ["e", "w", 600]);
    expect(Math.abs(own / sumo - 1), `${own} and ${sumo}`).toBeLessThan(0.15);
  });

  it.each([600, 1000])("a merge into a major road of %i veh/h, within 20 %%", async (perHour) => {
    const { own, sumo } = await throughput(priority, ["s", "e"], ["w", "e", perHour]);
    expect(Math.abs(own / sumo - 1), `${own} and ${sumo}`).toBeLessThan(0.2);
  });
});
