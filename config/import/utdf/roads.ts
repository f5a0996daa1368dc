import type { UtdfLink, UtdfNetwork, UtdfNode } from "./network.ts";

/** A road between two nodes that count: signals and the edge of the network. Bends and unsignalised nodes lie inside it. */
export interface Road {
  readonly from: string;
  readonly to: string;
  /** The node it leaves `from` by, and the node it reaches `to` by: the neighbours in the file. */
  readonly first: string;
  readonly last: string;
  readonly lengthM: number;
  readonly speedKmh: number;
  readonly gradePercent: number;
  /** At its end; 0 where the file does not say. */
  readonly lanes: number;
}

export interface Roads {
  readonly roads: readonly Road[];
  /** Nodes that are drawn into a road, with those that lose a side street by it. */
  readonly passed: readonly { readonly node: UtdfNode; readonly lost: readonly string[] }[];
  /** Links that lead to no signal and no edge. */
  readonly dead: readonly UtdfLink[];
}

const counts = (node: UtdfNode): boolean => node.kind === "signal" || node.kind === "external";

/** Follows every link that leaves a signal or the edge straight on until the next of them. */
export function roadsOf(network: UtdfNetwork): Roads {
  const { nodes, links } = network;
  const between = new Map(links.map((link) => [`${link.from} ${link.to}`, link]));
  const used = new Set<UtdfLink>();
  const roads: Road[] = [];
  const dead: UtdfLink[] = [];
  for (const start of links) {
    if (!counts(nodes.get(start.from)!)) continue;
    const chain = [start];
    for (let last = start; !counts(nodes.get(last.to)!); ) {
      const next = onward(network, between, last);
      if (!next || chain.includes(next)) break;
      chain.push(next);
      last = next;
    }
    const last = chain.at(-1)!;
    if (!counts(nodes.get(last.to)!) || last.to === start.from) {
      dead.push(start);
      continue;
    }
    for (const link of chain) used.add(link);
    const lengthM = chain.reduce((total, link) => total + link.lengthM, 0);
    const timeH = chain.reduce((total, link) => total + link.lengthM / Math.max(1, link.speedKmh), 0);
    roads.push({
      from: start.from,
      to: last.to,
      first: start.to,
      last: last.from,
      lengthM,
      speedKmh: timeH > 0 ? lengthM / timeH : start.speedKmh,
      gradePercent: chain.reduce((total, link) => total + link.gradePercent * link.lengthM, 0) / Math.max(1, lengthM),
      lanes: last.lanes,
    });
  }
  const passed = [...nodes.values()]
    .filter((node) => !counts(node))
    .map((node) => ({
      node,
      lost: links.filter((link) => link.to === node.id && !used.has(link)).map((link) => link.from),
    }));
  return { roads: merged(roads), passed, dead };
}

/** Where a vehicle that drives straight on goes: a bend's other arm, an unsignalised node's through movement. */
function onward(
  { nodes, links }: UtdfNetwork,
  between: ReadonlyMap<string, UtdfLink>,
  { from, to }: UtdfLink,
): UtdfLink | undefined {
  const node = nodes.get(to)!;
  const exits = links.filter((link) => link.from === to && link.to !== from);
  if (exits.length === 1 && node.kind === "bend") return exits[0];
  const through = node.movements.find((movement) => movement.from === from && movement.turn === "T");
  if (through) return between.get(`${to} ${through.to}`);
  return node.kind === "bend" ? exits[0] : undefined;
}

/** Two ways between the same nodes cannot both be a link of ours: the first holds. */
function merged(roads: readonly Road[]): readonly Road[] {
  const byEnds = new Map<string, Road>();
  for (const road of roads) {
    const key = `${road.from} ${road.to}`;
    if (!byEnds.has(key)) byEnds.set(key, road);
  }
  return [...byEnds.values()];
}
