import { defer, delay, EMPTY, exhaustMap, from, type Observable, of, share } from "rxjs";
import type { Cabinet } from "../../config/model.ts";
import { type Instant, type Millis, millis, modulo, seconds } from "../../config/units.ts";
import type { Action, CabinetStatus, Command, Outcome, UnreachableStatus } from "../../engine/core/cabinet.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import type { FieldController } from "../../engine/ports/field-controller.ts";
import type { InFlight } from "../../engine/ports/in-flight.ts";
import { ClockWatch } from "../upkeep/clock-watch.ts";
import { Pace, paceTick } from "../upkeep/pace.ts";
import { CodecError, countsOf, crc16, encodePoints } from "./codec.ts";
import { DeviceError, lost, refused } from "./device-error.ts";
import {
  type Download,
  type DownloadSite,
  download,
  isRefusal,
  kebab,
  nextSeq,
  runningSeq,
  untilRunning,
  verifyActive,
} from "./download.ts";
import { Hold } from "./hold.ts";
import { Line, Lines } from "./line.ts";
import type { PlanSite } from "./plan-block.ts";
import { clockErrorOf, reachable } from "./reachable.ts";
import type { Block, RegisterMap } from "./register-map.ts";
import { Session } from "./session.ts";
import { readStatus, type StatusBlock } from "./status-block.ts";

/** What the driver needs of the cabinet's entry in the configuration. */
export interface ModbusSpec extends Pick<Cabinet, "id" | "junction" | "backupTime" | "poll" | "maxPhases"> {
  /** Undefined: the map's. */
  readonly unitId: number | undefined;
}

/** What the driver needs of the junction; a plan file and the cabinet's own limits can say as much. */
export interface ModbusSite extends PlanSite {
  readonly cycleMin: Millis;
  readonly cycleMax: Millis;
}

export interface ModbusOptions {
  readonly spec: ModbusSpec;
  readonly junction: ModbusSite;
  /** `tcp://host:port` or `rtu:///dev/ttyS0?baud=9600`. */
  readonly url: string;
  readonly map: RegisterMap;
  readonly clock: Clock;
  readonly inFlight: InFlight;
  /** Where in its poll period this cabinet is asked, so that many do not answer at once. Default: at once. */
  readonly phase?: Millis;
  /** Wall time one connection attempt or one request may take. */
  readonly deadline?: Millis;
  /** Cabinets on one serial line or behind one gateway share it; without it each opens its own. */
  readonly lines?: Lines;
}

/** A 4G line answers within half a second or not at all; 2 s leaves room for a slow gateway (estimate). */
const defaultDeadline = seconds(2);
/** Between two looks at a commit that is still being validated. */
const resultPoll = seconds(1);

/**
 * A cabinet behind a register map, plan by plan: no second-by-second control. An accepted plan is either running and read back
 * (`detail` "running") or verified in the shadow, committed and waiting for the cabinet's next cycle ("pending"); the status
 * polls then read it back once it runs and report `plan-not-applied` or `plan-differs` among the faults if it is not what was
 * sent. Throws at once when spec and map do not fit each other.
 */
export function openModbus(options: ModbusOptions): ModbusController {
  return new ModbusCabinet(options);
}

export interface ModbusController extends FieldController {
  /** Cold; emits once the plan sent last runs and has been read back, beating meanwhile; an outcome like that of `send`. */
  confirm(command: Command): Observable<Outcome>;
  close(): void;
}

/** Tries of what may be repeated: at 10 % loss one download in ten thousand is lost to chance; a poll comes again anyway. */
const commandTries = 6;
const pollTries = 2;

class ModbusCabinet implements ModbusController {
  readonly junction: string;
  readonly status$: Observable<CabinetStatus>;
  readonly #options: ModbusOptions;
  readonly #lines: Lines;
  readonly #session: Session;
  readonly #polls: Session;
  #turn: Promise<unknown> = Promise.resolve();
  #closed: boolean = false;
  /** Releases asked for and not yet done: whatever waits gives way to them. */
  #releasing = 0;
  #wake: (() => void) | undefined;
  /** The last poll's, where it failed. */
  #silent: UnreachableStatus | undefined;
  #transition: boolean = false;
  readonly #clockWatch = new ClockWatch();
  #lastSeq: number | undefined;
  #beat: number | undefined;
  /** The plan this driver committed last, until a release. */
  #plan: Download | undefined;

  constructor(options: ModbusOptions) {
    const { spec, junction, map, clock, url } = options;
    if (spec.junction !== junction.id)
      throw new Error(`cabinet ${spec.id}: junction is ${spec.junction}, it was given ${junction.id}`);
    this.#options = options;
    this.#lines = options.lines ?? new Lines();
    this.junction = junction.id;
    if (map.heartbeat) this.#heartbeat(map.heartbeat, 1); // a timeout the map cannot carry is a fault of the configuration, found now
    const line = this.#lines.take(
      url,
      () =>
        new Line({
          url,
          deadline: options.deadline ?? defaultDeadline,
          clock,
          spread: crc16(new TextEncoder().encode(spec.id)) / 0xffff,
        }),
    );
    const { maxReadRegisters, maxWriteRegisters } = map;
    const common = { line, unitId: spec.unitId ?? map.unitId, maxReadRegisters, maxWriteRegisters };
    this.#session = new Session({ ...common, tries: commandTries, hurried: true });
    this.#polls = new Session({ ...common, tries: pollTries, hurried: false });
    this.status$ = this.#statuses();
  }

  #statuses(): Observable<CabinetStatus> {
    const { clock, spec, phase = millis(0) } = this.#options;
    const pace = new Pace(spec.poll);
    const ticks = clock.ticks(paceTick(spec.poll));
    return (phase === 0 ? ticks : ticks.pipe(delay(phase, clock.scheduler))).pipe(
      exhaustMap((at): Observable<CabinetStatus> => {
        if (!pace.due(at, this.#transition || this.#plan?.state === "pending"))
          return this.#silent ? of({ ...this.#silent, at }) : EMPTY;
        return this.#exchange(async () => {
          const status = await this.#poll();
          if (status.kind === "reachable") pace.answered(at, clock.now());
          else pace.silent(at);
          return status;
        });
      }),
      share(),
    );
  }

  send(command: Command): Observable<Outcome> {
    return this.#turnOf(command, command.action.kind === "release", (hold) => this.#act(command.action, hold));
  }

  confirm(command: Command): Observable<Outcome> {
    return this.#turnOf(command, false, async (hold) => {
      if (!this.#plan) throw refused("nothing-sent", "this driver has committed no plan");
      this.#plan = await untilRunning(this.#plan, this.#downloadSite(hold));
      return this.#told(this.#plan);
    });
  }

  #turnOf(command: Command, release: boolean, act: (hold: Hold) => Promise<string>): Observable<Outcome> {
    return defer(() => {
      if (release) {
        this.#releasing++;
        this.#wake?.();
      }
      const turn = this.#turn.then(async (): Promise<Outcome> => {
        const hold = new Hold(this.#options.inFlight);
        const about = { command: command.id, junction: this.junction };
        try {
          // The line may live on for other cabinets; this one is done with it.
          if (this.#closed) throw lost("closed", "the driver is closed");
          const detail = await act(hold);
          return { ...about, at: this.#now(), result: "accepted", detail };
        } catch (error) {
          const { result, code, message } = asDeviceError(error);
          return { ...about, at: this.#now(), result, code, detail: message };
        } finally {
          if (release) this.#releasing--;
          hold.release();
        }
      });
      this.#turn = turn.catch(() => undefined);
      return from(turn);
    });
  }

  /** Drops the connection; the cabinet keeps what it has until its watchdog ends. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lines.leave(this.#options.url);
    this.#wake?.();
  }

  #now(): Instant {
    return this.#options.clock.now();
  }

  #exchange<T>(work: () => Promise<T>): Observable<T> {
    return defer(() => {
      const hold = new Hold(this.#options.inFlight);
      return from(work().finally(() => hold.release()));
    });
  }

  async #act(action: Action, hold: Hold): Promise<string> {
    switch (action.kind) {
      case "plan":
        this.#session.hurry();
        this.#plan = await download(action.plan, this.#downloadSite(hold));
        return this.#told(this.#plan);
      case "keep-alive":
        await this.#keepAlive();
        return this.#options.map.heartbeat ? `heartbeat ${this.#beat}` : "this map has no heartbeat";
      case "release":
        this.#session.hurry();
        return this.#release();
      case "serve":
        throw refused("unsupported", "this cabinet takes plans, not second-by-second control");
    }
  }

  #downloadSite(hold: Hold): DownloadSite {
    const { map, junction } = this.#options;
    return {
      session: this.#session,
      map,
      junction,
      now: () => this.#now(),
      beat: () => this.#keepAlive(),
      pause: () => this.#pause(hold),
      claimSeq: (seen) => {
        this.#lastSeq = nextSeq(this.#lastSeq === undefined ? seen : [...seen, this.#lastSeq]);
        return this.#lastSeq;
      },
    };
  }

  #told({ state, seq }: Download): string {
    const { active } = this.#options.map;
    return state === "running"
      ? `running: sequence ${seq}, ${active ? "read back" : "its sequence and CRC read back"}`
      : `pending: sequence ${seq}, verified and committed, starts with the next cycle`;
  }

  async #keepAlive(): Promise<void> {
    const { heartbeat } = this.#options.map;
    if (!heartbeat) return;
    this.#beat ??= (await readStatus(this.#session, this.#options.map)).heartbeatEcho ?? 0;
    this.#beat = (this.#beat % 0xffff) + 1; // 1..65535: 0 is what a cabinet shows that has heard nobody
    await this.#session.write(heartbeat.address, this.#heartbeat(heartbeat, this.#beat));
  }

  /** Throws when the cabinet's silence limit does not fit the map's register. */
  #heartbeat({ points, count }: Block, counter: number): readonly number[] {
    const { spec, map } = this.#options;
    const timer = points["timeout"];
    try {
      const timeout = timer ? countsOf(spec.backupTime, timer, "timeout") : 0;
      return encodePoints(points, { counter, timeout }, { count, wordOrder: map.wordOrder });
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      throw new Error(
        `cabinet ${spec.id}: backupTime ${spec.backupTime} ms does not fit the register map: ${error.message}`,
      );
    }
  }

  async #release(): Promise<string> {
    const { map, spec } = this.#options;
    const session = this.#session;
    this.#plan = undefined;
    if (map.releaseCoil === undefined) {
      const { mode } = await readStatus(session, map);
      if (mode !== "central") return `already out of central control: ${mode}`;
      throw refused(
        "unsupported",
        map.heartbeat
          ? `this map has no release; without a heartbeat the cabinet hands back by itself in ${spec.backupTime / 1000} s`
          : "this map has neither a release nor a heartbeat; hand back at the cabinet",
      );
    }
    await session.writeCoil(map.releaseCoil, true);
    // The coil stands while the heartbeat lives; where it does not, the cabinet must be under local control already.
    if (await session.readCoil(map.releaseCoil)) return "released";
    const { mode } = await readStatus(session, map);
    if (mode === "central") throw refused("release-ignored", "the release coil does not stand and the mode is central");
    return `already out of central control: ${mode}`;
  }

  #pause(hold: Hold): Promise<void> {
    const giveWay = () => {
      if (this.#closed) return lost("closed", "the driver is closed");
      return this.#releasing > 0 ? lost("superseded", "a release came while the plan waited") : undefined;
    };
    return new Promise<void>((resolve, reject) => {
      const end = () => {
        this.#wake = undefined;
        timer.unsubscribe();
        hold.resume();
        const error = giveWay();
        if (error) reject(error);
        else resolve();
      };
      hold.release();
      const timer = this.#options.clock.scheduler.schedule(end, resultPoll);
      this.#wake = end;
      if (giveWay()) end();
    });
  }

  async #poll(): Promise<CabinetStatus> {
    try {
      const status = await readStatus(this.#polls, this.#options.map);
      const own = await this.#checkPlan(status);
      this.#silent = undefined;
      const at = this.#now();
      const seen = reachable(status, {
        ...this.#options,
        at,
        running: this.#plan?.state === "running" ? this.#plan : undefined,
        own: [...own, ...this.#clockWatch.faults(clockErrorOf(status, at))],
      });
      this.#transition = seen.inTransition;
      await this.#keepTime(seen.clockError);
      return seen;
    } catch (error) {
      const { code, message } = asDeviceError(error);
      const at = this.#now();
      const since = this.#silent?.since ?? at;
      this.#silent = { kind: "unreachable", junction: this.junction, at, since, reason: `${code}: ${message}` };
      return this.#silent;
    }
  }

  /**
   * A clock that is off is set while the cabinet runs our plan, where the map has a place for it. That it is
   * off stands in every status, whatever comes of it.
   */
  async #keepTime(error: Millis | undefined): Promise<void> {
    const { clock: block, wordOrder } = this.#options.map;
    if (!block || this.#plan?.state !== "running" || !this.#clockWatch.due(error, this.#now())) return;
    const now = this.#now();
    const values = { utc: Math.floor(now / 1000), ms: modulo(now, 1000) };
    const registers = encodePoints(block.points, values, { count: block.count, wordOrder });
    await this.#polls.writeOnce(block.address, registers).catch(() => undefined);
  }

  /** Faults of our own: what was committed and is not what runs. */
  async #checkPlan(status: StatusBlock): Promise<readonly string[]> {
    const plan = this.#plan;
    const faults = this.#beat !== undefined && status.heartbeatEcho === 0 ? ["heartbeat-not-heard"] : [];
    if (!plan) return faults;
    if (plan.state === "running") {
      if (status.mode !== "central") return faults; // it fell back, and the mode says so
      return (await this.#seqOf(status)) === plan.seq ? faults : [...faults, "plan-differs"];
    }
    if (status.mode !== "central" || (await this.#seqOf(status)) !== plan.seq) {
      if (status.resultSeq === plan.seq && status.result && isRefusal(status.result))
        return [...faults, `plan-refused-${kebab(status.result)}`];
      return this.#now() > plan.deadline ? [...faults, "plan-not-applied"] : faults;
    }
    try {
      await verifyActive({ status, registers: plan.registers }, { session: this.#polls, map: this.#options.map });
    } catch (error) {
      if (asDeviceError(error).result === "lost") throw error;
      return [...faults, "plan-differs"];
    }
    if (this.#plan === plan) this.#plan = { ...plan, state: "running" };
    return faults;
  }

  #seqOf(status: StatusBlock): Promise<number | undefined> {
    return runningSeq(status, { session: this.#polls, map: this.#options.map });
  }
}

/** The streams never error: a bug of ours shows as an outcome nobody knows, by its own code. */
const asDeviceError = (error: unknown): DeviceError =>
  error instanceof DeviceError ? error : lost("internal", String(error), error);
