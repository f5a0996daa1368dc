import { type Instant, instant, type Millis } from "../../config/units.ts";
import type { CabinetMode } from "../../engine/core/cabinet.ts";
import { PointReader } from "./codec.ts";
import { lost } from "./device-error.ts";
import type { CommitResult, Interval, RegisterMap } from "./register-map.ts";
import type { Session } from "./session.ts";

/** One untorn reading of the status block; undefined where the map has no such point or the cabinet does not know. */
export interface StatusBlock {
  readonly mode: CabinetMode;
  readonly faults: readonly string[];
  readonly planId: number | undefined;
  readonly planSeq: number | undefined;
  readonly planCrc: number | undefined;
  readonly result: CommitResult | undefined;
  readonly resultSeq: number | undefined;
  /** Offset in the plan block of what the result is about. */
  readonly resultDetail: number | undefined;
  readonly stage: number | undefined;
  readonly interval: Interval | undefined;
  readonly elapsed: Millis | undefined;
  readonly cyclePosition: Millis | undefined;
  /** The cabinet's clock. */
  readonly utc: Instant | undefined;
  readonly heartbeatEcho: number | undefined;
  readonly watchdog: Millis | undefined;
  readonly capStages: number | undefined;
}

/** A block refreshed in the middle of a read is read again this often. */
const readTries = 3;

/** Reads the status block. Rejects with `DeviceError`: torn each time, of another device, or with codes the map does not list. */
export async function readStatus(session: Session, map: RegisterMap): Promise<StatusBlock> {
  for (let tries = 1; ; tries++) {
    const read = new PointReader(map.status.points, await session.read(map.status), map.wordOrder);
    const whole = !(map.status.points["sampleA"] && map.status.points["sampleB"]);
    if (whole || read.raw("sampleA") === read.raw("sampleB")) return decode(read, map);
    if (tries === readTries) throw lost("torn-read", `the status block changed during each of ${readTries} reads`);
  }
}

function decode(read: PointReader, map: RegisterMap): StatusBlock {
  const odd = read.unexpected();
  if (odd) throw lost("other-device", `${odd.name} reads ${odd.value}, the map says ${odd.expected}`);
  const listed = <T>(name: string, codes: ReadonlyMap<number, T>): T => {
    const code = codes.get(read.need(name));
    if (code === undefined) throw lost("bad-status", `${name} ${read.need(name)} is not in the map`);
    return code;
  };
  const utc = read.raw("utc");
  return {
    mode: listed("mode", map.modes),
    faults: read.bits("faults"),
    planId: read.raw("activePlanId"),
    planSeq: read.raw("activePlanSeq"),
    planCrc: read.raw("activePlanCrc"),
    result: read.raw("commitResult") === undefined ? undefined : listed("commitResult", map.commitResults),
    resultSeq: read.raw("commitResultSeq"),
    resultDetail: read.raw("commitResultDetail"),
    stage: read.raw("activeStage"),
    interval: read.raw("interval") === undefined ? undefined : listed("interval", map.intervals),
    elapsed: read.time("stageElapsed"),
    cyclePosition: read.time("cycleTimer"),
    utc: utc === undefined ? undefined : instant(utc * 1000 + (read.raw("utcMs") ?? 0)),
    heartbeatEcho: read.raw("heartbeatEcho"),
    watchdog: read.time("watchdogInForce"),
    capStages: read.raw("capStages"),
  };
}
