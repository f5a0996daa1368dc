import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lastValueFrom, toArray } from "rxjs";
import { onTestFinished } from "vitest";
import { instant } from "../../../config/units.ts";
import type { Event, EventKind, EventStore, Json, Query } from "../../../engine/ports/event-store.ts";

/** A folder of its own, gone when the test ends. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "simpang-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const event = (at: number, data: Json = null, kind: EventKind = "decision", subject = "a"): Event => ({
  at: instant(at),
  kind,
  subject,
  data,
});

export const put = (store: EventStore, batch: readonly Event[]): Promise<void> =>
  lastValueFrom(store.append(batch), { defaultValue: undefined });

export const ask = (store: EventStore, query: Query = {}): Promise<readonly Event[]> =>
  lastValueFrom(store.query(query).pipe(toArray()));
