import type { Instant, Millis } from "../../../config/units.ts";

/** What people and vehicles ask of the engine; each is on the audit trail before it changes anything. */
export type EngineRequest = SpecialPlan | EmergencyRoute | BusCall | Cancel;

interface Asked {
  /** Of the asker's making; the same id again replaces what it asked before. */
  readonly id: string;
  /** Who asks, for the record. */
  readonly by: string;
}

/** An operator puts a plan set in the place of the schedule, until a stated time. */
export interface SpecialPlan extends Asked {
  readonly kind: "special-plan";
  readonly planSet: string;
  /** Undefined: every corridor. */
  readonly corridor: string | undefined;
  readonly until: Instant;
}

/** Green for one vehicle's way, several junctions ahead. */
export interface EmergencyRoute extends Asked {
  readonly kind: "emergency-route";
  readonly stops: readonly Stop[];
  /** Nothing of it is left in force after this. */
  readonly until: Instant;
}

export interface Stop {
  readonly junction: string;
  /** By `Movement.id`. */
  readonly movement: string;
  /** Expected at the stop line. */
  readonly at: Instant;
}

/** A bus asks at one junction; what it is given depends on how it runs. */
export interface BusCall extends Asked, Stop {
  readonly kind: "bus";
  /** Behind its timetable; negative: ahead. Undefined: it keeps headways. */
  readonly late: Millis | undefined;
  /** Time to the bus ahead, and as planned. */
  readonly headway: { readonly actual: Millis; readonly planned: Millis } | undefined;
}

export interface Cancel extends Asked {
  readonly kind: "cancel";
  /** Id of what is taken back. */
  readonly request: string;
}

/** Junctions that a request names; undefined: a whole corridor's affair. */
export function junctionsAsked(request: EngineRequest): readonly string[] | undefined {
  switch (request.kind) {
    case "emergency-route":
      return request.stops.map(({ junction }) => junction);
    case "bus":
      return [request.junction];
    case "special-plan":
    case "cancel":
      return undefined;
  }
}
