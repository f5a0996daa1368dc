import { asc, control, database, int, status } from "../object.ts";

/** Time base: NTCIP 1202 (asc.5). */
export const timeBaseObjects = [
  // minutes past midnight that is the sync reference of TBC patterns; 65535 = time of the action itself
  database("timebaseAscPatternSync", `${asc}.5.1`, int(0, 65535, "min")),
  // rows of timebaseAscActionTable
  status("maxTimebaseAscActions", `${asc}.5.2`, int(1, 255)),
  // row index; its OID with instance is what dayPlanActionNumberOID points to
  status("timebaseAscActionNumber", `${asc}.5.3.1.1`, int(1, 255), ["timebaseAscActionNumber"]),
  // pattern of the action; 0 none (give way to interconnect), 254 free, 255 flash
  database("timebaseAscPattern", `${asc}.5.3.1.2`, int(0, 255), ["timebaseAscActionNumber"]),
  // auxiliary outputs/dimming of the action (v02 spelling has the typo; same OID in v03 as timebaseAscAuxiliaryFunction)
  database("timebaseAscAuxillaryFunction", `${asc}.5.3.1.3`, int(0, 255), ["timebaseAscActionNumber"]),
  // special functions 1..8 of the action
  database("timebaseAscSpecialFunction", `${asc}.5.3.1.4`, int(0, 255), ["timebaseAscActionNumber"]),
  // action row currently selected by the scheduler; 0 none
  status("timebaseAscActionStatus", `${asc}.5.4`, int(0, 255)),
  // central activates an action row directly; 0 releases; backup-timer object
  control("actionPlanControl", `${asc}.5.5`, int(0, 255), [], "v03"),
] as const;
