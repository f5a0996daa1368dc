import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { atspm, sample, scratch, simpang } from "./simpang.ts";

/** Rows of a CSV by column. */
function table(name: string): readonly Readonly<Record<string, string>>[] {
  const [header = "", ...rows] = readFileSync(join(sample, name), "utf8").trim().split(/\r?\n/);
  const columns = header.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((value, i) => [columns[i]!, value])));
}

/** The sample's local time (Pacific daylight time) in the report's two ways of writing. */
const local = (text: string) => `${text.slice(0, 19)} UTC-7`;
const utc = (text: string) => new Date(Date.parse(`${text.replace(" ", "T")}Z`) + 7 * 3_600_000).toISOString();

const args = ["run", "--shadow", "--events", join(sample, "events.csv.gz"), "--config", atspm];

interface Report {
  readonly events: number;
  readonly duplicates: number;
  readonly sent: number;
  readonly decisions: number;
  readonly quarters: readonly { readonly phase: number; readonly start: string; readonly count: number }[];
  readonly phaseCycles: readonly Readonly<Record<string, number | string>>[];
  readonly cycles: readonly {
    readonly from: string;
    readonly to: string;
    readonly saw: Readonly<Record<string, number>>;
    readonly ran: { readonly actualCycleS: number; readonly actualSplitsS: Readonly<Record<string, number>> };
    readonly wouldSend?: {
      readonly cycleS: number;
      readonly splitsS: Readonly<Record<string, number>>;
      readonly reasons: readonly string[];
    };
  }[];
  readonly folder: string;
}

describe("two hours of a real signal in shadow", () => {
  let report: Report;
  beforeAll(async () => {
    const { code, out } = await simpang(...args, "--out", join(scratch(), "run"), "--json");
    expect(code).toBe(0);
    report = JSON.parse(out) as Report;
  });

  it("are played to their end, and nothing is sent", () => {
    expect(report).toMatchObject({ events: 37_148, duplicates: 4, sent: 0 });
  });

  it("count per phase and quarter of an hour what UDOT's own code counted", () => {
    const expected = table("expected-udot4/volume_bins.csv").map((row) => ({
      phase: Number(row["phase"]),
      start: local(row["bin_start"]!),
      count: Number(row["count"]),
    }));
    expect(report.quarters).toEqual(expected);
  });

  it("count per phase and cycle what UDOT's own code counted, arrivals on green, yellow and red apart", () => {
    const expected = table("expected-udot4/pcd_cycles.csv").map((row) => ({
      phase: Number(row["phase"]),
      red: utc(row["cycle_start_red"]!),
      green: utc(row["green"]!),
      yellow: utc(row["yellow"]!),
      end: utc(row["cycle_end_red"]!),
      volume: Number(row["volume"]),
      onGreen: Number(row["aog"]),
      onYellow: Number(row["aoy"]),
      onRed: Number(row["aor"]),
    }));
    expect(report.phaseCycles.map(({ delayS: _, ...cycle }) => cycle)).toEqual(expected);
  });

  it("show per cycle what was seen, what ran, what would have been sent, and why", () => {
    expect(report.cycles).toHaveLength(79);
    for (const { saw, ran } of report.cycles) {
      expect(Object.keys(saw)).toEqual(["2", "5", "6", "8"]);
      expect(ran.actualCycleS).toBe(75);
      expect(ran.actualSplitsS["2"]).toBeGreaterThan(10);
    }
    const wanted = report.cycles.flatMap(({ wouldSend }) => wouldSend ?? []);
    expect(wanted.length).toBeGreaterThan(5);
    for (const { cycleS, splitsS, reasons } of wanted) {
      expect(splitsS["2"]! + splitsS["4"]!).toBe(cycleS);
      expect(reasons.join()).not.toBe("");
    }
  });
});

describe("a shadow run", () => {
  it("says it in words, leaves a record without a single command, and replays to the same decisions", async () => {
    const out = join(scratch(), "run");
    const said = await simpang(...args, "--for", "20m", "--strategy", "max-pressure", "--out", out);
    expect(said.code).toBe(0);
    expect(said.out).toContain("strategy max-pressure: nothing was sent");
    expect(said.out).toMatch(/12:\d\d:\d\d-12:\d\d:\d\d {2}saw 2:\d+ 5:\d+ 6:\d+ 8:\d+ {2}ran .*cycle 75 s/);
    expect(existsSync(join(out, "history.duckdb"))).toBe(true);
    expect(readFileSync(join(out, "audit.jsonl"), "utf8")).not.toContain("command:");
    const replayed = await simpang("replay", out, "--config", atspm);
    expect(replayed.code).toBe(0);
  });
});
