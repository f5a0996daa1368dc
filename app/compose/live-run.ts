import { join } from "node:path";
import { merge, Subject } from "rxjs";
import { millis } from "../../config/units.ts";
import { runPipeline } from "../../engine/pipeline/pipeline.ts";
import type { DetectionSource } from "../../engine/ports/detection-source.ts";
import { knownDetectors } from "../../engine/sources/decode/known.ts";
import { mqttOptions, mqttSource } from "../../engine/sources/mqtt.ts";
import { registerWebhook } from "../../engine/sources/webhook.ts";
import { readCity, strategyOf } from "../city-files.ts";
import type { RunFlags } from "../commands/run.ts";
import { openServer } from "../http-server.ts";
import { stopSignal } from "../stop-signal.ts";
import { UserError } from "../user-error.ts";
import { wallClock } from "../wall-clock.ts";
import { liveDisplay } from "./live-display.ts";
import { openCabinet } from "./open-cabinet.ts";
import { openRecorder } from "./recorder.ts";
import { tallyOf } from "./report.ts";

const DEFAULT_PORT = 8080;
/** Broker of the cameras, with credentials if it wants any; not in a file, since it may hold a secret. */
const BROKER_VARIABLE = "SIMPANG_MQTT_URL";

/**
 * The street itself: cabinets by their url, counts from the webhook and MQTT, wall time. Sends nothing unless the
 * configuration says `write_enabled: true`. Goes on from the audit trail of an earlier run in the same --out folder.
 */
export async function runLive(flags: RunFlags): Promise<void> {
  const city = readCity(flags.config);
  const strategy = strategyOf(flags.strategy ?? city.control.strategy);
  const without = [...city.cabinets.values()]
    .filter((cabinet) => cabinet.url === undefined)
    .map((cabinet) => cabinet.id);
  if (without.length > 0)
    throw new UserError(
      `--live needs a url for every cabinet; without one in ${flags.config}/cabinets.yaml: ${without.join(", ")}.`,
    );
  const feeds = [...city.cameras.values()].some((camera) => camera.feed?.transport === "mqtt");
  const broker = process.env[BROKER_VARIABLE];
  if (feeds && broker === undefined)
    throw new UserError(
      `Cameras of ${flags.config} send over MQTT; give the broker in ${BROKER_VARIABLE}, such as mqtt://127.0.0.1:1883.`,
    );

  const signal = stopSignal();
  let lateTicks = 0;
  let worstLateMs = 0;
  const clock = wallClock((late) => {
    lateTicks++;
    worstLateMs = Math.max(worstLateMs, late);
  });
  const recorder = await openRecorder(flags.out ?? join("var", "live"), { resume: true });
  const sources: DetectionSource[] = [];
  const server = await openServer({ port: flags.port ?? DEFAULT_PORT, fixed: flags.port !== undefined }, (app) => {
    sources.push(registerWebhook(app, { clock, detectors: knownDetectors(city) }));
  }).catch(async (error: unknown) => {
    await recorder.close();
    throw error;
  });
  const mqtt = broker === undefined ? undefined : mqttSource({ url: broker, clock, ...mqttOptions(city) });
  if (mqtt) sources.push(mqtt);
  const drivers = [...city.cabinets.values()].map((spec) =>
    openCabinet({
      city,
      spec,
      url: spec.url!,
      community: (spec.communityEnv === undefined ? undefined : process.env[spec.communityEnv]) ?? "public",
      clock,
      config: flags.config,
    }),
  );
  const display = liveDisplay({
    city,
    strategy: strategy.name,
    simulated: false,
    speed: "wall time",
    url: server.url,
    quiet: flags.json === true,
    publish: server.publish,
  });
  const tally = tallyOf();
  const stop$ = new Subject<void>();
  recorder.record([
    {
      at: clock.now(),
      kind: "run",
      subject: city.id,
      data: { phase: "start", strategy: strategy.name, config: city.hash, unfinished: recorder.unfinished },
    },
  ]);
  const pipelines = [...city.corridors.values()].map((corridor) =>
    runPipeline({
      city,
      corridor,
      strategy,
      dispatch: city.control.writeEnabled,
      clock,
      sources,
      controllers: drivers.filter(({ junction }) => corridor.junctions.includes(junction)),
      audit: recorder.audit,
      stop$,
    }),
  );
  const ended = new Promise<void>((resolve, reject) => {
    merge(...pipelines).subscribe({
      next: (frame) => {
        recorder.record(frame.events);
        if (frame.now % FLUSH_EVERY === 0) void recorder.flush();
        tally.count(frame.events);
        display.frame(frame, { tally });
      },
      error: reject,
      complete: resolve,
    });
  });
  const stop = () => stop$.next();
  signal.addEventListener("abort", stop, { once: true });
  const limit = flags.for === undefined ? undefined : setTimeout(stop, flags.for);
  try {
    await ended;
    display.end();
    recorder.record([{ at: clock.now(), kind: "run", subject: city.id, data: { phase: "end" } }]);
    const summary = {
      plans: tally.plans,
      serves: tally.serves,
      guardDenials: tally.denials,
      alarms: tally.alarms,
      readings: tally.readings,
      lateTicks,
      worstLateMs,
      unfinishedBefore: recorder.unfinished,
      folder: recorder.folder,
    };
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  } finally {
    clearTimeout(limit);
    for (const driver of drivers) driver.close();
    await mqtt?.close();
    await server.close();
    await recorder.close();
  }
}

/** History is made durable this often, ms. */
const FLUSH_EVERY = millis(5000);
