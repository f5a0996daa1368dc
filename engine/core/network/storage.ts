import { modulo } from "../../../config/units.ts";
import { greenSeconds } from "../plan/green-windows.ts";
import { queueAreaPerPcuM2 } from "../traffic/manual-performance.ts";
import { type LinkLoad, type LoadedStream, loadNetwork } from "./loading.ts";
import { innerLinks, type PlannedNetwork, type Plans } from "./network.ts";

/** A quarter hour, after the network has filled. */
const countedS = 900;
const warmUpS = 600;

/** How full the links between planned junctions become under some plans, and how long they keep people from entering: flows sent through the signals second by second, with what each link can store. */
export function storageUse(network: PlannedNetwork, plans: Plans): ReadonlyMap<string, LinkLoad> {
  const { city, junctions, loads } = network;
  const inner = new Set(innerLinks(network).map(({ id }) => id));
  const streams = junctions.flatMap((junction) =>
    junction.streams.flatMap((stream): readonly LoadedStream[] => {
      const load = loads.get(stream.id);
      if (!load) return [];
      const plan = plans.get(junction.id)!;
      const own = greenSeconds(junction, plan, stream);
      const offset = Math.round(plan.offset / 1000);
      const green = own.map((_, t) => own[modulo(t - offset, own.length)]!);
      const { wiring, saturation } = load;
      return [
        {
          id: stream.id,
          link: wiring.link,
          share: wiring.share,
          saturationPcuS: saturation,
          green,
          exits: wiring.exits,
        },
      ];
    }),
  );
  const links = new Map(
    [...new Set(streams.map(({ link }) => link))].map((id) => {
      const { lengthM, speedMps, widthM } = city.links.get(id)!;
      return [id, { lengthM, speedMps, storagePcu: (lengthM * widthM) / queueAreaPerPcuM2 }] as const;
    }),
  );
  const entries = new Map<string, number>();
  for (const id of links.keys()) {
    const own = streams
      .filter(({ link }) => link === id)
      .reduce((sum, stream) => sum + loads.get(stream.id)!.pcuPerS, 0);
    const sent = streams.reduce((sum, stream) => sum + (stream.exits.get(id) ?? 0) * loads.get(stream.id)!.pcuPerS, 0);
    // Between two junctions only what nobody upstream sends begins at the kerb.
    const enters = inner.has(id) ? Math.max(0, own - sent) : own;
    if (enters > 0) entries.set(id, enters);
  }
  const result = loadNetwork({ links, streams, entries, steps: warmUpS + countedS, warmUp: warmUpS });
  return new Map([...result.links].filter(([id]) => inner.has(id)));
}
