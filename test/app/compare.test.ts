import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Comparison, comparisonText } from "../../app/compose/comparison.ts";
import type { RunReport } from "../../app/compose/report.ts";
import { interval95 } from "../../app/statistics.ts";
import { scratch } from "../simulation/sumo/tools.ts";
import { simpang } from "./simpang.ts";

describe("compare", () => {
  it("runs the same seeds under each strategy and pairs them", async () => {
    const args = ["compare", "--strategies", "fixed,max-pressure", "--seeds", "1..2", "--for", "90s", "--json"];
    const { code, out } = await simpang(...args);
    expect(code).toBe(0);
    const result = JSON.parse(out) as Comparison & { readonly runs: readonly RunReport[] };
    expect(result).toMatchObject({ base: "fixed", seeds: [1, 2] });
    expect(result.runs.map(({ strategy, seed }) => `${strategy} ${seed}`)).toEqual([
      "fixed 1",
      "max-pressure 1",
      "fixed 2",
      "max-pressure 2",
    ]);
    const delay = (strategy: string, seed: number) =>
      result.runs.find((run) => run.strategy === strategy && run.seed === seed)!.all.meanDelayS;
    // The same people set out, whoever controls the lamps.
    for (const seed of [1, 2]) {
      const [a, b] = result.runs.filter((run) => run.seed === seed);
      expect(a!.vehicles.demanded).toBe(b!.vehicles.demanded);
    }
    const row = result.strategies[1]!.measures.find(({ key }) => key === "meanDelayS")!;
    const differences = [1, 2].map((seed) => delay("max-pressure", seed) - delay("fixed", seed));
    expect(row.difference!.mean).toBeCloseTo((differences[0]! + differences[1]!) / 2, 9);
    expect(row.difference!.low).toBeLessThanOrEqual(row.difference!.mean);

    const text = comparisonText(result);
    expect(text).toContain("2 seeds, paired differences against fixed with 95 % intervals");
    expect(text).toMatch(/max-pressure\n(.*\n)+.*mean delay, s\/veh +\d+\.\d .*\[/);
  }, 120_000);

  it("lets incidents happen in every run, and refuses a file with faults", async () => {
    const folder = scratch();
    const file = join(folder, "incidents.yaml");
    const during = 'from: "07:00", to: "07:05"';
    writeFileSync(file, `origin: synthetic\nincidents:\n  - { kind: closure, link: beruang-madu_beller, ${during} }\n`);
    const args = ["compare", "--strategies", "fixed,max-pressure", "--seeds", "1", "--for", "120s", "--json"];
    const { code, out } = await simpang(...args, "--incidents", file);
    expect(code).toBe(0);
    for (const { vehicles } of (JSON.parse(out) as { readonly runs: readonly RunReport[] }).runs)
      expect(vehicles.diverted).toBeGreaterThan(0);
    writeFileSync(file, `origin: synthetic\nincidents:\n  - { kind: closure, link: nowhere, ${during} }\n`);
    const refused = await simpang(...args, "--incidents", file);
    expect(refused.code).not.toBe(0);
    expect(refused.error).toMatch(/incidents\.yaml:3:\d+ incidents\[0\]\.link: no link "nowhere"/);
  }, 60_000);
});

describe("interval95", () => {
  it("gives the textbook's interval", () => {
    // Mean 10, standard deviation 2, n = 5: t = 2.776, half width 2.776 * 2 / sqrt(5).
    const spread = 2 / Math.sqrt(2.5);
    const values = [-2, -1, 0, 1, 2].map((each) => 10 + each * spread);
    const { mean, low, high } = interval95(values);
    expect(mean).toBeCloseTo(10, 12);
    expect(high - mean).toBeCloseTo((2.776 * 2) / Math.sqrt(5), 9);
    expect(mean - low).toBeCloseTo(high - mean, 12);
  });

  it("is unknown from one value", () => {
    expect(interval95([4])).toEqual({ mean: 4, low: Number.NaN, high: Number.NaN });
  });
});
