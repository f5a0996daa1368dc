import type { SharedUdp, SnmpError } from "ntcip-ts";
import {
  delay,
  EMPTY,
  exhaustMap,
  map,
  Observable,
  type Observer,
  of,
  Subject,
  type Subscription,
  share,
  takeUntil,
} from "rxjs";
import type { Cabinet, Junction } from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { type Millis, millis, seconds, toSeconds } from "../../config/units.ts";
import type {
  Action,
  CabinetStatus,
  Capabilities,
  Command,
  Outcome,
  ReachableStatus,
  UnreachableStatus,
} from "../../engine/core/cabinet.ts";
import { BoxHold, holdLapses } from "../../engine/ports/box-hold.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import type { FieldController } from "../../engine/ports/field-controller.ts";
import type { InFlight } from "../../engine/ports/in-flight.ts";
import { ClockWatch } from "../upkeep/clock-watch.ts";
import { Pace, paceTick } from "../upkeep/pace.ts";
import {
  callPattern,
  type InForce,
  keepAlive,
  release,
  type Site,
  serve,
  siteOf,
  standsStill,
  type Taken,
} from "./control.ts";
import { discover, takesPlans, type Unit } from "./discovery.ts";
import { download } from "./download.ts";
import { mendClock, setClock } from "./own-clock.ts";
import { findPattern } from "./pattern-choice.ts";
import { longestTime, shortestCycle } from "./plan-rows.ts";
import { type Ending, lost, refused, run, type Script } from "./script.ts";
import { type ExchangeLimits, openSession, type Quirks, type Session } from "./session.ts";
import { type Known, ofStopTime, poll } from "./status.ts";
import { assureBackupTime, rollBack, supersededCode } from "./transaction.ts";

export interface NtcipOptions {
  readonly spec: Cabinet;
  readonly junction: Junction;
  /** `udp://address:port`, the address numeric. */
  readonly url: string;
  readonly community: string;
  readonly clock: Clock;
  readonly inFlight: InFlight;
  /** Default: a socket of its own. */
  readonly socket?: SharedUdp;
  /** The unit's standard time less UTC, for units that do not say. */
  readonly utcOffset: Millis;
  /** Default: what most units take. */
  readonly quirks?: Quirks;
  /** Where in its poll period this cabinet is asked, so that many do not answer at once. Default: at once. */
  readonly phase?: Millis;
  /** Default 1 s, 3 tries. */
  readonly limits?: ExchangeLimits;
}

const usualLimits: ExchangeLimits = { timeout: seconds(1), tries: 3 };
/** Commands that may wait behind the one in hand. */
const queueLimit = 8;

/** A cabinet behind NTCIP 1202 over SNMPv1. Throws when the URL is none. */
export function openNtcip(options: NtcipOptions): FieldController & { close(): void } {
  return new NtcipDriver(options);
}

interface Job {
  readonly command: Command;
  readonly observer: Pick<Observer<Outcome>, "next" | "complete">;
}

type Serve = Extract<Action, { readonly kind: "serve" }>;
/** Of a command nobody waits for. */
const unheard: Job["observer"] = { next: () => undefined, complete: () => undefined };

class NtcipDriver implements FieldController {
  readonly junction: string;
  readonly status$: Observable<CabinetStatus>;
  readonly #options: NtcipOptions;
  readonly #session: Session;
  readonly #closed$ = new Subject<void>();
  readonly #waiting: Job[] = [];
  #running: Job | undefined;
  #subscription: Subscription | undefined;
  #closed: boolean = false;
  #unit: Unit | undefined;
  #backupTimeSet: boolean = false;
  #inForce: InForce | undefined;
  #inTransition: boolean = false;
  readonly #clockWatch = new ClockWatch();
  readonly #boxHold = new BoxHold();
  #lapse: Subscription | undefined;
  /** A download made way for a release before it could roll back. */
  #transactionOpen: boolean = false;

  constructor(options: NtcipOptions) {
    const { url, community, inFlight, limits = usualLimits, quirks = {}, socket, junction } = options;
    this.#options = options;
    this.junction = junction.id;
    this.#session = openSession({ url, community, inFlight, limits, quirks, ...(socket ? { socket } : {}) });
    this.status$ = this.#statuses();
  }

  send(command: Command): Observable<Outcome> {
    return new Observable<Outcome>((observer) => {
      const job: Job = { command, observer };
      if (this.#closed) this.#settle(job, lost("closed", "the driver is closed"));
      else if (command.action.kind === "release") {
        // What was asked before the release is not done after it.
        for (const earlier of this.#waiting.splice(0)) this.#settle(earlier, refused("superseded", "a release came"));
        this.#waiting.push(job);
      } else if (this.#waiting.length < queueLimit) this.#waiting.push(job);
      else this.#settle(job, refused("busy", `${queueLimit} commands wait already`));
      this.#next();
      // One that has begun goes on to its end: a download is not left half way because nobody listens any more.
      return () => {
        const at = this.#waiting.indexOf(job);
        if (at >= 0) this.#waiting.splice(at, 1);
      };
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closed$.next();
    this.#subscription?.unsubscribe();
    this.#lapse?.unsubscribe();
    const open = this.#running ? [this.#running, ...this.#waiting.splice(0)] : this.#waiting.splice(0);
    this.#running = undefined;
    this.#session.close();
    for (const job of open) this.#settle(job, lost("closed", "the driver was closed"));
  }

  #next(): void {
    if (this.#running || this.#closed) return;
    const job = this.#waiting.shift();
    if (!job) return;
    this.#running = job;
    this.#subscription = run(() => this.#perform(job.command), this.#session, this.#options.clock).subscribe(
      (ending) => {
        this.#running = undefined;
        this.#settle(job, ending);
        this.#next();
      },
    );
  }

  #settle({ command, observer }: Job, ending: Ending): void {
    observer.next({ command: command.id, junction: this.junction, at: this.#options.clock.now(), ...ending });
    observer.complete();
  }

  *#perform({ action, junction: wanted }: Command): Script<Ending> {
    const { junction } = this.#options;
    if (wanted !== junction.id)
      return refused("junction", `the command is for ${wanted}, the cabinet at ${junction.id}`);
    switch (action.kind) {
      case "plan": {
        const unit = yield* this.#discovered();
        if ("result" in unit) return unit;
        if (unit.level === "watch") return refused("watch-only", "the unit takes no pattern call");
        return yield* this.#plan(action.plan, unit);
      }
      case "serve": {
        const unit = yield* this.#discovered();
        if ("result" in unit) return unit;
        if (unit.level !== "seconds") return refused("no-phase-control", "the unit has no phase control groups");
        const fault = this.#backupTimeSet ? undefined : yield* this.#backupTime(unit);
        return fault ?? (yield* this.#serve(action, unit));
      }
      case "keep-alive":
        return this.#remember(yield* keepAlive(this.#inForce));
      case "release":
        return yield* this.#release();
    }
  }

  /** Clock first: offsets count from it. */
  *#plan(plan: TimingPlan, unit: Unit): Script<Ending> {
    const { clock, quirks } = this.#options;
    const now = () => clock.now();
    const clockText = quirks?.keepsOwnTime ? undefined : yield* mendClock(now);
    const ending = yield* this.#run(plan, unit);
    if (ending.result === "accepted") this.#lapse?.unsubscribe();
    return clockText === undefined ? ending : { ...ending, detail: `${ending.detail}; ${clockText}` };
  }

  *#run(plan: TimingPlan, unit: Unit): Script<Ending> {
    const { junction, spec, clock, quirks } = this.#options;
    const now = () => clock.now();
    if (takesPlans(unit))
      return this.#remember(
        yield* download({
          plan,
          junction,
          unit,
          transactionIds: quirks?.transactionIds ?? false,
          backupTime: spec.backupTime,
          before: this.#inForce,
          now,
          superseded: () => this.#superseded(),
        }),
      );
    const pattern = yield* findPattern(plan, { unit, junction, at: now() });
    return typeof pattern === "number" ? this.#remember(yield* callPattern(pattern, this.#site(unit))) : pattern;
  }

  *#serve({ phases, hold }: Serve, unit: Unit): Script<Ending> {
    const { clock } = this.#options;
    this.#lapse?.unsubscribe();
    const serving = { phases, hold: this.#boxHold.allows(hold === true, clock.now()) };
    const ending = this.#remember(yield* serve(serving, this.#site(unit), this.#inForce));
    if (serving.hold && ending.result !== "refused")
      this.#lapse = clock.scheduler.schedule(() => this.#resume(phases), holdLapses);
    return ending;
  }

  /** No word for too long: time goes on in the unit, as if it had been said. */
  #resume(phases: readonly number[]): void {
    const { clock, junction } = this.#options;
    const action = { kind: "serve", phases } as const;
    const command = { id: `${junction.id}-hold-lapsed`, junction: junction.id, at: clock.now(), action };
    if (this.#closed || !this.#inForce) return;
    if (this.#running) {
      this.#lapse = clock.scheduler.schedule(() => this.#resume(phases), holdLapses);
      return;
    }
    this.#waiting.push({ command, observer: unheard });
    this.#next();
  }

  #site(unit: Unit | undefined): Site {
    return siteOf(this.#options.junction, unit);
  }

  *#release(): Script<Ending> {
    this.#lapse?.unsubscribe();
    this.#inForce = undefined;
    const ending = yield* release(this.#site(this.#unit));
    if (this.#transactionOpen) this.#transactionOpen = !(yield* rollBack());
    return ending;
  }

  #remember({ ending, inForce }: Taken): Ending {
    this.#inForce = inForce;
    if (ending.result === "refused" && ending.code === supersededCode) this.#transactionOpen = true;
    return ending;
  }

  *#discovered(): Script<Unit | Ending> {
    if (this.#unit) return this.#unit;
    const found = yield* discover(this.#options.utcOffset);
    if (!("result" in found)) this.#unit = found;
    return found;
  }

  *#backupTime({ transactions }: Unit): Script<Ending | undefined> {
    const wanted = Math.ceil(toSeconds(this.#options.spec.backupTime));
    const transactionIds = this.#options.quirks?.transactionIds ?? false;
    const fault = yield* assureBackupTime(wanted, () => this.#superseded(), { transactions, transactionIds });
    if (!fault) this.#backupTimeSet = true;
    return fault;
  }

  #superseded = (): boolean => this.#waiting.some(({ command }) => command.action.kind === "release");

  #statuses(): Observable<CabinetStatus> {
    const { clock, spec, junction, phase = millis(0) } = this.#options;
    const known: Known = { setId: -1, seconds: new Map(), absent: new Set() };
    const pace = new Pace(spec.poll);
    let silent: UnreachableStatus | undefined;
    const ticks = clock.ticks(paceTick(spec.poll));
    return (phase === 0 ? ticks : ticks.pipe(delay(phase, clock.scheduler))).pipe(
      exhaustMap((at): Observable<CabinetStatus> => {
        if (!pace.due(at, this.#changing())) return silent ? of({ ...silent, at }) : EMPTY;
        return run(() => this.#poll(known), this.#session, clock).pipe(
          map((seen): CabinetStatus => {
            if (!("error" in seen)) {
              pace.answered(at, clock.now());
              silent = undefined;
              this.#inTransition = seen.inTransition;
              return seen;
            }
            pace.silent(at);
            const since = silent?.since ?? at;
            silent = { kind: "unreachable", junction: junction.id, at: clock.now(), since, reason: seen.error.message };
            return silent;
          }),
        );
      }),
      takeUntil(this.#closed$),
      share(),
    );
  }

  #changing(): boolean {
    return this.#inTransition || this.#running?.command.action.kind === "plan";
  }

  /** Asks what the unit has before it asks how it is, once. */
  *#poll(known: Known): Script<ReachableStatus | { readonly error: SnmpError }> {
    const { junction, clock } = this.#options;
    const unit = yield* this.#discovered();
    if ("result" in unit) return { error: { code: "timeout", message: unit.detail, ref: undefined } };
    const seen = yield* poll({ junction, capabilities: this.#capabilities(unit), known, now: () => clock.now() });
    if ("error" in seen) return seen;
    yield* this.#keepTime(seen);
    const faults = standsStill(this.#inForce) ? seen.faults.filter((fault) => !ofStopTime.has(fault)) : seen.faults;
    return { ...seen, faults: [...faults, ...this.#clockWatch.faults(seen.clockError)] };
  }

  /** A clock that is off is set while the unit runs what we sent and nothing else is asked of it. */
  *#keepTime({ clockError }: ReachableStatus): Script<void> {
    const { clock, quirks } = this.#options;
    if (quirks?.keepsOwnTime || !this.#inForce || this.#running || clockError === undefined) return;
    if (this.#clockWatch.due(clockError, clock.now())) yield* setClock(clockError, clock.now());
  }

  /** A unit that holds the plans it is asked for takes them as well as one that is written to. */
  #capabilities(unit: Unit): Capabilities {
    const { spec, junction } = this.#options;
    return {
      planDownload: unit.level !== "watch",
      secondBySecond: unit.level === "seconds",
      maxPhases: spec.maxPhases,
      cycleMin: millis(Math.max(shortestCycle, junction.cycleMin)),
      cycleMax: millis(Math.min(longestTime, junction.cycleMax)),
      resolution: seconds(1),
    };
  }
}
