import { defer, exhaustMap, from, type Observable, share } from "rxjs";
import type { Cabinet, Junction } from "../../config/model.ts";
import { between, type Instant, type Millis, millis, modulo, seconds } from "../../config/units.ts";
import type { Action, CabinetStatus, Capabilities, Command, Outcome, PhaseState } from "../../engine/core/cabinet.ts";
import type { Clock } from "../../engine/ports/clock.ts";
import type { FieldController } from "../../engine/ports/field-controller.ts";
import type { InFlight } from "../../engine/ports/in-flight.ts";
import { CodecError, countsOf, crc16, encodePoints } from "./codec.ts";
import { DeviceError, lost, refused } from "./device-error.ts";
import { type Download, download, isRefusal, kebab, nextSeq, twice, verifyActive } from "./download.ts";
import type { RegisterMap } from "./register-map.ts";
import { Session } from "./session.ts";
import { readStatus, type StatusBlock } from "./status-block.ts";

export interface ModbusOptions {
  readonly spec: Cabinet;
  readonly junction: Junction;
  /** `tcp://host:port`. */
  readonly url: string;
  readonly map: RegisterMap;
  readonly clock: Clock;
  readonly inFlight: InFlight;
  /** Wall time one connection attempt or one request may take. */
  readonly deadline?: Millis;
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
export function openModbus(options: ModbusOptions): FieldController & { close(): void } {
  return new ModbusCabinet(options);
}

/** Holds the run's clock while exchanges follow one another, and lets go of it while waiting in engine time. */
class Hold {
  readonly #inFlight: InFlight;
  #done: () => void;

  constructor(inFlight: InFlight) {
    this.#inFlight = inFlight;
    this.#done = inFlight.begin();
  }

  resume(): void {
    this.#done = this.#inFlight.begin();
  }

  release(): void {
    this.#done();
  }
}

class ModbusCabinet implements FieldController {
  readonly junction: string;
  readonly status$: Observable<CabinetStatus>;
  readonly #options: ModbusOptions;
  readonly #session: Session;
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
    this.junction = junction.id;
    this.#resolution = resolutionOf(map);
    this.#heartbeat(1); // a timeout the map cannot carry is a fault of the configuration, found now
    this.#session = new Session({
      url,
      unitId: spec.unitId,
      deadline: options.deadline ?? defaultDeadline,
      clock,
      maxReadRegisters: map.maxReadRegisters,
      maxWriteRegisters: map.maxWriteRegisters,
      spread: crc16(new TextEncoder().encode(spec.id)) / 0xffff,
    });
    this.status$ = clock.ticks(spec.poll).pipe(
      exhaustMap(() => this.#exchange(() => this.#poll())),
      share(),
    );
  }

  send(command: Command): Observable<Outcome> {
    return defer(() => {
      const release = command.action.kind === "release";
      if (release) {
        this.#releasing++;
        this.#wake?.();
      }
      const turn = this.#turn.then(async (): Promise<Outcome> => {
        const hold = new Hold(this.#options.inFlight);
        const about = { command: command.id, junction: this.junction };
        try {
          const detail = await this.#act(command.action, hold);
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
    this.#closed = true;
    this.#session.close();
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
    const { map, junction } = this.#options;
    switch (action.kind) {
      case "plan": {
        this.#session.hurry();
        this.#plan = await download(action.plan, {
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
        });
        const { state, seq } = this.#plan;
        return state === "running"
          ? `running: sequence ${seq}, read back`
          : `pending: sequence ${seq}, verified and committed, starts with the next cycle`;
      }
      case "keep-alive":
        await this.#keepAlive();
        return `heartbeat ${this.#beat}`;
      case "release":
        this.#session.hurry();
        return this.#release();
      case "serve":
        throw refused("unsupported", "this cabinet takes plans, not second-by-second control");
    }
  }

  async #keepAlive(): Promise<void> {
    await twice(this.#session, async () => {
      this.#beat ??= (await readStatus(this.#session, this.#options.map)).heartbeatEcho ?? 0;
      this.#beat = (this.#beat % 0xffff) + 1; // 1..65535: 0 is what a cabinet shows that has heard nobody
      await this.#session.write(this.#options.map.heartbeat.address, this.#heartbeat(this.#beat));
    });
  }

  /** Throws when the cabinet's silence limit does not fit the map's register. */
  #heartbeat(counter: number): readonly number[] {
    const { spec, map } = this.#options;
    const { points, count } = map.heartbeat;
    try {
      const timeout = countsOf(spec.backupTime, points["timeout"]!, "timeout");
      return encodePoints(points, { counter, timeout }, { count, wordOrder: map.wordOrder });
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      throw new Error(
        `cabinet ${spec.id}: backupTime ${spec.backupTime} ms does not fit the register map: ${error.message}`,
      );
    }
  }

  async #release(): Promise<string> {
    const { map } = this.#options;
    this.#plan = undefined;
    await twice(this.#session, () => this.#session.writeCoil(map.releaseCoil, true));
    // The coil stands while the heartbeat lives; where it does not, the cabinet must be under local control already.
    if (await twice(this.#session, () => this.#session.readCoil(map.releaseCoil))) return "released";
    const { mode } = await twice(this.#session, () => readStatus(this.#session, map));
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
      const status = await readStatus(this.#session, this.#options.map);
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
      return status.planSeq === plan.seq ? faults : [...faults, "plan-differs"];
    }
    if (status.planSeq !== plan.seq || status.mode !== "central") {
      if (status.resultSeq === plan.seq && isRefusal(status.result))
        return [...faults, `plan-refused-${kebab(status.result)}`];
      return this.#now() > plan.deadline ? [...faults, "plan-not-applied"] : faults;
    }
    try {
      await verifyActive({ status, registers: plan.registers }, { session: this.#session, map: this.#options.map });
    } catch (error) {
      if (asDeviceError(error).result === "lost") throw error;
      return [...faults, "plan-differs"];
    }
    if (this.#plan === plan) this.#plan = { ...plan, state: "running" };
    return faults;
  }

  #reachable(status: StatusBlock, own: readonly string[]): CabinetStatus {
    const at = this.#now();
    return {
      kind: "reachable",
      junction: this.junction,
      at,
      mode: status.mode,
      capabilities: this.#capabilities(),
      pattern: status.planId,
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
    ...["green", "amber", "allRed"].map((name) => plan.stages.points[name]!.scale),
  ];
  return millis(Math.max(...scales) * 1000);
}
