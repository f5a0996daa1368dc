import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { capacityManual } from "../../../../engine/core/strategies/capacity-manual.ts";
import { cycleAdaptive } from "../../../../engine/core/strategies/cycle-adaptive.ts";
import type { StreamEstimate } from "../../../../engine/core/strategy.ts";
import type { Random } from "../../../../engine/ports/random.ts";
import { testCity } from "../../../support/city.ts";
import { estimateFor, madeUp, paperRun } from "./paper-city.ts";

const city = testCity();

/** Estimates as broken cameras, empty counts and divisions by nothing would leave them. */
function broken(random: Random) {
  const usual = madeUp(city, random);
  const odd = [0, -40, 1e9, Number.NaN, Number.POSITIVE_INFINITY];
  const any = (): number => odd[Math.floor(random.next() * odd.length)]!;
  return (now: Parameters<typeof usual>[0]): ReadonlyMap<string, StreamEstimate> =>
    new Map(
      [...usual(now)].map(([id, estimate]) => {
        if (random.next() > 0.3) return [id, estimate];
        const wild = estimateFor(id, { ratio: 0.2, saturation: random.next() < 0.5 ? 0 : 1800, queue: any() });
        return [
          id,
          { ...wild, flowPcuh: { mean: any(), sd: any() }, flowVph: { mean: any(), sd: 1 }, degreeOfSaturation: any() },
        ];
      }),
    );
}

describe("estimates gone wrong", () => {
  it.each([capacityManual, cycleAdaptive])(
    "never lead $name to a plan that is no plan, nor past the guard",
    { timeout: 120_000 },
    (strategy) => {
      const random = seededRandom(5, strategy.name);
      const ticks = paperRun({ city, strategy, random, lengthS: 1200, streams: broken(random) });
      expect(ticks.flatMap(({ denials }) => denials)).toEqual([]);
      for (const { wanted } of ticks)
        for (const { action, reasons } of wanted) {
          if (action.kind === "plan")
            for (const time of [action.plan.cycle, action.plan.offset, ...action.plan.splits.map(({ split }) => split)])
              expect(Number.isSafeInteger(time)).toBe(true);
          expect(JSON.stringify(reasons)).not.toContain("NaN");
        }
    },
  );
});
