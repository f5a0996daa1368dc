import { asc, choice, control, database, int, octets, status } from "../object.ts";

/** Coordination: NTCIP 1202 (asc.4). */
export const coordinationObjects = [
  // 0 automatic (system/TBC/interconnect decide); 1..253 manual pattern, beats all others; 254 manual free; 255 manual flash
  database("coordOperationalMode", `${asc}.4.1`, int(0, 255)),
  // how a new offset is reached
  database(
    "coordCorrectionMode",
    `${asc}.4.2`,
    choice({ other: 1, dwell: 2, shortway: 3, addOnly: 4, subtractOnly: 5 }),
  ),
  // which max is used while a pattern runs
  database(
    "coordMaximumMode",
    `${asc}.4.3`,
    choice({ other: 1, maximum1: 2, maximum2: 3, maxInhibit: 4, maximum3: 5 }),
  ),
  // force-off style of non-coordinated phases
  database("coordForceMode", `${asc}.4.4`, choice({ other: 1, floating: 2, fixed: 3 })),
  // rows of patternTable (254/255 are never rows)
  status("maxPatterns", `${asc}.4.5`, int(1, 253)),
  // whether rows are free-standing or grouped in threes/fives sharing cycle+split
  status("patternTableType", `${asc}.4.6`, choice({ other: 1, patterns: 2, offset3: 3, offset5: 4 })),
  // row index
  status("patternNumber", `${asc}.4.7.1.1`, int(1, 253), ["patternNumber"]),
  // cycle length; 0 = free, split times then act as phase maxima; too short for the phases = free
  database("patternCycleTime", `${asc}.4.7.1.2`, int(0, 255, "s"), ["patternNumber"]),
  // local zero lags system zero by this; >= cycle length = free
  database("patternOffsetTime", `${asc}.4.7.1.3`, int(0, 255, "s"), ["patternNumber"]),
  // which split plan the pattern uses; read-only in the v02 and v03 files, written in practice
  database("patternSplitNumber", `${asc}.4.7.1.4`, int(1, 255), ["patternNumber"]),
  // which ring sequence the pattern uses
  database("patternSequenceNumber", `${asc}.4.7.1.5`, int(1, 255), ["patternNumber"]),
  // which edge of the coordinated phases is the pattern's reference point
  database(
    "patternCoordSyncPoint",
    `${asc}.4.7.1.6`,
    choice({
      other: 1,
      unitCoordSyncPoint: 2,
      firstCoordPhsGrnBegin: 3,
      lastCoordPhsGrnBegin: 4,
      firstCoordPhsGrnEnd: 5,
      lastCoordPhsGrnEnd: 6,
      firstCoordPhsYelEnd: 7,
      lastCoordPhsYelEnd: 8,
    }),
    ["patternNumber"],
    "v03",
  ),
  // max mode override per pattern
  database(
    "patternOptions",
    `${asc}.4.7.1.7`,
    choice({ other: 1, coordMaximumMode: 2, maxInhibit: 3, maximum1: 4, maximum2: 5, maximum3: 6 }),
    ["patternNumber"],
    "v03",
  ),
  // revocable lanes announced active while the pattern runs
  database("patternSpatEnabledLanes", `${asc}.4.7.1.8`, octets(0, 255), ["patternNumber"], "v03"),
  // number of split plans
  status("maxSplits", `${asc}.4.8`, int(1, 255)),
  // first index: split plan
  status("splitNumber", `${asc}.4.9.1.1`, int(1, 255), ["splitNumber", "splitPhase"]),
  // second index: phase
  status("splitPhase", `${asc}.4.9.1.2`, int(1, 255), ["splitNumber", "splitPhase"]),
  // phase time inside the cycle INCLUDING its yellow+red clearance; too small = free
  database("splitTime", `${asc}.4.9.1.3`, int(0, 255, "s"), ["splitNumber", "splitPhase"]),
  // recall/omit override of the phase while the plan runs
  database(
    "splitMode",
    `${asc}.4.9.1.4`,
    choice({
      other: 1,
      none: 2,
      minimumVehicleRecall: 3,
      maximumVehicleRecall: 4,
      pedestrianRecall: 5,
      maximumVehicleAndPedestrianRecall: 6,
      phaseOmitted: 7,
      nonActuated: 8,
    }),
    ["splitNumber", "splitPhase"],
  ),
  // 1 marks a coordinated phase
  database("splitCoordPhase", `${asc}.4.9.1.5`, int(0, 1), ["splitNumber", "splitPhase"]),
  // bit 0: phase may be omitted during transition
  database("splitOptions", `${asc}.4.9.1.6`, int(0, 255), ["splitNumber", "splitPhase"], "v03"),
  // pattern in effect: 1..253 pattern, 254 free, 255 automatic flash, 0 unused
  status("coordPatternStatus", `${asc}.4.10`, int(0, 255)),
  // why the unit is free (2 = it is not)
  status(
    "localFreeStatus",
    `${asc}.4.11`,
    choice({
      other: 1,
      notFree: 2,
      commandFree: 3,
      transitionFree: 4,
      inputFree: 5,
      coordFree: 6,
      badPlan: 7,
      badCycleTime: 8,
      splitOverrun: 9,
      invalidOffset: 10,
      failed: 11,
    }),
  ),
  // local cycle timer, counts DOWN from cycle length to 0; exceeds cycle length while correcting
  status("coordCycleStatus", `${asc}.4.12`, int(0, 510, "s")),
  // seconds since the system reference point, counts UP
  status("coordSyncStatus", `${asc}.4.13`, int(0, 510, "s")),
  // central's pattern call: 0 standby (hand back), 1..253 pattern, 254 free, 255 flash; unknown pattern = free
  control("systemPatternControl", `${asc}.4.14`, int(0, 255)),
  // central's sync: time until next system zero (0..254); 255 = use the unit's own time base
  control("systemSyncControl", `${asc}.4.15`, int(0, 255, "s")),
  // default reference edge of coordinated phases
  database(
    "unitCoordSyncPoint",
    `${asc}.4.16`,
    choice({
      other: 1,
      firstPhaseGreenBegin: 2,
      lastPhaseGreenBegin: 3,
      firstPhaseGreenEnd: 4,
      lastPhaseGreenEnd: 5,
      firstPhaseYellowEnd: 6,
      lastPhaseYellowEnd: 7,
    }),
    [],
    "v03",
  ),
] as const;
