import { meeting, type Way } from "../../check/paths.ts";
import type { JunctionFile, MovementEntry } from "../../schema/junction.ts";
import { lanesOf } from "./lanes.ts";
import type { UtdfMovement, UtdfNode } from "./network.ts";
import type { UtdfPhase } from "./phases.ts";
import { changeS, type PlannedPhase, type PlannedRings } from "./rings.ts";
import type { Road } from "./roads.ts";

/** A junction's file, and what it could not hold. */
export interface ImportedJunction {
  readonly file: JunctionFile;
  readonly planned: PlannedRings;
  /** Which movement of the UTDF each of ours is. */
  readonly movements: ReadonlyMap<string, UtdfMovement>;
  readonly notes: readonly string[];
}

export interface JunctionInput {
  readonly node: UtdfNode;
  readonly id: string;
  readonly phases: readonly UtdfPhase[];
  readonly planned: PlannedRings;
  readonly coordinatedPhases: readonly number[];
  readonly roads: readonly Road[];
  readonly linkId: (road: Road) => string;
  /** Clockwise from north, of a road as seen from this node, degrees. */
  readonly bearing: (road: Road) => number;
  readonly drivesOn: "left" | "right";
  readonly main: ReadonlySet<string>;
}

/** Least and most a file may hold, s. */
const MIN_GREEN_S = [4, 60] as const;
const MAX_GREEN_S = [8, 240] as const;
const RED_S = [150, 240] as const;
const LANE_M = [2, 6] as const;
const LANES = 8;
/** Cabinets and manuals: at most 255 s can be said, 130 s is advised. */
const CYCLE_S = [30, 130, 255] as const;

const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

interface Turn {
  readonly source: UtdfMovement;
  readonly id: string;
  readonly turn: MovementEntry["turn"];
  readonly exit: Road;
  readonly phases: readonly number[];
  readonly way: Way;
}

export function junctionOf(input: JunctionInput): ImportedJunction {
  const { node, planned } = input;
  const notes: string[] = [...planned.notes];
  const turns = turnsOf(input, notes);
  const approaches = approachesOf(input, turns, notes);
  const driven = turns.filter((turn) =>
    approaches.some(({ lanes }) => lanes.some(({ movements }) => movements.includes(turn.id))),
  );
  const phasesOfGroup = new Map(driven.map((turn) => [groupOf(turn), turn.phases]));
  const { yields, conflicts } = meetingsOf(input, driven, notes);
  const groups = [...phasesOfGroup].map(([id, numbers]) => groupEntry(id, numbers, input));
  if (node.movements.some((movement) => movement.turnOnRed))
    notes.push("right turns on red are allowed in it; here nobody turns on red");
  noteTimes(input, groups, notes);
  const common = {
    id: input.id,
    name: node.name ?? `Node ${node.id}`,
    node: input.id,
    origin: "sourced" as const,
    source: "Synchro UTDF",
    ...cycleLimits(planned),
    coordinated_phase: coordinated(planned, input.coordinatedPhases),
    approaches,
    movements: driven.map((turn) => ({
      id: turn.id,
      approach: turn.source.direction.toLowerCase(),
      turn: turn.turn,
      exit: input.linkId(turn.exit),
      group: groupOf(turn),
      yields_to: yields.get(turn.id) ?? [],
    })),
    groups,
    crossings: [],
    conflicts: conflicts.map(([a, b]): JunctionFile["conflicts"][number] => {
      const intergreen = (id: string) =>
        Math.max(
          groups.find((own) => own.id === id)!.amber_s,
          ...phasesOfGroup.get(id)!.map((number) => intergreenS(input.phases, number)),
        );
      return [a, b, intergreen(a), intergreen(b)];
    }),
  };
  const control = planned.phases.map((phase) => ({
    number: phase.number,
    name: phase.phases.map(({ number }) => phaseName(number, driven)).join(" + ") || `Phase ${phase.number}`,
    groups: [...phasesOfGroup]
      .filter(([, numbers]) => numbers.some((number) => phase.phases.some((own) => own.number === number)))
      .map(([id]) => id),
    barrier: phase.barrier,
  }));
  const file: JunctionFile =
    planned.form === "rings"
      ? { ...common, form: "rings", phases: control, rings: planned.rings.map((ring) => [...ring]) }
      : { ...common, form: "stages", stages: control.map(({ barrier: _, ...stage }) => stage) };
  return { file, planned, movements: new Map(driven.map((turn) => [turn.id, turn.source])), notes };
}

/** A signal group is the movements that are green in the same phases. */
const groupOf = (turn: Turn): string => `p${[...turn.phases].sort((a, b) => a - b).join("-")}`;

/** Of turns whose paths meet: who gives way where both may be green, and which groups never are. */
function meetingsOf(
  { planned, drivesOn }: JunctionInput,
  turns: readonly Turn[],
  notes: string[],
): {
  readonly yields: ReadonlyMap<string, string[]>;
  readonly conflicts: readonly (readonly [string, string])[];
} {
  const together = togetherOf(planned);
  const yields = new Map<string, string[]>();
  const conflicts = new Map<string, readonly [string, string]>();
  for (const [i, a] of turns.entries())
    for (const b of turns.slice(i + 1)) {
      if (meeting(a.way, b.way, drivesOn) === "apart") continue;
      const pair = [groupOf(a), groupOf(b)] as const;
      if (!a.phases.some((p) => b.phases.some((q) => together(p, q)))) {
        conflicts.set([...pair].sort().join(" "), pair);
        continue;
      }
      const [giving, given] = rank(a, drivesOn) > rank(b, drivesOn) ? [a, b] : [b, a];
      if (giving.turn === "through")
        notes.push(
          `${a.source.column} and ${b.source.column} cross and are green together, and neither turns: mend their phases in Synchro`,
        );
      else yields.set(giving.id, [...(yields.get(giving.id) ?? []), given.id]);
    }
  return { yields, conflicts: [...conflicts.values()] };
}

/** Cycles and reds that the plan needs, and what is usual. */
function cycleLimits(planned: PlannedRings) {
  const needS = cycleNeedS(
    planned,
    planned.phases.map((phase) => phaseNeedS(phase)),
  );
  return {
    cycle_min_s: within(needS, CYCLE_S[0], Math.min(planned.cycleS, CYCLE_S[2])),
    cycle_max_s: within(Math.max(planned.cycleS, CYCLE_S[1]), CYCLE_S[0], CYCLE_S[2]),
    max_red_s: within(planned.cycleS + 20, RED_S[0], RED_S[1]),
  };
}

/** Movements with a way in, a way out and a phase. */
function turnsOf(input: JunctionInput, notes: string[]): readonly Turn[] {
  const { node, roads } = input;
  const known = new Set(input.phases.map(({ number }) => number));
  return node.movements.flatMap((source) => {
    const entry = roads.find((road) => road.to === node.id && road.last === source.from);
    const exit = roads.find((road) => road.from === node.id && road.first === source.to);
    const phases = obeyed(node, source).filter((phase) => known.has(phase));
    const loss = !entry
      ? `no link from node ${source.from}`
      : !exit
        ? `no link to node ${source.to}`
        : phases.length === 0
          ? "no phase"
          : undefined;
    if (loss !== undefined) {
      if (source.lanes > 0 || source.volume > 0) notes.push(`${source.column} has ${loss}; it is left out`);
      return [];
    }
    if (source.protectedPhases.includes(-1))
      notes.push(
        `${source.column} is not controlled by the signal in the file; here it obeys phase ${phases.join(", ")}`,
      );
    const way: Way = {
      approach: source.direction.toLowerCase(),
      exit: input.linkId(exit!),
      from: input.bearing(entry!),
      to: input.bearing(exit!),
    };
    const turn = turnWord(source, way);
    if (turn !== words[source.turn])
      notes.push(
        `${source.column} is written as ${turn}: it leaves ${Math.round(angleOf(way))} degrees clockwise of where it comes from`,
      );
    return [{ source, id: source.column.toLowerCase(), turn, exit: exit!, phases, way }];
  });
}

/** Phases it is green in; a turn without one of its own goes with its approach's through movement. */
function obeyed(node: UtdfNode, source: UtdfMovement): readonly number[] {
  const own = ({ protectedPhases, permittedPhases }: UtdfMovement) =>
    [...new Set([...protectedPhases, ...permittedPhases])].filter((phase) => phase > 0);
  if (own(source).length > 0) return own(source);
  const beside = node.movements.filter(
    (movement) => movement.direction === source.direction && own(movement).length > 0,
  );
  const through = beside.find((movement) => movement.turn === "T") ?? beside[0];
  return through ? own(through) : [];
}

const words: Readonly<Record<UtdfMovement["turn"], MovementEntry["turn"]>> = {
  U: "u-turn",
  L2: "left",
  L: "left",
  T: "through",
  R: "right",
  R2: "right",
};

const angleOf = (way: Way): number => (((way.to - way.from) % 360) + 360) % 360 || 360;

/** The word of the file where the drawing allows it (`config/check/paths.ts` says how far), else the one that fits. */
function turnWord(source: UtdfMovement, way: Way): MovementEntry["turn"] {
  const angle = angleOf(way);
  const fits: Readonly<Record<MovementEntry["turn"], boolean>> = {
    left: angle >= 15 && angle <= 165,
    through: angle >= 105 && angle <= 255,
    right: angle >= 195 && angle <= 345,
    "u-turn": angle === 360,
  };
  const word = words[source.turn];
  if (fits[word]) return word;
  if (angle === 360) return "u-turn";
  return angle < 105 ? "left" : angle > 255 ? "right" : "through";
}

/** Who gives way to whom: turns round to far turns, those to near turns, all of them to traffic straight on. */
const rank = (turn: Turn, drivesOn: "left" | "right"): number =>
  turn.turn === "u-turn" ? 3 : turn.turn === "through" ? 0 : turn.turn === drivesOn ? 1 : 2;

function approachesOf(input: JunctionInput, turns: readonly Turn[], notes: string[]): JunctionFile["approaches"] {
  const { node, roads, drivesOn } = input;
  const directions = [...new Set(turns.map((turn) => turn.source.direction))];
  return directions.flatMap((direction) => {
    const own = node.movements.filter((movement) => movement.direction === direction);
    const ids = (movements: readonly UtdfMovement[]) =>
      turns.filter((turn) => movements.includes(turn.source)).map((turn) => turn.id);
    const all = lanesOf(own).filter((lane) => ids(lane.movements).length > 0);
    const fromKerb = drivesOn === "right" ? [...all].reverse() : all;
    const road = roads.find(
      (candidate) => candidate.to === node.id && own.some((movement) => movement.from === candidate.last),
    );
    if (!road || all.length === 0) return [];
    const id = direction.toLowerCase();
    if (all.length > LANES) notes.push(`${direction} has ${all.length} lanes; ${LANES} are written`);
    const bays = all.filter((lane) => lane.storageM > 0);
    if (bays.length > 0)
      notes.push(
        `${direction}: ${bays.length} lane${bays.length === 1 ? "" : "s"} of ${all.length} begin in a bay of ${bays.map((lane) => Math.round(lane.storageM)).join(", ")} m; the length of bays is not held`,
      );
    const missing = turns.filter(
      (turn) => turn.source.direction === direction && !all.some((lane) => lane.movements.includes(turn.source)),
    );
    for (const turn of missing) notes.push(`${turn.source.column} has no lane, of its own or shared; it is left out`);
    return [
      {
        id,
        link: input.linkId(road),
        main: input.main.has(input.linkId(road)),
        left_turn_on_red: false,
        lanes: fromKerb.slice(0, LANES).map((lane, i) => ({
          id: `${id}-${i + 1}`,
          width_m: Number(within(lane.laneM, LANE_M[0], LANE_M[1]).toFixed(2)),
          movements: ids(lane.movements).slice(0, 4),
        })),
      },
    ];
  });
}

/** May two phases of the UTDF be green at one time? */
function togetherOf({ form, phases, rings }: PlannedRings): (p: number, q: number) => boolean {
  const holders = (number: number) => phases.filter((phase) => phase.phases.some((own) => own.number === number));
  const ringOf = (phase: PlannedPhase) => rings.findIndex((ring) => ring.includes(phase.number));
  return (p, q) =>
    p === q ||
    holders(p).some((a) =>
      holders(q).some((b) => a === b || (form === "rings" && a.barrier === b.barrier && ringOf(a) !== ringOf(b))),
    );
}

const intergreenS = (phases: readonly UtdfPhase[], number: number): number => {
  const phase = phases.find((own) => own.number === number)!;
  return Number((phase.amberS + phase.allRedS).toFixed(1));
};

/** Green left of the splits of the stages or phases that show this phase. */
const greensOf = ({ phases }: PlannedRings, number: number): readonly number[] =>
  phases
    .filter((phase) => phase.phases.some((own) => own.number === number))
    .map((phase) => phase.splitS - Math.max(...phase.phases.map(changeS)));

function groupEntry(id: string, numbers: readonly number[], { phases, planned }: JunctionInput) {
  const own = phases.filter((phase) => numbers.includes(phase.number));
  const greens = numbers.flatMap((number) => greensOf(planned, number));
  const wanted = Math.min(...own.map((phase) => Math.max(phase.minGreenS, phase.walkS + phase.clearanceS)));
  const planMin = Math.min(...greens);
  return {
    id,
    kind: "vehicle" as const,
    min_green_s: within(Number(Math.min(wanted, planMin).toFixed(1)), MIN_GREEN_S[0], MIN_GREEN_S[1]),
    max_green_s: within(Math.max(...own.map((phase) => phase.maxGreenS), ...greens), MAX_GREEN_S[0], MAX_GREEN_S[1]),
    amber_s: Math.max(...own.map((phase) => phase.amberS)),
  };
}

function noteTimes(
  input: JunctionInput,
  groups: readonly { readonly id: string; readonly min_green_s: number }[],
  notes: string[],
): void {
  const walking = input.phases.filter((phase) => phase.clearanceS > 0);
  if (walking.length > 0)
    notes.push(
      `people walk in phase ${walking.map(({ number, walkS, clearanceS }) => `${number} (walk ${walkS} s, clearance ${clearanceS} s)`).join(", ")}; the file does not say over which arms, so there are no crossings: their time is held as minimum green where the plan has it`,
    );
  for (const phase of input.phases) {
    const group = groups.find(({ id }) => id === `p${phase.number}`);
    const wanted = Math.max(phase.minGreenS, phase.walkS + phase.clearanceS);
    if (group && group.min_green_s < Math.min(wanted, MIN_GREEN_S[1]) - 1e-6)
      notes.push(
        `phase ${phase.number} has a minimum of ${wanted} s (green, or walk and clearance) that its split does not hold; ${group.min_green_s} s is written`,
      );
  }
}

function phaseNeedS(phase: PlannedPhase): number {
  const mins = phase.phases.map((own) =>
    within(Math.min(own.minGreenS, phase.splitS - changeS(own)), MIN_GREEN_S[0], MIN_GREEN_S[1]),
  );
  const people = phase.phases.map((own) => Math.min(own.walkS + own.clearanceS, phase.splitS - changeS(own)));
  return Math.ceil(Math.max(...mins, ...people)) + Math.max(...phase.phases.map(changeS));
}

/** The shortest cycle that holds every minimum. */
function cycleNeedS({ phases, rings }: PlannedRings, needS: readonly number[]): number {
  const barriers = [...new Set(phases.map(({ barrier }) => barrier))];
  return barriers.reduce((total, barrier) => {
    const own = rings.map((ring) =>
      phases.reduce(
        (sum, phase, i) => sum + (phase.barrier === barrier && ring.includes(phase.number) ? needS[i]! : 0),
        0,
      ),
    );
    return total + Math.max(...own);
  }, 0);
}

/** Our number of the phase the offset refers to. */
export function coordinated({ phases }: PlannedRings, wanted: readonly number[]): number {
  const found = wanted.flatMap(
    (number) => phases.find((phase) => phase.phases.some((own) => own.number === number)) ?? [],
  );
  return (found[0] ?? phases[0]!).number;
}

function phaseName(number: number, turns: readonly Turn[]): string {
  const columns = turns.filter((turn) => turn.phases.includes(number)).map((turn) => turn.source.column);
  return `Phase ${number} (${columns.join(", ")})`.slice(0, 50);
}
