import { describe, expect, it } from "vitest";
import { defaultConfig, readCity, strategyOf } from "../../app/city-files.ts";
import { directWiring, simulatedRun } from "../../app/compose/simulated-run.ts";
import { instant, seconds } from "../../config/units.ts";

/** 02:00 in Balikpapan: greens end by their own maximum while nobody waits elsewhere. */
const NIGHT = instant(Date.parse("2026-02-03T02:00:00+08:00"));

describe("second by second at night", () => {
  it.each([
    ["actuated", 4],
    ["actuated", 6],
    ["max-pressure", 4],
  ])("%s with seed %i asks for nothing that the guard has to deny", async (name, seed) => {
    const city = readCity(defaultConfig);
    const report = await simulatedRun(
      { city, strategy: strategyOf(name), seed, start: NIGHT, duration: seconds(1500) },
      directWiring(city),
      { speed: Number.POSITIVE_INFINITY, onLate: () => undefined },
    );
    expect(report.serves.sent).toBeGreaterThan(100);
    expect(report.guardDenials).toEqual({});
    expect(report.conflictMonitorTrips).toBe(0);
  });
});
