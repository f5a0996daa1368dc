import { describe, expect, it } from "vitest";
import { defaultConfig } from "../../app/city-files.ts";
import { runMany } from "../../app/compose/many-runs.ts";
import { mean } from "../../app/statistics.ts";
import { instant, seconds } from "../../config/units.ts";

const START = instant(Date.parse("2026-02-03T07:00:00+08:00"));
const seeds = [21, 22, 23];

describe("adaptive control on the demonstration corridor", () => {
  it("saves delay against the scheduled plans on the same traffic, and nobody crossing pays for it", {
    timeout: 240_000,
  }, async () => {
    const job = (strategy: string, seed: number) => ({
      config: defaultConfig,
      strategy,
      seed,
      start: START,
      duration: seconds(3600),
      demandScale: 1,
    });
    const reports = await runMany(
      ["fixed", "cycle-adaptive"].flatMap((strategy) => seeds.map((seed) => job(strategy, seed))),
      () => undefined,
    );
    const [fixed, adaptive] = [reports.slice(0, seeds.length), reports.slice(seeds.length)];
    const delay = (list: typeof reports) => mean(list.map((report) => report.all.meanDelayS));
    const walk = (list: typeof reports) => mean(list.map((report) => report.pedestrians.p95WaitS));
    expect(delay(adaptive)).toBeLessThan(delay(fixed));
    expect(walk(adaptive)).toBeLessThanOrEqual(walk(fixed));
    for (const report of reports) {
      expect(report).toMatchObject({ conflictMonitorTrips: 0, redLightRunners: 0 });
      expect(report.plans.refused + report.plans.lost).toBe(0);
    }
  });
});
