import { existsSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom, tap } from "rxjs";
import type { City, Corridor } from "../../config/model.ts";
import { type Instant, instant } from "../../config/units.ts";
import { type Counterfactual, counterfactual } from "../../engine/core/counterfactual/counterfactual.ts";
import { type WalkWait, walkWaits } from "../../engine/core/counterfactual/walk-waits.ts";
import type { Event, EventStore } from "../../engine/ports/event-store.ts";
import { openDuckStore, StoreError } from "../../engine/store/duck-store.ts";
import { UserError } from "../user-error.ts";
import { reportKinds, takeRecord } from "./day-record.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;

/** One local day of one corridor: what was run, what the schedule would have cost, who waited longest on foot. */
export interface DayReport {
  readonly corridor: string;
  /** Local, `2026-02-03`. */
  readonly day: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly cost: Counterfactual;
  readonly walks: readonly WalkWait[];
}

/** Of every corridor that the folder's history knows; the last recorded day unless one is named. */
export async function dayReports(city: City, folder: string, day?: string): Promise<readonly DayReport[]> {
  const file = join(folder, "history.duckdb");
  if (!existsSync(file))
    throw new UserError(`${file} does not exist. Give the folder that the run printed (its --out folder).`);
  const store = await opened(file);
  try {
    const seen = await minutes(store, day === undefined ? undefined : dayOf(city, day));
    if (seen.last === undefined)
      throw new UserError(
        `${folder} holds no flow estimates${day === undefined ? "" : ` of ${day}`}: the run was shorter than two minutes, or older than this report.`,
      );
    const local = day ?? new Date(seen.last + city.utcOffset).toISOString().slice(0, 10);
    const within = dayOf(city, local);
    const { first, last } = await minutes(store, within);
    const reports: DayReport[] = [];
    for (const corridor of city.corridors.values())
      reports.push(await reportOf(store, { city, corridor, day: local, from: first!, to: instant(last! + MINUTE) }));
    return reports.filter(({ cost }) => cost.parts.length > 0);
  } finally {
    await store.close();
  }
}

interface Hours {
  readonly from: Instant;
  readonly to: Instant;
}

function dayOf(city: City, day: string): Hours {
  const from = Date.parse(`${day}T00:00:00Z`) - city.utcOffset;
  return { from: instant(from), to: instant(from + DAY) };
}

async function opened(file: string): Promise<EventStore> {
  try {
    return await openDuckStore(file);
  } catch (error) {
    if (error instanceof StoreError) throw new UserError(error.message);
    throw error;
  }
}

/** First and last minute with estimates. */
async function minutes(store: EventStore, within: Hours | undefined) {
  let first: Instant | undefined;
  let last: Instant | undefined;
  await each(store, { kinds: ["estimate"], ...within }, ({ at }) => {
    first ??= at;
    last = at;
  });
  return { first, last };
}

interface Asked extends Hours {
  readonly city: City;
  readonly corridor: Corridor;
  readonly day: string;
}

async function reportOf(store: EventStore, { city, corridor, day, from, to }: Asked): Promise<DayReport> {
  const taker = takeRecord(city, corridor, { from, to });
  await each(store, { kinds: reportKinds, from, to }, (event) => taker.take([event]));
  const record = taker.done();
  return {
    corridor: corridor.id,
    day,
    from,
    to,
    cost: counterfactual(city, corridor, record),
    walks: walkWaits(city, corridor, record),
  };
}

const each = (store: EventStore, query: Parameters<EventStore["query"]>[0], take: (event: Event) => void) =>
  lastValueFrom(store.query(query).pipe(tap(take)), { defaultValue: undefined });
