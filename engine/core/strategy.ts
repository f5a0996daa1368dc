import type { City, Corridor, ObjectiveName } from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import type { Instant, Millis } from "../../config/units.ts";
import type { Action, CabinetStatus } from "./cabinet.ts";
import type { JunctionView } from "./view.ts";

/** A value with its standard deviation, same unit. */
export interface Uncertain {
  readonly mean: number;
  readonly sd: number;
}

export interface StreamEstimate {
  readonly stream: string;
  /** Arrivals. */
  readonly flowVph: Uncertain;
  readonly flowPcuh: Uncertain;
  /** During green, all lanes of the stream. */
  readonly saturationPcuh: Uncertain;
  /** Standing or about to stand at the stop line now. */
  readonly queueVeh: Uncertain;
  readonly queuePcu: Uncertain;
  /** Share of green used at saturation in the last served green, may exceed 1; undefined when never seen. */
  readonly degreeOfSaturation: number | undefined;
  /** Since a vehicle last crossed or stood at the line; undefined when never seen. */
  readonly sinceLastVehicle: Millis | undefined;
  /** Best basis used: own detectors, conservation from neighbours, the profile of the day, or the scheduled design. */
  readonly basis: "measured" | "neighbour" | "profile" | "scheduled";
  /** Of the newest reading behind it. */
  readonly age: Millis;
}

export interface Reason {
  /** Stable word, e.g. "saturation-above-target". */
  readonly code: string;
  /** One sentence for an engineer, numbers included. */
  readonly text: string;
  readonly values: Readonly<Record<string, number | string>>;
}

export interface Wanted {
  readonly junction: string;
  readonly action: Action;
  readonly reasons: readonly Reason[];
}

/** What a strategy may know at one instant. */
export interface Knowledge {
  readonly now: Instant;
  readonly city: City;
  readonly corridor: Corridor;
  /** By stream id; every stream of every junction of the corridor is present. */
  readonly streams: ReadonlyMap<string, StreamEstimate>;
  /** Share of the exit link's storage in use, 0..1, by link id, where an exit detector or conservation tells. */
  readonly exitFill: ReadonlyMap<string, number>;
  readonly cabinets: ReadonlyMap<string, CabinetStatus>;
  /** Plan last accepted by each cabinet, if the engine has one in force there. */
  readonly inForce: ReadonlyMap<string, TimingPlan>;
  /** Scheduled plan of each junction at `now`. */
  readonly scheduled: ReadonlyMap<string, TimingPlan>;
  /** What the corridor is run for at `now`; absent: balanced. */
  readonly objective?: ObjectiveName;
  /** What the cameras see this second, by junction id; no entry where none sends a picture of the approaches. */
  readonly views?: ReadonlyMap<string, JunctionView>;
}

/** Pure. `Memory` is whatever the strategy needs of its own past; it is never shared. */
export interface Strategy<Memory = unknown> {
  readonly name: string;
  /** Decides at whole multiples of this. */
  readonly period: Millis;
  /** It decides on what cameras see second by second (`Knowledge.views`); for others nobody need look. */
  readonly watches?: true;
  /** The same at another period, where that is a choice. */
  every?(period: Millis): Strategy<Memory>;
  start(city: City, corridor: Corridor): Memory;
  decide(known: Knowledge, memory: Memory): { readonly memory: Memory; readonly wanted: readonly Wanted[] };
}
