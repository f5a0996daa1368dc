import type { Junction } from "../../../../config/model.ts";
import type { TimingPlan } from "../../../../config/plan.ts";
import { type StreamWiring, wiringOf } from "../../estimate/wiring.ts";
import { type ObjectiveWeights, objectiveWeights } from "../../objective.ts";
import { greenOf } from "../../plan/phase-times.ts";
import type { Knowledge } from "../../strategy.ts";
import { soundFlow } from "../critical-path.ts";

/** What a stream asks of its signal. */
export interface Load {
  readonly wiring: StreamWiring;
  readonly vehPerS: number;
  readonly pcuPerS: number;
  /** How much its waiting counts: more where its queue fills a link, less where it could not leave anyway. */
  readonly weight: number;
  /** While green, pcu/s. */
  readonly saturation: number;
  /** What counts besides delay; absent: nothing. */
  readonly objective?: ObjectiveWeights;
}

export type Loads = ReadonlyMap<string, Load>;

/** What greens have left behind is to be gone within the analysis period of the delay formula (HCM: 15 min), s. */
const clearWithinS = 900;

/** From this share of a link's storage on, its queue is about to reach the junction behind. */
export const fullFill = 0.8;
/** A queue on a full link holds up those behind it as well: it counts for both. */
const fullLinkWeight = 2;

/** From this share on, those who would enter are held back, the more the fuller it gets: room is kept for what is on its way. */
export const gateFill = 0.6;
/** A bay this full is about to stand in its neighbour's way. */
const bayFull = 0.8;

/** Share of a stream that is to be held back, because the links it leaves by fill up; all of it where they are full. */
export const gatedShare = ({ exits }: StreamWiring, exitFill: ReadonlyMap<string, number>): number =>
  [...exits].reduce((sum, [link, share]) => {
    const fill = exitFill.get(link) ?? 0;
    return sum + share * Math.min(1, Math.max(0, (fill - gateFill) / (fullFill - gateFill)));
  }, 0);

/** A turning bay whose queue reaches its end: those behind it bar the lane beside. */
const overflows = ({ bayPcu }: StreamWiring, queuePcu: number): boolean =>
  bayPcu !== undefined && queuePcu > bayFull * bayPcu;

/** Share of a stream that would leave into full links. */
export const blockedShare = ({ exits }: StreamWiring, exitFill: ReadonlyMap<string, number>): number =>
  [...exits].reduce((sum, [link, share]) => sum + ((exitFill.get(link) ?? 0) > fullFill ? share : 0), 0);

/**
 * Flows as estimated, and what saturated greens have left behind, to be served besides. `degrees` of
 * saturation are means over some cycles: one odd cycle is no overload.
 */
export function loadsOf(
  known: Knowledge,
  junctions: readonly Junction[],
  plans: ReadonlyMap<string, TimingPlan>,
  degrees: ReadonlyMap<string, number>,
): Loads {
  const wiring = wiringOf(known.city);
  const loads = new Map<string, Load>();
  const objective = objectiveWeights[known.objective ?? "balanced"];
  for (const junction of junctions) {
    const plan = plans.get(junction.id);
    for (const stream of junction.streams) {
      const seen = known.streams.get(stream.id);
      if (!seen) continue;
      const saturation = soundFlow(seen.saturationPcuh.mean) / 3600;
      const green = plan
        ? junction.phases
            .filter(({ number }) => stream.phases.includes(number))
            .reduce((sum, phase) => sum + greenOf(plan, phase) / 1000, 0)
        : 0;
      const left = Math.max(0, soundFlow(degrees.get(stream.id)) - 1) * saturation * green;
      const extra = left / clearWithinS;
      const own = wiring.byId.get(stream.id)!;
      const fillsLink = (known.exitFill.get(own.link) ?? 0) > fullFill;
      loads.set(stream.id, {
        wiring: own,
        weight:
          (1 - gatedShare(own, known.exitFill)) *
          (fillsLink || overflows(own, soundFlow(seen.queuePcu.mean)) ? fullLinkWeight : 1),
        vehPerS: soundFlow(seen.flowVph.mean) / 3600,
        pcuPerS: soundFlow(seen.flowPcuh.mean) / 3600 + extra,
        saturation,
        objective,
      });
    }
  }
  return loads;
}

export const loadRatio = (load: Load | undefined): number =>
  load && load.saturation > 0 ? load.pcuPerS / load.saturation : 0;
