import { instant } from "../../../../config/units.ts";
import type { JunctionView } from "../../view.ts";
import { type Discharge, headwayOf, undischarged, watchDischarge } from "./discharge.ts";
import type { Layout } from "./layout.ts";
import type { PcuOf } from "./pcu.ts";

/** What experience has taught about one junction. */
export interface Learned {
  /** Arrivals beyond the view by lane, veh/s. */
  readonly rate: readonly number[];
  /** `share[lane][i]`: share of the lane's vehicles that take its i-th movement. */
  readonly share: readonly (readonly number[])[];
  /** Headway of a discharging queue by lane, s a passenger-car unit. */
  readonly headway: readonly number[];
  /** By lane: how that headway is measured. */
  readonly discharge: readonly Discharge[];
  /** Of a vehicle of each lane's mix, passenger-car units. */
  readonly pcu: readonly number[];
  readonly seconds: number;
  readonly crossed: readonly number[];
  /** By approach: vehicles seen, each as often as it was seen, and their units. */
  readonly mix: readonly { readonly vehicles: number; readonly pcu: number }[];
  readonly turned: readonly (readonly number[])[];
  /** Vehicles in the box at the last view by lane and movement. */
  readonly inBox: ReadonlyMap<string, number>;
}

const prior = { through: 6, left: 2, right: 2, "u-turn": 0.2 } as const;
/** Cars taken to have been seen before anybody was. */
const usualMix = 10;
/** Experience fades with this time constant, s. */
const memory = 900;

export function nothingLearned(layout: Layout): Learned {
  const turned = layout.lanes.map((lane) => lane.movements.map((m) => prior[layout.movements[m]!.turn]));
  const discharge = layout.lanes.map(() => undischarged(instant(0)));
  return {
    rate: layout.lanes.map(() => 0.05),
    share: turned.map(shares),
    headway: discharge.map(headwayOf),
    discharge,
    pcu: layout.lanes.map(() => 1),
    mix: layout.junction.approaches.map(() => ({ vehicles: usualMix, pcu: usualMix })),
    seconds: 60,
    crossed: layout.lanes.map(() => 3),
    turned,
    inBox: new Map(),
  };
}

const shares = (counts: readonly number[]): readonly number[] => {
  const total = counts.reduce((a, b) => a + b, 0);
  return counts.map((count) => count / total);
};

export function learn(before: Learned, layout: Layout, view: JunctionView, pcu: PcuOf): Learned {
  const fade = 1 - 1 / memory;
  const crossed = before.crossed.map((count) => count * fade);
  view.approaches.forEach((approach) => {
    const a = layout.junction.approaches.findIndex(({ id }) => id === approach.approach);
    if (a < 0) return;
    approach.crossed.forEach((n, i) => {
      crossed[layout.firstLane[a]! + i]! += n;
    });
  });
  const seconds = before.seconds * fade + 1;
  const mix = layout.junction.approaches.map(({ id }, a) => {
    const was = before.mix[a]!;
    const seen = view.approaches.find((own) => own.approach === id)?.vehicles ?? [];
    const units = seen.reduce((sum, { vehicleClass }) => sum + pcu(vehicleClass), 0);
    return { vehicles: was.vehicles * fade + seen.length, pcu: was.pcu * fade + units };
  });
  const inBox = new Map<string, number>();
  const turned = before.turned.map((counts) => counts.map((count) => count * (1 - 1 / 3000)));
  for (const vehicle of view.box) {
    const a = layout.junction.approaches.findIndex((approach) => approach.id === vehicle.approach);
    if (a < 0 || vehicle.movements.length !== 1) continue;
    const key = `${layout.firstLane[a]! + vehicle.lane}/${vehicle.movements[0]}`;
    inBox.set(key, (inBox.get(key) ?? 0) + 1);
  }
  layout.lanes.forEach((lane, l) => {
    if (lane.movements.length < 2) return;
    lane.movements.forEach((m, i) => {
      const key = `${l}/${layout.movements[m]!.id}`;
      const more = (inBox.get(key) ?? 0) - (before.inBox.get(key) ?? 0);
      if (more > 0) turned[l]![i]! += more;
    });
  });
  const pcus = layout.lanes.map(({ approach }) => mix[approach]!.pcu / mix[approach]!.vehicles);
  const discharge = layout.lanes.map((lane, l) => {
    const was = before.discharge[l]!;
    const id = layout.junction.approaches[lane.approach]!.id;
    const own = view.approaches.find(({ approach }) => approach === id);
    // Who waits for a gap is no measure of the lane: the model has the waiting apart.
    const clear = lane.movements.every((m) => layout.movements[m]!.yieldsTo.length === 0);
    return own && clear ? watchDischarge(was, own, { lane: lane.index, now: view.at, pcu: pcus[l]! }) : was;
  });
  return {
    rate: crossed.map((count) => count / seconds),
    share: turned.map(shares),
    headway: discharge.map(headwayOf),
    discharge,
    pcu: pcus,
    mix,
    seconds,
    crossed,
    turned,
    inBox,
  };
}
