import { describe, expect, it } from "vitest";
import type { City } from "../../../../../config/model.ts";
import { after, type Instant, seconds } from "../../../../../config/units.ts";
import { objectiveWeights } from "../../../../../engine/core/objective.ts";
import { loadsOf } from "../../../../../engine/core/strategies/corridor-model/load.ts";
import {
  forThroughput,
  notOversaturated,
  oversaturationSeen,
} from "../../../../../engine/core/strategies/corridor-model/oversaturation.ts";
import type { Knowledge, StreamEstimate } from "../../../../../engine/core/strategy.ts";
import { testCity } from "../../../../support/city.ts";
import { estimateFor } from "../paper-city.ts";

const plain = testCity();
const corridor = plain.corridors.get("main")!;
const junctions = corridor.junctions.map((id) => plain.junctions.get(id)!);
const plans = plain.schedule.planSets.get("day")!.plans;
const start = Date.UTC(2026, 1, 3) as Instant;

interface Seen {
  readonly city?: City;
  readonly now?: Instant;
  readonly exitFill?: ReadonlyMap<string, number>;
  readonly change?: (stream: string) => Partial<StreamEstimate>;
}

function knowledge({ city = plain, now = start, exitFill = new Map(), change = () => ({}) }: Seen): Knowledge {
  const streams = new Map(
    [...city.junctions.values()].flatMap((junction) =>
      junction.streams.map(({ id }) => {
        const estimate = estimateFor(id, { ratio: 0.1, saturation: 1800, queue: 0 });
        return [id, { ...estimate, degreeOfSaturation: 0.5, ...change(id) }] as const;
      }),
    ),
  );
  return {
    now,
    city,
    corridor,
    streams,
    exitFill,
    cabinets: new Map(),
    inForce: new Map(),
    scheduled: plans,
  };
}

const loads = (seen: Seen) => {
  const known = knowledge(seen);
  return loadsOf(known, [...known.city.junctions.values()], plans, new Map());
};

describe("gating of links that fill", () => {
  const exit = corridor.forward[0]!;
  const feeder = junctions[0]!.streams.find(({ id }) => (loads({}).get(id)!.wiring.exits.get(exit) ?? 0) > 0.5)!;
  const weight = (fill: number) => loads({ exitFill: new Map([[exit, fill]]) }).get(feeder.id)!.weight;

  it("holds nobody back while there is room, and more and more as it runs out", () => {
    expect(weight(0.5)).toBe(1);
    const held = [0.6, 0.65, 0.7, 0.75, 0.8].map(weight);
    for (let k = 1; k < held.length; k++) expect(held[k]!).toBeLessThan(held[k - 1]!);
  });

  it("leaves those alone who go elsewhere", () => {
    const elsewhere = junctions[2]!.streams[0]!.id;
    expect(loads({ exitFill: new Map([[exit, 1]]) }).get(elsewhere)!.weight).toBe(1);
  });
});

describe("a turning bay", () => {
  /** The lanes of one stream as bays of this length. */
  const withBay = (bayM: number): City => {
    const junction = plain.junctions.get("a")!;
    const approaches = junction.approaches.map((approach) => ({
      ...approach,
      lanes: approach.lanes.map((lane) => (bays.lanes.includes(lane.id) ? { ...lane, bayM } : lane)),
    }));
    return { ...plain, junctions: new Map(plain.junctions).set("a", { ...junction, approaches }) };
  };
  const bays = plain.junctions.get("a")!.streams[0]!;
  const weight = (city: City, queuePcu: number) =>
    loads({ city, change: (id) => (id === bays.id ? { queuePcu: { mean: queuePcu, sd: 1 } } : {}) }).get(bays.id)!
      .weight;

  it("counts double when its queue reaches its end, and only then", () => {
    expect(weight(withBay(40), 1)).toBe(1);
    expect(weight(withBay(40), 40)).toBe(2);
    expect(weight(plain, 40)).toBe(1);
  });
});

describe("oversaturation", () => {
  const id = junctions[0]!.streams[0]!.id;
  /** A cycle each: did its green leave a queue? */
  const watch = (cycles: readonly boolean[], ratio = 0.6) => {
    let state = notOversaturated;
    const said: string[] = [];
    for (const [k, left] of cycles.entries()) {
      const now = after(start, seconds(100 * k));
      const change = (own: string) => ({
        flowPcuh: { mean: ratio * 1800, sd: 10 },
        degreeOfSaturation: own === id && left ? 1.2 : 0.5,
      });
      const known = knowledge({ now, change });
      const seen = oversaturationSeen(state, known, junctions);
      state = seen.state;
      const reason = seen.reasons.get("a");
      said.push(reason ? reason.code : state.since.has("a") ? "on" : "off");
    }
    return { said, state };
  };

  it("is a queue left behind in two of three cycles, one alone is not", () => {
    expect(watch([true, false, false, true, false, false]).said).toEqual(Array(6).fill("off"));
    expect(watch([true, false, true]).said).toEqual(["off", "off", "oversaturated"]);
    expect(watch([true, true]).said).toEqual(["off", "oversaturated"]);
  });

  it("is not a queue that other splits could clear", () => {
    expect(watch([true, true, true, true], 0.1).said).toEqual(Array(4).fill("off"));
  });

  it("ends when three cycles have left nothing, and says how long it lasted", () => {
    const { said } = watch([true, true, false, false, true, false, false, false]);
    expect(said).toEqual(["off", "oversaturated", "on", "on", "on", "on", "on", "recovered"]);
  });

  it("makes its own junction serve the most, and no other", () => {
    const changed = forThroughput(loads({}), watch([true, true]).state);
    for (const { wiring, objective } of changed.values())
      expect(objective).toBe(wiring.junction.id === "a" ? objectiveWeights.throughput : objectiveWeights.balanced);
  });
});
