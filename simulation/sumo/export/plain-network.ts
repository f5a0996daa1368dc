import type { Approach, City, Junction, Link, Movement } from "../../../config/model.ts";
import { heights } from "./heights.ts";
import type { Note } from "./note.ts";
import { signalLinks } from "./signals.ts";
import { element, xmlFile } from "./xml-text.ts";

/** Input of `netconvert`: nodes, edges and connections. */
export interface PlainNetwork {
  readonly nodes: string;
  readonly edges: string;
  readonly connections: string;
  /** Which connection obeys which link index; part of the file of programs. */
  readonly signalled: readonly string[];
  readonly notes: readonly Note[];
}

/** Metres beyond which a link that is longer than the straight line is worth a word. */
const BENT_SHARE = 1.1;

/**
 * The roads of a city in netconvert's own form. Lane 0 is at the kerb in both. A link has the lanes of the approach at its
 * end all the way, as on the built-in street: the files do not say where a lane for turning begins.
 */
export function plainNetwork(city: City): PlainNetwork {
  const junctions = [...city.junctions.values()];
  const approachOf = new Map(
    junctions.flatMap((junction) => junction.approaches.map((approach) => [approach.link, approach] as const)),
  );
  const { heightM, notes } = heights(city);
  const junctionAt = new Map(junctions.map((junction) => [junction.node, junction]));
  const nodes = [...city.nodes.values()].map((node) =>
    element("node", {
      id: node.id,
      x: node.xM,
      y: node.yM,
      z: heightM.get(node.id),
      type: junctionAt.has(node.id) ? "traffic_light" : "priority",
      tl: junctionAt.get(node.id)?.id,
    }),
  );
  const edges = [...city.links.values()].map((link) => edgeOf(link, approachOf.get(link.id)));
  const lanes = junctions.flatMap((junction) => connectionsOf(city, junction, approachOf));
  return {
    nodes: xmlFile("nodes", nodes),
    edges: xmlFile("edges", edges),
    connections: xmlFile(
      "connections",
      lanes.map(({ tl, linkIndex, ...connection }) => element("connection", connection)),
    ),
    signalled: lanes.map((connection) => element("connection", connection)),
    notes: [...notes, ...laneNotes(city, approachOf), ...bentNotes(city)],
  };
}

function edgeOf(link: Link, approach: Approach | undefined): string {
  const widths = laneWidths(link, approach);
  return element(
    "edge",
    {
      id: link.id,
      from: link.from,
      to: link.to,
      numLanes: widths.length,
      speed: link.speedMps,
      length: link.lengthM,
      priority: approach?.main === false ? 1 : 2,
      spreadType: "right",
    },
    widths.map((width, index) => element("lane", { index, width })),
  );
}

/** Widths of the lanes of a link as they are written, from the kerb, m. */
export function laneWidthsOf(city: City, link: string): readonly number[] {
  const approaches = [...city.junctions.values()].flatMap((junction) => junction.approaches);
  return laneWidths(
    city.links.get(link)!,
    approaches.find((approach) => approach.link === link),
  );
}

const laneWidths = (link: Link, approach: Approach | undefined): readonly number[] =>
  approach?.lanes.map(({ widthM }) => widthM) ?? Array.from({ length: link.lanes }, () => link.widthM / link.lanes);

type Connection = Readonly<Record<"from" | "to" | "tl", string> & Record<"fromLane" | "toLane" | "linkIndex", number>>;

function connectionsOf(
  city: City,
  junction: Junction,
  approachOf: ReadonlyMap<string, Approach>,
): readonly Connection[] {
  const signals = signalLinks(city, junction);
  const linkOf = (movement: Movement) =>
    junction.approaches.find((approach) => approach.id === movement.approach)!.link;
  return junction.movements.flatMap((movement) => {
    const exit = city.links.get(movement.exit)!;
    const exitLanes = laneWidths(exit, approachOf.get(exit.id)).length;
    return laneTargets(city, junction, movement, exitLanes).map(({ from, to }) => ({
      from: linkOf(movement),
      to: movement.exit,
      fromLane: from,
      toLane: to,
      tl: junction.id,
      linkIndex: signals.findIndex((signal) => signal.movements.includes(movement.id)),
    }));
  });
}

/**
 * Where the lanes of a movement lead: a near turn to the lanes at the kerb, a far one to those at the median, straight on
 * stays in its lane, or keeps its order where the exit is narrower.
 */
function laneTargets(
  city: City,
  junction: Junction,
  movement: Movement,
  exitLanes: number,
): readonly { readonly from: number; readonly to: number }[] {
  const approach = junction.approaches.find((candidate) => candidate.id === movement.approach)!;
  const own = approach.lanes.flatMap((lane, index) => (lane.movements.includes(movement.id) ? [index] : []));
  const last = exitLanes - 1;
  return own.map((from, rank) => {
    const straight = own.length > exitLanes || from > last ? rank : from;
    const wanted =
      movement.turn === "through" ? straight : movement.turn === city.drivesOn ? rank : exitLanes - own.length + rank;
    return { from, to: Math.max(0, Math.min(last, wanted)) };
  });
}

function laneNotes(city: City, approachOf: ReadonlyMap<string, Approach>): readonly Note[] {
  const wider = [...city.links.values()].filter(
    ({ id, lanes }) => (approachOf.get(id)?.lanes.length ?? lanes) !== lanes,
  );
  if (wider.length === 0) return [];
  return [
    {
      subject: "lanes",
      message: `these links have another number of lanes at the stop line than between junctions; written with those of the stop line all along, as the built-in street has them: ${wider.map(({ id, lanes }) => `${id} (${lanes}, ${approachOf.get(id)!.lanes.length})`).join(", ")}`,
    },
  ];
}

function bentNotes(city: City): readonly Note[] {
  return [...city.links.values()].flatMap((link) => {
    const [a, b] = [city.nodes.get(link.from)!, city.nodes.get(link.to)!];
    const straightM = Math.hypot(a.xM - b.xM, a.yM - b.yM);
    if (link.lengthM <= straightM * BENT_SHARE) return [];
    return [
      {
        subject: `link ${link.id}`,
        message: `is ${link.lengthM} m long and drawn as a straight line of ${straightM.toFixed(0)} m; its length is right, its drawing is not`,
      },
    ];
  });
}
