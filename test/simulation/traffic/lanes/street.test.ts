import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readNet } from "../../../../simulation/sumo/net.ts";
import { toRoad } from "../../../../simulation/sumo/to-road.ts";
import { tripResults } from "../../../../simulation/traffic/lanes/results.ts";
import { Aspect } from "../../../../simulation/traffic/lanes/road-network.ts";
import { createRoadSimulation, type RoadSimulation } from "../../../../simulation/traffic/lanes/simulation.ts";
import { scratch, tool } from "../../sumo/tools.ts";
import { gridTrips } from "./trips.ts";

const folder = scratch();
function net(name: string, ...options: readonly string[]) {
  const path = join(folder, `${name}.net.xml`);
  tool("netgenerate", "--seed", "1", "-o", path, ...options);
  return readNet(path);
}
const grid = (...options: readonly string[]) => ["--grid", "--grid.number", "4", "--grid.length", "150", ...options];
const networks = {
  "signals, two lanes": await net("signals", ...grid("-L", "2", "-j", "traffic_light")),
  "signals, left-hand": await net("left", ...grid("-L", "2", "-j", "traffic_light", "--lefthand")),
  priority: await net("priority", ...grid("-L", "2", "-j", "priority")),
  "right before left": await net("rbl", ...grid("-j", "right_before_left")),
  "all-way stop": await net("stop", ...grid("-j", "allway_stop")),
  "a random web": await net("web", "--rand", "--rand.iterations", "60", "-L", "2", "--tls.guess"),
};

/** Every rule that must hold whatever the traffic; checked after each step. */
function violations(simulation: RoadSimulation): readonly string[] {
  const { kernel } = simulation;
  const { vehicles, lanes, net } = kernel;
  const found: string[] = [];
  const { inserted, arrived, present } = simulation.counts();
  if (inserted !== arrived + present) found.push(`${inserted} inserted, ${arrived} arrived, ${present} present`);
  let seen = 0;
  for (let lane = 0; lane < lanes.count.length; lane++)
    for (let k = 0; k < lanes.count[lane]!; k++) {
      const id = lanes.order[lanes.base[lane]! + k]!;
      seen++;
      if (vehicles.lane[id] !== lane) found.push(`vehicle ${id} is not where its lane says`);
      if (!(vehicles.pos[id]! >= 0 && vehicles.pos[id]! <= net.laneLength[lane]!)) found.push(`${id} is off its lane`);
      if (!(vehicles.speed[id]! >= 0)) found.push(`${id} drives ${vehicles.speed[id]}`);
      if (k === 0) continue;
      const ahead = lanes.order[lanes.base[lane]! + k - 1]!;
      const gap = vehicles.pos[ahead]! - vehicles.length[ahead]! - vehicles.pos[id]!;
      if (gap < -1e-6) found.push(`gap of ${gap} m on ${net.laneId[lane]} at ${kernel.nowS}`);
    }
  if (seen !== present) found.push(`${seen} on the lanes, ${present} present`);
  return found;
}

/** Air that the zones of crossing paths include, m. */
const AIR_M = 0.3;

/** Pairs of vehicles whose bodies are both where their paths cross. */
function crossings({ kernel }: RoadSimulation): readonly string[] {
  const { vehicles, lanes, net } = kernel;
  const { conflicts } = net;
  const inside = (lane: number, fromM: number, toM: number): number =>
    [...lanes.order.subarray(lanes.base[lane]!, lanes.base[lane]! + lanes.count[lane]!)].findIndex(
      (id) => vehicles.pos[id]! > fromM + AIR_M && vehicles.pos[id]! - vehicles.length[id]! < toM - AIR_M,
    );
  const found: string[] = [];
  for (let lane = 0; lane < net.laneLength.length; lane++) {
    if (lanes.count[lane] === 0) continue;
    for (let c = conflicts.start[lane]!; c < conflicts.start[lane + 1]!; c++) {
      if (conflicts.merges[c] || inside(lane, conflicts.fromM[c]!, conflicts.toM[c]!) < 0) continue;
      if (inside(conflicts.foe[c]!, conflicts.foeFromM[c]!, conflicts.foeToM[c]!) >= 0)
        found.push(`${net.laneId[lane]} and ${net.laneId[conflicts.foe[c]!]} at ${kernel.nowS}`);
    }
  }
  return found;
}

describe.each(Object.entries(networks))("traffic on %s", (_, parsed) => {
  const { road, programs } = toRoad(parsed);
  // About what one lane of a street without signals carries.
  const count = programs.length > 0 ? 900 : 400;

  it.each([1, 2, 3])("SEED=%i loses nobody, hits nobody, runs no red", (seed) => {
    const trips = gridTrips(road, { seed, count, overS: 600 });
    const simulation = createRoadSimulation({ road, programs, trips, seed });
    const { kernel } = simulation;
    const found: string[] = [];
    while (kernel.nowS < 900) {
      simulation.step();
      found.push(...violations(simulation));
      found.push(...crossings(simulation));
      if (found.length > 5) break;
    }
    expect(found).toEqual([]);
    expect(kernel.redLightRunners).toBe(0);
    expect(kernel.emergencyStops).toBe(0);
    expect(simulation.counts().arrived).toBeGreaterThan(0.6 * count);
  });

  it("gives the same bytes for the same seed, and others for another", () => {
    const trips = gridTrips(road, { seed: 1, count: 300, overS: 300 });
    const run = (seed: number) => {
      const simulation = createRoadSimulation({ road, programs, trips, seed });
      while (simulation.kernel.nowS < 400) simulation.step();
      return JSON.stringify(tripResults(simulation));
    };
    expect(run(1)).toBe(run(1));
    expect(run(2)).not.toBe(run(1));
  });
});

describe("lamps", () => {
  it("hold everybody back while they are red", () => {
    const { road } = toRoad(networks["signals, two lanes"]);
    const simulation = createRoadSimulation({
      road,
      trips: gridTrips(road, { seed: 4, count: 300, overS: 200 }),
      seed: 4,
    });
    const { kernel } = simulation;
    expect(kernel.aspect.filter((aspect) => aspect === Aspect.red).length).toBeGreaterThan(50);
    while (kernel.nowS < 300) simulation.step();
    expect(kernel.inBox.reduce((sum, count) => sum + count, 0)).toBe(0);
    expect(simulation.counts().arrived).toBe(0);
  });
});

describe("bad input", () => {
  const { road } = toRoad(networks["signals, two lanes"]);
  const [trip] = gridTrips(road, { seed: 1, count: 1, overS: 1 });

  it("names an edge that is not there", () => {
    const trips = [{ ...trip!, edges: ["nowhere"] }];
    expect(() => createRoadSimulation({ road, trips, seed: 1 })).toThrow(/trip .*edge nowhere is not in the network/);
  });

  it("names the pair of edges that no lane connects", () => {
    const trips = [{ ...trip!, edges: ["A0A1", "C2C3"] }];
    expect(() => createRoadSimulation({ road, trips, seed: 1 })).toThrow(/no lane of edge A0A1 leads to edge C2C3/);
  });
});
