import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { after, instant, millis, seconds } from "../../../../config/units.ts";
import { observe, startObserve } from "../../../../engine/core/observe/observe.ts";
import type { CrossingReading, PeriodReading, TotalReading } from "../../../../engine/core/reading.ts";
import { at, Bench, cityWith, period, t0 } from "./support.ts";

const one = cityWith([{}]);
/** A live detector's numbers, never the same twice in a row. */
const varied = (i: number) => ({ car: 2 + (i % 3), hv: i % 2, mc: 3 + (i % 4) });

/** Feeds good readings for periods ending at from, from + 10 … to. */
function steady(bench: Bench, from: number, to: number, fields: Partial<PeriodReading> = {}): Bench {
  for (let s = from; s <= to; s += 10) bench.at(at(s + 1), period(s, { counts: varied(s / 10), ...fields }));
  return bench;
}

describe("a quiet detector and a silent one", () => {
  it("a period of zeros is an observation, a missing one is none", () => {
    const bench = new Bench(one).at(at(11), period(10, { counts: { car: 0, hv: 0, mc: 0 } }));
    steady(bench, 30, 60);
    expect(bench.observations.map(({ end }) => (end - t0) / 1000)).toEqual([10, 30, 40, 50, 60]);
    expect(bench.findings).toMatchObject([{ code: "missing", start: at(10), end: at(20) }]);
  });

  it("goes silent with nobody sending, says since when, and comes back by rule", () => {
    const bench = steady(new Bench(one), 10, 60);
    bench.at(at(101));
    expect(bench.health).toEqual([]);
    bench.at(at(102));
    expect(bench.health).toMatchObject([
      { detector: "d", before: "ok", state: "silent", code: "silent", since: at(102) },
    ]);
    steady(bench, 200, 200);
    expect(bench.state.detectors["d"]!.health.state).toBe("silent");
    steady(bench, 210, 210);
    expect(bench.state.detectors["d"]!.health).toMatchObject({ state: "ok", code: "recovered", since: at(211) });
  });

  it("never heard is told apart", () => {
    expect(new Bench(one).at(at(41)).health).toMatchObject([{ state: "silent", code: "never-heard" }]);
  });

  it("repeats are no sign of life", () => {
    const bench = steady(new Bench(one), 10, 60);
    for (let s = 70; s <= 110; s += 10) bench.at(at(s), period(60, { counts: varied(6), receivedAt: at(s) }));
    expect(bench.state.detectors["d"]).toMatchObject({ health: { state: "silent" }, tally: { duplicate: 5 } });
  });
});

describe("order", () => {
  it.each([
    [40, ["late"], 0.9],
    [30, ["late"], 0.9],
    [20, ["history-only", "late"], 0],
  ])("a period ending at %i s after one ending at 50 s", (end, flags, quality) => {
    const bench = new Bench(one)
      .at(at(11), period(10))
      .at(at(51), period(50))
      .at(at(52), period(end, { receivedAt: at(52) }));
    const last = bench.observations.at(-1)!;
    expect([last.end, last.quality]).toEqual([at(end), quality]);
    expect(flags).toContain(last.flags[0]);
  });

  it("holes filled in time are not missing", () => {
    const bench = new Bench(one);
    for (const s of [10, 40, 20, 30, 50, 60, 70])
      bench.at(at(s < 40 ? 42 : s + 1), period(s, { counts: varied(s / 10), receivedAt: at(s < 40 ? 42 : s + 1) }));
    expect(bench.codes()).toEqual(["late", "late"]);
  });

  it("a period across one already taken shows that the clock was set", () => {
    const bench = new Bench(one).at(at(11), period(10)).at(at(16), period(15, { receivedAt: at(16) }));
    expect(bench.observations[1]).toMatchObject({ flags: ["clock-jump"], quality: 0.5 });
  });
});

describe("clocks", () => {
  const ahead = (s: number) => {
    const bench = steady(new Bench(one), 10, 50);
    bench.at(at(61), period(60 + s, { receivedAt: at(61) }));
    return bench;
  };

  it.each([
    [0, []],
    [3, []],
    [3.1, ["re-stamped"]],
    [61, ["re-stamped"]],
  ])("%d s ahead is placed in true time", (s, flags) => {
    const last = ahead(s).observations.at(-1)!;
    expect(last.flags).toEqual(flags);
    expect(last.end - at(61)).toBeLessThanOrEqual(2000);
  });

  it("62 s ahead is refused", () => {
    expect(ahead(62).findings).toMatchObject([{ code: "clock-skew", skewS: 62 }]);
  });

  it.each([
    [8, "8 h ahead"],
    [7, "7 h ahead"],
    [-8, "8 h behind"],
  ])("a zone wrong by %i h is refused by name from the first message on", (hours, words) => {
    const bench = new Bench(one);
    for (let s = 10; s <= 40; s += 10) bench.at(at(s + 1), period(s + hours * 3600, { receivedAt: at(s + 1) }));
    expect(bench.observations).toEqual([]);
    expect(bench.findings[0]).toMatchObject({
      code: "clock-skew",
      skewS: hours * 3600,
      message: expect.stringContaining(words) as string,
    });
    expect(bench.health).toMatchObject([{ state: "suspect", code: "clock-skew" }]);
  });

  it("a backlog after a broken line is old news, not a wrong clock", () => {
    const bench = steady(new Bench(one), 10, 50);
    for (let s = 60; s <= 600; s += 10) bench.at(at(606), period(s, { counts: varied(s / 10), receivedAt: at(606) }));
    expect(bench.codes()).not.toContain("clock-skew");
    expect(bench.observations).toHaveLength(60);
  });

  it("a clock that stays nine minutes behind is found out", () => {
    const bench = new Bench(one);
    for (let s = 10; s <= 120; s += 10)
      bench.at(at(s + 1), period(s - 540, { counts: varied(s / 10), receivedAt: at(s + 1) }));
    expect(bench.findings.at(-1)).toMatchObject({ code: "clock-skew", skewS: -541 });
    expect(bench.state.detectors["d"]!.health.state).toBe("suspect");
  });
});

describe("values", () => {
  it.each([
    ["car", 13, true],
    ["car", 14, false],
    ["mc", 42, true],
    ["mc", 43, false],
  ])("%s: %i in 10 s on one lane can pass: %s", (name, count, taken) => {
    const bench = new Bench(one).at(at(11), period(10, { counts: { [name]: count } }));
    expect(bench.observations.length === 1).toBe(taken);
    expect(bench.codes()).toEqual(taken ? [] : ["impossible-flow"]);
  });

  it.each([
    [10, { car: 8 }, [], 1],
    [8, { car: 10 }, ["scaled"], 0.8],
  ])("%i of 10 s seen gives %j", (observed, counts, flags, quality) => {
    const bench = new Bench(one).at(at(11), period(10, { counts: { car: 8 }, observed: seconds(observed) }));
    expect(bench.observations).toMatchObject([{ counts, flags, quality }]);
  });

  it("less than 80 % seen is missing, and often so is suspect", () => {
    const bench = new Bench(one);
    for (let s = 10; s <= 30; s += 10) bench.at(at(s + 1), period(s, { observed: millis(7999) }));
    expect(bench.observations).toEqual([]);
    expect(bench.health).toMatchObject([{ state: "suspect", code: "partial-view" }]);
  });

  it("nothing crossing an occupied line is congestion, not an empty road", () => {
    const bench = new Bench(one).at(at(11), period(10, { counts: { car: 0 }, occupancy: 0.95 }));
    expect(bench.observations[0]!.flags).toEqual(["congestion"]);
  });

  it("the same numbers again and again are suspect, then failed, and believed again by rule", () => {
    const bench = steady(new Bench(one), 10, 100);
    steady(bench, 110, 300, { counts: { car: 5, hv: 1, mc: 9 }, occupancy: 0.4 });
    expect(bench.health).toMatchObject([{ state: "suspect", code: "stuck-value" }]);
    expect(bench.observations.at(-1)).toMatchObject({ quality: 0, flags: ["suspect"] });
    // Six repeats: three classes and the occupancy make e^20 of it.
    expect((bench.health[0]!.since - at(110)) / 1000).toBeLessThanOrEqual(61);
    steady(bench, 310, 1200, { counts: { car: 5, hv: 1, mc: 9 }, occupancy: 0.4 });
    expect(bench.state.detectors["d"]!.health.state).toBe("failed");
    steady(bench, 1210, 1250);
    expect(bench.state.detectors["d"]!.health).toMatchObject({ state: "ok", code: "recovered" });
    expect(bench.observations.at(-1)).toMatchObject({ quality: 1 });
  });

  it("a lone car now and then, or an empty night, is not stuck", () => {
    const bench = new Bench(one);
    for (let s = 10; s <= 3600; s += 10)
      bench.at(at(s + 1), period(s, { counts: { car: s % 70 === 0 ? 1 : 0, hv: 0, mc: 0 } }));
    expect(bench.health).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5])("SEED=%i random arrivals behind a signal raise no alarm in six hours", (seed) => {
    const random = seededRandom(seed);
    const bench = new Bench(cityWith([{}, { id: "e", lanes: ["west-2"] }]));
    const poisson = (mean: number) => {
      let n = 0;
      for (let p = random.next(); p > Math.exp(-mean); p *= random.next()) n += 1;
      return n;
    };
    for (let s = 10; s <= 6 * 3600; s += 10) {
      const green = s % 90 < 30;
      const counts = () => ({
        car: poisson(green ? 3 : 0),
        hv: poisson(green ? 0.2 : 0),
        mc: poisson(green ? 5 : 0.1),
      });
      const fields = () => ({
        counts: counts(),
        occupancy: green ? Math.round(random.next() * 100) / 100 : 1,
        presence: !green,
      });
      bench.at(at(s + 1), period(s, fields()), period(s, { ...fields(), detector: "e" }));
    }
    expect(bench.health).toEqual([]);
    expect(bench.findings).toEqual([]);
  });

  it("a zone occupied without a gap for ten minutes is stuck on; its counts are still read", () => {
    const bench = new Bench(one);
    for (let s = 10; s <= 700; s += 10)
      bench.at(at(s + 1), period(s, { counts: varied(s / 10), occupancy: 1, presence: true }));
    expect(bench.health).toMatchObject([{ state: "suspect", code: "stuck-on", since: at(601) }]);
    const last = bench.observations.at(-1)!;
    expect([last.occupancy, last.presence, last.quality]).toEqual([undefined, undefined, 0.3]);
  });

  it("zero while the neighbours flow is stuck off, after more than the longest red", () => {
    const bench = new Bench(cityWith([{}, { id: "e", lanes: ["west-2"] }]));
    const both = (from: number, to: number, dead: boolean) => {
      for (let s = from; s <= to; s += 10) {
        const counts = dead ? { car: 0, hv: 0, mc: 0 } : varied(s / 10 + 1);
        bench.at(at(s + 1), period(s, { counts }), period(s, { counts: varied(s / 10), detector: "e" }));
      }
    };
    both(10, 900, false);
    both(910, 1500, true);
    expect(bench.health).toMatchObject([{ detector: "d", state: "suspect", code: "stuck-off" }]);
    // The test city's longest red is 150 s.
    expect(bench.health[0]!.since - at(900)).toBeGreaterThanOrEqual(210_000);
    expect(bench.observations.filter(({ detector }) => detector === "d").at(-1)!.quality).toBe(0);
    both(1510, 1550, false);
    expect(bench.state.detectors["d"]!.health.state).toBe("ok");
  });

  it("zero for everyone is a quiet night", () => {
    const bench = new Bench(cityWith([{}, { id: "e", lanes: ["west-2"] }]));
    for (let s = 10; s <= 900; s += 10)
      bench.at(
        at(s + 1),
        period(s, { counts: varied(s / 10) }),
        period(s, { counts: varied(s / 10 + 2), detector: "e" }),
      );
    for (let s = 910; s <= 3600; s += 10)
      bench.at(at(s + 1), period(s, { counts: { car: 0 } }), period(s, { counts: { car: 0 }, detector: "e" }));
    expect(bench.health).toEqual([]);
  });

  it("three broken messages make a detector suspect, five good ones clear it", () => {
    const bench = steady(new Bench(one), 10, 30);
    for (let s = 40; s <= 60; s += 10)
      bench.at(at(s), {
        kind: "fault",
        code: "invalid",
        message: "counts.car is -3",
        source: "cam",
        detector: "d",
        receivedAt: at(s),
      });
    expect(bench.health).toMatchObject([{ state: "suspect", code: "invalid-messages", reason: "counts.car is -3" }]);
    steady(bench, 70, 110);
    expect(bench.state.detectors["d"]!.health.state).toBe("ok");
  });

  it("a detector nobody knows, or of another camera, is left out and named", () => {
    const bench = new Bench(one).at(at(11), period(10, { detector: "x" }), period(10, { source: "other" }));
    expect(bench.observations).toEqual([]);
    expect(bench.codes()).toEqual(["unknown-detector", "invalid"]);
  });
});

describe("running totals", () => {
  const total = (s: number, value: number, fields: Partial<TotalReading> = {}): TotalReading => ({
    kind: "total",
    source: "cam",
    detector: "d",
    at: at(s),
    receivedAt: at(s + 0.2),
    total: value,
    vehicleClass: "car",
    retained: false,
    ...fields,
  });
  const play = (bench: Bench, ...readings: readonly TotalReading[]) => {
    for (const reading of readings) bench.at(reading.receivedAt, reading);
    return bench;
  };
  const counts = (bench: Bench) => bench.observations.map((seen) => [(seen.start - t0) / 1000, seen.counts.car]);

  it("become what they rose by, period by period, from the first as baseline", () => {
    const bench = play(new Bench(one), total(0, 4127), total(10, 4131), total(20, 4131), total(30, 4136));
    expect(counts(bench)).toEqual([
      [0, 4],
      [10, 0],
      [20, 5],
    ]);
  });

  it("published several times a second lose nothing", () => {
    const bench = new Bench(one);
    for (let i = 0; i <= 120; i++) play(bench, total(i / 4, i >> 2));
    bench.at(at(31));
    expect(counts(bench)).toEqual([
      [0, 10],
      [10, 10],
      [20, 10],
    ]);
  });

  it("off the grid are shared between the periods they span, none lost to rounding", () => {
    const bench = play(new Bench(one), total(5, 0), total(15, 5), total(25, 8), total(35, 14), total(45, 14));
    expect(counts(bench)).toEqual([
      [0, 3],
      [10, 4],
      [20, 4],
      [30, 3],
    ]);
  });

  it("replayed by the broker set the baseline once and are ignored after", () => {
    const bench = play(
      new Bench(one),
      total(-3600, 100, { receivedAt: at(1), retained: true }),
      total(-3600, 100, { receivedAt: at(2), retained: true }),
    );
    expect(bench.codes()).toEqual(["replay"]);
    expect(bench.observations).toEqual([]);
    // Back after an hour: one count for all that time, and no spread over periods nobody saw.
    play(bench, total(10, 500));
    expect(bench.observations).toMatchObject([
      { start: at(-3600), end: at(10), counts: { car: 400 }, flags: ["long-interval"] },
    ]);
  });

  it("that fall were reset, and count from nought where that is possible", () => {
    const bench = play(new Bench(one), total(0, 4127), total(10, 6), total(20, 8));
    expect(counts(bench)).toEqual([
      [0, 6],
      [10, 2],
    ]);
    expect(bench.codes()).toEqual(["reset"]);
  });

  it("that fall to what cannot be are left out, and go on from there", () => {
    const bench = play(new Bench(one), total(0, 4127), total(10, 3000), total(20, 3004));
    expect(bench.codes()).toEqual(["reset", "impossible-flow"]);
    expect(counts(bench).at(-1)).toEqual([10, 4]);
  });

  it("wrap only where that is declared", () => {
    const bench = play(new Bench(one, { wraps: { d: 65_536 } }), total(0, 65_533), total(10, 4));
    expect([counts(bench), bench.codes()]).toEqual([[[0, 7]], ["wrap"]]);
  });

  it("of several classes come together, and a class that stays away is left out", () => {
    const bench = new Bench(one);
    for (let s = 0; s <= 20; s += 10) play(bench, total(s, s), total(s, 3 * s, { vehicleClass: "mc" }));
    expect(bench.observations.map((seen) => seen.counts)).toEqual([
      { car: 10, mc: 30 },
      { car: 10, mc: 30 },
    ]);
    play(bench, total(30, 25), total(40, 27), total(50, 30), total(60, 31), total(70, 34));
    bench.at(at(71));
    expect(bench.observations[2]).toMatchObject({ start: at(20), counts: { car: 5 } });
  });
});

describe("single crossings", () => {
  const cross = (s: number, fields: Partial<CrossingReading> = {}): CrossingReading => ({
    kind: "crossing",
    source: "cam",
    detector: "d",
    at: at(s),
    receivedAt: at(s + 0.1),
    vehicleClass: "car",
    ...fields,
  });

  it("are counted per period, with zeros while the source lives", () => {
    const bench = new Bench(cityWith([{}, { id: "e" }]));
    for (let s = 0; s <= 60; s++)
      bench.at(at(s + 0.5), ...(s < 12 && s % 3 === 0 ? [cross(s)] : []), cross(s, { detector: "e" }));
    const own = bench.observations.filter(({ detector }) => detector === "d");
    expect(own.map((seen) => [(seen.start - t0) / 1000, seen.counts.car ?? 0])).toEqual([
      [0, 4],
      [10, 0],
      [20, 0],
      [30, 0],
      [40, 0],
    ]);
  });

  it("of a dead source are missing, not zero", () => {
    const bench = new Bench(one).at(at(1), cross(0.5));
    for (let s = 2; s <= 300; s++) bench.at(at(s));
    expect(bench.observations.at(-1)!.end).toBe(at(60));
    expect(bench.health).toMatchObject([{ state: "silent", since: at(61) }]);
  });

  it("of one object seen twice are one vehicle", () => {
    const bench = new Bench(one)
      .at(at(1), cross(0.5, { id: "7" }), cross(0.6, { id: "7" }), cross(0.7, { id: "8" }))
      .at(at(12));
    expect([bench.observations[0]!.counts.car, bench.codes()]).toEqual([2, ["duplicate"]]);
  });

  it("that chatter are cut to what can pass, and flagged", () => {
    const bench = new Bench(one);
    for (let i = 0; i < 100; i++) bench.at(at((i + 1) / 10), cross(i / 10));
    bench.at(at(12.1));
    expect(bench.observations[0]).toMatchObject({ counts: { car: 13 }, flags: ["chatter"], quality: 0.5 });
  });

  it("of a clock in 1970 hold nothing up and count nothing", () => {
    const bench = new Bench(one).at(at(1), cross(0, { at: instant(1000), receivedAt: at(1) })).at(at(13));
    expect(bench.observations.every(({ counts }) => (counts.car ?? 0) === 0)).toBe(true);
    expect(bench.codes()).toEqual(["missing"]);
  });

  it("too late for their period are dropped and counted", () => {
    const bench = new Bench(one)
      .at(at(1), cross(0.5))
      .at(at(13))
      .at(at(14), cross(9, { receivedAt: at(14) }));
    expect(bench.codes()).toEqual(["too-late"]);
  });
});

describe("judging as a step", () => {
  it("leaves the state it was given alone, and survives being written down", () => {
    const bench = steady(new Bench(one), 10, 100);
    const before = JSON.stringify(bench.state);
    const again = JSON.parse(before) as typeof bench.state;
    const reading = period(110, { counts: varied(11) });
    const a = observe(bench.state, [reading], at(111), one);
    const b = observe(again, [reading], at(111), one);
    expect(JSON.stringify(bench.state)).toBe(before);
    expect(JSON.stringify(a)).toBe(JSON.stringify(b));
  });

  it.each([1, 2, 3])("SEED=%i: no order, repetition or lag makes vehicles", (seed) => {
    const random = seededRandom(seed);
    const sent = Array.from({ length: 60 }, (_, i) => ({ reading: period(10 * (i + 1), { counts: varied(i) }), i }));
    const arriving = sent
      .flatMap((entry) => (random.next() < 0.3 ? [entry, entry] : random.next() < 0.1 ? [] : [entry]))
      .map(({ reading }) => ({ ...reading, receivedAt: after(reading.end, seconds(Math.floor(random.next() * 40))) }))
      .sort((a, b) => a.receivedAt - b.receivedAt);
    const bench = new Bench(one);
    for (const reading of arriving) bench.at(reading.receivedAt, reading);
    const starts = bench.observations.map(({ start }) => start);
    expect(new Set(starts).size).toBe(starts.length);
    for (const seen of bench.observations) {
      expect(seen.counts).toEqual(varied((seen.start - t0) / 10_000));
      expect(seen.quality).toBeGreaterThanOrEqual(0);
      expect(seen.quality).toBeLessThanOrEqual(1);
    }
  });

  it("costs little: 5000 readings of 500 detectors", () => {
    const many = cityWith(Array.from({ length: 500 }, (_, i) => ({ id: `d${i}` })));
    let state = startObserve(many, t0);
    const started = process.cpuUsage();
    for (let s = 10; s <= 100; s += 10) {
      const readings = Array.from({ length: 500 }, (_, i) => period(s, { detector: `d${i}`, counts: varied(s + i) }));
      state = observe(state, readings, instant(at(s + 1)), many).state;
    }
    const used = process.cpuUsage(started);
    expect(Object.keys(state.detectors)).toHaveLength(500);
    // Thousands a second are needed; a warm core does tens of thousands.
    expect((used.user + used.system) / 1000).toBeLessThan(1000);
  });
});
