import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import type { DemandFlow } from "../../../config/demand.ts";
import { demandText } from "../../../config/import/demand-text.ts";
import { loadCity } from "../../../config/load.ts";
import type { City } from "../../../config/model.ts";
import { instant, seconds } from "../../../config/units.ts";
import { type Arrival, arrivalStreams } from "../../../simulation/demand/arrivals.ts";
import { roadNetwork } from "../../../simulation/traffic/network.ts";
import { Class } from "../../../simulation/traffic/vehicle-classes.ts";
import { checkEdited, town } from "../../config/set.ts";

const city = loadCity(town);
const start = Date.parse("2026-02-03T07:00:00+08:00");
const HOURS = 3;

/** The town's first flow with something of its own. */
const withFlow = (own: Partial<DemandFlow>): City => {
  const [first, ...others] = city.demand!.flows;
  return { ...city, demand: { ...city.demand!, flows: [{ ...first!, ...own }, ...others] } };
};

function arrivals(of: City, seed: number): readonly (readonly Arrival[])[] {
  const { streams } = arrivalStreams({
    city: of,
    network: roadNetwork(of),
    random: seededRandom(seed),
    start: instant(start),
    scale: 1,
  });
  return streams.map((stream) => {
    const all: Arrival[] = [];
    for (let next = stream.next(start + HOURS * 3_600_000); next; next = stream.next(start + HOURS * 3_600_000))
      all.push(next);
    return all;
  });
}

describe("a flow of its own", () => {
  it.each([1, 2, 3])("SEED=%i comes in platoons, as many as without", (seed) => {
    const platoons = { cycle: seconds(90), window: seconds(30), share: 0.8, offset: seconds(12) };
    const [plain, own] = [arrivals(city, seed)[0]!, arrivals(withFlow({ platoons }), seed)[0]!];
    const inWindow = own.filter(({ atMs }) => ((atMs % 86_400_000) - 12_000 + 90_000) % 90_000 < 30_000).length;
    // Some 5 000 vehicles: the share within three standard deviations, the sum too.
    expect(inWindow / own.length).toBeCloseTo(0.8, 1);
    expect(Math.abs(own.length - plain.length) / plain.length).toBeLessThan(0.06);
  });

  it.each([1, 2, 3])("SEED=%i has its own classes", (seed) => {
    const [first, second] = arrivals(withFlow({ classShares: { car: 0, hv: 0, mc: 0.2, bus: 0.8 } }), seed);
    const share = (all: readonly Arrival[], vehicleClass: Class) =>
      all.filter((arrival) => arrival.vehicleClass === vehicleClass).length / all.length;
    expect(share(first!, Class.bus)).toBeCloseTo(0.8, 1);
    expect(share(first!, Class.motorcycle)).toBeCloseTo(0.2, 1);
    expect(share(second!, Class.motorcycle)).toBeCloseTo(city.demand!.classShares.mc, 1);
  });

  it("changes nothing for the others", () => {
    const platoons = { cycle: seconds(90), window: seconds(30), share: 0.8, offset: seconds(0) };
    expect(arrivals(withFlow({ platoons }), 7).slice(1)).toEqual(arrivals(city, 7).slice(1));
  });
});

describe("platoons and classes in demand.yaml", () => {
  const flow = "    profile: eastbound\n";
  const edited = (own: string) => checkEdited(town, [{ file: "demand.yaml", from: flow, to: `${flow}${own}` }]).checked;

  it("are read, and written as they were", () => {
    const { city: read, faults } = edited(
      "    platoons: { cycle_s: 120, window_s: 40, share: 0.7 }\n    class_shares: { car: 0.5, hv: 0.1, mc: 0.4, bus: 0 }\n",
    );
    expect(faults).toEqual([]);
    const own = read!.demand!.flows.find(({ profile }) => profile === "eastbound")!;
    expect(own.platoons).toEqual({ cycle: 120_000, window: 40_000, share: 0.7, offset: 0 });
    expect(own.classShares).toEqual({ car: 0.5, hv: 0.1, mc: 0.4, bus: 0 });
    const text = demandText(read!.demand!, "test", "test");
    expect(text).toMatch(/platoons: \{cycle_s: 120, window_s: 40, share: 0\.7, offset_s: 0\}/);
    expect(text).toMatch(/class_shares: \{car: 0\.5, hv: 0\.1, mc: 0\.4, bus: 0\}/);
  });

  it.each([
    ["    platoons: { cycle_s: 60, window_s: 60, share: 0.9 }\n", /60 s is not below the cycle of 60 s/],
    [
      "    platoons: { cycle_s: 60, window_s: 30, share: 0.3 }\n",
      /0\.3 is below the 0\.5 that come in the window at random/,
    ],
    ["    platoons: { cycle_s: 10, window_s: 5, share: 0.9 }\n", /below the limit of 20/],
    ["    class_shares: { car: 0.5, hv: 0, mc: 0.4, bus: 0 }\n", /shares add up to 0\.9, not to 1/],
  ] as const)("%s is refused with its place", (own, message) => {
    const { faults } = edited(own);
    expect(faults.map((fault) => `${fault.line} ${fault.message}`).join("\n")).toMatch(message);
    const text = readFileSync(join(town, "demand.yaml"), "utf8");
    expect(faults[0]!.line).toBe(text.slice(0, text.indexOf(flow)).split("\n").length + 1);
  });
});

describe("bus lines in demand.yaml", () => {
  const pedestrians = "pedestrians:\n";
  const line = (stop: string, last = "21:00") =>
    `bus_lines:\n  - { id: b1, from: beruang-madu-west, to: wika-east, every_s: 600, first: "05:30", last: "${last}", stops: [${stop}] }\n`;
  const edited = (own: string) =>
    checkEdited(town, [{ file: "demand.yaml", from: pedestrians, to: `${own}${pedestrians}` }]).checked;

  it("are read, and written as they were", () => {
    const { city: read, faults } = edited(line("{ link: beller_roti-tiam, at_m: 200, dwell_s: 20 }"));
    expect(faults).toEqual([]);
    const { busLines } = read!.demand!;
    expect(busLines).toEqual([
      {
        id: "b1",
        from: "beruang-madu-west",
        to: "wika-east",
        every: seconds(600),
        first: seconds(5.5 * 3600),
        last: seconds(21 * 3600),
        stops: [{ link: "beller_roti-tiam", atM: 200, dwell: seconds(20) }],
      },
    ]);
    expect(demandText(read!.demand!, "test", "")).toContain("bus_lines");
  });

  it.each([
    [line("{ link: nowhere, at_m: 2, dwell_s: 20 }"), /"nowhere"/],
    [line("{ link: beller_roti-tiam, at_m: 2000, dwell_s: 20 }"), /2000 m is beyond the link's 455 m; move the stop/],
    [line("{ link: beller_roti-tiam, at_m: 2, dwell_s: 20 }", "05:00"), /"05:00" is before "05:30"/],
  ])("are refused by place: %s", (own, message) => {
    const { faults } = edited(own);
    expect(faults.map((fault) => fault.message).join()).toMatch(message);
  });
});
