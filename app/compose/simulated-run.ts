import { EMPTY, merge, type Observable, Subject } from "rxjs";
import type { Incident } from "../../config/incidents.ts";
import type { City } from "../../config/model.ts";
import { after, between, type Instant, type Millis } from "../../config/units.ts";
import type { EngineRequest } from "../../engine/core/requests/request.ts";
import type { Strategy } from "../../engine/core/strategy.ts";
import { type Frame, runPipeline } from "../../engine/pipeline/pipeline.ts";
import type { DetectionSource } from "../../engine/ports/detection-source.ts";
import type { FieldController } from "../../engine/ports/field-controller.ts";
import { directController } from "../../simulation/cabinet/direct.ts";
import type { CameraFaults, CameraMessage } from "../../simulation/cameras/cameras.ts";
import type { SceneQuality } from "../../simulation/cameras/scenes.ts";
import type { StreetResults } from "../../simulation/street.ts";
import { createWorld, type World } from "../../simulation/world.ts";
import { seededRandom } from "../seeded-random.ts";
import { SteppedClock } from "../stepped-clock.ts";
import { arrivalsOnGreen } from "./arrivals-on-green.ts";
import { cameraBus } from "./camera-bus.ts";
import { noRecorder, type Recorder } from "./recorder.ts";
import { type RunReport, reportOf, type Tally, tallyOf } from "./report.ts";

export interface SimulatedRunOptions {
  readonly city: City;
  readonly strategy: Strategy;
  readonly seed: number;
  readonly start: Instant;
  /** Given by a caller that needs the run's time elsewhere too. */
  readonly clock?: SteppedClock;
  /** Undefined: until `signal` says stop. */
  readonly duration: Millis | undefined;
  readonly demandScale?: number;
  /** What goes wrong on the street. */
  readonly incidents?: readonly Incident[];
  readonly cameraFaults?: CameraFaults;
  /** How well all cameras see; default: as usual. */
  readonly cameras?: SceneQuality;
  readonly recorder?: Recorder;
  /** What operators and vehicles ask. */
  readonly requests$?: Observable<EngineRequest>;
  readonly signal?: AbortSignal;
  /** Told of every tick, after it was recorded. */
  readonly onFrame?: (frame: Frame, run: RunningRun) => void;
}

export interface RunningRun {
  readonly tally: Tally;
  readonly street: () => StreetResults;
}

/** How a run's parts are joined: function calls, or real sockets. */
export interface Wiring {
  readonly sources: readonly DetectionSource[];
  readonly controllers: readonly FieldController[];
  /** Carries what the cameras sent to the engine; settles when it is there. */
  deliver(messages: readonly CameraMessage[]): Promise<void> | undefined;
  /** Settles when no exchange is open; undefined where nothing can be. */
  quiet(): Promise<void> | undefined;
  close(): Promise<void>;
}

export type Wire = (world: World, clock: SteppedClock) => Promise<Wiring>;

/** Simulated time per real time; Infinity runs as fast as it goes. */
export interface Pace {
  readonly speed: number;
  readonly onLate: (late: Millis) => void;
}

/** Everything in one process by function calls: the same engine at more than a thousand times real time. */
export const directWiring =
  (city: City): Wire =>
  async (world, clock) => {
    const bus = cameraBus(city);
    const controllers = [...city.cabinets.values()].map((spec) =>
      directController({ unit: world.cabinets.get(spec.junction)!, spec, clock }),
    );
    return {
      sources: [bus],
      controllers,
      deliver: (messages) => {
        for (const message of messages) bus.deliver(message, clock.now());
        return undefined;
      },
      quiet: () => undefined,
      close: async () => undefined,
    };
  };

/**
 * World and engine in step: the street moves, the cameras tell, the engine ticks, and time goes on only when the wires are
 * quiet. So a run is a function of configuration, seed and strategy, whichever way it is wired.
 */
export async function simulatedRun(options: SimulatedRunOptions, wire: Wire, pace: Pace): Promise<RunReport> {
  const { city, strategy, seed, start, duration, recorder = noRecorder, signal } = options;
  const clock = options.clock ?? new SteppedClock(start);
  const world = createWorld({
    city,
    random: seededRandom(seed),
    start,
    ...(options.demandScale === undefined ? {} : { demandScale: options.demandScale }),
    ...(options.incidents === undefined ? {} : { incidents: options.incidents }),
    ...(options.cameraFaults === undefined ? {} : { cameraFaults: options.cameraFaults }),
    // Nobody would look at them.
    ...(strategy.watches ? {} : { scenes: "off" as const }),
    ...(options.cameras ? { cameras: options.cameras } : {}),
  });
  const arrivals = arrivalsOnGreen(city, world);
  const wiring = await wire(world, clock);
  const tally = tallyOf();
  const stop$ = new Subject<void>();
  const runFacts = { seed, strategy: strategy.name, config: city.hash, start, demandScale: options.demandScale ?? 1 };
  recorder.record([{ at: start, kind: "run", subject: city.id, data: { phase: "start", ...runFacts } }]);
  recorder.audit({ at: start, action: "run:start", subject: city.id, data: runFacts });

  const corridors = [...city.corridors.values()];
  let running = true;
  const frames$ = merge(
    ...corridors.map((corridor) =>
      runPipeline({
        city,
        corridor,
        strategy,
        dispatch: true,
        clock,
        sources: wiring.sources,
        controllers: wiring.controllers.filter(({ junction }) => corridor.junctions.includes(junction)),
        audit: recorder.audit,
        requests$: options.requests$ ?? EMPTY,
        stop$,
      }),
    ),
  );
  let broken: unknown;
  frames$.subscribe({
    next: (frame) => {
      recorder.record(frame.events);
      tally.count(frame.events);
      options.onFrame?.(frame, { tally, street: () => world.street.results() });
    },
    error: (error: unknown) => {
      broken = error;
      running = false;
    },
    complete: () => {
      running = false;
    },
  });

  const end = duration === undefined ? undefined : after(start, duration);
  const keepPace = pacer(pace, start);
  const step = async () => {
    const messages = world.advance();
    arrivals.step();
    await wiring.deliver(messages);
    recordCabinets(world, recorder);
    clock.advanceTo(world.now());
    await wiring.quiet();
  };
  try {
    while (running && !signal?.aborted && (end === undefined || clock.now() < end)) {
      await step();
      await keepPace(clock.now());
    }
    const report = reportOf({
      ...runFacts,
      street: world.street.results(),
      arrivalsOnGreen: arrivals.shares(),
      tally,
      trips: [...world.cabinets.values()].map((unit) => unit.trips),
      simulated: between(start, clock.now()),
    });
    stop$.next();
    while (running) await step();
    if (broken !== undefined) throw broken;
    recorder.record([{ at: clock.now(), kind: "run", subject: city.id, data: { phase: "end", seed } }]);
    recorder.audit({ at: clock.now(), action: "run:end", subject: city.id, data: {} });
    return report;
  } finally {
    await wiring.close();
  }
}

/** What the cabinets themselves logged in this step (Indiana codes). */
function recordCabinets(world: World, recorder: Recorder): void {
  for (const [junction, unit] of world.cabinets) {
    const events = unit.drainEvents();
    recorder.record(
      events.map(({ at, code, param }) => ({ at, kind: "cabinet", subject: junction, data: { code, param } })),
    );
  }
}

/** Holds simulated time back to `speed` times real time. A step that starts more than a step late is counted, not replayed. */
function pacer({ speed, onLate }: Pace, start: Instant): (now: Instant) => Promise<void> | undefined {
  if (!Number.isFinite(speed)) return () => undefined;
  let originReal = performance.now();
  let originSimulated: number = start;
  return (now) => {
    const due = originReal + (now - originSimulated) / speed;
    const wait = due - performance.now();
    if (wait > 0) return new Promise((resolve) => setTimeout(resolve, wait));
    if (wait < -LATE_MS) {
      onLate(-wait as Millis);
      originReal = performance.now();
      originSimulated = now;
    }
    return undefined;
  };
}

/** Behind by more than this counts as a late tick, ms of real time. */
const LATE_MS = 250;
