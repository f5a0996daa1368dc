import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { type LoadedStream, loadNetwork } from "../../../../engine/core/network/loading.ts";
import { uniformDelay } from "../../../../engine/core/traffic/control-delay.ts";

const cycle = (length: number, from: number, to: number): Uint8Array =>
  Uint8Array.from({ length }, (_, t) => (t >= from && t < to ? 1 : 0));
const road = (lengthM: number, storagePcu: number) => ({ lengthM, speedMps: 10, storagePcu });

/** One entry link, a signal, one link behind it, a second signal. */
function street({ flow = 0.3, storage = 40, second = cycle(60, 0, 30), steps = 1800 } = {}) {
  const streams: LoadedStream[] = [
    { id: "first", link: "in", share: 1, saturationPcuS: 1, green: cycle(60, 0, 30), exits: new Map([["mid", 1]]) },
    { id: "second", link: "mid", share: 1, saturationPcuS: 1, green: second, exits: new Map() },
  ];
  const links = new Map([
    ["in", road(500, 200)],
    ["mid", road(200, storage)],
  ]);
  return loadNetwork({ links, streams, entries: new Map([["in", flow]]), steps, warmUp: 0 });
}

describe("loading a street", () => {
  it("gives even arrivals the uniform delay of the formula", () => {
    const { streams } = street({ second: cycle(60, 0, 60), steps: 3600 });
    const { waiting, served } = streams.get("first")!;
    // Arrivals at 0.3 pcu/s, green half the cycle at 1 pcu/s; a second a vehicle is the step's own.
    expect(waiting / served).toBeCloseTo(uniformDelay({ greenS: 30, cycleS: 60 }, 0.6), 0);
  });

  it("lets a platoon through a signal that starts its travel time later, and not one that starts with it", () => {
    // 200 m at 10 m/s.
    const wave = street({ second: cycle(60, 20, 50), storage: 60 });
    const against = street({ second: cycle(60, 50, 60), storage: 60, flow: 0.15 });
    expect(wave.streams.get("second")!.waiting).toBeLessThan(0.05 * wave.streams.get("first")!.waiting);
    expect(against.streams.get("second")!.waiting).toBeGreaterThan(against.streams.get("first")!.waiting);
  });

  it("spills back: a short link that its exit cannot empty stops the signal behind it", () => {
    const slow = cycle(60, 0, 12);
    const long = street({ second: slow, storage: 400 });
    const short = street({ second: slow, storage: 20 });
    expect(long.links.get("mid")!.blockedS).toBe(0);
    expect(short.links.get("mid")!.blockedS).toBeGreaterThan(100);
    // Both let through what the exit takes: 12 s of each 60 at 1 pcu/s.
    expect(short.streams.get("second")!.served).toBeGreaterThan(240);
    expect(short.streams.get("second")!.served).toBeLessThanOrEqual(361);
    expect(short.streams.get("first")!.queueAtEnd).toBeGreaterThan(long.streams.get("first")!.queueAtEnd);
  });

  it("tells an opening only after the wave has run back", () => {
    // Nobody may leave before 60 s; the link of 200 m fills; the wave needs 200 / 5 = 40 s.
    const opens = Uint8Array.from({ length: 200 }, (_, t) => (t >= 60 ? 1 : 0));
    const streams: LoadedStream[] = [
      { id: "only", link: "mid", share: 1, saturationPcuS: 1, green: opens, exits: new Map() },
    ];
    const at = (steps: number) =>
      loadNetwork({
        links: new Map([["mid", road(200, 15)]]),
        streams,
        entries: new Map([["mid", 1]]),
        steps,
        warmUp: 0,
      });
    // Outside grows by 1 a second until room is seen at the entrance at 100 s.
    expect(at(99).outside - at(98).outside).toBeCloseTo(1, 6);
    expect(at(110).outside - at(109).outside).toBeLessThan(0.5);
  });
});

describe("any network", () => {
  it.each(Array.from({ length: 40 }, (_, i) => i + 1))("loses nobody and overfills nothing (SEED=%i)", (seed) => {
    const random = seededRandom(seed);
    const ids = ["a", "b", "c", "d"];
    const links = new Map(ids.map((id) => [id, road(50 + random.next() * 400, 5 + random.next() * 60)]));
    const streams = ids.map((id, i): LoadedStream => {
      const from = Math.floor(random.next() * 40);
      // A loop: every link feeds the next, a part leaves.
      return {
        id: `s-${id}`,
        link: id,
        share: 1,
        saturationPcuS: 0.3 + random.next(),
        green: cycle(60, from, from + 5 + Math.floor(random.next() * 30)),
        exits: new Map([[ids[(i + 1) % 4]!, random.next() * 0.9]]),
      };
    });
    const entries = new Map([
      ["a", random.next() * 0.6],
      ["c", random.next() * 0.6],
    ]);
    const steps = 1200;
    const result = loadNetwork({ links, streams, entries, steps, warmUp: 0 });
    const wanted = [...entries.values()].reduce((a, b) => a + b, 0) * steps;
    let gone = 0;
    let present = 0;
    for (const stream of streams) {
      const { served, queueAtEnd, waiting } = result.streams.get(stream.id)!;
      gone += served * (1 - [...stream.exits.values()][0]!);
      expect(queueAtEnd).toBeGreaterThanOrEqual(-1e-6);
      expect(Number.isFinite(waiting)).toBe(true);
    }
    for (const [id, { peakFill }] of result.links) {
      expect(peakFill).toBeLessThanOrEqual(1 + 1e-9);
      present += links.get(id)!.storagePcu;
    }
    const kept = wanted - gone - result.outside;
    expect(kept).toBeGreaterThanOrEqual(-1e-6);
    expect(kept).toBeLessThanOrEqual(present + 1e-6);
  });
});
