import { asc, choice, database, immediate, int, octets, status } from "../object.ts";

/** Signal phase and timing: NTCIP 1202 v03 (asc.16). */
export const spatObjects = [
  // time of day of the SPaT snapshot: hour, minute, second, 2-octet ms
  status("spatTimestamp", `${asc}.16.1`, octets(0, 255), [], "v03"),
  // lanes central enables
  immediate("spatEnabledLanesCommand", `${asc}.16.2`, octets(0, 255), [], "v03"),
  // bit 0 switches SPaT data on
  database("spatOptions", `${asc}.16.4`, int(0, 255), [], "v03"),
  // tenths of second since the top of the hour, one per control step
  status("ascCurrentTick", `${asc}.16.6`, int(0, 36000, "0.1 s"), [], "v03"),
  // ms since the current tick
  status("ascCurrentTickMsOffset", `${asc}.16.7`, int(0, 99, "ms"), [], "v03"),
  // bit 0 switches SPaT on this RSU port
  database("spatPortOptions", `${asc}.16.5.1.1`, int(0, 255), ["rsuPortIndex"], "v03"),
  // state of SPaT on the RSU port
  status(
    "spatPortStatus",
    `${asc}.16.5.1.2`,
    choice({ other: 1, disabled: 2, normal: 3, mapError: 4, enabledLanesError: 5 }),
    ["rsuPortIndex"],
    "v03",
  ),
] as const;
