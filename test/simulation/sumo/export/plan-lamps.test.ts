import { describe, expect, it } from "vitest";
import { loadCity } from "../../../../config/load.ts";
import type { City, Junction } from "../../../../config/model.ts";
import { after, type Instant, instant, millis, seconds } from "../../../../config/units.ts";
import { createVirtualCabinet } from "../../../../simulation/cabinet/unit.ts";
import { Lamp } from "../../../../simulation/lamps.ts";
import { lampsAt, planLamps } from "../../../../simulation/sumo/export/plan-lamps.ts";
import { safeChange } from "../../../../simulation/sumo/export/plan-periods.ts";
import { cyclePosition, planOfSet } from "../../../../simulation/sumo/export/programs.ts";
import { balikpapan, town } from "../../../config/set.ts";
import { testCity } from "../../../support/city.ts";

const cities: readonly (readonly [string, City])[] = [
  ["balikpapan", loadCity(balikpapan)],
  ["town", loadCity(town)],
  ["three junctions", testCity()],
];
const cases = cities.flatMap(([name, city]) =>
  [...city.schedule.planSets.keys()].flatMap((planSet) =>
    [...city.junctions.values()].map((junction) => ({
      name: `${name}, ${planSet} at ${junction.id}`,
      city,
      planSet,
      junction,
    })),
  ),
);

/** What a cabinet that has settled into the plan shows, second by second; every button is held down. */
function cabinetLamps(city: City, junction: Junction, planSet: string, from: Instant, forS: number): readonly string[] {
  const cabinet = [...city.cabinets.values()].find((own) => own.junction === junction.id)!;
  const only = {
    planSets: city.schedule.planSets,
    events: [],
    entries: [{ days: [0, 1, 2, 3, 4, 5, 6], from: seconds(0), to: seconds(86_400), planSet }],
  };
  const settle = seconds(600);
  const start = after(from, millis(-settle));
  const unit = createVirtualCabinet({ cabinet, junction, schedule: only, utcOffset: city.utcOffset, start });
  const shown: string[] = [];
  for (let at = start + 100; at < from + forS * 1000; at += 100) {
    for (let c = 0; c < junction.crossings.length; c++) unit.pressButton(c);
    unit.step(instant(at));
    if (at > from && at % 1000 === 500) shown.push(unit.lamps.join(""));
  }
  return shown;
}

describe("lamps of a plan", () => {
  const from = instant(Date.parse("2026-02-03T07:00:00+08:00"));

  it.each(cases)("are those a cabinet shows: $name", ({ city, planSet, junction }) => {
    const plan = planOfSet(city, planSet, junction.id);
    const intervals = planLamps(junction, plan);
    const forS = (2 * plan.cycle) / 1000;
    const planned = Array.from({ length: forS }, (_, s) =>
      lampsAt(intervals, cyclePosition(plan, instant(from + s * 1000 + 500))).join(""),
    );
    expect(planned).toEqual(cabinetLamps(city, junction, planSet, from, forS));
    expect(intervals.reduce((total, { duration }) => total + duration, 0)).toBe(plan.cycle);
  });

  it.each(cases)("never show two conflicting greens: $name", ({ city, planSet, junction }) => {
    const n = junction.groups.length;
    for (const { lamps } of planLamps(junction, planOfSet(city, planSet, junction.id)))
      for (let a = 0; a < n; a++)
        for (let b = 0; b < n; b++)
          if (lamps[a] === Lamp.green && lamps[b] === Lamp.green) expect(junction.conflicts[a * n + b]).toBe(0);
  });
});

describe("a change of plan", () => {
  const [, city] = cities[0]!;
  it("is never in a second that cuts a green", () => {
    const junction = city.junctions.get("wika")!;
    const plans = { before: planOfSet(city, "morning-peak", "wika"), next: planOfSet(city, "midday", "wika") };
    const due = instant(Date.parse("2026-02-03T09:00:00+08:00"));
    const at = safeChange(junction, plans, due)!;
    expect(at).toBeGreaterThanOrEqual(due);
    const before = lampsAt(planLamps(junction, plans.before), cyclePosition(plans.before, instant(at - 1000)));
    const next = lampsAt(planLamps(junction, plans.next), cyclePosition(plans.next, at));
    for (const [g, lamp] of before.entries()) if (lamp === Lamp.green) expect(next[g]).not.toBe(Lamp.red);
  });
});
