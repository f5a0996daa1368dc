import { describe, expect, it } from "vitest";
import type { Corridor, PlanSet, Schedule } from "../../config/model.ts";
import { objectiveAt, scheduledPlanSet } from "../../config/schedule.ts";
import { instant, seconds } from "../../config/units.ts";

const hours = (value: number) => seconds(value * 3600);
const planSet = (id: string, slot: number): PlanSet => ({ id, slot, plans: new Map() });
const schedule: Schedule = {
  planSets: new Map(["day", "night", "friday", "flood"].map((id, i) => [id, planSet(id, i + 1)])),
  entries: [
    { days: [0, 1, 2, 3, 4, 5, 6], from: hours(0), to: hours(6), planSet: "night" },
    { days: [0, 1, 2, 3, 4, 6], from: hours(6), to: hours(24), planSet: "day" },
    { days: [5], from: hours(6), to: hours(11), planSet: "day" },
    { days: [5], from: hours(11), to: hours(13.5), planSet: "friday" },
    { days: [5], from: hours(13.5), to: hours(24), planSet: "day" },
  ],
  events: [
    {
      name: "flood",
      from: instant(Date.parse("2026-02-03T16:30:00+08:00")),
      to: instant(Date.parse("2026-02-03T18:30:00+08:00")),
      planSet: "flood",
    },
  ],
};
const at = (local: string, offsetH = 8) =>
  scheduledPlanSet(
    schedule,
    hours(offsetH),
    instant(Date.parse(`${local}${offsetH < 0 ? "-" : "+"}${String(Math.abs(offsetH)).padStart(2, "0")}:00`)),
  ).id;

describe("the scheduled plan set", () => {
  it.each([
    ["2026-02-04T05:59:59.999", "night"],
    ["2026-02-04T06:00:00.000", "day"],
    ["2026-02-04T23:59:59.999", "day"],
    ["2026-02-05T00:00:00.000", "night"],
    // 2026-02-06 is a Friday
    ["2026-02-06T10:59:59.999", "day"],
    ["2026-02-06T11:00:00.000", "friday"],
    ["2026-02-06T13:29:59.999", "friday"],
    ["2026-02-06T13:30:00.000", "day"],
    ["2026-02-05T12:00:00.000", "day"],
    ["2026-02-07T12:00:00.000", "day"],
  ])("at %s is %s", (local, wanted) => {
    expect(at(local)).toBe(wanted);
  });

  it.each([
    ["2026-02-03T16:29:59.999", "day"],
    ["2026-02-03T16:30:00.000", "flood"],
    ["2026-02-03T18:29:59.999", "flood"],
    ["2026-02-03T18:30:00.000", "day"],
  ])("an event holds from its start to just before its end: %s is %s", (local, wanted) => {
    expect(at(local)).toBe(wanted);
  });

  it("goes by the local day, also west of Greenwich and before 1970", () => {
    // 2026-02-06 20:00 UTC is Friday noon at -8 and Saturday morning at +8.
    expect(at("2026-02-06T12:00:00.000", -8)).toBe("friday");
    expect(at("2026-02-07T04:00:00.000", 8)).toBe("night");
    expect(at("1969-12-26T12:00:00.000", -8)).toBe("friday");
  });

  it("says so when nothing is scheduled", () => {
    const gap: Schedule = { ...schedule, entries: schedule.entries.slice(1), events: [] };
    expect(() => scheduledPlanSet(gap, hours(8), instant(Date.parse("2026-02-04T01:00:00+08:00")))).toThrow(
      /no plan set is scheduled at 2026-02-03T17:00/,
    );
  });
});

describe("the objective of a corridor", () => {
  const corridor = {
    objectives: {
      usual: "balanced",
      entries: [
        { days: [1, 2, 3, 4, 5], from: hours(6.5), to: hours(9), objective: "smooth-flow" },
        { days: [0], from: hours(0), to: hours(24), objective: "access-equity" },
      ],
    },
  } as unknown as Corridor;
  const at = (text: string) => objectiveAt(corridor, hours(8), instant(Date.parse(`${text}+08:00`)));

  it.each([
    // 2026-02-03 is a Tuesday; in UTC it is still Monday at 06:30 local.
    ["2026-02-03T06:29:59.999", "balanced"],
    ["2026-02-03T06:30:00.000", "smooth-flow"],
    ["2026-02-03T08:59:59.999", "smooth-flow"],
    ["2026-02-03T09:00:00.000", "balanced"],
    // 2026-02-08 is a Sunday, which begins at 16:00 UTC on Saturday.
    ["2026-02-07T23:59:59.999", "balanced"],
    ["2026-02-08T00:00:00.000", "access-equity"],
    ["2026-02-08T23:59:59.999", "access-equity"],
    ["2026-02-09T00:00:00.000", "balanced"],
  ])("at %s is %s", (local, wanted) => {
    expect(at(local)).toBe(wanted);
  });

  it("is balanced where none is set", () => {
    const { objectives: _, ...bare } = corridor;
    expect(objectiveAt(bare as Corridor, hours(8), instant(0))).toBe("balanced");
  });
});
