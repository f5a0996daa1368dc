import type { City, Corridor, Junction, Stream } from "../../../config/model.ts";
import type { TimingPlan } from "../../../config/plan.ts";
import { modulo } from "../../../config/units.ts";
import { greenSeconds } from "../plan/green-windows.ts";

/** When a corridor's platoons are meant to pass one stop line. */
export interface BandSeconds {
  readonly stream: Stream;
  /** By second of the cycle since UTC midnight: 1 while the band passes. */
  readonly passes: Uint8Array;
}

/**
 * What the network level hands each junction: the seconds of its cycle in which its plan's green meets those whom the
 * junction before sends along the corridor in its own, at the corridor's speed. None where two neighbours' cycles differ, and
 * none at a corridor's first stop lines, where nothing comes in platoons.
 */
export function bandSeconds(
  city: City,
  corridor: Corridor,
  planOf: (junction: string) => TimingPlan | undefined,
): ReadonlyMap<string, readonly BandSeconds[]> {
  const bands = new Map<string, BandSeconds[]>();
  const forward = corridor.junctions;
  const backward = [...corridor.junctions].reverse();
  for (const [ids, links] of [
    [forward, corridor.forward],
    [backward, [...corridor.backward].reverse()],
  ] as const)
    for (let i = 1; i < ids.length; i++) {
      const [before, here] = [city.junctions.get(ids[i - 1]!)!, city.junctions.get(ids[i]!)!];
      const [sends, takes] = [planOf(before.id), planOf(here.id)];
      const link = city.links.get(links[i - 1]!)!;
      const from = carrier(before, { from: links[i - 2], to: link.id });
      const to = carrier(here, { from: link.id, to: links[i] });
      if (!sends || !takes || !from || !to || sends.cycle !== takes.cycle) continue;
      const sent = sinceMidnight(before, sends, from);
      const taken = sinceMidnight(here, takes, to);
      const travelS = Math.round(link.lengthM / Math.min(link.speedMps, corridor.progressionMps));
      const passes = taken.map((green, t) => green & sent[modulo(t - travelS, taken.length)]!);
      bands.set(here.id, [...(bands.get(here.id) ?? []), { stream: to, passes }]);
    }
  return bands;
}

/** The stream of the most lanes that comes by one link and leaves by the other; at an end of the corridor, straight on. */
function carrier(
  { approaches, movements, streams }: Junction,
  way: { readonly from: string | undefined; readonly to: string | undefined },
): Stream | undefined {
  const comes = approaches
    .filter(({ link, main }) => (way.from === undefined ? main : link === way.from))
    .map(({ id }) => id);
  const goes = movements
    .filter(({ exit, turn }) => (way.to === undefined ? turn === "through" : exit === way.to))
    .filter(({ turn }) => way.from !== undefined || turn === "through")
    .map(({ id }) => id);
  const able = streams.filter((own) => comes.includes(own.approach) && own.movements.some((id) => goes.includes(id)));
  return [...able].sort((a, b) => b.lanes.length - a.lanes.length || (a.id < b.id ? -1 : 1))[0];
}

function sinceMidnight(junction: Junction, plan: TimingPlan, stream: Stream): Uint8Array {
  const green = greenSeconds(junction, plan, stream);
  const offset = Math.round(plan.offset / 1000);
  return green.map((_, t) => green[modulo(t - offset, green.length)]!);
}
