import type { City, Junction, Movement } from "../../../config/model.ts";
import { type NetConnection, requestLinks, type SumoNet } from "../net-model.ts";
import type { Note } from "./note.ts";

/** Where the network that netconvert made does not let a turn give way as the junction's file says. */
export function rightOfWayNotes(city: City, net: SumoNet): readonly Note[] {
  return [...city.junctions.values()].flatMap((junction) => {
    const node = net.junctions.get(junction.node);
    if (!node) return [];
    const movements = requestLinks(net, node).map((link) => movementOf(junction, link));
    const missing = new Set<string>();
    for (const [a, giving] of movements.entries())
      for (const [b, given] of movements.entries()) {
        if (!giving || !given || !giving.yieldsTo.includes(given.id)) continue;
        const request = node.requests[a]!;
        // Paths that do not meet, as into different lanes of one exit, need no rule.
        if (request.foes[b] === 1 && request.response[b] === 0) missing.add(`${giving.id} to ${given.id}`);
      }
    if (missing.size === 0) return [];
    return [
      {
        subject: `junction ${junction.id}`,
        message: `SUMO's right of way does not let ${[...missing].join(", ")} give way; netconvert draws it from the roads' directions`,
      },
    ];
  });
}

function movementOf(junction: Junction, { from, to }: NetConnection): Movement | undefined {
  const approach = junction.approaches.find(({ link }) => link === from);
  return junction.movements.find((movement) => movement.approach === approach?.id && movement.exit === to);
}
