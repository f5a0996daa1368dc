import type { DemandFile } from "../../schema/demand.ts";
import type { ImportedJunction } from "./junction.ts";
import type { Road } from "./roads.ts";

export interface DemandInput {
  readonly roads: readonly Road[];
  readonly linkId: (road: Road) => string;
  readonly nodeId: (id: string) => string;
  /** By node of the UTDF. */
  readonly junctions: ReadonlyMap<string, ImportedJunction>;
}

/** A vehicle is followed through at most so many junctions; a loop of turns ends there. */
const LONGEST_WAY = 60;
/** Destinations of less than this share are left out. */
const LEAST_SHARE = 0.001;

/**
 * Flows between the edges of the network from the turning counts: what enters an edge link, spread over the turns of each
 * junction it meets in proportion to their counts. Undefined where nothing was counted.
 */
export function demandOf({ roads, linkId, nodeId, junctions }: DemandInput): DemandFile | undefined {
  const turns = new Map<Road, readonly { readonly exit: Road; readonly volume: number }[]>();
  for (const [node, { movements, file }] of junctions)
    for (const road of roads.filter((own) => own.to === node)) {
      const approach = file.approaches.find(({ link }) => link === linkId(road));
      turns.set(
        road,
        file.movements.flatMap((movement) => {
          const exit = roads.find((own) => linkId(own) === movement.exit);
          return movement.approach === approach?.id && exit
            ? [{ exit, volume: movements.get(movement.id)!.volume }]
            : [];
        }),
      );
    }
  const volumeOf = (road: Road) => (turns.get(road) ?? []).reduce((sum, { volume }) => sum + volume, 0);
  const flows = roads
    .filter((road) => !junctions.has(road.from) && junctions.has(road.to) && volumeOf(road) > 0)
    .flatMap((road) => {
      const to = destinations(road, turns, volumeOf).filter(([node]) => node !== road.from);
      const kept = to.filter(([, share]) => share >= LEAST_SHARE);
      const total = kept.reduce((sum, [, share]) => sum + share, 0);
      if (total === 0) return [];
      return [
        {
          id: `from-${nodeId(road.from)}`,
          from: nodeId(road.from),
          vehicles_per_hour: Math.min(10_000, Math.round(volumeOf(road))),
          profile: "counted",
          to: wholeShares(kept.map(([node, share]) => [nodeId(node), share / total])),
        },
      ];
    });
  if (flows.length === 0) return undefined;
  const all = [...junctions.values()].flatMap(({ movements }) => [...movements.values()]);
  const volume = all.reduce((sum, movement) => sum + movement.volume, 0);
  const heavy = all.reduce((sum, movement) => sum + (movement.volume * movement.heavyPercent) / 100, 0) / volume;
  const hv = Number(Math.min(0.5, heavy).toFixed(3));
  return {
    origin: "sourced",
    source: "Turning counts of the Synchro UTDF, spread over the network in proportion",
    class_shares: { car: Number((1 - hv).toFixed(3)), hv, mc: 0, bus: 0 },
    truck_ban: [],
    day_variation: 0,
    quarter_variation: 0,
    profiles: { counted: [{ at: "00:00", factor: 1 }] },
    flows,
    pedestrians: [],
  };
}

/** Shares of the edge nodes that a road's vehicles reach. */
function destinations(
  from: Road,
  turns: ReadonlyMap<Road, readonly { readonly exit: Road; readonly volume: number }[]>,
  volumeOf: (road: Road) => number,
): readonly (readonly [string, number])[] {
  const arrived = new Map<string, number>();
  let wave = new Map<Road, number>([[from, 1]]);
  for (let step = 0; step < LONGEST_WAY && wave.size > 0; step++) {
    const next = new Map<Road, number>();
    for (const [road, share] of wave) {
      const own = turns.get(road);
      if (!own) {
        arrived.set(road.to, (arrived.get(road.to) ?? 0) + share);
        continue;
      }
      const total = volumeOf(road);
      for (const { exit, volume } of own) {
        // Nobody counted on this approach: those who come turn alike.
        const part = share * (total > 0 ? volume / total : 1 / own.length);
        if (part > 1e-6) next.set(exit, (next.get(exit) ?? 0) + part);
      }
    }
    wave = next;
  }
  return [...arrived];
}

/** Thousandths that add up to 1. */
function wholeShares(shares: readonly (readonly [string, number])[]): { node: string; share: number }[] {
  const rounded = shares.map(([node, share]) => ({ node, share: Math.round(share * 1000) / 1000 }));
  const rest = 1 - rounded.reduce((sum, { share }) => sum + share, 0);
  const largest = rounded.reduce((best, own) => (own.share > best.share ? own : best));
  return rounded.map((own) => (own === largest ? { ...own, share: Number((own.share + rest).toFixed(3)) } : own));
}
