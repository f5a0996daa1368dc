import { describe, expect, it } from "vitest";
import { millis, seconds } from "../../../config/units.ts";
import type { PreemptSettings } from "../../../simulation/cabinet/preemption.ts";
import { broken } from "./lamp-rules.ts";
import { bit, rig } from "./rig.ts";

const settings = (changes: Partial<PreemptSettings>): PreemptSettings => ({
  delay: millis(0),
  trackPhases: [],
  trackGreen: millis(0),
  dwellPhases: [1, 5],
  dwellGreen: seconds(5),
  minimumDuration: millis(0),
  maximumPresence: millis(0),
  exitPhases: [],
  ...changes,
});

const running = (junction: string) => {
  const site = rig({ junction });
  site.run(180_000);
  site.unit.drainEvents();
  return site;
};
const codes = (site: ReturnType<typeof rig>) => site.unit.drainEvents().map(({ code, param }) => `${code} ${param}`);

describe("a preempt", () => {
  it.each(["a", "b"])(
    "takes junction %s to its phases, keeps them while the input stands, and gives back",
    (junction) => {
      const site = running(junction);
      for (const number of site.unit.preempts.settings.keys()) {
        const { dwellPhases } = site.unit.preempts.settings.get(number)!;
        site.unit.inject({ kind: "preempt", number, on: true });
        site.until(() => site.unit.preempts.state(number) === "dwell", 90_000);
        expect(site.unit.status()).toMatchObject({ mode: "preempt", greens: bit(...dwellPhases), preempt: number });
        site.run(120_000);
        expect(site.unit.status().greens).toBe(bit(...dwellPhases));
        site.unit.inject({ kind: "preempt", number, on: false });
        site.until(() => site.unit.status().mode === "local", 60_000);
        site.run(90_000);
        expect(site.unit.status()).toMatchObject({ mode: "local", pattern: 1, preempt: 0 });
      }
      expect(site.unit.trips).toBe(0);
      expect(broken(site.junction, site.shown)).toEqual([]);
    },
  );

  it("waits its delay, clears the track, dwells, exits by its exit phases", () => {
    const site = running("b");
    const track = { delay: seconds(4), trackPhases: [4, 8], trackGreen: seconds(12), exitPhases: [2, 6] };
    expect(site.unit.preempts.store(new Map([[3, settings(track)]]))).toBeUndefined();
    site.unit.preempts.input(3, true);
    expect(site.unit.preempts.state(3)).toBe("delay");
    site.run(3900);
    expect(site.unit.status().mode).toBe("local");
    site.run(200);
    expect(site.unit.status().mode).toBe("preempt");
    site.until(() => site.unit.preempts.state(3) === "track");
    const from = site.at();
    expect(site.unit.status().greens).toBe(bit(4, 8));
    site.until(() => site.unit.preempts.state(3) === "dwell");
    expect(site.at() - from).toBeGreaterThanOrEqual(12_000);
    site.unit.preempts.input(3, false);
    site.until(() => site.unit.preempts.state(3) === "exit");
    site.until(() => site.unit.preempts.state(3) === "idle");
    expect(site.unit.status().greens).toBe(bit(2, 6));
    const said = codes(site);
    expect(said.filter((code) => /^(102|104|105|106|107|111) /.test(code))).toEqual([
      "102 3",
      "105 3",
      "106 3",
      "107 3",
      "104 3",
      "111 3",
    ]);
    site.run(300_000);
    expect(broken(site.junction, site.shown)).toEqual([]);
  });

  it("gives way to a lower number, and does not serve an input that stands too long", () => {
    const site = running("b");
    site.unit.preempts.store(
      new Map([
        [1, settings({ dwellPhases: [3, 7] })],
        [2, settings({ maximumPresence: seconds(60) })],
      ]),
    );
    site.unit.preempts.input(2, true);
    site.until(() => site.unit.preempts.state(2) === "dwell");
    site.unit.preempts.input(1, true);
    site.until(() => site.unit.preempts.active === 1);
    site.until(() => site.unit.preempts.state(1) === "dwell");
    expect(site.unit.status().greens).toBe(bit(3, 7));
    site.unit.preempts.input(1, false);
    site.until(() => site.unit.preempts.state(2) === "maximum-presence", 200_000);
    site.until(() => site.unit.status().mode === "local", 60_000);
    expect(codes(site)).toContain("110 2");
    site.unit.preempts.input(2, false);
    site.unit.preempts.input(2, true);
    site.until(() => site.unit.preempts.state(2) === "dwell", 60_000);
  });

  it("refuses phases that cannot be green together", () => {
    const site = running("b");
    const before = site.unit.preempts.settings;
    for (const [phases, message] of [
      [[1, 2], /cannot be green together/],
      [[1, 7], /cannot be green together/],
      [[9], /no phase 9/],
    ] as const)
      expect(site.unit.preempts.store(new Map([[1, settings({ dwellPhases: phases })]]))?.message).toMatch(message);
    expect(site.unit.preempts.settings).toBe(before);
  });

  it("from the centre is dropped by the watchdog, and a wire's is not", () => {
    const site = running("b");
    site.unit.setBackupTime(seconds(30));
    site.unit.preempts.command(bit(2));
    site.until(() => site.unit.preempts.state(2) === "dwell");
    site.run(30_000);
    expect(site.unit.preempts.commanded).toBe(0);
    site.until(() => site.unit.status().mode === "local", 60_000);
    site.unit.preempts.input(2, true);
    site.until(() => site.unit.preempts.state(2) === "dwell");
    site.run(60_000);
    expect(site.unit.preempts.state(2)).toBe("dwell");
  });

  it("loses to the panel, to flash and to a conflict, and starts over afterwards", () => {
    const site = running("a");
    site.unit.preempts.input(2, true);
    site.until(() => site.unit.preempts.state(2) === "dwell");
    site.unit.inject({ kind: "manual", on: true });
    site.run(1000);
    expect(site.unit.status().mode).toBe("manual");
    site.unit.inject({ kind: "flash", on: true });
    site.run(1000);
    expect(site.unit.status().mode).toBe("flash");
    site.unit.inject({ kind: "manual", on: false });
    site.unit.inject({ kind: "flash", on: false });
    site.until(() => site.unit.preempts.state(2) === "dwell");
    site.unit.inject({ kind: "clear" });
    site.until(() => site.unit.status().mode === "local");
    expect(broken(site.junction, site.shown)).toEqual([]);
  });
});

describe("special functions", () => {
  it("are switched, logged, and dropped by the watchdog", () => {
    const site = running("a");
    site.unit.setBackupTime(seconds(20));
    site.unit.setSpecialFunctions(bit(1, 16));
    expect(site.unit.specialFunctions).toBe(bit(1, 16));
    site.run(20_000);
    expect(site.unit.specialFunctions).toBe(0);
    expect(codes(site).filter((code) => /^17[67] /.test(code))).toEqual(["176 1", "176 16", "177 1", "177 16"]);
  });
});

describe("faults at the cabinet", () => {
  it("a burnt-out red is dark, is said, and is mended", () => {
    const site = running("a");
    site.unit.inject({ kind: "lamp-failure", group: 0 });
    site.run(120_000);
    expect(site.unit.status().faults).toEqual(["lamp-fail"]);
    expect(site.shown.some(({ group, lamp, from }) => group === 0 && lamp === 0 && from > 180_000)).toBe(true);
    expect(site.unit.trips).toBe(0);
    site.unit.inject({ kind: "clear" });
    site.run(1000);
    expect(site.unit.status().faults).toEqual([]);
    expect(codes(site).filter((code) => /^20[01] /.test(code))).toEqual(["200 2", "201 2"]);
  });

  it("a detector that is stuck calls for ever, and its own diagnostics find it", () => {
    const site = running("c");
    site.unit.inject({ kind: "stuck-detector", channel: 1, present: true });
    site.unit.detect(1, false, 3);
    expect(site.unit.detector(1)).toMatchObject({ present: true, total: 0 });
    site.run(12 * 60_000);
    expect(site.unit.detector(1).fault).toBe("stuck-on");
    expect(site.unit.status().faults).toContain("detector-fault");
    expect(codes(site)).toContain("84 1");
    site.unit.inject({ kind: "clear" });
    site.unit.detect(1, false, 0);
    site.run(61_000);
    expect(site.unit.detector(1).fault).toBe("ok");
    expect(codes(site)).toContain("83 1");
  });
});

describe("the local time base", () => {
  it("may be another one than the schedule's", () => {
    const site = running("a");
    const seen: number[] = [];
    site.unit.setTimeBase((at) => {
      seen.push(at);
      return 255;
    });
    site.until(() => site.unit.status().mode === "flash");
    expect(Math.abs(seen.at(-1)! - site.unit.now())).toBeLessThanOrEqual(1000);
    site.unit.setTimeBase(undefined);
    site.until(() => site.unit.status().pattern === 1);
  });
});
