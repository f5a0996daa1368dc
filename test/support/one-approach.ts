import type { City } from "../../config/model.ts";
import { kmh } from "../../config/units.ts";
import { testCity } from "./city.ts";

export interface OneApproach {
  readonly widthM: number;
  readonly lanes: number;
  readonly shares: { readonly car: number; readonly hv: number; readonly mc: number; readonly bus: number };
  readonly vehPerHour: number;
  readonly gradePercent?: number;
  /** Of the road to the stop line; default 600 m. */
  readonly lengthM?: number;
}

export const APPROACH = "o>c";
/** One straight road with one stop line: what saturation flow is measured on. Group 0 of junction `c` governs it. */
export function oneApproach(options: OneApproach): City {
  const { widthM, lanes, shares, vehPerHour, gradePercent = 0, lengthM = 600 } = options;
  const city = testCity();
  const base = city.junctions.get("c")!;
  const approach = base.approaches.find(({ id }) => id === "west")!;
  const junction = {
    ...base,
    approaches: [
      {
        ...approach,
        link: APPROACH,
        lanes: Array.from({ length: lanes }, (_, i) => ({
          id: `lane-${i}`,
          widthM: widthM / lanes,
          movements: ["west-through"],
        })),
      },
    ],
    movements: base.movements.filter(({ id }) => id === "west-through"),
    crossings: [],
  };
  const road = (from: string, to: string, alongM: number) => ({
    id: `${from}>${to}`,
    from,
    to,
    lengthM: alongM,
    speedMps: kmh(50),
    widthM,
    lanes,
    gradePercent,
  });
  const links = [road("o", "c", lengthM), road("c", "c-east", 400)];
  const nodes = [
    { id: "o", kind: "edge" as const, xM: 0, yM: 0 },
    { id: "c", kind: "junction" as const, xM: lengthM, yM: 0 },
    { id: "c-east", kind: "edge" as const, xM: lengthM + 400, yM: 0 },
  ];
  return {
    ...city,
    nodes: new Map(nodes.map((node) => [node.id, node])),
    links: new Map(links.map((link) => [link.id, link])),
    junctions: new Map([["c", junction]]),
    demand: {
      ...city.demand!,
      classShares: shares,
      dayVariation: 0,
      quarterVariation: 0,
      pedestrians: [],
      flows: [{ id: "f", from: "o", vehPerHour, profile: "flat", to: [{ node: "c-east", share: 1 }] }],
    },
  };
}
