import { z } from "zod";
import { identifier, label, provenance, wholeWithin, within } from "./common.ts";

const laneSchema = z.strictObject({
  id: identifier,
  width_m: within(2, 6, "m."),
  movements: z.array(identifier).min(1).max(4).describe("Movements that may be made from this lane."),
  bay_m: within(
    10,
    300,
    "A turning bay of this length, m; absent: it runs along the whole link. A queue longer than its bay counts double, since it stands in its neighbour's way. The simulator does not know bays.",
  ).optional(),
});

const approachSchema = z.strictObject({
  id: identifier,
  link: identifier.describe("The link that ends here."),
  main: z.boolean().default(false).describe("The corridor runs through this approach. Default false: a side street."),
  left_turn_on_red: z
    .boolean()
    .default(false)
    .describe(
      "Only where a sign permits it (UU 22/2009 art. 112(3)); default false. Needs a lane of its own (PM 96/2015).",
    ),
  grade_percent: within(-15, 15, "At the stop line, uphill positive; default: the link's.").optional(),
  lanes: z.array(laneSchema).min(1).max(8).describe("Kerb side first."),
});

const movementSchema = z.strictObject({
  id: identifier,
  approach: identifier,
  turn: z.enum(["left", "through", "right", "u-turn"]),
  exit: identifier.describe("The link it leaves by."),
  group: identifier.describe("The signal group it obeys."),
  yields_to: z
    .array(identifier)
    .max(16)
    .default([])
    .describe("Movements it gives way to while both are green (a permitted turn against oncoming traffic)."),
});

const vehicleGroupSchema = z.strictObject({
  id: identifier,
  kind: z.literal("vehicle"),
  min_green_s: within(4, 60, "s. 7 to 10 is usual."),
  max_green_s: within(8, 240, "s."),
  amber_s: within(3, 6, "s. Default 3 (MKJI 1997).").default(3),
  red_amber_s: within(
    0.5,
    3,
    "Red and amber together before green, s, inside the split. Absent: none, as in Indonesia.",
  ).optional(),
});

const pedestrianGroupSchema = z.strictObject({
  id: identifier,
  kind: z.literal("pedestrian"),
  walk_s: within(4, 60, "s. 4 to 7 at least."),
  clearance_s: within(3, 60, "Flashing, s: at least the crossing's length at 1.2 m/s."),
  max_walk_s: within(4, 240, "s. Default 120.").default(120),
});

const crossingSchema = z
  .strictObject({
    id: identifier,
    approach: identifier.describe("The arm it crosses, kerb to kerb: entering and leaving traffic both."),
    group: identifier.describe("A pedestrian group."),
    length_m: within(2, 60, "m."),
    button: z.boolean().describe("True: served on demand; false: in every cycle."),
    max_wait_s: within(30, 300, "Longest wait of a pedestrian, s."),
    given_way_by: z
      .array(identifier)
      .max(8)
      .default([])
      .describe("Turning movements that may be green with it and must give way to people on it. Default none."),
  })
  .describe("A signalised pedestrian crossing.");

const intergreen = within(0, 20, "s.");
const conflictRow = z
  .tuple([identifier, identifier, intergreen, intergreen])
  .describe("[group a, group b, end of green of a to start of green of b, end of b to start of a], s. Amber included.");

const groupsOfPhase = z.array(identifier).min(1).max(16).describe("Signal groups green in it.");

const stageSchema = z.strictObject({
  number: wholeWithin(1, 16, "Stage number."),
  name: label,
  groups: groupsOfPhase,
});

const phaseSchema = z.strictObject({
  number: wholeWithin(1, 16, "NEMA phase number."),
  name: label,
  barrier: wholeWithin(1, 8, "Phases of different rings run together only inside one barrier."),
  groups: groupsOfPhase,
});

const common = {
  id: identifier.describe("Also the name of the file."),
  name: label,
  node: identifier,
  cycle_min_s: wholeWithin(30, 255, "s."),
  cycle_max_s: wholeWithin(30, 255, "s. 255 is the most NTCIP 1202 can say; MKJI 1997 advises at most 130."),
  max_red_s: within(45, 240, "No served demand waits longer at red, s. 120 to 180 is usual."),
  coordinated_phase: wholeWithin(1, 16, "Its start of green is what the offset refers to."),
  approaches: z.array(approachSchema).min(1).max(8),
  movements: z.array(movementSchema).min(1).max(64),
  groups: z
    .array(z.discriminatedUnion("kind", [vehicleGroupSchema, pedestrianGroupSchema]))
    .min(1)
    .max(32),
  crossings: z.array(crossingSchema).max(16).default([]),
  conflicts: z.array(conflictRow).max(496).describe("Pairs of groups that may never be green together, one row each."),
  ...provenance,
};

/** `junctions/<id>.yaml` */
export const junctionSchema = z
  .discriminatedUnion("form", [
    z.strictObject({
      ...common,
      form: z.literal("stages"),
      stages: z.array(stageSchema).min(2).max(16),
      fixed_order: z
        .boolean()
        .optional()
        .describe("Second by second too, stages keep this order; one at a time may be passed over."),
    }),
    z.strictObject({
      ...common,
      form: z.literal("rings"),
      phases: z.array(phaseSchema).min(2).max(16),
      rings: z
        .array(
          z
            .array(wholeWithin(1, 16, "Phase number."))
            .min(1)
            .max(16),
        )
        .min(1)
        .max(4)
        .describe("Phase numbers of each ring in the order served."),
    }),
  ])
  .describe("A signalised junction: who comes from where, what may be green with what, and for how long.");

export type JunctionFile = z.infer<typeof junctionSchema>;
export type ApproachEntry = JunctionFile["approaches"][number];
export type MovementEntry = JunctionFile["movements"][number];
export type GroupEntry = JunctionFile["groups"][number];
export type CrossingEntry = JunctionFile["crossings"][number];

export interface PhaseEntry {
  readonly number: number;
  readonly name: string;
  readonly barrier: number;
  readonly groups: readonly string[];
}

/** Stages and phases in one form: stages are phases behind one barrier, in one ring. */
export const phasesOf = (file: JunctionFile): readonly PhaseEntry[] =>
  file.form === "rings" ? file.phases : file.stages.map((stage) => ({ ...stage, barrier: 1 }));

export const ringsOf = (file: JunctionFile): readonly (readonly number[])[] =>
  file.form === "rings" ? file.rings : [file.stages.map((stage) => stage.number)];

/** Key under which the file lists its phases. */
export const phasesKey = (file: JunctionFile): "phases" | "stages" => (file.form === "rings" ? "phases" : "stages");
