import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../app/seeded-random.ts";
import type { City } from "../../../config/model.ts";
import { after, type Instant, instant, seconds } from "../../../config/units.ts";
import type { SceneReading } from "../../../engine/core/scene.ts";
import { decodeAtcsScene } from "../../../engine/sources/decode/atcs-scene.ts";
import { knownScenes } from "../../../engine/sources/decode/known.ts";
import type { CameraFault } from "../../../simulation/cameras/cameras.ts";
import { perfectScenes, poorScenes, type SceneQuality, usualScenes } from "../../../simulation/cameras/scenes.ts";
import type { StreetView } from "../../../simulation/street.ts";
import { createWorld } from "../../../simulation/world.ts";
import { testCity } from "../../support/city.ts";
import { withScenes } from "../../support/scenes.ts";

const city = withScenes(testCity());
const START = instant(Date.UTC(2026, 1, 3, 2));
const WEST = "cam-b-west";
const minute = (n: number): Instant => after(START, seconds(60 * n));

interface Run {
  readonly scenes?: SceneQuality;
  readonly faults?: readonly CameraFault[];
  readonly lasting?: number;
  readonly seed?: number;
  readonly of?: City;
}

/** Scenes of the west camera as the engine's own decoder reads them, and what was there when each was taken. */
function run({ scenes = perfectScenes, faults = [], lasting = 120, seed = 1, of = city }: Run) {
  const world = createWorld({
    city: of,
    random: seededRandom(seed),
    start: START,
    cameras: scenes,
    cameraFaults: new Map([[WEST, faults]]),
  });
  const { junction, approaches, rangeM, exits, exitRangeM, box } = of.cameras.get(WEST)!.scene!;
  const truth = new Map<Instant, StreetView>();
  const sent: { scene: SceneReading; at: Instant; body: string }[] = [];
  const others = new Set<string>();
  for (let t = 0; t < lasting; t += world.street.step / 1000) {
    for (const message of world.advance()) {
      if (message.format !== "atcs-scene") continue;
      if (message.camera !== WEST) {
        others.add(message.camera);
        continue;
      }
      const [scene] = decodeAtcsScene(message.body, { receivedAt: world.now(), known: knownScenes(of), camera: WEST });
      if (scene?.kind !== "scene") throw new Error(scene?.message);
      sent.push({ scene, at: world.now(), body: message.body });
    }
    truth.set(world.now(), world.street.view({ junction, approaches, rangeM, exits, exitRangeM, box }));
  }
  return { sent, truth, others };
}

const seen = ({ approaches }: SceneReading): number => approaches[0]!.vehicles.length;

describe("a camera that sends scenes", () => {
  it("shows each second what is there, when it sees all", () => {
    const { sent, truth, others } = run({});
    expect(sent.map(({ at }) => at - START)).toEqual(Array.from({ length: 120 }, (_, i) => 1000 * (i + 1)));
    expect(others.size).toBe(3);
    for (const { scene, at } of sent) {
      expect(scene.at).toBe(at);
      const there = truth.get(at)!;
      expect(scene.approaches[0]!.vehicles.map(({ distanceM }) => distanceM)).toEqual(
        there.approaches[0]!.vehicles.map(({ distanceM }) => Math.round(10 * distanceM) / 10),
      );
      expect(scene.box).toHaveLength(there.box.length);
      const [exit] = scene.exits;
      expect(exit!.lanes.map(({ vehicles }) => vehicles)).toEqual(there.exits[0]!.lanes.map(({ length }) => length));
      for (const { standing, roomM } of exit!.lanes) if (standing === 0) expect(roomM).toBe(50);
    }
    expect(Math.max(...sent.map(({ scene }) => seen(scene)))).toBeGreaterThan(5);
    expect(JSON.stringify(sent)).not.toContain("conspicuity");
  });

  it("counts on over the stop line", () => {
    const { sent } = run({ lasting: 200 });
    const totals = sent.map(({ scene }) => scene.approaches[0]!.passed.reduce((a, b) => a + b, 0));
    expect(totals.every((total, i) => i === 0 || total >= totals[i - 1]!)).toBe(true);
    expect(totals.at(-1)).toBeGreaterThan(20);
  });

  it("is late by its latency, and says when the picture was taken", () => {
    const { sent, truth } = run({ scenes: { ...perfectScenes, latency: seconds(5) } });
    expect(sent).toHaveLength(115);
    for (const { scene, at } of sent) {
      expect(at - scene.at).toBe(5000);
      expect(seen(scene)).toBe(truth.get(scene.at)!.approaches[0]!.vehicles.length);
    }
  });

  it("misses the stated share, and those whom it misses from first to last", () => {
    const missed = { car: 0.3, hv: 0.3, mc: 0.3 };
    const { sent, truth } = run({ scenes: { ...perfectScenes, missed }, lasting: 900 });
    let there = 0;
    let found = 0;
    let flicker = 0;
    let last: readonly number[] = [];
    for (const { scene, at } of sent) {
      there += truth.get(at)!.approaches[0]!.vehicles.length;
      found += seen(scene);
      // Of those who stood already a second ago none comes or goes.
      const standing = scene.approaches[0]!.vehicles.filter(({ speedMps }) => speedMps === 0).map((v) => v.distanceM);
      const stood = truth.get(at)!.approaches[0]!.vehicles.length;
      if (stood > 0 && standing.length > 0 && last.length > 0)
        flicker += last.filter((place) => !standing.includes(place) && Math.min(...standing) <= place).length;
      last = standing;
    }
    expect(found / there).toBeGreaterThan(0.6);
    expect(found / there).toBeLessThan(0.8);
    expect(flicker / found).toBeLessThan(0.05);
  });

  it("is a little off in place and speed, never out of its range", () => {
    const { sent, truth } = run({ scenes: { ...perfectScenes, placeNoiseM: 2, speedNoiseMps: 1 }, lasting: 300 });
    let squares = 0;
    let n = 0;
    for (const { scene, at } of sent) {
      const there = truth.get(at)!.approaches[0]!.vehicles.map(({ distanceM }) => distanceM);
      const places = scene.approaches[0]!.vehicles.map(({ distanceM }) => distanceM);
      expect(places).toHaveLength(there.length);
      // Where they are far enough apart to be told from each other, and from the ends of the view.
      there.forEach((place, i) => {
        const [before, next] = [there[i - 1] ?? -100, there[i + 1] ?? 200];
        if (place < 10 || place > 90 || place - before < 20 || next - place < 20) return;
        squares += (places[i]! - place) ** 2;
        n++;
      });
    }
    expect(n).toBeGreaterThan(20);
    expect(Math.sqrt(squares / n)).toBeGreaterThan(1.4);
    expect(Math.sqrt(squares / n)).toBeLessThan(2.6);
  });

  it("leaves a share of the approaches out, the same ones all the time", () => {
    const approachesOf = (seed: number) =>
      run({ scenes: { ...perfectScenes, blindApproaches: 0.5 }, lasting: 20, seed }).sent.map(
        ({ scene }) => scene.approaches.length,
      );
    const all = [1, 2, 3, 4, 5, 6, 7, 8].map(approachesOf);
    for (const each of all) expect(new Set(each).size).toBe(1);
    expect(new Set(all.flat())).toEqual(new Set([0, 1]));
  });

  it("counts nothing either where no camera is, and sends counts as late as pictures", () => {
    const sites = (blindApproaches: number, latency: number) => {
      const world = createWorld({
        city,
        random: seededRandom(4),
        start: START,
        cameras: { ...perfectScenes, blindApproaches, latency: seconds(latency) },
      });
      const sentS: number[] = [];
      for (let i = 0; i < 100; i++)
        for (const { format, at } of world.advance()) if (format === "atcs-count") sentS.push((at - START) / 1000);
      return sentS;
    };
    const all = sites(0, 0);
    expect(all.length).toBeGreaterThan(0);
    expect(sites(1, 0)).toEqual([]);
    expect(sites(0, 5)[0]).toBe(all[0]! + 5);
  });

  it("fails as told: silent, stuck, blind, turned away, by a wrong clock, twice", () => {
    const window = { from: minute(1), to: minute(1.5) };
    const during = ({ at }: { at: Instant }) => at >= window.from && at < window.to;
    const { sent: silent } = run({ faults: [{ kind: "silent", ...window }] });
    expect(silent.filter(during)).toEqual([]);
    expect(silent).toHaveLength(90);
    const { sent: stuck } = run({ faults: [{ kind: "stuck", ...window }] });
    expect(new Set(stuck.filter(during).map(({ scene }) => JSON.stringify(scene.approaches))).size).toBe(1);
    expect(new Set(stuck.filter(during).map(({ scene }) => scene.at)).size).toBe(30);
    const { sent: blind } = run({ faults: [{ kind: "blind", ...window }] });
    expect(blind.filter(during).every(({ scene }) => seen(scene) === 0 && scene.box!.length === 0)).toBe(true);
    const { sent: away } = run({ faults: [{ kind: "away", ...window }] });
    expect(away.map(({ scene }) => scene.away === true)).toEqual(away.map(during));
    const { sent: wrong } = run({ faults: [{ kind: "clock-offset", offset: seconds(3600) }] });
    expect(wrong[0]!.scene.at - wrong[0]!.at).toBe(3_600_000);
    expect(run({ faults: [{ kind: "duplicate", share: 1 }] }).sent).toHaveLength(240);
  });

  it("sends the same bytes for the same seed, and changes nothing on the street", () => {
    const bodies = (scenes: SceneQuality) => run({ scenes, lasting: 60 }).sent.map(({ body }) => body);
    expect(bodies(usualScenes)).toEqual(bodies(usualScenes));
    expect(bodies(poorScenes)).not.toEqual(bodies(usualScenes));
    const results = (options: { readonly cameras: SceneQuality } | { readonly scenes: "off" }) => {
      const world = createWorld({ city, random: seededRandom(2), start: START, ...options });
      for (let i = 0; i < 600; i++) world.advance();
      return JSON.stringify(world.street.results());
    };
    expect(results({ cameras: poorScenes })).toBe(results({ scenes: "off" }));
  });

  it("sends below its topic over MQTT", () => {
    const over = withScenes(testCity(), { transport: "mqtt", topic: "cam/x" });
    const world = createWorld({ city: over, random: seededRandom(1), start: START, cameras: perfectScenes });
    const messages = [...world.advance(), ...world.advance()].filter(({ format }) => format === "atcs-scene");
    expect(new Set(messages.map(({ transport, topic }) => `${transport} ${topic}`))).toEqual(
      new Set(["mqtt cam/x/scene"]),
    );
  });
});
