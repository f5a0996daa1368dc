import { type FaultCase, one } from "./fault-case.ts";
import { recorded } from "./set.ts";

const beller = "junctions/beller.yaml";
const tiam = "junctions/roti-tiam.yaml";
const madu = "junctions/beruang-madu.yaml";
const log = "junctions/signal-1136.yaml";

export const junctionFaults: readonly FaultCase[] = [
  // junctions
  {
    name: "a lane with a movement that does not exist",
    edits: one(beller, "movements: [west-left, west-through] }", "movements: [west-lef, west-through] }"),
    path: "approaches[0].lanes[0].movements[0]",
    says: ['no movement "west-lef"', 'did you mean "west-left"?'],
  },
  {
    name: "a bay longer than its link",
    edits: one(
      tiam,
      "movements: [north-left, north-through, north-right] }",
      "movements: [north-left, north-through, north-right], bay_m: 270 }",
    ),
    path: "approaches[2].lanes[0].bay_m",
    says: ["270 m", "265 m", "shorten it"],
  },
  {
    name: "a movement made from no lane",
    edits: one(beller, "movements: [north-right] }", "movements: [north-left] }"),
    path: "movements[5].id",
    at: "{ id: north-right, approach",
    says: ['"north-right" is made from no lane', "add it"],
  },
  {
    name: "an approach link that ends elsewhere",
    edits: one(beller, "link: beruang-madu_beller", "link: beller_beruang-madu"),
    path: "approaches[0].link",
    says: ['ends at "beruang-madu"', 'node "beller"'],
  },
  {
    name: "an exit that does not start here",
    edits: one(beller, "turn: left, exit: beller_roti-tiam", "turn: left, exit: roti-tiam_beller"),
    path: "movements[4].exit",
    says: ['starts at "roti-tiam"', 'node "beller"'],
  },
  {
    name: "a turn that is not where it says",
    edits: one(
      beller,
      "{ id: north-left, approach: north, turn: left",
      "{ id: north-left, approach: north, turn: right",
    ),
    path: "movements[4].turn",
    says: ['"right"', "clockwise", "mend"],
  },
  {
    name: "vehicles that obey a pedestrian group",
    edits: one(beller, "exit: beller_roti-tiam, group: north", "exit: beller_roti-tiam, group: walk-north"),
    path: "movements[4].group",
    says: ['"walk-north" is for pedestrians', "vehicle group"],
  },
  {
    name: "a crossing without a pedestrian group",
    edits: one(beller, "approach: north, group: walk-north", "approach: north, group: north"),
    path: "crossings[0].group",
    says: ['"north" is for vehicles', "pedestrian group"],
  },
  {
    name: "a clearance too short for the crossing",
    edits: one(beller, "clearance_s: 9", "clearance_s: 8"),
    path: "groups[4].clearance_s",
    says: ["8 s", "10 m", "at least 9"],
  },
  {
    name: "two groups of one stage in conflict",
    edits: one(beller, "groups: [east-main, east-right]", "groups: [east-main, east-right, north]"),
    path: "stages[1].groups[2]",
    says: ['"north" conflicts with "east-right"', "stage 2", "take one of them out"],
  },
  {
    name: "conflicting groups in phases that may run side by side",
    edits: one(madu, "barrier: 1, groups: [p5] }", "barrier: 1, groups: [p5, p8] }"),
    path: "phases[4].groups[1]",
    says: ['"p8" conflicts with "p2"', "barrier 1"],
  },
  {
    name: "crossing paths without a conflict",
    edits: one(beller, "  - [west-main, east-right, 5, 5]\n", ""),
    path: "movements[3]",
    at: "{ id: east-right, approach",
    says: ['"east-right" crosses "west-through"', "[west-main, east-right, s, s]", "yields_to"],
  },
  {
    name: "an opposed right turn that no longer yields",
    edits: one(tiam, ", yields_to: [south-through, south-left]", ""),
    path: "movements[9]",
    at: "{ id: south-left, approach",
    says: ['"south-left" merges with "north-right"', 'group "side"', "yield"],
  },
  {
    name: "a through movement that yields",
    edits: one(
      tiam,
      "turn: through, exit: roti-tiam_roti-tiam-south, group: side",
      "turn: through, exit: roti-tiam_roti-tiam-south, group: side, yields_to: [south-left]",
    ),
    path: "movements[7].yields_to[0]",
    says: ['"north-through"', "goes straight on"],
  },
  {
    name: "two movements that yield to each other",
    edits: one(
      tiam,
      "yields_to: [north-through, north-left]",
      "yields_to: [north-through, north-left, north-right]",
    ).concat(
      one(tiam, "yields_to: [south-through, south-left]", "yields_to: [south-through, south-left, south-right]"),
    ),
    path: "movements[8].yields_to[2]",
    at: "{ id: north-right",
    says: ["yield to each other", "one of them"],
  },
  {
    name: "traffic over a crossing while people walk",
    edits: one(beller, "  - [east-right, walk-north, 5, 3]\n", ""),
    path: "crossings[0]",
    at: "{ id: cross-north",
    says: ['"east-right" drives over crossing "cross-north"', "[east-right, walk-north, s, s]", "given_way_by"],
  },
  {
    name: "traffic that enters over a crossing and is trusted to give way",
    edits: one(beller, "  - [north, walk-north, 5, 3]\n", "").concat(
      one(beller, "given_way_by: [west-left]", "given_way_by: [west-left, north-left, north-right]"),
    ),
    path: "crossings[0]",
    at: "{ id: cross-north",
    says: ['"north-left" drives over', "[north, walk-north, s, s]"],
  },
  {
    name: "an intergreen below the amber",
    edits: one(beller, "[west-main, north, 5, 5]", "[west-main, north, 2, 5]"),
    path: "conflicts[1][2]",
    says: ["2 s", '"west-main" to "north"', "amber of 3 s"],
  },
  {
    name: "a pair listed twice the other way round",
    edits: one(beller, "  - [east-right, north, 5, 5]", "  - [east-right, north, 5, 5]\n  - [north, east-right, 6, 6]"),
    path: "conflicts[4]",
    at: "[north, east-right, 6, 6]",
    says: ["east-right and north", "twice"],
  },
  {
    name: "a group that is never served",
    edits: one(beller, "groups: [west-main, east-main, walk-north]", "groups: [west-main, east-main]"),
    path: "groups[4].id",
    at: "{ id: walk-north, kind",
    says: ['"walk-north" is green in no stage', "add it"],
  },
  {
    name: "left turn on red without a lane of its own",
    edits: one(
      beller,
      "    link: beruang-madu_beller\n",
      "    link: beruang-madu_beller\n    left_turn_on_red: true\n",
    ),
    path: "approaches[0].left_turn_on_red",
    at: "left_turn_on_red: true",
    says: ["no lane for the left turn alone", "PM 96/2015", "false"],
  },
  {
    name: "left turn on red in front of a crossing",
    edits: one(
      beller,
      "    link: beller-north_beller\n",
      "    link: beller-north_beller\n    left_turn_on_red: true\n",
    ),
    path: "approaches[2].left_turn_on_red",
    at: "left_turn_on_red: true",
    says: ['"cross-north" lies in front', "false"],
  },
  {
    name: "a turn across traffic on red where traffic keeps right",
    set: recorded,
    edits: one(log, "    link: west-in\n", "    link: west-in\n    left_turn_on_red: true\n"),
    path: "approaches[0].left_turn_on_red",
    at: "left_turn_on_red: true",
    says: ["keeps right", "false"],
  },
  {
    name: "lanes listed from the wrong side",
    edits: one(beller, "movements: [north-left] }", "movements: [north-right] }").concat(
      one(
        beller,
        "north-2, width_m: 3.0, movements: [north-right] }",
        "north-2, width_m: 3.0, movements: [north-left] }",
      ),
    ),
    path: "approaches[2].lanes[0].movements[0]",
    at: "{ id: north-1",
    says: ['"north-right" from lane "north-1" crosses "north-left"', "from the kerb"],
  },
  {
    name: "a phase in no ring",
    edits: one(madu, "  - [5, 6, 7, 8]", "  - [5, 6, 8]"),
    path: "phases[6].number",
    at: "{ number: 7",
    says: ["phase 7 is in no ring", "add"],
  },
  {
    name: "a ring that comes back over a barrier",
    edits: one(madu, "  - [1, 2, 3, 4]", "  - [1, 3, 2, 4]"),
    path: "rings[0]",
    says: ["barriers 1, 2, 1, 2", "together"],
  },
  {
    name: "rings that pass barriers in different order",
    edits: one(madu, "  - [5, 6, 7, 8]", "  - [7, 8, 5, 6]"),
    path: "rings[1]",
    says: ["barriers 2, 1", "ring 1 passes 1, 2"],
  },
  {
    name: "a coordinated phase that does not exist",
    edits: one(beller, "coordinated_phase: 1", "coordinated_phase: 4"),
    path: "coordinated_phase",
    says: ["no stage 4", "1, 2, 3"],
  },
  {
    name: "a shortest cycle that cannot hold the minima",
    edits: one(beller, "cycle_min_s: 60", "cycle_min_s: 39"),
    path: "cycle_min_s",
    says: ["39 s", "below the 48 s", "raise"],
  },
  {
    name: "a file name that is not the id",
    edits: one(beller, "id: beller\n", "id: beler\n"),
    path: "id",
    says: ['"beler"', '"beller"', "the same"],
  },
];
