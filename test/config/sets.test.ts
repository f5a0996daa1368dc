import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { checkCity, FaultyConfiguration, jsonSchemas, loadCity } from "../../config/load.ts";
import { splitOf } from "../../config/plan.ts";
import { scheduledPlanSet } from "../../config/schedule.ts";
import { instant } from "../../config/units.ts";
import { balikpapan, recorded } from "./set.ts";

describe("the Balikpapan set", () => {
  const { city, faults, warnings } = checkCity(balikpapan);

  it("has no fault and no warning", () => {
    expect(faults).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it("runs the corridor in the public order of its nodes, keeping left", () => {
    expect(city?.corridors.get("mt-haryono")?.junctions).toEqual([
      "beruang-madu",
      "beller",
      "roti-tiam",
      "balikpapan-baru",
      "wika",
    ]);
    expect(city?.drivesOn).toBe("left");
    expect(city?.citySizeFactor).toBe(0.94);
  });

  it("has 304 cameras at 81 sites of several makes, of which 37 count", () => {
    const cameras = [...city!.cameras.values()];
    expect(cameras).toHaveLength(304);
    expect(new Set(cameras.map((camera) => camera.site)).size).toBe(81);
    expect(cameras.filter((camera) => camera.feed)).toHaveLength(37);
    expect(new Set(cameras.map((camera) => camera.make)).size).toBeGreaterThanOrEqual(4);
    expect(cameras.every((camera) => camera.origin === "synthetic")).toBe(true);
  });

  it("leaves some side approaches without any camera and every main approach with one", () => {
    const seen = new Set([...city!.detectors.values()].map(({ junction, approach }) => `${junction}/${approach}`));
    const approaches = [...city!.junctions.values()].flatMap((junction) =>
      junction.approaches.map(({ id, main }) => ({ id: `${junction.id}/${id}`, main })),
    );
    const blind = approaches.filter(({ id }) => !seen.has(id));
    expect(blind.length).toBeGreaterThanOrEqual(2);
    expect(blind.filter(({ main }) => main)).toEqual([]);
  });

  it("sees every approach with a stop-line camera second by second, and the box of every junction", () => {
    const scenes = [...city!.cameras.values()].flatMap(({ scene }) => scene ?? []);
    const lines = [...city!.detectors.values()].filter(({ kind }) => kind === "stop-line");
    const seen = new Set(scenes.flatMap(({ junction, approaches }) => approaches.map((id) => `${junction}/${id}`)));
    expect(seen).toEqual(new Set(lines.map(({ junction, approach }) => `${junction}/${approach}`)));
    const boxes = scenes.filter(({ box }) => box).map(({ junction }) => junction);
    expect(new Set(boxes)).toEqual(new Set(city!.junctions.keys()));
    for (const { rangeM, exits, junction } of scenes) {
      expect(rangeM).toBe(100);
      for (const id of exits) expect(city!.links.get(id)!.from).toBe(city!.junctions.get(junction)!.node);
    }
  });

  it("drives dual rings over NTCIP and stages over Modbus, at least two of each", () => {
    const kinds = [...city!.cabinets.values()].map(
      ({ protocol, junction }) => `${protocol} ${city!.junctions.get(junction)!.form}`,
    );
    expect(kinds.filter((kind) => kind === "ntcip rings").length).toBeGreaterThanOrEqual(2);
    expect(kinds.filter((kind) => kind === "modbus stages").length).toBeGreaterThanOrEqual(2);
    expect(new Set(kinds).size).toBe(2);
  });

  it("has a steep approach, motorcycles above half and the truck ban of 05:00 to 22:00", () => {
    const grades = [...city!.junctions.values()].flatMap((junction) => junction.approaches.map((a) => a.gradePercent));
    expect(Math.max(...grades)).toBeGreaterThan(5);
    expect(city!.demand!.classShares.mc).toBeGreaterThan(0.5);
    expect(city!.demand!.truckBan).toEqual([{ from: 5 * 3_600_000, to: 22 * 3_600_000 }]);
  });

  it("marks every file of assumed facts as synthetic", () => {
    const files = readdirSync(balikpapan, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.name.endsWith(".yaml"),
    );
    const silent = files
      .filter((entry) => !["city.yaml", "corridors.yaml", "control.yaml"].includes(entry.name))
      .filter((entry) => !readFileSync(join(entry.parentPath, entry.name), "utf8").includes("origin: synthetic"));
    expect(silent).toEqual([]);
  });

  it("has cycles that divide a day, so that no offset jumps at midnight", () => {
    for (const set of city!.schedule.planSets.values())
      for (const plan of set.plans.values()) expect(86_400_000 % plan.cycle).toBe(0);
  });

  it("has the plan of the hour", () => {
    const at = (text: string) =>
      scheduledPlanSet(city!.schedule, city!.utcOffset, instant(Date.parse(`${text}+08:00`))).id;
    expect(at("2026-02-03T07:00:00")).toBe("morning-peak");
    expect(at("2026-02-03T17:00:00")).toBe("flood-diversion"); // the day of the flood
    expect(at("2026-02-04T17:00:00")).toBe("evening-peak");
    expect(at("2026-02-06T12:00:00")).toBe("friday-prayer"); // a Friday
    expect(at("2026-02-05T12:00:00")).toBe("midday"); // a Thursday
    expect(at("2026-02-07T12:00:00")).toBe("weekend");
  });
});

describe("the recorded signal's set", () => {
  const { city, faults, warnings } = checkCity(recorded);

  it("has no fault and no warning, keeps right and writes nothing", () => {
    expect(faults).toEqual([]);
    expect(warnings).toEqual([]);
    expect(city?.drivesOn).toBe("right");
    expect(city?.control.writeEnabled).toBe(false);
    expect([...city!.cabinets.values()].map((cabinet) => cabinet.url)).toEqual([undefined]);
  });

  it("has the log's cycle of 75 s, its phases and its intergreen of 4 + 1.5 s, rounded up", () => {
    const junction = city!.junctions.get("signal-1136")!;
    const plan = city!.schedule.planSets.get("observed")!.plans.get("signal-1136")!;
    expect(plan.cycle).toBe(75_000);
    expect([2, 5, 6, 8].map((phase) => splitOf(plan, phase))).toEqual([59_000, 19_000, 40_000, 16_000]);
    const six = junction.phases.find((phase) => phase.number === 6)!;
    expect([six.amber, six.allRed]).toEqual([4000, 2000]);
  });

  it("lists every counting channel of the log", () => {
    expect(new Set(city!.detectors.keys())).toEqual(
      new Set([2, 8, 15, 16, 17, 19, 20, 22, 23].map((channel) => `1136/${channel}`)),
    );
  });
});

describe("the schemas for editors", () => {
  const folder = resolve(import.meta.dirname, "../../config/json-schema");

  it.each(Object.entries(jsonSchemas()))("%s stands in config/json-schema as it is now", (name, schema) => {
    expect(JSON.parse(readFileSync(join(folder, name), "utf8"))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it("has no file too many", () => {
    expect(new Set(readdirSync(folder))).toEqual(new Set(Object.keys(jsonSchemas())));
  });

  it("closes every object: a key nobody knows is an error in the editor too", () => {
    const open: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== "object" || node === null) return;
      const shape = node as Readonly<Record<string, unknown>>;
      if (shape["type"] === "object" && shape["additionalProperties"] === undefined) open.push(path);
      for (const [key, inner] of Object.entries(shape)) visit(inner, `${path}/${key}`);
    };
    visit(jsonSchemas(), "");
    expect(open).toEqual([]);
  });
});

describe("loading", () => {
  it("is the same set, and hash, twice", () => {
    expect(loadCity(balikpapan).hash).toBe(loadCity(balikpapan).hash);
    expect(loadCity(balikpapan).hash).not.toBe(loadCity(recorded).hash);
  });

  it("throws one error that names the directory and every fault", () => {
    expect(() => loadCity(join(balikpapan, "nowhere"))).toThrow(FaultyConfiguration);
    expect(() => loadCity(join(balikpapan, "nowhere"))).toThrow(/nowhere.*1 fault\n.*does not exist/s);
  });
});
