import type { Random } from "../../../engine/ports/random.ts";
import { element, xmlFile } from "../export/xml-text.ts";
import { type NetEdge, permits, type SumoNet } from "../net-model.ts";

/**
 * Trips between the edges of a network that nobody has counted: where traffic enters and leaves, each road weighed by its
 * lanes and speed, at random times. A placeholder to drive and look at, not a demand to judge by.
 */
export function randomTrips(
  net: SumoNet,
  options: { readonly perHour: number; readonly durationS: number; readonly random: Random },
): { readonly file: string; readonly trips: number } {
  const { perHour, durationS, random } = options;
  const roads = [...net.edges.values()].filter(
    (edge) => edge.function === "normal" && edge.lanes.some(({ permission }) => permits(permission, "passenger")),
  );
  const exits = new Map<string, Set<string>>();
  for (const { from, to } of net.connections) {
    const known = exits.get(from);
    if (known) known.add(to);
    else exits.set(from, new Set([to]));
  }
  const entered = new Set(net.connections.map(({ to }) => to));
  const sources = pool(
    roads.filter(({ id }) => !entered.has(id)),
    roads,
  );
  const sinks = pool(
    roads.filter(({ id }) => !exits.has(id)),
    roads,
  );
  const gaps = random.fork("gaps");
  const ends = random.fork("ends");
  const trips: string[] = [];
  for (let at = gap(gaps, perHour); at < durationS; at += gap(gaps, perHour)) {
    const from = draw(sources, ends);
    const reachable = new Set(reach(from.id, exits));
    const targets = sinks.filter(({ id, to }) => reachable.has(id) && to !== from.from);
    if (targets.length === 0) continue;
    trips.push(
      element("trip", {
        id: `trip.${trips.length + 1}`,
        type: "car",
        depart: Math.floor(at * 10) / 10,
        from: from.id,
        to: draw(targets, ends).id,
        departLane: "best",
        departSpeed: "max",
      }),
    );
  }
  const type = element("vType", { id: "car", vClass: "passenger" });
  return { file: xmlFile("routes", [type, ...trips]), trips: trips.length };
}

/** Edges at the rim; all of them where the network has no rim. */
const pool = (rim: readonly NetEdge[], all: readonly NetEdge[]): readonly NetEdge[] => (rim.length > 0 ? rim : all);

const weight = (edge: NetEdge): number => edge.lanes.length * (edge.lanes[0]?.speedMps ?? 1);

function draw(edges: readonly NetEdge[], random: Random): NetEdge {
  const total = edges.reduce((sum, edge) => sum + weight(edge), 0);
  let left = random.next() * total;
  for (const edge of edges) {
    left -= weight(edge);
    if (left < 0) return edge;
  }
  return edges.at(-1)!;
}

const gap = (random: Random, perHour: number): number => (-Math.log(1 - random.next()) * 3600) / perHour;

const reached = new WeakMap<ReadonlyMap<string, Set<string>>, Map<string, readonly string[]>>();

/** Everything that can be driven to, by connections; kept for each start. */
function reach(from: string, exits: ReadonlyMap<string, Set<string>>): readonly string[] {
  const known = reached.get(exits) ?? new Map<string, readonly string[]>();
  reached.set(exits, known);
  const before = known.get(from);
  if (before) return before;
  const found = new Set<string>();
  const open = [from];
  for (let edge = open.pop(); edge !== undefined; edge = open.pop())
    for (const next of exits.get(edge) ?? [])
      if (!found.has(next)) {
        found.add(next);
        open.push(next);
      }
  const list = [...found];
  known.set(from, list);
  return list;
}
