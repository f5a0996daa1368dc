import type { City, Junction, Phase } from "../../../../config/model.ts";
import { limitsOf } from "../../guard/limits.ts";
import { mayFollow } from "../../guard/order.ts";
import { phaseSets } from "../phase-turns.ts";

/** How one stop-line lane's movement stands in one stage. */
export interface Turn {
  /** Index in `Layout.movements`. */
  readonly movement: number;
  /** Indexes of movements with green in this stage to which it gives way; empty: nothing in its way. */
  readonly foes: readonly number[];
}

/** A junction as the optimiser walks over it: everything by index, worked out once. */
export interface Layout {
  readonly junction: Junction;
  readonly lanes: readonly LaneLayout[];
  /** First lane of each approach; lanes of an approach follow each other as in `Approach.lanes`. */
  readonly firstLane: readonly number[];
  readonly movements: readonly MovementLayout[];
  readonly stages: readonly StageLayout[];
  /** `change[a][b]`: seconds from the end of a's green to the start of b's; 0 where no group ends. */
  readonly change: readonly (readonly number[])[];
  /** `follows[a][b]`: stage b may follow stage a. */
  readonly follows: readonly (readonly boolean[])[];
  /** `amber[a][b]`: seconds of amber in that change, 0 where no vehicle group ends. */
  readonly amber: readonly (readonly number[])[];
  /** `least[a][b]`: the least green of b after a, s: of the phases that begin with it. */
  readonly least: readonly (readonly number[])[];
}

export interface LaneLayout {
  readonly approach: number;
  readonly index: number;
  readonly speedMps: number;
  readonly lengthM: number;
  /** Indexes in `Layout.movements`. */
  readonly movements: readonly number[];
}

export interface MovementLayout {
  readonly id: string;
  readonly group: string;
  readonly exit: string;
  readonly turn: "left" | "through" | "right" | "u-turn";
  readonly lanes: readonly number[];
  readonly yieldsTo: readonly number[];
}

/** Phases that run together: one where the junction has stages, one of each ring where it has rings. */
export interface StageLayout {
  readonly phases: readonly number[];
  /** By lane: its movements with green here. */
  readonly open: readonly (readonly Turn[])[];
  readonly groups: ReadonlySet<string>;
  /** The least and the most green, s. */
  readonly least: number;
  readonly most: number;
}

const layouts = new WeakMap<Junction, Layout>();

/** Worked out once for each junction of a run. */
export function layoutOf(city: City, junction: Junction): Layout {
  const before = layouts.get(junction);
  if (before) return before;
  const made = layOut(city, junction);
  layouts.set(junction, made);
  return made;
}

function layOut(city: City, junction: Junction): Layout {
  const order = junction.movements.map((movement) => movement.id);
  const firstLane: number[] = [];
  const lanes: LaneLayout[] = [];
  junction.approaches.forEach((approach, a) => {
    firstLane.push(lanes.length);
    const link = city.links.get(approach.link);
    approach.lanes.forEach((lane, index) => {
      lanes.push({
        approach: a,
        index,
        speedMps: link?.speedMps ?? 13.9,
        lengthM: link?.lengthM ?? 200,
        movements: lane.movements.map((id) => order.indexOf(id)),
      });
    });
  });
  const movements = junction.movements.map((movement, m) => ({
    id: movement.id,
    group: movement.group,
    exit: movement.exit,
    turn: movement.turn,
    lanes: lanes.flatMap((lane, l) => (lane.movements.includes(m) ? [l] : [])),
    yieldsTo: movement.yieldsTo.map((id) => order.indexOf(id)).filter((index) => index >= 0),
  }));
  const sets = phaseSets(junction);
  const stages = sets.map((set) => {
    const groups = new Set(set.flatMap((phase) => phase.groups));
    const green = (m: number): boolean => groups.has(movements[m]!.group);
    const open = lanes.map((lane) =>
      lane.movements.filter(green).map((m) => ({ movement: m, foes: movements[m]!.yieldsTo.filter(green) })),
    );
    const least = Math.max(...set.map((phase) => phase.minGreen)) / 1000;
    const most = Math.min(...set.map((phase) => limitsOf(junction, phase).maxGreen)) / 1000;
    return { phases: set.map((phase) => phase.number), open, groups, least, most };
  });
  const pairs = changes(junction, sets);
  const least = sets.map((from) =>
    sets.map((to) => Math.max(0, ...to.filter((phase) => !from.includes(phase)).map((phase) => phase.minGreen)) / 1000),
  );
  return {
    junction,
    lanes,
    firstLane,
    movements,
    stages,
    follows: stages.map((a) => stages.map((b) => mayFollow(junction, { from: a.phases[0]!, to: b.phases[0]! }))),
    least,
    ...pairs,
  };
}

/** Amber and intergreen of every change of stage, by the groups that end and those that start. */
function changes(junction: Junction, sets: readonly (readonly Phase[])[]): Pick<Layout, "change" | "amber"> {
  const { groups, intergreen } = junction;
  const indexes = sets.map((set) =>
    groups.flatMap((group, g) => (set.some((phase) => phase.groups.includes(group.id)) ? [g] : [])),
  );
  const change: number[][] = [];
  const amber: number[][] = [];
  for (const from of indexes) {
    const times: number[] = [];
    const ambers: number[] = [];
    for (const to of indexes) {
      const ending = from.filter((g) => !to.includes(g));
      const starting = to.filter((g) => !from.includes(g));
      let most = 0;
      for (const a of ending) for (const b of starting) most = Math.max(most, intergreen[a * groups.length + b]!);
      const yellow = Math.max(0, ...ending.map((g) => groups[g]!.amber));
      ambers.push(yellow / 1000);
      times.push(Math.max(most, yellow) / 1000);
    }
    change.push(times);
    amber.push(ambers);
  }
  return { change, amber };
}
