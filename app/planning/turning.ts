import type { City, Junction } from "../../config/model.ts";
import { shareOf, startTurning, turningSeen } from "../../engine/core/estimate/turning.ts";
import { type ClassFlow, flowKey } from "../../engine/core/network/flows.ts";

const vehicles = ({ car, hv, mc }: ClassFlow): number => car + hv + mc;

/** Counts of neighbours are of other days and people: they differ by about this share. */
const neighbourSpread = 0.1;

/**
 * Turns that nobody counted, from what was: the approaches' totals, the movements told apart, and what the next junctions
 * counted to come from here. Says which junctions it changed.
 */
export function fillTurns(
  flows: Map<string, ClassFlow>,
  guessed: ReadonlySet<string>,
  { city, junctions }: { readonly city: City; readonly junctions: readonly Junction[] },
): readonly string[] {
  const changed: string[] = [];
  for (const junction of junctions) {
    const open = junction.movements.filter(({ id }) => guessed.has(flowKey(junction.id, id)));
    if (open.length === 0) continue;
    const exits = arrivedNext(junction, flows, { city, junctions });
    if (exits.size === 0) continue;
    const flow = (movement: string): ClassFlow => flows.get(flowKey(junction.id, movement))!;
    const total = (approach: string): number =>
      junction.movements.reduce(
        (sum, entry) => (entry.approach === approach ? sum + vehicles(flow(entry.id)) : sum),
        0,
      );
    const counts = {
      approaches: new Map(junction.approaches.map(({ id }) => [id, { mean: total(id), sd: Math.sqrt(total(id)) }])),
      exits,
      movements: new Map(
        junction.movements.filter((entry) => !open.includes(entry)).map(({ id }) => [id, vehicles(flow(id))]),
      ),
    };
    const state = turningSeen(junction, startTurning(junction), counts, 0);
    for (const approach of junction.approaches) {
      const own = open.filter((entry) => entry.approach === approach.id);
      const rest = own.reduce((sum, { id }) => sum + vehicles(flow(id)), 0);
      const shares = own.map(({ id }) => shareOf(state, id)!.mean);
      const all = shares.reduce((a, b) => a + b, 0);
      if (rest <= 0 || all <= 0) continue;
      for (const [i, { id }] of own.entries()) {
        // The same vehicles of the approach, shared out anew.
        const factor = (shares[i]! / all) * rest;
        const mix = own.map((entry) => flow(entry.id)).reduce((a, b) => (vehicles(b) > vehicles(a) ? b : a));
        const per = factor / Math.max(1e-9, vehicles(mix));
        flows.set(flowKey(junction.id, id), {
          car: mix.car * per,
          hv: mix.hv * per,
          mc: mix.mc * per,
          um: mix.um * per,
        });
      }
    }
    changed.push(junction.id);
  }
  return changed;
}

/** What each next junction counted to arrive over the link from here. */
function arrivedNext(
  from: Junction,
  flows: ReadonlyMap<string, ClassFlow>,
  { city, junctions }: { readonly city: City; readonly junctions: readonly Junction[] },
) {
  const exits = new Map<string, { readonly mean: number; readonly sd: number }>();
  for (const to of junctions)
    for (const { id, link } of to.approaches) {
      if (to === from || city.links.get(link)?.from !== from.node) continue;
      const mean = to.movements.reduce((sum, movement) => {
        const flow = movement.approach === id ? flows.get(flowKey(to.id, movement.id)) : undefined;
        return sum + (flow ? vehicles(flow) : 0);
      }, 0);
      exits.set(link, { mean, sd: Math.sqrt(mean) + neighbourSpread * mean });
    }
  return exits;
}
