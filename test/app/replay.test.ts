import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { replay } from "../../app/compose/replay.ts";
import { after as later, seconds } from "../../config/units.ts";
import { fixed } from "../../engine/core/strategies/fixed.ts";
import type { Strategy } from "../../engine/core/strategy.ts";
import type { Event } from "../../engine/ports/event-store.ts";
import { eventLine } from "../../engine/store/canonical.ts";
import { rig, START } from "../engine/pipeline/rig.ts";
import { testCity } from "../support/city.ts";
import { scratch } from "./simpang.ts";

const city = testCity();

/** Writes down what a run recorded, as the recorder does. */
function record(events: readonly Event[]): string {
  const path = join(scratch(), "events.jsonl");
  const start: Event = { at: START, kind: "run", subject: city.id, data: { phase: "start", config: city.hash } };
  writeFileSync(path, [start, ...events].map((event) => `${eventLine(event)}\n`).join(""));
  return path;
}

function recorded(late: (s: number) => boolean) {
  // It decides from the first tick on, where the others watch first.
  const strategy = fixed as Strategy;
  const run = rig({ strategy, city, late: (at) => late((at - START) / 1000) });
  run.run(200);
  run.cabinet("a").mode = "manual";
  run.run(100);
  run.stop();
  run.run(3);
  return run;
}

describe("replay", () => {
  it("decides the same as the run did, a junction under manual control and all", async () => {
    const run = recorded(() => false);
    expect(run.events("decision").length).toBeGreaterThan(0);
    const result = await replay(city, record(run.frames.flatMap(({ events }) => events)));
    expect(result).toMatchObject({ ticks: 300, first: undefined, altered: undefined });
    expect(result.same).toBe(result.recorded);
    expect(result.recorded).toBeGreaterThan(run.events("decision").length);
  });

  it("leaves out the ticks that the run itself was late for, quiet ones before them not", async () => {
    const run = recorded((s) => (s >= 30 && s < 37) || (s >= 100 && s < 103));
    const marks = run
      .events("run", "main")
      .flatMap(({ data }) => ("missed" in (data as object) ? [(data as { missed: number }).missed] : []));
    expect(marks).toEqual([7, 3]);
    const result = await replay(city, record(run.frames.flatMap(({ events }) => events)));
    expect(result).toMatchObject({ ticks: 290, first: undefined });
  });

  it("names the first decision that differs", async () => {
    const run = recorded(() => false);
    const events = run.frames.flatMap((frame) => frame.events);
    const index = events.findIndex(({ kind }) => kind === "decision");
    const missing = await replay(city, record(events.toSpliced(index, 1)));
    expect(missing.first).toMatchObject({ at: new Date(events[index]!.at).toISOString() });
    const invented = { ...events[index]!, at: later(START, seconds(2)) };
    const at = events.findIndex((event) => event.at > invented.at);
    expect((await replay(city, record(events.toSpliced(at, 0, invented)))).first?.replayed).toBe("nothing");
  });

  it("refuses what does not begin with a run", async () => {
    const path = join(scratch(), "events.jsonl");
    writeFileSync(path, `${eventLine({ at: START, kind: "reading", subject: "x", data: {} })}\n`);
    await expect(replay(city, path)).rejects.toThrow("does not begin with a run event");
    writeFileSync(path, "");
    await expect(replay(city, path)).rejects.toThrow("is empty");
  });
});
