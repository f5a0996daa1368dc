import { stripVTControlCharacters } from "node:util";
import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import * as argument from "../../app/arguments.ts";
import { ExchangeCount } from "../../app/exchange-count.ts";
import { type LiveContext, liveState } from "../../app/live-state.ts";
import { seededRandom } from "../../app/seeded-random.ts";
import { SteppedClock } from "../../app/stepped-clock.ts";
import { logLine, screen } from "../../app/terminal-view.ts";
import { instant, seconds } from "../../config/units.ts";
import { planFor, rig, shifted, wanting } from "../engine/pipeline/rig.ts";

describe("arguments", () => {
  it("read times, speeds, seeds and places in time", () => {
    expect([argument.duration("90s"), argument.duration("1.5m"), argument.duration("1h")]).toEqual([
      90_000, 90_000, 3_600_000,
    ]);
    expect([argument.speed("10"), argument.speed("max")]).toEqual([10, Number.POSITIVE_INFINITY]);
    expect([argument.seeds("1..4"), argument.seeds("3"), argument.seeds("9,2")]).toEqual([[1, 2, 3, 4], [3], [9, 2]]);
    expect(argument.instantOf(argument.localTime("2026-02-03T07:00"), seconds(8 * 3600))).toBe(
      Date.UTC(2026, 1, 2, 23),
    );
  });

  it.each([
    [argument.duration, ["0s", "-1m", "1d", "10"]],
    [argument.speed, ["fast", "-1", "0"]],
    [argument.wholeNumber, ["", "1e99", "1.5", "-1"]],
    [argument.factor, ["11", "0"]],
    [argument.port, ["65536"]],
    [argument.seeds, ["5..1", "0..1000", "a"]],
    [argument.localTime, ["2026-02-30T99:00", "07:00", "2026-13-01T00:00"]],
  ] as const)("%o refuses what it cannot mean", (read, texts) => {
    for (const text of texts) expect(() => read(text), text).toThrow(InvalidArgumentError);
  });
});

describe("SteppedClock", () => {
  it("runs what is due in order of time, then of asking, and ticks at whole multiples", () => {
    const clock = new SteppedClock(instant(500));
    const heard: string[] = [];
    clock.ticks(seconds(1)).subscribe((at) => heard.push(`tick ${at}`));
    for (const [name, delay] of [
      ["late", 1500],
      ["first", 500],
      ["second", 500],
    ] as const)
      clock.scheduler.schedule(() => heard.push(`${name} ${clock.now()}`), delay);
    clock.advanceTo(instant(2000));
    expect(heard).toEqual(["tick 1000", "first 1000", "second 1000", "late 2000", "tick 2000"]);
  });

  it("forgets what was called off", () => {
    const clock = new SteppedClock(instant(0));
    const heard: number[] = [];
    const ticks = clock.ticks(seconds(1)).subscribe((at) => heard.push(at));
    const never = clock.scheduler.schedule(() => heard.push(-1), 1500);
    clock.advanceTo(instant(1000));
    ticks.unsubscribe();
    never.unsubscribe();
    clock.advanceTo(instant(60_000));
    expect(heard).toEqual([1000]);
  });

  it("runs what is asked for from inside, at its own time", () => {
    const clock = new SteppedClock(instant(0));
    const heard: number[] = [];
    clock.scheduler.schedule(
      function again(this, n?: number) {
        heard.push(clock.now());
        if (n! < 3) this.schedule(n! + 1, 100);
      },
      100,
      1,
    );
    clock.advanceTo(instant(250));
    expect(heard).toEqual([100, 200]);
    clock.advanceTo(instant(1000));
    expect(heard).toEqual([100, 200, 300]);
  });
});

describe("seededRandom", () => {
  it("forks by name: the same stream whoever else forks, another one for another name or seed", () => {
    const take = (random: { next(): number }) => [random.next(), random.next(), random.next()];
    const plain = take(seededRandom(7).fork("street"));
    const busy = seededRandom(7);
    busy.fork("cameras").next();
    busy.next();
    expect(take(busy.fork("street"))).toEqual(plain);
    expect(take(seededRandom(7).fork("cameras"))).not.toEqual(plain);
    expect(take(seededRandom(8).fork("street"))).not.toEqual(plain);
  });

  it("is even over [0, 1)", () => {
    const random = seededRandom(3);
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) bins[Math.floor(random.next() * 10)]!++;
    // Each bin holds 10,000 with a standard deviation of 95.
    for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe("ExchangeCount", () => {
  it("is idle only when nothing is open and nothing follows", async () => {
    const count = new ExchangeCount();
    const order: string[] = [];
    const first = count.begin();
    const idle = count.idle().then(() => order.push("idle"));
    setImmediate(() => {
      order.push("first done");
      first();
      first();
      const second = count.begin();
      setImmediate(() => {
        order.push("second done");
        second();
      });
    });
    await idle;
    expect(order).toEqual(["first done", "second done", "idle"]);
    expect(count.open).toBe(0);
  });
});

describe("the live state", () => {
  const run = rig({ strategy: wanting((known) => [planFor("a", shifted(known, 4))]) });
  run.cabinet("a").greens = [1];
  run.run(20);
  run.cabinet("b").reachable = false;
  run.run(3);
  const context: LiveContext = {
    city: run.city,
    strategy: "test",
    simulated: false,
    speed: "wall time",
    plans: { pushed: 1, verified: 1, refused: 0 },
    denials: { "cycle-step": 2 },
    street: undefined,
    reasons: new Map([["a", "as told"]]),
    alarms: new Map([["b/unreachable", "The cabinet does not answer: test."]]),
  };
  const frame = run.frames.at(-1)!;
  const state = liveState(new Map([["main", frame]]), frame.now, context);

  it("shows each junction as the engine knows it", () => {
    const [a, b, c] = state.corridors[0]!.junctions;
    expect(a).toMatchObject({
      mode: "central",
      plan: { id: "shifted/4", cycleS: 90, splitsS: { 1: 49, 2: 17, 3: 24 } },
      lastReason: "as told",
    });
    expect(a!.phases.map(({ state: shown }) => shown)).toEqual(["green", "red", "red"]);
    expect(a!.approaches.find(({ id }) => id === "west")).toMatchObject({ state: "green", basis: "measured" });
    expect(b).toMatchObject({ mode: "unreachable", plan: undefined });
    expect(b!.phases.every(({ state: shown }) => shown === "unknown")).toBe(true);
    expect(c).toMatchObject({ mode: "local", pattern: 1, plan: undefined });
    expect(state).toMatchObject({
      localTime: "2026-02-03 08:00:23 UTC+8",
      counts: { guardDenials: 2 },
      street: undefined,
    });
    expect(state.alarms).toEqual([{ junction: "b", name: "unreachable", text: "The cabinet does not answer: test." }]);
  });

  it("counts down to the end of green by the plan, where the cabinet tells its place in the cycle", () => {
    const cabinets = new Map(frame.state.cabinets);
    const status = cabinets.get("a")!;
    if (status.kind !== "reachable") throw new Error("junction a answers in this test");
    cabinets.set("a", { ...status, cyclePosition: seconds(10) });
    const there = { ...frame, state: { ...frame.state, cabinets } };
    const [a] = liveState(new Map([["main", there]]), frame.now, context).corridors[0]!.junctions;
    // Phase 1 has 49 s with 5 s of amber and all-red: its green ends 44 s into the cycle.
    expect(a!.phases[0]!.remainingS).toBe(34);
  });

  it("is told on a screen and in a line", () => {
    const text = stripVTControlCharacters(screen(state));
    expect(text).toContain("Simpang A");
    expect(text).toContain("modbus central  cycle 90 offset 0");
    expect(text).toContain("b: The cabinet does not answer: test.");
    expect(logLine(state)).toBe("2026-02-03 08:00:23 UTC+8 a=A/c90/central b=-/unreachable c=-/local alarms 1");
  });
});
