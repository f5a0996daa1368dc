import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom } from "rxjs";
import type { Instant } from "../../config/units.ts";
import type { Audit } from "../../engine/pipeline/step.ts";
import type { Event, EventStore } from "../../engine/ports/event-store.ts";
import { type AuditTrail, openAudit } from "../../engine/store/audit.ts";
import { openDuckStore, StoreError } from "../../engine/store/duck-store.ts";
import { jsonlLog } from "../../engine/store/jsonl-log.ts";
import { spooled } from "../../engine/store/spool.ts";
import { UserError } from "../user-error.ts";
import { sealOf } from "./seal.ts";
import { unfinishedCommands } from "./unfinished.ts";

/** Where a run leaves its trace: `events.jsonl` (replayable), `audit.jsonl` (hash-chained), `history.duckdb`. */
export interface Recorder {
  readonly folder: string | undefined;
  /** Commands of an earlier run in this folder that went out and of which nobody wrote down what came. */
  readonly unfinished: readonly string[];
  record(events: readonly Event[]): void;
  readonly audit: Audit;
  /** Settles when what was recorded so far is in the store or its spool. */
  flush(): Promise<void>;
  /** Rejects when something recorded could not be kept; control never stops for it. */
  close(): Promise<void>;
}

/** Rows that make a batch worth a flush to disk (stack: a flush costs 14 to 70 ms whatever its size). */
const BATCH_ROWS = 5000;
/** Batches wait on disk up to this while the store is down; beyond it an alarm says what was dropped. */
const SPOOL_LIMIT_BYTES = 256 * 1024 * 1024;

/** Keeps nothing: for comparisons, where only the figures count. */
export const noRecorder: Recorder = {
  folder: undefined,
  unfinished: [],
  record: () => undefined,
  audit: () => true,
  flush: async () => undefined,
  close: async () => undefined,
};

/** A folder that holds an earlier run is refused, unless `resume` says to go on from it. */
export async function openRecorder(folder: string, { resume }: { readonly resume: boolean }): Promise<Recorder> {
  const path = (name: string): string => join(folder, name);
  if (!resume && existsSync(path("events.jsonl"))) {
    throw new UserError(`${folder} already holds a run (events.jsonl). Give another --out folder, or remove this one.`);
  }
  const opened = await open(folder, path);
  return recorderOf({ ...opened, folder, log: jsonlLog(path("events.jsonl")) });
}

interface Opened {
  readonly unfinished: readonly string[];
  readonly trail: AuditTrail;
  readonly store: EventStore;
}

async function open(folder: string, path: (name: string) => string): Promise<Opened> {
  try {
    mkdirSync(folder, { recursive: true });
    // The store first: it has a lock, so that two engines never share a trail.
    const duck = await openDuckStore(path("history.duckdb"));
    const store = spooled(duck, { dir: path("spool"), maxBytes: SPOOL_LIMIT_BYTES });
    const unfinished = unfinishedCommands(path("audit.jsonl"));
    return { unfinished, trail: openAudit(path("audit.jsonl")), store };
  } catch (error) {
    if (error instanceof StoreError || (error as NodeJS.ErrnoException).code !== undefined) {
      throw new UserError(`${folder} cannot take the run's record: ${(error as Error).message}`);
    }
    throw error;
  }
}

interface Parts extends Opened {
  readonly folder: string;
  readonly log: ReturnType<typeof jsonlLog>;
}

function recorderOf({ folder, unfinished, log, trail, store }: Parts): Recorder {
  let batch: Event[] = [];
  let failure: unknown;
  let last: Instant | undefined;
  const flush = async () => {
    const full = batch;
    batch = [];
    if (full.length > 0) await lastValueFrom(store.append(full), { defaultValue: undefined });
  };
  const keep = (error: unknown) => {
    failure ??= error;
  };
  let writing = Promise.resolve();
  const later = () => {
    writing = writing.then(flush).catch(keep);
    return writing;
  };
  return {
    folder,
    unfinished,
    record: (events) => {
      last = events.at(-1)?.at ?? last;
      try {
        for (const event of events) log.append(event);
      } catch (error) {
        keep(error);
      }
      batch.push(...events);
      if (batch.length >= BATCH_ROWS) void later();
    },
    audit: (entry) => {
      try {
        trail.append(entry);
        return true;
      } catch (error) {
        keep(error);
        return false;
      }
    },
    flush: later,
    close: async () => {
      await later();
      log.close();
      try {
        if (last !== undefined) trail.append(sealOf(folder, last));
      } catch (error) {
        keep(error);
      }
      trail.close();
      await store.close().catch(keep);
      if (failure !== undefined) throw failure;
    },
  };
}
