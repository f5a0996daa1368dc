import { readFileSync } from "node:fs";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SteppedClock } from "../../../app/stepped-clock.ts";
import { after, instant, seconds } from "../../../config/units.ts";
import type { Reading } from "../../../engine/core/reading.ts";
import type { SceneReading } from "../../../engine/core/scene.ts";
import { knownScenes } from "../../../engine/sources/decode/known.ts";
import { registerWebhook } from "../../../engine/sources/webhook.ts";
import { testCity } from "../../support/city.ts";
import { car, sceneBody, withScenes } from "../../support/scenes.ts";

const body = readFileSync(new URL("./payloads/webhook.count.json", import.meta.url), "utf8");
const record = JSON.parse(body) as Record<string, unknown>;
const detectors = new Map([["cam-017", new Set(["U-ST-1"])]]);

let app: FastifyInstance;
let clock: SteppedClock;
let readings: Reading[];

function start(limits?: { bodyBytes: number; requests: { perSecond: number; burst: number } }) {
  app = Fastify();
  clock = new SteppedClock(instant(Date.parse("2026-02-02T23:00:01Z")));
  readings = [];
  registerWebhook(app, { clock, detectors, ...(limits ? { limits } : {}) }).readings$.subscribe((reading) =>
    readings.push(reading),
  );
}
const post = (payload: string, url = "/ingest/v1/counts", type = "application/json") =>
  app.inject({ method: "POST", url, payload, headers: { "content-type": type } });

beforeEach(() => start());
afterEach(() => app.close());

describe("POST /ingest/v1/counts", () => {
  it("takes a record and acknowledges it", async () => {
    const answer = await post(body);
    expect([answer.statusCode, answer.json()]).toEqual([202, { accepted: 1, rejected: 0, faults: [] }]);
    expect(readings).toMatchObject([{ kind: "period", source: "cam-017", receivedAt: clock.now() }]);
  });

  it("takes the good records of a mixed body and names the others", async () => {
    const answer = await post(JSON.stringify([record, { ...record, detector: "X" }]));
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({
      accepted: 1,
      rejected: 1,
      faults: [
        {
          code: "unknown-detector",
          source: "cam-017",
          detector: "X",
          message: 'record 1: camera "cam-017" has no detector "X"; it has U-ST-1',
        },
      ],
    });
    expect(readings.map(({ kind }) => kind)).toEqual(["period", "fault"]);
  });

  it("answers 400 with every fault when nothing could be taken", async () => {
    const answer = await post(
      JSON.stringify([
        { ...record, seq: -1 },
        { ...record, counts: {}, schema: "x" },
      ]),
    );
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ faults: { message: string }[] }>().faults.map(({ message }) => message.slice(0, 14))).toEqual([
      "record 0: seq ",
      "record 1: sche",
    ]);
    expect((await post("{")).statusCode).toBe(400);
    expect((await post("")).statusCode).toBe(400);
  });

  it("holds a path of a camera to that camera", async () => {
    expect((await post(body, "/ingest/v1/counts/cam-017")).statusCode).toBe(202);
    const answer = await post(body, "/ingest/v1/counts/cam-018");
    expect(answer.json()).toMatchObject({ accepted: 0, faults: [{ code: "not-for-this-source" }] });
  });

  it("answers 413 to a body too large, and tells the engine", async () => {
    const answer = await post(`[${" ".repeat(300_000)}]`, "/ingest/v1/counts/cam-017");
    expect([answer.statusCode, answer.json<{ faults: { code: string }[] }>().faults[0]!.code]).toEqual([
      413,
      "too-large",
    ]);
    expect(readings).toMatchObject([{ kind: "fault", code: "too-large", source: "cam-017" }]);
  });

  it("answers 415 to anything but JSON", async () => {
    expect((await post("<xml/>", undefined, "text/xml")).statusCode).toBe(415);
    expect(readings).toEqual([]);
  });

  it("answers 429 to a flood of one sender, and recovers with the clock", async () => {
    await app.close();
    start({ bodyBytes: 10_000, requests: { perSecond: 1, burst: 2 } });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await post(body, "/ingest/v1/counts/cam-017")).statusCode);
    // Another sender is not held up by the first.
    statuses.push((await post(body)).statusCode);
    clock.advanceTo(after(clock.now(), seconds(1)));
    const again = await post(body, "/ingest/v1/counts/cam-017");
    expect([...statuses, again.statusCode]).toEqual([202, 202, 429, 429, 202, 202]);
  });

  it("leaves the JSON of other routes alone", async () => {
    app.post("/echo", (request) => request.body);
    expect((await app.inject({ method: "POST", url: "/echo", payload: { a: 1 } })).json()).toEqual({ a: 1 });
  });
});

describe("POST /ingest/v1/scenes", () => {
  const at = instant(Date.parse("2026-02-02T23:00:01Z"));
  let scenes: SceneReading[];

  beforeEach(async () => {
    await app.close();
    app = Fastify();
    clock = new SteppedClock(at);
    readings = [];
    scenes = [];
    const known = knownScenes(withScenes(testCity()));
    const source = registerWebhook(app, { clock, detectors, scenes: known });
    source.readings$.subscribe((reading) => readings.push(reading));
    source.scenes$!.subscribe((scene) => scenes.push(scene));
  });

  it("takes a picture on the camera's own path, and keeps what it refuses", async () => {
    const good = sceneBody({ at, objects: [car(12, 4)] });
    const answer = await post(JSON.stringify([good, { ...good, at: "now" }]), "/ingest/v1/scenes/cam-b-west");
    expect([answer.statusCode, answer.json<{ accepted: number; rejected: number }>()]).toMatchObject([
      202,
      { accepted: 1, rejected: 1, faults: [{ code: "invalid", source: "cam-b-west" }] },
    ]);
    expect(scenes).toMatchObject([{ kind: "scene", junction: "b", receivedAt: at }]);
    expect(readings).toMatchObject([{ kind: "fault", source: "cam-b-west" }]);
    const wrong = await post(JSON.stringify(good), "/ingest/v1/scenes/cam-b-east");
    expect([wrong.statusCode, wrong.json<{ faults: { code: string }[] }>().faults[0]!.code]).toEqual([
      400,
      "not-for-this-source",
    ]);
  });

  it("takes larger bodies than counts may have, but none without end", async () => {
    const padded = (n: number) => `${JSON.stringify(sceneBody({ at }))}${" ".repeat(n)}`;
    expect((await post(padded(400_000), "/ingest/v1/scenes")).statusCode).toBe(202);
    const answer = await post(padded(600_000), "/ingest/v1/scenes/cam-b-west");
    expect([answer.statusCode, answer.json<{ faults: { message: string }[] }>().faults[0]!.message]).toEqual([
      413,
      "body is larger than 524288 bytes; split it",
    ]);
    expect((await post(padded(400_000), "/ingest/v1/counts")).statusCode).toBe(413);
  });
});
