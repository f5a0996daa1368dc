/** What drivers and vehicles of one kind are like. SI units. */
export interface VehicleType {
  readonly id: string;
  readonly vehicleClass: VehicleClass;
  readonly lengthM: number;
  readonly widthM: number;
  readonly minGapM: number;
  readonly accelMps2: number;
  readonly decelMps2: number;
  readonly emergencyDecelMps2: number;
  readonly maxSpeedMps: number;
  /** Reaction time kept to the leader, s. */
  readonly tauS: number;
  /** Imperfection, 0 to 1. */
  readonly sigma: number;
  /** Wanted speed against the limit: normal, cut off. */
  readonly speedFactor: {
    readonly mean: number;
    readonly deviation: number;
    readonly min: number;
    readonly max: number;
  };
}

/** Classes by which lanes are reserved, as SUMO names them; the order gives each its bit. */
export const VEHICLE_CLASSES = [
  "passenger",
  "private",
  "taxi",
  "bus",
  "coach",
  "delivery",
  "truck",
  "trailer",
  "motorcycle",
  "moped",
  "bicycle",
  "emergency",
  "authority",
  "army",
  "vip",
  "hov",
  "evehicle",
  "custom1",
  "custom2",
  "ignoring",
] as const;
export type VehicleClass = (typeof VEHICLE_CLASSES)[number];

export const classBit = (vehicleClass: VehicleClass): number => 1 << VEHICLE_CLASSES.indexOf(vehicleClass);
export const ALL_CLASSES = (1 << VEHICLE_CLASSES.length) - 1;

const KMH = 1 / 3.6;
const car: Omit<VehicleType, "id" | "vehicleClass"> = {
  lengthM: 5,
  widthM: 1.8,
  minGapM: 2.5,
  accelMps2: 2.6,
  decelMps2: 4.5,
  emergencyDecelMps2: 9,
  maxSpeedMps: 200 * KMH,
  tauS: 1,
  sigma: 0.5,
  speedFactor: { mean: 1, deviation: 0.1, min: 0.2, max: 2 },
};
const steady = { mean: 1, deviation: 0, min: 1, max: 1 };

/**
 * Defaults per class: SUMO's documented vehicle type parameters (sumo.dlr.de, "Vehicle Type Parameter Defaults"), so that
 * a route file without types means the same in both.
 */
const byClass: Partial<Record<VehicleClass, Partial<VehicleType>>> = {
  bus: { lengthM: 12, widthM: 2.5, accelMps2: 1.2, decelMps2: 4, emergencyDecelMps2: 7, maxSpeedMps: 85 * KMH },
  coach: { lengthM: 14, widthM: 2.6, accelMps2: 2, decelMps2: 4, emergencyDecelMps2: 7, maxSpeedMps: 100 * KMH },
  delivery: { lengthM: 6.5, widthM: 2.16 },
  truck: { lengthM: 7.1, widthM: 2.4, accelMps2: 1.3, decelMps2: 4, emergencyDecelMps2: 7, maxSpeedMps: 130 * KMH },
  trailer: { lengthM: 16.5, widthM: 2.55, accelMps2: 1.1, decelMps2: 4, emergencyDecelMps2: 7, maxSpeedMps: 130 * KMH },
  motorcycle: { lengthM: 2.2, widthM: 0.9, accelMps2: 6, decelMps2: 10, emergencyDecelMps2: 10 },
  moped: { lengthM: 2.1, widthM: 0.8, accelMps2: 1.1, decelMps2: 7, emergencyDecelMps2: 10, maxSpeedMps: 45 * KMH },
  bicycle: {
    lengthM: 1.6,
    widthM: 0.65,
    minGapM: 0.5,
    accelMps2: 1.2,
    decelMps2: 3,
    emergencyDecelMps2: 7,
    maxSpeedMps: 50 * KMH,
  },
  emergency: { lengthM: 6.5, widthM: 2.16 },
};
/** Classes whose drivers all want the same speed. */
const WITHOUT_SPREAD: readonly VehicleClass[] = ["bus", "coach", "trailer"];
const DEVIATION: Partial<Record<VehicleClass, number>> = { delivery: 0.05, truck: 0.05, emergency: 0 };

export function vehicleType(
  id: string,
  vehicleClass: VehicleClass,
  own: Partial<Omit<VehicleType, "id" | "vehicleClass">> = {},
): VehicleType {
  const speedFactor = WITHOUT_SPREAD.includes(vehicleClass)
    ? steady
    : { ...car.speedFactor, deviation: DEVIATION[vehicleClass] ?? car.speedFactor.deviation };
  const merged = { ...car, speedFactor, ...byClass[vehicleClass], ...own };
  // Nobody's hardest braking is weaker than their comfortable one.
  const emergencyDecelMps2 = Math.max(merged.emergencyDecelMps2, merged.decelMps2);
  return { ...merged, id, vehicleClass, emergencyDecelMps2 };
}
