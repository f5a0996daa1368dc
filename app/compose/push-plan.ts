import { parse } from "yaml";
import { z } from "zod";
import type { Junction } from "../../config/model.ts";
import type { TimingPlan } from "../../config/plan.ts";
import { type Millis, millis, modulo, seconds, sum } from "../../config/units.ts";
import type { ModbusSite } from "../../controllers/modbus/driver.ts";
import { UserError } from "../user-error.ts";

/** A plan given by itself, and as much of its junction as the file says. */
export interface PushedPlan {
  readonly plan: TimingPlan;
  /** The file says the order; else it is by number. */
  readonly ordered: boolean;
  /** Clearances the file does not say are the cabinet's own. */
  readonly site: ModbusSite;
  /** The same for protocols that leave clearances to the cabinet. */
  readonly junction: Junction;
}

/** Junction of a plan whose file names none. */
export const anyJunction = "cabinet";

const time = (max: number) => z.number().min(0).max(max);
const phaseKey = z.string().regex(/^([1-9]|[1-9]\d)$/, "a stage or phase number, 1 to 99");
const number = z.int().min(1).max(99);
const perPhase = z.union([time(60), z.record(phaseKey, time(60))]);

const stageSchema = z.strictObject({
  stage: number,
  split_s: time(6553).optional(),
  green_s: time(6553).optional(),
  amber_s: time(60).optional(),
  all_red_s: time(60).optional(),
  red_amber_s: time(10).optional(),
  min_green_s: time(600).optional(),
  max_green_s: time(6553).optional(),
});

/** What `simpang push` reads. Either `splits_s`, as in a plan set, or `stages` in the order served. */
const fileSchema = z.strictObject({
  id: z.string().min(1).max(64).optional(),
  name: z.string().optional(),
  junction: z.string().optional(),
  cycle_s: time(6553),
  offset_s: time(6553).default(0),
  splits_s: z.record(phaseKey, time(6553)).optional(),
  stages: z.array(stageSchema).min(1).max(99).optional(),
  sequence: z.union([z.array(number).min(1), z.array(z.array(number).min(1)).min(1).max(4)]).optional(),
  coordinated_phase: number.optional(),
  amber_s: perPhase.optional(),
  all_red_s: perPhase.optional(),
});
type PlanFile = z.infer<typeof fileSchema>;
type StageEntry = z.infer<typeof stageSchema>;

/** Reads the text of a plan file. Throws `UserError` with every fault. */
export function readPushedPlan(path: string, text: string): PushedPlan {
  const file = parsed(path, text);
  const no = (message: string): UserError => new UserError(`${path}: ${message}`);
  if ((file.splits_s === undefined) === (file.stages === undefined))
    throw no("give either splits_s (green + amber + all-red of each stage) or stages, not both and not neither.");
  const stages = file.stages ?? stagesOf(file);
  const numbers = stages.map(({ stage }) => stage);
  const twice = numbers.find((one, i) => numbers.indexOf(one) !== i);
  if (twice !== undefined) throw no(`stages: stage ${twice} is given twice.`);
  const sequence = sequenceOf(file, numbers);
  const astray = sequence.flat().find((one) => !numbers.includes(one));
  if (astray !== undefined) throw no(`sequence: ${astray} has no split.`);
  const coordinated = file.coordinated_phase ?? sequence[0]![0]!;
  if (!numbers.includes(coordinated)) throw no(`coordinated_phase: ${coordinated} has no split.`);

  const cycle = tenths(no, "cycle_s", file.cycle_s);
  const splits = stages.map((entry) => ({ phase: entry.stage, split: splitOf(no, file, entry) }));
  splits.sort((a, b) => a.phase - b.phase);
  const junction = file.junction ?? anyJunction;
  const offset = tenths(no, "offset_s", file.offset_s);
  if (offset >= cycle) throw no(`offset_s: ${file.offset_s} s is not below the cycle of ${file.cycle_s} s.`);
  const plan: TimingPlan = { id: file.id ?? file.name ?? "pushed", junction, cycle, offset, splits, sequence };
  return {
    plan,
    ordered: (file.sequence ?? file.stages) !== undefined,
    site: siteOf({ no, file, stages, junction, coordinated, cycle }),
    junction: junctionOf(plan, coordinated),
  };
}

type No = (message: string) => UserError;

function parsed(path: string, text: string): PlanFile {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw new UserError(`${path} is neither YAML nor JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const checked = fileSchema.safeParse(raw);
  if (checked.success) return checked.data;
  const faults = checked.error.issues.map((issue) => `${issue.path.join(".") || "plan"}: ${issue.message}`);
  throw new UserError(`${path}: ${faults.join("; ")}`);
}

const stagesOf = ({ splits_s = {} }: PlanFile): readonly StageEntry[] =>
  Object.entries(splits_s).map(([stage, split_s]) => ({ stage: Number(stage), split_s }));

/** As given; else the stages in the order of `stages`, or by number where splits are given. */
function sequenceOf({ sequence, stages }: PlanFile, numbers: readonly number[]): readonly (readonly number[])[] {
  if (sequence === undefined) return [stages ? numbers : [...numbers].sort((a, b) => a - b)];
  return sequence.every((entry): entry is number => typeof entry === "number")
    ? [sequence]
    : (sequence as readonly (readonly number[])[]);
}

/** No controller counts finer than tenths of a second. */
function tenths(no: No, path: string, value: number): Millis {
  const time = seconds(value);
  if (time % 100 !== 0 || Math.abs(value * 1000 - time) > 1e-6)
    throw no(`${path}: ${value} s is no whole number of tenths of a second.`);
  return time;
}

function clearance(no: No, file: PlanFile, stage: StageEntry, key: "amber_s" | "all_red_s"): Millis | undefined {
  const common = file[key];
  const value = stage[key] ?? (typeof common === "number" ? common : common?.[String(stage.stage)]);
  return value === undefined ? undefined : tenths(no, `stage ${stage.stage}.${key}`, value);
}

function splitOf(no: No, file: PlanFile, stage: StageEntry): Millis {
  const where = `stage ${stage.stage}`;
  if (stage.split_s !== undefined) {
    if (stage.green_s !== undefined) throw no(`${where}: give split_s or green_s, not both.`);
    return tenths(no, `${where}.split_s`, stage.split_s);
  }
  if (stage.green_s === undefined) throw no(`${where}: give split_s or green_s.`);
  const parts = [clearance(no, file, stage, "amber_s"), clearance(no, file, stage, "all_red_s")];
  if (parts.includes(undefined)) throw no(`${where}: with green_s give amber_s and all_red_s too, or give split_s.`);
  const redAmber = tenths(no, `${where}.red_amber_s`, stage.red_amber_s ?? 0);
  return sum([redAmber, tenths(no, `${where}.green_s`, stage.green_s), ...parts.map((part) => part!)]);
}

function siteOf(options: {
  readonly no: No;
  readonly file: PlanFile;
  readonly stages: readonly StageEntry[];
  readonly junction: string;
  readonly coordinated: number;
  readonly cycle: Millis;
}): ModbusSite {
  const { no, file, stages, junction, coordinated, cycle } = options;
  return {
    id: junction,
    form: "stages",
    coordinatedPhase: coordinated,
    cycleMin: cycle,
    // How long the cycle under way may be is not known; two such are waited for.
    cycleMax: millis(Math.max(cycle, 120_000)),
    phases: stages.map((entry) => ({
      number: entry.stage,
      amber: clearance(no, file, entry, "amber_s"),
      allRed: clearance(no, file, entry, "all_red_s"),
      redAmber: seconds(entry.red_amber_s ?? 0),
      minGreen: seconds((entry.min_green_s ?? 0) + (entry.red_amber_s ?? 0)),
      maxGreen: entry.max_green_s === undefined ? (Number.POSITIVE_INFINITY as Millis) : seconds(entry.max_green_s),
    })),
  };
}

/** A junction of which nothing is known but the plan: rings as given, barriers where all rings turn over together. */
function junctionOf({ junction, sequence, splits, cycle }: TimingPlan, coordinatedPhase: number): Junction {
  const split = (number: number): number => splits.find((entry) => entry.phase === number)!.split;
  const ends = sequence.map((ring) =>
    ring.map((_, i) => ring.slice(0, i + 1).reduce((all, one) => all + split(one), 0)),
  );
  const together = ends[0]!.filter((end) =>
    ends.every((ring) => ring.some((other) => modulo(other - end, cycle) === 0)),
  );
  const barrierOf = (end: number): number => together.findIndex((other) => end <= other) + 1 || 1;
  return {
    id: junction,
    name: junction,
    node: junction,
    form: sequence.length === 1 ? "stages" : "rings",
    approaches: [],
    movements: [],
    groups: [],
    crossings: [],
    phases: sequence.flatMap((ring, r) =>
      ring.map((number, i) => ({
        number,
        name: String(number),
        ring: r + 1,
        barrier: sequence.length === 1 ? 1 : barrierOf(ends[r]![i]!),
        groups: [],
        amber: millis(0),
        allRed: millis(0),
        minGreen: millis(0),
        maxGreen: cycle,
      })),
    ),
    rings: sequence,
    conflicts: new Uint8Array(0),
    intergreen: new Int32Array(0),
    cycleMin: cycle,
    cycleMax: cycle,
    maxRed: cycle,
    coordinatedPhase,
    streams: [],
  };
}
