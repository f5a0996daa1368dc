import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { agreement } from "../../../../bench/agree-with-sumo.ts";
import { readNet } from "../../../../simulation/sumo/net.ts";
import { toRoad } from "../../../../simulation/sumo/to-road.ts";
import { scratch, tool, written } from "../../sumo/tools.ts";
import { gridTrips } from "./trips.ts";

/** Mean travel time within 10 %, flows to GEH < 5 on 95 % of link-hours, over ten seeds. */
const TRAVEL_TIME = 0.1;
const LINK_HOURS = 0.95;
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const folder = scratch();

describe("agreement with SUMO on the same network, demand and plans", () => {
  it.each([
    ["one lane", "1", 300],
    ["two lanes", "2", 450],
  ])(
    "4 x 4 grid with signals, %s",
    async (_, lanes, count) => {
      const net = join(folder, `grid-${lanes}.net.xml`);
      const shape = ["--grid", "--grid.number", "4", "--grid.length", "200", "-L", lanes];
      tool("netgenerate", ...shape, "-j", "traffic_light", "-o", net);
      const { road } = toRoad(await readNet(net));
      const rows = gridTrips(road, { seed: 1, count, overS: 600 }).map(
        ({ id, departS, edges }) =>
          `<vehicle id="${id}" depart="${departS}" departLane="best" departSpeed="max"><route edges="${edges.join(" ")}"/></vehicle>`,
      );
      const routes = written(folder, `grid-${lanes}.rou.xml`, `<routes>\n${rows.join("\n")}\n</routes>\n`);
      const { own, sumo, share } = await agreement({ folder, net, routes, beginS: 0, endS: 800, seeds });
      expect(Math.abs(own - sumo) / sumo, `${own.toFixed(1)} s against SUMO's ${sumo.toFixed(1)} s`).toBeLessThan(
        TRAVEL_TIME,
      );
      expect(share).toBeGreaterThanOrEqual(LINK_HOURS);
    },
    120_000,
  );
});
