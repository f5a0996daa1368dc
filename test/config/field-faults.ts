import { type FaultCase, one } from "./fault-case.ts";

/** The first camera's line of the test town. */
const FIRST_FEED = "        feed: { transport: webhook, format: atcs-count, period_s: 5 }\n";

export const fieldFaults: readonly FaultCase[] = [
  // corridors
  {
    name: "a corridor link that runs the other way",
    edits: one("corridors.yaml", "- beruang-madu_beller", "- beller_beruang-madu"),
    path: "corridors[0].forward[0]",
    says: ['from "beruang-madu" to "beller"', "needed"],
  },
  {
    name: "a corridor with a junction that does not exist",
    edits: one("corridors.yaml", "[beruang-madu, beller,", "[beruang-madu, bellers,"),
    path: "corridors[0].junctions[1]",
    says: ['no junction "bellers"', 'did you mean "beller"?'],
  },
  // cameras
  {
    name: "a camera that points at a lane that does not exist",
    edits: one("cameras.yaml", "lanes: [west-1]", "lanes: [west-9]"),
    path: "sites[0].cameras[0].zones[0].lanes[0]",
    says: ['no lane of approach west "west-9"', "west-1"],
  },
  {
    name: "a zone longer than its road",
    edits: one("cameras.yaml", "distance_m: 2, zone_m: 70", "distance_m: 900, zone_m: 70"),
    path: "sites[0].cameras[0].zones[0].zone_m",
    says: ["970 m", "past the", "shorten"],
  },
  {
    name: "zones without a way for the counts to arrive",
    edits: one("cameras.yaml", "        feed: { transport: webhook, format: atcs-count, period_s: 5 }\n", ""),
    path: "sites[0].cameras[0].zones",
    at: "- { id: beruang-madu-west-1",
    says: ["no feed", "add a feed"],
  },
  {
    name: "an exit zone with lanes",
    edits: one("cameras.yaml", "kind: exit", "lanes: [west-1], kind: exit"),
    path: "sites[0].cameras[3].zones[0].lanes",
    says: ["whole leaving carriageway", "remove the lanes"],
  },
  {
    name: "MQTT without a topic",
    edits: one("cameras.yaml", ", topic: cam/balikpapan-baru-north-advance", ""),
    path: "sites[3].cameras[6].feed",
    at: "feed: { transport: mqtt",
    says: ["without a topic", "prefix"],
  },
  {
    name: "a running total of several classes",
    edits: one("cameras.yaml", "classes: [unknown]", "classes: [car, mc]"),
    path: "sites[3].cameras[6].zones[0].classes",
    says: ["one class, not 2"],
  },
  {
    name: "a scene of an approach that does not exist",
    edits: one(
      "cameras.yaml",
      FIRST_FEED,
      `${FIRST_FEED}        scene: { transport: webhook, junction: beruang-madu, approaches: [wset] }\n`,
    ),
    path: "sites[0].cameras[0].scene.approaches[0]",
    at: "scene: {",
    says: ['no approach of beruang-madu "wset"', 'did you mean "west"?'],
  },
  {
    name: "a scene of a junction that does not exist",
    edits: one(
      "cameras.yaml",
      FIRST_FEED,
      `${FIRST_FEED}        scene: { transport: webhook, junction: beruang, box: true }\n`,
    ),
    path: "sites[0].cameras[0].scene.junction",
    at: "scene: {",
    says: ['no junction "beruang"'],
  },
  {
    name: "a scene that shows nothing",
    edits: one(
      "cameras.yaml",
      FIRST_FEED,
      `${FIRST_FEED}        scene: { transport: webhook, junction: beruang-madu }\n`,
    ),
    path: "sites[0].cameras[0].scene",
    at: "scene: {",
    says: ["shows nothing", "box: true"],
  },
  {
    name: "a scene that lists an arm twice",
    edits: one(
      "cameras.yaml",
      FIRST_FEED,
      `${FIRST_FEED}        scene: { transport: webhook, junction: beruang-madu, exits: [west, west] }\n`,
    ),
    path: "sites[0].cameras[0].scene.exits[1]",
    at: "scene: {",
    says: ['"west" is listed twice', "remove"],
  },
  {
    name: "a scene over MQTT without a topic",
    edits: one(
      "cameras.yaml",
      FIRST_FEED,
      `${FIRST_FEED}        scene: { transport: mqtt, junction: beruang-madu, box: true }\n`,
    ),
    path: "sites[0].cameras[0].scene",
    at: "scene: {",
    says: ["without a topic", "prefix"],
  },
  // cabinets
  {
    name: "a cabinet for a junction that does not exist",
    edits: one("cabinets.yaml", "junction: wika", "junction: wikka"),
    path: "cabinets[4].junction",
    says: ['no junction "wikka"', 'did you mean "wika"?'],
  },
  {
    name: "a junction without a cabinet",
    edits: one("cabinets.yaml", "junction: wika", "junction: wikka"),
    path: "cabinets",
    at: "- id: cab-beruang-madu",
    says: ['junction "wika" has no cabinet', "add one"],
  },
  {
    name: "a dual ring behind a stage-based protocol",
    edits: one("cabinets.yaml", "protocol: ntcip", "protocol: modbus"),
    path: "cabinets[0].protocol",
    says: ['"modbus" is stage-based', '"ntcip"'],
  },
  {
    name: "a cabinet with too few phases",
    edits: one("cabinets.yaml", "max_phases: 16", "max_phases: 6"),
    path: "cabinets[0].max_phases",
    says: ["6 is below phase 8", "raise"],
  },
  {
    name: "a protocol over the wrong transport",
    edits: one("cabinets.yaml", "protocol: ntcip", "protocol: ntcip\n    url: tcp://10.0.0.1:161"),
    path: "cabinets[0].url",
    at: "url:",
    says: ["ntcip is spoken over udp", "udp://host:port"],
  },
  {
    name: "SNMPv3 without a user",
    edits: one("cabinets.yaml", "backup_time_s: 60", "backup_time_s: 60\n    snmp: { version: v3, auth_env: SECRET }"),
    path: "cabinets[0].snmp",
    at: "snmp: {",
    says: ["user", "auth_env"],
  },
  {
    name: "polls too rare for the watchdog",
    edits: one("cabinets.yaml", "backup_time_s: 60", "backup_time_s: 20\n    poll_s: 10"),
    path: "cabinets[0].poll_s",
    at: "poll_s: 10",
    says: ["10 s", "third", "20 s"],
  },
  {
    name: "a register map outside the set",
    edits: one("cabinets.yaml", "protocol: modbus", "protocol: modbus\n    map: ../../etc/passwd"),
    path: "cabinets[1].map",
    at: "map:",
    says: ["outside the set"],
  },
  {
    name: "a register map that is not there",
    edits: one("cabinets.yaml", "protocol: modbus", "protocol: modbus\n    map: maps/mine.json"),
    path: "cabinets[1].map",
    at: "map:",
    says: ["does not exist", "profile A"],
  },
  {
    name: "a detector that calls a phase which never serves its lane",
    edits: one("cabinets.yaml", "lanes: [west-3], phase: 5", "lanes: [west-3], phase: 4"),
    path: "cabinets[0].detectors[0].phase",
    says: ["phase 4 never serves", '"west-3"'],
  },
];
