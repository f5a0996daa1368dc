import { asc, choice, database, int, status, strict } from "../object.ts";

/** Channels: NTCIP 1202 (asc.8). */
export const channelObjects = [
  // rows of channelTable
  status("maxChannels", `${asc}.8.1`, int(1, 255)),
  // row index (load switch)
  status("channelNumber", `${asc}.8.2.1.1`, int(1, 255), ["channelNumber"]),
  // phase or overlap number that drives the channel; 0 = unused
  strict("channelControlSource", `${asc}.8.2.1.2`, int(0, 255), ["channelNumber"]),
  // what the source number means
  strict(
    "channelControlType",
    `${asc}.8.2.1.3`,
    choice({ other: 1, phaseVehicle: 2, phasePedestrian: 3, overlap: 4, pedOverlap: 5, queueJump: 6 }),
    ["channelNumber"],
  ),
  // how the channel flashes in automatic flash, see bits
  database("channelFlash", `${asc}.8.2.1.4`, int(0, 255), ["channelNumber"]),
  // dimming bits
  database("channelDim", `${asc}.8.2.1.5`, int(0, 255), ["channelNumber"]),
  // what green means for SPaT
  database(
    "channelGreenType",
    `${asc}.8.2.1.6`,
    choice({ other: 1, protected: 2, permissive: 3, flashYellow: 4, flashRed: 5 }),
    ["channelNumber"],
    "v03",
  ),
  // ceil(maxChannels/8)
  status("maxChannelStatusGroups", `${asc}.8.3`, int(1, 255)),
  // row index
  status("channelStatusGroupNumber", `${asc}.8.4.1.1`, int(1, 255), ["channelStatusGroupNumber"]),
  // red (or dont-walk) output bits
  status("channelStatusGroupReds", `${asc}.8.4.1.2`, int(0, 255), ["channelStatusGroupNumber"]),
  // yellow (or ped clear) output bits
  status("channelStatusGroupYellows", `${asc}.8.4.1.3`, int(0, 255), ["channelStatusGroupNumber"]),
  // green (or walk) output bits
  status("channelStatusGroupGreens", `${asc}.8.4.1.4`, int(0, 255), ["channelStatusGroupNumber"]),
] as const;
