import type { RunReport } from "./report.ts";

export interface Worth {
  readonly report: RunReport;
  /** The same traffic under the scheduled plans. */
  readonly base: RunReport | undefined;
  readonly lateTicks: number;
  readonly worstLateMs: number;
  readonly folder: string;
}

/** What the run was worth, for people and for programs. */
export function summary({ report, base, lateTicks, worstLateMs, folder }: Worth): {
  readonly text: string;
  readonly json: object;
} {
  const versus = base && {
    meanDelayS: base.all.meanDelayS,
    sideP95DelayS: base.side.p95DelayS,
    pedestrianP95WaitS: base.pedestrians.p95WaitS,
    meanStops: base.all.meanStops,
    arrived: base.vehicles.arrived,
    delaySavedPercent: percentLess(report.all.meanDelayS, base.all.meanDelayS),
  };
  const json = { ...report, lateTicks, worstLateMs, scheduledPlans: versus, folder };
  const rows: (readonly [string, string, string])[] = [
    ["vehicles served", `${report.vehicles.arrived}`, base ? `${base.vehicles.arrived}` : ""],
    [
      "vehicles present / waiting to enter",
      `${report.vehicles.present} / ${report.vehicles.waiting}`,
      base ? `${base.vehicles.present} / ${base.vehicles.waiting}` : "",
    ],
    ["mean delay, s/veh", report.all.meanDelayS.toFixed(1), base ? base.all.meanDelayS.toFixed(1) : ""],
    ["  corridor", report.main.meanDelayS.toFixed(1), base ? base.main.meanDelayS.toFixed(1) : ""],
    ["  side streets", report.side.meanDelayS.toFixed(1), base ? base.side.meanDelayS.toFixed(1) : ""],
    ["  side streets, 95th percentile", report.side.p95DelayS.toFixed(0), base ? base.side.p95DelayS.toFixed(0) : ""],
    ["stops per vehicle", report.all.meanStops.toFixed(2), base ? base.all.meanStops.toFixed(2) : ""],
    [
      "pedestrian wait, mean s",
      report.pedestrians.meanWaitS.toFixed(1),
      base ? base.pedestrians.meanWaitS.toFixed(1) : "",
    ],
    [
      "pedestrian wait, 95th percentile s",
      report.pedestrians.p95WaitS.toFixed(0),
      base ? base.pedestrians.p95WaitS.toFixed(0) : "",
    ],
    [
      "plans pushed / verified / refused / lost",
      `${report.plans.pushed} / ${report.plans.verified} / ${report.plans.refused} / ${report.plans.lost}`,
      "",
    ],
    ["guard denials", `${sum(report.guardDenials)}`, base ? `${sum(base.guardDenials)}` : ""],
    ["conflict-monitor trips", `${report.conflictMonitorTrips}`, base ? `${base.conflictMonitorTrips}` : ""],
    ["late ticks", `${lateTicks}${lateTicks > 0 ? ` (worst ${Math.round(worstLateMs)} ms)` : ""}`, ""],
  ];
  const head = `\n${(report.simulatedS / 60).toFixed(1)} min simulated, seed ${report.seed}`;
  const body = rows.map(([name, own, other]) => `${name.padEnd(42)}${own.padStart(18)}${other.padStart(18)}`);
  const verdict = versus
    ? `\nMean delay ${Math.abs(versus.delaySavedPercent).toFixed(1)} % ${versus.delaySavedPercent >= 0 ? "below" : "above"} the scheduled plans on the same traffic (one seed; simpang compare gives intervals).`
    : "";
  const text = `${head}\n${"".padEnd(42)}${report.strategy.padStart(18)}${(base ? "scheduled plans" : "").padStart(18)}\n${body.join("\n")}\n${verdict}\nevents, audit trail and history: ${folder}\n`;
  return { text, json };
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
const percentLess = (value: number, than: number): number => (than > 0 ? (100 * (than - value)) / than : 0);
