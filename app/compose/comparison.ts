import { type Interval, interval95, mean } from "../statistics.ts";
import type { RunReport } from "./report.ts";

interface Measure {
  readonly key: string;
  readonly label: string;
  readonly of: (report: RunReport) => number;
}

const onGreen =
  (direction: "forward" | "backward") =>
  ({ arrivalsOnGreen }: RunReport): number =>
    100 * arrivalsOnGreen[direction].onGreen;

/** Of all others less is better. */
const moreIsBetter = new Set(["arrived", "forwardOnGreen", "backwardOnGreen"]);

const measures: readonly Measure[] = [
  { key: "arrived", label: "vehicles served", of: (report) => report.vehicles.arrived },
  { key: "meanDelayS", label: "mean delay, s/veh", of: (report) => report.all.meanDelayS },
  { key: "mainMeanDelayS", label: "  corridor", of: (report) => report.main.meanDelayS },
  { key: "sideMeanDelayS", label: "  side streets", of: (report) => report.side.meanDelayS },
  { key: "sideP95DelayS", label: "  side streets, 95th percentile", of: (report) => report.side.p95DelayS },
  { key: "meanStops", label: "stops per vehicle", of: (report) => report.all.meanStops },
  { key: "forwardOnGreen", label: "arrivals on green, forward %", of: onGreen("forward") },
  { key: "backwardOnGreen", label: "arrivals on green, backward %", of: onGreen("backward") },
  { key: "pedestrianMeanWaitS", label: "pedestrian wait, mean s", of: (report) => report.pedestrians.meanWaitS },
  {
    key: "pedestrianP95WaitS",
    label: "pedestrian wait, 95th percentile s",
    of: (report) => report.pedestrians.p95WaitS,
  },
  { key: "spillBackS", label: "spill-back, link-seconds", of: (report) => report.spillBackS },
  { key: "conflictMonitorTrips", label: "conflict-monitor trips", of: (report) => report.conflictMonitorTrips },
];

export interface Comparison {
  readonly base: string;
  readonly seeds: readonly number[];
  readonly strategies: readonly {
    readonly strategy: string;
    readonly measures: readonly {
      readonly key: string;
      readonly label: string;
      readonly mean: number;
      readonly worst: number /** Strategy minus base, seed by seed. */;
      readonly difference: Interval | undefined;
    }[];
  }[];
}

/** `reports` in any order; each seed and strategy once. */
export function comparison(
  strategies: readonly string[],
  seeds: readonly number[],
  reports: readonly RunReport[],
): Comparison {
  const values = (strategy: string, measure: Measure) =>
    seeds.map((seed) => measure.of(reports.find((report) => report.strategy === strategy && report.seed === seed)!));
  const base = strategies[0]!;
  return {
    base,
    seeds,
    strategies: strategies.map((strategy) => ({
      strategy,
      measures: measures.map((measure) => {
        const own = values(strategy, measure);
        const against = values(base, measure);
        return {
          key: measure.key,
          label: measure.label,
          mean: mean(own),
          worst: moreIsBetter.has(measure.key) ? Math.min(...own) : Math.max(...own),
          difference: strategy === base ? undefined : interval95(own.map((value, i) => value - against[i]!)),
        };
      }),
    })),
  };
}

export function comparisonText({ base, seeds, strategies }: Comparison): string {
  const lines = [
    `${seeds.length} seeds, paired differences against ${base} with 95 % intervals (Student's t); * where the interval is clear of 0`,
    "",
  ];
  for (const { strategy, measures: rows } of strategies) {
    lines.push(strategy);
    for (const { label, mean: centre, worst, difference } of rows) {
      const clear = difference && (difference.low > 0 || difference.high < 0);
      const change = difference
        ? `${signed(difference.mean)} [${signed(difference.low)}, ${signed(difference.high)}]${clear ? " *" : ""}`
        : "";
      lines.push(
        `  ${label.padEnd(38)} ${centre.toFixed(1).padStart(9)}  worst seed ${worst.toFixed(1).padStart(9)}  ${change}`,
      );
    }
    lines.push("");
  }
  return lines.join("\n");
}

const signed = (value: number): string => (Number.isNaN(value) ? "?" : `${value > 0 ? "+" : ""}${value.toFixed(1)}`);
