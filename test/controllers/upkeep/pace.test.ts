import { describe, expect, it } from "vitest";
import { after, instant, type Millis, millis, seconds } from "../../../config/units.ts";
import { Pace, paceTick } from "../../../controllers/upkeep/pace.ts";

const start = instant(Date.UTC(2026, 10, 23, 1));

/** Seconds from the start at which a cabinet is asked within so long; it answers after `takes`, undefined: never. */
function asked({
  period,
  lasting,
  takes = () => millis(0),
  changing = () => false,
  late = () => 0,
}: {
  readonly period: Millis;
  readonly lasting: number;
  readonly takes?: (at: number) => Millis | undefined;
  readonly changing?: (at: number) => boolean;
  readonly late?: (n: number) => number;
}): readonly number[] {
  const pace = new Pace(period);
  const times: number[] = [];
  let free = start;
  for (let n = 0; n * paceTick(period) < lasting * 1000; n++) {
    const now = after(start, millis(n * paceTick(period) + late(n)));
    const at = (now - start) / 1000;
    if (now < free || !pace.due(now, changing(at))) continue;
    times.push(Math.round(at));
    const took = takes(at);
    if (took === undefined) pace.silent(now);
    else {
      free = after(now, took);
      pace.answered(now, free);
    }
  }
  return times;
}

describe("when a cabinet is asked", () => {
  it("is each period, however late the machine's ticks come", () => {
    expect(asked({ period: seconds(1), lasting: 5, late: (n) => (n % 2) * 40 })).toEqual([0, 1, 2, 3, 4]);
    expect(asked({ period: seconds(5), lasting: 16, late: (n) => (n % 3) * 30 })).toEqual([0, 5, 10, 15]);
    expect(asked({ period: seconds(2.5), lasting: 8 })).toEqual([0, 3, 5, 8]);
  });

  it("is each second while a change is under way", () => {
    const changing = (at: number) => at >= 6 && at < 9;
    expect(asked({ period: seconds(5), lasting: 15, changing })).toEqual([0, 5, 6, 7, 8, 13]);
  });

  it("is more and more seldom while it is silent, and each period again once it answers", () => {
    const takes = (at: number) => (at < 60 ? undefined : millis(20));
    expect(asked({ period: seconds(1), lasting: 66, takes })).toEqual([0, 1, 3, 7, 15, 31, 47, 63, 64, 65]);
  });

  it("leaves a slow line free for half of the time", () => {
    for (const took of [600, 900, 1400, 2600]) {
      const times = asked({ period: seconds(1), lasting: 1000, takes: () => millis(took) });
      expect((times.length * took) / 1000 / 1000).toBeLessThanOrEqual(0.55);
      expect((times.length * took) / 1000 / 1000).toBeGreaterThan(0.25);
    }
  });
});
