import type { Junction, Turn } from "../../../config/model.ts";
import type { Uncertain } from "../strategy.ts";
import { defaultTurnShare } from "../traffic/passenger-car-units.ts";

/**
 * Turning shares of a junction from partial counts: a Kalman filter on the share of each movement in its approach, seen
 * through what left by each exit (Cremer and Keller 1987), with the sum of an approach's shares held at 1 and no share
 * below 0. Plain data.
 */
export interface TurningState {
  /** Movement ids, in the junction's order. */
  readonly movements: readonly string[];
  readonly mean: readonly number[];
  /** Row by row. */
  readonly covariance: readonly number[];
}

/** Vehicles counted over one period, each with the standard deviation of counting it. */
export interface TurningCounts {
  readonly approaches: ReadonlyMap<string, Uncertain>;
  /** By link they left by; those not watched are absent. */
  readonly exits: ReadonlyMap<string, Uncertain>;
  /** By movement, where a camera tells turns apart. */
  readonly movements: ReadonlyMap<string, number>;
}

/** One junction's shares differ from the manual's default by about this much. */
const priorSpread = 0.12;
/** Shares wander by about this much an hour. */
const driftPerHour = 0.02;
/** Shares of one approach add up to 1 this exactly. */
const sumSpread = 1e-4;
/** Below 0 a share is put back, this firmly. */
const floorSpread = 1e-3;

const priorOf = (turn: Turn): number =>
  turn === "through" ? 1 - 2 * defaultTurnShare : turn === "u-turn" ? defaultTurnShare / 10 : defaultTurnShare;

export function startTurning(junction: Junction): TurningState {
  const { movements } = junction;
  const mean = movements.map((movement) => {
    const same = movements.filter(({ approach }) => approach === movement.approach);
    return priorOf(movement.turn) / same.reduce((sum, { turn }) => sum + priorOf(turn), 0);
  });
  const n = movements.length;
  const covariance = Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? priorSpread ** 2 : 0));
  return sound(junction, { movements: movements.map(({ id }) => id), mean, covariance });
}

/** Takes in one period's counts. */
export function turningSeen(
  junction: Junction,
  before: TurningState,
  counts: TurningCounts,
  hours: number,
): TurningState {
  let state = drifted(before, hours);
  const index = new Map(state.movements.map((id, i) => [id, i]));
  const flow = (approach: string): number => counts.approaches.get(approach)?.mean ?? 0;
  for (const [movement, vehicles] of counts.movements) {
    const i = index.get(movement);
    const total = flow(junction.movements.find(({ id }) => id === movement)?.approach ?? "");
    if (i === undefined || total <= 0) continue;
    const share = Math.min(1, vehicles / total);
    // A part of a count, with half a vehicle for those who count none.
    const variance = ((share + 0.5 / total) * (1 - share + 0.5 / total)) / total;
    state = corrected(state, { row: unit(state, i), value: share, variance });
  }
  for (const [link, { mean, sd }] of counts.exits) {
    const leaving = junction.movements.filter(({ exit }) => exit === link);
    // Only where everybody who can leave by it was counted to come.
    if (leaving.length === 0 || leaving.some(({ approach }) => !counts.approaches.has(approach))) continue;
    const row = state.movements.map(() => 0);
    let variance = sd ** 2;
    for (const { id, approach } of leaving) {
      const i = index.get(id)!;
      const share = state.mean[i]!;
      row[i] = flow(approach);
      // Who turns is a draw for each vehicle, and the approach's own count is not exact.
      variance += flow(approach) * share * (1 - share) + (share * counts.approaches.get(approach)!.sd) ** 2;
    }
    state = corrected(state, { row, value: mean, variance: Math.max(1, variance) });
  }
  return sound(junction, state);
}

export function shareOf(state: TurningState, movement: string): Uncertain | undefined {
  const i = state.movements.indexOf(movement);
  return i < 0
    ? undefined
    : { mean: state.mean[i]!, sd: Math.sqrt(Math.max(0, state.covariance[i * state.movements.length + i]!)) };
}

const unit = ({ movements }: TurningState, at: number): number[] => movements.map((_, i) => (i === at ? 1 : 0));

function drifted(state: TurningState, hours: number): TurningState {
  const n = state.movements.length;
  const added = driftPerHour ** 2 * Math.max(0, hours);
  return { ...state, covariance: state.covariance.map((value, k) => (k % (n + 1) === 0 ? value + added : value)) };
}

interface Seen {
  readonly row: readonly number[];
  readonly value: number;
  readonly variance: number;
}

/** One scalar observation `row` times the shares = `value`. */
function corrected(state: TurningState, { row, value, variance }: Seen): TurningState {
  const n = row.length;
  const spread = row.map((_, i) => row.reduce((sum, weight, j) => sum + weight * state.covariance[i * n + j]!, 0));
  const total = row.reduce((sum, weight, i) => sum + weight * spread[i]!, variance);
  if (!(total > 0)) return state;
  const miss = value - row.reduce((sum, weight, i) => sum + weight * state.mean[i]!, 0);
  return {
    movements: state.movements,
    mean: state.mean.map((mean, i) => mean + (spread[i]! * miss) / total),
    covariance: state.covariance.map((entry, k) => entry - (spread[Math.floor(k / n)]! * spread[k % n]!) / total),
  };
}

/** Each approach adds up to 1 and nothing is below 0; pinning one share moves the others of its approach. */
function sound(junction: Junction, given: TurningState): TurningState {
  let state = given;
  for (let round = 0; round < junction.movements.length; round++) {
    for (const { id } of junction.approaches) {
      const row = junction.movements.map(({ approach }) => (approach === id ? 1 : 0));
      if (row.some((entry) => entry > 0)) state = corrected(state, { row, value: 1, variance: sumSpread ** 2 });
    }
    const lowest = state.mean.reduce((a, mean, i) => (mean < state.mean[a]! ? i : a), 0);
    if (state.mean[lowest]! >= -floorSpread) break;
    state = corrected(state, { row: unit(state, lowest), value: 0, variance: floorSpread ** 2 });
  }
  return { ...state, mean: normalised(junction, state.mean) };
}

function normalised(junction: Junction, mean: readonly number[]): readonly number[] {
  const cut = mean.map((share) => Math.max(0, share));
  const totals = new Map<string, number>();
  for (const [i, { approach }] of junction.movements.entries())
    totals.set(approach, (totals.get(approach) ?? 0) + cut[i]!);
  return cut.map((share, i) => {
    const total = totals.get(junction.movements[i]!.approach)!;
    return total > 0 ? share / total : share;
  });
}
