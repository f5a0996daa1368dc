import { filter, map, NEVER, type Observable, of, Subject, share, throwError } from "rxjs";
import { seededRandom } from "../../../app/seeded-random.ts";
import { SteppedClock } from "../../../app/stepped-clock.ts";
import type { City, Corridor } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { after, type Instant, instant, seconds } from "../../../config/units.ts";
import type { CabinetMode, CabinetStatus, Command, Outcome } from "../../../engine/core/cabinet.ts";
import type { Reading } from "../../../engine/core/reading.ts";
import type { Knowledge, Strategy, Wanted } from "../../../engine/core/strategy.ts";
import { type Frame, runPipeline } from "../../../engine/pipeline/pipeline.ts";
import type { Audit } from "../../../engine/pipeline/step.ts";
import type { Event } from "../../../engine/ports/event-store.ts";
import type { FieldController } from "../../../engine/ports/field-controller.ts";
import { testCity } from "../../support/city.ts";

/** A Tuesday morning on a whole minute. */
export const START: Instant = instant(Date.UTC(2026, 1, 3, 0, 0, 0));

export type Answer = "accepted" | "refused" | "lost" | "silence" | "throw";

/** A cabinet that does what a test says, and remembers what it was sent. */
export class FakeCabinet implements FieldController {
  readonly junction: string;
  readonly received: Command[] = [];
  readonly status$: Observable<CabinetStatus>;
  mode: CabinetMode = "local";
  reachable = true as boolean;
  inTransition = false;
  greens: readonly number[] = [];
  answer: (command: Command) => Answer = () => "accepted";
  /** The next poll breaks the stream of polls. */
  breaks = false as boolean;
  readonly #clock: SteppedClock;

  constructor(junction: string, clock: SteppedClock) {
    this.junction = junction;
    this.#clock = clock;
    this.status$ = clock.ticks(seconds(1)).pipe(
      map((at) => this.#status(at)),
      share(),
    );
  }

  kinds(): readonly string[] {
    return this.received.map(({ action }) => action.kind);
  }

  plans(): readonly TimingPlan[] {
    return this.received.flatMap(({ action }) => (action.kind === "plan" ? [action.plan] : []));
  }

  send(command: Command): Observable<Outcome> {
    this.received.push(command);
    const about = { command: command.id, junction: this.junction, at: this.#clock.now() };
    const answer = this.answer(command);
    switch (answer) {
      case "accepted":
        if (command.action.kind === "plan" || command.action.kind === "serve") this.mode = "central";
        if (command.action.kind === "release" && this.mode === "central") this.mode = "local";
        return of({ ...about, result: "accepted", detail: "" });
      case "refused":
      case "lost":
        return of({ ...about, result: answer, code: "test", detail: "as told" });
      case "silence":
        return NEVER;
      case "throw":
        return throwError(() => new Error("a bug of the driver"));
    }
  }

  #status(at: Instant): CabinetStatus {
    if (this.breaks) {
      this.breaks = false;
      throw new Error("a bug of the driver's poll");
    }
    if (!this.reachable) return { kind: "unreachable", junction: this.junction, at, since: at, reason: "test" };
    return {
      kind: "reachable",
      junction: this.junction,
      at,
      mode: this.mode,
      capabilities: {
        planDownload: true,
        secondBySecond: true,
        maxPhases: 16,
        cycleMin: seconds(40),
        cycleMax: seconds(140),
        resolution: seconds(1),
      },
      pattern: 1,
      inTransition: this.inTransition,
      phases: Object.fromEntries(
        [1, 2, 3, 4, 5, 6, 7, 8].map((phase) => [phase, this.greens.includes(phase) ? "green" : "red"]),
      ),
      cyclePosition: undefined,
      elapsed: undefined,
      clockError: undefined,
      faults: [],
    };
  }
}

export const wanting = (decide: (known: Knowledge) => readonly Wanted[], periodS = 1): Strategy => ({
  name: "test",
  period: seconds(periodS),
  start: () => undefined,
  decide: (known) => ({ memory: undefined, wanted: decide(known) }),
});

/** A plan for junction `a` within one step of its scheduled one: seconds move from the side street to the main road. */
export const shifted = (known: Pick<Knowledge, "scheduled">, s: number): TimingPlan => {
  const plan = known.scheduled.get("a")!;
  const move = (phase: number, by: number) =>
    plan.splits.map((each) => ({ ...each, split: seconds(each.split / 1000 + (each.phase === phase ? by : 0)) }));
  const first = move(1, s);
  return {
    ...plan,
    id: `shifted/${s}`,
    splits: first.map((each) => (each.phase === 3 ? { ...each, split: seconds(each.split / 1000 - s) } : each)),
  };
};

export const planFor = (junction: string, plan: TimingPlan): Wanted => ({
  junction,
  action: { kind: "plan", plan },
  reasons: [{ code: "test", text: "as told", values: {} }],
});

/** What one tick's cameras say, every 5 s: no two periods alike, as on a street. */
export function readingsAt(city: City, now: Instant): readonly Reading[] {
  if (now % seconds(5) !== 0) return [];
  const dice = seededRandom(now);
  return [...city.detectors.values()].map((detector) => ({
    kind: "period",
    source: detector.camera,
    detector: detector.id,
    receivedAt: now,
    start: after(now, seconds(-5)),
    end: now,
    counts: { car: Math.floor(3 * dice.next()), mc: Math.floor(5 * dice.next()), hv: 0 },
    occupancy: Math.round(300 * dice.next()) / 1000,
    queueVeh: Math.floor(4 * dice.next()),
  }));
}

export interface RigOptions {
  readonly strategy: Strategy;
  readonly audit?: Audit;
  readonly city?: City;
  readonly dispatch?: boolean;
  /** Ticks the engine's clock leaves out, as a machine under load does. */
  readonly late?: (at: Instant) => boolean;
}

/** The live loop of the test city on a stepped clock. */
export function rig({ strategy, audit, city = testCity(), dispatch = true, late = () => false }: RigOptions) {
  const clock = new SteppedClock(START);
  const corridor: Corridor = city.corridors.get("main")!;
  const cabinets = new Map(corridor.junctions.map((id) => [id, new FakeCabinet(id, clock)]));
  const readings$ = new Subject<Reading>();
  const stop$ = new Subject<void>();
  const frames: Frame[] = [];
  const written: { action: string; subject: string; data: unknown }[] = [];
  const ended: { how?: "complete" | "error"; error?: unknown } = {};
  runPipeline({
    city,
    corridor,
    strategy,
    dispatch,
    clock: {
      now: () => clock.now(),
      scheduler: clock.scheduler,
      ticks: (period) => clock.ticks(period).pipe(filter((at) => !late(at))),
    },
    sources: [{ readings$ }],
    controllers: [...cabinets.values()],
    audit:
      audit ??
      ((entry) => {
        written.push(entry);
        return true;
      }),
    stop$,
  }).subscribe({
    next: (frame) => frames.push(frame),
    error: (error: unknown) => Object.assign(ended, { how: "error", error }),
    complete: () => Object.assign(ended, { how: "complete" }),
  });
  let cameras = true;
  return {
    city,
    clock,
    corridor,
    frames,
    written,
    ended,
    readings$,
    stop: () => stop$.next(),
    cabinet: (id: string) => cabinets.get(id)!,
    cameras: (on: boolean) => {
      cameras = on;
    },
    /** Whole seconds, the cameras speaking in each. */
    run: (s: number) => {
      for (let i = 0; i < s; i++) {
        const now = after(clock.now(), seconds(1));
        if (cameras) for (const reading of readingsAt(city, now)) readings$.next(reading);
        clock.advanceTo(now);
      }
    },
    events: (kind: Event["kind"], subject?: string) =>
      frames
        .flatMap((frame) => frame.events)
        .filter((event) => event.kind === kind && (subject === undefined || event.subject === subject)),
    alarm: (key: string) => frames.at(-1)!.state.alarms.has(key),
  };
}
