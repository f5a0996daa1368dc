import type { City, Corridor } from "../../config/model.ts";
import type { Instant } from "../../config/units.ts";
import type { CabinetStatus } from "../../engine/core/cabinet.ts";
import { buildRecord, type CorridorRecord, type FlowSample } from "../../engine/core/counterfactual/record.ts";
import type { Event } from "../../engine/ports/event-store.ts";

/** Of a run's events, those that its counterfactual is made of. */
export const reportKinds = ["estimate", "status"] as const;

export interface RecordTaker {
  take(events: Iterable<Event>): void;
  done(): CorridorRecord;
}

/** Builds a corridor's record from events as they were written or as they come. */
export function takeRecord(
  city: City,
  corridor: Corridor,
  hours: { readonly from: Instant; readonly to: Instant },
): RecordTaker {
  const builder = buildRecord(city, corridor, hours);
  return {
    take: (events) => {
      for (const { kind, at, data } of events) {
        if (kind === "estimate") builder.flows(at, data as unknown as Readonly<Record<string, FlowSample>>);
        else if (kind === "status") builder.status(data as unknown as CabinetStatus);
      }
    },
    done: builder.done,
  };
}
