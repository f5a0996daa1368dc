import { between, seconds } from "../../../config/units.ts";
import { bandSeconds } from "../network/band-seconds.ts";
import { objectiveWeights } from "../objective.ts";
import type { Strategy, Wanted } from "../strategy.ts";
import { servesSeconds } from "./cabinet-standing.ts";
import { cycleAdaptive } from "./cycle-adaptive.ts";
import { decideJunction, type HorizonMemory, type JunctionMemory, watchJunction } from "./rolling-horizon/junction.ts";
import { byHorizon } from "./rolling-horizon.ts";

/** A picture may be missing for this long before the cycle level takes over. */
const blindness = seconds(10);

interface Memory {
  readonly horizon: HorizonMemory;
  /** Of the cycle level, which is its own business. */
  readonly cycle: ReturnType<typeof cycleAdaptive.start>;
}

/**
 * Second by second where the cabinet takes it and a camera shows the approaches; cycle by cycle everywhere else, and as
 * soon as the picture is lost. Where the corridor is run for smooth flow, bands of the plans in force are held second by second
 * too.
 */
export const adaptive: Strategy<Memory> = {
  name: "adaptive",
  period: seconds(1),
  watches: true,
  start: (city, corridor) => ({ horizon: new Map(), cycle: cycleAdaptive.start(city, corridor) }),
  decide: (known, before) => {
    const horizon = new Map<string, JunctionMemory>();
    const pictured = new Set<string>();
    const wanted: Wanted[] = [];
    const held = objectiveWeights[known.objective ?? "balanced"].stopS > 0;
    const planOf = (id: string) => known.inForce.get(id) ?? known.scheduled.get(id);
    const bands = held ? bandSeconds(known.city, known.corridor, planOf) : undefined;
    for (const id of known.corridor.junctions) {
      const status = known.cabinets.get(id);
      const view = known.views?.get(id);
      if (!servesSeconds(status)) continue;
      if (!view) {
        const watched = watchJunction(known, before.horizon.get(id), { id, status });
        if (!watched) continue;
        horizon.set(id, watched);
        if (between(watched.pictured, known.now) <= blindness) pictured.add(id);
        continue;
      }
      pictured.add(id);
      const decided = decideJunction(known, before.horizon, {
        id,
        status,
        view,
        solve: byHorizon,
        bands: bands?.get(id) ?? [],
      });
      horizon.set(id, decided.memory);
      if (decided.wanted) wanted.push(decided.wanted);
    }
    const all = pictured.size === known.corridor.junctions.length;
    if (all || known.now % cycleAdaptive.period !== 0) return { memory: { ...before, horizon }, wanted };
    const cycle = cycleAdaptive.decide(known, before.cycle);
    const others = cycle.wanted.filter(({ junction }) => !pictured.has(junction));
    return { memory: { horizon, cycle: cycle.memory }, wanted: [...wanted, ...others] };
  },
};
