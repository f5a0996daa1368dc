import { describe, expect, it } from "vitest";
import { after, type Instant, instant, seconds } from "../../../../config/units.ts";
import type { Observation } from "../../../../engine/core/observe/observation.ts";
import { type JudgedScenes, observeScenes, type SceneState } from "../../../../engine/core/observe/scenes.ts";
import type { SceneReading } from "../../../../engine/core/scene.ts";
import { decodeAtcsScene } from "../../../../engine/sources/decode/atcs-scene.ts";
import { knownScenes } from "../../../../engine/sources/decode/known.ts";
import { testCity } from "../../../support/city.ts";
import { car, type SceneText, sceneBody, withScenes } from "../../../support/scenes.ts";

const city = withScenes(testCity());
const known = knownScenes(city);
const START = instant(Date.UTC(2026, 1, 3));
const second = (s: number): Instant => after(START, seconds(s));

/** A camera's picture as it arrives `delayS` later. */
function picture(text: SceneText, delayS = 0): SceneReading {
  const receivedAt = after(text.at, seconds(delayS));
  const [scene] = decodeAtcsScene(JSON.stringify(sceneBody(text)), { receivedAt, known });
  if (scene?.kind !== "scene") throw new Error(scene?.message);
  return scene;
}

type Sends = (s: number) => readonly SceneReading[];
interface Play {
  readonly lasting: number;
  readonly observations?: (s: number) => readonly Observation[];
}

/** Second by second; what each gave. */
function play(sends: Sends, { lasting, observations = () => [] }: Play): readonly JudgedScenes[] {
  let state: SceneState = {};
  return Array.from({ length: lasting }, (_, i) => {
    const judged = observeScenes(state, {
      scenes: sends(i + 1),
      observations: observations(i + 1),
      now: second(i + 1),
      city,
      junctions: ["a", "b", "c"],
    });
    state = judged.state;
    return judged;
  });
}

/** A car that drives up and stands, another every 20 s: no two pictures alike while it moves. */
const lively = (s: number) => [car(Math.max(2, 100 - 8 * (s % 20)), s % 20 < 12 ? 8 : 0)];
const codes = (all: readonly JudgedScenes[]) => all.flatMap(({ findings }) => findings.map(({ code }) => code));
const changes = (all: readonly JudgedScenes[]) =>
  all.flatMap(({ health }) => health.map(({ state, code }) => `${state}/${code}`));
const seesWest = ({ views }: JudgedScenes): boolean => (views.get("b")?.approaches[westIndex]?.rangeM ?? 0) > 0;
const westIndex = city.junctions.get("b")!.approaches.findIndex(({ id }) => id === "west");

describe("views", () => {
  it("put the pictures of several cameras together, in the order of the junction's approaches", () => {
    const [first] = play(
      () => [
        picture({ at: second(0.5), camera: "cam-b-east", approach: "east", objects: [car(40, 9)] }, 0.5),
        picture({ at: second(0), objects: [car(3)], box: [{ approach: "east", lane: 0, speedMps: 4 }] }, 1),
      ],
      { lasting: 1 },
    );
    const view = first!.views.get("b")!;
    const { approaches } = city.junctions.get("b")!;
    expect(view.approaches.map(({ approach }) => approach)).toEqual(approaches.map(({ id }) => id));
    expect(view.approaches.map(({ rangeM }) => rangeM > 0)).toEqual(
      approaches.map(({ id }) => id === "east" || id === "west"),
    );
    expect(view.at).toBe(second(0.5));
    expect(view.approaches[westIndex]).toMatchObject({ at: second(0), vehicles: [{ distanceM: 3 }] });
    expect(view.box).toMatchObject([{ approach: "east", lane: 0, speedMps: 4 }]);
    expect([...first!.views.keys()]).toEqual(["b"]);
  });

  it("tell crossings since the last view, through a lost picture, and not those before the first", () => {
    const totals = [5, 7, 7, 12, 12];
    const all = play(
      (s) => (s === 3 ? [] : [picture({ at: second(s), passed: [totals[s - 1]!, 0, 0], objects: lively(s) })]),
      {
        lasting: 5,
      },
    );
    expect(all.map(({ views }) => views.get("b")!.approaches[westIndex]!.crossed[0])).toEqual([0, 2, 0, 5, 0]);
  });

  it("tell no crossings of a device that began anew", () => {
    const totals = [500, 2, 4];
    const all = play((s) => [picture({ at: second(s), passed: [totals[s - 1]!, 0, 0], objects: lively(s) })], {
      lasting: 3,
    });
    expect(all.map(({ views }) => views.get("b")!.approaches[westIndex]!.crossed[0])).toEqual([0, 0, 2]);
  });

  it("take the newer picture where two cameras look at one place", () => {
    const both = { ...city, cameras: new Map(city.cameras) };
    const west = city.cameras.get("cam-b-west")!;
    both.cameras.set("cam-b-extra", { ...west, id: "cam-b-extra" });
    const extra = (at: Instant, distanceM: number): SceneReading => ({
      ...picture({ at, objects: [car(distanceM)] }),
      source: "cam-b-extra",
    });
    const see = (scenes: readonly SceneReading[]) =>
      observeScenes({}, { scenes, observations: [], now: second(1), city: both, junctions: ["b"] })
        .views.get("b")!
        .approaches[westIndex]!.vehicles.map(({ distanceM }) => distanceM);
    expect(see([picture({ at: second(0.5), objects: [car(10)] }), extra(second(1), 20)])).toEqual([20]);
    expect(see([picture({ at: second(1), objects: [car(10)] }), extra(second(0.5), 20)])).toEqual([10]);
  });

  it("show nothing that is old, by the picture's own clock or by silence, and come back at once", () => {
    const all = play((s) => (s > 10 && s <= 30 ? [] : [picture({ at: second(s), objects: lively(s) })]), {
      lasting: 40,
    });
    expect(all.map(seesWest)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1 <= 13 || i + 1 > 31));
    const slow = play((s) => [picture({ at: second(s - 5), objects: lively(s) }, 5)], { lasting: 10 });
    expect(slow.every(seesWest)).toBe(true);
    const useless = play((s) => [picture({ at: second(s - 11), objects: lively(s) }, 11)], { lasting: 10 });
    expect(useless.some(seesWest)).toBe(false);
  });
});

describe("a camera that cannot be believed", () => {
  it("is silent after five seconds without a picture, and well again with the second one", () => {
    const all = play((s) => (s > 10 && s <= 30 ? [] : [picture({ at: second(s), objects: lively(s) })]), {
      lasting: 40,
    });
    const own = all.flatMap(({ health }) => health.filter(({ detector }) => detector === "cam-b-west"));
    expect(own.map(({ state, code, since }) => [state, code, (since - START) / 1000])).toEqual([
      ["silent", "silent", 16],
      ["ok", "recovered", 32],
    ]);
  });

  it("sends each picture twice, or late: each counts once, in order", () => {
    const all = play(
      (s) => [
        picture({ at: second(s), objects: lively(s) }),
        picture({ at: second(s), objects: [] }),
        ...(s > 2 ? [picture({ at: second(s - 2), objects: [car(99)] }, 2)] : []),
      ],
      { lasting: 4 },
    );
    expect(codes(all)).toEqual(["duplicate", "duplicate", "duplicate", "late", "duplicate", "late"]);
    expect(all[3]!.views.get("b")!.approaches[westIndex]!.vehicles).toMatchObject(
      lively(4).map(({ distanceM }) => ({ distanceM })),
    );
  });

  it("has frozen: alike with something moving in it", () => {
    const all = play((s) => [picture({ at: second(s), objects: lively(Math.min(s, 8)) })], { lasting: 20 });
    expect(changes(all)).toContain("suspect/stuck-value");
    expect(seesWest(all[9]!)).toBe(true);
    expect(all.slice(11).some(seesWest)).toBe(false);
    const thawed = play((s) => [picture({ at: second(s), objects: lively(s > 8 && s < 15 ? 8 : s) })], { lasting: 30 });
    expect(changes(thawed)).toContain("ok/recovered");
    expect(thawed.slice(20).every(seesWest)).toBe(true);
  });

  it("is not frozen while a queue stands through the longest red", () => {
    const queue = [car(1), car(8), car(15, 0, 1)];
    const all = play((s) => [picture({ at: second(s), objects: queue })], { lasting: 150 });
    expect(all.every(seesWest)).toBe(true);
    const forEver = play((s) => [picture({ at: second(s), objects: queue })], { lasting: 300 });
    expect(seesWest(forEver[299]!)).toBe(false);
  });

  it("says that it looks elsewhere", () => {
    const all = play(
      (s) => [picture({ at: second(s), objects: lively(s), ...(s > 5 && s <= 12 ? { home: false } : {}) })],
      {
        lasting: 20,
      },
    );
    expect(all.map(seesWest)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1 <= 5 || i + 1 >= 17));
    expect(changes(all)).toContain("suspect/turned-away");
  });

  it("shows an empty road on which counting lines see traffic", () => {
    const line = [...city.detectors.values()].find(
      ({ junction, approach }) => junction === "b" && approach === "west",
    )!;
    const counting = (s: number): readonly Observation[] =>
      s % 5 === 0
        ? [
            {
              source: "x",
              detector: line.id,
              start: second(s - 5),
              end: second(s),
              counts: { car: 3 },
              quality: 1,
              flags: [],
            },
          ]
        : [];
    const sends: Sends = (s) => [picture({ at: second(s), objects: s < 20 ? lively(s) : [] })];
    const all = play(sends, { lasting: 80, observations: counting });
    expect(seesWest(all[30]!)).toBe(true);
    expect(seesWest(all[79]!)).toBe(false);
    expect(changes(all)).toContain("suspect/stuck-off");
    expect(play(sends, { lasting: 80 }).every(seesWest)).toBe(true);
  });

  it("shows nobody for long where many used to pass, but a quiet side street is believed", () => {
    const busy: Sends = (s) => [
      picture({ at: second(s), passed: [Math.floor(Math.min(s, 900) / 2), 0, 0], objects: s <= 900 ? lively(s) : [] }),
    ];
    const all = play(busy, { lasting: 1300 });
    expect(changes(all)).toContain("suspect/stuck-off");
    expect(seesWest(all[899]!)).toBe(true);
    expect(seesWest(all[1299]!)).toBe(false);
    // One car in five minutes.
    const quiet: Sends = (s) => [
      picture({ at: second(s), passed: [Math.floor(s / 300), 0, 0], objects: s % 300 < 20 ? lively(s) : [] }),
    ];
    expect(play(quiet, { lasting: 1300 }).every(seesWest)).toBe(true);
  });

  it("shows more than can stand or pass there", () => {
    const crowd = Array.from({ length: 600 }, (_, i) => car(i / 6.1));
    const all = play((s) => [picture({ at: second(s), objects: s > 3 ? crowd : lively(s) })], { lasting: 8 });
    expect(codes(all)).toContain("impossible-flow");
    expect(changes(all)).toContain("suspect/impossible-flow");
    expect(all.slice(3).some(seesWest)).toBe(false);
    const rush = play((s) => [picture({ at: second(s), passed: [50 * s, 0, 0], objects: lively(s) })], { lasting: 2 });
    expect(codes(rush)).toEqual(["impossible-flow"]);
  });

  it("has a wrong clock: refused in another zone, placed by arrival when a little ahead", () => {
    const ahead =
      (offsetS: number): Sends =>
      (s) => [{ ...picture({ at: second(s + offsetS), objects: lively(s) }), receivedAt: second(s) }];
    const zone = play(ahead(8 * 3600), { lasting: 6 });
    expect(zone.some(seesWest)).toBe(false);
    expect(zone.flatMap(({ findings }) => findings)[0]!.message).toContain("8 h ahead");
    const fast = play(ahead(6), { lasting: 6 });
    expect(fast.every(seesWest)).toBe(true);
    expect(fast[5]!.views.get("b")!.at).toBe(second(6));
  });

  it("had its clock set back: left out until that is certain, then taken", () => {
    const all = play((s) => [picture({ at: second(s > 10 ? s - 4 : s), objects: lively(s) }, s > 10 ? 4 : 0)], {
      lasting: 20,
    });
    expect(codes(all)).toContain("duplicate");
    expect(seesWest(all[19]!)).toBe(true);
  });
});
