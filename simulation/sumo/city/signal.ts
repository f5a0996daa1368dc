import { deriveJunction, type JunctionFacts } from "../../../config/derive.ts";
import type { Approach, Crossing, Junction, Movement, SignalGroup, Turn } from "../../../config/model.ts";
import { type Millis, millis, seconds } from "../../../config/units.ts";
import type { ImportReport } from "../input-fault.ts";
import { type NetConnection, type NetEdge, requestLinks, type SumoNet } from "../net-model.ts";
import { forMotors, type Roads } from "./roads.ts";
import { greenIn, type ProgramStages } from "./stages.ts";

/** What is chosen, not read: the bench's rules, or the street's. */
export interface SignalRules {
  readonly minGreen: Millis;
  /** Amber for every signal; undefined: each program's own. */
  readonly amber: Millis | undefined;
  readonly allRed: Millis | undefined;
  readonly maxGreen: Millis;
  readonly maxRed: Millis;
  /** Stages keep the program's order; one at a time may be passed over. */
  readonly fixedOrder: boolean;
}

export const BENCH_RULES: SignalRules = {
  minGreen: seconds(3),
  amber: undefined,
  allRed: undefined,
  maxGreen: seconds(120),
  maxRed: seconds(240),
  fixedOrder: false,
};

const DEFAULT_AMBER_S = 3;
/** Walkers cross at this speed (MKJI 1997), m/s, and step off within this time, s. */
const WALKING_MPS = 1.2;
const WALK_S = 4;
const CROSSING_WAIT = seconds(120);

/** One signal of the network as a junction of the city, and what its lamps are called in SUMO. */
export interface SumoSignal {
  readonly junction: Junction;
  readonly stages: ProgramStages;
  /** Between conflicting greens beyond the amber, where a change goes straight from one stage to another. */
  readonly allRed: Millis;
  /** By link index of the state string: the group it belongs to, by index; -1 for a link without a way. */
  readonly groupOf: Int16Array;
  /** The connections of each link index. */
  readonly links: readonly (readonly NetConnection[])[];
}

export interface SignalContext {
  readonly net: SumoNet;
  readonly roads: Roads;
  readonly rules: SignalRules;
  readonly node: string;
  readonly report: ImportReport;
}

/** Builds the junction that a signal's connections and program describe. */
export function signalOf(stages: ProgramStages, context: SignalContext): SumoSignal | undefined {
  const { net, report, rules } = context;
  const { signal } = stages.program;
  const links = linksOf(net, stages);
  const groups = groupsOf(net, stages, links, report);
  if (groups.length === 0) {
    report.note("a signal that no connection obeys is left out", `signal ${signal}`);
    return undefined;
  }
  const groupOf = new Int16Array(links.length).fill(-1);
  for (const [index, { members }] of groups.entries()) for (const link of members) groupOf[link] = index;
  const amber = rules.amber ?? seconds(stages.amberS ?? DEFAULT_AMBER_S);
  const allRed = rules.allRed ?? seconds(stages.allRedS);
  const shape = { ...context, stages, links, groups };
  const movements = movementsOf(shape);
  const facts: JunctionFacts = {
    id: signal,
    name: signal,
    node: context.node,
    form: "stages",
    approaches: approachesOf(shape, movements),
    movements,
    groups: groups.map((group) => lampsOf(group, { net, rules, amber, links })),
    crossings: crossingsOf(shape),
    conflicts: conflictsOf(shape, millis(amber + allRed)),
    phases: stages.states.map((state, i) => ({
      number: i + 1,
      name: state,
      ring: 1,
      barrier: 1,
      groups: groups
        .filter(({ members }) => greenIn(state, members[0]!) || alwaysOn(stages, members[0]!))
        .map(({ id }) => id),
    })),
    rings: [stages.states.map((_, i) => i + 1)],
    ...(rules.fixedOrder ? { fixedOrder: true } : {}),
    ...cycleLimits(stages, millis(amber + allRed), rules),
    coordinatedPhase: 1,
  };
  return { junction: withOwnChanges(deriveJunction(facts), stages), stages, allRed, groupOf, links };
}

/** Where rings change one after the other, plans have to count the whole of the program's change and not only an all-red. */
const withOwnChanges = (junction: Junction, { changeS }: ProgramStages): Junction => ({
  ...junction,
  phases: junction.phases.map((phase, i) => ({
    ...phase,
    allRed: millis(Math.max(phase.allRed, seconds(changeS[i]!) - phase.amber)),
  })),
});

interface Group {
  readonly id: string;
  readonly kind: SignalGroup["kind"];
  /** Edge its vehicles come from, or the crossing. */
  readonly edge: string;
  /** Link indexes. */
  readonly members: readonly number[];
}

interface Shape extends SignalContext {
  readonly stages: ProgramStages;
  readonly links: readonly (readonly NetConnection[])[];
  readonly groups: readonly Group[];
}

function linksOf(net: SumoNet, { program, states }: ProgramStages): readonly (readonly NetConnection[])[] {
  const links: NetConnection[][] = Array.from({ length: states[0]!.length }, () => []);
  for (const connection of net.connections) {
    if (connection.signal !== program.signal) continue;
    links[connection.linkIndex]?.push(connection);
    if (connection.linkIndex2 >= 0) links[connection.linkIndex2]?.push(connection);
  }
  return links;
}

/** Off (`o`, `O`) or stop-then-go (`s`) in every stage: nothing is ever shown that has to end. */
const alwaysOn = ({ states }: ProgramStages, link: number): boolean =>
  states.every((state) => /[oOs]/.test(state[link]!));

/** Links of one approach that always show the same letters are one group. */
function groupsOf(
  net: SumoNet,
  stages: ProgramStages,
  links: readonly (readonly NetConnection[])[],
  report: ImportReport,
): readonly Group[] {
  const byKey = new Map<string, Group & { members: number[] }>();
  const name = `signal ${stages.program.signal}`;
  for (const [link, connections] of links.entries()) {
    const first = connections[0];
    if (!first) continue;
    const walkers = net.edges.get(first.to)!.function === "crossing";
    const edge = walkers ? first.to : first.from;
    const letters = stages.states.map((state) => state[link]).join("");
    if (!/[Gg]/.test(letters) && !alwaysOn(stages, link))
      report.note("a link never shows green", `${name}, link ${link} from ${edge}`);
    const key = `${edge} ${letters}`;
    const group = byKey.get(key) ?? {
      id: `${walkers ? "p" : "g"}${link}`,
      kind: walkers ? ("pedestrian" as const) : ("vehicle" as const),
      edge,
      members: [],
    };
    group.members.push(link);
    byKey.set(key, group);
  }
  return [...byKey.values()];
}

function lampsOf(
  { id, kind, edge }: Group,
  {
    net,
    rules,
    amber,
  }: { readonly net: SumoNet; readonly rules: SignalRules; readonly amber: Millis; readonly links: Shape["links"] },
): SignalGroup {
  if (kind === "vehicle")
    return { id, kind, minGreen: rules.minGreen, maxGreen: rules.maxGreen, amber, clearance: millis(0) };
  // SUMO shows walkers the change too, so that part of the clearance is the amber's.
  const clearance = Math.max(0, seconds(net.edges.get(edge)!.lanes[0]!.lengthM / WALKING_MPS) - amber);
  return {
    id,
    kind,
    minGreen: seconds(WALK_S),
    maxGreen: rules.maxGreen,
    amber: millis(0),
    clearance: millis(clearance),
  };
}

const TURNS: Readonly<Record<string, Turn>> = {
  s: "through",
  l: "left",
  L: "left",
  r: "right",
  R: "right",
  t: "u-turn",
  T: "u-turn",
};

interface Way extends Movement {
  /** Link indexes. */
  readonly members: readonly number[];
}

function movementsOf(shape: Shape): readonly Movement[] {
  const { roads, groups, links } = shape;
  const ways: Way[] = [];
  for (const group of groups) {
    if (group.kind !== "vehicle") continue;
    const byExit = new Map<string, number[]>();
    for (const member of group.members)
      for (const { to } of links[member]!) byExit.set(to, [...(byExit.get(to) ?? []), member]);
    for (const [to, members] of byExit) {
      const { dir } = links[members[0]!]!.find((connection) => connection.to === to)!;
      ways.push({
        id: `${group.id}>${to}`,
        approach: group.edge,
        turn: TURNS[dir] ?? "through",
        exit: roads.of.get(to)?.id ?? to,
        group: group.id,
        yieldsTo: [],
        members,
      });
    }
  }
  const yields = yieldsOf(shape);
  return ways.map(({ members, ...way }) => ({
    ...way,
    yieldsTo: ways
      .filter((other) => members.some((a) => other.members.some((b) => yields(a, b))))
      .map((other) => other.id),
  }));
}

/** Does link a give way to link b while both show green? */
function yieldsOf({ net, links, stages }: Shape): (a: number, b: number) => boolean {
  const meets = relation(net, links, "response");
  return (a, b) =>
    meets(a, b) &&
    stages.states.some((state) => /[gso]/.test(state[a]!) && (greenIn(state, b) || /[oO]/.test(state[b]!)));
}

/** The right-of-way matrices of all nodes of a signal, by link index. */
function relation(
  net: SumoNet,
  links: readonly (readonly NetConnection[])[],
  matrix: "response" | "foes",
): (a: number, b: number) => boolean {
  const request = new Map<NetConnection, { readonly node: string; readonly index: number }>();
  for (const id of nodesOf(net, links))
    for (const [index, connection] of requestLinks(net, net.junctions.get(id)!).entries())
      request.set(connection, { node: id, index });
  return (a, b) =>
    links[a]!.some((one) =>
      links[b]!.some((other) => {
        const from = request.get(one);
        const to = request.get(other);
        if (!from || !to || from.node !== to.node) return false;
        return net.junctions.get(from.node)!.requests[from.index]?.[matrix][to.index] === 1;
      }),
    );
}

/** Junctions of the file at which the links are: where their internal lanes belong. */
function nodesOf(net: SumoNet, links: readonly (readonly NetConnection[])[]): ReadonlySet<string> {
  const nodes = new Set<string>();
  for (const { from, to } of links.flat()) {
    const edge = net.edges.get(from)!;
    // A crossing's walking area is named after its junction: `:J_w0`.
    nodes.add(edge.to !== "" ? edge.to : to.slice(1, to.lastIndexOf("_")));
  }
  return new Set([...nodes].filter((id) => net.junctions.has(id)));
}

function approachesOf(
  { net, groups, links, report, stages }: Shape,
  movements: readonly Movement[],
): readonly Approach[] {
  const edges = [...new Set(groups.filter(({ kind }) => kind === "vehicle").map(({ edge }) => edge))];
  return edges.map((id) => {
    const edge = net.edges.get(id)!;
    const own = groups.filter((group) => group.edge === id);
    const lanes = edge.lanes.filter(forMotors).map((lane) => ({
      id: lane.id,
      widthM: lane.widthM,
      movements: own.flatMap((group) =>
        group.members.flatMap((member) =>
          links[member]!.filter(({ fromLane }) => fromLane === lane.index).map(({ to }) => `${group.id}>${to}`),
        ),
      ),
    }));
    const free = net.connections.filter(
      ({ from, to, signal }) => from === id && signal === undefined && net.edges.get(to)!.function === "normal",
    );
    if (free.length > 0)
      report.note("a way past the signal is nobody's to control", `signal ${stages.program.signal}, from ${id}`);
    return {
      id,
      link: id,
      lanes: lanes.map((lane) => ({ ...lane, movements: [...new Set(lane.movements)] })),
      leftTurnOnRed: false,
      widthM: lanes.reduce((sum, lane) => sum + lane.widthM, 0),
      gradePercent: gradeOf(edge),
      main: movements.some(({ approach, turn }) => approach === id && turn === "through"),
    };
  });
}

function gradeOf({ lanes }: NetEdge): number {
  const { shape, lengthM } = lanes[0]!;
  return lengthM > 0 ? (100 * (shape.at(-1)!.z - shape[0]!.z)) / lengthM : 0;
}

function crossingsOf({ net, groups }: Shape): readonly Crossing[] {
  return groups.flatMap((group): readonly Crossing[] => {
    if (group.kind !== "pedestrian") return [];
    const edge = net.edges.get(group.edge)!;
    const approaches = groups.filter(({ kind }) => kind === "vehicle").map((other) => other.edge);
    return [
      {
        id: group.edge,
        group: group.id,
        approach: edge.crosses.find((id) => approaches.includes(id)) ?? approaches[0]!,
        lengthM: edge.lanes[0]!.lengthM,
        button: false,
        maxWait: CROSSING_WAIT,
      },
    ];
  });
}

/** Groups whose paths meet and that no stage of the program shows green together. */
function conflictsOf(shape: Shape, intergreen: Millis): JunctionFacts["conflicts"] {
  const { net, groups, links, stages, report } = shape;
  const meet = relation(net, links, "foes");
  const conflicts: JunctionFacts["conflicts"][number][] = [];
  for (const [i, a] of groups.entries())
    for (const b of groups.slice(i + 1)) {
      if (!a.members.some((one) => b.members.some((other) => meet(one, other) || meet(other, one)))) continue;
      const together = stages.states.filter((state) => greenIn(state, a.members[0]!) && greenIn(state, b.members[0]!));
      const free = alwaysOn(stages, a.members[0]!) || alwaysOn(stages, b.members[0]!);
      if (together.length === 0 && !free)
        conflicts.push({ between: [a.id, b.id], intergreen: [intergreen, intergreen] });
      const bothMajor = together.some((state) => state[a.members[0]!] === "G" && state[b.members[0]!] === "G");
      if (bothMajor)
        report.note(
          "two groups that meet are both shown the green that need not give way; kept as the program has it",
          `signal ${stages.program.signal}, ${a.id} and ${b.id}`,
        );
    }
  return conflicts;
}

const LEAST_CYCLE_S = 30;
const LONGEST_CYCLE_S = 180;

/** Room for shorter and longer cycles than the program's own, which always fits. */
function cycleLimits({ greenS, changeS, states }: ProgramStages, change: Millis, { minGreen, maxRed }: SignalRules) {
  const own = seconds([...greenS, ...changeS].reduce((sum, time) => sum + time, 0));
  const least = states.length * (minGreen + change);
  return {
    cycleMin: millis(Math.max(Math.min(own, seconds(LEAST_CYCLE_S)), Math.min(least, own))),
    cycleMax: millis(Math.max(own, seconds(LONGEST_CYCLE_S), 2 * least)),
    maxRed: millis(Math.max(maxRed, own)),
  };
}
