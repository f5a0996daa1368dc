/**
 * Vehicle classes of the kernel and the parameters of their car-following (Krauß 1998, safe-speed form) at a step of 0.5 s.
 * Lengths and gaps are of the order that MKJI 1997 (20 m² a passenger-car unit) and SUMO's default types use. Headways are
 * set so that a 3.5 m lane of cars discharges 1 800 to 2 000 veh/h and mixed traffic 600 pcu/h per metre of width.
 */
export const Class = { car: 0, truck: 1, bus: 2, motorcycle: 3, emergency: 4 } as const;
export type Class = (typeof Class)[keyof typeof Class];

export interface ClassParameters {
  readonly lengthM: number;
  /** Kept to the vehicle ahead at standstill, m. */
  readonly gapM: number;
  /** m/s² on the flat. */
  readonly accelerationMps2: number;
  /** Comfortable deceleration, m/s². */
  readonly decelerationMps2: number;
  /** Reaction time and time headway of the safe speed, s; not below the step. */
  readonly headwayS: number;
  /** Share of the acceleration lost at random in a step while following (Krauß's σ). */
  readonly imperfection: number;
  /** Accepted gap in the stream given way to, s: HCM 6 exhibit 31-25 gives 4.5 s for permitted turns across traffic. */
  readonly criticalGapS: number;
  /** Mean and standard deviation of desired speed over the limit. */
  readonly speedFactor: readonly [number, number];
}

export const parameters: readonly ClassParameters[] = [
  {
    lengthM: 4.5,
    gapM: 1.8,
    accelerationMps2: 2.4,
    decelerationMps2: 4.5,
    headwayS: 1.1,
    imperfection: 0.2,
    criticalGapS: 4.5,
    speedFactor: [1.0, 0.08],
  },
  {
    lengthM: 8.5,
    gapM: 2.0,
    accelerationMps2: 1.2,
    decelerationMps2: 4.0,
    headwayS: 1.3,
    imperfection: 0.2,
    criticalGapS: 5.5,
    speedFactor: [0.9, 0.06],
  },
  {
    lengthM: 11.5,
    gapM: 2.0,
    accelerationMps2: 1.2,
    decelerationMps2: 4.0,
    headwayS: 1.3,
    imperfection: 0.2,
    criticalGapS: 5.5,
    speedFactor: [0.9, 0.06],
  },
  {
    lengthM: 1.9,
    gapM: 0.6,
    accelerationMps2: 2.8,
    decelerationMps2: 5.0,
    headwayS: 0.85,
    imperfection: 0.2,
    criticalGapS: 4.0,
    speedFactor: [1.0, 0.1],
  },
  {
    lengthM: 6.5,
    gapM: 1.8,
    accelerationMps2: 2.6,
    decelerationMps2: 4.5,
    headwayS: 0.9,
    imperfection: 0.1,
    criticalGapS: 4.5,
    // Faster than the limit allows others to be: SUMO's device "bluelight" drives 1.5 times it; on city streets we take less.
    speedFactor: [1.3, 0],
  },
];

/** Acceleration that gravity takes per percent of upgrade, m/s²: g/100. */
export const GRAVITY_PER_PERCENT = 0.0981;
/** A loaded truck still moves off on the steepest street, m/s². */
export const LEAST_ACCELERATION_MPS2 = 0.4;

/**
 * Krauß's safe speed: the largest v with v·τ + v²/2b ≤ gap + vLead²/2b, so that whoever keeps it can stop behind a leader
 * that brakes at b. `gapM` is what is free beyond the standstill gap; a negative one gives 0.
 */
export function safeSpeed(gapM: number, leadMps: number, decelerationMps2: number, headwayS: number): number {
  const bt = decelerationMps2 * headwayS;
  const root = bt * bt + leadMps * leadMps + 2 * decelerationMps2 * gapM;
  return root <= bt * bt ? 0 : Math.sqrt(root) - bt;
}

/** Strips a vehicle of a class takes in a lane: a car leaves what a motorcycle can use, a truck nothing. */
export function widthIn(laneStrips: number, vehicleClass: number): number {
  if (vehicleClass === Class.motorcycle) return 1;
  if (vehicleClass === Class.emergency) return Math.min(laneStrips, SIREN_STRIPS);
  return vehicleClass === Class.car ? Math.min(laneStrips, CAR_STRIPS) : laneStrips;
}

/** A vehicle with siren goes between the lanes: cars stand to the outer side of theirs, and leave these strips. */
const SIREN_STRIPS = 2;
/** A car with its side room: 1.8 m and 0.35 m either side, in strips of 0.85 m. */
const CAR_STRIPS = 3;
