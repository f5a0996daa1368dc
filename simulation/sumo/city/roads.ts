import type { Link, Node } from "../../../config/model.ts";
import {
  connectionsByLane,
  type NetConnection,
  type NetEdge,
  type NetLane,
  permits,
  type SumoNet,
} from "../net-model.ts";

/** SUMO's classes that drive where cars do; a lane for none of them is a path or a rail. */
const MOTOR_CLASSES = ["passenger", "bus", "truck", "delivery", "motorcycle", "taxi", "private", "moped"] as const;

export const forMotors = ({ permission }: NetLane): boolean => MOTOR_CLASSES.some((name) => permits(permission, name));

export const isRoad = (edge: NetEdge): boolean =>
  (edge.function === "normal" || edge.function === "connector") && edge.lanes.some(forMotors);

/** A junction node and what obeys its signal: one tlLogic may control several nodes of the file as one. */
export interface SignalNodes {
  /** Signal id of each controlled junction of the file. */
  readonly signalOf: ReadonlyMap<string, string>;
  /** The junction of the file that stands for a signal. */
  readonly nodeOf: ReadonlyMap<string, string>;
}

export function signalNodes(net: SumoNet): SignalNodes {
  const signalOf = new Map<string, string>();
  const nodeOf = new Map<string, string>();
  for (const { signal, from } of net.connections) {
    if (signal === undefined) continue;
    const node = net.edges.get(from)!.to;
    if (node === "") continue;
    if (!signalOf.has(node)) signalOf.set(node, signal);
    // The node that bears the signal's own name, else the first in the file.
    if (!nodeOf.has(signal) || node === signal) nodeOf.set(signal, node);
  }
  return { signalOf, nodeOf };
}

/** Edges in driving order that follow each other without a signal or a choice between: one road of the city. */
export interface Road {
  /** Its last edge's id. */
  readonly id: string;
  readonly edges: readonly NetEdge[];
  readonly lengthM: number;
  /** Time-weighted over its edges. */
  readonly speedMps: number;
}

export interface Roads {
  readonly roads: readonly Road[];
  /** By edge id. */
  readonly of: ReadonlyMap<string, Road>;
}

/** Joins edges into roads from signal to signal: at other nodes traffic is taken to go on where most of it goes on. */
export function roadsOf(net: SumoNet, { signalOf }: SignalNodes): Roads {
  const edges = [...net.edges.values()].filter(isRoad);
  const links = connectionCounts(net, edges);
  const next = new Map<string, NetEdge>();
  const before = new Set<string>();
  for (const edge of edges) {
    if (signalOf.has(edge.to)) continue;
    const on = best(links.after.get(edge.id));
    if (on === undefined || best(links.before.get(on)) !== edge.id) continue;
    next.set(edge.id, net.edges.get(on)!);
    before.add(on);
  }
  const roads: Road[] = [];
  const of = new Map<string, Road>();
  const add = (first: NetEdge): void => {
    const chain: NetEdge[] = [];
    // A ring of roads without a signal comes back to where it began.
    for (
      let edge: NetEdge | undefined = first;
      edge && !of.has(edge.id) && !chain.includes(edge);
      edge = next.get(edge.id)
    )
      chain.push(edge);
    const road = roadOf(net, chain);
    roads.push(road);
    for (const edge of chain) of.set(edge.id, road);
  };
  for (const edge of edges) if (!before.has(edge.id)) add(edge);
  for (const edge of edges) if (!of.has(edge.id)) add(edge);
  return { roads, of };
}

interface Ways {
  /** Weight of the ways from one edge to the others. */
  readonly after: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly before: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Straight on counts most, then the number of lanes. */
function connectionCounts(net: SumoNet, edges: readonly NetEdge[]): Ways {
  const known = new Set(edges.map(({ id }) => id));
  const after = new Map<string, Map<string, number>>();
  const before = new Map<string, Map<string, number>>();
  const add = (to: Map<string, Map<string, number>>, key: string, other: string, weight: number) => {
    const map = to.get(key) ?? new Map<string, number>();
    map.set(other, (map.get(other) ?? 0) + weight);
    to.set(key, map);
  };
  for (const { from, to, dir } of net.connections) {
    if (!known.has(from) || !known.has(to) || dir === "t" || dir === "T") continue;
    const weight = dir === "s" ? 100 : 1;
    add(after, from, to, weight);
    add(before, to, from, weight);
  }
  return { after, before };
}

function best(weights: ReadonlyMap<string, number> | undefined): string | undefined {
  let most: string | undefined;
  for (const [id, weight] of weights ?? []) if (most === undefined || weight > weights!.get(most)!) most = id;
  return most;
}

function roadOf(net: SumoNet, edges: readonly NetEdge[]): Road {
  let lengthM = 0;
  let timeS = 0;
  for (const [i, edge] of edges.entries()) {
    const lane = edge.lanes.find(forMotors)!;
    lengthM += lane.lengthM;
    timeS += lane.lengthM / lane.speedMps;
    const on = edges[i + 1];
    const inner = on && innerLength(net, edge, on);
    if (inner) {
      lengthM += inner;
      timeS += inner / lane.speedMps;
    }
  }
  return { id: edges.at(-1)!.id, edges, lengthM, speedMps: lengthM / timeS };
}

function innerLength(net: SumoNet, from: NetEdge, to: NetEdge): number {
  const way = net.connections.find((connection) => connection.from === from.id && connection.to === to.id);
  return way ? innerLanes(net, way).reduce((sum, lane) => sum + lane.lengthM, 0) : 0;
}

/** The internal lanes a connection runs over, in driving order; two where it may wait inside the junction. */
export function innerLanes(net: SumoNet, connection: NetConnection): readonly NetLane[] {
  const lanes: NetLane[] = [];
  let { via } = connection;
  while (via !== undefined && !lanes.some((lane) => lane.id === via)) {
    lanes.push(net.lanes.get(via)!);
    via = connectionsByLane(net).get(via)?.[0]?.via;
  }
  return lanes;
}

/** Grade of a road by its end heights; 0 in flat files. */
function gradePercent(edges: readonly NetEdge[], lengthM: number): number {
  const from = edges[0]!.lanes[0]!.shape[0]!;
  const to = edges.at(-1)!.lanes[0]!.shape.at(-1)!;
  return lengthM > 0 ? (100 * (to.z - from.z)) / lengthM : 0;
}

export function linkOf({ id, edges, lengthM, speedMps }: Road, nodeId: (junction: string) => string): Link {
  const lanes = edges.at(-1)!.lanes.filter(forMotors);
  return {
    id,
    from: nodeId(edges[0]!.from),
    to: nodeId(edges.at(-1)!.to),
    lengthM,
    speedMps,
    widthM: lanes.reduce((sum, lane) => sum + lane.widthM, 0),
    lanes: lanes.length,
    gradePercent: gradePercent(edges, lengthM),
  };
}

export const nodeOf = (net: SumoNet, id: string, kind: Node["kind"]): Node => {
  const { x, y } = net.junctions.get(id)!;
  return { id, kind, xM: x, yM: y };
};
