import type { City } from "../../config/model.ts";
import type { Instant } from "../../config/units.ts";
import type { DayReport } from "./day-report.ts";

const clock = ({ utcOffset }: City, at: Instant): string => new Date(at + utcOffset).toISOString().slice(11, 16);
const signed = (value: number, digits: number): string => `${value > 0 ? "+" : ""}${value.toFixed(digits)}`;
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

export function dayReportText(city: City, { corridor, day, cost, walks }: DayReport): string {
  const rows = [...cost.parts, { ...cost, from: undefined, to: undefined }].map(({ from, to, asRun, scheduled }) => {
    const hours = from === undefined ? "all" : `${clock(city, from)}-${clock(city, to)}`;
    const saved = scheduled.delayVehH - asRun.delayVehH;
    return [
      hours.padEnd(12),
      asRun.vehicles.toFixed(0).padStart(9),
      asRun.delayS.toFixed(1).padStart(10),
      scheduled.delayS.toFixed(1).padStart(14),
      signed(saved, 1).padStart(14),
    ].join("");
  });
  const { scheduled, savedVehH, error, measuredShare, lampsKnownShare } = cost;
  const within = error.difference * scheduled.delayVehH;
  const verdict =
    Math.abs(savedVehH) < within
      ? "less than the model can tell from nothing"
      : savedVehH > 0
        ? "a saving beyond the model's error"
        : "a loss beyond the model's error";
  const waits = walks
    .filter(({ longestS }) => longestS !== undefined)
    .map(
      ({ junction, crossing, longestS, at, limitS, beyond }) =>
        `  ${`${junction} ${crossing}`.padEnd(36)}${longestS!.toFixed(0).padStart(5)} s of ${limitS} s (${clock(city, at!)})${beyond > 0 ? `  ${beyond} MAY BE BEYOND THE LIMIT` : ""}`,
    );
  return [
    `${corridor}, ${day}: the greens as shown against the scheduled plans on the same arrivals`,
    "",
    `${"".padEnd(12)}${"vehicles".padStart(9)}${"as run".padStart(10)}${"scheduled".padStart(14)}${"saved".padStart(14)}`,
    `${"".padEnd(12)}${"".padStart(9)}${"s/veh".padStart(10)}${"s/veh".padStart(14)}${"veh h".padStart(14)}`,
    ...rows,
    "",
    `Saved ${signed(savedVehH, 1)} vehicle-hours; the model is out by about ${percent(error.difference)} of the delay in this (${within.toFixed(1)} vehicle-hours): ${verdict}.`,
    `Both columns come from one model, each out by about ${percent(error.delay)}; ${percent(measuredShare)} of the flow was measured by cameras, and`,
    `cabinets told their lamps ${percent(lampsKnownShare)} of the time. The scheduled plans are taken to be in step from the first second.`,
    "",
    "Longest that somebody on foot can have waited (walk at its minimum: where a cabinet rests in walk, it was less; by polls, so",
    "within 2 s):",
    ...waits,
    "",
  ].join("\n");
}

export const dayReportJson = ({ corridor, day, from, to, cost, walks }: DayReport): object => ({
  corridor,
  day,
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
  ...cost,
  parts: cost.parts.map((part) => ({
    ...part,
    from: new Date(part.from).toISOString(),
    to: new Date(part.to).toISOString(),
  })),
  pedestrians: walks.map((walk) => ({ ...walk, at: walk.at === undefined ? null : new Date(walk.at).toISOString() })),
});
