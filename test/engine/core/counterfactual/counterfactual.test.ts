import { describe, expect, it } from "vitest";
import { scheduledPlanSet } from "../../../../config/schedule.ts";
import { after, instant, seconds } from "../../../../config/units.ts";
import type { CabinetStatus, PhaseState } from "../../../../engine/core/cabinet.ts";
import { counterfactual } from "../../../../engine/core/counterfactual/counterfactual.ts";
import { buildRecord, type FlowSample } from "../../../../engine/core/counterfactual/record.ts";
import { walkWaits } from "../../../../engine/core/counterfactual/walk-waits.ts";
import { cyclePosition, greenWindows } from "../../../../engine/core/plan/green-windows.ts";
import { testCity } from "../../../support/city.ts";

const city = testCity();
const corridor = [...city.corridors.values()][0]!;
const junctions = corridor.junctions.map((id) => city.junctions.get(id)!);
const from = instant(Date.UTC(2026, 1, 3, 0, 0, 0));
const to = after(from, seconds(1800));

const flow = (pcuh: number): FlowSample => ({ vph: pcuh, pcuh, saturationPcuh: 3600, basis: "measured" });

/** `shift`: the cabinets run their plans this much late; `lamps` false: they tell nothing. */
function record({ pcuh = 400, shift = 0, lamps = true } = {}) {
  const builder = buildRecord(city, corridor, { from, to });
  for (let at = from; at < to; at = after(at, seconds(60)))
    builder.flows(
      at,
      Object.fromEntries(junctions.flatMap(({ streams }) => streams.map(({ id }) => [id, flow(pcuh)]))),
    );
  for (let at = from; lamps && at <= to; at = after(at, seconds(1)))
    for (const junction of junctions) {
      const plan = scheduledPlanSet(city.schedule, city.utcOffset, at).plans.get(junction.id)!;
      const own = junction.id === junctions[1]?.id ? shift : 0;
      const position = cyclePosition(plan, after(at, seconds(-own)));
      const phases: Record<number, PhaseState> = {};
      for (const [phase, { start, length }] of greenWindows(junction, plan))
        phases[phase] = (position - start + plan.cycle) % plan.cycle < length ? "green" : "red";
      builder.status({ kind: "reachable", junction: junction.id, at, phases } as unknown as CabinetStatus);
    }
  return builder.done();
}

describe("counterfactual from a record", () => {
  it("finds no difference when the schedule was what ran", () => {
    const { asRun, scheduled, lampsKnownShare } = counterfactual(city, corridor, record());
    expect(lampsKnownShare).toBe(1);
    expect(asRun.delayS).toBeCloseTo(scheduled.delayS, 6);
    expect(scheduled.delayS).toBeGreaterThan(0);
  });

  it("charges the greens that were shown, not the schedule, for a junction out of step", () => {
    const shifts = [10, 20, 30, 40, 50].map((shift) => counterfactual(city, corridor, record({ shift })));
    expect(new Set(shifts.map(({ scheduled }) => scheduled.delayS)).size).toBe(1);
    expect(new Set(shifts.map(({ asRun }) => asRun.delayS.toFixed(6))).size).toBe(shifts.length);
  });

  it("takes the schedule for what was shown where no cabinet told, and says so", () => {
    const told = counterfactual(city, corridor, record());
    const silent = counterfactual(city, corridor, record({ lamps: false }));
    expect(silent.lampsKnownShare).toBe(0);
    expect(silent.asRun.delayS).toBe(silent.scheduled.delayS);
    expect(silent.scheduled.delayS).toBe(told.scheduled.delayS);
  });

  it("costs more the more come, without end or nonsense, up to far beyond capacity", () => {
    const delays = [1, 200, 400, 800, 1600, 6400].map((pcuh) => counterfactual(city, corridor, record({ pcuh })));
    for (const [k, { asRun }] of delays.entries()) {
      expect(Number.isFinite(asRun.delayS)).toBe(true);
      if (k > 0) expect(asRun.delayVehH).toBeGreaterThan(delays[k - 1]!.asRun.delayVehH);
    }
  });

  it("has nothing to say of an empty record", () => {
    const { parts, asRun } = counterfactual(city, corridor, record({ pcuh: 0 }));
    expect(parts).toEqual([]);
    expect(asRun).toEqual({ vehicles: 0, delayVehH: 0, delayS: 0 });
  });
});

describe("longest waits on foot", () => {
  it("are a cycle less the walk while a plan runs", () => {
    const waits = walkWaits(city, corridor, record());
    expect(waits.length).toBeGreaterThan(0);
    for (const { junction: id, crossing: crossingId, longestS, beyond } of waits) {
      const junction = city.junctions.get(id)!;
      const { cycle } = scheduledPlanSet(city.schedule, city.utcOffset, from).plans.get(id)!;
      const { group } = junction.crossings.find((crossing) => crossing.id === crossingId)!;
      const walk = junction.groups.find((each) => each.id === group)!.minGreen;
      expect(longestS).toBeCloseTo((cycle - walk) / 1000, 0);
      expect(beyond).toBe(0);
    }
  });
});
