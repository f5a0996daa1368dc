import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  BIGINT,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBValue,
  VARCHAR,
} from "@duckdb/node-api";
import { concatAll, defer, from, type Observable } from "rxjs";
import { instant } from "../../config/units.ts";
import type { Event, EventKind, EventStore, Json, Query } from "../ports/event-store.ts";
import { assertEvent } from "./canonical.ts";

/** Rows of one DuckDB vector (STANDARD_VECTOR_SIZE). */
const CHUNK_ROWS = 2048;
const columns = [BIGINT, BIGINT, VARCHAR, VARCHAR, VARCHAR];
const table = `create table if not exists event (
  seq bigint not null, ts bigint not null, kind varchar not null, subject varchar not null, data varchar not null)`;

/** The history file could not be opened or written; the message names the file and the mend. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** DuckDB would open a file twice in one process, and closing one would drop the lock of both. */
const open = new Set<string>();

/**
 * History in an embedded DuckDB file. One process owns the file; a second open fails with `StoreError`. Each batch is
 * one transaction. Queries see what was appended before they were subscribed; `from` is inclusive, `to` exclusive.
 */
export async function openDuckStore(path: string): Promise<EventStore> {
  const file = realFile(path);
  if (open.has(file)) throw inUse(path, "this process");
  open.add(file);
  let instance: DuckDBInstance | undefined;
  try {
    // Nothing is fetched from outside, whatever a query names.
    instance = await DuckDBInstance.create(path, {
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
    const connection = await instance.connect();
    await connection.run(table);
    const last = await connection.runAndReadAll("select coalesce(max(seq), 0) from event");
    return duckStore({ path, file, instance, connection, seq: last.getRows()[0]![0] as bigint });
  } catch (error) {
    instance?.closeSync();
    open.delete(file);
    throw explain(path, error);
  }
}

interface Opened {
  readonly path: string;
  readonly file: string;
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
  readonly seq: bigint;
}

function duckStore({ path, file, instance, connection, seq: last }: Opened): EventStore {
  let seq = last;
  let closed = false;
  /** Batches and the start of queries, one after the other. */
  let queue: Promise<unknown> = Promise.resolve();
  const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) return Promise.reject(new StoreError(`${path} is closed; open it again to go on`));
    const done = queue.then(work);
    queue = done.catch(() => undefined);
    return done;
  };
  const write = async (batch: readonly Event[]): Promise<void> => {
    // A malformed event is refused before anything of its batch is written.
    batch.forEach(assertEvent);
    await connection.run("begin");
    try {
      const appender = await connection.createAppender("event");
      for (let i = 0; i < batch.length; i += CHUNK_ROWS)
        appender.appendDataChunk(chunkOf(batch.slice(i, i + CHUNK_ROWS), seq + BigInt(i)));
      appender.flushSync();
      appender.closeSync();
      await connection.run("commit");
      seq += BigInt(batch.length);
    } catch (error) {
      await connection.run("rollback").catch(() => undefined);
      throw new StoreError(`${path} could not be written: ${messageOf(error)}`, { cause: error });
    }
  };
  /** A chunk at a time: a promise a row costs more than the row. */
  async function* rows(query: Query): AsyncGenerator<readonly Event[], void, void> {
    const { sql, values } = statement(query);
    // A connection of its own: a stream ends when its connection runs something else.
    const reader = await enqueue(() => instance.connect());
    try {
      const result = await reader.stream(sql, values);
      for (;;) {
        const chunk = await result.fetchChunk();
        if (!chunk || chunk.rowCount === 0) return;
        yield chunk.getRows().map(eventOf);
      }
    } finally {
      reader.closeSync();
    }
  }
  return {
    append: (batch) => defer(() => from(enqueue(() => write(batch)))) as Observable<never>,
    query: (query) => defer(() => from(rows(query))).pipe(concatAll()),
    close: async () => {
      if (closed) return;
      const settled = queue;
      closed = true;
      await settled;
      connection.closeSync();
      instance.closeSync();
      open.delete(file);
    },
  };
}

function chunkOf(batch: readonly Event[], after: bigint): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(columns, batch.length);
  chunk.setColumns([
    batch.map((_, i) => after + BigInt(i + 1)),
    batch.map((event) => BigInt(event.at)),
    batch.map((event) => event.kind),
    batch.map((event) => event.subject),
    batch.map((event) => JSON.stringify(event.data)),
  ]);
  return chunk;
}

function statement({ kinds, subject, from, to, limit }: Query): {
  readonly sql: string;
  readonly values: DuckDBValue[];
} {
  const values: DuckDBValue[] = [];
  const where: string[] = [];
  const put = (value: DuckDBValue): string => `$${values.push(value)}`;
  if (kinds) where.push(kinds.length > 0 ? `kind in (${kinds.map(put).join(", ")})` : "false");
  if (subject !== undefined) where.push(`subject = ${put(subject)}`);
  if (from !== undefined) where.push(`ts >= ${put(BigInt(from))}`);
  if (to !== undefined) where.push(`ts < ${put(BigInt(to))}`);
  const filter = where.length > 0 ? ` where ${where.join(" and ")}` : "";
  const count = limit === undefined ? "" : ` limit ${put(BigInt(limit))}`;
  return { sql: `select ts, kind, subject, data from event${filter} order by ts, seq${count}`, values };
}

const eventOf = ([ts, kind, subject, data]: readonly DuckDBValue[]): Event => ({
  at: instant(Number(ts)),
  kind: kind as EventKind,
  subject: subject as string,
  data: JSON.parse(data as string) as Json,
});

function realFile(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch (error) {
    throw explain(path, error);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const inUse = (path: string, who: string): StoreError =>
  new StoreError(
    `${path} is already open in ${who}; one process owns a history file: stop that run, or give another folder`,
  );

function explain(path: string, error: unknown): StoreError {
  const message = messageOf(error);
  if (/lock/i.test(message)) return inUse(path, /PID \d+/.exec(message)?.[0] ?? "another process");
  if (/ENOENT|No such file/.test(message))
    return new StoreError(`${path} cannot be opened: its folder does not exist; make the folder first`, {
      cause: error,
    });
  if (/not a valid DuckDB/.test(message))
    return new StoreError(`${path} is not a history file: move it away, or give another folder`, { cause: error });
  return new StoreError(`${path} cannot be opened: ${message}`, { cause: error });
}
