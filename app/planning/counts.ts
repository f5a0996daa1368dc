import type { Approach, City, Junction, Movement } from "../../config/model.ts";
import { type ClassFlow, flowKey, type TurningFlows } from "../../engine/core/network/flows.ts";
import {
  defaultComposition,
  defaultTurnShare,
  passengerCarUnits,
  toPcu,
} from "../../engine/core/traffic/passenger-car-units.ts";
import { protectedSaturation, type SideFriction } from "../../engine/core/traffic/saturation-flow.ts";
import { UserError } from "../user-error.ts";
import { balance } from "./balance.ts";
import { type RawCounts, type RawRow, readRows } from "./count-rows.ts";
import { defaultPeakFactor, peakFactorOf } from "./peak.ts";
import { fillTurns } from "./turning.ts";

/** Counted demand of one period of the day. */
export interface CountedPeriod {
  readonly id: string;
  /** Local, minutes since midnight. */
  readonly fromMin: number;
  readonly toMin: number;
  /** On a street; false where demand is assumed. */
  readonly counted: boolean;
  /** Vehicles/h, mean of the period. */
  readonly flows: TurningFlows;
  /** Mean over the busiest quarter hour (PHF); measured where quarter hours were counted. */
  readonly peakFactor: number;
  readonly peakMeasured: boolean;
  /** What was assumed, and what does not fit together. */
  readonly notes: readonly string[];
}

export interface Counts {
  readonly periods: readonly CountedPeriod[];
  readonly friction: SideFriction;
  /** Measured saturation flow by stream id, pcu/h of green. */
  readonly saturation: ReadonlyMap<string, number>;
}

interface Row {
  readonly where: string;
  readonly period: string;
  readonly fromMin: number;
  readonly toMin: number;
  readonly junction: Junction;
  readonly approach: Approach;
  /** Undefined: the whole approach. */
  readonly movement: Movement | undefined;
  readonly counts: ClassFlow;
}

/** Counts of a file against a city, for the junctions that are to be planned; every fault in one error. */
export function readCounts(
  text: string,
  file: string,
  {
    city,
    junctions,
    acceptImbalance,
  }: { readonly city: City; readonly junctions: readonly Junction[]; readonly acceptImbalance: boolean },
): Counts {
  const raw = readRows(text, file);
  const faults: string[] = [];
  const rows = raw.rows.flatMap((row) => rowOf(row, city, faults) ?? []);
  const saturation = saturationOf(raw, city, faults);
  const friction = frictionOf(raw.friction, faults);
  if (raw.rows.length === 0) faults.push("there are no counts in it");
  const periods: CountedPeriod[] = [];
  if (faults.length === 0) {
    for (const id of [...new Set(rows.map(({ period }) => period))]) {
      const own = rows.filter(({ period }) => period === id);
      const { flows, notes } = turningFlows(own, { city, junctions, period: id, faults });
      notes.push(...balance(flows, { city, junctions, acceptImbalance, period: id, faults }));
      const fromMin = Math.min(...own.map((row) => row.fromMin));
      const peak = peakFactorOf(own);
      periods.push({
        id,
        counted: true,
        fromMin,
        toMin: Math.max(...own.map((row) => row.toMin)),
        flows,
        peakFactor: peak ?? defaultPeakFactor,
        peakMeasured: peak !== undefined,
        notes,
      });
    }
  }
  if (faults.length > 0)
    throw new UserError(
      `${file} has ${faults.length} fault${faults.length === 1 ? "" : "s"}; nothing was planned.${faults.map((fault) => `\n  ${fault}`).join("")}`,
    );
  return { periods, friction, saturation };
}

function frictionOf(text: string | undefined, faults: string[]): SideFriction {
  if (text === undefined || text === "high" || text === "medium" || text === "low") return text ?? "high";
  faults.push(`friction: ${JSON.stringify(text)} is not high, medium or low`);
  return "high";
}

const turnNames = ["left", "through", "right", "u-turn"];

function rowOf({ where, cells }: RawRow, city: City, faults: string[]): Row | undefined {
  const before = faults.length;
  const fault = (message: string): void => void faults.push(`${where}: ${message}`);
  const junction = city.junctions.get(cells.get("junction") ?? "");
  if (!junction) {
    fault(
      `there is no junction ${JSON.stringify(cells.get("junction") ?? "")}; known: ${[...city.junctions.keys()].join(", ")}`,
    );
    return undefined;
  }
  const approach = junction.approaches.find(({ id }) => id === cells.get("approach"));
  if (!approach) {
    fault(
      `junction ${junction.id} has no approach ${JSON.stringify(cells.get("approach") ?? "")}; known: ${junction.approaches.map(({ id }) => id).join(", ")}`,
    );
    return undefined;
  }
  const movement = movementOf(cells.get("movement") ?? "", { junction, approach, fault });
  const from = minutes(cells.get("from"), "from", fault);
  const to = minutes(cells.get("to"), "to", fault);
  if (from !== undefined && to !== undefined && from >= to)
    fault(`it is counted from ${cells.get("from")} to ${cells.get("to")}; the end must be later, on the same day`);
  const counts = classesOf(cells, fault);
  if (faults.length > before || !counts || from === undefined || to === undefined) return undefined;
  return {
    where,
    period: cells.get("period") || "counts",
    fromMin: from,
    toMin: to,
    junction,
    approach,
    movement,
    counts,
  };
}

function movementOf(
  text: string,
  {
    junction,
    approach,
    fault,
  }: { readonly junction: Junction; readonly approach: Approach; readonly fault: (message: string) => void },
): Movement | undefined {
  if (text === "" || text === "all") return undefined;
  const own = junction.movements.filter((movement) => movement.approach === approach.id);
  const found = own.filter(({ id, turn }) => id === text || turn === text);
  if (found.length === 1) return found[0];
  const known = own.map(({ id, turn }) => `${id} (${turn})`).join(", ");
  fault(
    found.length > 1
      ? `approach ${approach.id} of ${junction.id} has several ${text} movements; name one of ${known}`
      : turnNames.includes(text)
        ? `approach ${approach.id} of ${junction.id} has no ${text} turn, so nobody can have been counted there; it has ${known}`
        : `approach ${approach.id} of ${junction.id} has no movement ${JSON.stringify(text)}; it has ${known}`,
  );
  return undefined;
}

function minutes(text: string | undefined, name: string, fault: (message: string) => void): number | undefined {
  const match = /^(\d{1,2}):(\d\d)$/.exec(text ?? "");
  const value = match ? Number(match[1]) * 60 + Number(match[2]) : Number.NaN;
  if (match && Number(match[2]) < 60 && value <= 1440) return value;
  fault(`${name} is ${JSON.stringify(text ?? "")}; give local time as HH:MM, 00:00 to 24:00`);
  return undefined;
}

function classesOf(cells: ReadonlyMap<string, string>, fault: (message: string) => void): ClassFlow | undefined {
  const read = (name: string): number | undefined => {
    const text = cells.get(name);
    if (text === undefined || text === "") return undefined;
    const value = Number(text);
    if (Number.isFinite(value) && value >= 0) return value;
    fault(`${name} is ${JSON.stringify(text)}; a count is a number, 0 or more`);
    return Number.NaN;
  };
  const [car, hv, mc, um, all] = [read("car"), read("hv"), read("mc"), read("um"), read("vehicles")];
  if ([car, hv, mc, um, all].some((value) => Number.isNaN(value))) return undefined;
  if (car === undefined && hv === undefined && mc === undefined) {
    if (all === undefined) {
      fault("nothing is counted in it; give car, hv and mc, or vehicles, and 0 where nobody came");
      return undefined;
    }
    // The manual's composition where nobody told classes apart.
    return {
      car: all * defaultComposition.car,
      hv: all * defaultComposition.hv,
      mc: all * defaultComposition.mc,
      um: um ?? 0,
    };
  }
  const counts = { car: car ?? 0, hv: hv ?? 0, mc: mc ?? 0, um: um ?? 0 };
  const sum = counts.car + counts.hv + counts.mc;
  if (all !== undefined && Math.abs(all - sum) > 1 && Math.abs(all - sum - counts.um) > 1) {
    fault(`vehicles ${all} contradicts its classes, which add up to ${sum}; mend one of them`);
    return undefined;
  }
  return counts;
}

function saturationOf({ saturation }: RawCounts, city: City, faults: string[]): ReadonlyMap<string, number> {
  const result = new Map<string, number>();
  for (const { where, cells } of saturation) {
    const id = `${cells.get("junction")}/${cells.get("approach")}/${cells.get("group")}`;
    const value = Number(cells.get("pcu_per_h"));
    const junction = city.junctions.get(cells.get("junction") ?? "");
    if (!junction?.streams.some((stream) => stream.id === id))
      faults.push(
        `${where}: there is no stream ${id}; known: ${junction?.streams.map((stream) => stream.id).join(", ") ?? [...city.junctions.keys()].join(", ")}`,
      );
    else if (!Number.isFinite(value) || value < 100 || value > 30_000)
      faults.push(
        `${where}: pcu_per_h is ${JSON.stringify(cells.get("pcu_per_h") ?? "")}; a saturation flow is 100 to 30000 pcu/h of green (0 would serve nobody)`,
      );
    else result.set(id, value);
  }
  return result;
}

interface Turning {
  readonly city: City;
  readonly junctions: readonly Junction[];
  readonly period: string;
  readonly faults: string[];
}

/** Counts of a part of an hour to vehicles an hour, totals shared among movements by the manual's default where they were not told apart. */
function turningFlows(
  rows: readonly Row[],
  { city, junctions, period, faults }: Turning,
): { readonly flows: TurningFlows; readonly notes: string[] } {
  const flows = new Map<string, ClassFlow>();
  const guessed = new Set<string>();
  const notes: string[] = [];
  for (const junction of junctions) {
    for (const approach of junction.approaches) {
      const own = rows.filter((row) => row.junction === junction && row.approach === approach);
      const at = `period ${period}, junction ${junction.id}, approach ${approach.id}`;
      if (own.length === 0) {
        faults.push(`${at}: no count; count it, or write 0 if nobody comes`);
        continue;
      }
      const movements = junction.movements.filter((movement) => movement.approach === approach.id);
      const counted = new Map<string, ClassFlow>();
      for (const movement of movements) {
        const rate = hourly(
          own.filter((row) => row.movement === movement),
          at,
          faults,
        );
        if (rate) counted.set(movement.id, rate);
      }
      const total = hourly(
        own.filter((row) => row.movement === undefined),
        at,
        faults,
      );
      for (const [id, flow] of shared({ movements, counted, total, at, faults, notes })) {
        flows.set(flowKey(junction.id, id), flow);
        if (!counted.has(id)) guessed.add(flowKey(junction.id, id));
      }
      possible(junction, approach, { flows, city, at, faults });
    }
  }
  const filled = faults.length === 0 ? fillTurns(flows, guessed, { city, junctions }) : [];
  if (filled.length > 0)
    notes.push(
      `period ${period}: turns not counted at ${filled.join(", ")} are fitted to what the next junctions counted`,
    );
  return { flows, notes };
}

/** Vehicles an hour over the time that was counted. The same minutes counted twice are a contradiction. */
function hourly(rows: readonly Row[], at: string, faults: string[]): ClassFlow | undefined {
  if (rows.length === 0) return undefined;
  const ordered = [...rows].sort((a, b) => a.fromMin - b.fromMin);
  for (const [i, row] of ordered.entries()) {
    const before = ordered[i - 1];
    if (before && before.toMin > row.fromMin)
      faults.push(
        `${row.where}: ${at} is counted a second time for the same minutes (also ${before.where}); keep one of them`,
      );
  }
  const hours = ordered.reduce((sum, row) => sum + (row.toMin - row.fromMin), 0) / 60;
  const sum = (pick: (counts: ClassFlow) => number): number =>
    ordered.reduce((all, row) => all + pick(row.counts), 0) / hours;
  return { car: sum(({ car }) => car), hv: sum(({ hv }) => hv), mc: sum(({ mc }) => mc), um: sum(({ um }) => um) };
}

const vehicles = ({ car, hv, mc }: ClassFlow): number => car + hv + mc;
/** Totals and movements counted by different people differ by a few vehicles. */
const sameShare = 0.05;
const sameVehicles = 5;

interface Sharing {
  readonly movements: readonly Movement[];
  readonly counted: ReadonlyMap<string, ClassFlow>;
  readonly total: ClassFlow | undefined;
  readonly at: string;
  readonly faults: string[];
  readonly notes: string[];
}

function shared({ movements, counted, total, at, faults, notes }: Sharing): ReadonlyMap<string, ClassFlow> {
  const rest = movements.filter(({ id }) => !counted.has(id));
  const sum = [...counted.values()].reduce((all, flow) => all + vehicles(flow), 0);
  if (total) {
    const gap = sum - vehicles(total);
    const limit = sameVehicles + sameShare * vehicles(total);
    if (gap > limit || (rest.length === 0 && Math.abs(gap) > limit))
      faults.push(
        `${at}: the movements add up to ${sum.toFixed(0)} veh/h, the whole approach to ${vehicles(total).toFixed(0)}; mend one of them`,
      );
  }
  if (rest.length === 0) return counted;
  if (!total) {
    faults.push(
      `${at}: no count of ${rest.map(({ id }) => id).join(", ")}; count it, write 0 if nobody comes, or give the whole approach`,
    );
    return counted;
  }
  const prior = (movement: Movement): number =>
    movement.turn === "through"
      ? 1 - 2 * defaultTurnShare
      : movement.turn === "u-turn"
        ? defaultTurnShare / 10
        : defaultTurnShare;
  const priors = rest.reduce((all, movement) => all + prior(movement), 0);
  notes.push(`${at}: ${rest.map(({ id }) => id).join(", ")} shared by the manual's default (15 % left, 15 % right)`);
  const left = (pick: (flow: ClassFlow) => number): number =>
    Math.max(0, pick(total) - [...counted.values()].reduce((all, flow) => all + pick(flow), 0));
  const result = new Map(counted);
  for (const movement of rest) {
    const share = prior(movement) / priors;
    result.set(movement.id, {
      car: share * left(({ car }) => car),
      hv: share * left(({ hv }) => hv),
      mc: share * left(({ mc }) => mc),
      um: share * left(({ um }) => um),
    });
  }
  return result;
}

/** More than this many times what its lanes discharge in an hour without red cannot have passed. */
const highestCount = 1.25;

function possible(
  junction: Junction,
  approach: Approach,
  {
    flows,
    city,
    at,
    faults,
  }: {
    readonly flows: ReadonlyMap<string, ClassFlow>;
    readonly city: City;
    readonly at: string;
    readonly faults: string[];
  },
): void {
  const unit = passengerCarUnits(city.control.manual, "protected");
  for (const stream of junction.streams.filter((entry) => entry.approach === approach.id)) {
    const pcu = stream.movements.reduce((sum, id) => {
      const flow = flows.get(flowKey(junction.id, id));
      return sum + (flow ? toPcu(flow, unit) : 0);
    }, 0);
    const most = highestCount * protectedSaturation(stream.widthM);
    if (pcu > most)
      faults.push(
        `${at}: ${pcu.toFixed(0)} pcu/h on the ${stream.widthM} m of group ${stream.group} is impossible; an hour of green without red discharges about ${protectedSaturation(stream.widthM).toFixed(0)}`,
      );
  }
}
