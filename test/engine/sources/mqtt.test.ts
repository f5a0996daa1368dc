import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { filter, firstValueFrom, take, toArray } from "rxjs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SteppedClock } from "../../../app/stepped-clock.ts";
import { instant } from "../../../config/units.ts";
import type { OnvifRule } from "../../../engine/sources/decode/onvif-counter.ts";
import { type MqttSource, mqttFeeds, mqttOptions, mqttSource } from "../../../engine/sources/mqtt.ts";
import { testCity } from "../../support/city.ts";
import { sceneBody, withScenes } from "../../support/scenes.ts";

/** Debian's broker, which we did not write. */
const MOSQUITTO = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].find((path) => existsSync(path)) ?? "mosquitto";
const lines = readFileSync(new URL("./payloads/onvif-ej.counter.mqtt.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { topic: string; retain: boolean; payload: string });
const count = readFileSync(new URL("./payloads/webhook.count.json", import.meta.url), "utf8");

let port: number;
let folder: string;
let broker: ChildProcess;
let source: MqttSource | undefined;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

/** Resolves when the broker has served a first message; before that it may forget a SIGTERM. */
async function startBroker(): Promise<void> {
  const config = join(folder, "mosquitto.conf");
  writeFileSync(
    config,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${folder}/\nuser ${userInfo().username}\nlog_dest stderr\n`,
  );
  broker = spawn(MOSQUITTO, ["-c", config], { stdio: ["ignore", "ignore", "pipe"] });
  await new Promise<void>((resolve, reject) => {
    broker.once("error", reject);
    broker.stderr!.on("data", (text: Buffer) => {
      if (/running/.test(text.toString())) resolve();
    });
  });
  publish("probe", "1", false);
}

const stopBroker = (): Promise<unknown> =>
  new Promise((resolve) => {
    broker.once("exit", resolve);
    broker.kill("SIGTERM");
  });

function publish(topic: string, payload: string, retain: boolean): void {
  const message = payload === "" ? ["-n"] : ["-m", payload];
  execFileSync("mosquitto_pub", [
    "-h",
    "127.0.0.1",
    "-p",
    String(port),
    "-q",
    "1",
    "-t",
    topic,
    ...message,
    ...(retain ? ["-r"] : []),
  ]);
}

const rules = new Map<string, OnvifRule>([
  ["U-ST-1", { detector: "U-ST-1", vehicleClass: "mc" }],
  ["S-RT-1", { detector: "S-RT-1", vehicleClass: "unknown" }],
]);

function open(): MqttSource {
  source = mqttSource({
    url: `mqtt://127.0.0.1:${port}`,
    clock: new SteppedClock(instant(Date.parse("2026-02-02T23:00:01Z"))),
    feeds: [
      { camera: "cam-017", topic: "bpn/cam-017", rules },
      { camera: "cam-018", topic: "bpn/cam-018", rules },
    ],
    detectors: new Map([["cam-017", new Set(["U-ST-1"])]]),
  });
  return source;
}
const linked = (from: MqttSource, state: "connected" | "disconnected") =>
  firstValueFrom(from.link$.pipe(filter((link) => link.state === state)));
const collect = (from: MqttSource, n: number) => firstValueFrom(from.readings$.pipe(take(n), toArray()));

beforeEach(async () => {
  port = await freePort();
  folder = mkdtempSync(join(tmpdir(), "mqtt-"));
  await startBroker();
});
afterEach(async () => {
  await source?.close();
  source = undefined;
  if (broker.exitCode === null) await stopBroker();
  rmSync(folder, { recursive: true });
});

describe("counts over a real broker", () => {
  it("arrive: counters, a crossing, a removed rule, and plain JSON", async () => {
    const opened = open();
    await linked(opened, "connected");
    const readings = collect(opened, 8);
    for (const { topic, payload, retain } of lines) publish(topic, payload, retain);
    publish("bpn/cam-017/counts", count, false);
    publish("bpn/cam-020/counts", count, false);
    expect(
      (await readings).map((reading) => [
        reading.source,
        reading.kind,
        reading.kind === "total" ? reading.total : reading.detector,
      ]),
    ).toEqual([
      ["cam-017", "total", 4127],
      ["cam-017", "total", 4131],
      ["cam-017", "total", 4136],
      ["cam-018", "total", 88],
      ["cam-017", "total", 0],
      ["cam-017", "crossing", "S-RT-1"],
      ["cam-017", "fault", "U-ST-1"],
      ["cam-017", "period", "U-ST-1"],
    ]);
  });

  it("come with scenes on a topic of their own, which a broker may not keep for later", async () => {
    const city = withScenes(testCity(), { transport: "mqtt", topic: "cam/b-west" });
    expect(mqttFeeds(city).map(({ topic }) => topic)).toContain("cam/b-west");
    const { scenes } = mqttOptions(city);
    source = mqttSource({
      url: `mqtt://127.0.0.1:${port}`,
      clock: new SteppedClock(instant(Date.parse("2026-02-02T23:00:01Z"))),
      feeds: [{ camera: "cam-b-west", topic: "cam/b-west", rules: new Map() }],
      detectors: new Map(),
      ...(scenes ? { scenes } : {}),
    });
    await linked(source, "connected");
    const pictures = firstValueFrom(source.scenes$!.pipe(take(1)));
    const faults = collect(source, 1);
    const body = (s: number) => JSON.stringify(sceneBody({ at: instant(Date.UTC(2026, 1, 2, 23, 0, s)), seq: s }));
    publish("cam/b-west/scene", "{}", false);
    publish("cam/b-west/scene", body(1), false);
    expect(await faults).toMatchObject([{ kind: "fault", source: "cam-b-west", code: "invalid" }]);
    expect(await pictures).toMatchObject({ kind: "scene", source: "cam-b-west", seq: 1 });
  });

  it("come again as retained when the broker returns, and live ones after that", async () => {
    const opened = open();
    await linked(opened, "connected");
    const first = collect(opened, 1);
    publish(lines[0]!.topic, lines[0]!.payload, true);
    expect(await first).toMatchObject([{ kind: "total", total: 4127, retained: false }]);
    const lost = linked(opened, "disconnected");
    await stopBroker();
    await lost;
    const again = collect(opened, 2);
    await startBroker();
    await linked(opened, "connected");
    publish(lines[1]!.topic, lines[1]!.payload, false);
    expect(await again).toMatchObject([
      { kind: "total", total: 4127, retained: true },
      { kind: "total", total: 4131, retained: false },
    ]);
  });

  it("are refused on another camera's topic", async () => {
    const opened = open();
    await linked(opened, "connected");
    const readings = collect(opened, 1);
    publish("bpn/cam-018/counts", count, false);
    expect(await readings).toMatchObject([{ kind: "fault", code: "not-for-this-source", source: "cam-017" }]);
  });

  it("say what is wrong while there is no broker", async () => {
    await stopBroker();
    const opened = open();
    expect(await linked(opened, "disconnected")).toMatchObject({
      state: "disconnected",
      reason: expect.stringContaining("ECONNREFUSED") as string,
    });
  });
});

describe("the feeds of a city", () => {
  it("are its MQTT cameras", () => {
    const city = testCity();
    const camera = city.cameras.get("cam-a-west")!;
    const feed = { ...camera.feed!, transport: "mqtt", format: "onvif-counter", topic: "bpn/a-west" } as const;
    const cameras = new Map(city.cameras).set(camera.id, { ...camera, feed });
    expect(
      mqttFeeds({ ...city, cameras }).map(({ camera: id, topic, rules: found }) => [id, topic, found.size]),
    ).toEqual([["cam-a-west", "bpn/a-west", 12]]);
  });
});
