import type { Instant, Millis } from "../../config/units.ts";
import type { Event } from "../../engine/ports/event-store.ts";
import type { StreetResults, TripSummary } from "../../simulation/street.ts";
import type { ArrivalsOnGreen } from "./arrivals-on-green.ts";

/** What happened at the joints: counted from the events as they pass. */
export interface Tally {
  count(events: readonly Event[]): void;
  readonly plans: { pushed: number; verified: number; refused: number; lost: number };
  readonly serves: { sent: number; refused: number; lost: number };
  readonly denials: Record<string, number>;
  readonly alarms: Record<string, number>;
  readonly readings: { accepted: number; faulty: number };
}

export function tallyOf(): Tally {
  const plans = { pushed: 0, verified: 0, refused: 0, lost: 0 };
  const serves = { sent: 0, refused: 0, lost: 0 };
  const denials: Record<string, number> = {};
  const alarms: Record<string, number> = {};
  const readings = { accepted: 0, faulty: 0 };
  const open = new Map<string, "plan" | "serve">();
  return {
    plans,
    serves,
    denials,
    alarms,
    readings,
    count: (events) => {
      for (const event of events) {
        const data = event.data as { [key: string]: unknown };
        if (event.kind === "reading") {
          if (data["kind"] === "fault") readings.faulty++;
          else readings.accepted++;
        } else if (event.kind === "decision") {
          const kind = (data["action"] as { kind: string }).kind;
          if (kind === "plan" || kind === "serve") {
            open.set(String(data["command"]), kind);
            if (kind === "plan") plans.pushed++;
            else serves.sent++;
          }
        } else if (event.kind === "outcome") {
          const kind = open.get(String(data["command"]));
          open.delete(String(data["command"]));
          const result = data["result"] as "accepted" | "refused" | "lost";
          if (kind === "plan") plans[result === "accepted" ? "verified" : result]++;
          else if (kind === "serve" && result !== "accepted") serves[result]++;
        } else if (event.kind === "denial") {
          for (const { code } of data["denials"] as readonly { code: string }[])
            denials[code] = (denials[code] ?? 0) + 1;
        } else if (event.kind === "alarm" && data["on"] === true) {
          const key = String(data["key"]).split("/").at(-1)!;
          alarms[key] = (alarms[key] ?? 0) + 1;
        }
      }
    },
  };
}

export interface RunReport {
  readonly strategy: string;
  readonly seed: number;
  readonly demandScale: number;
  readonly config: string;
  readonly start: string;
  readonly simulatedS: number;
  readonly vehicles: StreetResults["vehicles"];
  readonly all: TripSummary;
  readonly main: TripSummary;
  readonly side: TripSummary;
  /** Finished trips with siren. */
  readonly sirens: TripSummary;
  readonly pedestrians: StreetResults["pedestrians"];
  readonly arrivalsOnGreen: ReturnType<ArrivalsOnGreen["shares"]>;
  readonly spillBackS: number;
  readonly collisions: number;
  readonly redLightRunners: number;
  readonly plans: Tally["plans"];
  readonly serves: Tally["serves"];
  readonly guardDenials: Tally["denials"];
  readonly alarms: Tally["alarms"];
  readonly readings: Tally["readings"];
  readonly conflictMonitorTrips: number;
}

export interface ReportInput {
  readonly strategy: string;
  readonly seed: number;
  readonly demandScale: number;
  readonly config: string;
  readonly start: Instant;
  readonly simulated: Millis;
  readonly street: StreetResults;
  readonly arrivalsOnGreen: RunReport["arrivalsOnGreen"];
  readonly tally: Tally;
  readonly trips: readonly number[];
}

export function reportOf({
  strategy,
  seed,
  demandScale,
  config,
  start,
  simulated,
  street,
  arrivalsOnGreen,
  tally,
  trips,
}: ReportInput): RunReport {
  return {
    strategy,
    seed,
    demandScale,
    config,
    start: new Date(start).toISOString(),
    simulatedS: simulated / 1000,
    vehicles: street.vehicles,
    all: street.all,
    main: street.main,
    side: street.side,
    sirens: street.sirens,
    pedestrians: street.pedestrians,
    arrivalsOnGreen,
    spillBackS: street.spillBackS,
    collisions: street.collisions,
    redLightRunners: street.redLightRunners,
    plans: { ...tally.plans },
    serves: { ...tally.serves },
    guardDenials: { ...tally.denials },
    alarms: { ...tally.alarms },
    readings: { ...tally.readings },
    conflictMonitorTrips: trips.reduce((total, count) => total + count, 0),
  };
}
