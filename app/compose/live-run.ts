import { join } from "node:path";
import { SharedUdp } from "ntcip-ts";
import { merge, Subject } from "rxjs";
import type { City } from "../../config/model.ts";
import { millis } from "../../config/units.ts";
import { runPipeline } from "../../engine/pipeline/pipeline.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import type { DetectionSource } from "../../engine/ports/detection-source.ts";
import { knownDetectors, knownScenes } from "../../engine/sources/decode/known.ts";
import { mqttOptions, mqttSource } from "../../engine/sources/mqtt.ts";
import { registerWebhook } from "../../engine/sources/webhook.ts";
import { readCity, strategyOf } from "../city-files.ts";
import type { RunFlags } from "../commands/run.ts";
import { DEFAULT_PORT, type LiveServer, openServer } from "../http-server.ts";
import { type RequestRoutes, registerRequests } from "../requests/routes.ts";
import { stopSignal } from "../stop-signal.ts";
import { UserError } from "../user-error.ts";
import { wallClock } from "../wall-clock.ts";
import { liveDisplay } from "./live-display.ts";
import { communityOf, type Driver, openCabinet } from "./open-cabinet.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { type Tally, tallyOf } from "./report.ts";

/** Broker of the cameras, with credentials if it wants any; not in a file, since it may hold a secret. */
const BROKER_VARIABLE = "SIMPANG_MQTT_URL";
/** History is made durable this often. */
const FLUSH_EVERY = millis(5000);

/**
 * The street itself: cabinets by their url, counts from the webhook and MQTT, wall time. Sends nothing unless the
 * configuration says `write_enabled: true`. Goes on from the record of an earlier run in the same --out folder.
 */
export async function runLive(flags: RunFlags): Promise<void> {
  const city = readCity(flags.config);
  const strategy = strategyOf(flags.strategy ?? city.control.strategy);
  const late = { ticks: 0, worstMs: 0 };
  const clock = wallClock((by) => {
    late.ticks++;
    late.worstMs = Math.max(late.worstMs, by);
  });
  const socket = new SharedUdp();
  const drivers = openDrivers(city, { config: flags.config, clock, socket });
  const broker = brokerOf(city, flags.config);
  const signal = stopSignal();
  const recorder = await openRecorder(flags.out ?? join("var", "live"), { resume: true });
  const tally = tallyOf();
  const sources: DetectionSource[] = [];
  let server: LiveServer | undefined;
  let requests: RequestRoutes | undefined;
  let mqtt: ReturnType<typeof mqttSource> | undefined;
  try {
    server = await openServer({ port: flags.port ?? DEFAULT_PORT, fixed: flags.port !== undefined }, (app) => {
      sources.push(registerWebhook(app, { clock, detectors: knownDetectors(city), scenes: knownScenes(city) }));
      requests = registerRequests(app, { city, clock });
    });
    mqtt = broker === undefined ? undefined : mqttSource({ url: broker, clock, ...mqttOptions(city) });
    if (mqtt) sources.push(mqtt);
    const { publish, url } = server;
    const quiet = flags.json === true;
    const display = liveDisplay({
      city,
      strategy: strategy.name,
      simulated: false,
      speed: "wall time",
      url,
      quiet,
      publish,
    });
    if (!quiet) announce(city, recorder);
    const facts = { strategy: strategy.name, config: city.hash, dispatch: city.control.writeEnabled };
    const note = (phase: "start" | "end", data: object) => {
      const at = clock.now();
      recorder.record([{ at, kind: "run", subject: city.id, data: { phase, ...data } }]);
      recorder.audit({ at, action: `run:${phase}`, subject: city.id, data: { ...data } });
    };
    note("start", { ...facts, unfinished: recorder.unfinished });
    const stop$ = new Subject<void>();
    const options = {
      city,
      strategy,
      dispatch: city.control.writeEnabled,
      clock,
      sources,
      audit: recorder.audit,
      requests$: requests!.requests$,
      stop$,
    };
    const frames$ = merge(
      ...[...city.corridors.values()].map((corridor) => {
        const controllers = drivers.filter(({ junction }) => corridor.junctions.includes(junction));
        return runPipeline({ ...options, corridor, controllers });
      }),
    );
    const ended = new Promise<void>((resolve, reject) => {
      frames$.subscribe({
        next: (frame) => {
          recorder.record(frame.events);
          tally.count(frame.events);
          if (frame.now % FLUSH_EVERY === 0) void recorder.flush();
          requests?.frame(frame);
          display.frame(frame, { tally });
        },
        error: reject,
        complete: resolve,
      });
    });
    await untilStopped({ ended, signal, limit: flags.for, stop: () => stop$.next() });
    display.end();
    note("end", {});
  } finally {
    for (const driver of drivers) driver.close();
    socket.close();
    await mqtt?.close();
    await server?.close();
    await recorder.close();
  }
  const worth = {
    ...figures(tally),
    lateTicks: late.ticks,
    worstLateMs: late.worstMs,
    unfinishedBefore: recorder.unfinished,
  };
  process.stdout.write(`${JSON.stringify({ ...worth, folder: recorder.folder }, null, flags.json ? 2 : 0)}\n`);
}

function brokerOf(city: City, config: string): string | undefined {
  const feeds = [...city.cameras.values()].some(
    ({ feed, scene }) => feed?.transport === "mqtt" || scene?.transport === "mqtt",
  );
  const broker = process.env[BROKER_VARIABLE];
  if (feeds && broker === undefined) {
    throw new UserError(
      `Cameras of ${config} send over MQTT; give the broker in ${BROKER_VARIABLE}, such as mqtt://127.0.0.1:1883.`,
    );
  }
  return feeds ? broker : undefined;
}

function openDrivers(
  city: City,
  { config, clock, socket }: { readonly config: string; readonly clock: Clock; readonly socket: SharedUdp },
): readonly Driver[] {
  const specs = [...city.cabinets.values()];
  const without = specs.filter((spec) => spec.url === undefined).map((spec) => spec.id);
  if (without.length > 0)
    throw new UserError(
      `--live needs a url for every cabinet; ${config}/cabinets.yaml has none for ${without.join(", ")}.`,
    );
  // Polls are spread over their period: a thousand cabinets do not answer at one instant.
  return specs.map((spec, i) =>
    openCabinet({
      city,
      spec,
      url: spec.url!,
      community: communityOf(spec),
      clock,
      config,
      socket,
      phase: millis(Math.floor((spec.poll * i) / specs.length)),
    }),
  );
}

function announce(city: City, { unfinished, folder }: Recorder): void {
  if (unfinished.length > 0)
    process.stdout.write(
      `Going on from ${folder}: ${unfinished.length} commands had no outcome (${unfinished.join(", ")}).\n`,
    );
  if (!city.control.writeEnabled)
    process.stdout.write("Writing is off (write_enabled: false): decisions are recorded, nothing is sent.\n");
}

interface Ending {
  readonly ended: Promise<void>;
  readonly signal: AbortSignal;
  readonly limit: number | undefined;
  readonly stop: () => void;
}

/** Until Ctrl-C or the time limit, and then until every cabinet was handed back. */
async function untilStopped({ ended, signal, limit, stop }: Ending): Promise<void> {
  signal.addEventListener("abort", stop, { once: true });
  const timer = limit === undefined ? undefined : setTimeout(stop, limit);
  try {
    if (signal.aborted) stop();
    await ended;
  } finally {
    clearTimeout(timer);
  }
}

const figures = ({ plans, serves, denials, alarms, readings }: Tally) => ({
  plans,
  serves,
  guardDenials: denials,
  alarms,
  readings,
});
