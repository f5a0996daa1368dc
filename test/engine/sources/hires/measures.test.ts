import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { instant, seconds } from "../../../../config/units.ts";
import { cycleVolumes, greenCycles, redCycles } from "../../../../engine/sources/hires/cycles.ts";
import { type HiresEvent, readHiresLog } from "../../../../engine/sources/hires/log.ts";
import { parseHiresDetectors, readHiresDetectors } from "../../../../engine/sources/hires/mapping.ts";
import { planAt, ranPlans } from "../../../../engine/sources/hires/plans.ts";
import { actuations, arrivals, volumeBins, withFunction } from "../../../../engine/sources/hires/volumes.ts";
import { folder, local, PDT, quarter, table, window } from "./sample.ts";

const log = readHiresLog(join(folder, "events.csv.gz"), PDT);
const udot = readHiresDetectors(join(folder, "config_udot4.csv"));

describe("two hours of a real signal", () => {
  it("are read clean", () => {
    expect({ device: log.device, events: log.events.length, duplicates: log.duplicates }).toEqual({
      device: "1136",
      events: 37_148,
      duplicates: 4,
    });
    expect(log.events[0]).toEqual({ at: local("2024-04-15 12:00:00.000"), code: 0, param: 5 });
  });

  it("give UDOT's volumes per approach and quarter exactly", () => {
    const bins = volumeBins({ events: log.events, detectors: udot, window, bin: quarter });
    expect(bins).toEqual(
      table("expected-udot4/volume_bins.csv").map((row) => ({
        approach: row["approach_id"],
        phase: Number(row["phase"]),
        start: local(row["bin_start"]!),
        count: Number(row["count"]),
        vehPerHour: Number(row["hourly"]),
      })),
    );
  });

  it("give the same volumes from the other form of the detector table", () => {
    const detectors = readHiresDetectors(join(folder, "detectors.csv"));
    const volumes = (from: typeof udot) => volumeBins({ events: log.events, detectors: from, window, bin: quarter });
    expect(volumes(detectors)).toEqual(volumes(udot));
  });

  it("give UDOT's coordination diagram exactly: cycles, arrivals on red, green and yellow, delay", () => {
    const expected = table("expected-udot4/pcd_cycles.csv");
    const phases = [...new Set(expected.map((row) => Number(row["phase"])))];
    // The peer reads detections inside the window only.
    const inside = log.events.filter(({ at }) => at >= window.from && at < window.to);
    const cycles = phases.flatMap((phase) => {
      const own = withFunction(udot, "advance").filter((detector) => detector.phase === phase);
      return cycleVolumes(redCycles(log.events, phase, window), arrivals(inside, own));
    });
    expect(cycles).toHaveLength(342);
    expect(cycles).toEqual(
      expected.map((row) => ({
        phase: Number(row["phase"]),
        red: local(row["cycle_start_red"]!),
        green: local(row["green"]!),
        yellow: local(row["yellow"]!),
        end: local(row["cycle_end_red"]!),
        volume: Number(row["volume"]),
        onGreen: Number(row["aog"]),
        onYellow: Number(row["aoy"]),
        onRed: Number(row["aor"]),
        delay: Math.round(Number(row["delay_s"]) * 1000),
      })),
    );
  });

  it("give the Python peer's actuations per channel exactly", () => {
    expect(actuations(log.events, window, quarter)).toEqual(
      table("expected-strasser/actuations.csv").map((row) => ({
        channel: Number(row["Detector"]),
        start: local(`${row["TimeStamp"]}.000`),
        count: Number(row["Total"]),
      })),
    );
  });

  it("tell the plan that ran by the maker's own codes", () => {
    const plan = planAt(ranPlans(log.events), local("2024-04-15 12:05:00.000"));
    expect({ cycle: plan.actualCycleS, offset: plan.actualOffsetS, pattern: plan.pattern }).toEqual({
      cycle: 75,
      offset: 45,
      pattern: undefined,
    });
    expect(Object.keys(plan.actualSplitsS)).toEqual(["2", "5", "6", "8"]);
  });
});

describe("cycles", () => {
  const event = (s: number, code: number, param = 2): HiresEvent => ({ at: instant(s * 1000), code, param });
  const service = (s: number) => [event(s, 1), event(s + 20, 8), event(s + 24, 9)];

  it("run from the end of yellow to the next, and from green to green", () => {
    const events = [...service(0), ...service(60), event(120, 1)];
    expect(redCycles(events, 2)).toEqual([{ phase: 2, red: 24_000, green: 60_000, yellow: 80_000, end: 84_000 }]);
    expect(greenCycles(events, 2).map(({ green, end }) => [green, end])).toEqual([
      [0, 60_000],
      [60_000, 120_000],
    ]);
  });

  it.each([
    ["a lost begin of green", [...service(0), event(80, 8), event(84, 9)]],
    ["a clock set", [...service(0), event(40, 181, 0), ...service(60)]],
    ["a power failure", [...service(0), event(40, 182, 1), event(50, 184, 1), ...service(60)]],
    ["a gap", [...service(0), ...service(400)]],
  ])("are not built across %s", (_what, events) => {
    expect(redCycles(events, 2)).toEqual([]);
  });

  it("count an arrival at begin of green as green, at its end as yellow", () => {
    const [cycle] = cycleVolumes(
      redCycles([...service(0), ...service(60)], 2),
      [24, 59.9, 60, 80, 83.9, 84].map((s) => instant(s * 1000)),
    );
    expect(cycle).toMatchObject({ volume: 5, onRed: 2, onGreen: 1, onYellow: 2, delay: 36_100 });
  });
});

describe("detector tables", () => {
  it("shift arrivals by distance, speed and latency as UDOT does", () => {
    const text =
      "approach_id,description,phase,permissive_phase,mph,channel,det_types,distance_ft,latency_s\n1,NB,2,,45,7,2,340,1.2";
    expect(parseHiresDetectors("x.csv", text)[0]!.shift).toBe(seconds(3.95));
  });

  it.each([
    [
      "DeviceId,Phase,Function,Parameter\n1,2,Advnce,2",
      'line 2: Function is "Advnce"; known are Advance, Presence, Yellow_Red, stop bar count',
    ],
    ["DeviceId,Phase,Function,Parameter\n1,two,Advance,2", 'line 2: Phase is "two"; write a whole number'],
    ["a,b\n1,2", 'header is "a,b"; it must name Function and Parameter, or det_types and channel'],
  ])("are refused by line: %j", (text, message) => {
    expect(() => parseHiresDetectors("x.csv", text)).toThrow(`x.csv: ${message}`);
  });
});
