import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { instant } from "../../../../config/units.ts";
import { packScene, type SceneReading, unpackScene } from "../../../../engine/core/scene.ts";
import { decodeAtcsScene, MAX_SCENE_BYTES, MAX_SCENES } from "../../../../engine/sources/decode/atcs-scene.ts";
import { knownScenes } from "../../../../engine/sources/decode/known.ts";
import { createWorld } from "../../../../simulation/world.ts";
import { testCity } from "../../../support/city.ts";
import { car, sceneBody, withScenes } from "../../../support/scenes.ts";

const city = withScenes(testCity());
const known = knownScenes(city);
const at = instant(Date.UTC(2026, 1, 3, 0, 0, 1));
const receivedAt = instant(at + 300);
const decode = (body: unknown, camera?: string) =>
  decodeAtcsScene(typeof body === "string" ? body : JSON.stringify(body), { receivedAt, known, camera });
const exit = city.cameras.get("cam-b-west")!.scene!.exits[0]!;
const full = sceneBody({
  at,
  seq: 7,
  passed: [12, 40, 3],
  objects: [car(30.04, 8.26, 1), car(1.5)],
  exits: [
    {
      link: exit,
      rangeM: 50,
      lanes: [
        { vehicles: 2, standing: 1, roomM: 31.5 },
        { vehicles: 0, standing: 0, roomM: 50 },
      ],
    },
  ],
  box: [{ approach: "west", lane: 1, speedMps: 5.2 }],
});

describe("atcs-scene/1", () => {
  it("becomes a scene: to a tenth of a metre, nearest first, movements of the lane where none are named", () => {
    const [scene] = decode(full) as readonly SceneReading[];
    expect(scene).toEqual({
      kind: "scene",
      source: "cam-b-west",
      junction: "b",
      receivedAt,
      at,
      seq: 7,
      approaches: [
        {
          approach: "west",
          rangeM: 100,
          passed: [12, 40, 3],
          vehicles: [
            { distanceM: 1.5, speedMps: 0, lengthM: 4.5, vehicleClass: "car", lanes: [0] },
            { distanceM: 30, speedMps: 8.3, lengthM: 4.5, vehicleClass: "car", lanes: [1] },
          ],
        },
      ],
      exits: [
        {
          link: exit,
          rangeM: 50,
          lanes: [
            { vehicles: 2, standing: 1, roomM: 31.5 },
            { vehicles: 0, standing: 0, roomM: 50 },
          ],
        },
      ],
      box: [
        {
          approach: "west",
          lane: 1,
          movements: city.junctions.get("b")!.approaches.find(({ id }) => id === "west")!.lanes[1]!.movements,
          speedMps: 5.2,
        },
      ],
    });
  });

  it("takes what is left out as not seen, and a camera's word that it looks elsewhere", () => {
    const { approaches: _, exits: __, ...bare } = full;
    const [scene] = decode({ ...bare, box: undefined, home: false }) as readonly SceneReading[];
    expect(scene).toMatchObject({ approaches: [], exits: [], away: true });
    expect(scene).not.toHaveProperty("box");
    expect(decode({ ...full, home: true })[0]).not.toHaveProperty("away");
  });

  it("takes an array, and names the bad ones among the good", () => {
    const answers = decode([full, { ...full, schema: "atcs-scene/2" }, 5]);
    expect(answers.map(({ kind }) => kind)).toEqual(["scene", "fault", "fault"]);
    expect(answers[1]).toMatchObject({
      code: "invalid",
      source: "cam-b-west",
      message: expect.stringContaining("scene 1: schema"),
    });
  });

  const approach = (change: object) => ({ ...full, approaches: [{ ...full.approaches[0], ...change }] });
  const object = (change: object) => approach({ objects: [{ ...car(3), ...change }] });
  it.each<[string, unknown, string, string]>([
    ["text that is no JSON", "{", "invalid", "not JSON"],
    ["an empty array", [], "invalid", "at least one"],
    ["too many scenes", Array(MAX_SCENES + 1).fill(full), "too-large", `at most ${MAX_SCENES}`],
    ["too long a body", " ".repeat(MAX_SCENE_BYTES + 1), "too-large", "characters"],
    [
      "another camera's scene on this way",
      { ...full, source: "cam-b-east" },
      "not-for-this-source",
      "own path or topic",
    ],
    ["an unknown key", { ...full, plate: "KT 1 A" }, "invalid", 'unknown key "plate"'],
    ["a local time", { ...full, at: "2026-02-03T00:00:01" }, "invalid", "with zone"],
    ["another junction", { ...full, junction: "a" }, "unknown-detector", 'looks at "b"'],
    ["an approach it does not see", approach({ approach: "east" }), "invalid", "this camera sees west"],
    ["an approach twice", { ...full, approaches: [full.approaches[0], full.approaches[0]] }, "invalid", "at most 1"],
    ["a range beyond its own", approach({ rangeM: 101 }), "invalid", "approaches[0].rangeM is 101"],
    ["totals of other lanes", approach({ passed: [1] }), "invalid", "3 whole numbers"],
    ["totals below zero", approach({ passed: [1, -1, 0] }), "invalid", "whole numbers"],
    ["objects that are none", approach({ objects: [[1, 2]] }), "invalid", "objects[0] is an array; send an object"],
    ["a place out of sight", object({ distanceM: 140 }), "invalid", "distanceM is 140; send a number from 0 to 100"],
    ["a place behind the line", object({ distanceM: -1 }), "invalid", "distanceM is -1"],
    ["a speed that is text", object({ speedMps: "8" }), "invalid", 'speedMps is "8"'],
    [
      "a speed without bound",
      JSON.stringify(object({ speedMps: 77 })).replace("77", "1e309"),
      "invalid",
      "speedMps is",
    ],
    ["a class unheard of", object({ class: "tank" }), "invalid", 'class is "tank"'],
    ["a lane that is not there", object({ lanes: [3] }), "invalid", "0 to 2"],
    ["no lane", object({ lanes: [] }), "invalid", "at least one"],
    ["an id on an object", object({ id: 3 }), "invalid", 'unknown key "approaches[0].objects[0].id"'],
    ["an exit it does not see", { ...full, exits: [{ link: "x", rangeM: 5, lanes: [] }] }, "invalid", `sees ${exit}`],
    [
      "more standing than there are",
      { ...full, exits: [{ link: exit, rangeM: 50, lanes: [{ vehicles: 1, standing: 2, roomM: 3 }] }] },
      "invalid",
      "standing is 2; send a whole number from 0 to 1",
    ],
    [
      "a box lane that is not there",
      { ...full, box: [{ approach: "west", lane: 9, speedMps: 1 }] },
      "invalid",
      "box[0].lane",
    ],
    [
      "a movement of another approach",
      { ...full, box: [{ approach: "west", lane: 0, speedMps: 1, movements: ["east-through"] }] },
      "invalid",
      "movements of west",
    ],
  ])("refuses %s", (_, body, code, says) => {
    const [fault, ...more] = decode(body, "cam-b-west");
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ kind: "fault", code, message: expect.stringContaining(says) });
  });

  it("refuses a box of a camera that sees none, and a camera that sends no scenes", () => {
    const east = sceneBody({ at, camera: "cam-b-east", approach: "east", box: [] });
    expect(decode(east)[0]).toMatchObject({ kind: "fault", message: expect.stringContaining("box: true") });
    expect(decode({ ...full, source: "cam-a-west" })[0]).toMatchObject({ code: "not-for-this-source" });
  });

  it("keeps a message about hundreds of faults short", () => {
    const [fault] = decode(approach({ objects: Array.from({ length: 900 }, () => ({})) }));
    expect(JSON.stringify(fault).length).toBeLessThan(2000);
    expect(fault).toMatchObject({ message: expect.stringMatching(/and \d+ more$/) });
  });

  it("never throws on damaged text", () => {
    const text = JSON.stringify(full);
    const dice = seededRandom(5);
    for (let i = 0; i < 3000; i++) {
      const place = Math.floor(dice.next() * text.length);
      const damage = ["", "-", "9e999", "null", "[", '"', "{}", "\u0000"][Math.floor(dice.next() * 8)]!;
      const damaged = text.slice(0, place) + damage + text.slice(place + Math.floor(dice.next() * 6));
      for (const { kind } of decode(damaged)) expect(["scene", "fault"]).toContain(kind);
    }
  });
});

describe("the record of a scene", () => {
  it("gives back, through JSON, every value of every scene of a simulated minute", () => {
    const world = createWorld({ city, random: seededRandom(3), start: instant(Date.UTC(2026, 1, 3)) });
    let scenes = 0;
    let packed = 0;
    let plain = 0;
    for (let i = 0; i < 240; i++) {
      for (const { body, format, camera } of world.advance()) {
        if (format !== "atcs-scene") continue;
        const [scene] = decode(body, camera) as readonly SceneReading[];
        expect(scene!.kind).toBe("scene");
        const kept = JSON.stringify(packScene(scene!));
        expect(unpackScene(JSON.parse(kept))).toEqual(scene);
        scenes++;
        packed += kept.length;
        plain += body.length;
      }
    }
    expect(scenes).toBe(4 * 120);
    expect(packed).toBeLessThan(0.55 * plain);
  });
});
