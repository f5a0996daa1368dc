import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultConfig, readCity, strategyOf } from "../../app/city-files.ts";
import { takeRecord } from "../../app/compose/day-record.ts";
import { type DayReport, dayReports } from "../../app/compose/day-report.ts";
import { dayReportText } from "../../app/compose/day-report-text.ts";
import { noRecorder, openRecorder } from "../../app/compose/recorder.ts";
import { directWiring, simulatedRun } from "../../app/compose/simulated-run.ts";
import { after, instant, seconds } from "../../config/units.ts";
import { counterfactual, modelError } from "../../engine/core/counterfactual/counterfactual.ts";

const city = readCity(defaultConfig);
const corridor = city.corridors.get("mt-haryono")!;
const from = instant(Date.parse("2026-02-03T07:00:00+08:00"));
const duration = seconds(1200);
const to = after(from, duration);
const seed = 5;
const folder = mkdtempSync(join(tmpdir(), "counterfactual-"));

/** The same arrivals under a strategy: what the street gave, and what the record says. */
async function run(strategy: string, recorder = noRecorder) {
  const taker = takeRecord(city, corridor, { from, to });
  const record = (events: Parameters<typeof recorder.record>[0]) => {
    recorder.record(events);
    taker.take(events);
  };
  const report = await simulatedRun(
    { city, strategy: strategyOf(strategy), seed, start: from, duration, recorder: { ...recorder, record } },
    directWiring(city),
    { speed: Number.POSITIVE_INFINITY, onLate: () => undefined },
  );
  await recorder.close();
  return { truth: report.all, record: taker.done() };
}

describe("what the scheduled plans would have cost on the same arrivals", () => {
  let fixed: Awaited<ReturnType<typeof run>>;
  let adaptive: Awaited<ReturnType<typeof run>>;
  let day: DayReport;

  beforeAll(async () => {
    fixed = await run("fixed");
    adaptive = await run("cycle-adaptive", await openRecorder(join(folder, "run"), { resume: false }));
    day = (await dayReports(city, join(folder, "run")))[0]!;
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is near what the scheduled plans really gave, from the record of a run that ran others", () => {
    const { scheduled } = counterfactual(city, corridor, adaptive.record);
    const away = Math.abs(scheduled.delayS / fixed.truth.meanDelayS - 1);
    // Twice the stated error: one run in twenty may be beyond it.
    expect(away).toBeLessThan(2 * modelError.delay);
    expect(Math.abs(scheduled.vehicles / fixed.truth.trips - 1)).toBeLessThan(0.1);
  });

  it("says of a run of the scheduled plans that they cost what was run", () => {
    const { asRun, scheduled } = counterfactual(city, corridor, fixed.record);
    expect(Math.abs(asRun.delayS / scheduled.delayS - 1)).toBeLessThan(0.03);
  });

  it("sees what was run and not what was scheduled, when they differ", () => {
    const { asRun, scheduled } = counterfactual(city, corridor, adaptive.record);
    expect(asRun.delayS).not.toBeCloseTo(scheduled.delayS, 1);
    const error = asRun.delayS - scheduled.delayS - (adaptive.truth.meanDelayS - fixed.truth.meanDelayS);
    expect(Math.abs(error)).toBeLessThan(3 * modelError.difference * fixed.truth.meanDelayS);
  });

  it("gives the same figures from the store as from the events that passed", () => {
    // The store's report knows the minutes that have estimates only.
    const whole = counterfactual(city, corridor, adaptive.record);
    expect(Math.abs(day.cost.scheduled.delayS / whole.scheduled.delayS - 1)).toBeLessThan(0.05);
    expect(day.day).toBe("2026-02-03");
  });

  it("reports the longest wait on foot, within every crossing's limit", () => {
    expect(day.walks.map(({ crossing }) => crossing).length).toBeGreaterThan(0);
    for (const { longestS, limitS, beyond } of day.walks) {
      expect(longestS ?? 0).toBeLessThanOrEqual(limitS);
      expect(beyond).toBe(0);
    }
    const text = dayReportText(city, day);
    expect(text).toMatch(/Longest that somebody on foot can have waited.*\n(.*\n)*.*cross-north.* s of 150 s/);
    expect(text).toMatch(/Longest that somebody on foot can have waited.*\n(.*\n)*.*cross-west.* s of 120 s/);
  });

  it("names the day that a folder does not hold", async () => {
    await expect(dayReports(city, join(folder, "run"), "2026-02-04")).rejects.toThrow(
      "no flow estimates of 2026-02-04",
    );
    await expect(dayReports(city, join(folder, "none"))).rejects.toThrow("does not exist");
  });
});
