import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { cityFromUtdf, type UtdfCity } from "../../../../config/import/utdf/city.ts";
import { apportion } from "../../../../config/import/utdf/rings.ts";
import { checkCity } from "../../../../config/load.ts";
import type { City } from "../../../../config/model.ts";
import { instant } from "../../../../config/units.ts";
import { createWorld } from "../../../../simulation/world.ts";
import { scratch, simpang } from "../../../app/simpang.ts";

/**
 * Three signals in feet: node 2 with eight phases, node 4 with permitted left turns, node 6 a tee whose second ring has
 * nothing behind its second barrier; a bend (3) and an unsignalised tee (5) lie between them.
 */
const path = join(import.meta.dirname, "corridor.csv");
const text = readFileSync(path, "utf8");
const options = { id: "corridor", utcOffsetH: -5, drivesOn: "right" } as const;
const imported = (source: string): UtdfCity => cityFromUtdf([{ name: "corridor.csv", text: source }], options);

function cityOf({ files, faults }: UtdfCity): City {
  expect(faults).toEqual([]);
  const folder = scratch();
  for (const [name, content] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const checked = checkCity(folder);
  expect(checked.faults).toEqual([]);
  return checked.city!;
}

/** One record's line in another form. */
const replaced = (from: string | RegExp, to: string): string => {
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return changed;
};

describe("a network from UTDF", () => {
  const city = cityOf(imported(text));
  const junction = (id: string) => city.junctions.get(id)!;
  const movement = (id: string, name: string) => junction(id).movements.find((own) => own.id === name)!;

  it("has a road for each way between signals and edges, through bends, in metres and km/h", () => {
    expect([...city.junctions.keys()].sort()).toEqual(["n2", "n4", "n6"]);
    const road = city.links.get("n2_n4")!;
    // 753 ft twice by way of the bend; 40 mph.
    expect(road.lengthM).toBeCloseTo(2 * 753 * 0.3048, -0.5);
    expect(road.speedMps * 3.6).toBeCloseTo(64.4, 0);
    // Two lanes all along and a bay.
    expect(road.lanes).toBe(2);
    expect(city.links.has("n4_n6")).toBe(true);
    expect(city.drivesOn).toBe("right");
  });

  it("has lanes from the kerb, with the turns they share", () => {
    const lanes = (id: string, approach: string) =>
      junction(id)
        .approaches.find((own) => own.id === approach)!
        .lanes.map((lane) => lane.movements);
    expect(lanes("n2", "wb")).toEqual([["wbr"], ["wbt"], ["wbt"], ["wbl"]]);
    expect(lanes("n2", "eb")).toEqual([["ebt", "ebr"], ["ebt"], ["ebl"]]);
    expect(lanes("n4", "nb")).toEqual([["nbl", "nbt", "nbr"]]);
    expect(junction("n2").approaches[0]!.lanes[0]!.widthM).toBeCloseTo(3.66, 2);
  });

  it("has phases in rings behind barriers, and their greens, ambers and clearances", () => {
    const two = junction("n2");
    expect(two.form).toBe("rings");
    expect(two.rings).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
    expect(two.phases.map(({ barrier }) => barrier)).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
    const phase = (number: number) => two.phases.find((own) => own.number === number)!;
    expect([phase(2).amber, phase(2).allRed]).toEqual([3500, 1500]);
    // Walk 7 s and clearance 11 s are more than the green of 10 s.
    expect(phase(2).minGreen).toBe(18_000);
    expect(phase(1).minGreen).toBe(5000);
    expect(phase(2).maxGreen).toBeGreaterThanOrEqual(37_000);
  });

  it("lets a permitted left turn yield, and keeps apart what crosses", () => {
    expect(movement("n4", "ebl").yieldsTo).toEqual(["wbt", "wbr"]);
    expect(movement("n2", "ebl").group).toBe("p2-5");
    expect(movement("n2", "ebl").yieldsTo).toEqual(["wbt", "wbr"]);
    // Protected alone: its phase never runs beside the oncoming one.
    expect(movement("n2", "nbl").yieldsTo).toEqual([]);
    for (const own of city.junctions.values())
      for (const { movements, groups } of [own])
        for (const a of movements)
          for (const b of movements)
            if (a.turn === "through" && b.turn === "through" && "ns".includes(a.id[0]!) && "ew".includes(b.id[0]!)) {
              const [i, j] = [a, b].map(({ group }) => groups.findIndex(({ id }) => id === group));
              expect(own.conflicts[i! * groups.length + j!]).toBe(1);
            }
  });

  it("has the plan with its offsets at UTC, and stages where rings do not match", () => {
    const plans = city.schedule.planSets.get("synchro")!.plans;
    const splits = (id: string) => plans.get(id)!.splits.map(({ split }) => split / 1000);
    expect(splits("n2")).toEqual([15, 42, 16, 27, 17, 40, 15, 28]);
    // Phase 2 starts at 12 s after local midnight; five hours are 180 cycles of 100 s.
    expect([...plans.values()].map(({ cycle }) => cycle)).toEqual([100_000, 100_000, 100_000]);
    expect(plans.get("n2")!.offset).toBe(12_000);
    expect(junction("n6").form).toBe("stages");
    expect(splits("n6")).toEqual([20, 51, 29]);
    expect(junction("n6").phases.map(({ groups }) => groups)).toEqual([["p2-5", "p2"], ["p2-5", "p2", "p6"], ["p4"]]);
  });

  it("has the counts as demand that the built-in street drives", () => {
    const flow = city.demand!.flows.find(({ from }) => from === "n1")!;
    expect(flow.vehPerHour).toBe(730);
    expect(flow.to.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(flow.to.find(({ node }) => node === "n7")!.share).toBeCloseTo((600 / 730) * (600 / 690) * (520 / 630), 2);
    const world = createWorld({
      city,
      random: seededRandom(1),
      start: instant(Date.parse("2026-02-03T08:00:00-05:00")),
    });
    for (let step = 0; step < 1800; step++) world.advance();
    const { vehicles, collisions } = world.street.results();
    expect(vehicles.arrived).toBeGreaterThan(300);
    expect(collisions).toBe(0);
  });

  it("says what it could not represent", () => {
    const notes = imported(text)
      .notes.map(({ subject, message }) => `${subject}: ${message}`)
      .join("\n");
    for (const wanted of [
      /node 3: is a bend/,
      /node 5: is an unsignalised node.*node 11 is left out/,
      /node 2: people walk in phase 2/,
      /begin in a bay/,
      /right turns on red/,
      /node 6: a ring has no phase/,
    ])
      expect(notes).toMatch(wanted);
  });

  it("is the same from metres, and from a file a table", () => {
    const feet = (value: string) => String(Number((Number(value) * 0.3048).toFixed(4)));
    const metric = text
      .replace("Metric,0", "Metric,1")
      .replace("DefWidth,12", "DefWidth,3.6576")
      .replace(/^(\d+,\d,)(-?\d+),(-?\d+)/gm, (_, head, x, y) => `${head}${feet(x)},${feet(y)}`)
      .replace(
        /^(Distance|Width|Storage),(\d+),(.*)$/gm,
        (_, record, node, values: string) => `${record},${node},${values.replace(/\d+/g, feet)}`,
      )
      .replace(
        /^Speed,(\d+),(.*)$/gm,
        (_, node, values: string) => `Speed,${node},${values.replace(/\d+/g, (mph) => String(Number(mph) * 1.609344))}`,
      );
    expect(imported(metric)).toEqual(imported(text));
    const parts = text
      .split(/(?=^\[)/m)
      .map((table, i) => ({ name: `${i}.csv`, text: table.replace(/^\[.*\]\r?\n/, "") }));
    expect(cityFromUtdf(parts, options)).toEqual(imported(text));
  });

  it("rounds splits to whole seconds that add up", () => {
    // 64.5 + 5.5 and 24.5 + 5.5 of 100 s become a cycle of 90.5 s, written as 91 (or 90).
    const shorter = cityOf(imported(replaced("Cycle Length,4,100.0", "Cycle Length,4,90.5")));
    const plan = shorter.schedule.planSets.get("synchro")!.plans.get("n4")!;
    expect(plan.cycle % 1000).toBe(0);
    expect(plan.splits[0]!.split + plan.splits[1]!.split).toBe(plan.cycle);
  });
});

describe("a UTDF file with faults", () => {
  it.each([
    ["", /holds no node/],
    ["hello,world\n1,2\n", /stands before any table/],
    [replaced("2,0,1500,0,0", "2,9,1500,0,0"), /type "9" of node 2 is not known/],
    [replaced("4,0,3000,0,0", "4,0,far,0,0"), /corridor.csv:\d+:\d+ "far" is not a number/],
    [replaced("4,0,3000,0,0", "2,0,3000,0,0"), /node 2 is there twice/],
    [replaced(/^BRP,2,111/m, "BRP,2,9"), /BRP 9 of phase 1 is not three digits/],
    [replaced(/^\[Timeplans\][\s\S]*(?=\[Phases\])/m, ""), /holds no signal with phases and a timing plan/],
  ] as const)("%# is named with its place", (source, message) => {
    const { faults, files } = imported(source);
    expect(
      faults.map(({ file, line, column, message: said }) => `${file}:${line}:${column} ${said}`).join("\n"),
    ).toMatch(message);
    expect(files.size).toBe(0);
  });

  it("never throws or hangs, whatever stands in a cell", () => {
    const random = seededRandom(11);
    const words = ["", "0", "-1", "1e9", "99999", "NaN", '"', "*", "8", "3", "[Lanes]", "0.001"];
    const lines = text.split("\n");
    for (let round = 0; round < 60; round++) {
      const changed = [...lines];
      for (let k = 0; k < 4; k++) {
        const at = Math.floor(random.next() * changed.length);
        const cells = changed[at]!.split(",");
        cells[Math.floor(random.next() * cells.length)] = words[Math.floor(random.next() * words.length)]!;
        changed[at] = cells.join(",");
      }
      expect(() => imported(changed.join("\n"))).not.toThrow();
    }
  });
});

describe("whole parts of a whole", () => {
  it.each([
    [100, [10.4, 29.6, 60], [0, 0, 0], [10, 30, 60]],
    [10, [1, 1, 1], [0, 0, 0], [4, 3, 3]],
    [20, [1, 99], [8, 5], [8, 12]],
    [10, [], [], []],
  ])("%i by weights %j", (total, weights, least, wanted) => {
    expect(
      apportion(
        total,
        weights.map((weight, i) => ({ weight, least: least[i]! })),
      ),
    ).toEqual(wanted);
  });
});

describe("simpang import utdf", () => {
  it("writes a folder that simpang check accepts", async () => {
    const out = join(scratch(), "town");
    const said = await simpang("import", "utdf", path, "--out", out, "--utc-offset", "-5");
    expect(said.code).toBe(0);
    expect(said.out).toMatch(/3 junctions\. No fault\./);
    expect((await simpang("check", out)).code).toBe(0);
    const again = await simpang("import", "utdf", path, "--out", out);
    expect(again.code).toBe(2);
    expect(again.error).toMatch(/is not empty/);
  });

  it("refuses what it cannot read, and writes nothing", async () => {
    const out = join(scratch(), "town");
    expect((await simpang("import", "utdf", "/nowhere.csv", "--out", out)).error).toMatch(/cannot be read \(ENOENT\)/);
    const broken = join(scratch(), "broken.csv");
    writeFileSync(broken, "[Nodes]\nNode Data\nINTID,TYPE,X,Y\n1,7,0,0\n");
    const said = await simpang("import", "utdf", broken, "--out", out);
    expect(said.code).toBe(2);
    expect(said.out).toMatch(/broken\.csv:4:3 type "7" of node 1/);
    expect(checkCity(out).city).toBeUndefined();
  });
});
