import { asc, choice, database, int, octets, status, strict } from "../object.ts";

/** Overlaps: NTCIP 1202 (asc.9). */
export const overlapObjects = [
  // rows of overlapTable
  status("maxOverlaps", `${asc}.9.1`, int(1, 255)),
  // row index (1 = overlap A)
  status("overlapNumber", `${asc}.9.2.1.1`, int(1, 255), ["overlapNumber"]),
  // overlap logic; read-only in v02 (derived from modifier phases), writable in v01 and v03
  strict(
    "overlapType",
    `${asc}.9.2.1.2`,
    choice({
      other: 1,
      normal: 2,
      minusGreenYellow: 3,
      pedestrianNormal: 4,
      fYAThreeSection: 5,
      fYAFourSection: 6,
      fRAThreeSection: 7,
      fRAFourSection: 8,
      "transit-2": 9,
      minusGreenYellowAlternate: 10,
    }),
    ["overlapNumber"],
  ),
  // parent phases, one octet each
  strict("overlapIncludedPhases", `${asc}.9.2.1.3`, octets(0, 255), ["overlapNumber"]),
  // modifier phases, one octet each; empty = normal overlap
  strict("overlapModifierPhases", `${asc}.9.2.1.4`, octets(0, 255), ["overlapNumber"]),
  // green kept after the parents end
  database("overlapTrailGreen", `${asc}.9.2.1.5`, int(0, 255, "s"), ["overlapNumber"]),
  // yellow used after a trailing green
  database("overlapTrailYellow", `${asc}.9.2.1.6`, int(0, 255, "0.1 s"), ["overlapNumber"]),
  // red clearance used after a trailing green
  database("overlapTrailRed", `${asc}.9.2.1.7`, int(0, 255, "0.1 s"), ["overlapNumber"]),
  // walk of a pedestrian overlap
  database("overlapWalk", `${asc}.9.2.1.8`, int(0, 255, "s"), ["overlapNumber"], "v03"),
  // ped clearance of a pedestrian overlap
  database("overlapPedClearance", `${asc}.9.2.1.9`, int(0, 255, "s"), ["overlapNumber"], "v03"),
  // ceil(maxOverlaps/8)
  status("maxOverlapStatusGroups", `${asc}.9.3`, int(1, 255)),
  // row index
  status("overlapStatusGroupNumber", `${asc}.9.4.1.1`, int(1, 255), ["overlapStatusGroupNumber"]),
  // red output bits
  status("overlapStatusGroupReds", `${asc}.9.4.1.2`, int(0, 255), ["overlapStatusGroupNumber"]),
  // yellow output bits
  status("overlapStatusGroupYellows", `${asc}.9.4.1.3`, int(0, 255), ["overlapStatusGroupNumber"]),
  // green output bits
  status("overlapStatusGroupGreens", `${asc}.9.4.1.4`, int(0, 255), ["overlapStatusGroupNumber"]),
] as const;
