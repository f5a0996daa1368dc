import {
  Aspect,
  type ConflictInput,
  type Conflicts,
  type LaneInput,
  type Lists,
  type Right,
  type RoadInput,
  type RoadNetwork,
} from "./road-network.ts";

const GRAVITY_MPS2 = 9.81;
const aspectOf: Readonly<Record<Right, number>> = {
  major: Aspect.major,
  minor: Aspect.minor,
  equal: Aspect.equal,
  stop: Aspect.stop,
  "all-way-stop": Aspect.allWayStop,
};

interface LinkRow {
  readonly from: number;
  readonly next: number;
  readonly to: number;
  readonly junction: number;
  readonly enters: boolean;
  readonly waits: boolean;
  readonly keepClear: boolean;
  readonly right: number;
  readonly lengthM: number;
  readonly signal: number;
  readonly signalIndex: number;
  readonly input: number;
}

/** Numbers everything. Throws, naming what and where, when a link does not fit the edges. */
export function compileNetwork(input: RoadInput): RoadNetwork {
  const edgeIndex = new Map<string, number>();
  const lanes: LaneInput[] = [];
  const laneEdge: number[] = [];
  const laneJunction: number[] = [];
  const edgeFirst = new Int32Array(input.edges.length);
  input.edges.forEach((edge, e) => {
    if (edge.lanes.length === 0) throw new Error(`edge ${edge.id} has no lanes; give it at least one`);
    edgeIndex.set(edge.id, e);
    edgeFirst[e] = lanes.length;
    for (const lane of edge.lanes) {
      lanes.push(lane);
      laneEdge.push(e);
      laneJunction.push(-1);
    }
  });
  const junctions = new Map<string, number>();
  const signals = new Map<string, number>();
  const indexIn = (map: Map<string, number>, id: string): number => {
    const known = map.get(id);
    if (known !== undefined) return known;
    map.set(id, map.size);
    return map.size - 1;
  };
  const laneAt = ({ edge, lane }: { edge: string; lane: number }): number => {
    const e = edgeIndex.get(edge);
    if (e === undefined) throw new Error(`a link names edge ${edge}, which is not in the network`);
    if (lane >= input.edges[e]!.lanes.length)
      throw new Error(`a link names lane ${lane} of edge ${edge}, which has ${input.edges[e]!.lanes.length}`);
    return edgeFirst[e]! + lane;
  };
  const rows: LinkRow[] = [];
  const yieldsTo: (readonly number[])[] = [];
  input.links.forEach((link, at) => {
    const from = laneAt(link.from);
    const to = laneAt(link.to);
    const junction = indexIn(junctions, link.junction);
    const first = lanes.length;
    for (const lane of link.box) {
      lanes.push(lane);
      laneEdge.push(-1);
      laneJunction.push(junction);
    }
    const lengthM = link.box.reduce((sum, lane) => sum + lane.lengthM, 0);
    const common = { to, junction, input: at };
    const stops = [from, ...link.box.map((_, i) => first + i), to];
    for (let i = 0; i + 1 < stops.length; i++) {
      const inner = i > 0 && i < link.box.length;
      const waits = i + 2 < stops.length - 1;
      rows.push({
        ...common,
        from: stops[i]!,
        next: stops[i + 1]!,
        enters: i === 0,
        waits: i === 0 && waits,
        keepClear: i === 0 && link.keepClear && link.hasFoes,
        right: i === 0 ? aspectOf[link.right] : inner ? Aspect.minor : Aspect.major,
        lengthM: i === 0 ? lengthM : stops.slice(i + 1, -1).reduce((sum, lane) => sum + lanes[lane]!.lengthM, 0),
        signal: i === 0 && link.signal ? indexIn(signals, link.signal.id) : -1,
        signalIndex: i === 0 && link.signal ? link.signal.index : -1,
      });
      yieldsTo.push(i === 0 || inner ? link.yieldsTo : []);
    }
  });
  // Links of the input by the index of their first part; and of the part from which a waiting place is left.
  const rowOf = new Int32Array(input.links.length);
  const leavesWaiting = new Map<number, number>();
  rows.forEach((row, r) => {
    if (row.enters) rowOf[row.input] = r;
    else if (row.right === Aspect.minor) leavesWaiting.set(row.input, r);
  });
  const partsOf = (at: number): readonly number[] => [
    rowOf[at]!,
    ...(leavesWaiting.has(at) ? [leavesWaiting.get(at)!] : []),
  ];
  const responses = lists(yieldsTo.map((list) => list.flatMap(partsOf)));
  const linkIsFoe = new Uint8Array(rows.length);
  for (const link of responses.items) linkIsFoe[link] = 1;
  const laneIndex = new Map(lanes.map((lane, i) => [lane.id, i]));
  const group = (key: "from" | "next"): Lists => {
    const by: number[][] = lanes.map(() => []);
    rows.forEach((row, r) => {
      by[row[key]]!.push(r);
    });
    return lists(by);
  };
  const ints = (of: (row: LinkRow) => number) => Int32Array.from(rows, of);
  const junctionAmongEquals = new Uint8Array(junctions.size);
  for (const { junction, right } of rows)
    if (right === Aspect.equal || right === Aspect.allWayStop) junctionAmongEquals[junction] = 1;
  const flags = (of: (row: LinkRow) => boolean | number) => Uint8Array.from(rows, (row) => Number(of(row)));
  return {
    leftHand: input.leftHand,
    laneId: lanes.map(({ id }) => id),
    edgeId: input.edges.map(({ id }) => id),
    edgeIndex,
    laneIndex,
    junctionId: [...junctions.keys()],
    junctionAmongEquals,
    edgeFirst,
    edgeLanes: Int32Array.from(input.edges, (edge) => edge.lanes.length),
    edgeStart: input.edges.map(({ from }) => from),
    edgeEnd: input.edges.map(({ to }) => to),
    laneLength: Float64Array.from(lanes, (lane) => lane.lengthM),
    laneSpeed: Float64Array.from(lanes, (lane) => lane.speedMps),
    laneWidth: Float64Array.from(lanes, (lane) => lane.widthM),
    laneClimb: Float64Array.from(lanes, (lane) => (GRAVITY_MPS2 * (lane.gradePercent ?? 0)) / 100),
    laneClasses: Int32Array.from(lanes, (lane) => lane.classes),
    laneEdge: Int32Array.from(laneEdge),
    laneJunction: Int32Array.from(laneJunction),
    linksFrom: group("from"),
    linksInto: group("next"),
    linkFrom: ints((row) => row.from),
    linkNext: ints((row) => row.next),
    linkTo: ints((row) => row.to),
    linkJunction: ints((row) => row.junction),
    linkEnters: flags((row) => row.enters),
    linkWaits: flags((row) => row.waits),
    linkKeepClear: flags((row) => row.keepClear),
    linkRight: flags((row) => row.right),
    linkLength: Float64Array.from(rows, (row) => row.lengthM),
    linkSignal: ints((row) => row.signal),
    linkSignalIndex: ints((row) => row.signalIndex),
    signalId: [...signals.keys()],
    yieldsTo: responses,
    linkIsFoe,
    conflicts: conflictLists(input.conflicts, laneIndex, lanes.length),
    inputLink: rowOf,
  };
}

function lists(of: readonly (readonly number[])[]): Lists {
  const start = new Int32Array(of.length + 1);
  of.forEach((list, i) => {
    start[i + 1] = start[i]! + list.length;
  });
  return { start, items: Int32Array.from(of.flat()) };
}

function conflictLists(
  conflicts: readonly ConflictInput[],
  laneIndex: ReadonlyMap<string, number>,
  lanes: number,
): Conflicts {
  const at = (id: string): number => {
    const lane = laneIndex.get(id);
    if (lane === undefined) throw new Error(`a conflict names lane ${id}, which is not in the network`);
    return lane;
  };
  const sorted = conflicts
    .map((conflict) => ({ ...conflict, own: at(conflict.lane), other: at(conflict.foe) }))
    .sort((a, b) => a.own - b.own || a.fromM - b.fromM || a.other - b.other);
  const yielding = new Set(sorted.filter(({ yields }) => yields).map(({ own, other }) => own * lanes + other));
  const start = new Int32Array(lanes + 1);
  for (const { own } of sorted) start[own + 1]!++;
  for (let lane = 0; lane < lanes; lane++) start[lane + 1]! += start[lane]!;
  return {
    start,
    foe: Int32Array.from(sorted, ({ other }) => other),
    fromM: Float64Array.from(sorted, ({ fromM }) => fromM),
    toM: Float64Array.from(sorted, ({ toM }) => toM),
    foeFromM: Float64Array.from(sorted, ({ foeFromM }) => foeFromM),
    foeToM: Float64Array.from(sorted, ({ foeToM }) => foeToM),
    merges: Uint8Array.from(sorted, ({ merges }) => Number(merges)),
    yields: Uint8Array.from(sorted, ({ own, other, yields }) => {
      const foeYields = yielding.has(other * lanes + own);
      return yields === foeYields ? 0 : yields ? 1 : 2;
    }),
  };
}
