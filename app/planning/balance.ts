import type { City, Junction, Movement } from "../../config/model.ts";
import { flowKey, type TurningFlows } from "../../engine/core/network/flows.ts";

/** Between two junctions this much may begin or end at the kerb without a word; and this much nobody believes. */
const notedImbalance = 0.2;
const impossibleRatio = 3;
const leastImbalance = 100;
const impossibleGap = 300;

export interface Balancing {
  readonly city: City;
  readonly junctions: readonly Junction[];
  readonly period: string;
  readonly faults: string[];
  readonly acceptImbalance: boolean;
}

/** What leaves one junction for the next against what was counted to arrive there. */
export function balance(
  flows: TurningFlows,
  { city, junctions, acceptImbalance, period, faults }: Balancing,
): readonly string[] {
  const notes: string[] = [];
  for (const from of junctions)
    for (const to of junctions) {
      for (const approach of to.approaches) {
        const link = city.links.get(approach.link);
        if (from === to || link?.from !== from.node) continue;
        const sent = sumOf(flows, from, ({ exit }) => exit === link.id);
        const came = sumOf(flows, to, (movement) => movement.approach === approach.id);
        const gap = Math.abs(sent - came);
        if (gap <= leastImbalance || gap <= notedImbalance * Math.max(sent, came)) continue;
        const text = `period ${period}: ${sent.toFixed(0)} veh/h leave ${from.id} for ${to.id}, ${came.toFixed(0)} were counted to arrive there`;
        const contradictory = gap > impossibleGap && Math.max(sent, came) > impossibleRatio * Math.min(sent, came);
        if (contradictory && !acceptImbalance)
          faults.push(
            `${text}; the counts contradict each other. Mend them, or say --accept-imbalance if so much begins or ends in between`,
          );
        else notes.push(`${text}: the difference is taken to begin or end in between`);
      }
    }
  return notes;
}

const sumOf = (flows: TurningFlows, junction: Junction, wanted: (movement: Movement) => boolean): number =>
  junction.movements.filter(wanted).reduce((sum, { id }) => {
    const flow = flows.get(flowKey(junction.id, id));
    return sum + (flow ? flow.car + flow.hv + flow.mc : 0);
  }, 0);
