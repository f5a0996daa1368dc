import type {
  ConflictInput,
  EdgeInput,
  LaneInput,
  LinkInput,
  Right,
  RoadInput,
} from "../traffic/lanes/road-network.ts";
import type { FixedProgram } from "../traffic/lanes/signals.ts";
import { ALL_CLASSES, classBit, VEHICLE_CLASSES } from "../traffic/lanes/vehicle-types.ts";
import { type ImportNote, ImportReport } from "./input-fault.ts";
import {
  connectionsByLane,
  type NetConnection,
  type NetJunction,
  type NetLane,
  type Permission,
  permits,
  requestLinks,
  type SumoNet,
} from "./net-model.ts";
import { crossing, merging, type Path, pathOf } from "./to-road-geometry.ts";

/** A SUMO network as our street takes it: lanes, links with their right of way, conflicts in the boxes, and the programs that ran in SUMO. */
export interface ImportedRoad {
  readonly road: RoadInput;
  readonly programs: readonly FixedProgram[];
  readonly notes: readonly ImportNote[];
}

interface Row {
  readonly connection: NetConnection;
  readonly junction: NetJunction;
  /** Index among the junction's requests; -1 where it has none. */
  readonly request: number;
  readonly box: readonly NetLane[];
}

export function toRoad(net: SumoNet): ImportedRoad {
  const report = new ImportReport();
  const drivable = (edge: string): boolean => {
    const kind = net.edges.get(edge)!.function;
    return kind === "normal" || kind === "connector";
  };
  const edges = [...net.edges.values()]
    .filter((edge) => drivable(edge.id))
    .map((edge): EdgeInput => ({ id: edge.id, from: edge.from, to: edge.to, lanes: edge.lanes.map(laneInput) }));
  const rows: Row[] = [];
  const byRequest = new Map<string, number>();
  for (const junction of net.junctions.values()) {
    if (junction.type === "internal") continue;
    const order = requestLinks(net, junction);
    for (const lane of junction.incLanes)
      for (const connection of connectionsByLane(net).get(lane) ?? []) {
        if (!drivable(connection.from) || !drivable(connection.to)) continue;
        const request = order.indexOf(connection);
        if (request >= 0 && junction.requests.length > 0) byRequest.set(`${junction.id} ${request}`, rows.length);
        rows.push({
          connection,
          junction,
          request: junction.requests[request] ? request : -1,
          box: boxOf(net, connection),
        });
      }
  }
  const links = rows.map((row): LinkInput => linkInput(row, byRequest, report));
  return {
    road: { leftHand: net.leftHand, edges, links, conflicts: conflictsOf(rows, byRequest) },
    programs: programsOf(net, report),
    notes: [...net.notes, ...report.notes()],
  };
}

const laneInput = (lane: NetLane): LaneInput => ({
  id: lane.id,
  lengthM: lane.lengthM,
  speedMps: lane.speedMps,
  widthM: lane.widthM,
  classes: classesOf(lane.permission),
});

function classesOf(permission: Permission): number {
  if (permission.kind === "all") return ALL_CLASSES;
  return VEHICLE_CLASSES.reduce((bits, name) => bits | (permits(permission, name) ? classBit(name) : 0), 0);
}

/** The lanes a connection runs over in the box: one, or two where it may wait in the middle. */
function boxOf(net: SumoNet, connection: NetConnection): readonly NetLane[] {
  const box: NetLane[] = [];
  for (let via = connection.via; via !== undefined; ) {
    box.push(net.lanes.get(via)!);
    via = connectionsByLane(net).get(via)?.[0]?.via;
  }
  return box;
}

function linkInput(
  { connection, junction, request, box }: Row,
  byRequest: ReadonlyMap<string, number>,
  report: ImportReport,
): LinkInput {
  const response = junction.requests[request]?.response;
  const yieldsTo = connection.pass ? [] : indexes(response).flatMap((j) => byRequest.get(`${junction.id} ${j}`) ?? []);
  return {
    from: { edge: connection.from, lane: connection.fromLane },
    to: { edge: connection.to, lane: connection.toLane },
    junction: junction.id,
    right: rightOf(connection, yieldsTo.length > 0, report),
    ...(connection.signal === undefined ? {} : { signal: { id: connection.signal, index: connection.linkIndex } }),
    keepClear: connection.keepClear,
    box: box.map(laneInput),
    yieldsTo,
    hasFoes: indexes(junction.requests[request]?.foes).length > 0,
  };
}

const indexes = (bits: Uint8Array | undefined): readonly number[] =>
  bits === undefined ? [] : [...bits.keys()].filter((j) => bits[j] === 1);

function rightOf(connection: NetConnection, yields: boolean, report: ImportReport): Right {
  switch (connection.state) {
    case "m":
    case "o":
      return "minor";
    case "=":
      return "equal";
    case "s":
      return "stop";
    case "w":
      return "all-way-stop";
    case "Z":
      report.note("zipper merging is driven as giving way", `line ${connection.line}`);
      return "minor";
    case "O":
      return yields ? "minor" : "major";
    default:
      return "major";
  }
}

function conflictsOf(rows: readonly Row[], byRequest: ReadonlyMap<string, number>): readonly ConflictInput[] {
  const paths = new Map<string, Path>();
  const path = (lane: NetLane): Path => {
    const known = paths.get(lane.id) ?? pathOf(lane);
    paths.set(lane.id, known);
    return known;
  };
  const conflicts: ConflictInput[] = [];
  rows.forEach((own, i) => {
    const request = own.junction.requests[own.request];
    for (const j of indexes(request?.foes)) {
      const at = byRequest.get(`${own.junction.id} ${j}`);
      if (at === undefined || at === i) continue;
      const foe = rows[at]!;
      const sameEnd = own.connection.to === foe.connection.to && own.connection.toLane === foe.connection.toLane;
      for (const lane of own.box)
        for (const other of foe.box) {
          const merges = sameEnd && lane === own.box.at(-1) && other === foe.box.at(-1);
          const zone = merges ? merging(path(lane), path(other)) : crossing(path(lane), path(other));
          if (!zone) continue;
          conflicts.push({ lane: lane.id, foe: other.id, ...zone, merges, yields: request!.response[j] === 1 });
        }
    }
  });
  return conflicts;
}

/** SUMO runs the last program of each signal. */
function programsOf(net: SumoNet, report: ImportReport): readonly FixedProgram[] {
  return [...net.signals.values()].flatMap((programs) => {
    const program = programs.at(-1);
    if (!program) return [];
    if (program.type !== "static") report.note(`a ${program.type} program runs as a fixed one`, program.signal);
    return [
      {
        signal: program.signal,
        offsetS: program.offsetS,
        phases: program.phases.map(({ durationS, state }) => ({ durationS, state })),
      },
    ];
  });
}
