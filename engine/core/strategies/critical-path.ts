import type { Junction, Phase } from "../../../config/model.ts";
import { barriersOf, changeTime } from "../plan/phase-times.ts";
import type { StreamEstimate } from "../strategy.ts";

/** What rules a junction: in each barrier the ring with the larger sum of flow ratios. */
export interface CriticalPath {
  /** Flow ratio of each phase by its number: the largest of its streams. */
  readonly ratios: ReadonlyMap<number, number>;
  /** Sum over the critical path (IFR). */
  readonly sum: number;
  /** Amber and all-red over the critical path, s (LTI). */
  readonly lostS: number;
  readonly phases: readonly Phase[];
}

/** `ratioOf`: flow over saturation flow of a stream. A stream with several phases needs them together. */
export function criticalPath(junction: Junction, ratioOf: (stream: string) => number): CriticalPath {
  const ratios = new Map(
    junction.phases.map(({ number }) => {
      const own = junction.streams.filter((stream) => stream.phases.includes(number));
      return [number, Math.max(0, ...own.map((stream) => ratioOf(stream.id) / stream.phases.length))];
    }),
  );
  const total = (ring: readonly Phase[]): number => ring.reduce((sum, { number }) => sum + ratios.get(number)!, 0);
  const phases = barriersOf(junction).flatMap(({ rings }) => rings.reduce((a, b) => (total(b) > total(a) ? b : a)));
  return {
    ratios,
    sum: total(phases),
    lostS: phases.reduce((sum, phase) => sum + changeTime(phase) / 1000, 0),
    phases,
  };
}

/** What an estimate gone wrong (no number, less than nothing) asks for is nothing. */
export const soundFlow = (flow: number | undefined): number =>
  flow !== undefined && Number.isFinite(flow) ? Math.max(0, flow) : 0;

export const flowRatio = (estimate: StreamEstimate | undefined): number =>
  estimate && estimate.saturationPcuh.mean > 0 ? soundFlow(estimate.flowPcuh.mean / estimate.saturationPcuh.mean) : 0;
