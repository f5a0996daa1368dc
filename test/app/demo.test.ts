import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom, toArray } from "rxjs";
import { beforeAll, describe, expect, it } from "vitest";
import { verifyAudit } from "../../engine/store/audit.ts";
import { openDuckStore } from "../../engine/store/duck-store.ts";
import { scratch, simpang } from "./simpang.ts";

const demo = (out: string, ...more: readonly string[]) =>
  simpang(
    ...["run", "--for", "3m", "--seed", "7", "--port", "0", "--json", "--out", out],
    // It decides from the first minute on, where cycle-adaptive watches for some cycles first.
    ...["--strategy", "max-pressure"],
    ...more,
  );

interface Summary {
  readonly vehicles: Readonly<Record<string, number>>;
  readonly all: Readonly<Record<string, number>>;
  readonly side: Readonly<Record<string, number>>;
  readonly pedestrians: Readonly<Record<string, number>>;
  readonly plans: Readonly<Record<string, number>>;
  readonly readings: { readonly accepted: number; readonly faulty: number };
  readonly guardDenials: Readonly<Record<string, number>>;
  readonly conflictMonitorTrips: number;
  readonly lateTicks: number;
  readonly scheduledPlans: Readonly<Record<string, number>>;
}

describe("the corridor over real sockets", () => {
  let first: string;
  let summary: Summary;
  beforeAll(async () => {
    first = join(scratch(), "first");
    const { code, out, error } = await demo(first, "--speed", "max");
    expect({ code, error }).toEqual({ code: 0, error: "" });
    summary = JSON.parse(out) as Summary;
  }, 120_000);

  it("reports what the issue asks for", () => {
    expect(summary.vehicles["arrived"]).toBeGreaterThan(0);
    expect(summary.plans["pushed"]).toBeGreaterThan(0);
    expect(summary.plans["verified"]).toBe(summary.plans["pushed"]);
    expect(summary).toMatchObject({ conflictMonitorTrips: 0, lateTicks: 0, readings: { faulty: 0 } });
    for (const figure of [
      summary.all["meanDelayS"],
      summary.all["meanStops"],
      summary.side["p95DelayS"],
      summary.pedestrians["p95WaitS"],
    ])
      expect(figure).toBeGreaterThanOrEqual(0);
    // The same traffic under the scheduled plans.
    expect(summary.scheduledPlans["arrived"]).toBeGreaterThan(0);
  });

  it("gives the same bytes again, at another speed", async () => {
    const second = join(scratch(), "second");
    const { code } = await demo(second, "--speed", "200");
    expect(code).toBe(0);
    const bytes = (folder: string, file: string) => readFileSync(join(folder, file), "utf8");
    expect(bytes(second, "events.jsonl") === bytes(first, "events.jsonl")).toBe(true);
    expect(bytes(second, "audit.jsonl") === bytes(first, "audit.jsonl")).toBe(true);
  }, 120_000);

  it("gives other bytes for another seed", async () => {
    const other = join(scratch(), "other");
    await simpang(
      "run",
      "--for",
      "1m",
      "--seed",
      "8",
      "--speed",
      "max",
      "--strategy",
      "fixed",
      "--port",
      "0",
      "--json",
      "--out",
      other,
    );
    const readings = (folder: string) =>
      readFileSync(join(folder, "events.jsonl"), "utf8")
        .split("\n")
        .filter((line) => line.includes('"reading"'))
        .slice(0, 200)
        .join();
    expect(readings(other)).not.toBe(readings(first));
  }, 120_000);

  it("leaves a whole audit trail: every command before its outcome, the release of every cabinet last", () => {
    const path = join(first, "audit.jsonl");
    expect(verifyAudit(path)).toMatchObject({ ok: true, torn: [] });
    const entries = readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { action: string; data: { command?: string } });
    const at = (action: RegExp, id: string) =>
      entries.findIndex((entry) => action.test(entry.action) && entry.data.command === id);
    const commands = entries.flatMap(({ action, data }) => (action.startsWith("command:") ? [data.command!] : []));
    expect(new Set(commands).size).toBe(commands.length);
    for (const id of commands) expect(at(/^(outcome:|denied)/, id)).toBeGreaterThan(at(/^command:/, id));
    expect(entries[0]!.action).toBe("run:start");
    expect(entries.slice(-2).map(({ action }) => action)).toEqual(["run:end", "record:sealed"]);
    expect(entries.filter(({ action }) => action === "command:release")).toHaveLength(5);
  });

  it("leaves its history in the store: what was read, judged, decided, and what the cabinets logged", async () => {
    const store = await openDuckStore(join(first, "history.duckdb"));
    try {
      for (const kind of ["reading", "observation", "status", "decision", "outcome", "cabinet"] as const) {
        const rows = await lastValueFrom(store.query({ kinds: [kind], limit: 1 }).pipe(toArray()));
        expect([kind, rows.length]).toEqual([kind, 1]);
      }
    } finally {
      await store.close();
    }
  });

  it("replays to the same decisions", async () => {
    const { code, out } = await simpang("replay", first, "--json");
    const result = JSON.parse(out) as { ticks: number; recorded: number; same: number };
    expect({ code, ...result }).toMatchObject({ code: 0, ticks: 180, same: result.recorded });
    expect(result.recorded).toBeGreaterThanOrEqual(summary.plans["pushed"]!);
  });

  it("is found out when a decision in its record was changed, with the seal or without", async () => {
    const log = readFileSync(join(first, "events.jsonl"), "utf8");
    const lines = log.split("\n");
    const index = lines.findIndex((line) => line.includes('"kind":"decision"'));
    const decision = lines[index]!;
    const changed = decision.replace(/"offset":(\d+)/, (_, offset: string) => `"offset":${Number(offset) + 1000}`);
    expect(changed).not.toBe(decision);
    const folder = scratch();
    writeFileSync(join(folder, "events.jsonl"), lines.with(index, changed).join("\n"));
    const alone = await simpang("replay", folder);
    expect(alone.code).toBe(3);
    expect(alone.out).toContain("First difference at");

    // A reading that changed no decision is found out by the seal in the audit trail.
    const reading = lines.findIndex((line) => line.includes('"kind":"reading"'));
    const sealed = join(scratch(), "sealed");
    mkdirSync(sealed);
    copyFileSync(join(first, "audit.jsonl"), join(sealed, "audit.jsonl"));
    writeFileSync(
      join(sealed, "events.jsonl"),
      lines.with(reading, lines[reading]!.replace(/"seq":(\d+)/, '"seq":$10')).join("\n"),
    );
    const quiet = await simpang("replay", sealed);
    expect(quiet.code).toBe(3);
    expect(quiet.out).toContain("altered: events.jsonl is not what the run wrote");
  });

  it("is not taken for a record of another configuration", async () => {
    const folder = scratch();
    const [head = "", ...rest] = readFileSync(join(first, "events.jsonl"), "utf8").split("\n");
    writeFileSync(
      join(folder, "events.jsonl"),
      [head.replace(/"config":"[0-9a-f]{12}/, '"config":"000000000000'), ...rest].join("\n"),
    );
    const { code, error } = await simpang("replay", folder);
    expect(code).toBe(2);
    expect(error).toContain("Give the folder it ran with as --config");
  });

  it("replays what a killed run left behind", async () => {
    const folder = scratch();
    const log = readFileSync(join(first, "events.jsonl"));
    writeFileSync(join(folder, "events.jsonl"), log.subarray(0, Math.floor(log.length * 0.7)));
    const { code, out } = await simpang("replay", folder, "--json");
    expect(code).toBe(0);
    expect((JSON.parse(out) as { ticks: number }).ticks).toBeGreaterThan(100);
  });
});
