import type { UtdfNetwork } from "./network.ts";
import type { Road } from "./roads.ts";

export interface Positions {
  at(node: string): { readonly xM: number; readonly yM: number };
  /** Clockwise from north, degrees. */
  bearing(from: string, to: string): number;
  distanceM(a: string, b: string): number;
}

/**
 * Where nodes are drawn. A road with bends is drawn straight, so a node at the edge is turned round its junction to where
 * its road meets it: which arm lies beside which is read from the drawing. The zero is the first node's place.
 */
export function placed({ nodes }: UtdfNetwork, roads: readonly Road[]): Positions {
  const zero = nodes.values().next().value!;
  const at = new Map([...nodes.values()].map(({ id, xM, yM }) => [id, { xM: xM - zero.xM, yM: yM - zero.yM }]));
  for (const node of nodes.values()) {
    const own = roads.filter((road) => road.from === node.id || road.to === node.id);
    const ends = new Set(own.map((road) => (road.from === node.id ? road.to : road.from)));
    const road = own[0];
    if (node.kind !== "external" || ends.size !== 1 || !road) continue;
    const junction = road.from === node.id ? road.to : road.from;
    const neighbour = road.from === node.id ? road.last : road.first;
    if (neighbour === node.id) continue;
    const [centre, beside, edge] = [at.get(junction)!, at.get(neighbour)!, at.get(node.id)!];
    const near = Math.hypot(beside.xM - centre.xM, beside.yM - centre.yM);
    const far = Math.hypot(edge.xM - centre.xM, edge.yM - centre.yM);
    if (near === 0) continue;
    at.set(node.id, {
      xM: centre.xM + ((beside.xM - centre.xM) / near) * far,
      yM: centre.yM + ((beside.yM - centre.yM) / near) * far,
    });
  }
  return {
    at: (node) => at.get(node)!,
    bearing: (from, to) => {
      const [a, b] = [at.get(from)!, at.get(to)!];
      return ((Math.atan2(b.xM - a.xM, b.yM - a.yM) * 180) / Math.PI + 360) % 360;
    },
    distanceM: (a, b) => Math.hypot(at.get(a)!.xM - at.get(b)!.xM, at.get(a)!.yM - at.get(b)!.yM),
  };
}
