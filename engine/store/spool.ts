import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { defer, from, lastValueFrom, type Observable } from "rxjs";
import type { Instant } from "../../config/units.ts";
import type { Event, EventStore } from "../ports/event-store.ts";
import { eventLine, InvalidEventError, parseEventLine } from "./canonical.ts";
import { writeAll } from "./lines.ts";

export interface SpoolSettings {
  /** Folder of its own; made when it does not exist. */
  readonly dir: string;
  /** Of all batches that wait, in bytes. */
  readonly maxBytes: number;
}

interface Dropped {
  readonly events: number;
  readonly from: Instant;
  readonly to: Instant;
}

const DROPPED = "dropped.json";
const BATCH = /^\d{12}\.jsonl$/;

/**
 * A store that may be down: batches it does not take wait on disk, one file each, and go in before the next batch once
 * it takes them again, in order; what waited when a process ended goes in too. Up to `maxBytes` nothing is lost; batches
 * beyond are dropped and told by one alarm event on return. After a crash in the middle of a return the batch under way
 * may be stored twice. Queries see the store alone. `append` errors only when neither store nor disk takes the batch,
 * or an event is malformed.
 */
export function spooled(store: EventStore, settings: SpoolSettings): EventStore {
  const spool = openSpool(settings);
  const put = (batch: readonly Event[]): Promise<void> =>
    lastValueFrom(store.append(batch), { defaultValue: undefined });
  const drain = async (): Promise<void> => {
    for (let first = spool.first(); first; first = spool.first()) {
      await put(first.batch);
      spool.remove(first.name);
    }
    const dropped = spool.dropped();
    if (!dropped) return;
    await put([alarm(dropped, settings)]);
    spool.forgetDropped();
  };
  const append = async (batch: readonly Event[]): Promise<void> => {
    try {
      await drain();
      await put(batch);
    } catch (error) {
      if (error instanceof InvalidEventError) throw error;
      spool.add(batch);
    }
  };
  let queue: Promise<void> = Promise.resolve();
  const enqueue = (work: () => Promise<void>): Promise<void> => {
    const done = queue.then(work);
    queue = done.catch(() => undefined);
    return done;
  };
  return {
    append: (batch) => defer(() => from(enqueue(() => append(batch)))) as Observable<never>,
    query: (query) => store.query(query),
    close: async () => {
      // What the store still does not take stays on disk for the next start.
      await enqueue(() => drain().catch(() => undefined));
      await store.close();
    },
  };
}

const alarm = ({ events, from, to }: Dropped, { maxBytes }: SpoolSettings): Event => ({
  at: to,
  kind: "alarm",
  subject: "store",
  data: {
    code: "events-dropped",
    text: `${events} events were dropped: the store was down and the spool full at ${maxBytes} bytes`,
    events,
    from,
    to,
    maxBytes,
  },
});

interface Spool {
  /** The oldest batch that waits. */
  first(): { readonly name: string; readonly batch: readonly Event[] } | undefined;
  remove(name: string): void;
  /** On disk when it returns, or counted as dropped when it would not fit. */
  add(batch: readonly Event[]): void;
  dropped(): Dropped | undefined;
  forgetDropped(): void;
}

function openSpool({ dir, maxBytes }: SpoolSettings): Spool {
  mkdirSync(dir, { recursive: true });
  const waiting = new Map<string, number>();
  const names = readdirSync(dir).filter((name) => BATCH.test(name));
  for (const name of names.sort((a, b) => (a < b ? -1 : 1))) {
    // Damage is told at the start, where somebody reads it, not when the store is back.
    readBatch(join(dir, name));
    waiting.set(name, statSync(join(dir, name)).size);
  }
  let next = Number.parseInt([...waiting.keys()].at(-1) ?? "0", 10) + 1;
  const path = (name: string): string => join(dir, name);
  let dropped = readDropped(path(DROPPED));
  return {
    first: () => {
      const [name] = waiting.keys();
      return name === undefined ? undefined : { name, batch: readBatch(path(name)) };
    },
    remove: (name) => {
      unlinkSync(path(name));
      waiting.delete(name);
    },
    add: (batch) => {
      const text = batch.map((event) => `${eventLine(event)}\n`).join("");
      const bytes = Buffer.byteLength(text);
      const used = [...waiting.values()].reduce((total, size) => total + size, 0);
      if (used + bytes > maxBytes) {
        dropped = withDropped(dropped, batch);
        if (dropped) writeWhole(path(DROPPED), JSON.stringify(dropped));
        return;
      }
      const name = `${String(next++).padStart(12, "0")}.jsonl`;
      writeWhole(path(name), text);
      waiting.set(name, bytes);
    },
    dropped: () => dropped,
    forgetDropped: () => {
      unlinkSync(path(DROPPED));
      dropped = undefined;
    },
  };
}

function withDropped(before: Dropped | undefined, batch: readonly Event[]): Dropped | undefined {
  if (batch.length === 0) return before;
  const times = batch.map((event) => event.at);
  const from = Math.min(before?.from ?? Number.POSITIVE_INFINITY, ...times) as Instant;
  const to = Math.max(before?.to ?? Number.NEGATIVE_INFINITY, ...times) as Instant;
  return { events: (before?.events ?? 0) + batch.length, from, to };
}

/** Under its name only when complete and on disk, so that a crash leaves no half batch. */
function writeWhole(path: string, text: string): void {
  const file = openSync(`${path}.part`, "w");
  try {
    writeAll(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.part`, path);
}

function readBatch(path: string): readonly Event[] {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line, i) => {
    const event = parseEventLine(line);
    if (typeof event === "string")
      throw new Error(`${path}:${i + 1}: ${event}; move the file away to go on without it`);
    return event;
  });
}

function readDropped(path: string): Dropped | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Dropped;
  } catch {
    return undefined;
  }
}
