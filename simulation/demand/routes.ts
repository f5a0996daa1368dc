import type { RoadNetwork } from "../traffic/network.ts";

/** Links to drive and the moves between them; `moves[i]` leads from `links[i]` to `links[i + 1]`. */
export interface Route {
  readonly links: readonly number[];
  readonly moves: readonly number[];
}

/** What a turn costs beyond driving, s: keeps routes on the straight way where times are equal. */
const TURN_COST_S = 4;

/** Quickest way on an empty network from a link to an edge node, over the movements that exist; undefined when there is none. */
export const quickestRoute = (
  network: RoadNetwork,
  fromLink: number,
  toNode: string,
  closed: (link: number) => boolean = () => false,
): Route | undefined => search(network, fromLink, (link) => network.links[link]!.to === toNode, closed);

/** Quickest way out of the network from a link: to an edge node. */
export const nearestExit = (
  network: RoadNetwork,
  fromLink: number,
  closed: (link: number) => boolean,
): Route | undefined =>
  search(network, fromLink, (link) => network.links[link]!.junction < 0 && link !== fromLink, closed);

function search(
  network: RoadNetwork,
  fromLink: number,
  isEnd: (link: number) => boolean,
  closed: (link: number) => boolean,
): Route | undefined {
  const cost = new Float64Array(network.links.length).fill(Number.POSITIVE_INFINITY);
  const via = new Int32Array(network.links.length).fill(-1);
  const done = new Uint8Array(network.links.length);
  const time = (link: number) => network.links[link]!.lengthM / network.links[link]!.speedMps;
  cost[fromLink] = time(fromLink);
  for (;;) {
    let best = -1;
    for (let i = 0; i < cost.length; i++)
      if (!done[i] && cost[i]! < (best < 0 ? Number.POSITIVE_INFINITY : cost[best]!)) best = i;
    if (best < 0) return undefined;
    if (isEnd(best)) return trace(network, via, fromLink, best);
    done[best] = 1;
    network.moves.forEach((move, m) => {
      if (move.from !== best || closed(move.to)) return;
      const total = cost[best]! + time(move.to) + (move.turn === "through" ? 0 : TURN_COST_S);
      if (total < cost[move.to]!) {
        cost[move.to] = total;
        via[move.to] = m;
      }
    });
  }
}

function trace(network: RoadNetwork, via: Int32Array, from: number, to: number): Route {
  const links = [to];
  const moves: number[] = [];
  for (let link = to; link !== from; ) {
    const move = via[link]!;
    link = network.moves[move]!.from;
    moves.unshift(move);
    links.unshift(link);
  }
  return { links, moves };
}
