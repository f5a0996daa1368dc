import { type FaultCase, one } from "./fault-case.ts";

const beller = "junctions/beller.yaml";

export const shapeFaults: readonly FaultCase[] = [
  // shape
  {
    name: "an unknown key",
    edits: one(beller, "cycle_min_s: 60", "cycle_min: 60"),
    path: "cycle_min",
    says: ['unknown key "cycle_min"', 'did you mean "cycle_min_s"?'],
  },
  {
    name: "an unknown key deep inside, of the right form",
    edits: one(beller, "groups: [north] }", "groups: [north], barier: 1 }"),
    path: "stages[2].barier",
    says: ['unknown key "barier"', "known here: number, name, groups"],
  },
  {
    name: "a missing key",
    edits: one("city.yaml", "drives_on: left\n", ""),
    path: "drives_on",
    at: "id: balikpapan",
    says: ["missing", '"left", "right"'],
  },
  {
    name: "text for a number",
    edits: one(beller, "cycle_max_s: 130", "cycle_max_s: long"),
    path: "cycle_max_s",
    says: ['"long" is text', "write a number"],
  },
  {
    name: "a number out of range",
    edits: one(beller, "cycle_max_s: 130", "cycle_max_s: 300"),
    path: "cycle_max_s",
    says: ["300", "limit of 255", "write at most 255"],
  },
  {
    name: "half a second where whole ones go",
    edits: one("control.yaml", "cycle_step_s: 8", "cycle_step_s: 8.5"),
    path: "cycle_step_s",
    says: ["8.5 is not a whole number", "round"],
  },
  {
    name: "infinity",
    edits: one("control.yaml", "max_reading_age_s: 60", "max_reading_age_s: .inf"),
    path: "max_reading_age_s",
    says: ["Infinity", "write a number"],
  },
  {
    name: "a word that is none of the choices",
    edits: one("control.yaml", "strategy: cycle-adaptive", "strategy: magic"),
    path: "strategy",
    says: ['"magic"', "cycle-adaptive"],
  },
  {
    name: "a form no junction has",
    edits: one(beller, "form: stages", "form: rounds"),
    path: "form",
    says: ['"rounds"', "stages"],
  },
  {
    name: "a secret where a variable's name goes",
    edits: one("cabinets.yaml", "protocol: ntcip", "protocol: ntcip\n    community_env: s3cret!"),
    path: "cabinets[0].community_env",
    at: "community_env",
    says: ["environment variable", "never the secret"],
  },
  {
    name: "a time of day that is none",
    edits: one("plans.yaml", 'from: "09:00", to: "11:00"', 'from: "09:00", to: "25:00"'),
    path: "schedule[4].to",
    says: ['"25:00"', "HH:MM"],
  },
  {
    name: "a date without offset",
    edits: one("plans.yaml", '"2026-02-03T16:30:00+08:00"', '"2026-02-03T16:30:00"'),
    path: "events[0].from",
    says: ["2026-02-03T16:30:00", "offset"],
  },
  // YAML
  {
    name: "broken YAML",
    edits: one(beller, "  - [west-main, north, 5, 5]", "  - [west-main, north, 5, 5"),
    path: "",
    at: "  - [east-main, north",
    says: ["not valid YAML"],
  },
  {
    name: "a key twice",
    edits: one("city.yaml", "drives_on: left", "drives_on: left\ndrives_on: right"),
    path: "",
    at: "drives_on: right",
    says: ["unique"],
  },
  {
    name: "an anchor",
    edits: one("city.yaml", "name: Balikpapan", "name: &n Balikpapan"),
    path: "",
    at: "name: &n",
    says: ['"&n"', "remove"],
  },
  {
    name: "an alias",
    edits: one("control.yaml", "manual: mkji-1997", "manual: mkji-1997\nlots: [*a]"),
    path: "",
    at: "lots:",
    says: ['"*a"', "write the value out"],
  },
  // network
  {
    name: "a link shorter than the straight line",
    edits: one("network.yaml", "length_m: 650", "length_m: 600"),
    path: "links[2].length_m",
    says: ["600 m", "643 m", "mend"],
  },
  {
    name: "a link to a node that does not exist",
    edits: one("network.yaml", "from: beller, to: beruang-madu", "from: beler, to: beruang-madu"),
    path: "links[2].from",
    says: ['no node "beler"', 'did you mean "beller"?'],
  },
  {
    name: "a node id used twice",
    edits: one("network.yaml", "{ id: wika-south, kind: edge", "{ id: wika-east, kind: edge"),
    path: "nodes[14].id",
    at: "x_m: 2550",
    says: ['node id "wika-east" is used twice', "own"],
  },
  {
    name: "a junction node without a junction",
    edits: one("network.yaml", "id: wika-east, kind: edge", "id: wika-east, kind: junction"),
    path: "nodes[13].kind",
    says: ['"wika-east"', "junctions/", "make it an edge"],
  },
];
