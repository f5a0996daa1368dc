import { describe, expect, it } from "vitest";
import { readNet } from "../../../../simulation/sumo/net.ts";
import { toRoad } from "../../../../simulation/sumo/to-road.ts";
import { readTrips } from "../../../../simulation/sumo/to-road-trips.ts";
import { grid, scratch, written } from "../../sumo/tools.ts";

const folder = scratch();
const { road, programs } = toRoad(
  await readNet(grid(folder, "grid.net.xml", "--grid.number", "3", "-j", "traffic_light")),
);
const HOUR = { beginS: 0, endS: 3600 };
const read = (name: string, body: string, window = HOUR) =>
  readTrips(written(folder, `${name}.rou.xml`, `<routes>${body}</routes>`), road, window);

describe("trips of a SUMO route file", () => {
  it("takes vehicles with their own and with named routes, in order of departure", async () => {
    const { trips, notes } = await read(
      "named",
      `<route id="r" edges="A0A1 A1A2"/>
       <vehicle id="late" depart="20" route="r"/>
       <vehicle id="early" depart="10" departLane="best" departSpeed="max"><route edges="A0B0 B0C0"/></vehicle>`,
    );
    expect(trips.map(({ id, departS, edges }) => [id, departS, edges])).toEqual([
      ["early", 10, ["A0B0", "B0C0"]],
      ["late", 20, ["A0A1", "A1A2"]],
    ]);
    expect(trips[0]).toMatchObject({ departLane: "best", departSpeed: "max" });
    expect(notes).toEqual([]);
  });

  it("finds a way for trips that say only where from and to", async () => {
    const { trips } = await read("ways", `<trip id="t" depart="0" from="A0A1" to="B1C1"/>`);
    expect(trips[0]!.edges).toEqual(["A0A1", "A1B1", "B1C1"]);
  });

  it("spreads flows over their time", async () => {
    const { trips } = await read(
      "flows",
      `<flow id="f" begin="0" end="600" vehsPerHour="360"><route edges="A0A1"/></flow>`,
    );
    expect(trips).toHaveLength(60);
    expect(trips[1]!.departS).toBe(10);
  });

  it("lets types override the defaults of their class", async () => {
    const { trips } = await read(
      "types",
      `<vType id="v" vClass="bus" length="18" speedDev="0.2" tau="1.4"/>
       <vehicle id="b" type="v" depart="0"><route edges="A0A1"/></vehicle>`,
    );
    expect(trips[0]!.type).toMatchObject({ vehicleClass: "bus", lengthM: 18, tauS: 1.4, accelMps2: 1.2 });
    expect(trips[0]!.type.speedFactor.deviation).toBe(0.2);
  });

  it("leaves out departures outside the time asked for", async () => {
    const body = [5, 15, 25].map((t) => `<trip id="t${t}" depart="${t}" from="A0A1" to="A1A2"/>`).join("");
    const { trips } = await read("window", body, { beginS: 10, endS: 20 });
    expect(trips.map(({ id }) => id)).toEqual(["t15"]);
  });

  it("says what it does not represent", async () => {
    const { notes } = await read("notes", `<person id="p" depart="0"/><vType id="x" vClass="tram"/>`);
    expect(notes.map(({ what }) => what)).toEqual([
      "element <person> is not represented",
      "vehicle class tram drives as passenger",
    ]);
  });

  it.each([
    [
      "an unknown type",
      `<trip id="t" type="no" depart="0" from="A0A1" to="A1A2"/>`,
      /:1: there is no vehicle type no: define it/,
    ],
    ["an unknown route", `<vehicle id="t" depart="0" route="no"/>`, /there is no route no/],
    ["ends that nothing connects", `<trip id="t" depart="0" from="A0A1" to="nowhere"/>`, /no way from A0A1 to nowhere/],
    [
      "a flow without a rate",
      `<flow id="f" begin="0" end="9"><route edges="A0A1"/></flow>`,
      /neither vehsPerHour, period nor number/,
    ],
  ])("refuses %s by file, line and name", async (name, body, message) => {
    await expect(read(name.replaceAll(" ", "-"), body)).rejects.toThrow(message);
  });
});

describe("a SUMO network as a road", () => {
  it("brings every connection of a road as a link with its box, and every program", () => {
    expect(programs).toHaveLength(9);
    expect(road.links.every(({ box }) => box.length === 1 || box.length === 2)).toBe(true);
    // Left turns at signals may wait in the middle.
    expect(road.links.some(({ box }) => box.length === 2)).toBe(true);
    for (const link of road.links)
      for (const foe of link.yieldsTo) expect(road.links[foe]!.junction).toBe(link.junction);
  });

  it("finds conflicts from both sides, within the lanes", () => {
    const lengths = new Map(road.links.flatMap(({ box }) => box.map(({ id, lengthM }) => [id, lengthM] as const)));
    const pairs = new Set(road.conflicts.map(({ lane, foe }) => `${lane} ${foe}`));
    expect(pairs.size).toBeGreaterThan(50);
    for (const { lane, foe, fromM, toM } of road.conflicts) {
      expect(pairs.has(`${foe} ${lane}`)).toBe(true);
      expect(fromM).toBeLessThanOrEqual(toM);
      expect(toM).toBeGreaterThan(0);
      expect(fromM).toBeLessThan(lengths.get(lane)!);
    }
  });
});
