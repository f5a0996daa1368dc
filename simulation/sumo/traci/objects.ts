/** Command and variable ids of TraCI 20 (SUMO 1.15), from https://sumo.dlr.de/docs/TraCI.html. */
export const COMMAND = {
  version: 0x00,
  step: 0x02,
  setOrder: 0x03,
  close: 0x7f,
  getSignal: 0xa2,
  getVehicle: 0xa4,
  getVehicleType: 0xa5,
  getSimulation: 0xab,
  setSignal: 0xc2,
  subscribeLane: 0xd3,
  subscribeVehicle: 0xd4,
  subscribeSimulation: 0xdb,
  /** Vehicles (or others) around a junction. */
  subscribeJunctionContext: 0x89,
} as const;

/** A subscription's answers bear its id plus this; those of a context subscription too. */
export const SUBSCRIPTION_ANSWER = 0x10;
/** An answer to a "get" bears its id plus this. */
export const GET_ANSWER = 0x10;

export const VARIABLE = {
  idList: 0x00,
  signalState: 0x20,
  speed: 0x40,
  length: 0x44,
  vehicleClass: 0x49,
  laneId: 0x51,
  lanePosition: 0x56,
  time: 0x66,
  departedIds: 0x74,
  teleportStartIds: 0x76,
  arrivedIds: 0x7a,
  deltaT: 0x7b,
  /** Running and yet to come. */
  minExpected: 0x7d,
} as const;

/** Domains for context subscriptions are named by their "get" command. */
export const VEHICLE_DOMAIN = 0xa4;
