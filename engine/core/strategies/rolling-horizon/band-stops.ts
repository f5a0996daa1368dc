import { type Instant, modulo } from "../../../../config/units.ts";
import type { BandSeconds } from "../../network/band-seconds.ts";
import type { Layout } from "./layout.ts";
import { type Queues, queueStride } from "./queues.ts";

const dayS = 86_400;

/** What stops cost besides waiting where bands are held, s a vehicle: laid out as `Queues.arrival` and its sums before each. */
export interface BandStops {
  readonly cost: Float64Array;
  readonly before: Float64Array;
}

/** Whoever comes to a coordinated stop line while its band passes is to find it green: a stop costs `stopS` more. */
export function bandStops(
  layout: Layout,
  queues: Queues,
  bands: readonly BandSeconds[],
  { now, stopS }: { readonly now: Instant; readonly stopS: number },
): BandStops | undefined {
  if (bands.length === 0 || stopS === 0) return undefined;
  const cost = new Float64Array(queues.size * queueStride);
  const before = new Float64Array(queues.size * (queueStride + 1));
  const nowS = (now / 1000) % dayS;
  for (let lane = 0; lane < queues.size; lane++) {
    const { approach, index } = layout.lanes[lane]!;
    const { id } = layout.junction.approaches[approach]!.lanes[index]!;
    const passes = bands.find(({ stream }) => stream.lanes.includes(id))?.passes;
    const at = lane * queueStride;
    const sums = lane * (queueStride + 1);
    for (let i = 0; i < queues.count[lane]!; i++) {
      // Whoever already stands has stopped whatever comes.
      if (passes && queues.arrival[at + i]! > 0) {
        const second = Math.floor(modulo(nowS + queues.arrival[at + i]!, passes.length));
        cost[at + i] = stopS * passes[second]!;
      }
      before[sums + i + 1] = before[sums + i]! + queues.weight[at + i]! * cost[at + i]!;
    }
  }
  return { cost, before };
}
