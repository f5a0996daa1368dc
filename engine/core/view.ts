import type { VehicleClass } from "../../config/model.ts";
import type { Instant } from "../../config/units.ts";

/**
 * What the cameras of one junction see at one instant: objects and where they stand, never who they are, where they come
 * from or where they mean to go. The second-by-second strategies live on this; the slower ones need only counts.
 */
export interface JunctionView {
  readonly junction: string;
  /** Newest picture of an approach in it. */
  readonly at: Instant;
  /** One of every approach, in the order of `Junction.approaches`. */
  readonly approaches: readonly ApproachView[];
  readonly exits: readonly ExitView[];
  /** Vehicles between the stop lines and the exits. */
  readonly box: readonly BoxVehicle[];
}

export interface ApproachView {
  /** `Approach.id`. */
  readonly approach: string;
  /**
   * How far upstream of the stop line the view reaches, m, across lane and unsignalised junction boundaries. 0: nobody sees
   * this approach now, which says nothing about how many stand there.
   */
  readonly rangeM: number;
  /** Nearest the stop line first. */
  readonly vehicles: readonly SeenVehicle[];
  /** Crossings of the stop line since the last view, by lane in the order of `Approach.lanes`; empty when `rangeM` is 0. */
  readonly crossed: readonly number[];
  /** When it was seen, where that was before the view's `at` (a slower camera). */
  readonly at?: Instant;
}

export interface SeenVehicle {
  /** Front of the vehicle upstream of the stop line, measured along the lane, m. */
  readonly distanceM: number;
  readonly speedMps: number;
  readonly lengthM: number;
  readonly vehicleClass: VehicleClass;
  /**
   * Indexes in `Approach.lanes` of the stop-line lanes to which the lane that it is on leads: one for a vehicle on the last
   * stretch, several where lanes fan out further on. Never empty.
   */
  readonly lanes: readonly number[];
  /** It stands behind the stop line of this other junction, still to be served there. */
  readonly behind?: string;
}

/** The first metres of a leaving carriageway. */
export interface ExitView {
  /** `Link.id`. */
  readonly link: string;
  readonly rangeM: number;
  readonly lanes: readonly ExitLaneView[];
}

export interface ExitLaneView {
  readonly vehicles: number;
  /** Slower than 5 km/h. */
  readonly standing: number;
  /** Free road from the box to the rear of the first vehicle that stands or crawls, m; `rangeM` when there is none. */
  readonly roomM: number;
}

export interface BoxVehicle {
  /** The approach whose stop line it crossed, by `Approach.id`. */
  readonly approach: string;
  /** Index in `Approach.lanes` of the lane it came from. */
  readonly lane: number;
  /** Movements that its path in the box can belong to, by `Movement.id`. */
  readonly movements: readonly string[];
  readonly speedMps: number;
}
