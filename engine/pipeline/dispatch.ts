import {
  catchError,
  concatMap,
  defer,
  type Observable,
  of,
  Subject,
  switchMap,
  take,
  throwIfEmpty,
  timeout,
  timer,
} from "rxjs";
import { type Millis, millis, seconds } from "../../config/units.ts";
import type { Command, Outcome } from "../core/cabinet.ts";
import type { Clock } from "../ports/clock.ts";
import type { FieldController } from "../ports/field-controller.ts";

/** How long one try may take, and how many there are. A call for the next seconds is worthless later: it is decided anew. */
const LIMITS: Readonly<Record<Command["action"]["kind"], { readonly within: Millis; readonly tries: number }>> = {
  // A download may wait for its cabinet's cycle and verifies afterwards.
  plan: { within: seconds(300), tries: 2 },
  serve: { within: seconds(5), tries: 1 },
  "keep-alive": { within: seconds(5), tries: 1 },
  release: { within: seconds(30), tries: 3 },
};
const backoff = (attempt: number): Millis => millis(1000 * 2 ** (attempt - 1));

export interface Dispatcher {
  send(command: Command): void;
  /** Hot once subscribed; one outcome a command, in the order of sending; never errors. */
  readonly outcomes$: Observable<Outcome>;
}

/** One command at a time per cabinet. */
export function dispatcher(controller: FieldController, clock: Clock): Dispatcher {
  const commands$ = new Subject<Command>();
  return {
    send: (command) => commands$.next(command),
    outcomes$: commands$.pipe(concatMap((command) => carryOut(controller, clock, command))),
  };
}

/** Cold; one outcome. A refusal is final; a loss is tried again, since drivers find out by reading first. */
export const carryOut = (controller: FieldController, clock: Clock, command: Command): Observable<Outcome> =>
  attempt({ controller, clock, command }, 1);

interface Errand {
  readonly controller: FieldController;
  readonly clock: Clock;
  readonly command: Command;
}

function attempt(errand: Errand, number: number): Observable<Outcome> {
  const { controller, clock, command } = errand;
  const { within, tries } = LIMITS[command.action.kind];
  const lost = (error: unknown): Outcome => ({
    command: command.id,
    junction: command.junction,
    at: clock.now(),
    result: "lost",
    code: "no-outcome",
    detail: error instanceof Error ? error.message : String(error),
  });
  return defer(() => controller.send(command)).pipe(
    take(1),
    throwIfEmpty(() => new Error("the driver ended without an outcome")),
    timeout({ first: within, scheduler: clock.scheduler }),
    // Drivers promise never to error: what arrives here is our time limit or a bug, and either way nobody knows.
    catchError((error: unknown) => of(lost(error))),
    switchMap((outcome) =>
      outcome.result === "lost" && number < tries
        ? timer(backoff(number), clock.scheduler).pipe(switchMap(() => attempt(errand, number + 1)))
        : of(outcome),
    ),
  );
}
