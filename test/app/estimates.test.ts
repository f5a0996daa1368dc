import { beforeAll, describe, expect, it } from "vitest";
import { instantOf } from "../../app/arguments.ts";
import { readCity, strategyOf } from "../../app/city-files.ts";
import { directWiring, simulatedRun, type Wire } from "../../app/compose/simulated-run.ts";
import { seconds } from "../../config/units.ts";
import type { StreamEstimate } from "../../engine/core/strategy.ts";
import type { Sensor } from "../../simulation/street.ts";
import { balikpapan } from "./simpang.ts";

/** What the street knows and the engine is never told, beside what the engine estimates. */
interface Sample {
  readonly stream: string;
  readonly second: number;
  readonly passed: number;
  readonly standing: number;
  readonly estimate: StreamEstimate;
}

const everyS = 10;
const runS = 3000;
const settledS = 900;
const horizonS = 600;
const z90 = 1.645;

const samples: Sample[] = [];

beforeAll(async () => {
  const city = readCity(balikpapan);
  const sensors = new Map<string, Sensor>();
  const wire: Wire = (world, clock) => {
    for (const junction of city.junctions.values())
      for (const { id, approach, lanes } of junction.streams) {
        const arm = junction.approaches.find((entry) => entry.id === approach)!;
        const { lengthM } = city.links.get(arm.link)!;
        const own = lanes.map((lane) => arm.lanes.findIndex((entry) => entry.id === lane));
        sensors.set(
          id,
          world.street.sensor({
            link: arm.link,
            lanes: own,
            from: "stop-line",
            distanceM: 0,
            zoneM: Math.min(250, lengthM - 10),
          }),
        );
      }
    return directWiring(city)(world, clock);
  };
  const start = instantOf("2026-02-03T07:00", city.utcOffset);
  await simulatedRun(
    {
      city,
      strategy: strategyOf("fixed"),
      seed: 11,
      start,
      duration: seconds(runS),
      onFrame: ({ now, known }) => {
        const second = (now - start) / 1000;
        if (second % everyS !== 0) return;
        for (const [stream, { crossed, standing }] of sensors) {
          const estimate = known?.streams.get(stream);
          const passed = crossed.car + crossed.hv + crossed.mc;
          if (estimate) samples.push({ stream, second, passed, standing, estimate });
        }
      },
    },
    wire,
    { speed: Number.POSITIVE_INFINITY, onLate: () => undefined },
  );
}, 300_000);

/** Vehicles that came to a stream in the minutes after a sample: who passed, and how the queue grew. */
function cameAfter({ stream, second }: Sample): number | undefined {
  const now = samples.find((entry) => entry.stream === stream && entry.second === second);
  const then = samples.find((entry) => entry.stream === stream && entry.second === second + horizonS);
  return now && then ? then.passed + then.standing - now.passed - now.standing : undefined;
}

const settled = (): readonly Sample[] => samples.filter(({ second }) => second >= settledS);

describe("estimates against the street's truth", () => {
  it("have the queue inside their 90 % interval about as often as they say, and near it", () => {
    const seen = settled().filter(({ estimate }) => estimate.basis === "measured");
    const inside = seen.filter(
      ({ estimate, standing }) => Math.abs(estimate.queueVeh.mean - standing) <= z90 * estimate.queueVeh.sd,
    );
    const error =
      seen.reduce((sum, { estimate, standing }) => sum + Math.abs(estimate.queueVeh.mean - standing), 0) / seen.length;
    const mean = seen.reduce((sum, { standing }) => sum + standing, 0) / seen.length;
    expect(seen.length).toBeGreaterThan(4000);
    expect(inside.length / seen.length).toBeGreaterThan(0.8);
    expect(inside.length / seen.length).toBeLessThan(0.97);
    expect(error).toBeLessThan(0.35 * mean);
  });

  /** Share of the flows of the next ten minutes inside the interval, chance of arrivals counted in. */
  const flows = (wanted: (sample: Sample) => boolean) => {
    const judged = settled()
      .filter((sample) => sample.second % 120 === 0 && wanted(sample))
      .flatMap((sample) => {
        const came = cameAfter(sample);
        if (came === undefined) return [];
        const rate = Math.max(0, came) * (3600 / horizonS);
        const { mean, sd } = sample.estimate.flowVph;
        const chance = Math.sqrt(Math.max(1, came)) * (3600 / horizonS);
        return [{ inside: Math.abs(mean - rate) <= z90 * Math.hypot(sd, chance), mean, rate }];
      });
    const sum = (pick: (entry: { mean: number; rate: number }) => number): number =>
      judged.reduce((all, entry) => all + pick(entry), 0);
    return {
      count: judged.length,
      cover: judged.filter(({ inside }) => inside).length / judged.length,
      ratio: sum(({ mean }) => mean) / sum(({ rate }) => rate),
      error: sum(({ mean, rate }) => Math.abs(mean - rate)) / sum(({ rate }) => rate),
    };
  };

  it("have the flow of the next minutes inside their 90 % interval, without bias", () => {
    const measured = flows(({ estimate }) => estimate.basis === "measured");
    expect(measured.count).toBeGreaterThan(200);
    expect(measured.cover).toBeGreaterThan(0.8);
    expect(measured.ratio).toBeGreaterThan(0.94);
    expect(measured.ratio).toBeLessThan(1.06);
    expect(measured.error).toBeLessThan(0.2);
  });

  it("say how little is known of an approach without a camera", () => {
    const blind = flows(({ estimate }) => estimate.basis !== "measured");
    expect(blind.count).toBeGreaterThan(20);
    expect(blind.cover).toBeGreaterThan(0.7);
    const wide = settled().filter(({ estimate }) => estimate.basis !== "measured");
    for (const { estimate } of wide) expect(estimate.flowVph.sd).toBeGreaterThan(0.1 * estimate.flowVph.mean);
  });

  it("learn saturation flows that the street can show", () => {
    const last = samples.filter(({ second, estimate }) => second === runS - everyS && estimate.basis === "measured");
    expect(last.length).toBeGreaterThan(20);
    for (const { estimate, stream } of last) {
      const { mean, sd } = estimate.saturationPcuh;
      expect(mean > 800 && mean < 9000 && sd < 0.4 * mean, `${stream} ${mean} ${sd}`).toBe(true);
    }
  });
});
