import type { City, Junction, Movement, Turn } from "../../config/model.ts";

/**
 * The city as indexes and numbers. A link is a strip of lanes; lanes are cut into strips about one motorcycle wide, so that
 * a car leaves room beside it that a motorcycle can use, and width matters as it does on the street. A link also owns the
 * part of the junction box before it: positions run from minus the box to its length.
 */
export interface RoadNetwork {
  readonly links: readonly RoadLink[];
  readonly linkIndex: ReadonlyMap<string, number>;
  readonly moves: readonly Move[];
  readonly junctions: readonly JunctionIndex[];
}

export interface RoadLink {
  readonly id: string;
  readonly lengthM: number;
  readonly speedMps: number;
  readonly gradePercent: number;
  /** First strip of each lane from the kerb, and how many strips it has. */
  readonly laneFirst: readonly number[];
  readonly laneStrips: readonly number[];
  readonly strips: number;
  /** Lane of each strip. */
  readonly laneOf: Uint8Array;
  /** -1: the link ends at the edge of the network. */
  readonly junction: number;
  /** True where the approach at its end is one a corridor runs along, or it ends at the edge. */
  readonly main: boolean;
  readonly from: string;
  readonly to: string;
  /** How many of its lanes, nearest the median, it only has while the other direction lends them. */
  readonly lent: number;
}

/** A movement through a junction. */
export interface Move {
  readonly from: number;
  readonly to: number;
  readonly junction: number;
  /** Index in the junction's groups. */
  readonly group: number;
  readonly turn: Turn;
  readonly leftOnRed: boolean;
  /** Length of its path through the box, m. */
  readonly boxM: number;
  /** Speed it drives through the box, m/s; Infinity where only the limit holds. */
  readonly boxMps: number;
  /** Bit n: lane n of `from` is marked for it. */
  readonly lanes: number;
  /** Moves it gives way to, and moves whose paths cross its own (those included). */
  readonly yieldsTo: readonly number[];
  readonly crosses: readonly number[];
  /** Strip on `to` for each strip of `from`, lane by lane, where the next movement does not matter. */
  readonly stripTo: Uint8Array;
  /** Where each lane of `from` lies among the movement's lanes, 0 at the kerb to 1 at the median. */
  readonly spread: Float64Array;
  /** Index of the pedestrian crossing over the arm it leaves by; -1 none. */
  readonly crossing: number;
}

export interface JunctionIndex {
  readonly junction: Junction;
  readonly moves: readonly number[];
}

/** About the width that one motorcycle takes when it filters, m (0.7 m of vehicle and a hand's breadth either side). */
export const STRIP_M = 0.85;
/** Turning speeds, m/s: about 20 km/h round a near corner, 25 km/h round a far one (usual in microscopic models). */
const NEAR_TURN_MPS = 5.6;
const FAR_TURN_MPS = 7;
/** Path lengths through a four-arm box of two-lane roads, m; near corner, straight on, far corner. */
const NEAR_BOX_M = 11;
const STRAIGHT_BOX_M = 20;
const FAR_BOX_M = 22;

/** `lent`: widths in m of the lanes that links gain at their median at times, by link. */
export function roadNetwork(city: City, lent: ReadonlyMap<string, readonly number[]> = new Map()): RoadNetwork {
  const linkIndex = new Map([...city.links.keys()].map((id, i) => [id, i]));
  const junctionList = [...city.junctions.values()];
  const links = [...city.links.values()].map((link): RoadLink => {
    const junction = junctionList.findIndex((candidate) => candidate.node === link.to);
    const approach = junctionList[junction]?.approaches.find((candidate) => candidate.link === link.id);
    const gained = lent.get(link.id) ?? [];
    const own = approach
      ? approach.lanes.map((lane) => lane.widthM)
      : Array.from({ length: link.lanes }, () => link.widthM / link.lanes);
    const widths = [...own, ...gained];
    const laneStrips = widths.map((width) => Math.max(2, Math.round(width / STRIP_M)));
    const laneFirst = laneStrips.map((_, lane) => laneStrips.slice(0, lane).reduce((total, count) => total + count, 0));
    const strips = laneStrips.reduce((total, count) => total + count, 0);
    if (strips > 31)
      throw new Error(`link ${link.id} is too wide for the kernel: ${strips} strips of ${STRIP_M} m, at most 31`);
    return {
      id: link.id,
      lengthM: link.lengthM,
      speedMps: link.speedMps,
      gradePercent: link.gradePercent,
      laneFirst,
      laneStrips,
      strips,
      laneOf: Uint8Array.from(laneStrips.flatMap((count, lane) => Array<number>(count).fill(lane))),
      junction: approach ? junction : -1,
      main: approach?.main ?? true,
      from: link.from,
      to: link.to,
      lent: gained.length,
    };
  });
  const moves: Move[] = [];
  const junctions = junctionList.map((junction, index): JunctionIndex => {
    const first = moves.length;
    const at = new Map(junction.movements.map((movement, i) => [movement.id, first + i]));
    for (const movement of junction.movements) {
      moves.push(moveOf({ city, junction, index, movement, at, links, linkIndex }));
    }
    return { junction, moves: junction.movements.map((_, i) => first + i) };
  });
  return { links, linkIndex, moves, junctions };
}

interface MoveContext {
  readonly city: City;
  readonly junction: Junction;
  readonly index: number;
  readonly movement: Movement;
  readonly at: ReadonlyMap<string, number>;
  readonly links: readonly RoadLink[];
  readonly linkIndex: ReadonlyMap<string, number>;
}

function moveOf({ city, junction, index, movement, at, links, linkIndex }: MoveContext): Move {
  const approach = junction.approaches.find((candidate) => candidate.id === movement.approach)!;
  const from = linkIndex.get(approach.link)!;
  const to = linkIndex.get(movement.exit)!;
  const near = city.drivesOn === "left" ? "left" : "right";
  const straight = movement.turn === "through";
  const exitArm = city.links.get(movement.exit)!.to;
  const exitApproach = junction.approaches.find((candidate) => city.links.get(candidate.link)!.from === exitArm);
  let lanes = 0;
  approach.lanes.forEach((lane, i) => {
    if (lane.movements.includes(movement.id)) lanes |= 1 << i;
  });
  const own = lanes;
  // Lanes that the link gains are for those who go straight on; where nobody does, for those of the median lane.
  const { lent, laneFirst } = links[from]!;
  const last = approach.lanes.at(-1)!.movements;
  const straightOn = junction.movements.some((other) => other.approach === approach.id && other.turn === "through");
  if (lent > 0 && (straightOn ? straight : last.includes(movement.id)))
    for (let i = laneFirst.length - lent; i < laneFirst.length; i++) lanes |= 1 << i;
  return {
    from,
    to,
    junction: index,
    group: junction.groups.findIndex((group) => group.id === movement.group),
    turn: movement.turn,
    leftOnRed: approach.leftTurnOnRed && movement.turn === near,
    boxM: straight ? STRAIGHT_BOX_M : movement.turn === near ? NEAR_BOX_M : FAR_BOX_M,
    boxMps: straight ? Number.POSITIVE_INFINITY : movement.turn === near ? NEAR_TURN_MPS : FAR_TURN_MPS,
    lanes,
    yieldsTo: movement.yieldsTo.flatMap((id) => at.get(id) ?? []),
    crosses: junction.movements.flatMap((other) =>
      crossing(city, junction, movement, other) || movement.yieldsTo.includes(other.id) ? [at.get(other.id)!] : [],
    ),
    stripTo: stripMap(links[from]!, links[to]!, own, straight ? "through" : movement.turn === near ? "near" : "far"),
    spread: spreadOf(links[from]!, own, straight ? "through" : movement.turn === near ? "near" : "far"),
    crossing: exitApproach ? junction.crossings.findIndex((candidate) => candidate.approach === exitApproach.id) : -1,
  };
}

/** Keeps a vehicle in the lane that its turn leads to: near turns to the kerb, far turns to the median, straight on stays. */
function stripMap(from: RoadLink, to: RoadLink, lanes: number, way: "through" | "near" | "far"): Uint8Array {
  const own = from.laneFirst.map((_, lane) => lane).filter((lane) => lanes & (1 << lane));
  const map = new Uint8Array(from.strips);
  for (let strip = 0; strip < from.strips; strip++) {
    const lane = from.laneOf[strip]!;
    const rank = Math.max(0, own.filter((candidate) => candidate <= lane).length - 1);
    const open = to.laneFirst.length - to.lent;
    const last = open - 1;
    const straightLane = own.length > open ? rank : lane;
    const target = Math.min(
      last,
      way === "far" ? Math.max(0, open - own.length + rank) : way === "near" ? rank : straightLane,
    );
    map[strip] = to.laneFirst[target]! + Math.min(strip - from.laneFirst[lane]!, to.laneStrips[target]! - 1);
  }
  return map;
}

/** A single lane keeps to the side its turn leads to, or to its own side of the road going straight on. */
function spreadOf(from: RoadLink, lanes: number, way: "through" | "near" | "far"): Float64Array {
  const all = from.laneFirst.length - from.lent;
  const own = from.laneFirst.map((_, lane) => lane).filter((lane) => lanes & (1 << lane));
  return Float64Array.from(from.laneFirst, (_, lane) => {
    if (lane >= all) return 1;
    const rank = Math.max(0, own.filter((candidate) => candidate <= lane).length - 1);
    if (own.length > 1) return rank / (own.length - 1);
    return way === "near" ? 0 : way === "far" || all === 1 ? 1 : lane / (all - 1);
  });
}

/** Half the angle between an arm's two carriageways as seen from the centre; any small one orders the ends alike, rad. */
const HALF_ARM = 0.1;

/**
 * Do two paths through the box cross? Each is a chord from where its arm comes in to where its arm goes out; chords with
 * interleaved ends cross. Paths from one arm part, and paths into one arm merge: neither is a crossing.
 */
function crossing(city: City, junction: Junction, a: Movement, b: Movement): boolean {
  if (a.approach === b.approach || a.exit === b.exit) return false;
  const node = city.nodes.get(junction.node)!;
  const side = city.drivesOn === "left" ? 1 : -1;
  const bearing = (id: string) => {
    const other = city.nodes.get(id)!;
    return Math.atan2(other.yM - node.yM, other.xM - node.xM);
  };
  const ends = (movement: Movement): readonly [number, number] => {
    const approach = junction.approaches.find((candidate) => candidate.id === movement.approach)!;
    const turnRound = (angle: number) => ((angle % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI);
    return [
      turnRound(bearing(city.links.get(approach.link)!.from) - side * HALF_ARM),
      turnRound(bearing(city.links.get(movement.exit)!.to) + side * HALF_ARM),
    ];
  };
  const [start, end] = ends(a);
  const between = (angle: number) => (start < end ? angle > start && angle < end : angle > start || angle < end);
  const [otherStart, otherEnd] = ends(b);
  return between(otherStart) !== between(otherEnd);
}
