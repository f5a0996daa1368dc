import type { City, Corridor, PlanSet } from "../../config/model.ts";
import { scheduledPlanSet } from "../../config/schedule.ts";
import { instant, type Millis } from "../../config/units.ts";
import { checkPlan } from "../../engine/core/guard/plan.ts";
import { type Band, type Direction, directionsOf, measureBand } from "../../engine/core/network/bands.ts";
import { bandwidthProblem, falseClaims, plansOf } from "../../engine/core/network/bandwidth-model.ts";
import { type DelayOffsets, fromFirst } from "../../engine/core/network/delay-offsets.ts";
import { type CountedLoads, countedLoads } from "../../engine/core/network/flows.ts";
import type { LinkLoad } from "../../engine/core/network/loading.ts";
import {
  evaluate,
  junctionsOf,
  type NetworkCost,
  type PlannedNetwork,
  type Plans,
} from "../../engine/core/network/network.ts";
import { phaseOrders } from "../../engine/core/network/orders.ts";
import { reorder } from "../../engine/core/network/stage-order.ts";
import { storageUse } from "../../engine/core/network/storage.ts";
import { type CycleTry, chooseCycle, type JunctionNeed, minimaOf, needOf } from "../../engine/core/network/timing.ts";
import type { Loads } from "../../engine/core/strategies/corridor-model/load.ts";
import { UserError } from "../user-error.ts";
import type { CountedPeriod, Counts } from "./counts.ts";
import { solveProgramme } from "./solver.ts";

export interface DesignWish {
  readonly city: City;
  readonly corridors: readonly Corridor[];
  readonly counts: Counts;
  /** Only this common cycle. */
  readonly cycle: Millis | undefined;
  /** Stages stay in the junctions' own order. */
  readonly keepOrder: boolean;
  /** Plan set in use; undefined: the one of the schedule at that time of day. */
  readonly inUse: string | undefined;
}

/** One way to time the network, with what it is expected to be worth. */
export interface Solution {
  readonly name: "delay" | "bandwidth" | "in-use";
  /** How it was found. */
  readonly how: string;
  readonly plans: Plans;
  readonly cost: NetworkCost;
  readonly bands: readonly { readonly direction: Direction; readonly band: Band }[];
  /** Of the links between its junctions. */
  readonly storage: ReadonlyMap<string, LinkLoad>;
}

export interface Design {
  readonly period: CountedPeriod;
  readonly network: PlannedNetwork;
  readonly counted: CountedLoads;
  readonly needs: readonly JunctionNeed[];
  readonly cycles: readonly CycleTry[];
  readonly chosen: CycleTry;
  readonly delay: Solution;
  /** Undefined where no direction runs through, or the solver found nothing. */
  readonly bandwidth: Solution | undefined;
  readonly inUse: { readonly set: PlanSet; readonly solution: Solution };
  readonly notes: readonly string[];
}

/** Plans of one period by counts: cycle, splits and order, with offsets of least delay and, beside them, of widest bands. */
export async function design(wish: DesignWish, period: CountedPeriod): Promise<Design> {
  const { city, corridors, counts } = wish;
  const junctions = junctionsOf(city, corridors);
  const counted = countedLoads(city, junctions, period.flows, {
    friction: counts.friction,
    measured: counts.saturation,
  });
  const network: PlannedNetwork = { city, corridors, junctions, loads: counted.loads };
  // Cycle and greens are to last through the busiest quarter hour; what they are worth is said of the mean.
  const busiest: PlannedNetwork = { ...network, loads: busier(counted, 1 / period.peakFactor) };
  const needs = junctions.map((junction) => needOf(junction, busiest, city.control.targetSaturation));
  const choice = chooseCycle(busiest, needs, wish.cycle);
  if (!choice) throw new UserError(noCycle(needs, wish.cycle));
  const notes = [...period.notes, ...demandNotes(needs, choice.best, city.control.targetSaturation)];
  const timed: DelayOffsets = { plans: choice.best.plans, cost: choice.best.cost, method: choice.best.method };
  const best = wish.keepOrder ? timed : reorder(busiest, timed);
  const delay = solution(
    network,
    "delay",
    best.plans,
    `least delay and stops on platoon profiles, ${best.method === "exact" ? "exact dynamic programming" : "coordinate ascent over the loops"}`,
  );
  const bandwidth = await widestBands(network, best.plans, wish.keepOrder, notes);
  const set = planSetInUse(wish, period);
  const used = solution(
    network,
    "in-use",
    new Map(junctions.map(({ id }) => [id, set.plans.get(id)!])),
    `plan set ${set.id}`,
  );
  for (const { plans } of bandwidth ? [delay, bandwidth] : [delay]) assertGuarded(network, plans);
  return {
    period,
    network,
    counted,
    needs,
    cycles: choice.tried,
    chosen: choice.best,
    delay,
    bandwidth,
    inUse: { set, solution: used },
    notes,
  };
}

/** Saturation flows by the manual's formula spread by about 15 % around measured ones: plans count on no more than this share. */
export const surePart = 0.9;

const busier = ({ loads, sheets }: CountedLoads, factor: number): Loads =>
  new Map(
    [...loads].map(([id, load]) => {
      const sure = sheets.get(id)?.basis === "measured" ? 1 : surePart;
      const scaled = {
        vehPerS: load.vehPerS * factor,
        pcuPerS: load.pcuPerS * factor,
        saturation: load.saturation * sure,
      };
      return [id, { ...load, ...scaled }];
    }),
  );

function solution(network: PlannedNetwork, name: Solution["name"], plans: Plans, how: string): Solution {
  const rotated = name === "in-use" ? plans : fromFirst(network, plans);
  const bands = directionsOf(network).map((direction) => ({ direction, band: measureBand(direction, rotated) }));
  return { name, how, plans: rotated, cost: evaluate(network, rotated), bands, storage: storageUse(network, rotated) };
}

/** MAXBAND and MULTIBAND; of the two the one whose plans cost less. What the solver claims is measured on the plans before it is believed. */
async function widestBands(
  network: PlannedNetwork,
  plans: Plans,
  keepOrder: boolean,
  notes: string[],
): Promise<Solution | undefined> {
  if (directionsOf(network).length === 0) {
    notes.push("no direction of a corridor runs from one junction to the next, so there are no bands to widen");
    return undefined;
  }
  const orders = new Map(
    network.junctions.map((junction) => {
      const plan = plans.get(junction.id)!;
      const all = keepOrder ? [plan.sequence] : phaseOrders(junction);
      return [junction.id, all.map((sequence) => ({ ...plan, sequence }))] as const;
    }),
  );
  let best: Solution | undefined;
  for (const kind of ["uniform", "per-link"] as const) {
    const name = kind === "uniform" ? "MAXBAND" : "MULTIBAND";
    const problem = bandwidthProblem(network, orders, kind);
    const solved = await solveProgramme(problem.text);
    if ("failed" in solved) {
      notes.push(`${name}: ${solved.failed}; no plan is made of it`);
      continue;
    }
    const found = plansOf(problem, solved.values);
    const wrong = falseClaims(problem, solved.values, found);
    if (wrong.length > 0) {
      notes.push(`${name}: the solver's answer does not hold (${wrong.join("; ")}); no plan is made of it`);
      continue;
    }
    const next = solution(network, "bandwidth", found, `widest bands, ${name} by mixed-integer programming`);
    if (!best || next.cost.index < best.cost.index) best = next;
  }
  return best;
}

/** Our own plans must pass the guard, whatever was counted: anything else is a fault of ours. */
function assertGuarded(network: PlannedNetwork, plans: Plans): void {
  for (const junction of network.junctions) {
    const denials = checkPlan(plans.get(junction.id)!, junction);
    if (denials.length > 0)
      throw new Error(`a plan of ours breaks a rule: ${denials.map(({ message }) => message).join("; ")}`);
  }
}

const minute = 60_000;
const week = 7 * 24 * 60;

/** The schedule's plan set that holds longest in the period, Monday to Friday first. */
function planSetInUse({ city, inUse }: DesignWish, { fromMin, toMin }: CountedPeriod): PlanSet {
  if (inUse !== undefined) {
    const set = city.schedule.planSets.get(inUse);
    if (!set)
      throw new UserError(
        `There is no plan set "${inUse}". Take one of: ${[...city.schedule.planSets.keys()].join(", ")}.`,
      );
    return set;
  }
  // The Tuesday after the epoch, which no event of a calendar touches.
  const tuesday = 5 * 24 * 60;
  const middle = (tuesday + (fromMin + toMin) / 2) % week;
  return scheduledPlanSet(city.schedule, city.utcOffset, instant(middle * minute - city.utcOffset));
}

function noCycle(needs: readonly JunctionNeed[], only: Millis | undefined): string {
  const each = needs.map(({ junction, range }) => {
    const { cycle, phases } = minimaOf(junction);
    const parts = phases.map(({ number, least }) => `${number}: ${least / 1000}`).join(", ");
    return `\n  ${junction.id}: ${range ? `${range.low / 1000} to ${range.high / 1000} s` : "no cycle at all"} (cycle_min_s ${junction.cycleMin / 1000}, cycle_max_s ${junction.cycleMax / 1000}; least splits by phase ${parts}, ${cycle / 1000} s together)`;
  });
  const what =
    only === undefined
      ? "No common cycle, whole or half, fits every junction"
      : `A cycle of ${only / 1000} s, whole or half, does not fit every junction`;
  return `${what}. Change their limits, or plan a shorter corridor:${each.join("")}`;
}

function demandNotes(needs: readonly JunctionNeed[], { cycle, cost }: CycleTry, target: number): readonly string[] {
  const notes: string[] = [];
  for (const { junction, path, saturationS } of needs) {
    const worst = cost.junctions.get(junction.id)!.saturation;
    if (path.sum >= 1)
      notes.push(
        `${junction.id}: demand is over capacity (sum of flow ratios ${path.sum.toFixed(2)}); no plan serves it, this one bounds the harm at a degree of saturation of ${worst.toFixed(2)}`,
      );
    else if (saturationS === undefined)
      notes.push(
        `${junction.id}: no cycle brings it to a degree of saturation of ${target} (sum of flow ratios ${path.sum.toFixed(2)} in the busiest quarter hour); here ${worst.toFixed(2)}`,
      );
    else if (worst > target)
      notes.push(
        `${junction.id}: a degree of saturation of ${worst.toFixed(2)} in the busiest quarter hour with a cycle of ${cycle / 1000} s, above the target of ${target}`,
      );
  }
  if (86_400_000 % cycle !== 0)
    notes.push(`a cycle of ${cycle / 1000} s does not divide a day, so offsets jump at UTC midnight`);
  return notes;
}

/** Minutes since local midnight as HH:MM. */
export const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
