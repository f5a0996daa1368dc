import type { TimingPlan } from "../../../config/plan.ts";
import { millis, modulo } from "../../../config/units.ts";
import { type Direction, directionsOf, greenWindow, measureBand } from "./bands.ts";
import type { PlannedNetwork, Plans } from "./network.ts";

/**
 * Progression as a mixed-integer programme (MAXBAND, Little, Kelson and Gartner 1981; MULTIBAND, Gartner et al. 1991), written
 * with the offsets themselves as variables: at each stop the band passes w seconds after its green began, some whole
 * number of cycles aside. Lead and lag are binary choices between the orders a junction allows. Seconds throughout.
 */
export interface BandwidthProblem {
  readonly directions: readonly Direction[];
  /** By junction: the plan in each order that is to be chosen from. */
  readonly orders: ReadonlyMap<string, readonly TimingPlan[]>;
  /** `uniform`: one width from end to end (MAXBAND); `per-link`: each street its own (MULTIBAND). */
  readonly bands: "uniform" | "per-link";
  /** CPLEX LP text. */
  readonly text: string;
}

export type Values = ReadonlyMap<string, number>;

/** A stop outside its green costs this many seconds of band for each second: only where no offsets can do better. */
const slackCost = 20;

export function bandwidthProblem(
  network: PlannedNetwork,
  orders: BandwidthProblem["orders"],
  bands: BandwidthProblem["bands"],
): BandwidthProblem {
  const directions = directionsOf(network);
  const rows: string[] = [];
  const objective: string[] = [];
  const bounds: string[] = [];
  const whole: string[] = [];
  const binary: string[] = [];
  const junctions = [...new Set(directions.flatMap(({ stops }) => stops.map(({ junction }) => junction.id)))];
  const number = new Map(junctions.map((id, i) => [id, i]));
  const farthest = Math.max(0, ...directions.map(({ stops }) => stops.at(-1)!.travelS));
  const cycle = Math.max(1, ...[...orders.values()].map(([plan]) => plan!.cycle / 1000));
  for (const [i, id] of junctions.entries()) {
    // One offset is free to choose: the first stands for it.
    bounds.push(i === 0 ? "th0 = 0" : `${show(-farthest - 2 * cycle)} <= th${i} <= ${show(farthest + 2 * cycle)}`);
    const count = orders.get(id)!.length;
    if (count === 1) continue;
    const names = Array.from({ length: count }, (_, k) => `x${i}_${k}`);
    rows.push(`${names.join(" + ")} = 1`);
    binary.push(...names);
  }
  for (const [d, { stops, flowPcuh }] of directions.entries()) {
    const weight = weightOf(directions, flowPcuh);
    bounds.push(`p${d} free`);
    for (const [i, { junction, stream, travelS }] of stops.entries()) {
      const j = number.get(junction.id)!;
      const choices = orders.get(junction.id)!;
      const windows = choices.map((plan) => greenWindow(junction, plan, stream));
      const term = (value: (k: number) => number): { readonly constant: number; readonly text: string } =>
        choices.length === 1
          ? { constant: value(0), text: "" }
          : { constant: 0, text: choices.map((_, k) => signed(-value(k), `x${j}_${k}`)).join("") };
      const start = term((k) => windows[k]!.startS);
      const own = choices[0]!.cycle / 1000;
      const free = d === 0;
      // p + travel - th - start - own n = w
      rows.push(
        `p${d} - th${j}${start.text}${free ? "" : signed(-own, `n${d}_${i}`)} - w${d}_${i} = ${show(start.constant - travelS)}`,
      );
      if (!free) {
        const most = Math.ceil((2 * farthest + 5 * cycle) / own) + 1;
        bounds.push(`-${most} <= n${d}_${i} <= ${most}`);
        whole.push(`n${d}_${i}`);
      }
      bounds.push(`w${d}_${i} free`, `s${d}_${i} >= 0`);
      objective.push(signed(-slackCost, `s${d}_${i}`));
      const length = term((k) => windows[k]!.lengthS);
      for (const [band, half] of bandsAt(bands, d, i, stops.length)) {
        // The whole band lies in the green: from its beginning, or half of it either side of the common line.
        rows.push(
          half ? `w${d}_${i} - 0.5 ${band} + s${d}_${i} >= 0` : `w${d}_${i} + s${d}_${i} >= 0`,
          `w${d}_${i} + ${half ? "0.5 " : ""}${band}${length.text} - s${d}_${i} <= ${show(length.constant)}`,
        );
      }
    }
    for (const band of bandNames(bands, d, stops.length)) {
      objective.unshift(signed(weight / (bands === "uniform" ? 1 : stops.length - 1), band));
      bounds.push(`0 <= ${band} <= ${show(cycle)}`);
    }
  }
  const text = [
    "Maximize",
    ` obj:${wrapped(objective.join(""))}`,
    "Subject To",
    ...rows.map((row, i) => ` c${i}: ${wrapped(row)}`),
    ...ratioRows(directions, bands).map((row, i) => ` r${i}: ${wrapped(row)}`),
    "Bounds",
    ...bounds.map((bound) => ` ${bound}`),
    ...(whole.length > 0 ? ["General", ` ${wrapped(whole.join(" "))}`] : []),
    ...(binary.length > 0 ? ["Binary", ` ${wrapped(binary.join(" "))}`] : []),
    "End",
    "",
  ].join("\n");
  return { directions, orders, bands, text };
}

/** Flows weigh bands: the mean direction has weight 1. */
function weightOf(directions: readonly Direction[], flowPcuh: number): number {
  const mean = directions.reduce((sum, direction) => sum + direction.flowPcuh, 0) / Math.max(1, directions.length);
  return mean > 0 ? Math.max(0.05, flowPcuh / mean) : 1;
}

/** MAXBAND's ratio: the band of the lighter direction is no narrower than its share of the flow asks. */
function ratioRows(directions: readonly Direction[], bands: BandwidthProblem["bands"]): readonly string[] {
  if (bands !== "uniform") return [];
  return directions.flatMap((one, d) => {
    const other = directions.findIndex(({ corridor, forward }) => corridor === one.corridor && forward !== one.forward);
    if (other < d || other < 0) return [];
    const [light, heavy] = one.flowPcuh <= directions[other]!.flowPcuh ? [d, other] : [other, d];
    const share = directions[light]!.flowPcuh / Math.max(1, directions[heavy]!.flowPcuh);
    return [`b${light}${signed(-Math.min(1, share), `b${heavy}`)} >= 0`];
  });
}

const bandNames = (bands: BandwidthProblem["bands"], d: number, stops: number): readonly string[] =>
  bands === "uniform" ? [`b${d}`] : Array.from({ length: stops - 1 }, (_, i) => `b${d}_${i}`);

/** Bands that pass stop i, and whether they lie half either side of the line. */
function bandsAt(
  bands: BandwidthProblem["bands"],
  d: number,
  i: number,
  stops: number,
): readonly (readonly [string, boolean])[] {
  if (bands === "uniform") return [[`b${d}`, false]];
  return [i - 1, i].filter((k) => k >= 0 && k < stops - 1).map((k) => [`b${d}_${k}`, true] as const);
}

const show = (value: number): string => {
  const text = value.toFixed(6).replace(/\.?0+$/, "");
  return text === "-0" || text === "" ? "0" : text;
};
const signed = (value: number, name: string): string => ` ${value < 0 ? "-" : "+"} ${show(Math.abs(value))} ${name}`;

/** LP readers keep to short lines. */
const wrapped = (row: string): string => row.replace(/(.{1,200})( |$)/g, "$1\n  ").trimEnd();

/** The plans that a solution means: orders chosen, offsets in whole seconds modulo their cycle. */
export function plansOf(problem: BandwidthProblem, values: Values): Plans {
  const junctions = [...new Set(problem.directions.flatMap(({ stops }) => stops.map(({ junction }) => junction.id)))];
  const result = new Map<string, TimingPlan>();
  for (const [id, choices] of problem.orders) {
    const i = junctions.indexOf(id);
    const chosen = choices.findIndex((_, k) => (values.get(`x${i}_${k}`) ?? 0) > 0.5);
    const plan = choices[Math.max(0, chosen)]!;
    const offset = i < 0 ? plan.offset / 1000 : (values.get(`th${i}`) ?? 0);
    result.set(id, { ...plan, offset: millis(modulo(Math.round(offset), plan.cycle / 1000) * 1000) });
  }
  return result;
}

/** A second of rounding at either end, and the solver's tolerance. */
const rounding = 2.1;

/**
 * Where a solution is not what it claims, in words: every band it names is measured again on the plans themselves.
 * Empty when all hold.
 */
export function falseClaims(problem: BandwidthProblem, values: Values, plans: Plans): readonly string[] {
  return problem.directions.flatMap((direction, d) =>
    bandNames(problem.bands, d, direction.stops.length).flatMap((name, k) => {
      const slack = direction.stops.some((_, i) => (values.get(`s${d}_${i}`) ?? 0) > 1e-6);
      const claimed = values.get(name);
      if (claimed === undefined) return [`${name} has no value`];
      if (slack) return [];
      const last = problem.bands === "uniform" ? direction.stops.length - 1 : k + 1;
      const { widthS } = measureBand(direction, plans, problem.bands === "uniform" ? 0 : k, last);
      return widthS >= claimed - rounding
        ? []
        : [`${name} claims ${claimed.toFixed(1)} s, the plans have ${widthS.toFixed(1)} s`];
    }),
  );
}
