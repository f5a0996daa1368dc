import { type FaultCase, one } from "./fault-case.ts";

const beller = "junctions/beller.yaml";

export const planFaults: readonly FaultCase[] = [
  // plans
  {
    name: "splits that do not add up",
    edits: one("plans.yaml", "splits_s: { 1: 70, 2: 18, 3: 20 }", "splits_s: { 1: 70, 2: 18, 3: 21 }"),
    path: "plan_sets[0].plans.beller.splits_s",
    says: ["109 s", "cycle is 108 s", "take away 1 s"],
  },
  {
    name: "a split below what its phase needs",
    edits: one("plans.yaml", "splits_s: { 1: 70, 2: 18, 3: 20 }", "splits_s: { 1: 79, 2: 18, 3: 11 }"),
    path: "plan_sets[0].plans.beller.splits_s.3",
    says: ["11 s is below the 13 s", "amber 3 s", "lengthen"],
  },
  {
    name: "a split below walk and clearance",
    edits: one("plans.yaml", "splits_s: { 1: 70, 2: 12, 3: 26 }", "splits_s: { 1: 71, 2: 12, 3: 25 }"),
    path: "plan_sets[0].plans.roti-tiam.splits_s.3",
    says: ["25 s is below the 26 s", "walk and clearance 21 s"],
  },
  {
    name: "a green above its maximum",
    edits: one("plans.yaml", "splits_s: { 1: 70, 2: 18, 3: 20 }", "splits_s: { 1: 42, 2: 46, 3: 20 }"),
    path: "plan_sets[0].plans.beller.splits_s.2",
    says: ["green of 41 s", "maximum of 40 s", "shorten"],
  },
  {
    name: "barriers that do not line up",
    edits: one("plans.yaml", "splits_s: { 1: 22, 2: 40, 3: 20,", "splits_s: { 1: 22, 2: 38, 3: 22,"),
    path: "plan_sets[0].plans.beruang-madu.splits_s",
    says: ["barrier 1", "60 and 62 s", "the same"],
  },
  {
    name: "a phase without a split",
    edits: one("plans.yaml", "splits_s: { 1: 70, 2: 18, 3: 20 }", "splits_s: { 1: 70, 2: 38 }"),
    path: "plan_sets[0].plans.beller.splits_s",
    says: ["no split for phase 3", "at least 13"],
  },
  {
    name: "a split for a phase that does not exist",
    edits: one("plans.yaml", "splits_s: { 1: 70, 2: 18, 3: 20 }", "splits_s: { 1: 60, 2: 18, 3: 20, 4: 10 }"),
    path: "plan_sets[0].plans.beller.splits_s.4",
    says: ["no phase 4", "1, 2, 3"],
  },
  {
    name: "an offset past the cycle",
    edits: one("plans.yaml", "beller: { offset_s: 46", "beller: { offset_s: 110"),
    path: "plan_sets[0].plans.beller.offset_s",
    says: ["110 s", "cycle of 108 s", "write 2"],
  },
  {
    name: "a cycle outside the junction's limits",
    edits: one(beller, "cycle_max_s: 130", "cycle_max_s: 100"),
    file: "plans.yaml",
    path: "plan_sets[0].plans.beller",
    says: ["108 s", "60 to 100 s"],
  },
  {
    name: "a red longer than the maximum",
    edits: one(beller, "max_red_s: 150", "max_red_s: 90"),
    file: "plans.yaml",
    path: "plan_sets[0].plans.beller.splits_s",
    says: ['"east-right"', "95 s", "limit of 90 s", "shorten the cycle"],
  },
  {
    name: "a walk that people wait too long for",
    edits: one(beller, "max_wait_s: 150", "max_wait_s: 60"),
    file: "plans.yaml",
    path: "plan_sets[0].plans.beller.splits_s",
    says: ['"walk-north"', "102 s", "limit of 60 s"],
  },
  {
    name: "a plan set that lacks a junction",
    edits: one("plans.yaml", "      beller: { offset_s: 46, splits_s: { 1: 70, 2: 18, 3: 20 } }\n", ""),
    path: "plan_sets[0].plans",
    at: "      beruang-madu: { offset_s: 0",
    says: ['"morning-peak" has no plan for junction "beller"'],
  },
  {
    name: "a plan for a junction that does not exist",
    edits: one("plans.yaml", "      beller: { offset_s: 46", "      bellers: { offset_s: 46"),
    path: "plan_sets[0].plans.bellers",
    says: ['no junction "bellers"', 'did you mean "beller"?'],
  },
  {
    name: "a sequence that crosses a barrier back",
    edits: one(
      "plans.yaml",
      "beruang-madu: { offset_s: 0,",
      "beruang-madu: { offset_s: 0, sequence: [[3, 4, 1, 2], [5, 6, 7, 8]],",
    ),
    path: "plan_sets[0].plans.beruang-madu.sequence[0]",
    says: ["barriers 2, 1", "the junction 1, 2"],
  },
  {
    name: "a sequence that serves a phase twice",
    edits: one(
      "plans.yaml",
      "beruang-madu: { offset_s: 0,",
      "beruang-madu: { offset_s: 0, sequence: [[1, 2, 3, 3], [5, 6, 7, 8]],",
    ),
    path: "plan_sets[0].plans.beruang-madu.sequence[0]",
    says: ["1,2,3,3", "1,2,3,4", "once"],
  },
  {
    name: "a slot used twice",
    edits: one("plans.yaml", "slot: 2", "slot: 1"),
    path: "plan_sets[1].slot",
    at: "slot: 1\n    cycle_s: 96",
    says: ["slot 1 is used twice"],
  },
  // objectives
  {
    name: "two objectives at one time",
    edits: one(
      "corridors.yaml",
      "    progression_kmh: 40",
      `    objectives:
      - { days: [mon, fri], from: "06:00", to: "09:00", objective: smooth-flow }
      - { days: [fri], from: "08:00", to: "10:00", objective: throughput }
    progression_kmh: 40`,
    ),
    path: "corridors[0].objectives[1].from",
    at: "days: [fri]",
    says: ["throughput", "08:00 to 10:00", "overlaps entry 0", "let one end where the other starts"],
  },
  {
    name: "an objective that crosses midnight",
    edits: one(
      "corridors.yaml",
      "    progression_kmh: 40",
      '    objectives: [{ days: [fri], from: "22:00", to: "05:00", objective: throughput }]\n    progression_kmh: 40',
    ),
    path: "corridors[0].objectives[0].to",
    says: ['"05:00" is not after "22:00"', "split it in two"],
  },
  {
    name: "an objective nobody knows",
    edits: one("corridors.yaml", "    progression_kmh: 40", "    objective: fastest\n    progression_kmh: 40"),
    path: "corridors[0].objective",
    says: ['"fastest" is not known', "access-equity", "throughput"],
  },
  // schedule
  {
    name: "a gap in the schedule",
    edits: one("plans.yaml", '{ days: [fri], from: "11:00", to: "13:30"', '{ days: [fri], from: "11:00", to: "13:00"'),
    path: "schedule[6].from",
    at: '{ days: [fri], from: "13:30"',
    says: ["fri", "13:00 to 13:30", "fill the gap"],
  },
  {
    name: "an overlap in the schedule",
    edits: one("plans.yaml", '{ days: [fri], from: "11:00", to: "13:30"', '{ days: [fri], from: "11:00", to: "14:00"'),
    path: "schedule[6].from",
    at: '{ days: [fri], from: "13:30"',
    says: ["fri", "13:30 to 14:00", "twice"],
  },
  {
    name: "an entry across midnight",
    edits: one("plans.yaml", 'from: "22:00", to: "24:00"', 'from: "22:00", to: "02:00"'),
    path: "schedule[9].to",
    says: ['"02:00" is not after "22:00"', "split"],
  },
  {
    name: "an event that ends before it starts",
    edits: one("plans.yaml", "2026-02-03T18:30:00", "2026-02-03T15:30:00"),
    path: "events[0].to",
    says: ["is not after"],
  },
  {
    name: "two events at once",
    edits: one("plans.yaml", "2026-03-20T00:00:00", "2026-02-03T18:00:00"),
    path: "events[1].from",
    says: ['overlaps "Banjir MT Haryono"'],
  },
  {
    name: "an entry for a plan set that does not exist",
    edits: one("plans.yaml", "plan_set: friday-prayer", "plan_set: friday-prayers"),
    path: "schedule[5].plan_set",
    says: ['no plan set "friday-prayers"', 'did you mean "friday-prayer"?'],
  },
  // demand
  {
    name: "class shares that do not add up",
    edits: one("demand.yaml", "car: 0.36", "car: 0.46"),
    path: "class_shares",
    says: ["1.1", "take away 0.1"],
  },
  {
    name: "a trip that no movement allows",
    edits: one(
      "demand.yaml",
      "wika-south\n    vehicles_per_hour: 850\n    profile: westbound\n    to:\n      - { node: beruang-madu-west",
      "wika-south\n    vehicles_per_hour: 850\n    profile: westbound\n    to:\n      - { node: wika-east",
    ),
    path: "flows[9].to[0].node",
    at: "wika-east, share: 0.349",
    says: ['from "wika-south" to "wika-east"', "permit the turns"],
  },
  {
    name: "a trip that ends where no edge is",
    edits: one("demand.yaml", "- { node: beruang-madu-north,", "- { node: beruang-madu,"),
    path: "flows[0].to[0].node",
    says: ['no edge node "beruang-madu"', "known: beruang-madu-west"],
  },
  {
    name: "a profile out of order",
    edits: one("demand.yaml", '- { at: "05:30", factor: 0.28 }', '- { at: "03:30", factor: 0.28 }'),
    path: "profiles.eastbound[2].at",
    says: ['"03:30" is not after "04:00"'],
  },
  {
    name: "people at a crossing that does not exist",
    edits: one("demand.yaml", "crossing: cross-west", "crossing: cross-wst"),
    path: "pedestrians[3].crossing",
    says: ['no crossing of roti-tiam "cross-wst"', 'did you mean "cross-west"?'],
  },
];
