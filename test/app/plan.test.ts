import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SaxesParser } from "saxes";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readCity } from "../../app/city-files.ts";
import { planOf } from "../../config/build.ts";
import { planSchema } from "../../config/schema/plans.ts";
import { checkPlan } from "../../engine/core/guard/plan.ts";
import { balikpapan, scratch, simpang } from "./simpang.ts";

// biome-ignore lint/suspicious/noExplicitAny: printed JSON.
type Any = any;
const city = readCity(balikpapan);
const corridor = city.corridors.get("mt-haryono")!;

/** A sound count of the whole corridor, veh in one hour; `scale` 1 is a busy peak. */
function sound(scale = 1): string[] {
  const rows = ["junction,approach,movement,from,to,car,hv,mc,um"];
  for (const id of corridor.junctions) {
    const junction = city.junctions.get(id)!;
    for (const { id: movement, approach, turn } of junction.movements) {
      const main = junction.approaches.find((entry) => entry.id === approach)!.main;
      const vehicles = scale * (main ? (turn === "through" ? 1700 : 150) : turn === "through" ? 120 : 180);
      rows.push(
        `${id},${approach},${movement},07:00,08:00,${[0.38, 0.03, 0.59].map((share) => Math.round(share * vehicles)).join(",")},4`,
      );
    }
  }
  return rows;
}

function file(rows: readonly string[], name = "counts.csv"): string {
  const path = join(scratch(), name);
  writeFileSync(path, rows.join("\n"));
  return path;
}

describe("a plan from counts", () => {
  const out = scratch();
  let result: Any;
  let svg = "";
  beforeAll(async () => {
    const picture = join(out, "own.svg");
    const said = await simpang(
      "plan",
      balikpapan,
      "--from",
      file(sound()),
      "--cycle",
      "120s",
      "--out",
      join(out, "made"),
      "--svg",
      picture,
      "--json",
    );
    expect(said.code, said.error).toBe(0);
    result = JSON.parse(said.out);
    svg = readFileSync(picture, "utf8");
  }, 180_000);

  it("publishes bands and index of both kinds of offset, and what the plan in use would cost", () => {
    const [plan] = result.plans;
    expect(plan.solutions.map(({ name }: Any) => name)).toEqual(["delay", "bandwidth", "in-use"]);
    for (const { pi, bands, delay_s } of plan.solutions) {
      expect(pi).toBeGreaterThan(0);
      expect(delay_s).toBeGreaterThan(0);
      expect(bands.map(({ direction }: Any) => direction)).toEqual(["forward", "backward"]);
    }
    for (const { links } of plan.solutions) {
      expect(links).toHaveLength(8);
      for (const { peak_fill } of links) expect(peak_fill > 0 && peak_fill <= 1).toBe(true);
    }
    const [delay, bandwidth] = plan.solutions;
    const width = ({ bands }: Any): number => bands.reduce((sum: number, band: Any) => sum + band.width_s, 0);
    expect(delay.pi).toBeLessThanOrEqual(bandwidth.pi);
    expect(width(bandwidth)).toBeGreaterThan(width(delay) - 3);
    expect(plan.solutions[2].plan_set).toBe("morning-peak");
    expect(JSON.stringify(result)).not.toMatch(/NaN|Infinity/);
  });

  it("passes the guard, simpang check and the form of simpang push", async () => {
    const set = join(out, "city");
    cpSync(balikpapan, set, { recursive: true });
    cpSync(join(out, "made/plans.yaml"), join(set, "plans.yaml"));
    const checked = await simpang("check", set, "--json");
    expect(checked.code, checked.out).toBe(0);
    expect(JSON.parse(checked.out).faults).toEqual([]);
    expect(readCity(set).schedule.planSets.get("counts")!.plans.size).toBe(5);
    // What was in the file stays, comments too.
    expect(readFileSync(join(set, "plans.yaml"), "utf8")).toContain("# Scheduled plans: the baseline");
    for (const id of corridor.junctions) {
      const entry = planSchema
        .required({ cycle_s: true })
        .parse(parse(readFileSync(join(out, `made/counts/${id}.yaml`), "utf8")));
      const junction = city.junctions.get(id)!;
      expect(checkPlan(planOf({ id: "x", cycle_s: entry.cycle_s }, id, entry, junction.rings), junction)).toEqual([]);
    }
  });

  it("draws every junction, both directions' bands, and nothing undefined", () => {
    let polygons = 0;
    const words: string[] = [];
    const parser = new SaxesParser({});
    parser.on("opentag", ({ name, attributes }) => {
      if (name === "polygon") polygons++;
      for (const value of Object.values(attributes)) expect(String(value)).not.toMatch(/NaN|undefined|Infinity/);
    });
    parser.on("text", (text) => words.push(text));
    parser.on("error", (error) => {
      throw error;
    });
    parser.write(svg).close();
    for (const id of corridor.junctions) expect(words.join("\n")).toContain(city.junctions.get(id)!.name);
    expect(polygons).toBeGreaterThan(2);
  });

  it("prints a worksheet", () => {
    const text = readFileSync(join(out, "made/counts/worksheet.txt"), "utf8");
    for (const word of [
      "IFR",
      "LTI",
      "Webster",
      "Common cycle",
      "Offsets by delay",
      "Offsets by bandwidth",
      "In use",
      "bands s",
    ])
      expect(text).toContain(word);
  });
});

describe("counts beyond capacity", () => {
  it("are planned for within bounds, and stated", async () => {
    const said = await simpang(
      "plan",
      balikpapan,
      "--from",
      file(sound(2.1)),
      "--cycle",
      "120s",
      "--keep-order",
      "--accept-imbalance",
      "--json",
    );
    expect(said.code, said.error).toBe(0);
    const [plan] = (JSON.parse(said.out) as Any).plans;
    expect(plan.notes.join("\n")).toMatch(/over capacity|no cycle brings it/);
    expect(said.out).not.toMatch(/NaN|Infinity/);
    for (const { plans } of plan.solutions)
      for (const [id, entry] of Object.entries<Any>(plans)) {
        const junction = city.junctions.get(id)!;
        expect(checkPlan(planOf({ id: "x", cycle_s: entry.cycle_s }, id, entry, junction.rings), junction)).toEqual([]);
      }
  }, 120_000);
});

describe("counts that cannot be", () => {
  const base = sound(0.2);
  const wrong: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["negative", [...base, "wika,west,west-through,08:00,08:15,-4,0,0,0"], ['car is "-4"', "0 or more"]],
    ["words for numbers", [...base, "wika,west,west-through,08:00,08:15,many,0,0,0"], ['car is "many"']],
    [
      "at a junction that is not there",
      [...base, "wikka,west,west-through,08:00,08:15,4,0,0,0"],
      ['no junction "wikka"', "beruang-madu"],
    ],
    [
      "at an approach that is not there",
      [...base, "wika,north,,08:00,08:15,4,0,0,0"],
      ['no approach "north"', "west, east, south"],
    ],
    [
      "of a turn that is not there",
      [...base, "wika,south,through,08:00,08:15,4,0,0,0"],
      ["no through turn", "south-left (left)"],
    ],
    [
      "missing at one approach",
      base.filter((row) => !row.startsWith("wika,south")),
      ["junction wika, approach south", "no count"],
    ],
    ["missing of one movement", base.filter((row) => !row.includes("west-right")), ["no count of west-right"]],
    [
      "twice for the same minutes",
      [...base, "wika,west,west-through,07:30,08:30,4,0,0,0"],
      ["a second time for the same minutes"],
    ],
    ["over before it began", [...base, "wika,west,west-through,09:00,08:15,4,0,0,0"], ["the end must be later"]],
    ["at no time", [...base, "wika,west,west-through,7 am,08:15,4,0,0,0"], ['from is "7 am"', "HH:MM"]],
    ["more than lanes carry", [...base, "wika,south,south-left,08:00,08:15,9000,0,0,0"], ["impossible", "south"]],
    [
      "a whole that is less than its parts",
      [...base, "wika,east,,07:00,08:00,40,0,30,0"],
      ["add up to", "the whole approach to 70"],
    ],
    [
      "between neighbours that contradict each other",
      sound(1).map((row) => (/^beller,(west|east),/.test(row) ? row.replace(/(\d+),(\d+),(\d+),4$/, "5,0,5,4") : row)),
      ["contradict each other", "beller"],
    ],
    ["short of a cell", [...base, "wika,west,west-through,08:00"], ["4 cells, the heading has 9"]],
    ["in an unknown column", ["junction,approach,speed", "wika,west,4"], ['no column "speed"']],
    ["none", ["junction,approach,from,to,car"], ["no counts"]],
  ];
  it.each(wrong)("%s", async (_, rows, words) => {
    const said = await simpang("plan", balikpapan, "--from", file(rows), "--json");
    expect({ code: said.code, out: said.out }).toEqual({ code: 2, out: "" });
    for (const word of words) expect(said.error).toContain(word);
    expect(said.error).not.toContain("    at ");
  });

  it("in a file that is not there, or broken", async () => {
    expect((await simpang("plan", balikpapan, "--from", "/nowhere.csv")).error).toContain("ENOENT");
    expect((await simpang("plan", balikpapan, "--from", file(["{ broken: ["], "x.json"))).error).toContain(
      "cannot be parsed",
    );
    expect((await simpang("plan", balikpapan, "--from", file(['{"counts": []}'], "x.json"))).error).toContain(
      "no counts",
    );
  });

  it("for a cycle that cannot fit its minima", async () => {
    const said = await simpang("plan", balikpapan, "--from", file(base), "--cycle", "45s");
    expect(said.code).toBe(2);
    for (const word of ["45 s", "beruang-madu", "least splits by phase"]) expect(said.error).toContain(word);
  });
});
