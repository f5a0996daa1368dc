import { defer, exhaustMap, from, type Observable, share } from "rxjs";
import type { Cabinet } from "../../config/model.ts";
import { between, type Instant, type Millis, millis, modulo, seconds } from "../../config/units.ts";
import type { Action, CabinetStatus, Capabilities, Command, Outcome, PhaseState } from "../../engine/core/cabinet.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import type { FieldController } from "../../engine/ports/field-controller.ts";
import type { InFlight } from "../../engine/ports/in-flight.ts";
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
  /** Wall time one connection attempt or one request may take. */
  readonly deadline?: Millis;
  /** Cabinets on one serial line or behind one gateway share it; without it each opens its own. */
  readonly lines?: Lines;
}

/** A 4G line answers within half a second or not at all; 2 s leaves room for a slow gateway (estimate). */
const defaultDeadline = seconds(2);
/** A coordinated green this near to its offset is in step: the resolution of an offset as people state it. */
const inStep = seconds(1);
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
  readonly #resolution: Millis;
  #turn: Promise<unknown> = Promise.resolve();
  #closed: boolean = false;
  /** Releases asked for and not yet done: whatever waits gives way to them. */
  #releasing = 0;
  #wake: (() => void) | undefined;
  #unreachableSince: Instant | undefined;
  #capStages: number | undefined;
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
    this.#resolution = resolutionOf(map);
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
    this.status$ = clock.ticks(spec.poll).pipe(
      exhaustMap(() => this.#exchange(() => this.#poll())),
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
      this.#unreachableSince = undefined;
      this.#capStages = status.capStages;
      return this.#reachable(status, own);
    } catch (error) {
      const { code, message } = asDeviceError(error);
      const at = this.#now();
      this.#unreachableSince ??= at;
      const reason = `${code}: ${message}`;
      return { kind: "unreachable", junction: this.junction, at, since: this.#unreachableSince, reason };
    }
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

  #reachable(status: StatusBlock, own: readonly string[]): CabinetStatus {
    const at = this.#now();
    return {
      kind: "reachable",
      junction: this.junction,
      at,
      mode: status.mode,
      capabilities: this.#capabilities(),
      pattern: status.planId ?? 0,
      inTransition: this.#inTransition(status),
      phases: this.#phases(status),
      cyclePosition: status.cyclePosition,
      elapsed: status.elapsed,
      clockError: status.utc === undefined ? undefined : between(at, status.utc),
      faults: [...status.faults.map(kebab), ...own],
    };
  }

  /** A plan waits for its cycle, or ours runs and its coordinated green is not yet where the offset wants it. */
  #inTransition({ result, mode, utc, cyclePosition }: StatusBlock): boolean {
    if (result === "pendingSwitch") return true;
    if (this.#plan?.state !== "running" || mode !== "central" || utc === undefined || cyclePosition === undefined)
      return false;
    const { plan, offset } = this.#plan;
    const late = modulo(utc - cyclePosition - offset, plan.cycle);
    return Math.min(late, plan.cycle - late) > inStep;
  }

  #capabilities(): Capabilities {
    const { junction, map, spec } = this.#options;
    return {
      planDownload: junction.form === "stages",
      secondBySecond: false,
      maxPhases: Math.min(spec.maxPhases, this.#capStages ?? map.plan.stages.count, map.plan.stages.count),
      cycleMin: junction.cycleMin,
      cycleMax: junction.cycleMax,
      resolution: this.#resolution,
    };
  }

  #phases({ stage, interval }: StatusBlock): Readonly<Record<number, PhaseState>> {
    if (stage === undefined || interval === undefined) return {};
    const shown: PhaseState = interval === "green" || interval === "amber" ? interval : "red";
    return Object.fromEntries(
      this.#options.junction.phases.map(({ number }) => [number, number === stage ? shown : "red"]),
    );
  }
}

/** The streams never error: a bug of ours shows as an outcome nobody knows, by its own code. */
const asDeviceError = (error: unknown): DeviceError =>
  error instanceof DeviceError ? error : lost("internal", String(error), error);

/** The coarsest count of the plan's times: what every one of them can be a whole multiple of. */
function resolutionOf({ plan }: RegisterMap): Millis {
  const scales = [
    ...["cycle", "offset"].map((name) => plan.points[name]!.scale),
    ...["green", "amber", "allRed"].map((name) => plan.stages.points[name]?.scale ?? 0),
  ];
  return millis(Math.max(...scales) * 1000);
}
