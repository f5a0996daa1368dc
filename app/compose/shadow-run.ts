import { join } from "node:path";
import { Subject } from "rxjs";
import { after, type Instant, seconds } from "../../config/units.ts";
import { runPipeline } from "../../engine/pipeline/pipeline.ts";
import type { Event } from "../../engine/ports/event-store.ts";
import type { HiresEvent } from "../../engine/sources/hires/log.ts";
import { hiresSource } from "../../engine/sources/hires/source.ts";
import { readCity, strategyOf } from "../city-files.ts";
import type { RunFlags } from "../commands/run.ts";
import { SteppedClock } from "../stepped-clock.ts";
import { stopSignal } from "../stop-signal.ts";
import { openRecorder } from "./recorder.ts";
import { openShadowLog } from "./shadow-log.ts";
import { shadowReport, shadowText } from "./shadow-report.ts";

/** After the log's end the last periods are still judged. */
const AFTERWARDS = seconds(30);
/** Between two looks at Ctrl-C, in the log's time. */
const LOOK_EVERY = seconds(60);

/**
 * Plays a recorded controller log through the same pipeline, sends nothing, and reports per cycle what it saw, what it
 * would have sent and why, beside the plan that ran.
 */
export async function runShadow(flags: RunFlags & { readonly events: string }): Promise<void> {
  const city = readCity(flags.config);
  const strategy = strategyOf(flags.strategy ?? city.control.strategy);
  const shadow = openShadowLog(city, flags.events);
  const { log, junction, start } = shadow;
  const corridor = [...city.corridors.values()].find(({ junctions }) => junctions.includes(junction.id))!;
  const signal = stopSignal();
  const folder = flags.out ?? join("var", `shadow-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`);
  const recorder = await openRecorder(folder, { resume: false });

  const clock = new SteppedClock(start);
  const playback = hiresSource({ ...shadow, clock, source: log.device, junction: junction.id });
  const seen: Event[] = [];
  const played: HiresEvent[] = [];
  const stop$ = new Subject<void>();
  const note = (events: readonly Event[]) => {
    recorder.record(events);
    for (const event of events) if (event.kind !== "status") seen.push(event);
  };
  note([
    { at: start, kind: "run", subject: city.id, data: { phase: "start", config: city.hash, strategy: strategy.name } },
  ]);
  let broken: unknown;
  const following = playback.events$.subscribe((events) => played.push(...events));
  runPipeline({
    city,
    corridor,
    strategy,
    dispatch: false,
    clock,
    sources: [playback],
    controllers: [playback.cabinet],
    audit: recorder.audit,
    stop$,
  }).subscribe({
    next: ({ events }) => note(events),
    error: (error: unknown) => {
      broken = error;
    },
  });
  try {
    const end = flags.for === undefined ? after(playback.end, AFTERWARDS) : after(start, flags.for);
    await playTo(clock, end, signal);
    stop$.next();
    following.unsubscribe();
    if (broken !== undefined) throw broken;
    note([{ at: clock.now(), kind: "run", subject: city.id, data: { phase: "end" } }]);
  } finally {
    await recorder.close();
  }
  const report = { ...shadowReport({ city, shadow, strategy: strategy.name, seen, played }), folder };
  process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : shadowText(report, city));
}

async function playTo(clock: SteppedClock, end: Instant, signal: AbortSignal): Promise<void> {
  while (clock.now() < end && !signal.aborted) {
    const next = after(clock.now(), LOOK_EVERY);
    clock.advanceTo(next < end ? next : end);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
