import type { Corridor, Junction, Link, Node } from "../../../config/model.ts";

/** Roads and signals, as far as the order of signals needs them. */
export interface Layout {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly links: ReadonlyMap<string, Link>;
  readonly junctions: readonly Junction[];
}

export interface CorridorPath {
  readonly corridor: Corridor;
  /** Roads from one junction to the next where no single link joins them, as links of their own. */
  readonly paths: readonly Link[];
}

/** All signals in one corridor, in order along the axis in which they spread most. */
export function corridorOf(id: string, { nodes, links, junctions }: Layout): CorridorPath {
  const ordered = alongAxis(junctions, nodes);
  const paths: Link[] = [];
  const hop = (from: Junction, to: Junction): string => {
    const direct = [...links.values()].find((link) => link.from === from.node && link.to === to.node);
    if (direct) return direct.id;
    const path = shortest(links, from.node, to.node) ?? straight(nodes.get(from.node)!, nodes.get(to.node)!);
    const link = { ...path, id: `path/${from.id}>${to.id}`, from: from.node, to: to.node };
    paths.push(link);
    return link.id;
  };
  const pairs = ordered.slice(1).map((to, i) => ({ from: ordered[i]!, to }));
  const forward = pairs.map(({ from, to }) => hop(from, to));
  const backward = pairs.map(({ from, to }) => hop(to, from));
  const all = [...links.values(), ...paths].filter((link) => forward.includes(link.id) || backward.includes(link.id));
  const timeS = all.reduce((sum, { lengthM, speedMps }) => sum + lengthM / speedMps, 0);
  const lengthM = all.reduce((sum, link) => sum + link.lengthM, 0);
  const corridor: Corridor = {
    id,
    name: id,
    junctions: ordered.map((junction) => junction.id),
    forward,
    backward,
    progressionMps: timeS > 0 ? lengthM / timeS : 13.9,
  };
  return { corridor, paths };
}

function alongAxis(junctions: readonly Junction[], nodes: ReadonlyMap<string, Node>): readonly Junction[] {
  const points = junctions.map(({ node }) => nodes.get(node)!);
  const mean = (value: (node: Node) => number): number =>
    points.reduce((sum, point) => sum + value(point), 0) / points.length;
  const [x, y] = [mean(({ xM }) => xM), mean(({ yM }) => yM)];
  const xx = mean(({ xM }) => (xM - x) ** 2);
  const yy = mean(({ yM }) => (yM - y) ** 2);
  const xy = mean(({ xM, yM }) => (xM - x) * (yM - y));
  // Direction of the larger eigenvector of the spread.
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  const along = (junction: Junction): number => {
    const { xM, yM } = nodes.get(junction.node)!;
    return (xM - x) * Math.cos(angle) + (yM - y) * Math.sin(angle);
  };
  return [...junctions].sort((a, b) => along(a) - along(b) || (a.id < b.id ? -1 : 1));
}

type Bare = Omit<Link, "id" | "from" | "to">;

/** The quickest way over the links, as one link. */
function shortest(links: ReadonlyMap<string, Link>, from: string, to: string): Bare | undefined {
  const leaving = new Map<string, Link[]>();
  for (const link of links.values()) leaving.set(link.from, [...(leaving.get(link.from) ?? []), link]);
  const reached = new Map<string, { readonly timeS: number; readonly by: Link | undefined }>([
    [from, { timeS: 0, by: undefined }],
  ]);
  const open = new Set([from]);
  while (open.size > 0) {
    const node = [...open].reduce((a, b) => (reached.get(b)!.timeS < reached.get(a)!.timeS ? b : a));
    open.delete(node);
    if (node === to) break;
    for (const link of leaving.get(node) ?? []) {
      const timeS = reached.get(node)!.timeS + link.lengthM / link.speedMps;
      if (timeS >= (reached.get(link.to)?.timeS ?? Number.POSITIVE_INFINITY)) continue;
      reached.set(link.to, { timeS, by: link });
      open.add(link.to);
    }
  }
  const used: Link[] = [];
  for (let by = reached.get(to)?.by; by; by = reached.get(by.from)?.by) used.push(by);
  if (used.length === 0) return undefined;
  const lengthM = used.reduce((sum, link) => sum + link.lengthM, 0);
  return {
    lengthM,
    speedMps: lengthM / reached.get(to)!.timeS,
    widthM: Math.min(...used.map(({ widthM }) => widthM)),
    lanes: Math.min(...used.map(({ lanes }) => lanes)),
    gradePercent: 0,
  };
}

/** Signals that no road joins: as the crow flies. */
const straight = (a: Node, b: Node): Bare => ({
  lengthM: Math.max(1, Math.hypot(a.xM - b.xM, a.yM - b.yM)),
  speedMps: 13.9,
  widthM: 3.2,
  lanes: 1,
  gradePercent: 0,
});
