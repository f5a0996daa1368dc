import { seconds } from "../../../config/units.ts";
import type { Strategy, Wanted } from "../strategy.ts";
import { servesSeconds } from "./cabinet-standing.ts";
import { decideJunction, type HorizonMemory, watchJunction } from "./rolling-horizon/junction.ts";
import type { Solver } from "./rolling-horizon/rules.ts";
import { Search } from "./rolling-horizon/search.ts";

export const byHorizon: Solver = (walk, start) => new Search(walk).solve(start);

/** A strategy that decides each second from what cameras see; junctions without a picture or such a cabinet are left alone. */
export const secondBySecond = (name: string, solve: Solver): Strategy<HorizonMemory> => ({
  name,
  period: seconds(1),
  watches: true,
  start: () => new Map(),
  decide: (known, before) => {
    const memory = new Map(before);
    const wanted: Wanted[] = [];
    for (const id of known.corridor.junctions) {
      const status = known.cabinets.get(id);
      const view = known.views?.get(id);
      if (!servesSeconds(status)) continue;
      if (!view) {
        const watched = watchJunction(known, before.get(id), { id, status });
        if (watched) memory.set(id, watched);
        continue;
      }
      const decided = decideJunction(known, before, { id, status, view, solve });
      memory.set(id, decided.memory);
      if (decided.wanted) wanted.push(decided.wanted);
    }
    return { memory, wanted };
  },
});

/**
 * Each second, the next switching times that cost the vehicles in sight and announced the least delay over the horizon:
 * a dynamic programme over seconds and stages (Sen and Head 1997) in which every vehicle of every lane is followed.
 */
export const rollingHorizon: Strategy<HorizonMemory> = secondBySecond("rolling-horizon", byHorizon);
