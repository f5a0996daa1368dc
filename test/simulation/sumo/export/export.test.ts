import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import type { Incident } from "../../../../config/incidents.ts";
import { loadCity } from "../../../../config/load.ts";
import type { City } from "../../../../config/model.ts";
import { after, type Instant, instant, millis, seconds } from "../../../../config/units.ts";
import { createVirtualCabinet } from "../../../../simulation/cabinet/unit.ts";
import { Lamp } from "../../../../simulation/lamps.ts";
import { exportSumo, fileNames, type SumoExport } from "../../../../simulation/sumo/export/export.ts";
import { networkOf } from "../../../../simulation/sumo/export/netconvert.ts";
import { lampsAt, planLamps } from "../../../../simulation/sumo/export/plan-lamps.ts";
import { cyclePosition, planOfSet } from "../../../../simulation/sumo/export/programs.ts";
import { rightOfWayNotes } from "../../../../simulation/sumo/export/right-of-way.ts";
import { readNet } from "../../../../simulation/sumo/net.ts";
import type { SumoNet } from "../../../../simulation/sumo/net-model.ts";
import { simpang } from "../../../app/simpang.ts";
import { balikpapan, recorded, town } from "../../../config/set.ts";
import { elements, folder, sumo, write } from "./sumo-process.ts";

interface Exported extends SumoExport {
  readonly at: string;
  readonly warnings: readonly string[];
}

async function exported(
  city: City,
  from: string,
  duration: number,
  options: {
    readonly demandScale?: number;
    readonly carsOnly?: boolean;
    readonly incidents?: readonly Incident[];
  } = {},
): Promise<Exported> {
  const at = folder();
  const made = exportSumo({
    city,
    random: seededRandom(5),
    start: instant(Date.parse(from)),
    duration: seconds(duration),
    demandScale: options.demandScale ?? 1,
    carsOnly: options.carsOnly ?? true,
    planSet: undefined,
    incidents: options.incidents,
    seed: 5,
  });
  const warnings = await networkOf(made.plain, join(at, fileNames.network), city.drivesOn);
  writeFileSync(join(at, fileNames.routes), made.routes);
  writeFileSync(join(at, fileNames.configuration), made.configuration);
  if (made.additional !== undefined) writeFileSync(join(at, fileNames.additional), made.additional);
  return { ...made, at, warnings };
}

describe("a network in SUMO", () => {
  const city = loadCity(balikpapan);

  it("has the lanes, widths, speeds and lengths of the model, keeps left, and only the movements of the files", async () => {
    const { at } = await exported(city, "2026-02-03T07:00:00+08:00", 60);
    const net = join(at, fileNames.network);
    expect(elements(net, "net")[0]!["lefthand"]).toBe("true");
    const lanes = elements(net, "lane").filter(({ id }) => !id!.startsWith(":"));
    for (const link of city.links.values()) {
      const approach = [...city.junctions.values()]
        .flatMap((junction) => junction.approaches)
        .find((own) => own.link === link.id);
      const own = lanes.filter(
        ({ id }) => id!.startsWith(`${link.id}_`) && /^\d+$/.test(id!.slice(link.id.length + 1)),
      );
      const widths =
        approach?.lanes.map((lane) => lane.widthM) ?? Array<number>(link.lanes).fill(link.widthM / link.lanes);
      expect(own.map(({ width }) => Number(width ?? 3.2))).toEqual(widths.map((width) => Number(width.toFixed(2))));
      for (const lane of own) {
        expect(Number(lane["length"])).toBeCloseTo(link.lengthM, 1);
        expect(Number(lane["speed"])).toBeCloseTo(link.speedMps, 1);
      }
    }
    const wanted = [...city.junctions.values()].flatMap((junction) =>
      junction.movements.flatMap((movement) => {
        const approach = junction.approaches.find(({ id }) => id === movement.approach)!;
        return approach.lanes.flatMap((lane, i) =>
          lane.movements.includes(movement.id) ? [`${approach.link} ${i} ${movement.exit}`] : [],
        );
      }),
    );
    const connections = elements(net, "connection").filter(({ from }) => !from!.startsWith(":"));
    expect(connections.map(({ from, fromLane, to }) => `${from} ${fromLane} ${to}`).sort()).toEqual(wanted.sort());
    for (const { tl, linkIndex } of connections) {
      expect(city.junctions.has(tl!)).toBe(true);
      expect(Number(linkIndex)).toBeGreaterThanOrEqual(0);
    }
  });

  it("gives way as the files say, and says so where it does not", async () => {
    const { at } = await exported(city, "2026-02-03T07:00:00+08:00", 60);
    const net = await readNet(join(at, fileNames.network));
    expect(rightOfWayNotes(city, net)).toEqual([]);
    // The same network with nobody giving way to anybody.
    const lawless: SumoNet = {
      ...net,
      junctions: new Map(
        [...net.junctions].map(([id, junction]) => [
          id,
          { ...junction, requests: junction.requests.map((own) => ({ ...own, response: own.response.map(() => 0) })) },
        ]),
      ),
    };
    const missing = rightOfWayNotes(city, lawless)
      .map(({ message }) => message)
      .join();
    expect(missing).toMatch(/north-right to south-through/);
    expect(missing).toMatch(/south-right to north-through/);
  });

  it.each([
    ["balikpapan over a change of plan", balikpapan, "2026-02-03T08:45:00+08:00", 1800],
    ["balikpapan over UTC midnight", balikpapan, "2026-02-04T07:50:00+08:00", 1200],
    ["town", town, "2026-02-03T12:00:00+08:00", 400],
    ["the recorded signal, which keeps right", recorded, "2022-10-04T12:00:00-06:00", 400],
  ] as const)("shows what the cabinets show, second by second: %s", async (_, set, from, duration) => {
    const own = loadCity(set);
    const made = await exported(own, from, duration, { demandScale: 0.01 });
    const states = tlsStates(own, made, duration);
    const start = instant(Date.parse(from));
    for (const junction of own.junctions.values()) {
      const signals = signalsOf(own, made.at, junction.id);
      const cabinet = cabinetOf(own, junction.id, start);
      const conflicts = junction.conflicts;
      const junctionStates = states.get(junction.id)!;
      expect(junctionStates).toHaveLength(duration);
      const first = junctionStates[0]!["programID"];
      const changedAt = junctionStates.findIndex(({ programID }) => programID !== first);
      const until = changedAt < 0 ? duration : changedAt;
      for (const [second, { state, programID }] of junctionStates.entries()) {
        const at = after(start, seconds(second + 0.5));
        // After a change of plan the cabinets are on their way for some cycles; SUMO is there at once.
        const plan = planOfSet(own, programID!, junction.id);
        const lamps = second < until ? cabinet(at) : lampsAt(planLamps(junction, plan), cyclePosition(plan, at));
        const green = new Set<number>();
        for (const [group, letters] of signals(state!)) {
          if (/[Gg]/.test(letters)) green.add(group);
          expect(`${second} ${junction.groups[group]!.id} ${shownAs(letters)}`).toBe(
            `${second} ${junction.groups[group]!.id} ${lamps[group]}`,
          );
        }
        for (const a of green) for (const b of green) expect(conflicts[a * junction.groups.length + b]).toBe(0);
      }
    }
  });
});

const shownAs = (letters: string): Lamp =>
  /[Gg]/.test(letters) ? Lamp.green : letters.includes("y") ? Lamp.amber : Lamp.red;

type TlsState = Readonly<Record<string, string>>;

/** Runs SUMO without a vehicle and lists the state of each light at each second. */
function tlsStates(city: City, made: Exported, duration: number): ReadonlyMap<string, readonly TlsState[]> {
  const events = [...city.junctions.keys()].map(
    (id) => `<timedEvent type="SaveTLSStates" source="${id}" dest="${id}.states.xml"/>`,
  );
  write(made.at, "save.add.xml", `<additional>${events.join("")}</additional>`);
  const additional = [...(made.additional === undefined ? [] : [fileNames.additional]), "save.add.xml"];
  const warnings = sumo(made.at, [
    "-n",
    fileNames.network,
    "-a",
    additional.join(","),
    "-b",
    "0",
    "-e",
    String(duration),
  ]);
  expect(warnings).toEqual([]);
  return new Map([...city.junctions.keys()].map((id) => [id, elements(join(made.at, `${id}.states.xml`), "tlsState")]));
}

/** Letters of each vehicle group in a state, by the connections of the network that netconvert made. */
function signalsOf(city: City, at: string, id: string): (state: string) => ReadonlyMap<number, string> {
  const junction = city.junctions.get(id)!;
  const links = elements(join(at, fileNames.network), "connection")
    .filter(({ tl }) => tl === id)
    .map(({ from, to, linkIndex }) => {
      const approach = junction.approaches.find(({ link }) => link === from)!;
      const movement = junction.movements.find((own) => own.approach === approach.id && own.exit === to)!;
      return { group: junction.groups.findIndex((group) => group.id === movement.group), index: Number(linkIndex) };
    });
  return (state) => {
    const letters = new Map<number, string>();
    for (const { group, index } of links) letters.set(group, (letters.get(group) ?? "") + state[index]!);
    return letters;
  };
}

/** The cabinet's lamps, settled into its plan, at rising instants. */
function cabinetOf(city: City, id: string, start: Instant): (at: Instant) => Uint8Array {
  const cabinet = [...city.cabinets.values()].find((own) => own.junction === id)!;
  const begun = after(start, millis(-600_000));
  const unit = createVirtualCabinet({
    cabinet,
    junction: city.junctions.get(id)!,
    schedule: city.schedule,
    utcOffset: city.utcOffset,
    start: begun,
  });
  let now: number = begun;
  return (at) => {
    for (; now < at; now += 100) unit.step(instant(now + 100));
    return unit.lamps;
  };
}

describe("demand in SUMO", () => {
  const city = loadCity(balikpapan);

  it("drives every link as often as the demand says, without a warning", async () => {
    const made = await exported(city, "2026-02-03T05:30:00+08:00", 600);
    write(made.at, "count.add.xml", '<additional><edgeData id="all" file="links.xml"/></additional>');
    const warnings = sumo(made.at, ["-c", fileNames.configuration, "-a", "count.add.xml", "--end", "3000"]);
    expect(warnings).toEqual([]);
    const counted = new Map(
      elements(join(made.at, "links.xml"), "edge").map(({ id, departed, entered }) => [
        id!,
        Number(departed) + Number(entered),
      ]),
    );
    for (const [link, wanted] of made.byLink) expect(`${link} ${counted.get(link) ?? 0}`).toBe(`${link} ${wanted}`);
    expect(made.vehicles).toBeGreaterThan(100);
  });

  it("holds the classes of the demand and the sublane model, or cars alone without it", async () => {
    const mixed = await exported(city, "2026-02-03T07:00:00+08:00", 900, { carsOnly: false });
    const share = (type: string, file: Exported) => {
      const types = elements(join(file.at, fileNames.routes), "vehicle").map((vehicle) => vehicle["type"]);
      return types.filter((own) => own === type).length / types.length;
    };
    const { mc, bus } = city.demand!.classShares;
    expect(share("motorcycle", mixed)).toBeCloseTo(mc, 1);
    expect(share("bus", mixed)).toBeCloseTo(bus, 1);
    expect(mixed.configuration).toContain("lateral-resolution");
    const cars = await exported(city, "2026-02-03T07:00:00+08:00", 900);
    expect(share("car", cars)).toBe(1);
    expect(cars.configuration).not.toContain("lateral-resolution");
    // 0.36 cars, 0.6 motorcycles of 0.2, 0.04 heavy vehicles of 1.3.
    expect(cars.vehicles / mixed.vehicles).toBeCloseTo(0.53, 1);
  });

  it("brings the buses of a line by the clock, and SUMO's stand at the kerb of the stop as long as ours would", async () => {
    const link = "beller_roti-tiam";
    const busLines = [
      {
        id: "line",
        from: "beruang-madu-west",
        to: "wika-east",
        every: seconds(300),
        first: seconds(7 * 3600),
        last: seconds(7 * 3600 + 600),
        stops: [{ link, atM: 200, dwell: seconds(20) }],
      },
    ];
    const demand = { ...city.demand!, flows: [], busLines };
    const made = await exported({ ...city, demand }, "2026-02-03T07:00:00+08:00", 1800);
    const buses = elements(join(made.at, fileNames.routes), "vehicle");
    expect(buses.map(({ id, type, depart }) => [id, type, depart])).toEqual([
      ["line.1", "bus", "0"],
      ["line.2", "bus", "300"],
      ["line.3", "bus", "600"],
    ]);
    const wanted = elements(join(made.at, fileNames.routes), "stop").map(({ duration }) => Number(duration));
    expect(sumo(made.at, ["-c", fileNames.configuration, "--stop-output", "stops.xml"])).toEqual([]);
    const stood = elements(join(made.at, "stops.xml"), "stopinfo");
    expect(stood.map(({ id, lane, pos }) => [id, lane, Math.round(Number(pos))])).toEqual(
      ["line.1", "line.2", "line.3"].map((id) => [id, `${link}_0`, 200]),
    );
    stood.forEach(({ started, ended }, i) => {
      expect(Math.abs(Number(ended) - Number(started) - wanted[i]!)).toBeLessThanOrEqual(1);
    });
    expect(made.notes.some(({ subject }) => subject.startsWith("bus line"))).toBe(false);
  });

  it("stands a vehicle on each lane that a blockage reaches into, for as long; and names the other incidents", async () => {
    const link = "beller_roti-tiam";
    const at = (minutes: number) => seconds((7 * 60 + minutes) * 60);
    const made = await exported(
      { ...city, demand: { ...city.demand!, flows: [] } },
      "2026-02-03T07:00:00+08:00",
      1200,
      {
        incidents: [
          { kind: "blockage", link, atM: 100, lengthM: 12, widthM: 3.6, from: at(5), to: at(10) },
          { kind: "closure", link, reroute: true, from: at(5), to: at(10) },
        ],
      },
    );
    expect(sumo(made.at, ["-c", fileNames.configuration, "--stop-output", "stops.xml"])).toEqual([]);
    const stood = elements(join(made.at, "stops.xml"), "stopinfo");
    expect(stood.map(({ lane, pos, ended }) => [lane, Number(pos), Number(ended)]).sort()).toEqual(
      [0, 1].map((lane) => [`${link}_${lane}`, 112, 600]),
    );
    for (const { started } of stood) expect(Math.abs(Number(started) - 300)).toBeLessThanOrEqual(2);
    expect(made.notes.map(({ subject }) => subject)).toContain(`incident 2, closure of ${link}`);
  });

  it("is the same bytes for the same seed", () => {
    const options = {
      city,
      start: instant(Date.parse("2026-02-03T07:00:00+08:00")),
      duration: seconds(300),
      demandScale: 1,
      carsOnly: false,
      planSet: undefined,
      seed: 9,
    };
    const one = exportSumo({ ...options, random: seededRandom(9) });
    expect(exportSumo({ ...options, random: seededRandom(9) })).toEqual(one);
    expect(exportSumo({ ...options, random: seededRandom(10) }).routes).not.toBe(one.routes);
  });
});

describe("simpang sumo export", () => {
  it("writes a folder that SUMO runs, and names what it could not represent", async () => {
    const out = join(folder(), "new", "corridor");
    const said = await simpang("sumo", "export", "--out", out, "--for", "2m", "--cars-only", "--seed", "3");
    expect(said.code).toBe(0);
    expect(said.out).toMatch(/vehicles in 120 s/);
    expect(said.out).toMatch(/wika: pedestrian crossing cross-east: left out/);
    expect(readdirSync(out).sort()).toEqual([
      fileNames.routes,
      fileNames.network,
      fileNames.report,
      fileNames.configuration,
    ]);
    expect(sumo(out, ["-c", fileNames.configuration])).toEqual([]);
  });

  it.each([
    [["--plans", "noon"], /There is no plan set "noon". Take one of: morning-peak/],
    [["--config", "/nowhere"], /does not exist/],
  ] as const)("refuses %j and writes nothing", async (flags, message) => {
    const out = join(folder(), "out");
    const said = await simpang("sumo", "export", "--out", out, ...flags);
    expect(said.code).toBe(2);
    expect(said.error).toMatch(message);
    expect(() => readdirSync(out)).toThrow();
  });

  it("refuses a folder that holds something, and a command without --out", async () => {
    const out = folder();
    write(out, "mine.txt", "mine");
    const said = await simpang("sumo", "export", "--out", out);
    expect(said.code).toBe(2);
    expect(said.error).toMatch(/is not empty/);
    expect(readdirSync(out)).toEqual(["mine.txt"]);
    expect((await simpang("sumo", "export")).code).toBe(2);
  });

  it("says so when netconvert is not there", async () => {
    const out = join(folder(), "out");
    const path = process.env["PATH"];
    process.env["PATH"] = folder();
    try {
      const said = await simpang("sumo", "export", "--out", out, "--for", "1m");
      expect(said.code).toBe(2);
      expect(said.error).toMatch(/netconvert is not installed or not in PATH/);
    } finally {
      process.env["PATH"] = path;
    }
    expect(() => readdirSync(out)).toThrow();
  });
});

describe("an exported corridor under simpang's own control", () => {
  it("runs from any second of its programs, in the middle of a change too", async () => {
    const out = join(folder(), "corridor");
    // At 07:00:55 the eastern end of the corridor is between two stages.
    await simpang("sumo", "export", "--out", out, "--from", "2026-02-03T07:00:55", "--for", "1m", "--cars-only");
    const trips = join(folder(), "trips.xml");
    const files = ["--sumocfg", join(out, fileNames.configuration), "--tripinfo", trips];
    const said = await simpang(
      "sumo",
      "run",
      ...files,
      "--strategy",
      "max-pressure",
      "--seed",
      "1",
      "--end",
      "30",
      "--json",
    );
    expect(said.error).toBe("");
    expect(said.code).toBe(0);
    expect(elements(trips, "tripinfo").length).toBeGreaterThan(10);
  });
});
