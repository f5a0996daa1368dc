import type { Junction } from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { after, type Instant, type Millis, millis, seconds } from "../../config/units.ts";
import { CodecError, encodePlan, encodePoints, isNewer } from "./codec.ts";
import { DeviceError, lost, refused } from "./device-error.ts";
import { blockOf, limitsOf } from "./plan-block.ts";
import type { CommitResult, RegisterMap, Span } from "./register-map.ts";
import type { Session } from "./session.ts";
import { readStatus, type StatusBlock } from "./status-block.ts";

/** What the cabinet was sent and took. */
export interface Download {
  readonly plan: TimingPlan;
  readonly seq: number;
  readonly registers: readonly number[];
  /** Start of the coordinated green against the Unix epoch, modulo the cycle. */
  readonly offset: Millis;
  /** Engine time by which it must run. */
  readonly deadline: Instant;
  /** `running`: read back from the active block. `pending`: verified in the shadow, committed, waits for the next cycle. */
  readonly state: "running" | "pending";
}

export interface DownloadSite {
  readonly session: Session;
  readonly map: RegisterMap;
  readonly junction: Junction;
  now(): Instant;
  /** Feeds the cabinet's watchdog: it honours a commit only from an engine that is alive. */
  beat(): Promise<void>;
  /** Waits in engine time; rejects when the driver is closed or a release waits its turn. */
  pause(): Promise<void>;
  /** A sequence number newer than these, which the cabinet shows, and than any this driver has used. */
  claimSeq(seen: readonly number[]): number;
}

const readyModes = new Set(["local", "central"]);
/** A cabinet that says one of these is about to leave, or has left, normal control. */
const stoppingFaults = new Set(["conflict", "lampFail"]);
/** On top of two cycles, for validation and for the poll that finds out (our choice). */
const margin = seconds(10);

/**
 * The download sequence: status, limits, checks before any write, shadow, read back, commit, result, read back. Rejects with
 * `DeviceError`: refused when nothing of the plan runs or will run, lost when that is not known. What runs on the street is
 * at every moment either the whole old plan or the whole new one, because only the commit, one request, switches.
 */
export async function download(plan: TimingPlan, site: DownloadSite): Promise<Download> {
  const { session, map, junction } = site;
  const again = <T>(work: () => Promise<T>): Promise<T> => twice(session, work);

  const status = await again(() => readStatus(session, map));
  checkReady(status);
  const limits = limitsOf(await again(() => session.read(map.limits)), map);
  const seq = site.claimSeq([status.planSeq, status.resultSeq]);
  const block = blockOf({ plan, junction, limits, seq, at: site.now() });
  const registers = encoded(() => encodePlan(block, map));
  if (status.capStages !== undefined && block.stages.length > status.capStages)
    throw refused("stage-list", `the plan has ${block.stages.length} stages, the cabinet takes ${status.capStages}`);
  const crc = map.plan.crc ? registers[map.plan.crc.at]! : 0;
  const commit = encoded(() =>
    encodePoints(map.commit.points, { seq, crc }, { count: map.commit.count, wordOrder: map.wordOrder }),
  );

  await site.beat();
  await again(() => session.write(map.shadow.address, registers));
  await again(() => expectRegisters(session, map.shadow, { registers, name: "shadow" }));
  // A release left standing would hand the new plan straight back.
  if (await again(() => session.readCoil(map.releaseCoil)))
    await again(() => session.writeCoil(map.releaseCoil, false));

  const resent = await sendCommit(seq, commit, site);
  const deadline = after(site.now(), millis(2 * junction.cycleMax + margin));
  const state = await outcome({ seq, registers, resent, deadline }, site);
  return { plan, seq, registers, offset: block.offset, deadline, state };
}

function checkReady(status: StatusBlock): void {
  if (!readyModes.has(status.mode)) throw refused("mode", `the cabinet is in ${status.mode} and takes no plan`);
  const stopping = status.faults.filter((fault) => stoppingFaults.has(fault));
  if (stopping.length > 0) throw refused("fault", `the cabinet reports ${stopping.join(", ")}`);
}

/** One past the newest, modulo 65536; never 0, which a cabinet without a plan shows. */
export function nextSeq(used: readonly number[]): number {
  const newest = used.reduce((best, seq) => (isNewer(seq, best) ? seq : best));
  return (newest + 1) & 0xffff || 1;
}

/**
 * Sends the commit and says whether it went out twice. After silence the result is read first, and only a commit that the
 * cabinet has not seen is sent again.
 */
async function sendCommit(seq: number, commit: readonly number[], { session, map }: DownloadSite): Promise<boolean> {
  for (const resent of [false, true]) {
    try {
      await session.write(map.commit.address, commit);
      return resent;
    } catch (error) {
      if (!isLost(error)) throw error;
      session.hurry();
      const status = await twice(session, () => readStatus(session, map));
      if (status.resultSeq === seq) return resent;
    }
  }
  throw lost("commit-unanswered", `commit ${seq} was sent twice and the cabinet shows no result for it`);
}

interface Committed {
  readonly seq: number;
  readonly registers: readonly number[];
  /** The commit went out twice, so "stale" may only mean that the first one was taken. */
  readonly resent: boolean;
  readonly deadline: Instant;
}

async function outcome(
  { seq, registers, resent, deadline }: Committed,
  site: DownloadSite,
): Promise<Download["state"]> {
  const { session, map } = site;
  for (;;) {
    const status = await twice(session, () => readStatus(session, map));
    if (status.planSeq === seq && status.mode === "central") {
      await verifyActive({ status, registers }, site);
      return "running";
    }
    if (status.resultSeq === seq) {
      if (status.result === "pendingSwitch") return "pending";
      if (isRefusal(status.result) && !(resent && status.result === "staleSequence"))
        throw refused(
          kebab(status.result),
          `commit refused: ${status.result}, plan register ${status.resultDetail ?? "?"}`,
        );
    }
    if (site.now() >= deadline)
      throw lost("not-applied", `commit ${seq} was neither applied nor refused within two cycles`);
    await site.pause();
    await site.beat();
  }
}

/** Compares what runs with what was sent. Rejects as refused when they differ, as lost when that cannot be read. */
export async function verifyActive(
  { status, registers }: { readonly status: StatusBlock; readonly registers: readonly number[] },
  { session, map }: Pick<DownloadSite, "session" | "map">,
): Promise<void> {
  const { crc } = map.plan;
  if (crc && status.planCrc !== undefined && status.planCrc !== registers[crc.at])
    throw refused("read-back-differs", `the active plan's CRC is ${status.planCrc}, sent was ${registers[crc.at]}`);
  await twice(session, () => expectRegisters(session, map.active, { registers, name: "active plan" }));
}

async function expectRegisters(
  session: Session,
  span: Span,
  { registers, name }: { readonly registers: readonly number[]; readonly name: string },
): Promise<void> {
  const found = await session.read(span);
  const at = registers.findIndex((register, i) => register !== found[i]);
  if (at >= 0)
    throw refused("read-back-differs", `${name} register ${at} reads ${found[at]}, sent was ${registers[at]}`);
}

/** For what may be repeated: once more on a fresh connection after silence. */
export async function twice<T>(session: Session, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isLost(error)) throw error;
    session.hurry();
    return work();
  }
}

const isLost = (error: unknown): boolean => error instanceof DeviceError && error.result === "lost";

const progress: readonly CommitResult[] = ["none", "validating", "pendingSwitch", "applied"];

export const isRefusal = (result: CommitResult): boolean => !progress.includes(result);

export const kebab = (word: string): string => word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function encoded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CodecError) throw refused("not-representable", error.message, error);
    throw error;
  }
}
