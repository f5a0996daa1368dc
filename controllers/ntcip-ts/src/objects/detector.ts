import { asc, control, database, immediate, int, status } from "../object.ts";

/** Detectors: NTCIP 1202 (asc.2). */
export const detectorObjects = [
  // rows of vehicleDetectorTable
  status("maxVehicleDetectors", `${asc}.2.1`, int(1, 255)),
  // row index
  status("vehicleDetectorNumber", `${asc}.2.2.1.1`, int(1, 255), ["vehicleDetectorNumber"]),
  // 8-bit option mask, see bits
  database("vehicleDetectorOptions", `${asc}.2.2.1.2`, int(0, 255), ["vehicleDetectorNumber"]),
  // phase called by the detector; 0 = none
  database("vehicleDetectorCallPhase", `${asc}.2.2.1.4`, int(0, 255), ["vehicleDetectorNumber"]),
  // actuations go to this phase while the call phase is yellow/red and this one green
  database("vehicleDetectorSwitchPhase", `${asc}.2.2.1.5`, int(0, 255), ["vehicleDetectorNumber"]),
  // actuation ignored until it lasted this long (while phase not green); max 2550 although syntax is 0..65535
  database("vehicleDetectorDelay", `${asc}.2.2.1.6`, int(0, 65535, "0.1 s"), ["vehicleDetectorNumber"]),
  // actuation stretched by this after it ends, during green
  database("vehicleDetectorExtend", `${asc}.2.2.1.7`, int(0, 255, "0.1 s"), ["vehicleDetectorNumber"]),
  // queue detector is ignored after this much green
  database("vehicleDetectorQueueLimit", `${asc}.2.2.1.8`, int(0, 255, "s"), ["vehicleDetectorNumber"]),
  // no actuation for this many minutes = fault; 0 off
  database("vehicleDetectorNoActivity", `${asc}.2.2.1.9`, int(0, 255, "min"), ["vehicleDetectorNumber"]),
  // continuous actuation this many minutes = fault; 0 off
  database("vehicleDetectorMaxPresence", `${asc}.2.2.1.10`, int(0, 255, "min"), ["vehicleDetectorNumber"]),
  // more counts per minute than this = fault; 0 off
  database("vehicleDetectorErraticCounts", `${asc}.2.2.1.11`, int(0, 255, "count/min"), ["vehicleDetectorNumber"]),
  // what a failed detector does: 0 no call, 255 constant call (max recall), else call held this long into green
  database("vehicleDetectorFailTime", `${asc}.2.2.1.12`, int(0, 255, "s"), ["vehicleDetectorNumber"]),
  // controller-diagnosed faults, see bits
  status("vehicleDetectorAlarms", `${asc}.2.2.1.13`, int(0, 255), ["vehicleDetectorNumber"]),
  // faults reported by the detector hardware, see bits
  status("vehicleDetectorReportedAlarms", `${asc}.2.2.1.14`, int(0, 255), ["vehicleDetectorNumber"]),
  // write 1 to reset the detector; returns to 0 by itself
  immediate("vehicleDetectorReset", `${asc}.2.2.1.15`, int(0, 1), ["vehicleDetectorNumber"]),
  // ceil(maxVehicleDetectors/8)
  status("maxVehicleDetectorStatusGroups", `${asc}.2.3`, int(1, 255)),
  // row index; group g covers detectors 8g-7..8g
  status("vehicleDetectorStatusGroupNumber", `${asc}.2.4.1.1`, int(1, 255), ["vehicleDetectorStatusGroupNumber"]),
  // detector-on bits
  status("vehicleDetectorStatusGroupActive", `${asc}.2.4.1.2`, int(0, 255), ["vehicleDetectorStatusGroupNumber"]),
  // detector-in-alarm bits
  status("vehicleDetectorStatusGroupAlarms", `${asc}.2.4.1.3`, int(0, 255), ["vehicleDetectorStatusGroupNumber"]),
  // increments mod 256 each time a sample period closes; use it to find missed or repeated samples
  status("volumeOccupancySequence", `${asc}.2.5.1`, int(0, 255)),
  // sample period; 0 = use volumeOccupancyPeriodV3 (v03) or no sampling
  database("volumeOccupancyPeriod", `${asc}.2.5.2`, int(0, 255, "s")),
  // rows present in volumeOccupancyTable (detectors with volume or occupancy option on)
  status("activeVolumeOccupancyDetectors", `${asc}.2.5.3`, int(0, 255)),
  // count in the last closed period; 255 = overflow
  status("detectorVolume", `${asc}.2.5.4.1.1`, int(0, 255, "count"), ["vehicleDetectorNumber"]),
  // 0..200 = occupancy in 0.5 % steps; 210..217 = fault codes (see enum); others reserved
  status("detectorOccupancy", `${asc}.2.5.4.1.2`, int(0, 255, "0.5 % (0..200)"), ["vehicleDetectorNumber"]),
  // average speed of the last period, 0.5 km/h steps
  status("detectorAvgSpeed", `${asc}.2.5.4.1.3`, int(0, 511, "0.5 km/h"), ["vehicleDetectorNumber"], "v03"),
  // longer sample period 1..3600; 65535 = one coord cycle; loses to volumeOccupancyPeriod when both non-zero
  database("volumeOccupancyPeriodV3", `${asc}.2.5.5`, int(0, 65535, "s"), [], "v03"),
  // local time at which the last period ended
  status("detectorSampleTime", `${asc}.2.5.6`, { kind: "counter", unit: "s" }, [], "v03"),
  // length of the last closed period
  status("detectorSampleDuration", `${asc}.2.5.7`, int(0, 65535, "s"), [], "v03"),
  // rows of pedestrianDetectorTable
  status("maxPedestrianDetectors", `${asc}.2.6`, int(1, 255)),
  // row index
  status("pedestrianDetectorNumber", `${asc}.2.7.1.1`, int(1, 255), ["pedestrianDetectorNumber"]),
  // phase whose ped service the button calls; 0 none
  database("pedestrianDetectorCallPhase", `${asc}.2.7.1.2`, int(0, 255), ["pedestrianDetectorNumber"]),
  // minutes without push = fault; 0 off
  database("pedestrianDetectorNoActivity", `${asc}.2.7.1.3`, int(0, 255, "min"), ["pedestrianDetectorNumber"]),
  // minutes stuck = fault; 0 off
  database("pedestrianDetectorMaxPresence", `${asc}.2.7.1.4`, int(0, 255, "min"), ["pedestrianDetectorNumber"]),
  // pushes per minute above this = fault; 0 off
  database("pedestrianDetectorErraticCounts", `${asc}.2.7.1.5`, int(0, 255, "count/min"), ["pedestrianDetectorNumber"]),
  // same bits as vehicleDetectorAlarms
  status("pedestrianDetectorAlarms", `${asc}.2.7.1.6`, int(0, 255), ["pedestrianDetectorNumber"]),
  // ceil(maxPedestrianDetectors/8)
  status("maxPedestrianDetectorGroups", `${asc}.2.8`, int(1, 255), [], "v03"),
  // row index
  status(
    "pedestrianDetectorStatusGroupNumber",
    `${asc}.2.9.1.1`,
    int(1, 255),
    ["pedestrianDetectorStatusGroupNumber"],
    "v03",
  ),
  // button-on bits
  status(
    "pedestrianDetectorStatusGroupActive",
    `${asc}.2.9.1.2`,
    int(0, 255),
    ["pedestrianDetectorStatusGroupNumber"],
    "v03",
  ),
  // button-in-alarm bits
  status(
    "pedestrianDetectorStatusGroupAlarms",
    `${asc}.2.9.1.3`,
    int(0, 255),
    ["pedestrianDetectorStatusGroupNumber"],
    "v03",
  ),
  // rows of vehicleDetectorControlGroupTable
  status("maxVehicleDetectorControlGroups", `${asc}.2.11`, int(1, 255), [], "v03"),
  // row index
  status(
    "vehicleDetectorControlGroupNumber",
    `${asc}.2.12.1.1`,
    int(1, 255),
    ["vehicleDetectorControlGroupNumber"],
    "v03",
  ),
  // central injects an actuation per detector bit (counts like a real one); backup-timer object
  control(
    "vehicleDetectorControlGroupActuation",
    `${asc}.2.12.1.2`,
    int(0, 255),
    ["vehicleDetectorControlGroupNumber"],
    "v03",
  ),
  // row index
  status(
    "pedestrianDetectorControlGroupNumber",
    `${asc}.2.13.1.1`,
    int(1, 255),
    ["pedestrianDetectorControlGroupNumber"],
    "v03",
  ),
  // central injects a button push per bit; backup-timer object
  control(
    "pedestrianDetectorControlGroupActuation",
    `${asc}.2.13.1.2`,
    int(0, 255),
    ["pedestrianDetectorControlGroupNumber"],
    "v03",
  ),
] as const;
