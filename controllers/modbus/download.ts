import type { TimingPlan } from "../../config/plan.ts";
import { after, type Instant, type Millis, millis, seconds } from "../../config/units.ts";
import { CodecError, encodePlan, encodePoints, isNewer, PointReader } from "./codec.ts";
import { DeviceError, lost, refused } from "./device-error.ts";
import { blockOf, limitsOf, type PlanSite } from "./plan-block.ts";
import type { CommitResult, RegisterMap, Span } from "./register-map.ts";
import type { Session } from "./session.ts";
import { readStatus, type StatusBlock } from "./status-block.ts";

/** What the cabinet was sent and took. */
export interface Download {
  readonly plan: TimingPlan;
  readonly seq: number;
  readonly registers: readonly number[];
  /** Start of the first listed stage against the Unix epoch, modulo the cycle. */
  readonly offset: Millis;
  /** Engine time by which it must run. */
  readonly deadline: Instant;
  /** The commit went out twice, so "stale" may only mean that the first one was taken. */
  readonly resent: boolean;
  /** `running`: read back from the active block. `pending`: verified in the shadow, committed, waits for the next cycle. */
  readonly state: "running" | "pending";
}

export interface DownloadSite {
  readonly session: Session;
  readonly map: RegisterMap;
  readonly junction: PlanSite & { readonly cycleMax: Millis };
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
/** So many looks in a row that no retry could get through mean that the cabinet is gone (our choice). */
const looksBorne = 3;
/** How often a commit that the cabinet shows no trace of goes out (our choice). */
const commitTries = 4;

/**
 * The download sequence: status, limits, checks before any write, shadow, read back, commit, result, read back. Rejects with
 * `DeviceError`: refused when nothing of the plan runs or will run, lost when that is not known. What runs on the street is
 * at every moment either the whole old plan or the whole new one, because only the commit, one request, switches.
 */
export async function download(plan: TimingPlan, site: DownloadSite): Promise<Download> {
  const { session, map, junction } = site;
  const status = await readStatus(session, map);
  checkReady(status);
  const limits = map.limits && limitsOf(await session.read(map.limits), map);
  const seen = [await runningSeq(status, site), status.resultSeq].filter((seq) => seq !== undefined);
  const seq = site.claimSeq(seen);
  const block = blockOf({ plan, site: junction, limits, map, seq, at: site.now() });
  const registers = encoded(() => encodePlan(block, map));
  if (status.capStages !== undefined && block.stages.length > status.capStages)
    throw refused("stage-list", `the plan has ${block.stages.length} stages, the cabinet takes ${status.capStages}`);
  const crc = map.plan.crc ? registers[map.plan.crc.at]! : 0;
  const commit = encoded(() =>
    encodePoints(map.commit.points, { seq, crc }, { count: map.commit.count, wordOrder: map.wordOrder }),
  );

  await site.beat();
  await session.write(map.shadow.address, registers);
  await expectRegisters(session, map.shadow, { registers, name: "shadow" });
  // A release left standing would hand the new plan straight back.
  if (map.releaseCoil !== undefined && (await session.readCoil(map.releaseCoil)))
    await session.writeCoil(map.releaseCoil, false);

  const sent = { plan, seq, registers, offset: block.offset };
  const resent = await sendCommit({ seq, registers, commit }, site);
  const deadline = after(site.now(), millis(2 * Math.max(junction.cycleMax, plan.cycle) + margin));
  const state = await outcome({ ...sent, resent, deadline, state: "pending" }, site, "pending");
  return { ...sent, resent, deadline, state };
}

/** Waits, beating, until a committed plan runs and has been read back. Rejects like `download`. */
export async function untilRunning(download: Download, site: DownloadSite): Promise<Download> {
  return { ...download, state: await outcome(download, site, "running") };
}

function checkReady(status: StatusBlock): void {
  if (!readyModes.has(status.mode)) throw refused("mode", `the cabinet is in ${status.mode} and takes no plan`);
  const stopping = status.faults.filter((fault) => stoppingFaults.has(fault));
  if (stopping.length > 0) throw refused("fault", `the cabinet reports ${stopping.join(", ")}`);
}

/** One past the newest, modulo 65536; never 0, which a cabinet without a plan shows. */
export function nextSeq(used: readonly number[]): number {
  const newest = used.reduce((best, seq) => (isNewer(seq, best) ? seq : best), used[0] ?? 0);
  return (newest + 1) & 0xffff || 1;
}

/** Sequence number of the plan that runs, from the status or from the plan block; undefined: nothing says it. */
export async function runningSeq(
  status: StatusBlock,
  { session, map }: Pick<DownloadSite, "session" | "map">,
): Promise<number | undefined> {
  if (status.planSeq !== undefined || !map.active) return status.planSeq;
  return new PointReader(map.plan.points, await session.read(map.active), map.wordOrder).raw("planSeq");
}

interface Committing {
  readonly seq: number;
  readonly registers: readonly number[];
  readonly commit: readonly number[];
}

/**
 * Sends the commit and says whether it went out more than once. After silence the cabinet is asked first what it shows, and
 * only a commit that has left no trace is sent again.
 */
async function sendCommit({ seq, commit }: Committing, site: DownloadSite): Promise<boolean> {
  const { session, map } = site;
  for (let tries = 1; tries <= commitTries; tries++) {
    try {
      await session.writeOnce(map.commit.address, commit);
      return tries > 1;
    } catch (error) {
      if (!isLost(error) || (error as DeviceError).code === "closed") throw error;
      if ((error as DeviceError).code.startsWith("exception-")) await site.pause();
      if (await shows(seq, site)) return tries > 1;
    }
  }
  throw lost(
    "commit-unanswered",
    `commit ${seq} was sent ${commitTries} times and the cabinet shows no result for it; it may still take it`,
  );
}

/** Does the cabinet show that it has seen this commit? */
async function shows(seq: number, site: DownloadSite): Promise<boolean> {
  try {
    const status = await readStatus(site.session, site.map);
    return status.resultSeq === seq || (await runningSeq(status, site)) === seq;
  } catch (error) {
    if (!isLost(error) || (error as DeviceError).code === "closed") throw error;
    const why = (error as Error).message;
    throw lost(
      "outcome-unknown",
      `commit ${seq} went out and nothing was heard since (${why}): the cabinet may run it`,
    );
  }
}

/**
 * What became of a commit. A poll that fails proves nothing, so polling goes on until the deadline; only then is the outcome
 * unknown.
 */
async function outcome(sent: Download, site: DownloadSite, wanted: Download["state"]): Promise<Download["state"]> {
  let silences = 0;
  for (;;) {
    try {
      const state = await look(sent, site);
      if (state === "running" || state === wanted) return state;
      silences = 0;
    } catch (error) {
      if (!isLost(error) || (error as DeviceError).code === "closed") throw error;
      if (++silences === looksBorne)
        throw lost(
          "outcome-unknown",
          `whether commit ${sent.seq} was applied is not known: ${(error as Error).message}`,
        );
    }
    if (site.now() >= sent.deadline)
      throw lost("not-applied", `commit ${sent.seq} was neither applied nor refused within two cycles`);
    await site.pause();
    await site.beat().catch((error) => {
      if (!isLost(error)) throw error;
    });
  }
}

async function look(
  { seq, registers, resent }: Download,
  site: DownloadSite,
): Promise<Download["state"] | "nothing yet"> {
  const { session, map } = site;
  const status = await readStatus(session, map);
  if (status.mode === "central" && (await runningSeq(status, site)) === seq) {
    await verifyActive({ status, registers }, site);
    return "running";
  }
  if (status.resultSeq !== undefined && status.resultSeq !== seq) return "nothing yet";
  if (status.result === "pendingSwitch") return status.resultSeq === seq ? "pending" : "nothing yet";
  const ours = status.resultSeq === seq;
  if (ours && status.result && isRefusal(status.result) && !(resent && status.result === "staleSequence"))
    throw refused(
      kebab(status.result),
      `commit refused: ${status.result}, plan register ${status.resultDetail ?? "?"}`,
    );
  return "nothing yet";
}

/** Compares what runs with what was sent. Rejects as refused when they differ, as lost when that cannot be read. */
export async function verifyActive(
  { status, registers }: { readonly status: StatusBlock; readonly registers: readonly number[] },
  { session, map }: Pick<DownloadSite, "session" | "map">,
): Promise<void> {
  const { crc } = map.plan;
  if (crc && status.planCrc !== undefined && status.planCrc !== registers[crc.at])
    throw refused("read-back-differs", `the active plan's CRC is ${status.planCrc}, sent was ${registers[crc.at]}`);
  if (map.active) await expectRegisters(session, map.active, { registers, name: "active plan" });
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
