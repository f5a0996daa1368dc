import type { Approach, Crossing, Junction, Movement, Phase, SignalGroup, Stream } from "./model.ts";
import { type Millis, millis } from "./units.ts";

/** What a person writes about a junction; the rest of `Junction` follows from it. */
export interface JunctionFacts {
  readonly id: string;
  readonly name: string;
  readonly node: string;
  readonly form: "stages" | "rings";
  readonly approaches: readonly Approach[];
  readonly movements: readonly Movement[];
  readonly groups: readonly SignalGroup[];
  readonly crossings: readonly Crossing[];
  /** Pairs that may never be green together, with the intergreen each way round. */
  readonly conflicts: readonly ConflictFact[];
  readonly phases: readonly PhaseFacts[];
  readonly rings: readonly (readonly number[])[];
  readonly fixedOrder?: true;
  readonly cycleMin: Millis;
  readonly cycleMax: Millis;
  readonly maxRed: Millis;
  readonly coordinatedPhase: number;
}

export interface ConflictFact {
  readonly between: readonly [string, string];
  /** End of green of the first to start of green of the second, and the other way round. */
  readonly intergreen: readonly [Millis, Millis];
}

export type PhaseFacts = Pick<Phase, "number" | "name" | "ring" | "barrier" | "groups">;

/** Derives conflict matrix, clearance times, minima and streams. Trusts that the facts were checked. */
export function deriveJunction(facts: JunctionFacts): Junction {
  const { groups } = facts;
  const n = groups.length;
  const index = new Map(groups.map((group, i) => [group.id, i]));
  const conflicts = new Uint8Array(n * n);
  const intergreen = new Int32Array(n * n);
  for (const { between, intergreen: times } of facts.conflicts) {
    const a = index.get(between[0])!;
    const b = index.get(between[1])!;
    conflicts[a * n + b] = conflicts[b * n + a] = 1;
    intergreen[a * n + b] = times[0];
    intergreen[b * n + a] = times[1];
  }
  const phases = facts.phases.map((phase) => derivePhase(phase, { groups, index, conflicts, intergreen }));
  return {
    id: facts.id,
    name: facts.name,
    node: facts.node,
    form: facts.form,
    approaches: facts.approaches,
    movements: facts.movements,
    groups,
    crossings: facts.crossings,
    phases,
    rings: facts.rings,
    ...(facts.fixedOrder ? { fixedOrder: true } : {}),
    conflicts,
    intergreen,
    cycleMin: facts.cycleMin,
    cycleMax: facts.cycleMax,
    maxRed: facts.maxRed,
    coordinatedPhase: facts.coordinatedPhase,
    streams: deriveStreams(facts),
  };
}

interface Matrices {
  readonly groups: readonly SignalGroup[];
  readonly index: ReadonlyMap<string, number>;
  readonly conflicts: Uint8Array;
  readonly intergreen: Int32Array;
}

function derivePhase(phase: PhaseFacts, { groups, index, conflicts, intergreen }: Matrices): Phase {
  const own = phase.groups.map((id) => groups[index.get(id)!]!);
  const vehicles = own.filter((group) => group.kind === "vehicle");
  const amber = Math.max(0, ...vehicles.map((group) => group.amber));
  let intergreenNeeded = amber;
  for (const group of own) {
    const row = index.get(group.id)! * groups.length;
    for (let other = 0; other < groups.length; other++) {
      if (conflicts[row + other]) intergreenNeeded = Math.max(intergreenNeeded, intergreen[row + other]!);
    }
  }
  const redAmber = Math.max(0, ...vehicles.map((group) => group.redAmber ?? 0));
  const minGreen = Math.max(...own.map((group) => (group.redAmber ?? 0) + group.minGreen + group.clearance));
  const maxGreen = Math.min(...(vehicles.length > 0 ? vehicles : own).map((group) => group.maxGreen));
  return {
    ...phase,
    amber: millis(amber),
    ...(redAmber > 0 ? { redAmber: millis(redAmber) } : {}),
    // Splits are whole seconds on the wire of NTCIP 1202, so the change interval is rounded up, never down.
    allRed: millis(Math.ceil(intergreenNeeded / 1000) * 1000 - amber),
    minGreen: millis(minGreen),
    maxGreen: millis(Math.max(maxGreen, minGreen)),
  };
}

function deriveStreams(facts: JunctionFacts): readonly Stream[] {
  const streams: Stream[] = [];
  for (const approach of facts.approaches) {
    const byGroup = new Map<string, Movement[]>();
    for (const movement of facts.movements) {
      if (movement.approach === approach.id)
        byGroup.set(movement.group, [...(byGroup.get(movement.group) ?? []), movement]);
    }
    for (const [group, movements] of byGroup) {
      const ids = movements.map((movement) => movement.id);
      const lanes = approach.lanes.filter((lane) => lane.movements.some((id) => ids.includes(id)));
      streams.push({
        id: `${facts.id}/${approach.id}/${group}`,
        junction: facts.id,
        approach: approach.id,
        group,
        movements: ids,
        lanes: lanes.map((lane) => lane.id),
        phases: facts.phases.filter((phase) => phase.groups.includes(group)).map((phase) => phase.number),
        widthM: lanes.reduce((total, lane) => total + lane.widthM, 0),
        main: approach.main,
      });
    }
  }
  return streams;
}

/** Do these two groups conflict? By id; unknown ids are a bug of the caller. */
export function conflict(junction: Junction, a: string, b: string): boolean {
  const i = junction.groups.findIndex((group) => group.id === a);
  const j = junction.groups.findIndex((group) => group.id === b);
  return junction.conflicts[i * junction.groups.length + j] === 1;
}
