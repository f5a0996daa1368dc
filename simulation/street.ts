import type { Instant, Millis } from "../config/units.ts";

/**
 * The street as the rest of the simulation sees it. Lamps go in, sensors and results come out; nothing here knows plans,
 * cabinets or strategies. `simulation/traffic` implements it; a SUMO bridge can too.
 */
export interface Street {
  /** Length of one step. */
  readonly step: Millis;
  now(): Instant;
  /** The lamps of a junction by index in `junction.groups`; the array is read again at every step. */
  attach(junction: string, lamps: Uint8Array): void;
  /** A counting line with a presence zone. Before the first `advance`. */
  sensor(spec: SensorSpec): Sensor;
  /**
   * What stands and moves around a junction now, as a camera over it could see: places and sizes, never who it is or where
   * it means to go. Computed when asked.
   */
  view(spec: ViewSpec): StreetView;
  /** One step. */
  advance(): void;
  /** Buttons pressed in the last step. */
  readonly presses: readonly { readonly junction: string; readonly crossing: number }[];
  results(): StreetResults;
}

export interface SensorSpec {
  readonly link: string;
  /** Lane indexes from the kerb, of the approach at the link's end; undefined: the whole width. */
  readonly lanes: readonly number[] | undefined;
  /** Where the line lies: upstream of the stop line, or downstream of the link's entry (exit detectors). */
  readonly from: "stop-line" | "entry";
  readonly distanceM: number;
  /** Presence zone: from the line this far upstream (`stop-line`) or downstream (`entry`). */
  readonly zoneM: number;
}

/** Running values; read after `advance`, never reset. */
export interface Sensor {
  /** Crossings of the line by class: car, hv (trucks and buses), mc. */
  readonly crossed: { readonly car: number; readonly hv: number; readonly mc: number };
  /** Time with at least one vehicle standing or driving over the zone's last 5 m before the line, ms. */
  readonly occupied: Millis;
  /** Something stands or drives over those 5 m now. */
  readonly present: boolean;
  /** Vehicles in the zone now, and those of them slower than 5 km/h. */
  readonly inZone: number;
  readonly standing: number;
  /** Back of the last standing vehicle in the zone, metres upstream of the line; 0 when none stands. */
  readonly queueM: number;
}

export interface ViewSpec {
  readonly junction: string;
  /** By `Approach.id`. */
  readonly approaches: readonly string[];
  /** How far upstream of the stop line, m. */
  readonly rangeM: number;
  /** By `Link.id`. */
  readonly exits: readonly string[];
  /** How far along an exit, m. */
  readonly exitRangeM: number;
  readonly box: boolean;
}

/** In the order asked for. */
export interface StreetView {
  readonly approaches: readonly StreetApproachView[];
  readonly exits: readonly StreetExitView[];
  /** Vehicles whose front is between the stop lines and the exits. */
  readonly box: readonly StreetBoxVehicle[];
}

export interface StreetApproachView {
  readonly approach: string;
  /** What was asked for, or less where the street ends before. */
  readonly rangeM: number;
  /** Nearest the stop line first. */
  readonly vehicles: readonly StreetVehicle[];
}

interface Visible {
  readonly speedMps: number;
  /** Uniform in [0, 1) and fixed for the vehicle's stay: who is hard to make out stays so from one picture to the next. */
  readonly conspicuity: number;
}

export interface StreetVehicle extends Visible {
  /** Front upstream of the stop line, m. */
  readonly distanceM: number;
  readonly lengthM: number;
  readonly vehicleClass: "car" | "hv" | "mc";
  /** Indexes in `Approach.lanes` of the stop-line lanes that its own lane leads to. Never empty. */
  readonly lanes: readonly number[];
  /** It is still upstream of the stop line of this other junction. */
  readonly behind?: string;
}

export interface StreetExitView {
  readonly link: string;
  /** What was asked for, or the length of a shorter link. */
  readonly rangeM: number;
  /** From the kerb; vehicles from the box on. */
  readonly lanes: readonly (readonly StreetExitVehicle[])[];
}

export interface StreetExitVehicle extends Visible {
  /** Its rear downstream of the box, m; negative while part of it is in the box. */
  readonly rearM: number;
  readonly vehicleClass: "car" | "hv" | "mc";
}

export interface StreetBoxVehicle extends Visible {
  /** The approach it came from, and the index of its lane there. */
  readonly approach: string;
  readonly lane: number;
  /** Movements that its path so far can belong to, by `Movement.id`. */
  readonly movements: readonly string[];
  readonly vehicleClass: "car" | "hv" | "mc";
}

export interface StreetResults {
  readonly vehicles: {
    /** Wanted to enter so far = inserted + waiting. */
    readonly demanded: number;
    readonly inserted: number;
    readonly arrived: number;
    readonly present: number;
    /** Still outside because their first link is full. */
    readonly waiting: number;
    /** Took another way round a closed link, and left the network elsewhere because there was none. */
    readonly rerouted: number;
    readonly diverted: number;
  };
  /** All trips, unfinished ones to the present instant. Delay = time loss against free flow + departure delay. */
  readonly all: TripSummary;
  /** Trips that start on an approach the corridor runs along, and the others. */
  readonly main: TripSummary;
  readonly side: TripSummary;
  /** Finished trips with siren; they are among the others too. */
  readonly sirens: TripSummary;
  readonly pedestrians: {
    readonly served: number;
    readonly waiting: number;
    readonly meanWaitS: number;
    readonly p95WaitS: number;
    readonly maxWaitS: number;
  };
  /** Vehicle bodies that overlapped; must stay 0. */
  readonly collisions: number;
  /** Vehicles that crossed a stop line at red; must stay 0. */
  readonly redLightRunners: number;
  /** Time links were full to the upstream node, summed over links, s. */
  readonly spillBackS: number;
}

export interface TripSummary {
  readonly trips: number;
  readonly meanDelayS: number;
  readonly p95DelayS: number;
  readonly maxDelayS: number;
  readonly meanStops: number;
  readonly meanTravelTimeS: number;
}
