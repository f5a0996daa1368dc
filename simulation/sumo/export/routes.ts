import type { City } from "../../../config/model.ts";
import { after, type Instant, type Millis } from "../../../config/units.ts";
import type { Random } from "../../../engine/ports/random.ts";
import { type Arrival, arrivalStreams } from "../../demand/arrivals.ts";
import { busStreams, type Call } from "../../demand/bus-lines.ts";
import { roadNetwork } from "../../traffic/network.ts";
import { Class } from "../../traffic/vehicle-classes.ts";
import { vehicleTypeIds, vehicleTypes } from "./vehicle-types.ts";
import { element, xmlFile } from "./xml-text.ts";

export interface ExportedDemand {
  readonly file: string;
  readonly vehicles: number;
  /** Vehicles that want to drive each link, by link id. */
  readonly byLink: ReadonlyMap<string, number>;
}

export interface DemandOptions {
  readonly city: City;
  /** The street's: `fork("street")` of the run's. */
  readonly random: Random;
  readonly start: Instant;
  readonly duration: Millis;
  readonly scale: number;
  readonly sublane: boolean;
}

/** The very vehicles the built-in street would be loaded with: times, classes, routes and wished speeds. */
export function exportDemand({ city, random, start, duration, scale, sublane }: DemandOptions): ExportedDemand {
  const network = roadNetwork(city);
  const { streams, routes } = arrivalStreams({ city, network, random, start, scale });
  const end = after(start, duration);
  const arrivals: (Arrival & { readonly flow: string })[] = [];
  const sources = [...(city.demand?.flows ?? []), ...(city.demand?.busLines ?? [])];
  const all = [...streams, ...busStreams({ city, network, routes, random, start })];
  for (const [i, stream] of all.entries())
    for (let arrival = stream.next(end); arrival; arrival = stream.next(end))
      arrivals.push({ ...arrival, flow: sources[i]!.id });
  arrivals.sort((a, b) => a.atMs - b.atMs || (a.flow < b.flow ? -1 : 1));

  const edgesOf = routes.map(({ links }) => links.map((link) => network.links[link]!.id));
  const used = [...new Set(arrivals.map(({ route }) => route))].sort((a, b) => a - b);
  const classes = Object.values(Class).filter((own) => arrivals.some(({ vehicleClass }) => vehicleClass === own));
  const byLink = new Map<string, number>([...city.links.keys()].map((id) => [id, 0]));
  const counters = new Map<string, number>();
  const vehicles = arrivals.map(({ atMs, vehicleClass, route, speedFactor, flow, calls = [] }) => {
    for (const link of edgesOf[route]!) byLink.set(link, byLink.get(link)! + 1);
    const serial = (counters.get(flow) ?? 0) + 1;
    counters.set(flow, serial);
    return element(
      "vehicle",
      {
        id: `${flow}.${serial}`,
        type: vehicleTypeIds[vehicleClass],
        route: `r${route}`,
        depart: (atMs - start) / 1000,
        departLane: "best",
        departSpeed: "max",
        departPosLat: sublane && vehicleClass === Class.motorcycle ? "random_free" : undefined,
        speedFactor,
      },
      calls.map((call) => stopAt(network.links[call.link]!.id, call)),
    );
  });
  return {
    file: xmlFile("routes", [
      ...vehicleTypes(classes, sublane),
      ...used.map((route) => element("route", { id: `r${route}`, edges: edgesOf[route]!.join(" ") })),
      ...vehicles,
    ]),
    vehicles: arrivals.length,
    byLink,
  };
}

/** In the lane at the kerb, as on the built-in street; no bay. */
const stopAt = (link: string, { atM, dwellS }: Call): string =>
  element("stop", { lane: `${link}_0`, endPos: atM, duration: dwellS });
