import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../../../app/seeded-random.ts";
import { loadCity } from "../../../../config/load.ts";
import { instant, seconds } from "../../../../config/units.ts";
import { cityOf, type SumoCity } from "../../../../simulation/sumo/city/city.ts";
import { BENCH_RULES } from "../../../../simulation/sumo/city/signal.ts";
import { createStageCabinet } from "../../../../simulation/sumo/cosimulation/stage-cabinet.ts";
import { exportSumo, fileNames } from "../../../../simulation/sumo/export/export.ts";
import { networkOf } from "../../../../simulation/sumo/export/netconvert.ts";
import { readNet } from "../../../../simulation/sumo/net.ts";
import { balikpapan } from "../../../config/set.ts";
import { elements, sumo } from "../export/sumo-process.ts";
import { scratch } from "../tools.ts";

/** Two dual rings, three junctions of stages with overlaps, five offsets. */
const folder = scratch();
const netFile = join(folder, fileNames.network);
const LENGTH_S = 400;

beforeAll(async () => {
  const city = loadCity(balikpapan);
  const { plain } = exportSumo({
    city,
    random: seededRandom(1),
    start: instant(Date.parse("2026-02-03T07:00:00+08:00")),
    duration: seconds(60),
    demandScale: 1,
    carsOnly: true,
    planSet: undefined,
    seed: 1,
  });
  await networkOf(plain, netFile, city.drivesOn);
});

/** What SUMO shows when it runs its own programs, by signal, from `beginS` on. */
function shownBySumo(beginS: number, ids: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const events = ids.map((id, i) => `<timedEvent type="SaveTLSStates" source="${id}" dest="states${i}.xml"/>`);
  writeFileSync(join(folder, "states.add.xml"), `<additional>${events.join("")}</additional>`);
  sumo(folder, ["-n", netFile, "-a", "states.add.xml", "-b", String(beginS), "-e", String(beginS + LENGTH_S)]);
  return new Map(
    ids.map((id, i) => [id, elements(join(folder, `states${i}.xml`), "tlsState").map(({ state }) => state!)]),
  );
}

function shownByUs({ city, signals }: SumoCity, id: string, beginS: number): readonly string[] {
  const program = city.schedule.planSets.get("program")!.plans.get(id)!;
  const cabinet = createStageCabinet({ signal: signals.get(id)!, program, start: instant(seconds(beginS)) });
  // A centre that sends the very plan changes nothing.
  cabinet.execute({ kind: "plan", plan: program }, instant(seconds(beginS)));
  return Array.from({ length: LENGTH_S }, (_, i) => cabinet.show(instant(seconds(beginS + i))));
}

describe("a program of rings and overlaps, run by our cabinet", () => {
  it.each([0, 37, 25_200])("shows what SUMO shows, second by second, from %i s on", async (beginS) => {
    const network = cityOf(await readNet(netFile));
    const ids = [...network.signals.keys()];
    const sumos = shownBySumo(beginS, ids);
    for (const id of ids) {
      expect(sumos.get(id)!.length).toBeGreaterThanOrEqual(LENGTH_S);
      expect(new Set(sumos.get(id)).size).toBeGreaterThan(6);
      expect(shownByUs(network, id, beginS), id).toEqual(sumos.get(id)!.slice(0, LENGTH_S));
    }
  });

  it("offers no stage that is only the all-red of one ring or the few seconds between two rings' changes", async () => {
    const net = await readNet(netFile);
    for (const rules of [BENCH_RULES, { ...BENCH_RULES, minGreen: seconds(7) }])
      for (const { stages } of cityOf(net, rules).signals.values())
        for (const greenS of stages.greenS) expect(greenS * 1000).toBeGreaterThanOrEqual(rules.minGreen);
  });
});
