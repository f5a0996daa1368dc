import { show } from "../fault.ts";
import type { JunctionFile, MovementEntry } from "../schema/junction.ts";
import type { Context } from "./context.ts";

/** A way through a junction: where it comes in and goes out, by the bearing of the arm and the link used. */
export interface Way {
  readonly approach: string;
  readonly exit: string;
  /** Clockwise from north, of the arm seen from the junction, degrees. */
  readonly from: number;
  readonly to: number;
}

export type Meeting = "apart" | "merge" | "cross";

/** Half the angle between the two carriageways of an arm on the circle around the junction, degrees. */
const halfArm = 2;
/** Arms nearer to each other than this cannot be told apart, degrees. */
const nearestArms = 10;

const turnOf = (degrees: number): number => ((degrees % 360) + 360) % 360;

/**
 * Whether two ways cross, merge or stay apart. Each is a chord of the circle around the junction: traffic that keeps left
 * comes in clockwise of the arm's middle (seen from above) and leaves anticlockwise of it; keeping right, the other way.
 */
export function meeting(a: Way, b: Way, drivesOn: "left" | "right"): Meeting {
  if (a.approach === b.approach) return "apart";
  if (a.exit === b.exit) return "merge";
  const side = drivesOn === "left" ? halfArm : -halfArm;
  const start = turnOf(a.from + side);
  const end = turnOf(a.to - side - start);
  const inside = (bearing: number): boolean => turnOf(bearing - start) < end;
  return inside(b.from + side) !== inside(b.to - side) ? "cross" : "apart";
}

/** How far a way sweeps from the kerb: the larger, the nearer the median its lane must lie. */
export const sweep = (way: Way, drivesOn: "left" | "right"): number =>
  turnOf(drivesOn === "left" ? way.to - way.from : way.from - way.to) || 360;

/** Clockwise angles from the arm of entry to the arm of exit that a word for a turn may mean, degrees. */
const turns: Readonly<Record<MovementEntry["turn"], readonly [number, number]>> = {
  left: [15, 165],
  through: [105, 255],
  right: [195, 345],
  "u-turn": [360, 360],
};

/** The ways of a junction's movements; movements whose links or nodes dangle are left out. */
export function waysOf({ nodes, links }: Context, junction: JunctionFile): ReadonlyMap<string, Way> {
  const ways = new Map<string, Way>();
  const centre = nodes?.get(junction.node);
  const bearing = (node: string | undefined): number | undefined => {
    const other = node === undefined ? undefined : nodes?.get(node);
    if (!centre || !other || other.id === centre.id) return undefined;
    return turnOf((Math.atan2(other.x_m - centre.x_m, other.y_m - centre.y_m) * 180) / Math.PI);
  };
  for (const movement of junction.movements) {
    const link = junction.approaches.find((approach) => approach.id === movement.approach)?.link;
    const entry = link === undefined ? undefined : links?.get(link);
    const exit = links?.get(movement.exit);
    if (entry?.to !== junction.node || exit?.from !== junction.node) continue;
    const from = bearing(entry.from);
    const to = bearing(exit.to);
    if (from !== undefined && to !== undefined)
      ways.set(movement.id, { approach: movement.approach, exit: movement.exit, from, to });
  }
  return ways;
}

/** A wrong green kills: every pair of movements that meet is in conflict by its groups, or one of them yields. */
export function checkPaths(context: Context, file: string, junction: JunctionFile): void {
  const { findings, files } = context;
  const drivesOn = files.city?.drives_on;
  if (!drivesOn) return;
  const ways = waysOf(context, junction);
  const inConflict = new Set(junction.conflicts.flatMap(([a, b]) => [`${a}|${b}`, `${b}|${a}`]));
  const placed = [...junction.movements.entries()].filter(([, movement]) => ways.has(movement.id));
  checkArms(context, file, ways);
  for (const [i, a] of placed) {
    checkTurn(context, file, { index: i, movement: a, way: ways.get(a.id)! });
    for (const [k, b] of placed) {
      if (k <= i) continue;
      const meet = meeting(ways.get(a.id)!, ways.get(b.id)!, drivesOn);
      if (meet === "apart" || inConflict.has(`${a.group}|${b.group}`)) continue;
      if (a.yields_to.includes(b.id) || b.yields_to.includes(a.id)) continue;
      const mend =
        a.group === b.group
          ? `both obey group ${show(a.group)}: give them groups in conflict, or let the turning one yield (yields_to)`
          : `add [${a.group}, ${b.group}, s, s] to conflicts, or let the turning one yield (yields_to)`;
      findings.fault(
        file,
        ["movements", k],
        `movement ${show(b.id)} ${meet === "cross" ? "crosses" : "merges with"} ${show(a.id)} and both may be green; ${mend}`,
      );
    }
  }
  checkLaneOrder(context, file, junction, ways);
  checkCrossings(context, file, junction, inConflict);
}

function checkArms({ findings }: Context, file: string, ways: ReadonlyMap<string, Way>): void {
  const arms = new Map<string, number>();
  for (const way of ways.values()) arms.set(way.approach, way.from);
  const ordered = [...arms.entries()].sort((a, b) => a[1] - b[1]);
  for (const [i, [id, bearing]] of ordered.entries()) {
    const [next, other] = ordered[(i + 1) % ordered.length]!;
    if (id !== next && turnOf(other - bearing) < nearestArms)
      findings.fault(
        file,
        ["approaches"],
        `arms ${show(id)} and ${show(next)} lie ${turnOf(other - bearing).toFixed(0)} degrees apart, below ${nearestArms}: which paths cross cannot be told; mend the coordinates in network.yaml`,
      );
  }
}

function checkTurn(
  { findings }: Context,
  file: string,
  { index, movement, way }: { readonly index: number; readonly movement: MovementEntry; readonly way: Way },
): void {
  const angle = turnOf(way.to - way.from) || 360;
  const [least, most] = turns[movement.turn];
  if (angle < least || angle > most)
    findings.fault(
      file,
      ["movements", index, "turn"],
      `${show(movement.turn)}, but link ${show(movement.exit)} leaves ${angle.toFixed(0)} degrees clockwise of the arm it comes from (${movement.turn} is ${least} to ${most}); mend the turn or the exit`,
    );
}

/** From the kerb to the median, exits follow each other without crossing. */
function checkLaneOrder(
  { findings, files }: Context,
  file: string,
  junction: JunctionFile,
  ways: ReadonlyMap<string, Way>,
): void {
  const drivesOn = files.city!.drives_on;
  for (const [i, approach] of junction.approaches.entries()) {
    for (const [k, lane] of approach.lanes.entries()) {
      for (const other of approach.lanes.slice(k + 1)) {
        for (const [m, id] of lane.movements.entries()) {
          const far = ways.get(id);
          const crossed = other.movements.find((inner) => {
            const near = ways.get(inner);
            return far && near && inner !== id && sweep(far, drivesOn) > sweep(near, drivesOn);
          });
          if (crossed !== undefined)
            findings.fault(
              file,
              ["approaches", i, "lanes", k, "movements", m],
              `${show(id)} from lane ${show(lane.id)} crosses ${show(crossed)} from lane ${show(other.id)}; list lanes from the kerb, or move one movement`,
            );
        }
      }
    }
  }
}

/** Whoever drives over a crossing is in conflict with it, or turns and is named as giving way. */
function checkCrossings(
  { findings, links, nodes }: Context,
  file: string,
  junction: JunctionFile,
  inConflict: ReadonlySet<string>,
): void {
  const movements = junction.movements;
  for (const [i, crossing] of junction.crossings.entries()) {
    const approach = junction.approaches.find((candidate) => candidate.id === crossing.approach);
    const arm = approach && links?.get(approach.link)?.from;
    if (arm === undefined || !nodes?.has(arm)) continue;
    for (const [k, id] of crossing.given_way_by.entries()) {
      const movement = movements.find((candidate) => candidate.id === id);
      const path = ["crossings", i, "given_way_by", k];
      if (!movement) findings.fault(file, path, `no movement ${show(id)}; name a turning movement of this junction`);
      else if (movement.turn === "through")
        findings.fault(
          file,
          path,
          `${show(id)} goes straight on and cannot be trusted to give way; put the groups in conflict instead`,
        );
      else if (links?.get(movement.exit)?.to !== arm && !onRed(junction, movement))
        findings.fault(file, path, `${show(id)} does not leave over this crossing; remove it from the list`);
    }
    for (const movement of movements) {
      const enters = movement.approach === crossing.approach;
      const leaves = links?.get(movement.exit)?.to === arm;
      if ((!enters && !leaves) || inConflict.has(`${movement.group}|${crossing.group}`)) continue;
      if (!enters && crossing.given_way_by.includes(movement.id)) continue;
      findings.fault(
        file,
        ["crossings", i],
        `movement ${show(movement.id)} drives over crossing ${show(crossing.id)} and both may be green; add [${movement.group}, ${crossing.group}, s, s] to conflicts${
          enters || movement.turn === "through" ? "" : ", or list it in given_way_by"
        }`,
      );
    }
  }
}

const onRed = (junction: JunctionFile, movement: MovementEntry): boolean =>
  movement.turn === "left" &&
  junction.approaches.some((approach) => approach.id === movement.approach && approach.left_turn_on_red);

/** Width of both carriageways of each arm, m. */
export function armCarriagewaysM({ links }: Context, junction: JunctionFile): readonly number[] {
  return junction.approaches.flatMap((approach) => {
    const entry = links?.get(approach.link);
    if (!entry) return [];
    const exit = [...links!.values()].find((link) => link.from === entry.to && link.to === entry.from);
    return [entry.width_m + (exit?.width_m ?? 0)];
  });
}
