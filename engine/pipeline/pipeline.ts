import {
  catchError,
  concat,
  defer,
  EMPTY,
  from,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  retry,
  switchMap,
  takeUntil,
  throwError,
  timer,
  toArray,
  using,
} from "rxjs";
import { type Instant, seconds } from "../../config/units.ts";
import type { CabinetStatus, Command } from "../core/cabinet.ts";
import type { EngineRequest } from "../core/requests/request.ts";
import type { Clock } from "../ports/clock.ts";
import type { DetectionSource } from "../ports/detection-source.ts";
import type { Event, Json } from "../ports/event-store.ts";
import type { FieldController } from "../ports/field-controller.ts";
import { carryOut, dispatcher } from "./dispatch.ts";
import { concerns, type Input, inOrder, recorded } from "./inputs.ts";
import type { Setting } from "./state.ts";
import { type Audit, type Step, stepCorridor } from "./step.ts";
import { startCorridor } from "./turn.ts";

/** The engine looks and decides this often. */
export const TICK = seconds(1);
/** Inputs kept between two ticks; what comes beyond is dropped and counted, so that a flood cannot exhaust memory. */
export const INPUT_LIMIT = 100_000;
/** A source or a poll that broke off, which none should, is taken up again after this long. */
const RESUME_AFTER = seconds(5);

export interface PipelineOptions extends Setting {
  readonly clock: Clock;
  readonly sources: readonly DetectionSource[];
  readonly controllers: readonly FieldController[];
  readonly audit: Audit;
  /** What operators and vehicles ask; default: nothing. */
  readonly requests$?: Observable<EngineRequest>;
  /** Ends the loop: every cabinet is handed back, then the stream completes. */
  readonly stop$: Observable<unknown>;
}

/** One tick, with all that is worth recording about it. */
export interface Frame extends Step {
  readonly now: Instant;
  /** Since the start. */
  readonly droppedInputs: number;
}

/** What the record says of a corridor's run itself, so that a replay starts, skips and ends where the run did. */
export type RunMark =
  | { readonly phase: "corridor-started"; readonly strategy: string; readonly dispatch: boolean }
  | { readonly phase: "corridor-late"; readonly missed: number }
  | { readonly phase: "corridor-ended" };

/**
 * observe → estimate → decide → guard → dispatch → record, for one corridor. Cold; one frame a tick; no device's fault
 * ends it. Completes after `stop$` once every cabinet has been handed back; a bug of ours hands back too, then errors.
 */
export function runPipeline(options: PipelineOptions): Observable<Frame> {
  const { clock, corridor, strategy, dispatch, stop$ } = options;
  return defer(() => {
    const inbox = newInbox(options);
    const dispatchers = new Map(options.controllers.map((each) => [each.junction, dispatcher(each, clock)]));
    const mark = (data: RunMark, at: Instant): Event => ({ at, kind: "run", subject: corridor.id, data });
    const start = clock.now();
    let frame: Frame = {
      now: start,
      state: startCorridor(options, start),
      known: undefined,
      events: [mark({ phase: "corridor-started", strategy: strategy.name, dispatch }, start)],
      droppedInputs: 0,
    };
    const tick = (now: Instant): Frame => {
      const { step, commands } = stepCorridor(options, frame.state, inbox.take(), now);
      const missed = Math.floor(now / TICK) - Math.floor(frame.now / TICK) - 1;
      const late = missed > 0 ? [mark({ phase: "corridor-late", missed }, now)] : [];
      const lost = inbox.dropped() > frame.droppedInputs ? [flood(corridor.id, inbox.dropped(), now)] : [];
      frame = { ...step, now, events: [...late, ...step.events, ...lost], droppedInputs: inbox.dropped() };
      if (dispatch) for (const command of commands) dispatchers.get(command.junction)?.send(command);
      return frame;
    };
    const ended = defer(() =>
      handBack(options, () => ({
        ...frame,
        now: clock.now(),
        events: [mark({ phase: "corridor-ended" }, clock.now()), ...inOrder(inbox.take()).map(kept(clock.now()))],
      })),
    );
    const inputs$ = merge(
      (options.requests$ ?? EMPTY).pipe(map((request): Input => ({ kind: "request", request }))),
      ...options.sources.map((source) => readings(source, clock)),
      ...(strategy.watches ? options.sources.map((source) => scenes(source, clock)) : []),
      ...options.controllers.map((controller) => statuses(controller, clock)),
      ...[...dispatchers.values()].map(({ outcomes$ }) =>
        outcomes$.pipe(map((outcome): Input => ({ kind: "outcome", outcome }))),
      ),
    );
    const ticks$ = clock.ticks(TICK).pipe(map(tick), takeUntil(stop$));
    return using(
      () => inputs$.subscribe(inbox.put),
      () =>
        concat(
          of(frame),
          ticks$.pipe(
            catchError((bug: unknown) =>
              concat(
                ended,
                throwError(() => bug),
              ),
            ),
          ),
          ended,
        ),
    );
  });
}

/** What came in since the last tick. */
function newInbox(options: PipelineOptions) {
  let inputs: Input[] = [];
  let dropped = 0;
  return {
    put: (input: Input) => {
      if (!concerns(options, input)) return;
      if (inputs.length < INPUT_LIMIT) inputs.push(input);
      else dropped++;
    },
    take: () => {
      const batch = inputs;
      inputs = [];
      return batch;
    },
    dropped: () => dropped,
  };
}

const kept =
  (at: Instant) =>
  (input: Input): Event => {
    const [kind, subject, data] = recorded(input);
    return { at, kind, subject, data: data as Json };
  };

const flood = (corridor: string, dropped: number, at: Instant): Event => ({
  at,
  kind: "alarm",
  subject: corridor,
  data: {
    key: `${corridor}/inputs-dropped`,
    on: true,
    text: `${dropped} inputs dropped since the start: more than ${INPUT_LIMIT} came within one tick.`,
  },
});

const readings = ({ readings$ }: DetectionSource, { scheduler }: Clock): Observable<Input> =>
  readings$.pipe(
    retry({ delay: () => timer(RESUME_AFTER, scheduler) }),
    map((reading) => ({ kind: "reading", reading })),
  );

const scenes = ({ scenes$ = EMPTY }: DetectionSource, { scheduler }: Clock): Observable<Input> =>
  scenes$.pipe(
    retry({ delay: () => timer(RESUME_AFTER, scheduler) }),
    map((scene) => ({ kind: "scene", scene })),
  );

/** A poll that errors, which drivers promise not to do, shows as a cabinet out of reach and is taken up again. */
function statuses({ junction, status$ }: FieldController, clock: Clock): Observable<Input> {
  const broken = (error: unknown): CabinetStatus => ({
    kind: "unreachable",
    junction,
    at: clock.now(),
    since: clock.now(),
    reason: `internal: ${error instanceof Error ? error.message : String(error)}`,
  });
  return status$.pipe(
    catchError((error: unknown, again) =>
      concat(of(broken(error)), timer(RESUME_AFTER, clock.scheduler).pipe(switchMap(() => again))),
    ),
    map((status) => ({ kind: "status", status })),
  );
}

/** Release is sent to every cabinet, claimed or not: after this nothing of ours is in force anywhere. */
function handBack(options: PipelineOptions, last: () => Frame): Observable<Frame> {
  const { clock, controllers, audit, dispatch, corridor } = options;
  const now = clock.now();
  const prefix = `${corridor.id}-${Math.floor(now / 1000).toString(36)}-release`;
  const releases = (dispatch ? controllers : []).map((controller, i) => {
    const { junction } = controller;
    const command: Command = { id: `${prefix}-${i + 1}`, junction, at: now, action: { kind: "release" } };
    // Release goes out whether or not it could be written down.
    audit({ at: now, action: "command:release", subject: junction, data: { command: command.id } });
    return { controller, command };
  });
  return from(releases).pipe(
    mergeMap(({ controller, command }) => carryOut(controller, clock, command)),
    toArray(),
    map((outcomes) => {
      const frame = last();
      const sorted = [...outcomes].sort((a, b) => (a.command < b.command ? -1 : 1));
      for (const { command, junction, result } of sorted)
        audit({ at: frame.now, action: `outcome:${result}`, subject: junction, data: { command } });
      const events = sorted.map((outcome) => kept(frame.now)({ kind: "outcome", outcome }));
      return { ...frame, events: [...frame.events, ...events] };
    }),
  );
}
