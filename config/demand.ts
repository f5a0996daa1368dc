import type { Millis } from "./units.ts";

/** Synthetic demand for the simulator. */
export interface Demand {
  readonly origin: "sourced" | "synthetic";
  readonly classShares: { readonly car: number; readonly hv: number; readonly mc: number; readonly bus: number };
  /** Heavy vehicles are kept out in these local hours. */
  readonly truckBan: readonly { readonly from: Millis; readonly to: Millis }[];
  /** Factors on volume by local time of day, linear between points. */
  readonly profiles: ReadonlyMap<string, readonly { readonly at: Millis; readonly factor: number }[]>;
  readonly flows: readonly DemandFlow[];
  /** Standard deviation (lognormal) of the day's level of each origin and destination, and of each 15 min of each origin. */
  readonly dayVariation: number;
  readonly quarterVariation: number;
  readonly pedestrians: readonly {
    readonly junction: string;
    readonly crossing: string;
    readonly perHour: number;
    readonly profile: string;
  }[];
  readonly busLines?: readonly BusLine[] | undefined;
}

/** Buses by the clock that stop in the lane at the kerb. */
export interface BusLine {
  readonly id: string;
  /** Edge nodes. */
  readonly from: string;
  readonly to: string;
  readonly every: Millis;
  /** Local times of day of the first bus, and of the last or earlier. */
  readonly first: Millis;
  readonly last: Millis;
  /** `atM` along the link; `dwell` is the mean. */
  readonly stops: readonly { readonly link: string; readonly atM: number; readonly dwell: Millis }[];
}

/** A signal outside the network: `share` of the vehicles come in the first `window` of each cycle. */
export interface DemandPlatoons {
  readonly cycle: Millis;
  readonly window: Millis;
  readonly share: number;
  /** Start of a window after UTC midnight, modulo the cycle. */
  readonly offset: Millis;
}

/** Vehicles that enter at an edge node; turns are drawn at each junction from its turning shares. */
export interface DemandFlow {
  readonly id: string;
  /** Edge node where it starts. */
  readonly from: string;
  readonly vehPerHour: number;
  readonly profile: string;
  /** Of this flow; undefined: the demand's. */
  readonly classShares?: Demand["classShares"] | undefined;
  /** Undefined: vehicles come at random. */
  readonly platoons?: DemandPlatoons | undefined;
  /** Destination edge nodes with shares that add up to 1. */
  readonly to: readonly { readonly node: string; readonly share: number }[];
}
