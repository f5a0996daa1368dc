import { asc, choice, control, database, int, octets, status, strict } from "../object.ts";

/** Phases: NTCIP 1202 (asc.1). */
export const phaseObjects = [
  // how many phases the unit has = rows of phaseTable
  status("maxPhases", `${asc}.1.1`, int(2, 255)),
  // row index of phaseTable (phase number)
  status("phaseNumber", `${asc}.1.2.1.1`, int(1, 255), ["phaseNumber"]),
  // steady WALK time
  database("phaseWalk", `${asc}.1.2.1.2`, int(0, 255, "s"), ["phaseNumber"]),
  // flashing DONT WALK (ped clearance) time
  database("phasePedestrianClear", `${asc}.1.2.1.3`, int(0, 255, "s"), ["phaseNumber"]),
  // shortest green once started; 0 allowed by syntax, real units want >=1
  database("phaseMinimumGreen", `${asc}.1.2.1.4`, int(0, 255, "s"), ["phaseNumber"]),
  // extension timer reloaded by each actuation during green (gap)
  database("phasePassage", `${asc}.1.2.1.5`, int(0, 255, "0.1 s"), ["phaseNumber"]),
  // default max green, runs only while a conflicting call waits (or max recall)
  database("phaseMaximum1", `${asc}.1.2.1.6`, int(0, 255, "s"), ["phaseNumber"]),
  // alternative max green, chosen by ringControlGroupMax2 / coordMaximumMode / input
  database("phaseMaximum2", `${asc}.1.2.1.7`, int(0, 255, "s"), ["phaseNumber"]),
  // yellow interval; NEMA wants >=3.0 s so a sane unit refuses <30
  database("phaseYellowChange", `${asc}.1.2.1.8`, int(0, 255, "0.1 s"), ["phaseNumber"]),
  // all-red after yellow of this phase
  database("phaseRedClear", `${asc}.1.2.1.9`, int(0, 255, "0.1 s"), ["phaseNumber"]),
  // minimum red before the same phase may go green again; unitRedRevert is a floor
  database("phaseRedRevert", `${asc}.1.2.1.10`, int(0, 255, "0.1 s"), ["phaseNumber"]),
  // variable initial: green added per actuation counted during yellow+red
  database("phaseAddedInitial", `${asc}.1.2.1.11`, int(0, 255, "0.1 s"), ["phaseNumber"]),
  // upper bound of the variable initial
  database("phaseMaximumInitial", `${asc}.1.2.1.12`, int(0, 255, "s"), ["phaseNumber"]),
  // gap reduction starts after this much green with a conflicting call
  database("phaseTimeBeforeReduction", `${asc}.1.2.1.13`, int(0, 255, "s"), ["phaseNumber"]),
  // gap reduction may start earlier when this many cars wait on conflicting phases
  database("phaseCarsBeforeReduction", `${asc}.1.2.1.14`, int(0, 255, "vehicles"), ["phaseNumber"]),
  // time in which the gap shrinks from passage to minimum gap
  database("phaseTimeToReduce", `${asc}.1.2.1.15`, int(0, 255, "s"), ["phaseNumber"]),
  // stepwise gap reduction alternative: size of a step
  database("phaseReduceBy", `${asc}.1.2.1.16`, int(0, 255, "0.1 s"), ["phaseNumber"]),
  // smallest gap reached by gap reduction
  database("phaseMinimumGap", `${asc}.1.2.1.17`, int(0, 255, "0.1 s"), ["phaseNumber"]),
  // other limit of the running max; >0 switches dynamic max on
  database("phaseDynamicMaxLimit", `${asc}.1.2.1.18`, int(0, 255, "s"), ["phaseNumber"]),
  // how much running max moves after two max-outs (up) or two gap-outs (down) in a row
  database("phaseDynamicMaxStep", `${asc}.1.2.1.19`, int(0, 255, "0.1 s"), ["phaseNumber"]),
  // state in which the phase starts after power-up/external start
  strict(
    "phaseStartup",
    `${asc}.1.2.1.20`,
    choice({ other: 1, phaseNotOn: 2, greenWalk: 3, greenNoWalk: 4, yellowChange: 5, redClear: 6 }),
    ["phaseNumber"],
  ),
  // 16-bit option mask, see bits
  strict("phaseOptions", `${asc}.1.2.1.21`, int(0, 65535), ["phaseNumber"]),
  // ring that owns the phase; 0 disables the phase
  strict("phaseRing", `${asc}.1.2.1.22`, int(0, 255), ["phaseNumber"]),
  // list of phases allowed to run together with this one, one binary octet per phase number (NOT ASCII, NOT a bitmask); same-ring phases are illegal
  strict("phaseConcurrency", `${asc}.1.2.1.23`, octets(0, 255), ["phaseNumber"]),
  // third max green
  database("phaseMaximum3", `${asc}.1.2.1.24`, int(0, 6000, "s"), ["phaseNumber"], "v03"),
  // ceil(maxPhases/8) = rows of status and control group tables
  status("maxPhaseGroups", `${asc}.1.3`, int(1, 255)),
  // row index; group g covers phases 8g-7..8g
  status("phaseStatusGroupNumber", `${asc}.1.4.1.1`, int(1, 255), ["phaseStatusGroupNumber"]),
  // red output bits
  status("phaseStatusGroupReds", `${asc}.1.4.1.2`, int(0, 255), ["phaseStatusGroupNumber"]),
  // yellow output bits
  status("phaseStatusGroupYellows", `${asc}.1.4.1.3`, int(0, 255), ["phaseStatusGroupNumber"]),
  // green output bits
  status("phaseStatusGroupGreens", `${asc}.1.4.1.4`, int(0, 255), ["phaseStatusGroupNumber"]),
  // steady dont-walk output bits
  status("phaseStatusGroupDontWalks", `${asc}.1.4.1.5`, int(0, 255), ["phaseStatusGroupNumber"]),
  // ped clearance output bits
  status("phaseStatusGroupPedClears", `${asc}.1.4.1.6`, int(0, 255), ["phaseStatusGroupNumber"]),
  // walk output bits
  status("phaseStatusGroupWalks", `${asc}.1.4.1.7`, int(0, 255), ["phaseStatusGroupNumber"]),
  // phases with a vehicle call standing
  status("phaseStatusGroupVehCalls", `${asc}.1.4.1.8`, int(0, 255), ["phaseStatusGroupNumber"]),
  // phases with a ped call standing
  status("phaseStatusGroupPedCalls", `${asc}.1.4.1.9`, int(0, 255), ["phaseStatusGroupNumber"]),
  // phases that are active: green+yellow+red clearance (may stay set in red dwell)
  status("phaseStatusGroupPhaseOns", `${asc}.1.4.1.10`, int(0, 255), ["phaseStatusGroupNumber"]),
  // phases committed as next; decided at end of green, cleared when they start
  status("phaseStatusGroupPhaseNexts", `${asc}.1.4.1.11`, int(0, 255), ["phaseStatusGroupNumber"]),
  // row index; group g covers phases 8g-7..8g
  status("phaseControlGroupNumber", `${asc}.1.5.1.1`, int(1, 255), ["phaseControlGroupNumber"]),
  // system phase omit; held until rewritten or backup
  control("phaseControlGroupPhaseOmit", `${asc}.1.5.1.2`, int(0, 255), ["phaseControlGroupNumber"]),
  // system ped omit
  control("phaseControlGroupPedOmit", `${asc}.1.5.1.3`, int(0, 255), ["phaseControlGroupNumber"]),
  // system hold (a held green does not end)
  control("phaseControlGroupHold", `${asc}.1.5.1.4`, int(0, 255), ["phaseControlGroupNumber"]),
  // system force off; the controller clears the bit itself when that green ends
  control("phaseControlGroupForceOff", `${asc}.1.5.1.5`, int(0, 255), ["phaseControlGroupNumber"]),
  // system vehicle call, stands while bit is 1
  control("phaseControlGroupVehCall", `${asc}.1.5.1.6`, int(0, 255), ["phaseControlGroupNumber"]),
  // system ped call, stands while bit is 1
  control("phaseControlGroupPedCall", `${asc}.1.5.1.7`, int(0, 255), ["phaseControlGroupNumber"]),
] as const;
