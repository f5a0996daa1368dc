import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parsePlanSheet } from "../../config/import/plan-sheet.ts";
import { loadCity } from "../../config/load.ts";
import { samePlan } from "../../config/plan.ts";
import { seconds } from "../../config/units.ts";
import { town } from "../config/set.ts";
import { scratch, simpang } from "./simpang.ts";

/** The town with a table beside it. */
function withSheet(table: string): { readonly config: string; readonly sheet: string; readonly before: string } {
  const folder = scratch();
  const config = join(folder, "config");
  cpSync(town, config, { recursive: true });
  const sheet = join(folder, "sheet.csv");
  writeFileSync(sheet, table);
  return { config, sheet, before: readFileSync(join(config, "plans.yaml"), "utf8") };
}

async function template(): Promise<string> {
  return (await simpang("import", "plans", "--template", "--config", town)).out;
}

/** Edits rows of one plan of one junction. */
const edited = (table: string, change: (line: string) => string | undefined): string =>
  table
    .split("\n")
    .map(change)
    .filter((line) => line !== undefined)
    .join("\n");

const head = "plan,junction,cycle_s,offset_s,phase,split_s,green_s,amber_s,all_red_s,order";

describe("simpang import plans", () => {
  it("changes nothing when a configuration's own plans come back", async () => {
    const { config, sheet, before } = withSheet(await template());
    expect((await simpang("import", "plans", sheet, "--config", config, "--write")).code).toBe(0);
    const [now, then] = [loadCity(config), loadCity(town)];
    expect(now.hash).toBe(then.hash);
    expect(readFileSync(join(config, "plans.yaml"), "utf8")).toBe(before);
  });

  it("replaces one junction's plan, keeps the others and the comments, and writes only when told", async () => {
    const set = [...loadCity(town).schedule.planSets.keys()][0]!;
    const table = edited(await template(), (line) => {
      if (line.startsWith("plan,")) return line;
      return line.startsWith(`${set},wika,`) ? line.replace(/^([^,]+,wika,\d+),\d+/, "$1,7") : undefined;
    });
    const { config, sheet, before } = withSheet(table);
    const dry = await simpang("import", "plans", sheet, "--config", config);
    expect(dry.code).toBe(0);
    expect(dry.out).toMatch(new RegExp(`${set}/wika: replaced, cycle \\d+ s, offset 7 s`));
    expect(readFileSync(join(config, "plans.yaml"), "utf8")).toBe(before);
    await simpang("import", "plans", sheet, "--config", config, "--write");
    const [now, then] = [loadCity(config).schedule.planSets, loadCity(town).schedule.planSets];
    for (const [id, { plans }] of then)
      for (const [junction, plan] of plans) {
        const own = now.get(id)!.plans.get(junction)!;
        if (id === set && junction === "wika") expect(own).toEqual({ ...plan, offset: seconds(7) });
        else expect(samePlan(own, plan)).toBe(true);
      }
    const comments = (text: string) => text.split("\n").filter((line) => line.startsWith("#"));
    expect(comments(readFileSync(join(config, "plans.yaml"), "utf8"))).toEqual(comments(before));
    expect(readdirSync(config).sort()).toEqual(readdirSync(town).sort());
  });

  it("adds a plan set in a free slot from greens, with semicolons, in another order of phases", async () => {
    const city = loadCity(town);
    const first = [...city.schedule.planSets.values()][0]!;
    const rows = [...first.plans.values()].flatMap((plan) => {
      const junction = city.junctions.get(plan.junction)!;
      return plan.splits.map(({ phase: number, split }) => {
        const phase = junction.phases.find((own) => own.number === number)!;
        const green = (split - phase.amber - phase.allRed) / 1000;
        return `new-year;${junction.id};${plan.cycle / 1000};${plan.offset / 1000};${number};${String(green).replace(".", ",")}`;
      });
    });
    const { config, sheet } = withSheet(`Plan;Junction;Cycle s;Offset s;Phase;Green s\r\n${rows.join("\r\n")}\r\n`);
    expect((await simpang("import", "plans", sheet, "--config", config, "--write")).code).toBe(0);
    const added = loadCity(config).schedule.planSets.get("new-year")!;
    for (const [junction, plan] of first.plans) expect(samePlan(added.plans.get(junction)!, plan)).toBe(true);
    expect([...city.schedule.planSets.values()].map(({ slot }) => slot)).not.toContain(added.slot);
  });

  it("takes the order of phases from the table", async () => {
    const city = loadCity(town);
    const set = [...city.schedule.planSets.keys()][0]!;
    const stages = [...city.junctions.values()].find(({ form, phases }) => form === "stages" && phases.length === 3)!;
    const table = edited(await template(), (line) => {
      if (line.startsWith("plan,")) return line;
      const cells = line.split(",");
      if (cells[0] !== set || cells[1] !== stages.id) return undefined;
      cells[9] = { "1": "1", "2": "3", "3": "2" }[cells[9]!]!;
      return cells.join(",");
    });
    const { config, sheet } = withSheet(table);
    const said = await simpang("import", "plans", sheet, "--config", config, "--write");
    expect(said.code).toBe(0);
    const [a, b, c] = stages.rings[0]!;
    expect(loadCity(config).schedule.planSets.get(set)!.plans.get(stages.id)!.sequence).toEqual([[a, c, b]]);
  });

  it.each([
    ["", /sheet\.csv:1:1 holds no rows/],
    [
      `${head}\nmidday,wika,108,0,1,6\nmidday,wika,,,2,60\nmidday,wika,,,3,42\nmidda,wika,108,0,1,60\nmidda,wika,,,2,24\nmidda,wika,,,3,24\n`,
      /:2:21 midday\/wika: 6 s is below the \d+ s that phase 1 needs(.|\n)*did you mean plan "midday"\?/,
    ],
    [
      `${head}\nmidday,wika,108,0,1,60\nmidday,wika,,,2,30\nmidday,wika,,,3,30\n`,
      /:2:1 midday\/wika: ring 1 adds up to 120 s, the cycle is 108 s/,
    ],
  ] as const)("refuses %j by line and column, and writes nothing", async (table, message) => {
    const { config, sheet, before } = withSheet(table);
    const said = await simpang("import", "plans", sheet, "--config", config, "--write");
    expect(said.code).toBe(2);
    expect(said.out).toMatch(message);
    expect(readFileSync(join(config, "plans.yaml"), "utf8")).toBe(before);
  });

  it("refuses a file that is not there, and one that is not text", async () => {
    expect((await simpang("import", "plans", "/nowhere.csv")).error).toMatch(/cannot be read \(ENOENT\)/);
    const sheet = join(scratch(), "sheet.csv");
    writeFileSync(sheet, Buffer.from([0xff, 0xfe, 0x00, 0xd8]));
    expect((await simpang("import", "plans", sheet)).error).toMatch(/not UTF-8/);
    expect((await simpang("import", "plans")).code).toBe(2);
  });
});

describe("a table of plans", () => {
  const city = loadCity(town);
  it.each([
    ["plan,junction,cycle,offset_s,phase,split_s\n", /:1:15 no column "cycle"; did you mean "cycle_s"\?/],
    ["plan,junction,cycle_s,offset_s,phase\n", /neither column "split_s" nor "green_s"/],
    [`${head}\nmidday,wikka,108,0,1,60\n`, /:2:8 no junction "wikka"; did you mean "wika"\?/],
    [`${head}\nmidday,wika,108,0,9,60\n`, /:2:19 no phase "9" at junction "wika"; known: 1, 2, 3/],
    [`${head}\nmidday,wika,108,0,1,1e9\n`, /:2:21 split_s "1e9" is not a number of seconds/],
    [`${head}\nmidday,wika,108,0,1,-5\n`, /:2:21 split_s "-5" is not a number/],
    [`${head}\nmidday,wika,108,0,1,60\nmidday,wika,108,0,1,60\n`, /:3:19 phase 1 .* stands on line 2 already/],
    [
      `${head}\nmidday,wika,108,0,1,60,54\n`,
      /:2:24 green 54 s, amber 3 s and all-red 2 s do not make the split of 60 s/,
    ],
    [`${head}\nmidday,wika,108,0,1,60,,2\n`, /:2:25 amber_s 2, but junctions\/wika.yaml gives phase 1 3 s/],
    [`${head}\nmidday,wika,,0,1,60\n`, /:2:1 plan "midday" at "wika" has no cycle_s/],
    [`${head}\nmidday,wika,108,0,1,60,,,,1\nmidday,wika,,,2,24,,,,1\nmidday,wika,,,3,24,,,,2\n`, /have the same order/],
  ] as const)("refuses %j by line and column", (table, message) => {
    const told = parsePlanSheet(table, city).faults.map(
      ({ line, column, message: said }) => `:${line}:${column} ${said}`,
    );
    expect(told.join("\n")).toMatch(message);
  });
});
