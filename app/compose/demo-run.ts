import { join } from "node:path";
import type { Incident } from "../../config/incidents.ts";
import { instant, type Millis, millis } from "../../config/units.ts";
import type { DetectionSource } from "../../engine/ports/detection-source.ts";
import { knownDetectors, knownScenes } from "../../engine/sources/decode/known.ts";
import { registerWebhook } from "../../engine/sources/webhook.ts";
import { instantOf } from "../arguments.ts";
import { readCity, readIncidents, strategyOf } from "../city-files.ts";
import type { RunFlags } from "../commands/run.ts";
import { DEFAULT_PORT, openServer } from "../http-server.ts";
import { type RequestRoutes, registerRequests } from "../requests/routes.ts";
import { SteppedClock } from "../stepped-clock.ts";
import { stopSignal } from "../stop-signal.ts";
import { liveDisplay } from "./live-display.ts";
import { runMany } from "./many-runs.ts";
import { openRecorder } from "./recorder.ts";
import type { RunReport } from "./report.ts";
import { simulatedRun } from "./simulated-run.ts";
import { socketWiring } from "./socket-wiring.ts";
import { summary } from "./summary.ts";

/** The demonstration: simulated street, real protocols on loopback, page, terminal view, summary against the scheduled plans. */
export async function runDemo(flags: RunFlags): Promise<void> {
  const city = readCity(flags.config);
  const strategy = strategyOf(flags.strategy ?? city.control.strategy);
  const start = instantOf(flags.from, city.utcOffset);
  const incidents = flags.incidents === undefined ? [] : readIncidents(flags.incidents, city);
  const signal = stopSignal();
  let webhook: DetectionSource | undefined;
  let requests: RequestRoutes | undefined;
  const clock = new SteppedClock(start);
  const server = await openServer({ port: flags.port ?? DEFAULT_PORT, fixed: flags.port !== undefined }, (app) => {
    webhook = registerWebhook(app, { clock, detectors: knownDetectors(city), scenes: knownScenes(city) });
    requests = registerRequests(app, { city, clock });
  });
  const folder = flags.out ?? join("var", `run-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`);
  const recorder = await openRecorder(folder, { resume: false }).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const speed = Number.isFinite(flags.speed) ? `${flags.speed} times real time` : "as fast as it goes";
  const quiet = flags.json === true;
  const { publish, url } = server;
  const display = liveDisplay({ city, strategy: strategy.name, simulated: true, speed, url, quiet, publish });
  const late = { ticks: 0, worstMs: 0 };
  const demandScale = flags.demand ?? 1;
  try {
    const wire = socketWiring({ city, webhookUrl: url, webhook: webhook! });
    const options = {
      city,
      strategy,
      seed: flags.seed,
      start,
      clock,
      duration: flags.for,
      demandScale,
      incidents,
      recorder,
      signal,
      requests$: requests!.requests$,
    };
    const report = await simulatedRun(
      {
        ...options,
        onFrame: (frame, run) => {
          requests!.frame(frame);
          display.frame(frame, run);
        },
      },
      wire,
      {
        speed: flags.speed,
        onLate: (by: Millis) => {
          late.ticks++;
          late.worstMs = Math.max(late.worstMs, Math.round(by));
        },
      },
    );
    display.end();
    const base = await baseline(flags, report, incidents);
    const worth = { report, base, lateTicks: late.ticks, worstLateMs: late.worstMs, folder };
    process.stdout.write(flags.json ? `${JSON.stringify(summary(worth).json, null, 2)}\n` : summary(worth).text);
  } finally {
    await server.close();
    await recorder.close();
  }
}

/** The same traffic under the scheduled plans, by function calls in a worker: what the run was worth. */
async function baseline(
  flags: RunFlags,
  report: RunReport,
  incidents: readonly Incident[],
): Promise<RunReport | undefined> {
  const duration = millis(report.simulatedS * 1000);
  if (report.strategy === "fixed" || duration <= 0) return undefined;
  const { seed, demandScale } = report;
  const start = instant(Date.parse(report.start));
  const job = { config: flags.config, strategy: "fixed", seed, start, duration, demandScale, incidents };
  const [base] = await runMany([job], () => undefined);
  return base;
}
