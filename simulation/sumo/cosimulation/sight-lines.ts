import type { SumoCity } from "../city/city.ts";
import { forMotors, innerLanes } from "../city/roads.ts";
import { connectionsByLane, type NetConnection, type NetEdge, type NetLane, type SumoNet } from "../net-model.ts";

/** Where in the pictures of which cameras a vehicle on one lane appears. Worked out once for a network and a range. */
export interface LaneSight {
  readonly lengthM: number;
  readonly approaches: readonly ApproachSight[];
  readonly exits: readonly ExitSight[];
  readonly boxes: readonly BoxSight[];
  /** This is the last lane before a stop line. */
  readonly stop: { readonly junction: number; readonly approach: number; readonly lane: number } | undefined;
  readonly edge: string;
}

export interface ApproachSight {
  /** Indexes in `SightLines.junctions` and in the junction's approaches. */
  readonly junction: number;
  readonly approach: number;
  /** From the lane's end to the stop line, m. */
  readonly beyondM: number;
  /** Stop-line lanes to which it leads, rising. */
  readonly lanes: readonly number[];
  readonly behind: string | undefined;
}

export interface ExitSight {
  readonly junction: number;
  readonly exit: number;
  readonly lane: number;
  /** From the box to the lane's start, m. */
  readonly beforeM: number;
}

export interface BoxSight {
  readonly junction: number;
  readonly approach: number;
  readonly lane: number;
  readonly movements: readonly string[];
}

export interface ExitCamera {
  /** Link id. */
  readonly link: string;
  readonly lanes: number;
  readonly rangeM: number;
}

export interface SightLines {
  readonly junctions: readonly string[];
  /** By junction, by approach: how far its camera really sees, m. */
  readonly ranges: readonly (readonly number[])[];
  readonly exits: readonly (readonly ExitCamera[])[];
  readonly lanes: ReadonlyMap<string, LaneSight>;
}

type Mutable = {
  -readonly [K in keyof LaneSight]: LaneSight[K] extends readonly (infer E)[] ? E[] : LaneSight[K];
};

/** Traces what the cameras of every signal see up to `rangeM` before the stop lines and after the box. */
export function sightLines(net: SumoNet, { city, signals, roads }: SumoCity, rangeM: number): SightLines {
  const into = waysInto(net);
  const junctions = [...city.junctions.values()];
  const lanes = new Map<string, Mutable>();
  const sight = (lane: NetLane): Mutable => {
    const known = lanes.get(lane.id) ?? {
      lengthM: lane.lengthM,
      approaches: [],
      exits: [],
      boxes: [],
      stop: undefined,
      edge: lane.edge,
    };
    lanes.set(lane.id, known);
    return known;
  };
  const ranges: number[][] = [];
  const exits: ExitCamera[][] = [];
  for (const [j, junction] of junctions.entries()) {
    ranges.push(
      junction.approaches.map((approach, a) => {
        const found = new Map<string, Upstream>();
        for (const [k, { id }] of approach.lanes.entries()) {
          const lane = net.lanes.get(id)!;
          sight(lane).stop = { junction: j, approach: a, lane: k };
          lookUpstream({ net, into, rangeM, own: junction.id }, lane, k, found);
        }
        let reach = 0;
        for (const { lane, beyondM, lanes: leadsTo, behind } of found.values()) {
          sight(lane).approaches.push({
            junction: j,
            approach: a,
            beyondM,
            lanes: [...leadsTo].sort((x, y) => x - y),
            behind,
          });
          reach = Math.max(reach, beyondM + lane.lengthM);
        }
        return Math.min(rangeM, reach);
      }),
    );
    const { links, groupOf } = signals.get(junction.id)!;
    for (const [index, connections] of links.entries())
      for (const connection of connections) {
        const group = junction.groups[groupOf[index]!];
        const a = junction.approaches.findIndex(({ id }) => id === connection.from);
        if (!group || a < 0) continue;
        const id = net.edges.get(connection.from)!.lanes[connection.fromLane]!.id;
        const lane = junction.approaches[a]!.lanes.findIndex((candidate) => candidate.id === id);
        for (const inner of innerLanes(net, connection))
          addBox(sight(inner).boxes, { junction: j, approach: a, lane, movement: `${group.id}>${connection.to}` });
      }
    exits.push(lookDownstream({ net, roads, rangeM }, { index: j, links: links.flat() }, sight));
  }
  return { junctions: junctions.map(({ id }) => id), ranges, exits, lanes };
}

function addBox(
  boxes: BoxSight[],
  { movement, ...seen }: Omit<BoxSight, "movements"> & { readonly movement: string },
): void {
  const i = boxes.findIndex(
    (box) => box.junction === seen.junction && box.approach === seen.approach && box.lane === seen.lane,
  );
  if (i < 0) boxes.push({ ...seen, movements: [movement] });
  else if (!boxes[i]!.movements.includes(movement))
    boxes[i] = { ...boxes[i]!, movements: [...boxes[i]!.movements, movement] };
}

/** Connections that lead into each lane of a road, by lane id. */
function waysInto(net: SumoNet): ReadonlyMap<string, readonly NetConnection[]> {
  const into = new Map<string, NetConnection[]>();
  for (const connection of net.connections) {
    // Second parts inside a junction belong to the way that leads onto them.
    if (net.edges.get(connection.from)!.function === "internal") continue;
    const lane = net.edges.get(connection.to)!.lanes[connection.toLane]!.id;
    into.set(lane, [...(into.get(lane) ?? []), connection]);
  }
  return into;
}

interface Upstream {
  readonly lane: NetLane;
  readonly beyondM: number;
  readonly lanes: Set<number>;
  readonly behind: string | undefined;
}

interface Look {
  readonly net: SumoNet;
  readonly into: ReadonlyMap<string, readonly NetConnection[]>;
  readonly rangeM: number;
  readonly own: string;
}

/** Follows the lanes that lead to one stop-line lane, nearest first, until the range ends. */
function lookUpstream(look: Look, start: NetLane, stopLane: number, found: Map<string, Upstream>): void {
  const { net, into, rangeM } = look;
  const reached = new Map<string, number>();
  const open: Omit<Upstream, "lanes">[] = [{ lane: start, beyondM: 0, behind: undefined }];
  for (let next = open.shift(); next; next = open.shift()) {
    const { lane, beyondM, behind } = next;
    if (beyondM >= rangeM || beyondM >= (reached.get(lane.id) ?? Number.POSITIVE_INFINITY)) continue;
    reached.set(lane.id, beyondM);
    note(found, next, stopLane);
    for (const way of into.get(lane.id) ?? []) {
      if (way.dir === "t" || way.dir === "T") continue;
      let at = beyondM + lane.lengthM;
      const inner = innerLanes(net, way);
      for (const part of [...inner].reverse()) {
        if (at < rangeM) note(found, { lane: part, beyondM: at, behind }, stopLane);
        at += part.lengthM;
      }
      const from = net.edges.get(way.from)!.lanes[way.fromLane]!;
      if (!forMotors(from)) continue;
      open.push({ lane: from, beyondM: at, behind: behind ?? way.signal });
    }
    open.sort((a, b) => a.beyondM - b.beyondM);
  }
}

function note(found: Map<string, Upstream>, seen: Omit<Upstream, "lanes">, stopLane: number): void {
  const known = found.get(seen.lane.id);
  if (!known) found.set(seen.lane.id, { ...seen, lanes: new Set([stopLane]) });
  else {
    known.lanes.add(stopLane);
    if (seen.beyondM < known.beyondM) found.set(seen.lane.id, { ...seen, lanes: known.lanes });
  }
}

interface Downstream {
  readonly net: SumoNet;
  readonly roads: SumoCity["roads"];
  readonly rangeM: number;
}

/** Leaving carriageways: the first edge, and on along its road until the next signal or the range's end. */
function lookDownstream(
  { net, roads, rangeM }: Downstream,
  junction: { readonly index: number; readonly links: readonly NetConnection[] },
  sight: (lane: NetLane) => Mutable,
): ExitCamera[] {
  const first = [...new Set(junction.links.map(({ to }) => to))]
    .map((id) => net.edges.get(id)!)
    .filter((edge) => edge.function === "normal" && edge.lanes.some(forMotors));
  return first.map((edge, exit) => {
    const road = roads.of.get(edge.id)!;
    const chain = road.edges.slice(road.edges.indexOf(edge));
    const lanes = edge.lanes.filter(forMotors);
    let reach = 0;
    for (const [k, lane] of lanes.entries()) {
      let on: NetLane | undefined = lane;
      let at = 0;
      for (let i = 0; on && at < rangeM; i++) {
        sight(on).exits.push({ junction: junction.index, exit, lane: k, beforeM: at });
        at += on.lengthM;
        const way: NetConnection | undefined = onward(net, on, chain[i + 1]);
        for (const inner of way ? innerLanes(net, way) : []) {
          sight(inner).exits.push({ junction: junction.index, exit, lane: k, beforeM: at });
          at += inner.lengthM;
        }
        on = way && chain[i + 1]!.lanes[way.toLane];
      }
      reach = Math.max(reach, at);
    }
    return { link: road.id, lanes: lanes.length, rangeM: Math.min(rangeM, reach) };
  });
}

const onward = (net: SumoNet, lane: NetLane, next: NetEdge | undefined): NetConnection | undefined =>
  next &&
  connectionsByLane(net)
    .get(lane.id)
    ?.find(({ to }) => to === next.id);
