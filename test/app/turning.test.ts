import { describe, expect, it } from "vitest";
import { readCity } from "../../app/city-files.ts";
import { readCounts } from "../../app/planning/counts.ts";
import { demandCounts } from "../../app/planning/demand-counts.ts";
import { flowKey } from "../../engine/core/network/flows.ts";
import { junctionsOf } from "../../engine/core/network/network.ts";
import { balikpapan } from "./simpang.ts";

const city = readCity(balikpapan);
const junctions = junctionsOf(city, [...city.corridors.values()]);

describe("approach counts without turns", () => {
  it("are shared out nearer the truth where the next junctions were counted too", () => {
    const [truth] = demandCounts(city, { fromMin: 420, toMin: 480 }).periods;
    const vehicles = (key: string): number => {
      const { car, hv, mc } = truth!.flows.get(key)!;
      return car + hv + mc;
    };
    const rows = junctions.flatMap((junction) =>
      junction.approaches.map(({ id }) => {
        const all = junction.movements.filter(({ approach }) => approach === id);
        const total = all.reduce((sum, movement) => sum + vehicles(flowKey(junction.id, movement.id)), 0);
        return `${junction.id},${id},07:00,08:00,${Math.round(total)}`;
      }),
    );
    const text = ["junction,approach,from,to,vehicles", ...rows].join("\n");
    const counts = readCounts(text, "counts.csv", { city, junctions, acceptImbalance: true });
    const [period] = counts.periods;
    expect(period!.notes.join("\n")).toContain("fitted to what the next junctions counted");
    let fitted = 0;
    let byDefault = 0;
    for (const junction of junctions)
      for (const { id, approach } of junction.movements) {
        const key = flowKey(junction.id, id);
        const found = period!.flows.get(key)!;
        const same = junction.movements.filter((movement) => movement.approach === approach);
        const prior = (turn: string): number => (turn === "through" ? 0.7 : 0.15);
        const total = same.reduce((sum, movement) => sum + vehicles(flowKey(junction.id, movement.id)), 0);
        const share =
          prior(junction.movements.find((movement) => movement.id === id)!.turn) /
          same.reduce((sum, { turn }) => sum + prior(turn), 0);
        fitted += Math.abs(found.car + found.hv + found.mc - vehicles(key));
        byDefault += Math.abs(share * total - vehicles(key));
      }
    expect(fitted).toBeLessThan(0.9 * byDefault);
  });
});
