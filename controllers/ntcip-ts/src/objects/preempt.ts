import { asc, choice, control, database, int, octets, status, strict } from "../object.ts";

/** Preemption: NTCIP 1202 (asc.6). */
export const preemptObjects = [
  // rows of preemptTable
  status("maxPreempts", `${asc}.6.1`, int(1, 255)),
  // row index; lower number = higher priority
  status("preemptNumber", `${asc}.6.2.1.1`, int(1, 255), ["preemptNumber"]),
  // option mask, see bits
  database("preemptControl", `${asc}.6.2.1.2`, int(0, 255), ["preemptNumber"]),
  // higher-priority preempt called at the end of this one's dwell
  database("preemptLink", `${asc}.6.2.1.3`, int(0, 255), ["preemptNumber"]),
  // input must stand this long before entry
  database("preemptDelay", `${asc}.6.2.1.4`, int(0, 65535, "s"), ["preemptNumber"]),
  // shortest active time, counted from end of delay
  database("preemptMinimumDuration", `${asc}.6.2.1.5`, int(0, 65535, "s"), ["preemptNumber"]),
  // a green being cut must have shown min(own minimum, this)
  database("preemptMinimumGreen", `${asc}.6.2.1.6`, int(0, 255, "s"), ["preemptNumber"]),
  // same for walk
  database("preemptMinimumWalk", `${asc}.6.2.1.7`, int(0, 255, "s"), ["preemptNumber"]),
  // ped clearance allowed on entry (lesser of own and this)
  database("preemptEnterPedClear", `${asc}.6.2.1.8`, int(0, 255, "s"), ["preemptNumber"]),
  // track clearance green; 0 skips track clearance
  database("preemptTrackGreen", `${asc}.6.2.1.9`, int(0, 255, "s"), ["preemptNumber"]),
  // minimum dwell time
  database("preemptDwellGreen", `${asc}.6.2.1.10`, int(0, 255, "s"), ["preemptNumber"]),
  // a call older than this is dropped until it toggles; 0 off
  database("preemptMaximumPresence", `${asc}.6.2.1.11`, int(0, 65535, "s"), ["preemptNumber"]),
  // phases of track clearance, one octet each
  strict("preemptTrackPhase", `${asc}.6.2.1.12`, octets(0, 255), ["preemptNumber"]),
  // phases of dwell, one octet each
  strict("preemptDwellPhase", `${asc}.6.2.1.13`, octets(0, 255), ["preemptNumber"]),
  // ped movements of dwell
  strict("preemptDwellPed", `${asc}.6.2.1.14`, octets(0, 255), ["preemptNumber"]),
  // phases to start after the preempt
  strict("preemptExitPhase", `${asc}.6.2.1.15`, octets(0, 255), ["preemptNumber"]),
  // progress of the preempt
  status(
    "preemptState",
    `${asc}.6.2.1.16`,
    choice({
      other: 1,
      notActive: 2,
      notActiveWithCall: 3,
      entryStarted: 4,
      trackService: 5,
      dwell: 6,
      linkActive: 7,
      exitStarted: 8,
      maxPresence: 9,
      advancedPreempt: 10,
    }),
    ["preemptNumber"],
  ),
  // overlaps in track clearance
  strict("preemptTrackOverlap", `${asc}.6.2.1.17`, octets(0, 255), ["preemptNumber"], "v02 v03"),
  // overlaps allowed in dwell
  strict("preemptDwellOverlap", `${asc}.6.2.1.18`, octets(0, 255), ["preemptNumber"], "v02 v03"),
  // phases that may cycle during dwell
  strict("preemptCyclingPhase", `${asc}.6.2.1.19`, octets(0, 255), ["preemptNumber"], "v02 v03"),
  // peds that may cycle during dwell
  strict("preemptCyclingPed", `${asc}.6.2.1.20`, octets(0, 255), ["preemptNumber"], "v02 v03"),
  // overlaps that may cycle during dwell
  strict("preemptCyclingOverlap", `${asc}.6.2.1.21`, octets(0, 255), ["preemptNumber"], "v02 v03"),
  // yellow on entry (lesser of own and this); 0 cuts yellow at once - dangerous
  database("preemptEnterYellowChange", `${asc}.6.2.1.22`, int(0, 255, "0.1 s"), ["preemptNumber"], "v02 v03"),
  // red clearance on entry (lesser)
  database("preemptEnterRedClear", `${asc}.6.2.1.23`, int(0, 255, "0.1 s"), ["preemptNumber"], "v02 v03"),
  // yellow after track clearance (lesser)
  database("preemptTrackYellowChange", `${asc}.6.2.1.24`, int(0, 255, "0.1 s"), ["preemptNumber"], "v02 v03"),
  // red after track clearance (lesser)
  database("preemptTrackRedClear", `${asc}.6.2.1.25`, int(0, 255, "0.1 s"), ["preemptNumber"], "v02 v03"),
  // ring sequence used in dwell
  database("preemptSequenceNumber", `${asc}.6.2.1.26`, int(1, 255), ["preemptNumber"], "v03"),
  // exit strategy (numbered 28 in the MIB macro although its own text says 27)
  database(
    "preemptExitType",
    `${asc}.6.2.1.28`,
    choice({ exitPhases: 1, queueDelayRecovery: 2, shortService: 3, exitCoord: 4 }),
    ["preemptNumber"],
    "v03",
  ),
  // row index
  status("preemptControlNumber", `${asc}.6.3.1.1`, int(1, 255), ["preemptControlNumber"]),
  // central calls the preempt: 1 on, 0 leave to the input; zeroed in backup
  control("preemptControlState", `${asc}.6.3.1.2`, int(0, 1), ["preemptControlNumber"]),
  // number of the preempt being served
  status("preemptStatus", `${asc}.6.4`, int(0, 255), [], "v03"),
  // preempt input bits
  status("preemptStatusGroup", `${asc}.6.6.1.2`, int(0, 255), ["preemptStatusGroupNumber"], "v03"),
] as const;
